//! Two instances share the partitions; when one goes, by SIGTERM or SIGKILL, the other takes its lanes over.

use crate::harness::{Installation, Serving, demo_request, produce, until};
use std::time::{Duration, Instant};

/// What the issue of losing an instance may cost: its session's timeout of ten seconds and the rebalance.
const TAKEOVER_MAX: Duration = Duration::from_secs(15);
const SESSION: (&str, &str) = ("BATON__KAFKA__SESSION_TIMEOUT_MILLISECONDS", "10000");

fn owners(installation: &Installation) -> i64 {
    installation.number("SELECT count(DISTINCT owner) FROM input_position")
}

fn send(installation: &Installation, name: &str, count: usize) {
    for number in 0..count {
        produce(
            installation,
            "marketing.form-fills.v1",
            &demo_request(&format!("{name}{number}@{name}.example")),
        );
    }
}

fn gone_and_taken_over(end: impl Fn(&mut Serving)) {
    let installation = Installation::new();
    let mut first = installation.serve(&[SESSION]);
    until("the first owns every partition", || owners(&installation) == 1);
    let _second = installation.serve(&[SESSION]);
    until("two instances share the partitions", || owners(&installation) == 2);
    send(&installation, "before", 10);
    until("the first records are read", || installation.read() == 10);
    end(&mut first);
    let gone = Instant::now();
    send(&installation, "after", 10);
    until("the other has read everything", || installation.read() == 20);
    assert!(gone.elapsed() < TAKEOVER_MAX, "taking over took {:?}", gone.elapsed());
    assert_eq!(owners(&installation), 1);
    assert_eq!(installation.number("SELECT count(*) FROM lead"), 20);
    until("every lead was offered once", || {
        installation
            .number("SELECT count(*) FROM outbox WHERE event_type = 'lead.routed.v1' AND sent_at IS NOT NULL")
            == 20
    });
    installation.check();
}

#[test]
fn a_stopped_instance_hands_its_lanes_over() {
    gone_and_taken_over(Serving::stop);
}

#[test]
fn a_killed_instance_loses_its_lanes_and_nothing_else() {
    gone_and_taken_over(Serving::kill);
}
