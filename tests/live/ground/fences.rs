//! The fence: whoever lost a partition writes nothing, two lanes on the same people do not lose or double any.

use super::harness::{FORMS, Ground, Lane, demo_request, page_view, wanted};
use baton::audit::{invariants, verify};
use baton::transaction::session::Trouble;

#[tokio::test]
async fn a_lane_that_lost_its_partition_misses_the_fence_and_writes_nothing() {
    let ground = Ground::new().await;
    let mut zombie = Lane::claim(&ground, "zombie", FORMS).await;
    zombie.commit(&ground, &[demo_request(1)]).await;
    let mut owner = Lane::claim(&ground, "owner", FORMS).await;
    assert_eq!((owner.epoch, owner.next), (zombie.epoch + 1, 1));
    let late = zombie.batch(&ground, &[demo_request(2)]);
    let error = zombie.session.commit(&late).await.unwrap_err();
    assert_eq!(error.trouble(), Trouble::Fenced);
    assert_eq!(ground.number("SELECT count(*) FROM lead").await, 1);
    owner.commit(&ground, &[demo_request(2)]).await;
    assert_eq!(ground.number("SELECT count(*) FROM lead").await, 2);
    assert_eq!(zombie.session.heartbeat(&[(FORMS.to_owned(), 0, zombie.epoch, 1)], 0).await.unwrap(), 0);
    assert_eq!(owner.session.heartbeat(&[(FORMS.to_owned(), 0, owner.epoch, 2)], 0).await.unwrap(), 1);
}

#[tokio::test]
async fn a_cancelled_batch_leaves_no_transaction_behind() {
    let ground = Ground::new().await;
    let mut lane = Lane::claim(&ground, "one", FORMS).await;
    let batch = lane.batch(&ground, &(0..200).map(demo_request).collect::<Vec<_>>());
    let cut = tokio::time::timeout(std::time::Duration::from_millis(3), lane.session.commit(&batch)).await;
    assert!(cut.is_err(), "the batch was faster than the cut");
    lane.session.commit(&batch).await.unwrap();
    assert_eq!(ground.number("SELECT count(*) FROM lead").await, 200);
}

#[tokio::test]
async fn a_broken_connection_is_replaced_and_the_batch_done_once() {
    let ground = Ground::new().await;
    let mut lane = Lane::claim(&ground, "victim", FORMS).await;
    let batch = lane.batch(&ground, &[demo_request(1)]);
    ground.number("SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim' AND datname = current_database()) AS cut").await;
    let error = lane.session.commit(&batch).await.unwrap_err();
    assert_eq!(error.trouble(), Trouble::World, "{error:?}");
    lane.session.commit(&batch).await.unwrap();
    assert_eq!(ground.number("SELECT count(*) FROM lead").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_lanes_on_the_same_people_make_each_person_once() {
    let ground = Ground::new().await;
    let mut forms = Lane::claim(&ground, "forms", FORMS).await;
    let mut signals = Lane::claim(&ground, "signals", "marketing.signals.v1").await;
    forms.session.claim(&[wanted("marketing.spend.v1")]).await.unwrap();
    let (left, right) = tokio::join!(
        async {
            for round in 0..10u32 {
                forms
                    .commit(&ground, &(0..40).map(|n| demo_request(round * 40 + n)).collect::<Vec<_>>())
                    .await;
            }
        },
        async {
            for round in 0..20u32 {
                signals
                    .commit(
                        &ground,
                        &(0..40)
                            .map(|n| page_view(round * 40 + n, (n * 7 + round) % 400))
                            .collect::<Vec<_>>(),
                    )
                    .await;
            }
        }
    );
    let ((), ()) = (left, right);
    let reader = ground.reader().await;
    let report = verify::verify(&reader, |_| {}).await.unwrap();
    assert!(report.holds(), "{report:?}");
    let checked = invariants::check(&reader).await.unwrap();
    assert!(checked.holds(), "{checked:#?}");
    let people = "SELECT count(DISTINCT email) FROM person";
    assert_eq!(ground.number(people).await, ground.number("SELECT count(*) FROM person").await);
}
