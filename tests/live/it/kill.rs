//! The first promise: one form fill, the service killed between any two statements of the transaction, and still
//! exactly one routed lead, with ledger and audit clean.

use crate::harness::{Installation, Reader, demo_request, produce, until};
use std::os::unix::process::ExitStatusExt as _;

/// Statements of one transaction are fewer than this; the loop ends earlier, at the first run that is not killed.
const STATEMENTS_MAX: u32 = 80;
/// The failpoint aborts the process: nothing is flushed, nothing is closed.
const ABORTED: i32 = 6;

#[test]
fn a_form_fill_survives_a_kill_after_every_statement() {
    let installation = Installation::new();
    produce(&installation, "marketing.form-fills.v1", &demo_request("ada@acme.example"));
    let mut kills = 0;
    for statement in 1..=STATEMENTS_MAX {
        let mut serving =
            installation.serve(&[("BATON__LIMITS__FAIL_AFTER_STATEMENT", &statement.to_string())]);
        let mut killed = false;
        until("the instance is killed, or has offered the lead", || {
            if let Some(status) = serving.child.try_wait().unwrap() {
                assert_eq!(status.signal(), Some(ABORTED), "{}", serving.log());
                killed = true;
            }
            killed
                || installation.number(
                    "SELECT count(*) FROM outbox WHERE event_type = 'lead.routed.v1' AND sent_at IS NOT NULL",
                ) == 1
        });
        if !killed {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 10, "the failpoint killed only {kills} times");
    let mut serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    leads.wait("the routed lead", |record| record.event_type == "lead.routed.v1");
    serving.stop();
    leads.drain();
    assert_eq!(leads.of_type("lead.routed.v1", None).len(), 1);
    assert_eq!(installation.number("SELECT count(*) FROM lead"), 1);
    assert_eq!(installation.number("SELECT count(*) FROM handoff"), 1);
    installation.check();
}
