//! Both ends of the company's wire: its records to Kafka, and the CRM that reads `handoff.leads.v1`. It never speaks to the database.

use super::company::OutRecord;
use crate::broker::client::{self, Quiet};
use crate::settings::Settings;
use futures_util::future::join_all;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// What the CRM reads.
pub const HANDOFFS: &str = "handoff.leads.v1";
/// A broker on the same machine or in the same network answers in milliseconds.
const ANSWER: Duration = Duration::from_secs(10);
/// The CRM's fetch waits so long for new records: short, since the history waits for each.
const FETCH_WAIT_MILLISECONDS: &str = "5";
/// One look for a record.
const POLL: Duration = Duration::from_millis(50);
/// So many looks in vain (ten seconds), and the broker is taken for gone.
const POLLS_MAX: u32 = 200;

/// (topic, partition) with the offset after the last record that was delivered there.
pub type Ends = BTreeMap<(&'static str, i32), i64>;

/// Why the company's wire is broken.
#[derive(Debug, thiserror::Error)]
pub enum TrafficError {
    #[error("the Kafka client cannot be built: check [kafka.client]")]
    Client(#[source] KafkaError),
    #[error("a record could not be produced to {topic}: does the topic exist (`baton topics check`)?")]
    Produce {
        topic: &'static str,
        #[source]
        source: KafkaError,
    },
    #[error(
        "{HANDOFFS} could not be read: is kafka.brokers right, does the topic exist (`baton topics check`)?"
    )]
    Read(#[source] KafkaError),
    #[error("{HANDOFFS} gave no record for ten seconds, although there are some")]
    Silent,
}

/// Produces the company's records.
pub struct Producer {
    inner: FutureProducer<Quiet>,
}

impl Producer {
    /// # Errors
    /// The client cannot be built.
    pub fn open(settings: &Settings) -> Result<Self, TrafficError> {
        let inner =
            client::producer(settings, None).create_with_context(Quiet).map_err(TrafficError::Client)?;
        Ok(Self { inner })
    }

    /// Produces in the order given and waits until the broker has all of them; says where each partition ends now.
    ///
    /// # Errors
    /// The first record that was not delivered.
    pub async fn send(&self, records: &[OutRecord]) -> Result<Ends, TrafficError> {
        let mut deliveries = Vec::with_capacity(records.len());
        for record in records {
            let topic = record.topic;
            let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
            for (key, value) in &record.headers {
                headers = headers.insert(Header { key, value: Some(value) });
            }
            let out = FutureRecord::to(topic).key(&record.key).payload(&record.value).headers(headers);
            let delivery =
                self.inner.send_result(out).map_err(|(source, _)| TrafficError::Produce { topic, source })?;
            deliveries.push(async move { (topic, delivery.await) });
        }
        let mut ends = Ends::new();
        for (topic, delivered) in join_all(deliveries).await {
            let delivery = match delivered {
                Ok(Ok(delivery)) => delivery,
                Ok(Err((source, _))) => return Err(TrafficError::Produce { topic, source }),
                Err(_) => return Err(TrafficError::Produce { topic, source: KafkaError::Canceled }),
            };
            let end = ends.entry((topic, delivery.partition)).or_insert(0);
            *end = (*end).max(delivery.offset + 1);
        }
        Ok(ends)
    }
}

/// The CRM's consumer; a member of no group, so that it never disturbs anybody.
pub struct Crm {
    inner: BaseConsumer<Quiet>,
    /// The next offset of each partition.
    next: BTreeMap<i32, i64>,
}

/// A record for the CRM: the CloudEvents type and the data.
pub type Handoff = (String, Value);

impl Crm {
    /// Begins at the end of every partition of [`HANDOFFS`]: what was published before is not this CRM's. Blocks for an answer of the broker.
    ///
    /// # Errors
    /// The client cannot be built, or the topic is not there.
    pub fn open(settings: &Settings) -> Result<Self, TrafficError> {
        let mut config = client::asking(settings);
        config
            .set("group.id", "baton-simulated-crm")
            .set("enable.auto.offset.store", "false")
            .set("fetch.wait.max.ms", FETCH_WAIT_MILLISECONDS)
            .set("fetch.queue.backoff.ms", FETCH_WAIT_MILLISECONDS);
        let inner: BaseConsumer<Quiet> = config.create_with_context(Quiet).map_err(TrafficError::Client)?;
        let metadata = inner.fetch_metadata(Some(HANDOFFS), ANSWER).map_err(TrafficError::Read)?;
        let partitions: Vec<i32> = metadata
            .topics()
            .iter()
            .flat_map(|topic| topic.partitions().iter().map(rdkafka::metadata::MetadataPartition::id))
            .collect();
        if partitions.is_empty() {
            let missing = rdkafka::error::RDKafkaErrorCode::UnknownTopicOrPartition;
            return Err(TrafficError::Read(KafkaError::MetadataFetch(missing)));
        }
        let mut list = TopicPartitionList::new();
        let mut next = BTreeMap::new();
        for partition in partitions {
            let (_, start) =
                inner.fetch_watermarks(HANDOFFS, partition, ANSWER).map_err(TrafficError::Read)?;
            list.add_partition_offset(HANDOFFS, partition, Offset::Offset(start))
                .map_err(TrafficError::Read)?;
            next.insert(partition, start);
        }
        inner.assign(&list).map_err(TrafficError::Read)?;
        Ok(Self { inner, next })
    }

    /// Everything that stands in the topic now and was not read yet. Blocks; for a thread that may.
    ///
    /// # Errors
    /// The broker does not answer.
    pub fn read_to_end(&mut self) -> Result<Vec<Handoff>, TrafficError> {
        let mut ends = BTreeMap::new();
        for partition in self.next.keys() {
            let (_, high) =
                self.inner.fetch_watermarks(HANDOFFS, *partition, ANSWER).map_err(TrafficError::Read)?;
            ends.insert(*partition, high);
        }
        let mut handoffs = Vec::new();
        let mut in_vain = 0;
        while ends.iter().any(|(partition, end)| self.next.get(partition).is_some_and(|next| next < end)) {
            match self.next_record(POLL)? {
                Some(handoff) => {
                    in_vain = 0;
                    handoffs.extend(handoff);
                }
                None => in_vain += 1,
            }
            if in_vain > POLLS_MAX {
                return Err(TrafficError::Silent);
            }
        }
        Ok(handoffs)
    }

    /// What has arrived. Blocks for milliseconds.
    ///
    /// # Errors
    /// The broker does not answer.
    pub fn read_arrived(&mut self) -> Result<Vec<Handoff>, TrafficError> {
        let mut handoffs = Vec::new();
        while let Some(handoff) = self.next_record(Duration::ZERO)? {
            handoffs.extend(handoff);
        }
        Ok(handoffs)
    }

    #[expect(
        clippy::option_option,
        reason = "nothing there, and something that says nothing, are told apart"
    )]
    /// The outer `None`: nothing there; the inner one: a record that says nothing to a CRM (a tombstone).
    fn next_record(&mut self, wait: Duration) -> Result<Option<Option<Handoff>>, TrafficError> {
        let message = match self.inner.poll(wait) {
            None => return Ok(None),
            Some(Err(KafkaError::PartitionEOF(_))) => return Ok(None),
            // A broker that is away for a moment is the client's to reach again.
            Some(Err(error)) if passes(&error) => return Ok(None),
            Some(Err(error)) => return Err(TrafficError::Read(error)),
            Some(Ok(message)) => message,
        };
        self.next.insert(message.partition(), message.offset() + 1);
        let kind = message.headers().and_then(|headers| {
            let header = headers.iter().find(|header| header.key == "ce_type")?;
            std::str::from_utf8(header.value?).ok().map(str::to_owned)
        });
        let data = message.payload().and_then(|value| serde_json::from_slice(value).ok());
        Ok(Some(kind.zip(data)))
    }
}

fn passes(error: &KafkaError) -> bool {
    use rdkafka::error::RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::AllBrokersDown
                | Code::BrokerTransportFailure
                | Code::OperationTimedOut
                | Code::NotLeaderForPartition
        )
    )
}
