//! `schemas/asyncapi.yaml` against the index of the schemas and against what the code reads and writes. It changes nothing.

use super::{json, schemas};
use baton::broker::topics;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use yaml_rust2::{Yaml, YamlLoader};

/// What an erasure writes to the compacted topic: a record without value, so it has neither type nor schema.
const TOMBSTONE: (&str, &str) = ("handoff.lead-state.v1", "tombstone");
/// What every type begins with.
const PREFIX: &str = "io.baton.";

fn value(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::String(text) => Value::from(text.as_str()),
        Yaml::Integer(number) => Value::from(*number),
        Yaml::Boolean(it) => Value::from(*it),
        Yaml::Real(text) => Value::from(text.as_str()),
        Yaml::Array(list) => list.iter().map(value).collect(),
        Yaml::Hash(map) => {
            let pairs =
                map.iter().map(|(key, it)| (key.as_str().expect("a text as key").to_owned(), value(it)));
            Value::Object(pairs.collect())
        }
        Yaml::Null => Value::Null,
        Yaml::Alias(_) | Yaml::BadValue => panic!("nothing that the description should hold: {yaml:?}"),
    }
}

fn description() -> Value {
    let text = std::fs::read_to_string(schemas().join("asyncapi.yaml")).unwrap();
    let documents = YamlLoader::load_from_str(&text).expect("asyncapi.yaml is YAML");
    assert_eq!(documents.len(), 1);
    value(&documents[0])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}"))
}

/// What a `$ref` into the same document names.
fn resolved<'a>(document: &'a Value, reference: &'a Value) -> &'a Value {
    let path = text(&reference["$ref"]).strip_prefix('#').expect("a reference into the document");
    document.pointer(path).unwrap_or_else(|| panic!("{path} is not there"))
}

/// Each channel's name, with its topic and its messages, resolved.
fn channels(document: &Value) -> BTreeMap<&str, (&str, Vec<&Value>)> {
    let messages = |channel: &'_ Value| -> Vec<String> {
        channel["messages"].as_object().unwrap().values().map(|it| text(&it["$ref"]).to_owned()).collect()
    };
    document["channels"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, channel)| {
            let found = messages(channel)
                .iter()
                .map(|path| document.pointer(path.trim_start_matches('#')).expect("the message is there"))
                .collect();
            (name.as_str(), (text(&channel["address"]), found))
        })
        .collect()
}

/// Topic, type and direction of every row of the index.
fn indexed() -> BTreeSet<(String, String, String)> {
    let index = json(&schemas().join("index.json"));
    let row = |row: &Value| {
        let part = |name: &str| text(&row[name]).to_owned();
        (part("topic"), part("type"), part("direction"))
    };
    index.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn asyncapi_holds_the_channels_and_messages_of_the_index_and_no_others() {
    let document = description();
    let mut direction: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, operation) in document["operations"].as_object().unwrap() {
        let channel = text(&operation["channel"]["$ref"]).strip_prefix("#/channels/").unwrap();
        let way = if text(&operation["action"]) == "receive" { "in" } else { "out" };
        assert_eq!(direction.insert(channel, way), None, "{name}: a channel has one operation");
        // An operation names every message of its channel: a reference to a reference.
        let named: BTreeSet<&str> =
            operation["messages"].as_array().unwrap().iter().map(|it| text(&it["$ref"])).collect();
        let there = document["channels"][channel]["messages"].as_object().unwrap();
        let wanted: BTreeSet<String> =
            there.keys().map(|message| format!("#/channels/{channel}/messages/{message}")).collect();
        assert_eq!(named, wanted.iter().map(String::as_str).collect(), "{name}");
    }
    let mut described: BTreeSet<(String, String, String)> = BTreeSet::new();
    let mut tombstones = 0;
    for (channel, (topic, messages)) in channels(&document) {
        for message in messages {
            let name = text(&message["name"]);
            if (topic, name) == TOMBSTONE {
                assert_eq!(message["payload"]["type"], "null");
                tombstones += 1;
                continue;
            }
            let row = (topic.to_owned(), name.to_owned(), direction[channel].to_owned());
            assert!(described.insert(row), "{name} is there twice");
        }
    }
    assert_eq!(described, indexed(), "left: asyncapi.yaml, right: index.json");
    assert_eq!(tombstones, 1);
    let used: usize = channels(&document).values().map(|(_, messages)| messages.len()).sum();
    assert_eq!(
        document["components"]["messages"].as_object().unwrap().len(),
        used,
        "a message of no channel"
    );
}

#[test]
fn each_message_of_asyncapi_names_its_type_and_the_schema_of_the_index() {
    let document = description();
    let index = json(&schemas().join("index.json"));
    let schema: BTreeMap<&str, &str> =
        index.as_array().unwrap().iter().map(|row| (text(&row["type"]), text(&row["schema"]))).collect();
    for (topic, messages) in channels(&document).into_values() {
        for message in messages.into_iter().filter(|it| text(&it["name"]) != TOMBSTONE.1) {
            let name = text(&message["name"]);
            assert_eq!(text(&message["payload"]["$ref"]), format!("./{}", schema[name]), "{topic}");
            let headers = message["headers"]["allOf"].as_array().unwrap();
            assert_eq!(headers[1]["properties"]["ce_type"]["const"], name);
            let common = resolved(&document, &headers[0]);
            assert!(common["required"].as_array().unwrap().contains(&Value::from("ce_type")), "{name}");
            resolved(&document, &message["bindings"]["kafka"]["key"]);
        }
    }
}

#[test]
fn the_channels_of_asyncapi_are_the_topics_of_the_code_with_what_they_are_created_with() {
    let document = description();
    let known: BTreeSet<&str> = topics::INPUT.into_iter().chain(topics::OUTPUT).collect();
    let described: BTreeSet<&str> = channels(&document).into_values().map(|(topic, _)| topic).collect();
    assert_eq!(described, known);
    for channel in document["channels"].as_object().unwrap().values() {
        let (topic, kafka) = (text(&channel["address"]), &channel["bindings"]["kafka"]);
        assert_eq!(kafka["topic"], topic);
        for (option, wanted) in topics::options(topic) {
            let said = match &kafka["topicConfiguration"][*option] {
                Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(","),
                other => other.to_string(),
            };
            assert_eq!(said, *wanted, "{option} of {topic}");
        }
    }
    // What the tables of `contract` read is held against the index where the tables are; here are the topics alone.
    let read: BTreeSet<&str> = baton::contract::inbound::topics().into_iter().collect();
    assert_eq!(read, topics::INPUT.into_iter().collect());
}

/// Every type that the sources of what is published name, `io.baton.` put before it.
fn named_in_the_code() -> BTreeSet<String> {
    let folder = schemas().join("../src/contract/outbound");
    let mut named = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        let is_type = |word: &&str| {
            ["lead.", "feedback.", "audit."].iter().any(|start| word.starts_with(start))
                && word.rsplit('.').next() == Some("v1")
                && word
                    .bytes()
                    .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || b"._".contains(&it))
        };
        named.extend(source.split('"').filter(is_type).map(|word| format!("{PREFIX}{word}")));
    }
    named
}

#[test]
fn the_types_that_the_code_publishes_are_those_that_asyncapi_sends() {
    let sent: BTreeSet<String> =
        indexed().into_iter().filter(|(_, _, way)| way == "out").map(|(_, name, _)| name).collect();
    assert_eq!(named_in_the_code(), sent, "left: src/contract/outbound, right: the index");
}
