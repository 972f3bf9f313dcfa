//! Bad input: each record gets exactly one recorded outcome with a reason, and the rest of its batch is applied.

use crate::harness::{Event, Installation, Reader, crm, demo_request, produce, raw, until};
use serde_json::json;

const FORMS: &str = "marketing.form-fills.v1";

/// A value, and the reason that it must be quarantined with.
fn values() -> Vec<(&'static str, Vec<u8>)> {
    let good = demo_request("good@acme.example").data;
    let mut nul = good.clone();
    nul["person"]["first_name"] = json!("A\u{0}da");
    let deep = format!("{}1{}", "[".repeat(400), "]".repeat(400));
    let mut many = good.clone();
    for number in 0..1_000 {
        many["fields"][format!("f{number}")] = json!("x");
    }
    let mut homeless = good.clone();
    homeless["person"]["email"] = json!("nobody@");
    let mut huge = good.clone();
    huge["form_name"] = json!("x".repeat(5 << 20));
    vec![
        ("not_json", b"this is no JSON".to_vec()),
        ("not_utf8", vec![b'"', 0xff, 0xfe, b'"']),
        ("empty", Vec::new()),
        ("forbidden_character", nul.to_string().into_bytes()),
        ("too_deep", deep.into_bytes()),
        ("schema", many.to_string().into_bytes()),
        ("schema", homeless.to_string().into_bytes()),
        ("too_large", huge.to_string().into_bytes()),
        ("schema", b"{}".to_vec()),
    ]
}

#[test]
fn every_bad_record_has_one_outcome_and_the_good_ones_are_applied() {
    let installation = Installation::new();
    let _serving = installation.serve(&[]);
    let mut sent = 0;
    let mut give = |topic: &str, event: &Event, value: Option<&[u8]>| {
        let data = event.data.to_string();
        raw(&installation, topic, &event.key, &event.headers(), value.unwrap_or(data.as_bytes()));
        sent += 1;
    };
    for (_, value) in values() {
        give(FORMS, &demo_request("bad@acme.example"), Some(&value));
    }
    give(FORMS, &Event::new("form.exploded.v1", "/forms", "x", json!({})), None);
    give(FORMS, &Event::new("form.submitted.v2", "/forms", "x", demo_request("x@acme.example").data), None);
    let mut ahead = demo_request("ahead@acme.example");
    ahead.time = "2036-01-01T00:00:00Z".to_owned();
    give(FORMS, &ahead, None);
    let first = demo_request("twice@acme.example");
    give(FORMS, &first, None);
    let mut second = demo_request("other@acme.example");
    second.id.clone_from(&first.id);
    second.time.clone_from(&first.time);
    give(FORMS, &second, None);
    let nobody = "00000000-0000-4000-8000-00000000dead";
    give("crm.lead-events.v1", &crm("crm.lead.accepted.v1", nobody, "u-ana-ruiz", json!({})), None);
    give(FORMS, &demo_request("fine@acme.example"), None);
    until("everything is read", || installation.read() == sent);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let found = leads.wait("the good form", |record| record.data["person"]["email"] == "fine@acme.example");

    produce(
        &installation,
        "crm.lead-events.v1",
        &crm("crm.lead.accepted.v1", &found.key, "u-nobody-known", json!({})),
    );
    leads.wait("the stranger's fact on the disagreement list", |record| {
        record.event_type == "lead.diverged.v1" && record.data["code"] == "unknown_actor"
    });
    let mut reasons: Vec<String> = installation.texts("SELECT reason FROM quarantine ORDER BY 1");
    let mut wanted: Vec<String> = values().iter().map(|(reason, _)| (*reason).to_owned()).collect();
    wanted.extend(["unknown_type", "unknown_version", "conflict"].map(str::to_owned));
    reasons.sort();
    wanted.sort();
    assert_eq!(reasons, wanted);
    assert_eq!(installation.texts("SELECT reason FROM parked"), ["awaiting_identity"]);
    assert_eq!(
        installation.number("SELECT count(*) FROM quarantine WHERE detail = ''"),
        0,
        "every quarantined record says what is wrong"
    );
    let list = installation.run(&["quarantine", "list"]);
    assert!(list.contains("forbidden_character"), "{list}");
    installation.check();
}

#[test]
fn wrong_surroundings_are_told_in_one_line_with_the_mend() {
    let installation = Installation::new();
    let cases: [(&str, &str, &str); 2] = [
        ("DATABASE_URL", "postgres://nobody:wrong@127.0.0.1:1/none", "database"),
        ("KAFKA_BROKERS", "127.0.0.1:1", "kafka"),
    ];
    for (name, value, said) in cases {
        let output = installation.command().env(name, value).arg("serve").output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        assert!(text.to_lowercase().contains(said), "{name}: {text}");
        assert!(!text.contains("panicked") && !text.contains("wrong@"), "{text}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = installation.command().env("BATON__HTTP__LISTEN", &address).arg("serve").output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("http.listen"), "{:?}", output.stderr);
    let empty = Installation::without_topics();
    let output = empty.output(&["serve"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("baton topics create"));
}
