//! Records in: which types each topic carries, and how each becomes a request. It never decides what follows.

mod campaigns;
mod crm_accounts;
mod crm_leads;
mod crm_opportunities;
mod emails;
mod facts;
mod fields;
mod forms;
mod people;
mod privacy;
mod reading;
mod sales_feedback;
mod schema;
mod signals;

#[cfg(test)]
mod tests;

pub use super::envelope::RecordIn;
pub use crm_leads::unresolved_member;
pub use facts::carried_facts;
pub use forms::BOT_SCORE_BLOCKS;

use super::envelope::{self, Envelope, TYPE_PREFIX};
use super::keys::{self, Keys};
use super::request::{Cause, Decoded, Unreadable, Who};
use crate::domain::policy::Reference;
use crate::domain::profile::Stamp;
use crate::domain::time::{MINUTE, Moment};
use reading::Reading;
use schema::Schema;
use std::collections::BTreeMap;

/// A type that a topic carries: its schema, and how its data is read once the schema has passed it.
struct InType {
    topic: &'static str,
    /// Without the `io.baton.` prefix.
    name: &'static str,
    schema: &'static str,
    read: Read,
}

type Read = fn(&Reading<'_>) -> Result<Decoded, Unreadable>;

/// One row of a topic family's table; the schema's text is built into the program.
macro_rules! in_types {
    ($topic:literal: $($name:literal => $read:expr),+ $(,)?) => {
        &[$($crate::contract::inbound::InType {
            topic: $topic,
            name: $name,
            schema: include_str!(concat!("../../../schemas/", $topic, "/", $name, ".schema.json")),
            read: $read,
        }),+]
    };
}
use in_types;

/// Every topic family's table.
const FAMILIES: &[&[InType]] = &[
    forms::TYPES,
    emails::TYPES,
    signals::TYPES,
    campaigns::CAMPAIGN_TYPES,
    campaigns::SPEND_TYPES,
    crm_leads::TYPES,
    crm_opportunities::TYPES,
    crm_accounts::TYPES,
    sales_feedback::TYPES,
    privacy::TYPES,
];

/// The topics that are read, sorted.
#[must_use]
pub fn topics() -> Vec<&'static str> {
    let mut topics: Vec<&str> = FAMILIES.iter().copied().flatten().map(|it| it.topic).collect();
    topics.sort_unstable();
    topics.dedup();
    topics
}

/// What became of a record's bytes: everything that an entry of a batch is built from.
#[derive(Clone, Debug)]
pub struct DecodedRecord {
    /// Minute of its time since 1970-01-01 (`None` where the producer gave no usable one) and 128 bits of SHA-256 over
    /// source and id; `None` for a record whose attributes cannot be read, which has no identity to repeat.
    pub duplicate: Option<(Option<i32>, [u8; 16])>,
    /// HMAC over canonical type and data; of a record without readable attributes, over its bytes.
    pub content: [u8; 16],
    /// The request, the reason for which it is ignored, or why it cannot be read.
    pub decoded: Result<Decoded, Unreadable>,
    /// The attributes that rows beside the request need, where they could be read.
    pub attributes: Option<ReadAttributes>,
}

/// Who says what, of a record that may still be refused for its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadAttributes {
    /// CloudEvents `source`.
    pub source: String,
    /// CloudEvents `id`.
    pub id: String,
    /// As sent, prefix included.
    pub event_type: String,
    /// CloudEvents `time`, or what stands in for it.
    pub occurred_at: Moment,
}

/// A schema of ours that does not compile: the program is damaged.
#[derive(Debug, thiserror::Error)]
#[error("the schema of {event_type} does not compile")]
pub struct SchemaError {
    /// Without the `io.baton.` prefix.
    pub event_type: &'static str,
    /// What the compiler says.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Reads records. Built once: schemas are compiled then.
pub struct Decoder {
    keys: Keys,
    topics: BTreeMap<&'static str, Vec<Compiled>>,
}

struct Compiled {
    known: &'static InType,
    schema: Schema,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Decoder").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl Decoder {
    /// Compiles every schema.
    ///
    /// # Errors
    /// A built-in schema does not compile.
    pub fn new(keys: Keys) -> Result<Self, SchemaError> {
        let mut topics: BTreeMap<&'static str, Vec<Compiled>> = BTreeMap::new();
        for known in FAMILIES.iter().copied().flatten() {
            let schema = Schema::compile(known.schema)
                .map_err(|source| SchemaError { event_type: known.name, source })?;
            topics.entry(known.topic).or_default().push(Compiled { known, schema });
        }
        Ok(Self { keys, topics })
    }

    /// The keys that records are read under.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Reads one record. Never fails: what cannot be read says why.
    #[must_use]
    pub fn decode(&self, record: RecordIn<'_>, reference: &Reference) -> DecodedRecord {
        let envelope = match envelope::open(&record) {
            Ok(envelope) => envelope,
            Err(unreadable) => {
                let content = self.keys.raw_content(record.value.unwrap_or_default());
                return DecodedRecord {
                    duplicate: None,
                    content,
                    decoded: Err(unreadable),
                    attributes: None,
                };
            }
        };
        let digest = keys::duplicate(&envelope.source, &envelope.id);
        let content = self.keys.content(&envelope.event_type, &envelope.data);
        let duplicate = Some((minute(&envelope), digest));
        let attributes = Some(ReadAttributes {
            source: envelope.source.clone(),
            id: envelope.id.clone(),
            event_type: envelope.event_type.clone(),
            occurred_at: envelope.occurred_at,
        });
        let decoded = self.read(record.topic, envelope, digest, reference);
        DecodedRecord { duplicate, content, decoded, attributes }
    }

    fn read(
        &self,
        topic: &str,
        envelope: Envelope,
        digest: [u8; 16],
        reference: &Reference,
    ) -> Result<Decoded, Unreadable> {
        let compiled = self.compiled(topic, &envelope.event_type)?;
        compiled.schema.check(&envelope.data)?;
        let cause = Cause {
            hmac: self.keys.cause(&envelope.source, &envelope.id),
            source: envelope.source,
            id: envelope.id,
            event_type: compiled.known.name.to_owned(),
            occurred_at: envelope.occurred_at,
            time_flagged: envelope.time_flagged,
            actor: Who::Feed,
            traceparent: envelope.traceparent,
        };
        let stamp = Stamp { at: envelope.occurred_at, by: first_half(digest) };
        let reading = Reading {
            data: fields::Fields::of(&envelope.data),
            cause,
            stamp,
            signal: crate::domain::signal::SignalId(digest),
            keys: &self.keys,
            reference,
        };
        (compiled.known.read)(&reading)
    }

    fn compiled(&self, topic: &str, event_type: &str) -> Result<&Compiled, Unreadable> {
        let of_topic = self.topics.get(topic).map_or(&[][..], Vec::as_slice);
        let Some(name) = event_type.strip_prefix(TYPE_PREFIX) else {
            return Err(unknown_type());
        };
        if let Some(compiled) = of_topic.iter().find(|it| it.known.name == name) {
            return Ok(compiled);
        }
        let wanted = base(name);
        if wanted.is_some() && of_topic.iter().any(|it| base(it.known.name) == wanted) {
            return Err(Unreadable {
                reason: "unknown_version",
                detail: "the topic carries this type in version 1 only".to_owned(),
            });
        }
        Err(unknown_type())
    }
}

fn unknown_type() -> Unreadable {
    Unreadable { reason: "unknown_type", detail: "the topic carries no such type".to_owned() }
}

/// A type without its major version; `None` where it names none.
fn base(name: &str) -> Option<&str> {
    let (base, version) = name.rsplit_once(".v")?;
    (!version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())).then_some(base)
}

fn minute(envelope: &Envelope) -> Option<i32> {
    let minute = envelope.occurred_at.0.div_euclid(MINUTE);
    envelope.time_stated.then(|| i32::try_from(minute).ok()).flatten().filter(|minute| *minute >= 0)
}

fn first_half(digest: [u8; 16]) -> u64 {
    digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
