//! Making and storing checkpoints: a backlog becomes several, nothing is signed that is not whole, and a lost lease
//! stores nothing.

use super::harness::{FORMS, Ground, Lane, demo_request};
use baton::audit::checkpoint::{Signer, flaw};
use baton::audit::making::{self, Limits};
use baton::audit::verify;
use baton::store::checkpoint::{Book, Checkpoint};
use sqlx::Executor;

/// A lease that outlives every test.
const LONG: i64 = 3_600_000_000;

fn signer() -> Signer {
    Signer::from_seed(&[1; 32]).unwrap()
}

async fn made(book: &Book, limits: Limits) -> Option<Checkpoint> {
    making::next(book.reader(), &signer(), limits).await.unwrap().map(|made| made.checkpoint)
}

#[tokio::test]
async fn a_backlog_becomes_several_checkpoints_that_cover_every_row_once() {
    let ground = Ground::new().await;
    let mut lane = Lane::claim(&ground, "one", FORMS).await;
    let documents: Vec<_> = (0..60).map(demo_request).collect();
    lane.commit(&ground, &documents).await;
    let book = Book::open(&ground.url).await.unwrap();
    let epoch = book.take_lease("one", LONG).await.unwrap().unwrap();
    let limits = Limits { rows: 50, ranges: 3 };
    let mut count = 0;
    while let Some(checkpoint) = made(&book, limits).await {
        assert_eq!(flaw(&checkpoint), None);
        assert!(checkpoint.ranges.iter().map(|range| range.to - range.from + 1).sum::<i64>() <= 50);
        assert!(book.append(&checkpoint, "one", epoch).await.unwrap());
        count += 1;
        assert_eq!(checkpoint.number, count);
    }
    let report = verify::verify(&ground.reader().await, |_| {}).await.unwrap();
    assert!(report.holds() && report.uncovered == 0, "{report:?}");
    assert_eq!(report.checkpoints, count.unsigned_abs());
    assert!(count > 3, "{count}");
    lane.commit(&ground, &[demo_request(99)]).await;
    let report = verify::verify(&ground.reader().await, |_| {}).await.unwrap();
    assert!(report.holds() && report.uncovered > 0, "{report:?}");
}

#[tokio::test]
async fn what_is_not_committed_or_not_whole_is_not_signed() {
    let ground = Ground::new().await;
    let mut lane = Lane::claim(&ground, "one", FORMS).await;
    lane.commit(&ground, &(0..5).map(demo_request).collect::<Vec<_>>()).await;
    let closed = ground.number("SELECT audit_sequence FROM input_position").await;
    let book = Book::open(&ground.url).await.unwrap();
    let mut open = ground.connection().await;
    open.execute("BEGIN; UPDATE input_position SET audit_sequence = audit_sequence + 7").await.unwrap();
    assert_eq!(made(&book, Limits::default()).await.unwrap().ranges[0].to, closed);
    open.execute("ROLLBACK; SET session_replication_role = replica").await.unwrap();
    open.execute("DELETE FROM audit WHERE stream_sequence = 6").await.unwrap();
    let short = made(&book, Limits::default()).await.unwrap();
    assert_eq!((short.ranges[0].from, short.ranges[0].to), (1, 5));
    let epoch = book.take_lease("one", LONG).await.unwrap().unwrap();
    assert!(book.append(&short, "one", epoch).await.unwrap());
    assert_eq!(made(&book, Limits::default()).await, None, "nothing behind the gap is ever signed");
}

#[tokio::test]
async fn who_lost_the_lease_stores_and_notes_nothing() {
    let ground = Ground::new().await;
    let mut lane = Lane::claim(&ground, "one", FORMS).await;
    lane.commit(&ground, &[demo_request(1)]).await;
    let book = Book::open(&ground.url).await.unwrap();
    let old = book.take_lease("old", LONG).await.unwrap().unwrap();
    assert_eq!(book.take_lease("new", LONG).await.unwrap(), None, "held");
    assert_eq!(book.take_lease("old", LONG).await.unwrap(), Some(old), "renewed");
    let checkpoint = made(&book, Limits::default()).await.unwrap();
    book.release("old").await.unwrap();
    let new = book.take_lease("new", LONG).await.unwrap().unwrap();
    assert!(!book.append(&checkpoint, "old", old).await.unwrap());
    assert_eq!(ground.number("SELECT count(*) FROM checkpoint").await, 0);
    assert!(book.append(&checkpoint, "new", new).await.unwrap());
    assert!(!book.append(&checkpoint, "new", new).await.unwrap(), "the number is taken");
    assert!(!book.mark_published(1, "old", old).await.unwrap());
    assert_eq!(book.reader().unpublished_checkpoints(10).await.unwrap(), [checkpoint]);
    assert!(book.mark_published(1, "new", new).await.unwrap());
    assert!(book.reader().unpublished_checkpoints(10).await.unwrap().is_empty());
}
