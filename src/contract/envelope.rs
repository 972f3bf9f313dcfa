//! CloudEvents 1.0 off Kafka, binary and structured mode, to one envelope. It never looks into the data.

use super::request::Unreadable;
use super::text;
use crate::domain::time::{MINUTE, Moment};
use serde_json::{Map, Value};

/// Bytes that a record's value may have: ten times the largest event that a schema of ours allows in practice, and a
/// quarter of what one transaction takes.
pub const VALUE_BYTES_MAX: usize = 256 * 1024;
/// Characters that a CloudEvents id may have.
pub const ID_CHARS_MAX: usize = 200;
/// Characters that a CloudEvents source may have.
pub const SOURCE_CHARS_MAX: usize = 300;
/// Characters that a CloudEvents type may have.
pub const TYPE_CHARS_MAX: usize = 200;
/// How far ahead of our clock a time may lie before it is clamped: what clocks of servers differ by.
pub const AHEAD_MAX: i64 = 5 * MINUTE;
/// What every type begins with.
pub const TYPE_PREFIX: &str = "io.baton.";

const STRUCTURED: &str = "application/cloudevents+json";
const SPECIFICATION: &str = "1.0";

/// A record as it came off Kafka.
#[derive(Clone, Copy, Debug)]
pub struct RecordIn<'a> {
    /// The topic's name, which says what types it carries.
    pub topic: &'a str,
    /// Where the record stands.
    pub partition: i32,
    /// Where the record stands.
    pub offset: i64,
    /// The record's own timestamp; stands in for an absent `time`.
    pub timestamp: Moment,
    /// Any key is taken, and none.
    pub key: Option<&'a [u8]>,
    /// In the order of the record.
    pub headers: &'a [(String, Vec<u8>)],
    /// `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// When it was read; times too far ahead of it are clamped to it.
    pub received_at: Moment,
}

/// The attributes of an event, checked, and its data.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// CloudEvents `source`.
    pub source: String,
    /// CloudEvents `id`.
    pub id: String,
    /// As sent, prefix included.
    pub event_type: String,
    /// The time, or what stands in for it.
    pub occurred_at: Moment,
    /// The time was absent, or lay ahead and was clamped.
    pub time_flagged: bool,
    /// Whether `occurred_at` is what the producer said; a retry then says the same.
    pub time_stated: bool,
    /// W3C trace context, when it is well formed.
    pub traceparent: Option<String>,
    /// The event's data, not yet held against a schema.
    pub data: Value,
}

/// Where attributes come from: headers, or the members of the document.
enum Attributes<'a> {
    Headers(&'a [(String, Vec<u8>)]),
    Members(&'a Map<String, Value>),
}

impl Attributes<'_> {
    /// An attribute's text; `None` where it is absent or null.
    fn get(&self, name: &str) -> Result<Option<&str>, Unreadable> {
        match self {
            Self::Headers(headers) => {
                let found = headers.iter().find(|(header, _)| header.strip_prefix("ce_") == Some(name));
                let Some((_, bytes)) = found else { return Ok(None) };
                let value = std::str::from_utf8(bytes).map_err(|_| Unreadable {
                    reason: "not_utf8",
                    detail: format!("header ce_{name} is not UTF-8"),
                })?;
                text::check_text(value, &format!("header ce_{name}"))?;
                Ok(Some(value))
            }
            Self::Members(members) => match members.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::String(value)) => Ok(Some(value)),
                Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                    Err(schema(&format!("/{name}: must be a string")))
                }
            },
        }
    }

    fn required(&self, name: &'static str, chars_max: usize) -> Result<&str, Unreadable> {
        match self.get(name)? {
            None | Some("") => Err(missing(name)),
            Some(value) if value.len() > chars_max && value.chars().count() > chars_max => {
                Err(schema(&format!("/{name}: longer than {chars_max} characters")))
            }
            Some(value) => Ok(value),
        }
    }
}

fn schema(detail: &str) -> Unreadable {
    Unreadable { reason: "schema", detail: detail.to_owned() }
}

fn missing(name: &str) -> Unreadable {
    Unreadable {
        reason: "missing_attribute",
        detail: format!("the CloudEvents attribute {name} is missing or empty"),
    }
}

fn header<'a>(headers: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a str> {
    let (_, bytes) = headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(bytes).ok()
}

/// How a record carries its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Binary,
    Structured,
    /// Neither content type nor `ce_` headers: a document that names its own attributes is taken at its word, since
    /// plain command-line producers set no headers.
    Unlabelled,
}

fn mode(headers: &[(String, Vec<u8>)]) -> Result<Mode, Unreadable> {
    let Some(content_type) = header(headers, "content-type") else {
        let labelled = headers.iter().any(|(name, _)| name.starts_with("ce_"));
        return Ok(if labelled { Mode::Binary } else { Mode::Unlabelled });
    };
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media_type == STRUCTURED {
        Ok(Mode::Structured)
    } else if media_type.ends_with("/json")
        || (media_type.ends_with("+json") && !media_type.contains("cloudevents"))
    {
        let labelled = headers.iter().any(|(name, _)| name.starts_with("ce_"));
        Ok(if labelled { Mode::Binary } else { Mode::Unlabelled })
    } else {
        Err(Unreadable {
            reason: "content_type",
            detail: "content-type must be application/json or application/cloudevents+json".to_owned(),
        })
    }
}

/// Opens a record.
///
/// # Errors
/// The value is absent, empty, too large, no UTF-8 or no JSON, holds U+0000 or nests too deep; or an attribute is
/// missing, too long or of another version of CloudEvents; or the time cannot be read.
pub fn open(record: &RecordIn<'_>) -> Result<Envelope, Unreadable> {
    let value = value_of(record)?;
    let mode = mode(record.headers)?;
    let mut document = text::parse(value)?;
    match mode {
        Mode::Binary => {
            let mut envelope = attributes(record, &Attributes::Headers(record.headers))?;
            envelope.data = document;
            Ok(envelope)
        }
        Mode::Structured | Mode::Unlabelled => {
            let Some(members) = document.as_object_mut() else { return Err(schema("/: must be an object")) };
            if members.contains_key("data_base64") {
                return Err(schema("/data_base64: is not read; send JSON in data"));
            }
            let data = members.remove("data").unwrap_or_default();
            let mut envelope = attributes(record, &Attributes::Members(members))?;
            envelope.data = data;
            Ok(envelope)
        }
    }
}

fn value_of<'a>(record: &RecordIn<'a>) -> Result<&'a [u8], Unreadable> {
    let Some(value) = record.value else {
        return Err(Unreadable { reason: "tombstone", detail: "the record has no value".to_owned() });
    };
    if value.is_empty() {
        return Err(Unreadable { reason: "empty", detail: "the record's value has no bytes".to_owned() });
    }
    if value.len() > VALUE_BYTES_MAX {
        let detail = format!("{} bytes; at most {VALUE_BYTES_MAX} are read", value.len());
        return Err(Unreadable { reason: "too_large", detail });
    }
    Ok(value)
}

fn attributes(record: &RecordIn<'_>, attributes: &Attributes<'_>) -> Result<Envelope, Unreadable> {
    match attributes.get("specversion")? {
        None => return Err(missing("specversion")),
        Some(SPECIFICATION) => {}
        Some(_) => return Err(schema("/specversion: must be 1.0")),
    }
    let source = attributes.required("source", SOURCE_CHARS_MAX)?.to_owned();
    let id = attributes.required("id", ID_CHARS_MAX)?.to_owned();
    let event_type = attributes.required("type", TYPE_CHARS_MAX)?.to_owned();
    let stated = attributes.get("time")?.map(Moment::parse).transpose().map_err(|_| Unreadable {
        reason: "bad_time",
        detail: "/time: must be an RFC 3339 timestamp with an offset".to_owned(),
    })?;
    let wanted = stated.unwrap_or(record.timestamp);
    let ahead = wanted.since(record.received_at) > AHEAD_MAX;
    let traceparent = header(record.headers, "traceparent")
        .filter(|it| is_traceparent(it))
        .map(str::to_owned)
        .or(attributes.get("traceparent")?.filter(|it| is_traceparent(it)).map(str::to_owned));
    Ok(Envelope {
        source,
        id,
        event_type,
        occurred_at: if ahead { record.received_at } else { wanted },
        time_flagged: ahead || stated.is_none(),
        time_stated: !ahead && stated.is_some(),
        traceparent,
        data: Value::Null,
    })
}

/// Whether a text is a W3C `traceparent`: version, 16-byte trace id, 8-byte parent id, flags, in lower-case hex.
#[must_use]
pub fn is_traceparent(text: &str) -> bool {
    let hex = |part: &str, digits: usize| {
        part.len() == digits
            && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let zeros = |part: &str| part.bytes().all(|byte| byte == b'0');
    let mut parts = text.splitn(5, '-');
    let (Some(version), Some(trace), Some(parent), Some(flags)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let rest_is_allowed = parts.next().is_none() || version != "00";
    hex(version, 2)
        && version != "ff"
        && hex(trace, 32)
        && !zeros(trace)
        && hex(parent, 16)
        && !zeros(parent)
        && hex(flags, 2)
        && rest_is_allowed
        && text.len() <= TRACEPARENT_CHARS_MAX
}

/// Characters of a `traceparent` that are carried on: the 55 of version 00, with room for a later version.
const TRACEPARENT_CHARS_MAX: usize = 128;
