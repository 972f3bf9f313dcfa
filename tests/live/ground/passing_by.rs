//! Router and sweeper pass by what another transaction holds: they neither wait for it nor keep others waiting.

use super::harness::{FORMS, Ground, Lane, MONDAY, demo_request};
use baton::domain::ids::LeadId;
use baton::domain::team::PoolId;
use baton::domain::time::{DAY, Moment};
use baton::store::connect;
use baton::transaction::batch::{Batch, Entry, Outcome, Stream};
use baton::transaction::session::Session;
use baton::transaction::turn;
use std::collections::BTreeSet;

const BUSY: Outcome = Outcome::Filtered("busy");

fn pool() -> PoolId {
    PoolId("mid-market".to_owned())
}

/// Leads in the queue, and a connection that holds the first of them.
async fn one_is_held(ground: &Ground) -> (Vec<LeadId>, Session, connect::Connection) {
    let mut forms = Lane::claim(ground, "forms", FORMS).await;
    forms.commit(ground, &[demo_request(1), demo_request(2), demo_request(3)]).await;
    let mut session = ground.session("turn").await;
    let leads = session.queued(&pool(), 10, &[]).await.unwrap();
    assert_eq!(leads.len(), 3);
    let mut other = ground.connection().await;
    connect::begin(&mut other).await.unwrap();
    sqlx::query("SELECT FROM lead WHERE id = $1 FOR UPDATE")
        .bind(leads[0].0)
        .execute(&mut other)
        .await
        .unwrap();
    (leads, session, other)
}

fn routed(session: &Session, leads: &[LeadId], now: Moment) -> Batch {
    let entries: Vec<Entry> =
        leads.iter().map(|lead| turn::route(session.keys(), *lead, now, None)).collect();
    let stream = Some(Stream::Route(0));
    Batch { stream, routing: Some(pool()), passes_by: true, entries, ..Batch::default() }
}

#[tokio::test]
async fn the_router_offers_the_others_and_takes_the_held_lead_at_its_next_turn() {
    let ground = Ground::new().await;
    let (leads, mut session, mut other) = one_is_held(&ground).await;
    let batch = routed(&session, &leads, MONDAY);
    let outcomes = session.commit(&batch).await.unwrap().outcomes;
    assert_eq!(outcomes[0], BUSY);
    assert!(outcomes[1..].iter().all(|it| *it == Outcome::Applied("offer_lead")), "{outcomes:?}");
    connect::rollback(&mut other).await.unwrap();
    let batch = routed(&session, &leads[..1], MONDAY);
    assert_eq!(session.commit(&batch).await.unwrap().outcomes, [Outcome::Applied("offer_lead")]);
    assert_eq!(ground.number("SELECT count(*) FROM audit WHERE event = 'lead_offered'").await, 3);
}

#[tokio::test]
async fn the_sweeper_leaves_the_clock_of_a_held_lead_due() {
    let ground = Ground::new().await;
    let (leads, mut session, mut other) = one_is_held(&ground).await;
    // Two days later nobody has served the queue.
    session.set_clock(Some(MONDAY.plus(2 * DAY))).await.unwrap();
    let due = session.leads(&leads.iter().copied().collect::<BTreeSet<_>>()).await.unwrap();
    let swept = |session: &Session| Batch {
        stream: Some(Stream::Sweep(0)),
        passes_by: true,
        entries: due
            .iter()
            .filter_map(|lead| turn::pass_deadline(session.keys(), lead, MONDAY.plus(2 * DAY)))
            .collect(),
        ..Batch::default()
    };
    let batch = swept(&session);
    let outcomes = session.commit(&batch).await.unwrap().outcomes;
    assert_eq!(outcomes.iter().filter(|it| **it == BUSY).count(), 1, "{outcomes:?}");
    let moved = "SELECT count(DISTINCT subject_id) FROM audit WHERE stream LIKE 'sweep/%'";
    assert_eq!(ground.number(moved).await, 2);
    connect::rollback(&mut other).await.unwrap();
    let batch = swept(&session);
    let _outcomes = session.commit(&batch).await.unwrap().outcomes;
    assert_eq!(ground.number(moved).await, 3, "the clock fires once nobody holds the lead");
}
