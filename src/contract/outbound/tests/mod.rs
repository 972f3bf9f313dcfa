//! Records out, tested: every event's records hold against their schemas, stored and filled.

mod handshake;
mod later;
mod published;
mod story;

use serde_json::Value;

/// The validator of a published type.
fn validator(topic: &str, event_type: &str) -> jsonschema::Validator {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let text = std::fs::read_to_string(root.join(topic).join(format!("{event_type}.schema.json"))).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

/// Panics with every violation.
fn assert_valid(topic: &str, event_type: &str, payload: &Value) {
    let violations: Vec<String> = validator(topic, event_type)
        .iter_errors(payload)
        .map(|it| format!("{}: {it}", it.instance_path()))
        .collect();
    assert!(violations.is_empty(), "{event_type}: {}", violations.join("\n"));
}
