//! The polling thread: polls without pause, decodes, hands over, pauses partitions of lanes that are full. It never waits
//! for the database but inside a rebalance.

use super::bounds::Misses;
use super::progress::Progress;
use super::queue::{Item, Queue};
use super::rebalance::{Change, ClaimError, Context};
use super::record::{self, Arrival};
use super::{Assigned, Control, IntakeError, Partition, SharedReference, lane_of, stop_name};
use crate::broker::{client, topics};
use crate::clock;
use crate::contract::request::Unreadable;
use crate::contract::{Decoder, RecordIn};
use crate::domain::time::Moment;
use crate::settings::Settings;
use crate::telemetry::chain;
use crate::telemetry::health::Health;
use crate::transaction::batch::{DuplicateKey, Entry, RecordRef};
use crate::transaction::session::Session;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message as _, Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// One poll waits so long at most: controls and paused lanes are looked at in between.
const POLL: Duration = Duration::from_millis(20);
/// How often the position is told to Kafka, for those who look at the group's lag.
const GAUGE: Duration = Duration::from_secs(5);
/// Leaving the group may take so long before the consumer is dropped anyway.
const LEAVE: Duration = Duration::from_secs(2);
/// A new consumer after a failed claim: first and longest wait.
pub(super) const REBUILD_FIRST: Duration = Duration::from_millis(500);
pub(super) const REBUILD_MOST: Duration = Duration::from_secs(15);

/// What the poller is built from.
pub(super) struct Parts {
    pub settings: Arc<Settings>,
    pub decoder: Arc<Decoder>,
    pub reference: SharedReference,
    pub claims: Arc<Mutex<Session>>,
    pub queues: Vec<Arc<Queue>>,
    pub progress: Progress,
    pub health: Health,
    pub runtime: Handle,
    pub cancel: CancellationToken,
    pub control: mpsc::Receiver<Control>,
    /// Set by the watch while partition counts are unequal.
    pub halted: Arc<AtomicBool>,
}

/// The polling thread's work.
pub struct Poller {
    pub(super) parts: Parts,
    names: BTreeMap<String, Arc<str>>,
    pub(super) misses: Misses,
}

/// Why one consumer's life ended.
pub(super) enum Ended {
    Cancelled,
    /// A new consumer after a wait.
    Rebuild(Duration),
    /// Out of the group until the process ends.
    Left,
}

/// What belongs to one consumer.
struct Life {
    consumer: BaseConsumer<Context>,
    changes: mpsc::Receiver<Change>,
    held: Held,
}

/// What one consumer has been given, and what of it is paused.
pub(super) struct Held {
    pub(super) assigned: Vec<Partition>,
    pub(super) paused: BTreeSet<usize>,
    /// What nobody may read until an operator resumes it.
    pub(super) stopped: BTreeSet<Partition>,
    pub(super) halted: bool,
    gauge_at: Instant,
}

impl Poller {
    pub(super) fn new(parts: Parts) -> Self {
        let names = topics::INPUT.iter().map(|topic| ((*topic).to_owned(), Arc::from(*topic))).collect();
        Self { parts, names, misses: Misses::default() }
    }

    /// Runs until cancelled; blocks its thread.
    ///
    /// # Errors
    /// Reading on would lose or repeat something, or the client cannot be built.
    pub fn run(mut self) -> Result<(), IntakeError> {
        let mut failures = 0;
        let ended = loop {
            let mut life = self.begin()?;
            let ended = self.live(&mut life, &mut failures);
            self.end(&life);
            drop(life);
            match ended {
                Ok(Ended::Rebuild(wait)) => self.wait(wait),
                Ok(Ended::Cancelled) => break Ok(()),
                Ok(Ended::Left) => {
                    self.wait(Duration::MAX);
                    break Ok(());
                }
                Err(error) => break Err(error),
            }
            if self.parts.cancel.is_cancelled() {
                break Ok(());
            }
        };
        for queue in &self.parts.queues {
            queue.close();
        }
        ended
    }

    fn begin(&self) -> Result<Life, IntakeError> {
        let (tell, changes) = mpsc::channel();
        let context = Context {
            runtime: self.parts.runtime.clone(),
            session: Arc::clone(&self.parts.claims),
            first_start: self.parts.settings.kafka.first_start,
            changes: tell,
            progress: self.parts.progress.clone(),
        };
        let consumer: BaseConsumer<Context> = client::consumer(&self.parts.settings)
            .create_with_context(context)
            .map_err(IntakeError::Client)?;
        consumer.subscribe(&topics::INPUT).map_err(IntakeError::Client)?;
        let held = Held {
            assigned: Vec::new(),
            paused: BTreeSet::new(),
            stopped: BTreeSet::new(),
            halted: false,
            gauge_at: clock::instant(),
        };
        Ok(Life { consumer, changes, held })
    }

    /// Leaves the group in order, so that others need not wait for the session to time out.
    fn end(&self, life: &Life) {
        life.consumer.unsubscribe();
        let until = clock::instant() + LEAVE;
        let mut given_back = life.held.assigned.is_empty();
        while !given_back && clock::instant() < until {
            let _ = life.consumer.poll(POLL);
            given_back = life.changes.try_iter().any(|change| match change {
                Change::Revoked { .. } | Change::Failed(_) => true,
                Change::Assigned(_) => false,
            });
        }
        for partition in &life.held.stopped {
            self.parts.health.well(&stop_name(partition));
        }
        self.give_back();
    }

    /// Nothing is ours any more; whoever takes a stopped lane tells of it.
    pub(super) fn let_go(&self, held: &mut Held) {
        held.assigned.clear();
        for partition in std::mem::take(&mut held.stopped) {
            self.parts.health.well(&stop_name(&partition));
        }
        self.give_back();
    }

    fn give_back(&self) {
        for queue in &self.parts.queues {
            queue.revoke();
        }
        self.parts.progress.clear();
    }

    fn wait(&self, wait: Duration) {
        let from = clock::instant();
        while from.elapsed() < wait && !self.parts.cancel.is_cancelled() {
            std::thread::sleep(POLL);
        }
    }

    fn live(&mut self, life: &mut Life, failures: &mut u32) -> Result<Ended, IntakeError> {
        let Life { consumer, changes, held } = life;
        loop {
            if self.parts.cancel.is_cancelled() {
                return Ok(Ended::Cancelled);
            }
            let polled = consumer.poll(POLL);
            // A change stands before the records that came after it: it was made inside this poll.
            for change in changes.try_iter() {
                if let Some(ended) = self.change(consumer, held, change, failures)? {
                    return Ok(ended);
                }
            }
            match polled {
                None => {}
                Some(Ok(message)) => self.hand_over(held, &message),
                Some(Err(error)) => {
                    if let Some(ended) = Self::trouble(&error)? {
                        return Ok(ended);
                    }
                }
            }
            if let Some(ended) = self.controls(consumer, held, failures)? {
                return Ok(ended);
            }
            self.pressure(consumer, held);
            self.gauge(consumer, held);
        }
    }

    pub(super) fn change(
        &self,
        consumer: &BaseConsumer<Context>,
        held: &mut Held,
        change: Change,
        failures: &mut u32,
    ) -> Result<Option<Ended>, IntakeError> {
        match change {
            Change::Assigned(assigned) => {
                *failures = 0;
                self.parts.health.well("claim");
                self.take_over(consumer, held, assigned);
                Ok(None)
            }
            Change::Revoked { lost } => {
                tracing::info!(kafka.lost = lost, "partitions given back");
                self.let_go(held);
                Ok(None)
            }
            Change::Failed(ClaimError::Start { topic, partition, error }) => {
                Err(IntakeError::Start { topic, partition, error })
            }
            Change::Failed(error) => {
                self.let_go(held);
                self.parts.health.unwell("claim", "partitions could not be claimed");
                let wait = clock::backoff(REBUILD_FIRST, REBUILD_MOST, *failures);
                *failures = failures.saturating_add(1);
                tracing::warn!(error = %chain(&error), wait_milliseconds = wait.as_millis(), "claim failed: the consumer is built anew");
                Ok(Some(Ended::Rebuild(wait)))
            }
        }
    }

    fn take_over(&self, consumer: &BaseConsumer<Context>, held: &mut Held, assigned: Vec<Assigned>) {
        tracing::info!(kafka.partitions = assigned.len(), "partitions assigned");
        let now = clock::instant();
        self.parts.progress.assign(assigned.iter(), now);
        held.assigned = assigned.iter().map(|it| it.partition.clone()).collect();
        held.paused.clear();
        held.halted = false;
        Self::set_paused(consumer, held, |_| true, false);
        for it in assigned {
            if let Some(reason) = &it.stopped {
                self.halt(consumer, held, &it.partition, reason);
                continue;
            }
            let lane = lane_of(it.partition.1, self.parts.queues.len());
            if let Some(queue) = self.parts.queues.get(lane) {
                queue.push(Item::Assigned(it));
            }
        }
    }

    fn hand_over(&self, held: &Held, message: &BorrowedMessage<'_>) {
        let Some(topic) = self.names.get(message.topic()) else { return };
        let partition = (Arc::clone(topic), message.partition());
        if !held.assigned.contains(&partition) || held.stopped.contains(&partition) {
            return;
        }
        let raw = record::raw(message);
        let read_at = Moment(clock::wall_micros());
        let timestamp = record::timestamp(message, read_at);
        let bytes = record::weight(&raw);
        let (topic_name, number, offset) = (message.topic(), message.partition(), message.offset());
        let record_in = RecordIn {
            topic: topic_name,
            partition: number,
            offset,
            timestamp,
            key: raw.key.as_deref(),
            headers: &raw.headers,
            value: raw.value.as_deref(),
            received_at: read_at,
        };
        let reference = self.parts.reference.get();
        let read = catch_unwind(AssertUnwindSafe(|| self.parts.decoder.decode(record_in, &reference)));
        let record = Some(RecordRef { topic: Arc::clone(topic), partition: number, offset, timestamp });
        let entry = match read {
            Ok(read) => Entry {
                record,
                duplicate: read.duplicate.map(|(minute, digest)| DuplicateKey { minute, digest }),
                content: read.content,
                decoded: read.decoded,
                reference: Some(reference.hash),
                raw,
            },
            // A fault of ours must not stop the lane: the record is kept, and its bytes are the report.
            Err(_) => Entry {
                record,
                duplicate: None,
                content: [0; 16],
                decoded: Err(unreadable_by_fault()),
                reference: None,
                raw,
            },
        };
        self.parts.progress.handed(&partition, offset + 1);
        if let Some(queue) = self.parts.queues.get(lane_of(number, self.parts.queues.len())) {
            queue.push(Item::Record(Box::new(Arrival { entry, bytes })));
        }
    }

    /// Tells Kafka where we stand, for lag tools; nothing reads it back.
    fn gauge(&self, consumer: &BaseConsumer<Context>, held: &mut Held) {
        if held.gauge_at.elapsed() < GAUGE || held.assigned.is_empty() {
            return;
        }
        held.gauge_at = clock::instant();
        let mut list = TopicPartitionList::new();
        for ((topic, partition), standing) in self.parts.progress.standings(held.gauge_at) {
            if list.add_partition_offset(&topic, partition, Offset::Offset(standing.committed)).is_err() {
                return;
            }
        }
        if let Err(error) = consumer.commit(&list, CommitMode::Async) {
            tracing::debug!(error = %error, "the group's gauge was not moved");
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "librdkafka's codes: those that end a consumer are named, more will come"
    )]
    fn trouble(error: &KafkaError) -> Result<Option<Ended>, IntakeError> {
        match error {
            KafkaError::MessageConsumptionFatal(_) => Err(IntakeError::Fatal(error.clone())),
            KafkaError::MessageConsumption(RDKafkaErrorCode::PollExceeded) => {
                tracing::warn!("the polling thread was away for too long: the consumer is built anew");
                Ok(Some(Ended::Rebuild(REBUILD_FIRST)))
            }
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => {
                // The code names no partition: a new consumer's claim finds it by its ends, and stops there.
                tracing::error!("an offset is not on the broker: positions are compared anew");
                Ok(Some(Ended::Rebuild(REBUILD_FIRST)))
            }
            other => {
                tracing::debug!(error = %other, "kafka is in trouble, polling goes on");
                Ok(None)
            }
        }
    }
}

fn unreadable_by_fault() -> Unreadable {
    Unreadable { reason: "decoder_fault", detail: "reading the record failed by a fault of ours".to_owned() }
}
