//! Keys and envelopes, tested by themselves.

use super::envelope::is_traceparent;
use super::keys::{self, Keys};
use super::request::CrmKey;
use serde_json::json;

fn crm(system: &str, id: &str) -> CrmKey {
    CrmKey { system: system.to_owned(), object: "lead".to_owned(), id: id.to_owned() }
}

#[test]
fn keys_depend_on_the_secret_the_kind_and_where_parts_end() {
    let (first, second) = (Keys::new(b"one", 1), Keys::new(b"two", 2));
    assert_eq!(first.email(" ANN@acme.example "), first.email("ann@acme.example"));
    assert_ne!(first.email("ann@acme.example"), second.email("ann@acme.example"));
    assert_ne!(first.email("x").digest, first.anonymous("x").digest);
    assert_ne!(first.crm(&crm("a", "bc")), first.crm(&crm("ab", "c")));
    assert_ne!(first.cause("a", "bc"), first.cause("ab", "c"));
    assert_ne!(keys::duplicate("a", "bc"), keys::duplicate("ab", "c"));
    assert_eq!(keys::signal("a", "b").0, keys::duplicate("a", "b"));
    assert_ne!(first.content("a.v1", &json!({})), first.content("b.v1", &json!({})));
    assert_eq!(first.key_id(), 1);
}

#[test]
fn a_secret_longer_than_a_block_counts_to_its_last_byte() {
    let mut long = [7; 200];
    let first = Keys::new(&long, 1).email("ann@acme.example");
    long[199] = 8;
    assert_ne!(first, Keys::new(&long, 1).email("ann@acme.example"));
}

#[test]
fn keys_never_show_their_secret() {
    let shown = format!("{:?}", Keys::new(b"hunter2", 9));
    assert!(shown.contains("key_id: 9") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn role_mailboxes_are_found_by_their_first_part() {
    for (address, is_role) in [
        ("info@acme.example", true),
        ("sales+eu@acme.example", true),
        ("no-reply@acme.example", true),
        ("abuse@acme.example", true),
        ("welcome@acme.example", true),
        ("ann@acme.example", false),
        ("information.ann@acme.example", false),
    ] {
        assert_eq!(keys::is_role_mailbox(address), is_role, "{address}");
    }
}

#[test]
fn only_well_formed_trace_contexts_are_carried_on() {
    let good = "00-27c0902d63a6f7bbbdb449a5815bb0a7-8f739245aa88f8a0-01";
    assert!(is_traceparent(good));
    assert!(is_traceparent(&format!("01{}-later", &good[2..])));
    for bad in [
        "",
        "00-27c0902d63a6f7bbbdb449a5815bb0a7-8f739245aa88f8a0",
        "00-27C0902D63A6F7BBBDB449A5815BB0A7-8f739245aa88f8a0-01",
        "00-00000000000000000000000000000000-8f739245aa88f8a0-01",
        "00-27c0902d63a6f7bbbdb449a5815bb0a7-0000000000000000-01",
        "ff-27c0902d63a6f7bbbdb449a5815bb0a7-8f739245aa88f8a0-01",
        "00-27c0902d63a6f7bbbdb449a5815bb0a7-8f739245aa88f8a0-01-more",
        "00-27c0902d63a6f7bbbdb449a5815bb0a7-8f739245aa88f8a0-1",
    ] {
        assert!(!is_traceparent(bad), "{bad}");
    }
}
