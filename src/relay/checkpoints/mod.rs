//! Checkpoints to Kafka, one after the other, and back for the check. It neither makes nor judges one.

mod published;

pub use published::{Found, Published, PublishedError};

use super::RelayError;
use super::filling::kafka_headers;
use crate::broker::client;
use crate::contract::outbound::{CHECKPOINT_KEY, CHECKPOINT_TOPIC, CheckpointOut, RangeOut};
use crate::domain::time::Moment;
use crate::settings::Settings;
use crate::store::checkpoint::{Checkpoint, Range};
use crate::telemetry::metrics;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rdkafka::error::KafkaError;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _, PurgeConfig};
use std::fmt::Write as _;
use std::sync::Arc;
use uuid::Uuid;

/// Sends checkpoints through an idempotent producer of its own.
pub struct Sender {
    settings: Arc<Settings>,
    producer: Option<FutureProducer<client::Quiet>>,
}

impl Sender {
    /// A sender that holds no producer yet.
    #[must_use]
    pub fn new(settings: Arc<Settings>) -> Self {
        Self { settings, producer: None }
    }

    /// Sends one checkpoint and waits for the broker; `id` names its content. After a failure, or when the wait is cut
    /// off, [`Self::reset`] must come before the next.
    ///
    /// # Errors
    /// No producer can be built, or the record was not delivered.
    pub async fn send(&mut self, checkpoint: &Checkpoint, id: Uuid) -> Result<(), RelayError> {
        let out = wire(checkpoint);
        let (bytes, headers) = (out.bytes(), out.headers(&id.to_string()));
        let record = FutureRecord::to(CHECKPOINT_TOPIC)
            .key(CHECKPOINT_KEY)
            .headers(kafka_headers(&headers))
            .payload(&bytes);
        let sent = self.producer()?.send_result(record).map_err(|(error, _)| RelayError::Delivery(error))?;
        match sent.await {
            Ok(Ok(_)) => {
                // Checkpoints are minutes apart, and a producer that waits takes up to one percent of a core.
                client::let_go(self.producer.take());
                metrics::sent(CHECKPOINT_TOPIC, 1);
                Ok(())
            }
            Ok(Err((error, _))) => Err(RelayError::Delivery(error)),
            Err(_) => Err(RelayError::Delivery(KafkaError::Canceled)),
        }
    }

    /// Drops the producer with what is queued in it: what it may still send must not come after what the next one sends.
    pub fn reset(&mut self) {
        if let Some(producer) = self.producer.take() {
            producer.purge(PurgeConfig::default().queue().inflight());
        }
    }

    fn producer(&mut self) -> Result<&FutureProducer<client::Quiet>, RelayError> {
        if self.producer.is_none() {
            let config = client::producer(&self.settings, None);
            self.producer = Some(config.create_with_context(client::Quiet).map_err(RelayError::Client)?);
        }
        self.producer.as_ref().ok_or(RelayError::CutOff)
    }
}

/// A checkpoint in the form of its record.
fn wire(checkpoint: &Checkpoint) -> CheckpointOut {
    CheckpointOut {
        checkpoint_no: checkpoint.number,
        timeline: checkpoint.timeline,
        streams: checkpoint
            .ranges
            .iter()
            .map(|range| RangeOut {
                stream: range.stream.clone(),
                from: range.from,
                to: range.to,
                root: hex(&range.root),
            })
            .collect(),
        root: hex(&checkpoint.root),
        previous: (checkpoint.previous != [0; 32]).then(|| hex(&checkpoint.previous)),
        key_id: checkpoint.key_id.clone(),
        public_key: hex(&checkpoint.public_key),
        signature: STANDARD.encode(checkpoint.signature),
        made_at: checkpoint.made_at.to_string(),
    }
}

/// A record in the form of a checkpoint; the name of the field that cannot be read otherwise.
fn read(out: CheckpointOut) -> Result<Checkpoint, &'static str> {
    let mut ranges = Vec::with_capacity(out.streams.len());
    for range in out.streams {
        let root = unhex(&range.root).ok_or("streams.root")?;
        ranges.push(Range { stream: range.stream, from: range.from, to: range.to, root });
    }
    let signature = STANDARD.decode(&out.signature).map_err(|_| "signature")?;
    Ok(Checkpoint {
        number: out.checkpoint_no,
        made_at: Moment::parse(&out.made_at).map_err(|_| "made_at")?,
        timeline: out.timeline,
        ranges,
        root: unhex(&out.root).ok_or("root")?,
        previous: match &out.previous {
            None => [0; 32],
            Some(previous) => unhex(previous).ok_or("previous")?,
        },
        key_id: out.key_id,
        public_key: unhex(&out.public_key).ok_or("public_key")?,
        signature: signature.try_into().map_err(|_| "signature")?,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// 32 bytes of hexadecimal text.
fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    let mut bytes = [0; 32];
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            number: 412,
            made_at: Moment(1_773_651_600_123_456),
            timeline: 2,
            ranges: vec![Range { stream: "route/5".to_owned(), from: 901, to: 940, root: [3; 32] }],
            root: [4; 32],
            previous: [0; 32],
            key_id: "ed25519-0011223344556677".to_owned(),
            public_key: [6; 32],
            signature: [7; 64],
        }
    }

    #[test]
    fn what_is_sent_reads_back_the_same() {
        let first = checkpoint();
        let later = Checkpoint { previous: [5; 32], ..first.clone() };
        for checkpoint in [first, later] {
            let bytes = wire(&checkpoint).bytes();
            assert_eq!(read(CheckpointOut::parse(&bytes).unwrap()), Ok(checkpoint));
        }
    }

    #[test]
    fn what_is_sent_holds_against_its_schema() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(CHECKPOINT_TOPIC);
        let text = std::fs::read_to_string(root.join("audit.checkpoint.v1.schema.json")).unwrap();
        let schema = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&serde_json::from_str(&text).unwrap())
            .unwrap();
        for previous in [[0; 32], [5; 32]] {
            let bytes = wire(&Checkpoint { previous, ..checkpoint() }).bytes();
            let sent = serde_json::from_slice(&bytes).unwrap();
            let faults: Vec<String> = schema.iter_errors(&sent).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{}", faults.join("\n"));
        }
        let example = std::fs::read_to_string(root.join("audit.checkpoint.v1.example.json")).unwrap();
        let example: serde_json::Value = serde_json::from_str(&example).unwrap();
        assert!(read(CheckpointOut::parse(example["data"].to_string().as_bytes()).unwrap()).is_ok());
    }

    #[test]
    fn a_field_that_cannot_be_read_is_named() {
        let mut out = wire(&checkpoint());
        out.signature = "AAAA".to_owned();
        assert_eq!(read(out), Err("signature"));
        let mut out = wire(&checkpoint());
        out.streams[0].root = "é".repeat(32);
        assert_eq!(read(out), Err("streams.root"));
    }
}
