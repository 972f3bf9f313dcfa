//! Relays share the shards and keep them; a record that can never be sent holds its lead, not the others, until a retry.

use super::broker::produce_events;
use super::{FORMS, serve_and_own, until_unready};
use crate::harness::{Installation, demo_request, until};

const LEASE: (&str, &str) = ("BATON__RELAY__LEASE_SECONDS", "3");
/// Relays of a kind that hold exactly half of the shards.
const HALVES: &str = "SELECT count(*) FROM (SELECT kind, owner FROM relay_shard
    WHERE lease_until > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AND owner <> ''
    GROUP BY kind, owner HAVING count(*) = 8) AS halves";
// The third kind is the dispatcher's, which takes nothing while no channel is configured.
const EPOCHS: &str = "SELECT sum(lease_epoch)::bigint FROM relay_shard WHERE kind < 2";
const HELD_UNTIL: &str = "SELECT min(lease_until) FROM relay_shard WHERE kind < 2";
const OWNERS: &str = "SELECT count(DISTINCT owner) FROM relay_shard WHERE owner <> '' AND kind < 2";

#[test]
fn two_relays_hold_half_of_the_shards_each_and_keep_them() {
    let installation = Installation::new();
    let first = serve_and_own(&installation, &[LEASE]);
    let mut second = installation.serve(&[LEASE]);
    until("both hold half, of events and of state", || installation.number(HALVES) == 4);
    let (epochs, from) = (installation.number(EPOCHS), installation.number(HELD_UNTIL));
    let events = (0..40).map(|number| demo_request(&format!("r{number}@firm{number}.example"))).collect();
    produce_events(&installation, FORMS, 0, events);
    until("every lead's records are sent", || {
        installation
            .number("SELECT count(*) FROM outbox WHERE event_type = 'lead.routed.v1' AND sent_at IS NOT NULL")
            == 40
    });
    until("every lease was renewed at least three times", || {
        installation.number(HELD_UNTIL) > from + 5_000_000
    });
    assert_eq!(installation.number(EPOCHS), epochs, "no shard changed hands");
    for serving in [&first, &second] {
        assert!(!serving.log().contains("a relay round failed"), "{}", serving.log());
    }
    second.kill();
    until("the one that is left takes all", || {
        installation.number(OWNERS) == 1 && installation.number(HELD_UNTIL) > from
    });
    installation.check();
}

#[test]
fn a_record_that_is_too_large_holds_its_lead_until_it_is_retried() {
    let installation = Installation::new();
    let mut small = serve_and_own(&installation, &[("BATON__KAFKA__CLIENT__MESSAGE_MAX_BYTES", "1000")]);
    produce_events(&installation, FORMS, 0, vec![demo_request("large@acme.example")]);
    until_unready(&small, "baton outbox list");
    let listed = installation.run(&["outbox", "list"]);
    assert!(
        listed.contains("lead.") && listed.contains("s old") && listed.contains("baton outbox retry"),
        "{listed}"
    );
    assert!(!listed.contains("acme.example"), "{listed}");
    small.stop();
    let _serving = serve_and_own(&installation, &[]);
    assert!(installation.number("SELECT count(*) FROM outbox WHERE held_reason IS NOT NULL") > 0);
    let said = installation.run(&["outbox", "retry", "--all"]);
    assert!(said.contains("let go"), "{said}");
    until("everything is sent", || {
        installation.number("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0
            && installation.number("SELECT count(*) FROM outbox WHERE event_type = 'lead.routed.v1'") == 1
    });
    assert!(installation.run(&["outbox", "list"]).contains("nothing is held"));
    assert!(!installation.output(&["outbox", "retry", "1"]).status.success(), "nothing to retry is said");
    installation.check();
}
