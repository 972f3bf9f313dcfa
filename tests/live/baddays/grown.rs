//! Growing topics: unequal counts pause and alarm, new partitions are read from their beginning whatever the first start.

use super::broker::{grow, produce_events};
use super::{FORMS, is_ready, serve_and_own, until_unready};
use crate::harness::{Installation, demo_request, until};

const INPUT: [&str; 8] = [
    "crm.lead-events.v1",
    "marketing.campaigns.v1",
    "marketing.email-events.v1",
    "marketing.form-fills.v1",
    "marketing.signals.v1",
    "marketing.spend.v1",
    "privacy.requests.v1",
    "sales.feedback.v1",
];

#[test]
fn unequal_counts_pause_and_new_partitions_lose_nothing() {
    let installation = Installation::new();
    let serving = serve_and_own(
        &installation,
        &[
            ("BATON__KAFKA__FIRST_START", "latest"),
            ("BATON__KAFKA__CLIENT__TOPIC_METADATA_REFRESH_INTERVAL_MS", "500"),
        ],
    );
    grow(&installation, FORMS, 3);
    until_unready(&serving, "unequal partition counts");
    // Keyed to the new partition before anybody reads it, and to an old one while all stand still.
    produce_events(&installation, FORMS, 2, vec![demo_request("new@acme.example")]);
    produce_events(&installation, FORMS, 0, vec![demo_request("old@acme.example")]);
    until("the alarm stands in the log", || serving.log().contains("unequal partition counts"));
    assert_eq!(installation.read(), 0, "nothing is read while keys may lie on other partitions than before");
    for topic in INPUT.into_iter().filter(|topic| *topic != FORMS) {
        grow(&installation, topic, 3);
    }
    until("both are read", || installation.read() == 2);
    until("every new partition has an owner", || {
        installation.number("SELECT count(*) FROM input_position WHERE partition = 2 AND epoch > 0") == 8
    });
    until("the instance is ready again", || is_ready(&serving));
    assert_eq!(
        installation.number(
            "SELECT from_offset FROM ledger WHERE topic = 'marketing.form-fills.v1' AND partition = 2"
        ),
        0,
        "the first start's setting is for topics that nobody knows yet"
    );
    installation.check();
}
