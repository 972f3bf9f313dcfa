//! `baton send`: checks an event as the service would, and produces it. It never talks to the database.

use super::output::{FAILED, Failure, USAGE, block_on, say, say_json};
use crate::broker::client;
use crate::clock;
use crate::contract::keys::Keys;
use crate::contract::{Decoder, RecordIn};
use crate::domain::policy::Reference;
use crate::domain::time::Moment;
use crate::settings::Settings;
use clap::Args;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::io::Read as _;
use std::time::Duration;

/// What every type begins with.
const PREFIX: &str = "io.baton.";
/// Which type belongs to which topic.
const INDEX: &str = include_str!("../../schemas/index.json");
/// One event is delivered within this, or not at all.
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Type of the event, such as form.submitted.v1 (`io.baton.` may be left out).
    #[arg(value_name = "TYPE")]
    event_type: String,
    /// File with the event's data, or a whole structured `CloudEvent`; `-` reads standard input.
    file: String,
    /// Id of the event; drawn when absent. A retry keeps it.
    #[arg(long)]
    id: Option<String>,
    /// Who says it.
    #[arg(long)]
    source: Option<String>,
    /// When it happened, as RFC 3339; now when absent. A retry keeps it.
    #[arg(long)]
    time: Option<String>,
    /// Key of the record; the person's e-mail or lead id when absent.
    #[arg(long)]
    key: Option<String>,
    /// Produce it even if the service would quarantine it.
    #[arg(long)]
    unchecked: bool,
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct Indexed {
    topic: String,
    #[serde(rename = "type")]
    event_type: String,
    direction: String,
}

/// An event ready to be produced in binary mode.
struct Event {
    topic: String,
    key: Option<String>,
    headers: Vec<(String, String)>,
    id: String,
    data: Vec<u8>,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    let event = event(arguments)?;
    if !arguments.unchecked {
        check(&event)?;
    }
    let (partition, offset) = block_on(produce(settings, &event))?;
    if arguments.json {
        say_json(
            &serde_json::json!({ "topic": event.topic, "partition": partition, "offset": offset, "id": event.id }),
        );
    } else {
        say(format!("sent {} to {}/{partition} at offset {offset}", event.id, event.topic));
    }
    Ok(())
}

fn topic(event_type: &str) -> Result<String, Failure> {
    let known: Vec<Indexed> = serde_json::from_str(INDEX).map_err(|error| {
        Failure::new(FAILED, format!("the built-in list of types cannot be read: {error}"))
    })?;
    let known: Vec<Indexed> = known.into_iter().filter(|it| it.direction == "in").collect();
    if let Some(found) = known.iter().find(|it| it.event_type == event_type) {
        return Ok(found.topic.clone());
    }
    let nearest = known
        .iter()
        .map(|it| (strsim::jaro_winkler(&it.event_type, event_type), &it.event_type))
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, name)| name.trim_start_matches(PREFIX));
    let hint = nearest.map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"));
    Err(Failure::new(USAGE, format!("{event_type} is no type that Baton reads{hint}")))
}

fn event(arguments: &Arguments) -> Result<Event, Failure> {
    let event_type = if arguments.event_type.starts_with(PREFIX) {
        arguments.event_type.clone()
    } else {
        format!("{PREFIX}{}", arguments.event_type)
    };
    let topic = topic(&event_type)?;
    let text = read(&arguments.file)?;
    let document: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(USAGE, format!("{}: is no JSON: {error}", arguments.file)))?;
    let Value::Object(mut members) = document else {
        return Err(Failure::new(USAGE, format!("{}: must be a JSON object", arguments.file)));
    };
    let structured = members.contains_key("specversion");
    if structured && members.get("type").and_then(Value::as_str) != Some(&event_type) {
        return Err(Failure::new(USAGE, format!("{}: its type is not {event_type}", arguments.file)));
    }
    let stated = |members: &Map<String, Value>, name: &str| {
        members.get(name).filter(|_| structured).and_then(Value::as_str).map(str::to_owned)
    };
    let id = match arguments.id.clone().or_else(|| stated(&members, "id")) {
        Some(id) => id,
        None => drawn()?,
    };
    let source = arguments
        .source
        .clone()
        .or_else(|| stated(&members, "source"))
        .unwrap_or_else(|| "/baton/send".to_owned());
    let time = arguments
        .time
        .clone()
        .or_else(|| stated(&members, "time"))
        .unwrap_or_else(|| Moment(clock::wall_micros()).to_string());
    let mut headers: Vec<(String, String)> = [
        ("ce_specversion", "1.0"),
        ("ce_id", &id),
        ("ce_source", &source),
        ("ce_type", &event_type),
        ("ce_time", &time),
        ("content-type", "application/json"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    if let Some(traceparent) = stated(&members, "traceparent") {
        headers.push(("ce_traceparent".to_owned(), traceparent));
    }
    let data =
        if structured { members.remove("data").unwrap_or(Value::Null) } else { Value::Object(members) };
    let key = arguments.key.clone().or_else(|| key(&data));
    Ok(Event { topic, key, headers, id, data: data.to_string().into_bytes() })
}

/// What names the person, so that one person's records keep their order.
fn key(data: &Value) -> Option<String> {
    [
        "/person/email",
        "/lead_id",
        "/crm/id",
        "/anonymous_id",
        "/opportunity/id",
        "/account_id",
        "/campaign_id",
        "/user/id",
    ]
    .iter()
    .find_map(|place| data.pointer(place).and_then(Value::as_str))
    .map(str::to_lowercase)
}

fn drawn() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Failure::new(FAILED, format!("no id could be drawn: {error}: give one with --id"))
    })?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}

fn read(file: &str) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| Failure::new(USAGE, format!("{file}: cannot be read: {error}"));
    if file == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(unreadable)?;
        return Ok(text);
    }
    std::fs::read_to_string(file).map_err(unreadable)
}

/// Reads the event as the service would.
fn check(event: &Event) -> Result<(), Failure> {
    let decoder = Decoder::new(Keys::new(&[0; 32], 0)).map_err(|error| Failure::of(FAILED, &error))?;
    let headers: Vec<(String, Vec<u8>)> =
        event.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    let now = Moment(clock::wall_micros());
    let record = RecordIn {
        topic: &event.topic,
        partition: 0,
        offset: 0,
        timestamp: now,
        key: event.key.as_deref().map(str::as_bytes),
        headers: &headers,
        value: Some(&event.data),
        received_at: now,
    };
    match decoder.decode(record, &Reference::default()).decoded {
        Ok(_) => Ok(()),
        Err(unreadable) => Err(Failure::new(
            USAGE,
            format!("the event would be quarantined ({}): {}", unreadable.reason, unreadable.detail),
        )),
    }
}

async fn produce(settings: &Settings, event: &Event) -> Result<(i32, i64), Failure> {
    let mut config = client::producer(settings, None);
    config.set("delivery.timeout.ms", TIMEOUT.as_millis().to_string());
    let producer: FutureProducer<client::Quiet> =
        config.create_with_context(client::Quiet).map_err(|error| Failure::kafka(settings, &error))?;
    let headers = event.headers.iter().fold(OwnedHeaders::new(), |all, (key, value)| {
        all.insert(Header { key, value: Some(value.as_str()) })
    });
    let mut record = FutureRecord::to(&event.topic).payload(&event.data).headers(headers);
    if let Some(key) = &event.key {
        record = record.key(key);
    }
    let sent = producer.send(record, TIMEOUT).await.map_err(|(error, _)| Failure::kafka(settings, &error))?;
    Ok((sent.partition, sent.offset))
}
