//! The rebalance: claim in Postgres, choose each start, assign once. It runs on the polling thread, inside `poll`, and
//! never on a worker of the runtime.

use super::progress::Progress;
use super::start::{self, Held, Stored};
use super::{Assigned, Partition, StartError};
use crate::broker::client;
use crate::settings::FirstStart;
use crate::telemetry::metrics;
use crate::transaction::session::{CommitError, Session, Wanted};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::util::Timeout;
use rdkafka::{Offset, TopicPartitionList};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use tokio::runtime::Handle;

/// One question for the ends of a partition; the group waits for the whole rebalance.
const WATERMARK_TIMEOUT: Duration = Duration::from_secs(5);

/// What the loop reads after a poll.
#[derive(Debug)]
pub enum Change {
    Assigned(Vec<Assigned>),
    /// `lost` says that the group gave the partitions away before we answered.
    Revoked {
        lost: bool,
    },
    /// Nothing is assigned, and nothing will come from this consumer.
    Failed(ClaimError),
}

/// Why partitions could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    #[error("the ends of a partition could not be read")]
    Ends(#[source] KafkaError),
    #[error("the positions could not be claimed")]
    Claim(#[source] CommitError),
    #[error("the position of {topic}/{partition} cannot be used: {error}")]
    Start { topic: String, partition: i32, error: StartError },
    #[error("the partitions could not be assigned")]
    Assign(#[source] KafkaError),
    #[error("the group refused this member: {0}")]
    Group(RDKafkaErrorCode),
}

/// The consumer's context.
pub struct Context {
    pub(super) runtime: Handle,
    pub(super) session: Arc<Mutex<Session>>,
    pub(super) first_start: FirstStart,
    pub(super) changes: mpsc::Sender<Change>,
    pub(super) progress: Progress,
}

/// The part of librdkafka's statistics that is read.
#[derive(Deserialize)]
struct Statistics {
    #[serde(default)]
    topics: BTreeMap<String, TopicStatistics>,
}

#[derive(Deserialize)]
struct TopicStatistics {
    #[serde(default)]
    partitions: BTreeMap<String, PartitionStatistics>,
}

#[derive(Deserialize)]
struct PartitionStatistics {
    partition: i32,
    next_offset: i64,
    fetchq_cnt: i64,
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(error = %error, kafka.message = reason, "kafka client");
    }

    fn stats_raw(&self, statistics: &[u8]) {
        let Ok(statistics) = serde_json::from_slice::<Statistics>(statistics) else { return };
        for (topic, partitions) in &statistics.topics {
            for state in partitions.partitions.values().filter(|state| state.partition >= 0) {
                self.progress.drained(topic, state.partition, state.next_offset, state.fetchq_cnt > 0);
            }
        }
    }
}

impl ConsumerContext for Context {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "librdkafka's codes: every other one is an error of the group"
    )]
    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let change = match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => match self.assign(consumer, list) {
                Ok(assigned) => {
                    metrics::rebalance("assign");
                    Change::Assigned(assigned)
                }
                Err(error) => {
                    give_up(consumer);
                    Change::Failed(error)
                }
            },
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => {
                // Asked before unassigning: afterwards nobody knows.
                let taken_away = consumer.assignment_lost();
                give_up(consumer);
                metrics::rebalance(if taken_away { "lost" } else { "revoke" });
                Change::Revoked { lost: taken_away }
            }
            other => {
                give_up(consumer);
                Change::Failed(ClaimError::Group(other.into()))
            }
        };
        // The loop that reads it owns the consumer that calls this: it can't be gone.
        let _ = self.changes.send(change);
    }

    fn main_queue_min_poll_interval(&self) -> Timeout {
        Timeout::After(Duration::from_millis(50))
    }
}

fn give_up(consumer: &BaseConsumer<Context>) {
    if let Err(error) = consumer.unassign() {
        tracing::warn!(error = %error, "partitions could not be given back");
    }
}

impl Context {
    /// Claims what is listed, chooses each start and assigns once; also outside a rebalance, for what is assigned already.
    pub(super) fn assign(
        &self,
        consumer: &BaseConsumer<Self>,
        list: &TopicPartitionList,
    ) -> Result<Vec<Assigned>, ClaimError> {
        let mut names: BTreeMap<String, Arc<str>> = BTreeMap::new();
        let mut ends: BTreeMap<Partition, Held> = BTreeMap::new();
        for element in list.elements() {
            let topic = names.entry(element.topic().to_owned()).or_insert_with(|| Arc::from(element.topic()));
            let (start, end) = consumer
                .fetch_watermarks(element.topic(), element.partition(), WATERMARK_TIMEOUT)
                .map_err(ClaimError::Ends)?;
            ends.insert((Arc::clone(topic), element.partition()), Held { start, end });
        }
        let assigned = self.claim(&ends)?;
        let mut offsets = TopicPartitionList::with_capacity(assigned.len());
        for Assigned { partition: (topic, partition), start, .. } in &assigned {
            offsets
                .add_partition_offset(topic, *partition, Offset::Offset(start.at))
                .map_err(ClaimError::Assign)?;
        }
        consumer.assign(&offsets).map_err(ClaimError::Assign)?;
        Ok(assigned)
    }

    /// Takes the positions over with new epochs; the locks wait for the last holder's transaction, and the server's own
    /// timeouts bound the wait.
    fn claim(&self, ends: &BTreeMap<Partition, Held>) -> Result<Vec<Assigned>, ClaimError> {
        let wanted: Vec<Wanted> = ends
            .iter()
            .map(|((topic, partition), held)| Wanted {
                topic: Arc::clone(topic),
                partition: *partition,
                first_of_new_topic: start::first(self.first_start, false, *held),
                first_of_known_topic: start::first(self.first_start, true, *held),
            })
            .collect();
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let claimed = self.runtime.block_on(session.claim(&wanted)).map_err(ClaimError::Claim)?;
        drop(session);
        let mut assigned = Vec::with_capacity(claimed.len());
        for row in claimed {
            let partition = (row.topic, row.partition);
            let held = ends.get(&partition).copied().unwrap_or(Held { start: 0, end: i64::MAX });
            let stored = Stored { next: row.next_offset, last_hash: row.last_hash };
            let start = start::resume(stored, held).map_err(|error| ClaimError::Start {
                topic: partition.0.to_string(),
                partition: partition.1,
                error,
            })?;
            if stored.last_hash.is_some() && start.expected.is_none() {
                tracing::info!(kafka.topic = %partition.0, kafka.partition = partition.1, "last record not checkable: retention has taken it");
            }
            assigned.push(Assigned { partition, epoch: row.epoch, start, stopped: row.stopped });
        }
        Ok(assigned)
    }
}
