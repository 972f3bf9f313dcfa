//! The contract as files: schemas against their examples, and the stored formats against bytes that were stored before.

mod asyncapi;
mod golden;

use baton::contract::webhook::{Stored, body};
use baton::domain::ids::{EventId, LeadId};
use baton::domain::time::Moment;
use jsonschema::Validator;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The folder of the schemas.
pub fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

pub fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Schemas that were read already: histories hold thousands of records against them.
static READ: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());

/// The violations of a document against a schema file; formats count.
pub fn violations(schema: &str, document: &Value) -> Vec<String> {
    let validator = Arc::clone(READ.lock().unwrap().entry(schema.to_owned()).or_insert_with(|| read(schema)));
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn read(schema: &str) -> Arc<Validator> {
    let validator = jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&json(&schemas().join(schema)))
        .unwrap_or_else(|error| panic!("{schema}: {error}"));
    Arc::new(validator)
}

#[test]
fn every_example_holds_against_its_schema() {
    let index = json(&schemas().join("index.json"));
    let mut checked = 0;
    for row in index.as_array().unwrap() {
        let schema = row["schema"].as_str().unwrap();
        let examples = row["examples"].as_array().unwrap();
        assert!(!examples.is_empty(), "{schema} has no example");
        for example in examples {
            let path = example.as_str().unwrap();
            let event = json(&schemas().join(path));
            assert_eq!(event["type"], row["type"], "{path}");
            let faults = violations(schema, &event["data"]);
            assert!(faults.is_empty(), "{path}: {}", faults.join("; "));
            checked += 1;
        }
    }
    assert!(checked > 100, "the index has lost its examples: {checked}");
}

#[test]
fn every_schema_in_the_tree_is_in_the_index_and_refuses_an_empty_document_or_says_all_is_optional() {
    let index = json(&schemas().join("index.json"));
    let listed: Vec<&str> =
        index.as_array().unwrap().iter().map(|row| row["schema"].as_str().unwrap()).collect();
    for topic in std::fs::read_dir(schemas()).unwrap() {
        let topic = topic.unwrap().path();
        if !topic.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&topic).unwrap() {
            let path = file.unwrap().path();
            let name = path.strip_prefix(schemas()).unwrap().to_str().unwrap().to_owned();
            if !name.ends_with(".schema.json") {
                continue;
            }
            assert!(listed.contains(&name.as_str()), "{name} is not in index.json");
            let demands = json(&path).get("required").and_then(Value::as_array).map_or(0, Vec::len);
            let refuses = !violations(&name, &serde_json::json!({})).is_empty();
            assert!(refuses || demands == 0, "{name} demands fields and takes an empty document");
            assert!(!violations(&name, &serde_json::json!("text")).is_empty(), "{name} takes a text");
        }
    }
}

#[test]
fn the_body_of_a_webhook_is_as_its_schema_says_for_every_type_that_is_published() {
    let schema = "webhook.schema.json";
    let faults = violations(schema, &json(&schemas().join("webhook.example.json")));
    assert!(faults.is_empty(), "{}", faults.join("; "));
    let index = json(&schemas().join("index.json"));
    let mut checked = 0;
    for row in index.as_array().unwrap() {
        if !["handoff.leads.v1", "handoff.feedback.v1"].contains(&row["topic"].as_str().unwrap()) {
            continue;
        }
        let mut event = json(&schemas().join(row["examples"][0].as_str().unwrap()));
        let data = event["data"].as_object_mut().unwrap();
        // As the outbox stores it: what the relay fills in is not there yet.
        for name in ["person", "crm", "source", "form_id", "submission_id", "anonymous_id", "cause"] {
            data.remove(name);
        }
        let payload = serde_json::to_vec(data).unwrap();
        let event_type = row["type"].as_str().unwrap().trim_start_matches("io.baton.");
        let (id, lead) = (EventId(uuid::Uuid::from_u128(1)), LeadId(uuid::Uuid::from_u128(2)));
        let stored = Stored { id, lead, event_type, occurred_at: Moment(0), payload: &payload };
        let told: Value = serde_json::from_slice(&body(&stored).unwrap()).unwrap();
        let faults = violations(schema, &told);
        assert!(faults.is_empty(), "{event_type}: {}", faults.join("; "));
        checked += 1;
    }
    assert!(checked > 30, "the index has lost what is published: {checked}");
}
