//! A lane: takes what arrived while it committed, commits it as one transaction, says when it stands at the end. It owns
//! one database session and never talks to Kafka.

mod trouble;

use super::breaker::Breaker;
use super::halving::Halving;
use super::pending::{Pending, Prefix, Taken};
use super::progress::Progress;
use super::queue::{Item, Queue};
use super::{Control, IntakeError, Partition, SharedReference, Wake};
use crate::clock;
use crate::contract::request::Decoded;
use crate::domain::time::{Moment, SECOND};
use crate::settings::Settings;
use crate::telemetry::health::Health;
use crate::telemetry::{chain, metrics, semantic, trace};
use crate::transaction::batch::{Batch, Outcome};
use crate::transaction::pace::Pace;
use crate::transaction::session::{CommitError, Session, Trouble};
use futures_util::FutureExt as _;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// A batch at least this large says that there is load, and a few milliseconds of waiting make the next one larger.
const LOADED_RECORDS: usize = 100;
/// A batch at least this large says that the lane is behind, and that the router should leave it room: at the pace of live
/// records a batch holds a few dozen.
const BEHIND_RECORDS: usize = 300;
/// A word about the end that is older than this says nothing about now.
const MARK_MAX: Duration = Duration::from_secs(2);
/// The same bound in microseconds: the facts are known no further than when the end was seen at the earliest.
const MARK_AGE_MICROS: i64 = 2 * SECOND;

/// What a lane is built from.
pub(super) struct Parts {
    pub number: usize,
    pub session: Session,
    pub queue: Arc<Queue>,
    pub settings: Arc<Settings>,
    pub progress: Progress,
    pub reference: SharedReference,
    pub health: Health,
    pub pace: Pace,
    pub wake: Wake,
    pub control: mpsc::Sender<Control>,
}

/// One lane's work.
pub struct Lane {
    parts: Parts,
    name: String,
    pending: Pending,
    generation: u64,
    /// One for each partition that had trouble; forgotten with the partition, so that a resumed lane starts anew.
    breakers: BTreeMap<Partition, Breaker>,
    halving: Halving,
    /// Where the record stands that alone made planning panic: topic, partition, offset.
    suspect: Option<(String, i32, i64)>,
    retries: u32,
}

/// How one batch went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Went {
    On,
    /// Everything taken is thrown away; the polling thread knows.
    Discarded,
    /// The lane takes no more.
    Stopped,
}

impl Lane {
    pub(super) fn new(parts: Parts) -> Self {
        let (name, halving) =
            (format!("lane {}", parts.number), Halving::new(parts.settings.lanes.batch_records));
        let (pending, breakers) = (Pending::default(), BTreeMap::new());
        Self { parts, name, pending, generation: 0, breakers, halving, suspect: None, retries: 0 }
    }

    /// Runs until cancelled or its queue is closed; a batch under way is finished.
    pub async fn run(mut self, cancel: CancellationToken) {
        let mut loaded = false;
        loop {
            if self.pending.len() == 0 {
                if self.parts.queue.records() == 0 {
                    self.parts.pace.set(self.parts.number, false);
                }
                let ready = tokio::select! {
                    biased;
                    () = cancel.cancelled() => false,
                    ready = self.parts.queue.ready() => ready,
                };
                if !ready {
                    return;
                }
            }
            if cancel.is_cancelled() {
                return;
            }
            if loaded {
                self.linger().await;
            }
            let started = clock::instant();
            let Some(ended) = self.gather() else { return };
            loaded = self.pending.len() >= LOADED_RECORDS;
            self.parts.pace.set(self.parts.number, self.pending.len() >= BEHIND_RECORDS);
            let mut went = self.commit(started, &cancel).await;
            // Idle partitions of a busy lane stand at their end too, and clocks wait for them.
            if went == Went::On {
                went = self.heartbeat(&ended).await;
            }
            match went {
                Went::On => {}
                Went::Discarded => self.pending.clear(),
                Went::Stopped => {
                    self.parts.pace.set(self.parts.number, false);
                    return;
                }
            }
        }
    }

    /// Under load: waits a little for a larger batch.
    async fn linger(&self) {
        let wait = Duration::from_millis(self.parts.settings.lanes.batch_wait_milliseconds);
        let from = clock::instant();
        while self.parts.queue.records() + self.pending.len() < LOADED_RECORDS && from.elapsed() < wait {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Takes what is there; `None` when the lane must end. Gives the partitions that stand at their end.
    fn gather(&mut self) -> Option<Vec<Partition>> {
        let lanes = &self.parts.settings.lanes;
        let records = lanes.batch_records.saturating_sub(self.pending.len());
        let bytes = lanes.batch_bytes.saturating_sub(self.pending.bytes());
        if records == 0 || bytes == 0 {
            return Some(Vec::new());
        }
        let taken = self.parts.queue.take(records, bytes);
        if taken.generation != self.generation {
            self.generation = taken.generation;
            self.halving = Halving::new(lanes.batch_records);
            self.pending.clear();
        }
        let mut ended: Vec<Partition> = Vec::new();
        for item in taken.items {
            match item {
                Item::Assigned(assigned) => self.pending.own(&assigned),
                Item::AtEnd { partition, seen } => {
                    if seen.elapsed() < MARK_MAX && !ended.contains(&partition) {
                        ended.push(partition);
                    }
                }
                Item::Record(arrival) => {
                    let place = arrival.entry.record.clone();
                    match self.pending.take(*arrival) {
                        Taken::Waits | Taken::Known | Taken::Ignored => {}
                        Taken::Another => {
                            let (topic, partition) =
                                place.map(|it| (it.topic.to_string(), it.partition)).unwrap_or_default();
                            self.tell(Control::Stop(IntakeError::LastRecord { topic, partition }));
                            return None;
                        }
                    }
                }
            }
        }
        Some(ended)
    }

    fn tell(&self, control: Control) {
        if self.parts.control.send(control).is_err() {
            tracing::debug!(lane = self.parts.number, "the polling thread has ended already");
        }
    }

    async fn heartbeat(&mut self, ended: &[Partition]) -> Went {
        let mine = self.pending.at_end(ended);
        if mine.is_empty() {
            return Went::On;
        }
        match self.parts.session.heartbeat(&mine, MARK_AGE_MICROS).await {
            Ok(ours) if usize::try_from(ours).unwrap_or(usize::MAX) < mine.len() => {
                self.outage(&Trouble::Fenced, "a position is somebody else's").await
            }
            Ok(_) => {
                self.well();
                Went::On
            }
            Err(error) => {
                let trouble = error.trouble();
                self.outage(&trouble, &chain(&error)).await
            }
        }
    }

    /// Commits everything that waits, batch by batch; one more record than the database takes goes alone.
    async fn commit(&mut self, started: Instant, cancel: &CancellationToken) -> Went {
        let bytes_max = self.parts.settings.lanes.batch_bytes;
        while self.pending.len() > 0 {
            let wall = Moment(clock::wall_micros());
            let mut prefix = self.pending.prefix(self.halving.limit(), bytes_max, wall);
            prefix.batch.suspect =
                prefix.records == 1 && self.suspect.is_some() && self.suspect == self.pending.first();
            let span = span(self.parts.number, &prefix.batch);
            let attempt =
                AssertUnwindSafe(self.parts.session.commit(&prefix.batch)).catch_unwind().instrument(span);
            let went = match attempt.await {
                Ok(Ok(committed)) => self.committed(&prefix, &committed.outcomes, started).await,
                Ok(Err(CommitError::Panicked)) => self.panicked(&prefix),
                Ok(Err(error)) => match error.trouble() {
                    Trouble::Data => self.refused(&prefix, &chain(&error)),
                    trouble @ (Trouble::Fenced | Trouble::Instance | Trouble::World) => {
                        self.outage(&trouble, &chain(&error)).await
                    }
                },
                Err(_) => {
                    // The panic left the connection in an unknown state; the batch is a record's fault until shown otherwise.
                    tracing::error!(lane = self.parts.number, records = prefix.records, "a batch panicked");
                    match self.parts.session.reopen().await {
                        Ok(()) => self.panicked(&prefix),
                        Err(error) => self.outage(&error.trouble(), &chain(&error)).await,
                    }
                }
            };
            if went != Went::On {
                return went;
            }
            if cancel.is_cancelled() {
                return Went::Stopped;
            }
            if self.parts.queue.generation() != self.generation {
                return Went::Discarded;
            }
        }
        Went::On
    }

    async fn committed(&mut self, prefix: &Prefix, outcomes: &[Outcome], started: Instant) -> Went {
        let now = clock::instant();
        self.suspect = None;
        self.pending.done(prefix);
        for moved in &prefix.batch.moves {
            self.parts.progress.committed(&(Arc::clone(&moved.topic), moved.partition), moved.to, now);
        }
        count(&prefix.batch, outcomes);
        metrics::batch(now.duration_since(started));
        self.parts.reference.set(&self.parts.session.texts().reference);
        (self.parts.wake)();
        self.well();
        self.halving.stored(prefix.records);
        let mut tripped: BTreeMap<Partition, String> = BTreeMap::new();
        for (entry, outcome) in prefix.batch.entries.iter().zip(outcomes) {
            let Some(place) = &entry.record else { continue };
            let partition = (Arc::clone(&place.topic), place.partition);
            if let Some(reason) = self.breakers.entry(partition.clone()).or_default().trips(outcome, now) {
                tripped.insert(partition, reason);
            }
        }
        for (partition, reason) in tripped {
            self.trip(&partition, &reason).await;
        }
        Went::On
    }

    fn well(&mut self) {
        if self.retries > 0 {
            self.retries = 0;
            self.parts.health.well(&self.name);
        }
    }
}

fn count(batch: &Batch, outcomes: &[Outcome]) {
    let mut counts: BTreeMap<(&str, &'static str), u64> = BTreeMap::new();
    for (entry, outcome) in batch.entries.iter().zip(outcomes) {
        if let Some(record) = &entry.record {
            *counts.entry((&record.topic, outcome.code())).or_default() += 1;
        }
    }
    for ((topic, outcome), count) in counts {
        metrics::records(topic, outcome, count);
    }
}

fn span(lane: usize, batch: &Batch) -> tracing::Span {
    let topic = match batch.moves.as_slice() {
        [only] => only.topic.to_string(),
        _ => "batch".to_owned(),
    };
    let span = semantic::batch_span(lane, batch.entries.len(), &topic);
    let contexts = batch.entries.iter().filter_map(|entry| match &entry.decoded {
        Ok(Decoded::Request(request)) => request.cause.traceparent.as_deref(),
        Ok(Decoded::Ignored(_)) | Err(_) => None,
    });
    trace::follow(&span, contexts);
    span
}
