//! What a batch of a thousand records costs, printed and not asserted: speed is judged by ratios in one run.

use super::harness::{FORMS, Ground, Lane, demo_request};
use std::time::Instant;

#[tokio::test]
async fn a_thousand_records_fit_one_batch() {
    let ground = Ground::new().await;
    let mut lane = Lane::claim(&ground, "one", FORMS).await;
    for round in 0..3 {
        let batch =
            lane.batch(&ground, &(0..1_000).map(|n| demo_request(round * 1_000 + n)).collect::<Vec<_>>());
        let started = Instant::now();
        let committed = lane.session.commit(&batch).await.unwrap();
        eprintln!(
            "round {round}: {} records, {} out rows, {:?}",
            committed.outcomes.len(),
            committed.out_rows,
            started.elapsed()
        );
        lane.next = batch.moves[0].to;
    }
    assert_eq!(ground.number("SELECT count(*) FROM lead").await, 3_000);
}
