//! The watch: asks the broker where partitions end. From that come the lag, the word to a lane that it stands at the end
//! (clocks wait for it), and the alarms for stuck partitions and unequal counts. It also looks at what operators did to
//! lanes: one that was resumed, a position that was moved. It never reads a record.

use super::bounds::{Headway, Unequal};
use super::progress::{Progress, Standing};
use super::queue::{Item, Queue};
use super::{Control, IntakeError, Partition, lane_of};
use crate::broker::{client, counts};
use crate::clock;
use crate::settings::Settings;
use crate::telemetry::health::Health;
use crate::telemetry::{chain, metrics};
use crate::transaction::session::Session;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// One question may take so long.
const QUESTION: Duration = Duration::from_secs(2);
/// How often partition counts are looked at.
const COUNTS_EVERY: Duration = Duration::from_secs(5);
/// How often the database is asked what operators did: who resumed a lane sees it go on within a second or two.
const OPERATORS_EVERY: Duration = Duration::from_secs(1);
/// Between two looks at whether to end.
const NAP: Duration = Duration::from_millis(100);

/// What the watch is built from.
pub(super) struct Parts {
    pub settings: Arc<Settings>,
    pub progress: Progress,
    pub queues: Vec<Arc<Queue>>,
    pub health: Health,
    pub cancel: CancellationToken,
    pub control: mpsc::Sender<Control>,
    /// Shared with the polling thread, which needs it only while it claims.
    pub claims: Arc<Mutex<Session>>,
    pub runtime: Handle,
}

/// The watch's work.
pub struct Watch {
    parts: Parts,
    halted: Arc<AtomicBool>,
    counts_at: Option<Instant>,
    unequal: Unequal,
    operators_at: Option<Instant>,
    /// The broker answers for many partitions in one question; brokers in tests may not.
    one_question: bool,
}

impl Watch {
    pub(super) fn new(parts: Parts) -> Self {
        Self {
            parts,
            halted: Arc::default(),
            counts_at: None,
            unequal: Unequal::default(),
            operators_at: None,
            one_question: true,
        }
    }

    /// Set while partition counts are unequal.
    pub(super) fn halted(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.halted)
    }

    /// Runs until cancelled; blocks its thread.
    ///
    /// # Errors
    /// The client cannot be built.
    pub fn run(mut self) -> Result<(), IntakeError> {
        let client: BaseConsumer<client::Quiet> = client::asking(&self.parts.settings)
            .create_with_context(client::Quiet)
            .map_err(IntakeError::Client)?;
        let every = Duration::from_millis(self.parts.settings.lanes.heartbeat_milliseconds);
        while !self.parts.cancel.is_cancelled() {
            let seen = clock::instant();
            self.ends(&client, seen);
            self.counts(&client, seen);
            self.operators(seen);
            while seen.elapsed() < every && !self.parts.cancel.is_cancelled() {
                std::thread::sleep(NAP);
            }
        }
        Ok(())
    }

    fn ends(&mut self, client: &BaseConsumer<client::Quiet>, seen: Instant) {
        let standings = self.parts.progress.standings(seen);
        if standings.is_empty() {
            return;
        }
        match self.ask(client, &standings) {
            Ok(ends) => {
                self.parts.health.well("kafka");
                self.judge(&standings, &ends, seen);
            }
            Err(error) => {
                self.parts.health.unwell("kafka", "no broker answers");
                tracing::debug!(error = %error, "ends of partitions could not be read");
            }
        }
    }

    fn ask(
        &mut self,
        client: &BaseConsumer<client::Quiet>,
        standings: &[(Partition, Standing)],
    ) -> Result<BTreeMap<Partition, i64>, KafkaError> {
        if self.one_question {
            let mut list = TopicPartitionList::with_capacity(standings.len());
            for ((topic, partition), _) in standings {
                list.add_partition_offset(topic, *partition, Offset::End)?;
            }
            let answer = client.offsets_for_times(list, QUESTION)?;
            let mut ends = BTreeMap::new();
            for ((topic, partition), _) in standings {
                if let Some(Offset::Offset(end)) = answer
                    .find_partition(topic, *partition)
                    .filter(|found| found.error().is_ok())
                    .map(|found| found.offset())
                {
                    ends.insert((Arc::clone(topic), *partition), end);
                }
            }
            if !ends.is_empty() {
                return Ok(ends);
            }
            self.one_question = false;
        }
        let mut ends = BTreeMap::new();
        for ((topic, partition), _) in standings {
            let (_, end) = client.fetch_watermarks(topic, *partition, QUESTION)?;
            ends.insert((Arc::clone(topic), *partition), end);
        }
        Ok(ends)
    }

    fn judge(&self, standings: &[(Partition, Standing)], ends: &BTreeMap<Partition, i64>, seen: Instant) {
        let stuck_after = Duration::from_secs(self.parts.settings.lanes.stuck_seconds);
        let mut stuck = Vec::new();
        for (partition, standing) in standings {
            let Some(end) = ends.get(partition) else { continue };
            let pace = Headway::of(standing, *end, stuck_after);
            metrics::lag(&partition.0, partition.1, pace.lag());
            if standing.stopped {
                // Told of where it was stopped; its clocks wait.
                continue;
            }
            if standing.is_at(*end) {
                let lane = lane_of(partition.1, self.parts.queues.len());
                if let Some(queue) = self.parts.queues.get(lane) {
                    queue.push(Item::AtEnd { partition: partition.clone(), seen });
                }
            }
            match pace {
                Headway::Idle => self.parts.progress.idle(partition, seen),
                Headway::Behind(_) => {}
                Headway::Stuck(_) => stuck.push(format!("{}/{}", partition.0, partition.1)),
            }
        }
        if stuck.is_empty() {
            self.parts.health.well("lag");
        } else {
            self.parts.health.unwell(
                "lag",
                &format!("behind and unmoved for {} s: {}", stuck_after.as_secs(), stuck.join(", ")),
            );
        }
    }

    /// Whether an operator resumed a lane that stands still here, or moved a position of ours.
    fn operators(&mut self, now: Instant) {
        if self.operators_at.is_some_and(|at| now.duration_since(at) < OPERATORS_EVERY) {
            return;
        }
        self.operators_at = Some(now);
        // Taken before the question: what is assigned meanwhile was claimed with all that the answer tells.
        let mine = self.parts.progress.standings(now);
        if mine.is_empty() {
            return;
        }
        let mut session = self.parts.claims.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = match self.parts.runtime.block_on(session.lane_standings()) {
            Ok(stored) => stored,
            Err(error) => {
                tracing::debug!(error = %chain(&error), "what operators did could not be read");
                return;
            }
        };
        drop(session);
        let touched = mine.iter().any(|((topic, partition), standing)| {
            let row = stored.iter().find(|row| row.topic == **topic && row.partition == *partition);
            row.is_some_and(|row| {
                let resumed = standing.stopped && row.stopped.is_none() && row.epoch == standing.epoch;
                resumed || (row.moved && row.epoch > standing.epoch)
            })
        });
        if touched {
            tracing::info!("an operator resumed a lane or moved a position: partitions are claimed anew");
            // The poller may have ended already.
            let _ = self.parts.control.send(Control::Retake);
        }
    }

    fn counts(&mut self, client: &BaseConsumer<client::Quiet>, now: Instant) {
        let every = if self.unequal.is_on() { COUNTS_EVERY / 5 } else { COUNTS_EVERY };
        if self.counts_at.is_some_and(|at| now.duration_since(at) < every) {
            return;
        }
        self.counts_at = Some(now);
        let Ok(found) = counts::ask(client, QUESTION) else { return };
        match counts::unequal(&found) {
            None => {
                self.unequal.over();
                self.halted.store(false, Ordering::Relaxed);
                self.parts.health.well("partitions");
            }
            Some(counts) => {
                self.halted.store(true, Ordering::Relaxed);
                self.parts.health.unwell("partitions", &format!("unequal partition counts: {counts}"));
                if self.unequal.lasts_too_long(now) {
                    // The poller may have ended already.
                    let _ = self.parts.control.send(Control::Stop(IntakeError::UnequalCounts { counts }));
                }
            }
        }
    }
}
