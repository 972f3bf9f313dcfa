//! Bytes of a newer version: trouble of this instance, never of the data. It rolls back, says so and leaves the group.

use super::broker::produce_events;
use super::{FORMS, get, serve_and_own, until_unready};
use crate::harness::{Installation, demo_request, form, until};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use std::time::Duration;

fn members(installation: &Installation) -> usize {
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &installation.brokers)
        .set("group.id", "looks-at-groups")
        .create()
        .unwrap();
    let groups = client.fetch_group_list(Some("baton"), Duration::from_secs(10)).unwrap();
    groups.groups().iter().map(|group| group.members().len()).sum()
}

#[test]
fn a_newer_format_makes_the_instance_leave_and_parks_nobody() {
    let installation = Installation::new();
    let mut serving = serve_and_own(&installation, &[]);
    produce_events(&installation, FORMS, 0, vec![demo_request("ada@acme.example")]);
    until("the lead is offered and at rest", || {
        installation
            .number("SELECT count(*) FROM outbox WHERE event_type = 'lead.routed.v1' AND sent_at IS NOT NULL")
            == 1
    });
    // A newer instance of a rolling upgrade has written the lead.
    installation
        .execute(
            &installation.owner_url,
            "UPDATE lead SET state = set_byte(state, 0, get_byte(state, 0) + 100)",
        )
        .unwrap();
    produce_events(&installation, FORMS, 0, vec![form("webinar", "ada@acme.example", "VP Sales")]);
    until_unready(&serving, "was written in format");
    until("the instance has left the group", || members(&installation) == 0);
    assert_eq!(get(&serving, "/livez").0, 200, "it lives: others do the work");
    assert_eq!(installation.read(), 1, "the record waits for an instance that can read the lead");
    assert_eq!(
        installation.number("SELECT (SELECT count(*) FROM parked) + (SELECT count(*) FROM quarantine)"),
        0
    );
    serving.stop();
    installation
        .execute(
            &installation.owner_url,
            "UPDATE lead SET state = set_byte(state, 0, get_byte(state, 0) - 100)",
        )
        .unwrap();
    let _newer = serve_and_own(&installation, &[]);
    until("an instance that can read it applies it", || installation.read() == 2);
    assert_eq!(installation.number("SELECT sum(applied)::bigint FROM ledger"), 2);
    installation.check();
}
