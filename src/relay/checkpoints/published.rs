//! Reads the checkpoints that stand on Kafka, from the beginning to the end that was there when reading began. It belongs
//! to no group, commits nothing and waits for nothing new.

use super::read;
use crate::broker::client;
use crate::clock;
use crate::contract::outbound::{CHECKPOINT_TOPIC, CheckpointOut};
use crate::settings::Settings;
use crate::store::checkpoint::Checkpoint;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::time::Duration;

/// A broker that does not answer a question so long is away.
const ANSWER: Duration = Duration::from_secs(5);
/// Reading without any progress for so long is given up.
const PATIENCE: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(100);
/// Records of one page: a few hundred kB.
const PAGE: usize = 100;

/// Why checkpoints could not be read from Kafka.
#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    #[error("Kafka does not answer")]
    Kafka(#[from] KafkaError),
    #[error("the topic {CHECKPOINT_TOPIC} does not exist: run `baton topics create`")]
    NoTopic,
    #[error("Kafka gave nothing for {} s", PATIENCE.as_secs())]
    Silent,
}

/// A record of the topic.
#[derive(Clone, Debug)]
pub enum Found {
    Checkpoint(Box<Checkpoint>),
    /// Where the record stands, and what of it cannot be read.
    Unreadable {
        partition: i32,
        offset: i64,
        what: String,
    },
}

/// A walk over the topic.
pub struct Published {
    consumer: BaseConsumer<client::Quiet>,
    /// The end of each partition that is not yet read to it.
    ends: BTreeMap<i32, i64>,
}

impl Published {
    /// Finds the topic and its ends; blocks for some seconds when no broker answers.
    ///
    /// # Errors
    /// No broker answers, or the topic does not exist.
    pub fn open(settings: &Settings) -> Result<Self, PublishedError> {
        let mut config = client::asking(settings);
        config.set("enable.partition.eof", "true").set("auto.offset.reset", "earliest");
        let consumer: BaseConsumer<client::Quiet> = config.create_with_context(client::Quiet)?;
        let metadata = consumer.fetch_metadata(Some(CHECKPOINT_TOPIC), ANSWER)?;
        let partitions: Vec<i32> = metadata
            .topics()
            .iter()
            .filter(|topic| topic.name() == CHECKPOINT_TOPIC && topic.error().is_none())
            .flat_map(|topic| topic.partitions().iter().map(rdkafka::metadata::MetadataPartition::id))
            .collect();
        if partitions.is_empty() {
            return Err(PublishedError::NoTopic);
        }
        let (mut ends, mut list) = (BTreeMap::new(), TopicPartitionList::new());
        for partition in partitions {
            let (low, high) = consumer.fetch_watermarks(CHECKPOINT_TOPIC, partition, ANSWER)?;
            if low < high {
                ends.insert(partition, high);
                list.add_partition_offset(CHECKPOINT_TOPIC, partition, Offset::Offset(low))?;
            }
        }
        if !ends.is_empty() {
            consumer.assign(&list)?;
        }
        Ok(Self { consumer, ends })
    }

    /// The next records in the order of each partition; none: everything was read. Blocks its thread.
    ///
    /// # Errors
    /// The broker fails, or gives nothing for a while.
    pub fn next_page(&mut self) -> Result<Vec<Found>, PublishedError> {
        let mut page = Vec::new();
        let mut progress = clock::instant();
        while page.len() < PAGE && !self.ends.is_empty() {
            match self.consumer.poll(POLL) {
                None => {}
                // The end, also where the last offsets hold no record (markers of transactions).
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    self.ends.remove(&partition);
                }
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(message)) => {
                    progress = clock::instant();
                    let Some(end) = self.ends.get(&message.partition()).copied() else { continue };
                    // Behind the end that was there at first: not asked for.
                    if message.offset() < end {
                        page.push(found(&message));
                    }
                    if message.offset() + 1 >= end {
                        self.ends.remove(&message.partition());
                    }
                }
            }
            if progress.elapsed() > PATIENCE {
                return Err(PublishedError::Silent);
            }
        }
        Ok(page)
    }
}

fn found(message: &BorrowedMessage<'_>) -> Found {
    let unreadable =
        |what: String| Found::Unreadable { partition: message.partition(), offset: message.offset(), what };
    match CheckpointOut::parse(message.payload().unwrap_or_default()) {
        Err(error) => unreadable(error.to_string()),
        Ok(out) => match read(out) {
            Ok(checkpoint) => Found::Checkpoint(Box::new(checkpoint)),
            Err(field) => unreadable(format!("{field} cannot be read")),
        },
    }
}
