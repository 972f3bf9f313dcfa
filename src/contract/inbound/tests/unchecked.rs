//! What no schema has checked is not read: a member that a type does not know leaves no trace.

use super::{decode, inbound_examples};
use crate::contract::inbound::FAMILIES;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A text that no example holds.
const SENTINEL: &str = "unchecked";

/// Every member name that occurs anywhere in the examples.
fn names(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                names.insert(name.clone());
                self::names(member, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| self::names(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The shapes in which a member might be read.
fn disguises() -> Vec<Value> {
    let key = json!({ "system": SENTINEL, "object": "lead", "id": SENTINEL });
    let nested = json!({ "name": SENTINEL, "email": SENTINEL });
    vec![json!(SENTINEL), json!([SENTINEL]), key.clone(), json!([key]), nested]
}

#[test]
fn members_that_no_schema_knows_are_never_read() {
    let examples = inbound_examples();
    let mut all = BTreeSet::new();
    for (_, text) in examples.iter().flat_map(|(_, _, texts)| texts) {
        names(&serde_json::from_str::<Value>(text).unwrap()["data"], &mut all);
    }
    let mut tried = 0;
    for (topic, event_type, texts) in &examples {
        let event: Value = serde_json::from_str(&texts[0].1).unwrap();
        let known = FAMILIES.iter().copied().flatten().find(|it| event_type.ends_with(it.name)).unwrap();
        let unknown = all.iter().filter(|name| !known.schema.contains(&format!("\"{name}\": {{")));
        let unknown: Vec<&String> = unknown.collect();
        for place in ["/data", "/data/person", "/data/contacts/0", "/data/change"] {
            for disguise in disguises() {
                let mut changed = event.clone();
                let Some(object) = changed.pointer_mut(place) else { continue };
                for name in &unknown {
                    object[name.as_str()] = disguise.clone();
                }
                let shown = format!("{:?}", decode(topic, &changed).decoded.unwrap());
                assert!(!shown.contains(SENTINEL), "{event_type} at {place}: {shown}");
                tried += unknown.len();
            }
        }
    }
    assert!(tried > 5_000, "{tried}");
}
