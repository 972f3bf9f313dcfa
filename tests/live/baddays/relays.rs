//! Relays share the shards and keep them; a record that can never be sent holds its lead, not the others, until a retry.

use super::broker::produce_events;
use super::{FORMS, serve_and_own, until_unready};
use crate::harness::{Installation, demo_request, until};

/// Renewed every third of it: a busy machine may hold a relay up for the other two and the lease is kept.
const LEASE: (&str, &str) = ("BATON__RELAY__LEASE_SECONDS", "9");
/// Three renewals, in microseconds.
const RENEWALS: i64 = 9_000_000;
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
    // Producers are made with the first records, which may take longer than a lease where many are made at once.
    send_forty(&installation, "first");
    until("both hold half again", || installation.number(HALVES) == 4);
    let (epochs, from) = (installation.number(EPOCHS), installation.number(HELD_UNTIL));
    send_forty(&installation, "then");
    until("every lease was renewed at least three times", || {
        installation.number(HELD_UNTIL) >= from + RENEWALS
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

fn send_forty(installation: &Installation, name: &str) {
    let sent = "SELECT count(*) FROM outbox WHERE event_type = 'lead.routed.v1' AND sent_at IS NOT NULL";
    let before = installation.number(sent);
    let leads =
        (0..40).map(|number| demo_request(&format!("{name}{number}@{name}{number}.example"))).collect();
    produce_events(installation, FORMS, 0, leads);
    until("every lead's records are sent", || installation.number(sent) == before + 40);
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

/// Index and heap entries that were read of the outbox so far, by whoever has ended since.
const READ: &str = "SELECT coalesce(sum(idx_tup_read), 0)::bigint
        + (SELECT coalesce(sum(seq_tup_read), 0)::bigint FROM pg_stat_user_tables WHERE relname LIKE 'outbox%')
    FROM pg_stat_user_indexes WHERE relname LIKE 'outbox%'";
/// A row is read to be sent and again to be marked, by two relays, of which each passes over the other's rows.
const READS_PER_ROW: i64 = 40;

#[test]
fn a_round_reads_what_it_sends_however_much_waits_and_whatever_the_planner_believes() {
    let installation = Installation::new();
    let owner = installation.owner_url.clone();
    let mut first = serve_and_own(&installation, &[]);
    let leads = (0..600).map(|number| demo_request(&format!("w{number}@firm{number}.example"))).collect();
    produce_events(&installation, FORMS, 0, leads);
    until("every lead is routed and told", || {
        installation.number("SELECT count(*) FROM outbox WHERE event_type = 'lead.routed.v1'") == 600
            && installation.number("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0
    });
    first.stop();
    let rows = installation.number("SELECT count(*) FROM outbox");
    // The planner learns that nothing waits; then everything does.
    installation.execute(&owner, "VACUUM (ANALYZE) outbox").unwrap();
    installation.execute(&owner, "UPDATE outbox SET sent_at = NULL").unwrap();
    let before = installation.number(READ);
    let mut second = serve_and_own(&installation, &[("BATON__RELAY__ROWS", "50")]);
    // Looking for one that waits is no reading of all.
    until("everything is sent", || {
        installation.number("SELECT (EXISTS (SELECT FROM outbox WHERE sent_at IS NULL))::integer::bigint")
            == 0
    });
    second.stop();
    let read = installation.number(READ) - before;
    assert!(read <= rows * READS_PER_ROW, "{read} entries were read to send {rows} rows");
}
