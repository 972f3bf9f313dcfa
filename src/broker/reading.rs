//! Reads topics from their beginning to the end that they had when asked, for checks. It belongs to no group, commits
//! nothing, and is bounded in records and in silence.

use super::client::{self, Quiet};
use crate::settings::Settings;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A broker that does not answer so long is away.
const ANSWER: Duration = Duration::from_secs(10);
/// One poll waits so long at most.
const POLL: Duration = Duration::from_millis(100);
/// A topic that gives nothing for so long is given up; a transaction whose producer died ends within this.
const SILENCE: Duration = Duration::from_secs(30);
/// Records of one reading at most: some ten minutes, and what fits the memory of whoever compares them.
const RECORDS_MAX: u64 = 20_000_000;
/// The header that names an event.
const ID: &str = "ce_id";

/// A partition and what the broker holds of it: the first offset and the one after the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub topic: String,
    pub partition: i32,
    pub start: i64,
    pub end: i64,
}

/// A record as far as a check looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<&'a [u8]>,
    /// The header `ce_id`.
    pub id: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
}

/// Why a topic could not be read whole.
#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    #[error("the client cannot be built: check [kafka.client]")]
    Client(#[source] KafkaError),
    #[error("no broker answers")]
    Away(#[source] KafkaError),
    #[error(
        "{topic}/{partition} is held back at offset {stable} of {end} by a transaction that does not end"
    )]
    HeldBack { topic: String, partition: i32, stable: i64, end: i64 },
    #[error("{topic} gave nothing for {seconds} s, {left} partitions before their end")]
    Silent { topic: String, seconds: u64, left: usize },
    #[error("more than {most} records: the rest of {topic} was not read")]
    TooMany { topic: String, most: u64 },
}

/// Two clients: one that sees committed records only, and one that knows the true ends.
pub struct Reading {
    committed: BaseConsumer<Quiet>,
    every: BaseConsumer<Quiet>,
    /// Records that may still be read.
    left: u64,
}

impl Reading {
    /// Clients that have not connected yet.
    ///
    /// # Errors
    /// The settings are not taken.
    pub fn new(settings: &Settings) -> Result<Self, ReadingError> {
        let client = |isolation: &str| {
            client::asking(settings)
                .set("isolation.level", isolation)
                .set("enable.partition.eof", "true")
                .set("auto.offset.reset", "error")
                .create_with_context(Quiet)
                .map_err(ReadingError::Client)
        };
        Ok(Self {
            committed: client("read_committed")?,
            every: client("read_uncommitted")?,
            left: RECORDS_MAX,
        })
    }

    /// What the broker holds of these topics now; a topic that is not there has no spans.
    ///
    /// # Errors
    /// No broker answers.
    pub fn spans(&self, topics: &[&str]) -> Result<Vec<Span>, ReadingError> {
        let metadata = self.every.fetch_metadata(None, ANSWER).map_err(ReadingError::Away)?;
        let mut spans = Vec::new();
        for topic in metadata.topics().iter().filter(|topic| topics.contains(&topic.name())) {
            for partition in topic.partitions() {
                let (start, end) = self
                    .every
                    .fetch_watermarks(topic.name(), partition.id(), ANSWER)
                    .map_err(ReadingError::Away)?;
                spans.push(Span { topic: topic.name().to_owned(), partition: partition.id(), start, end });
            }
        }
        spans.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
        Ok(spans)
    }

    /// Reads the spans of one topic, committed records only; blocks its thread.
    ///
    /// # Errors
    /// The topic was not read to the ends that the spans name.
    pub fn read(
        &mut self,
        topic: &str,
        spans: &[Span],
        mut each: impl FnMut(Arrived<'_>),
    ) -> Result<(), ReadingError> {
        let mut open: BTreeMap<i32, i64> = BTreeMap::new();
        let mut list = TopicPartitionList::new();
        for span in spans.iter().filter(|span| span.topic == topic && span.start < span.end) {
            self.settle(span)?;
            list.add_partition_offset(topic, span.partition, Offset::Offset(span.start))
                .map_err(ReadingError::Client)?;
            open.insert(span.partition, span.end);
        }
        self.committed.assign(&list).map_err(ReadingError::Client)?;
        let done = self.poll(topic, &mut open, &mut each);
        self.committed.unassign().map_err(ReadingError::Client)?;
        done
    }

    /// Waits until no transaction stands open before the end, so that the end of what is committed is behind it.
    fn settle(&self, span: &Span) -> Result<(), ReadingError> {
        let from = crate::clock::instant();
        loop {
            let (_, stable) = self
                .committed
                .fetch_watermarks(&span.topic, span.partition, ANSWER)
                .map_err(ReadingError::Away)?;
            if stable >= span.end {
                return Ok(());
            }
            if from.elapsed() > SILENCE {
                let (topic, partition, end) = (span.topic.clone(), span.partition, span.end);
                return Err(ReadingError::HeldBack { topic, partition, stable, end });
            }
            std::thread::sleep(POLL);
        }
    }

    fn poll(
        &mut self,
        topic: &str,
        open: &mut BTreeMap<i32, i64>,
        each: &mut impl FnMut(Arrived<'_>),
    ) -> Result<(), ReadingError> {
        let mut heard: Instant = crate::clock::instant();
        while !open.is_empty() {
            if heard.elapsed() > SILENCE {
                let (topic, seconds) = (topic.to_owned(), SILENCE.as_secs());
                return Err(ReadingError::Silent { topic, seconds, left: open.len() });
            }
            let message = match self.committed.poll(POLL) {
                None => continue,
                // Markers of transactions may stand at the end, and are no records.
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    open.remove(&partition);
                    continue;
                }
                Some(Err(error)) if is_passing(&error) => continue,
                Some(Err(error)) => return Err(ReadingError::Away(error)),
                Some(Ok(message)) => message,
            };
            heard = crate::clock::instant();
            let (partition, offset) = (message.partition(), message.offset());
            let Some(end) = open.get(&partition).copied() else { continue };
            if offset < end {
                self.left = self
                    .left
                    .checked_sub(1)
                    .ok_or_else(|| ReadingError::TooMany { topic: topic.to_owned(), most: RECORDS_MAX })?;
                let id = message.headers().and_then(|headers| {
                    headers.iter().find(|header| header.key == ID).and_then(|header| header.value)
                });
                each(Arrived { partition, offset, key: message.key(), id, value: message.payload() });
            }
            if offset + 1 >= end {
                open.remove(&partition);
            }
        }
        Ok(())
    }
}

/// Trouble that the client mends by itself; the silence bounds it.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "librdkafka's codes: those that pass are named, more will come"
)]
fn is_passing(error: &KafkaError) -> bool {
    match error {
        KafkaError::MessageConsumption(code) => matches!(
            code,
            RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::NotLeaderForPartition
        ),
        _ => false,
    }
}
