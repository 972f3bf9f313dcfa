//! An operator's change of a position: refused outside the log, recorded, and followed by whoever reads the partition.

use super::broker::produce_events;
use super::{FORMS, serve_and_own, serve_in_vain};
use crate::harness::{Installation, demo_request, until};

fn forms(name: &str, count: usize) -> Vec<crate::harness::Event> {
    (0..count).map(|number| demo_request(&format!("{name}{number}@acme.example"))).collect()
}

#[test]
fn a_moved_position_is_followed_by_the_running_instance_and_stands_in_the_ledger() {
    let installation = Installation::new();
    let mut serving = serve_and_own(&installation, &[]);
    produce_events(&installation, FORMS, 0, forms("p", 5));
    until("five are read", || installation.read() == 5);
    let outside = installation.output(&["position", "set", FORMS, "0", "99", "--reason", "a slip"]);
    assert!(!outside.status.success());
    let said = String::from_utf8_lossy(&outside.stderr).into_owned();
    assert!(said.contains("lies outside the log") && said.contains("0 to 5"), "{said}");

    let said =
        installation.run(&["position", "set", FORMS, "0", "2", "--reason", "read again", "--by", "ana"]);
    assert!(said.contains("is read from 2 on instead of 5"), "{said}");
    until("three are read again", || installation.read() == 8);
    assert_eq!(installation.number("SELECT sum(duplicate)::bigint FROM ledger"), 3);
    assert_eq!(installation.number("SELECT count(*) FROM lead"), 5);
    assert!(
        !serving.log().contains("this member leaves the group"),
        "an operator's act is no fault of the group"
    );
    let line =
        "SELECT from_offset || ' ' || to_offset || ' ' || read || ' ' || actor || ' ' || note FROM ledger
                WHERE kind = 'position'";
    assert_eq!(installation.texts(line), ["5 2 0 ana read again"]);
    let shown = installation.run(&["position", "show"]);
    assert!(shown.contains("marketing.form-fills.v1/0") && shown.contains("log 0 to 5, behind 0"), "{shown}");
    installation.check();

    // Forced outside the log, whoever reads stops instead of jumping.
    installation.run(&["position", "set", FORMS, "0", "99", "--reason", "to see it stop", "--force"]);
    until("the instance ends by itself", || serving.child.try_wait().unwrap().is_some());
    assert!(serving.log().contains("see `baton position set`"), "{}", serving.log());
    serve_in_vain(&installation, "see `baton position set`");
    installation.run(&["position", "set", FORMS, "0", "5", "--reason", "back"]);
    let _serving = serve_and_own(&installation, &[]);
    produce_events(&installation, FORMS, 0, forms("q", 1));
    until("reading goes on", || installation.number("SELECT count(*) FROM lead") == 6);
    let audited = "SELECT count(*) FROM audit WHERE subject_kind = 5 AND event = 'position_moved'";
    assert_eq!(installation.number(audited), 3, "each move stands in the position's audit");
    installation.check();
}
