//! Every kind of bad input gets its reason, and no reason repeats a value.

use super::{decode, decode_bytes, event, refusal, structured_header, timestamp};
use crate::contract::envelope::VALUE_BYTES_MAX;
use crate::contract::request::Decoded;
use serde_json::{Value, json};

const FORMS: &str = "marketing.form-fills.v1";
const FORM: &str = "form.submitted.v1";

fn form() -> Value {
    json!({ "form_id": "f", "person": { "email": "ann@acme.example" } })
}

fn reason(value: Option<&[u8]>) -> &'static str {
    decode_bytes(FORMS, &structured_header(), value).decoded.unwrap_err().reason
}

fn event_reason(event: &Value) -> &'static str {
    reason(Some(event.to_string().as_bytes()))
}

#[test]
fn bytes_that_are_no_document_are_refused_with_their_reason() {
    assert_eq!(reason(None), "tombstone");
    assert_eq!(reason(Some(b"")), "empty");
    assert_eq!(reason(Some(b"{\"a\": tru")), "not_json");
    assert_eq!(reason(Some(b"{\"a\": \"\xff\"}")), "not_utf8");
    assert_eq!(reason(Some(b"{\"a\": \"\\ud800\"}")), "not_json");
    assert_eq!(reason(Some(&vec![b' '; 5 * 1024 * 1024])), "too_large");
    assert_eq!(reason(Some(&vec![b' '; VALUE_BYTES_MAX + 1])), "too_large");
    assert_eq!(reason(Some(b"[]")), "schema");
}

#[test]
fn deep_nesting_is_refused_before_and_after_the_parsers_own_limit() {
    for depth in [65, 120, 400, 100_000] {
        let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let text = event(FORM, &json!("here")).to_string().replace("\"here\"", &text);
        assert_eq!(reason(Some(text.as_bytes())), "too_deep", "{depth}");
    }
}

#[test]
fn a_nul_in_any_string_or_name_is_refused() {
    let text = event(FORM, &form()).to_string();
    for (from, to) in [
        ("ann@acme.example", "ann\\u0000@acme.example"),
        ("form_id", "form\\u0000_id"),
        ("record-1", "record\\u0000-1"),
        ("\"form_id\":\"f\"", "\"form_id\":\"f\",\"free\":[{\"x\":\"\\u0000\"}]"),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text);
        assert_eq!(reason(Some(changed.as_bytes())), "forbidden_character", "{to}");
    }
    let headers =
        vec![("ce_specversion".to_owned(), b"1.0".to_vec()), ("ce_id".to_owned(), b"a\0b".to_vec())];
    let unreadable = decode_bytes(FORMS, &headers, Some(b"{}")).decoded.unwrap_err();
    assert_eq!(unreadable.reason, "missing_attribute", "the source comes first");
}

#[test]
fn missing_and_overlong_attributes_are_refused() {
    for name in ["specversion", "id", "source", "type"] {
        for bad in [None, Some(json!("")), Some(json!(null))] {
            let mut event = event(FORM, &form());
            let members = event.as_object_mut().unwrap();
            members.remove(name);
            members.extend(bad.map(|bad| (name.to_owned(), bad)));
            let expected = if name == "specversion" && event.get(name) == Some(&json!("")) {
                "schema"
            } else {
                "missing_attribute"
            };
            assert_eq!(event_reason(&event), expected, "{name}");
        }
    }
    for (name, bad) in [
        ("id", json!("i".repeat(201))),
        ("source", json!("s".repeat(301))),
        ("id", json!(7)),
        ("specversion", json!("0.3")),
        ("data_base64", json!("e30=")),
    ] {
        let mut event = event(FORM, &form());
        event[name] = bad;
        assert_eq!(event_reason(&event), "schema", "{name}");
    }
    let avro = vec![("content-type".to_owned(), b"application/avro".to_vec())];
    assert_eq!(decode_bytes(FORMS, &avro, Some(b"{}")).decoded.unwrap_err().reason, "content_type");
}

#[test]
fn types_are_known_by_topic_and_major_version() {
    for (name, expected) in [
        ("form.submitted.v2", "unknown_version"),
        ("form.submitted.v12", "unknown_version"),
        ("form.deleted.v1", "unknown_type"),
        ("form.submitted", "unknown_type"),
        ("email.sent.v1", "unknown_type"),
    ] {
        assert_eq!(event_reason(&event(name, &form())), expected, "{name}");
    }
    let mut foreign = event(FORM, &form());
    foreign["type"] = "com.example.form.submitted.v1".into();
    assert_eq!(event_reason(&foreign), "unknown_type");
    assert_eq!(decode("no.such.topic", &event(FORM, &form())).decoded.unwrap_err().reason, "unknown_type");
}

#[test]
fn times_are_read_clamped_or_refused() {
    let mut event = event(FORM, &form());
    event["time"] = "yesterday".into();
    assert_eq!(event_reason(&event), "bad_time");
    event["time"] = "2036-06-01T00:00:00Z".into();
    let far = decode(FORMS, &event);
    let Ok(Decoded::Request(request)) = far.decoded else {
        panic!("a time far ahead is no reason to refuse")
    };
    assert_eq!((request.cause.occurred_at, request.cause.time_flagged), (super::received_at(), true));
    assert_eq!(far.duplicate.map(|(minute, _)| minute), Some(None));
    event.as_object_mut().unwrap().remove("time");
    let Ok(Decoded::Request(request)) = decode(FORMS, &event).decoded else {
        panic!("an absent time is allowed")
    };
    assert_eq!((request.cause.occurred_at, request.cause.time_flagged), (timestamp(), true));
    event["time"] = "2026-06-01T00:04:59Z".into();
    let Ok(Decoded::Request(request)) = decode(FORMS, &event).decoded else {
        panic!("clocks differ a little")
    };
    assert!(!request.cause.time_flagged);
}

#[test]
fn schema_violations_name_place_and_rule_but_no_value() {
    let secret = "Zaphod Beeblebrox";
    let mut many = form();
    many["fields"] = (0..1_000).map(|place| (format!("{secret} {place}"), json!(secret))).collect::<Value>();
    let mut nested = form();
    nested["fields"] = json!({ secret: { "a": secret } });
    let cases = [
        (json!({ "form_id": "f", "person": { "email": secret } }), "/person/email"),
        (json!({ "form_id": "f", "person": {} }), "/person: email is required"),
        (json!({ "person": { "email": "ann@acme.example" } }), "/: form_id is required"),
        (json!({ "form_id": "f", "person": { "email": "ann@acme" } }), "/person/email"),
        (json!({ "form_id": "f", "person": { "email": "ann@" } }), "/person/email"),
        (
            json!({ "form_id": 7, "person": { "email": "ann@acme.example" } }),
            "/form_id: is of the wrong type",
        ),
        (many, "/fields: has too many members"),
        (nested, "/fields: is of the wrong type"),
        (json!(null), "/: is of the wrong type"),
    ];
    for (data, expected) in cases {
        let (reason, detail) = refusal(FORMS, FORM, &data);
        assert_eq!(reason, "schema");
        assert!(detail.contains(expected), "{detail} does not say {expected}");
        assert!(!detail.contains("Zaphod"), "{detail} repeats a value");
    }
    let long = "x".repeat(300);
    let (reason, _) =
        refusal(FORMS, FORM, &json!({ "form_id": long, "person": { "email": "ann@acme.example" } }));
    assert_eq!(reason, "schema");
}

#[test]
fn a_day_that_no_calendar_has_is_refused() {
    let data = json!({
        "person": { "email": "ann@acme.example" },
        "actor": { "system": "crm", "object": "user", "id": "1" },
        "reason": "bad_timing",
        "retry_on": "2026-02-31",
    });
    let (reason, detail) = refusal("sales.feedback.v1", "sales.lead.rejected.v1", &data);
    assert_eq!((reason, detail.as_str()), ("schema", "/retry_on: is no day of the calendar"));
}

#[test]
fn a_refused_event_still_has_its_duplicate_key_and_attributes() {
    let record = decode(FORMS, &event(FORM, &json!({})));
    assert!(record.decoded.is_err());
    assert_eq!(record.duplicate.unwrap().0, Some(29_668_920));
    assert_eq!(record.attributes.unwrap().id, "record-1");
    let record = decode_bytes(FORMS, &[], Some(b"no"));
    assert!(record.duplicate.is_none() && record.attributes.is_none());
}
