//! The breaker: a flood of poison stops one lane, on every instance and over restarts, until somebody resumes it.

use super::broker::{poison, produce_events};
use super::{CRM, FORMS, is_ready, serve_and_own, until_unready};
use crate::harness::{Installation, crm, demo_request, until};
use serde_json::json;

/// Enough for the breaker's hundred a minute.
const POISON: usize = 120;

const STANDS_AT: &str =
    "SELECT next_offset FROM input_position WHERE topic = 'marketing.form-fills.v1' AND partition = 0";

#[test]
fn a_tripped_lane_stands_still_over_a_restart_and_goes_on_when_resumed() {
    let installation = Installation::new();
    let mut serving = serve_and_own(&installation, &[]);
    poison(&installation, FORMS, 0, POISON);
    until_unready(&serving, "baton lane resume marketing.form-fills.v1 0");
    let stands = installation.number(STANDS_AT);
    assert!((100..=120).contains(&stands), "stopped at offset {stands}");
    let list = installation.run(&["lane", "list"]);
    assert!(list.contains("STOPPED since") && list.contains("records went wrong within a minute"), "{list}");

    produce_events(&installation, FORMS, 0, vec![demo_request("waits@acme.example")]);
    produce_events(&installation, FORMS, 1, vec![demo_request("passes@acme.example")]);
    until("the other partition is read", || installation.number("SELECT count(*) FROM lead") == 1);
    serving.stop();
    let serving = serve_and_own(&installation, &[]);
    until_unready(&serving, "baton lane resume marketing.form-fills.v1 0");
    // The same worker has this partition too: it goes on while the stopped one stands.
    let stranger = "00000000-0000-4000-8000-00000000dead";
    produce_events(
        &installation,
        CRM,
        0,
        vec![crm("crm.lead.accepted.v1", stranger, "u-ana-ruiz", json!({}))],
    );
    until("the same worker's other lane is read", || installation.number("SELECT count(*) FROM parked") == 1);
    assert_eq!(installation.number(STANDS_AT), stands, "a restart does not resume it");

    let said = installation.run(&["lane", "resume", FORMS, "0", "--by", "ana"]);
    assert!(said.contains("goes on") && said.contains("ana"), "{said}");
    until("the resumed lane is read", || installation.number("SELECT count(*) FROM lead") == 2);
    until("the instance is ready again", || is_ready(&serving));
    assert!(!serving.log().contains("fence miss"), "nobody had to leave the group");
    assert_eq!(
        installation.texts("SELECT kind || ' ' || actor FROM ledger WHERE kind <> 'batch'"),
        ["lane ana"],
        "who resumed it stands in the ledger"
    );
    let again = installation.output(&["lane", "resume", FORMS, "0"]);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("does not stand still"), "{again:?}");
    installation.check();
}
