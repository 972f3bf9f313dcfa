//! Records in, tested: every example, every bad input, what fields mean, and any bytes at all.

mod any_bytes;
mod asked;
mod bad_input;
mod examples;
mod meaning;
mod unchecked;

use super::{DecodedRecord, Decoder, RecordIn};
use crate::contract::keys::Keys;
use crate::contract::request::{Decoded, Request};
use crate::domain::policy::Reference;
use crate::domain::time::Moment;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Compiled once: what every test reads with.
pub(super) static DECODER: LazyLock<Decoder> =
    LazyLock::new(|| Decoder::new(Keys::new(b"a service key for tests", 1)).unwrap());

/// When every record of a test is received: 2026-06-01T00:00:00Z.
pub(super) fn received_at() -> Moment {
    Moment::parse("2026-06-01T00:00:00Z").unwrap()
}

/// A record's own timestamp: a minute before it is received.
pub(super) fn timestamp() -> Moment {
    Moment::parse("2026-05-31T23:59:00Z").unwrap()
}

pub(super) fn decode_with(
    topic: &str,
    headers: &[(String, Vec<u8>)],
    value: Option<&[u8]>,
    reference: &Reference,
) -> DecodedRecord {
    let record = RecordIn {
        topic,
        partition: 0,
        offset: 7,
        timestamp: timestamp(),
        key: None,
        headers,
        value,
        received_at: received_at(),
    };
    DECODER.decode(record, reference)
}

pub(super) fn decode_bytes(
    topic: &str,
    headers: &[(String, Vec<u8>)],
    value: Option<&[u8]>,
) -> DecodedRecord {
    decode_with(topic, headers, value, &Reference::default())
}

pub(super) fn structured_header() -> Vec<(String, Vec<u8>)> {
    vec![("content-type".to_owned(), b"Application/CloudEvents+JSON; charset=utf-8".to_vec())]
}

/// Decodes a whole event in structured mode.
pub(super) fn decode(topic: &str, event: &Value) -> DecodedRecord {
    decode_bytes(topic, &structured_header(), Some(event.to_string().as_bytes()))
}

/// An event around data.
pub(super) fn event(name: &str, data: &Value) -> Value {
    json!({
        "specversion": "1.0",
        "id": "record-1",
        "source": "/test",
        "type": format!("io.baton.{name}"),
        "time": "2026-05-30T10:00:00Z",
        "data": data,
    })
}

/// The request that an event with this data is.
pub(super) fn request_with(topic: &str, name: &str, data: &Value, reference: &Reference) -> Request {
    let bytes = event(name, data).to_string();
    let decoded = decode_with(topic, &structured_header(), Some(bytes.as_bytes()), reference).decoded;
    match decoded.unwrap_or_else(|unreadable| panic!("{name}: {unreadable}")) {
        Decoded::Request(request) => *request,
        Decoded::Ignored(ignored) => panic!("{name}: ignored as {}", ignored.reason),
    }
}

pub(super) fn request(topic: &str, name: &str, data: &Value) -> Request {
    request_with(topic, name, data, &Reference::default())
}

/// Why an event with this data cannot be read.
pub(super) fn refusal(topic: &str, name: &str, data: &Value) -> (&'static str, String) {
    let unreadable = decode(topic, &event(name, data)).decoded.unwrap_err();
    (unreadable.reason, unreadable.detail)
}

/// Topic, type, and path and text of each example.
type TypeExamples = (String, String, Vec<(String, String)>);

/// Every inbound type of `schemas/index.json`: topic, type, and the text of each example.
pub(super) fn inbound_examples() -> Vec<TypeExamples> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let index: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(root.join("index.json")).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let example = |path: &Value| (text(path), std::fs::read_to_string(root.join(text(path))).unwrap());
    index
        .iter()
        .filter(|row| row["direction"] == "in")
        .map(|row| {
            let examples = row["examples"].as_array().unwrap().iter().map(example).collect();
            (text(&row["topic"]), text(&row["type"]), examples)
        })
        .collect()
}
