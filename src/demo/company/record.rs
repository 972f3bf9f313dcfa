//! A record as it goes to Kafka, the faults that befall it on the way, and what was sent in all. It never produces anything.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::hours::{HOUR, MINUTE, Millis, SECOND, timestamp};
use super::prng::Rng;
use super::{Act, Company};

pub(super) const CAMPAIGNS_TOPIC: &str = "marketing.campaigns.v1";
pub(super) const SPEND_TOPIC: &str = "marketing.spend.v1";
pub(super) const FORMS_TOPIC: &str = "marketing.form-fills.v1";
pub(super) const EMAIL_TOPIC: &str = "marketing.email-events.v1";
pub(super) const SIGNALS_TOPIC: &str = "marketing.signals.v1";
pub(super) const CRM_TOPIC: &str = "crm.lead-events.v1";
pub(super) const FEEDBACK_TOPIC: &str = "sales.feedback.v1";

/// What every CloudEvents type starts with.
pub(super) const TYPE_PREFIX: &str = "io.baton.";

/// One record, ready to be produced in CloudEvents binary mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutRecord {
    /// The topic to produce to.
    pub topic: &'static str,
    /// The person's e-mail address, or the id that stands for them: records of one person share a partition.
    pub key: Vec<u8>,
    /// `ce_*`, `content-type` and, on forms, `traceparent`.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The CloudEvents data.
    pub value: Vec<u8>,
    /// When it is to be produced; later than `ce_time`, by hours for late records.
    pub at: Timestamp,
}

/// What the company has sent so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records, duplicates included.
    pub records: u64,
    /// Records with an id of their own: `records` without exact duplicates.
    pub unique_ids: u64,
    /// By topic, duplicates included.
    pub by_topic: BTreeMap<&'static str, u64>,
    /// By CloudEvents type without the common prefix, duplicates included.
    pub by_type: BTreeMap<&'static str, u64>,
    /// Faults and oddities: `duplicate`, `resubmitted`, `late`, `reordered`, `mistyped`, `private_address`, `bot`, `test`, `automated`,
    /// `not_json`, `unknown_type`, `schema_broken`.
    pub by_oddity: BTreeMap<&'static str, u64>,
    /// People who have shown up.
    pub people: u64,
    /// Records of the service that the CRM has read.
    pub observed: u64,
}

/// A record that waits for its turn.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    record: OutRecord,
    kind: &'static str,
    oddities: Vec<&'static str>,
}

/// What happened, before it is a record.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) topic: &'static str,
    /// The type without [`TYPE_PREFIX`].
    pub(super) kind: &'static str,
    pub(super) source: &'static str,
    pub(super) key: String,
    /// A name that no other record has; the id is derived from it and the seed.
    pub(super) label: String,
    pub(super) data: Value,
    pub(super) oddities: Vec<&'static str>,
}

impl Draft {
    pub(super) fn crm(kind: &'static str, key: &str, label: String, data: Value) -> Self {
        let (topic, source) =
            if kind.starts_with("sales.") { (FEEDBACK_TOPIC, "/crm/feedback") } else { (CRM_TOPIC, "/crm") };
        Self { topic, kind, source, key: key.to_owned(), label, data, oddities: Vec::new() }
    }
}

impl Counts {
    fn add(&mut self, outgoing: &Outgoing) {
        self.records += 1;
        self.unique_ids += u64::from(!outgoing.oddities.contains(&"duplicate"));
        *self.by_topic.entry(outgoing.record.topic).or_default() += 1;
        *self.by_type.entry(outgoing.kind).or_default() += 1;
        for oddity in &outgoing.oddities {
            *self.by_oddity.entry(oddity).or_default() += 1;
        }
    }
}

impl Company {
    /// The id of the record with this label.
    pub(super) fn event_id(&self, label: &str) -> String {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("harbourline/{}/{label}", self.settings.seed).as_bytes())
            .to_string()
    }

    /// Sends what happened just now, with whatever befalls it on the way.
    pub(super) fn emit(&mut self, draft: &Draft) {
        // A stream of its own: a fault on the way changes nothing of what people do.
        let mut rng = Rng::named(self.settings.seed, &format!("way/{}", draft.label));
        let noise = self.settings.noise;
        let mut oddities = draft.oddities.clone();
        let usual = rng.between(150, 2_500);
        let delay = if rng.chance(noise.late_per_mille.into()) {
            oddities.push("late");
            rng.between(HOUR, 30 * HOUR)
        } else if rng.chance(noise.reordered_per_mille.into()) {
            oddities.push("reordered");
            rng.between(20 * SECOND, 4 * MINUTE)
        } else {
            usual
        };
        let record = self.record(draft, self.now + delay);
        if rng.chance(noise.duplicate_per_mille.into()) {
            let again = record.at.as_millisecond() + rng.between(SECOND, 12 * MINUTE);
            let copy = OutRecord { at: timestamp(again), ..record.clone() };
            self.send(Outgoing { record: copy, kind: draft.kind, oddities: vec!["duplicate"] });
        }
        self.send(Outgoing { record, kind: draft.kind, oddities });
        self.litter(draft, &mut rng);
    }

    /// The person pressed the button twice: the same data under an id of its own, a little later.
    pub(super) fn resubmit(&mut self, draft: &Draft, after: Millis) {
        let label = format!("{}/again", draft.label);
        let mut data = draft.data.clone();
        data["submission_id"] = json!(self.event_id(&format!("submission/{label}")));
        let again = Draft { label, data, ..draft.clone() };
        let mut record = self.record(&again, self.now + after + SECOND);
        let time = timestamp(self.now + after).to_string();
        for header in record.headers.iter_mut().filter(|header| header.0 == "ce_time") {
            header.1 = time.clone().into_bytes();
        }
        let mut oddities = draft.oddities.clone();
        oddities.push("resubmitted");
        self.send(Outgoing { record, kind: draft.kind, oddities });
    }

    /// Now and then a broken producer adds what nobody can read.
    fn litter(&mut self, draft: &Draft, rng: &mut Rng) {
        let noise = self.settings.noise;
        let fault = if rng.chance(noise.not_json_per_mille.into()) {
            "not_json"
        } else if rng.chance(noise.unknown_type_per_mille.into()) {
            "unknown_type"
        } else if rng.chance(noise.schema_broken_per_mille.into()) {
            "schema_broken"
        } else {
            return;
        };
        let kind = if fault == "unknown_type" { "form.abandoned.v1" } else { "form.submitted.v1" };
        let litter = Draft {
            topic: FORMS_TOPIC,
            kind,
            source: "/marketing/old-forms",
            key: String::from("old-forms"),
            label: format!("litter/{}", draft.label),
            data: json!({"form_name": "Old contact page", "step": rng.between(1, 4)}),
            oddities: vec![fault],
        };
        let mut record = self.record(&litter, self.now + rng.between(SECOND, MINUTE));
        if fault == "not_json" {
            record.value = b"<html><body>502 Bad Gateway</body></html>".to_vec();
        }
        self.send(Outgoing { record, kind, oddities: litter.oddities });
    }

    fn record(&self, draft: &Draft, at: Millis) -> OutRecord {
        let id = self.event_id(&draft.label);
        let mut headers = vec![
            header("ce_specversion", "1.0"),
            header("ce_id", &id),
            header("ce_source", draft.source),
            header("ce_type", &format!("{TYPE_PREFIX}{}", draft.kind)),
            header("ce_time", &timestamp(self.now).to_string()),
            header("content-type", "application/json"),
        ];
        if draft.kind == "form.submitted.v1" {
            headers.push(header("traceparent", &traceparent(&id)));
        }
        let value = draft.data.to_string().into_bytes();
        OutRecord {
            topic: draft.topic,
            key: draft.key.clone().into_bytes(),
            headers,
            value,
            at: timestamp(at),
        }
    }

    fn send(&mut self, outgoing: Outgoing) {
        let at = outgoing.record.at.as_millisecond();
        self.schedule(at, Act::Send(Box::new(outgoing)));
    }

    /// Counts a record that goes out now.
    pub(super) fn hand_over(&mut self, outgoing: Outgoing) -> OutRecord {
        self.counts.add(&outgoing);
        outgoing.record
    }
}

fn header(name: &str, value: &str) -> (String, Vec<u8>) {
    (name.to_owned(), value.as_bytes().to_vec())
}

/// A W3C trace context derived from the record's id.
fn traceparent(id: &str) -> String {
    use std::fmt::Write;
    let digest = Sha256::digest(id.as_bytes());
    let mut hex = String::with_capacity(48);
    for byte in digest.iter().take(24) {
        let _ = write!(hex, "{byte:02x}");
    }
    // All zeroes would be invalid; a digest that starts with 24 zero bytes does not occur.
    format!("00-{}-{}-01", &hex[..32], &hex[32..])
}
