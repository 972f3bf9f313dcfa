//! The relay: outbox to Kafka, shard by shard under a lease. It reads rows, sends, marks; it never makes a record of its own.
//!
//! Relays share the shards: each holds its part and keeps it while it renews, and gives back what is above its part when
//! another relay comes to live. A round: renew the leases; read what is unsent, oldest first; send. Events go through one idempotent producer, all at
//! once; the compacted topic through one transactional producer per shard, which is fenced on the broker. Each has a loop
//! of its own, since a transaction takes as long as many sends. A failure drops the producer and the next round reads
//! again, so order per lead and topic holds; what was sent and not marked is sent again under the same id.

pub mod checkpoints;
mod fenced;
mod filling;
mod round;
pub mod webhooks;

use crate::broker::client;
use crate::clock;
use crate::contract::keys::Keys;
use crate::settings::Settings;
use crate::store::error::StoreError;
use crate::store::outbox::{Gone, SHARDS, Unsent};
use crate::store::outlet::Outlet;
use crate::store::relay_shard::Member;
use crate::telemetry::health::Health;
use crate::telemetry::{chain, metrics, semantic, trace};
use fenced::Fenced;
use rdkafka::error::KafkaError;
use rdkafka::producer::{FutureProducer, Producer as _, PurgeConfig};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// First and longest wait after a failed round.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);
/// How often the age of the outbox is measured.
const GAUGE: Duration = Duration::from_secs(5);
/// Whoever holds fewer shards than its share looks so often for those that others give back.
const SHORT: Duration = Duration::from_millis(500);
/// A producer that sent nothing for so long is let go: it takes up to one percent of a core to wait, and there are seventeen.
const QUIET: Duration = Duration::from_secs(20);
/// After a round of states the next waits so long: a transaction per shard costs the broker as much as hundreds of records,
/// and states that come close together share one.
const STATES_REST: Duration = Duration::from_millis(500);
/// A round of so many states is followed by the next at once: more of them wait.
const ROUND_LARGE: usize = 200;
/// What is still in a producer's queue gets this long at the end.
const FLUSH: Duration = Duration::from_secs(2);

/// Why a round failed; the next one starts anew.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error("the outbox could not be read or marked")]
    Store(#[from] StoreError),
    #[error("the producer cannot be built: check [kafka.client]")]
    Client(#[source] KafkaError),
    #[error("records could not be delivered")]
    Delivery(#[source] KafkaError),
    #[error("the producer of shard {shard} could not finish its transaction")]
    Transaction {
        shard: i16,
        #[source]
        source: KafkaError,
    },
    #[error("the lease of shard {shard} is gone")]
    LeaseGone { shard: i16 },
    #[error("a blocking call of the producer was cut off")]
    CutOff,
}

/// What a relay sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Everything but state.
    Events,
    /// State and tombstones: the compacted topic.
    State,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Events => "relay of events",
            Self::State => "relay of state",
        }
    }

    /// As leases are stored under.
    fn number(self) -> i16 {
        match self {
            Self::Events => 0,
            Self::State => 1,
        }
    }
}

/// One instance's relay of a kind over all shards that it holds.
pub struct Relay {
    kind: Kind,
    settings: Arc<Settings>,
    outlet: Outlet,
    /// Opens what was sealed for the one record that names an erased person.
    keys: Keys,
    /// Names this instance on the leases; another life of the process is another owner.
    owner: String,
    health: Health,
    events: Option<FutureProducer<client::Quiet>>,
    fenced: BTreeMap<i16, Fenced>,
    leases: BTreeMap<i16, i64>,
    /// Fewer shards are held than the share.
    short: bool,
    leased_at: Option<Instant>,
    gauged_at: Option<Instant>,
    /// When the producers that are there sent something last.
    sent_at: Option<Instant>,
}

impl Relay {
    /// A relay that holds nothing yet.
    #[must_use]
    pub fn new(
        kind: Kind,
        settings: Arc<Settings>,
        outlet: Outlet,
        keys: Keys,
        owner: String,
        health: Health,
    ) -> Self {
        Self {
            kind,
            settings,
            outlet,
            keys,
            owner,
            health,
            events: None,
            fenced: BTreeMap::new(),
            leases: BTreeMap::new(),
            short: false,
            leased_at: None,
            gauged_at: None,
            sent_at: None,
        }
    }

    /// Runs until cancelled, woken after commits and by its own sweep; gives the leases back at the end.
    pub async fn run(mut self, woken: Arc<Notify>, cancel: CancellationToken) {
        let sweep = Duration::from_millis(self.settings.relay.sweep_milliseconds);
        let mut failures = 0;
        while !cancel.is_cancelled() {
            let wait = match self.run_once().await {
                Ok(sent) => {
                    if failures > 0 {
                        failures = 0;
                        self.health.well(self.kind.name());
                    }
                    if sent > 0 {
                        if self.kind == Kind::State && sent < ROUND_LARGE {
                            cancel.run_until_cancelled(tokio::time::sleep(STATES_REST)).await;
                        }
                        continue;
                    }
                    sweep
                }
                Err(error) => {
                    self.failed(&error).await;
                    failures += 1;
                    clock::backoff(RETRY_FIRST, RETRY_MOST, failures)
                }
            };
            // After a failure a wake changes nothing: the wait is the point.
            let wakes = failures == 0;
            tokio::select! {
                biased;
                () = cancel.cancelled() => {}
                () = woken.notified(), if wakes => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        self.stop().await;
    }

    /// One round over all shards; says how many records were sent and marked. For the loop, the demo and tests.
    ///
    /// # Errors
    /// The database or Kafka failed; nothing is lost, the next round reads again.
    pub async fn run_once(&mut self) -> Result<usize, RelayError> {
        self.renew().await?;
        let shards: Vec<i16> = self.leases.keys().copied().collect();
        let rows = self.outlet.unsent(&shards, self.rows_each(), self.kind == Kind::State).await?;
        let sent = match self.kind {
            Kind::Events | Kind::State if rows.is_empty() => 0,
            Kind::Events => {
                let span = semantic::send_span(-1, rows.len());
                trace::follow(&span, rows.iter().filter_map(|row| row.traceparent.as_deref()));
                self.send_events(&rows).instrument(span).await?
            }
            Kind::State => self.send_states(rows).await?,
        };
        self.rest_producers(sent);
        self.gauge().await?;
        Ok(sent)
    }

    /// Renews and takes leases, well before they end. Nothing is under way then, so what goes back is at rest.
    async fn renew(&mut self) -> Result<(), RelayError> {
        let lease = Duration::from_secs(u64::from(self.settings.relay.lease_seconds));
        let every = if self.short { SHORT.min(lease / 3) } else { lease / 3 };
        if self.leased_at.is_some_and(|at| at.elapsed() < every) {
            return Ok(());
        }
        let asked = clock::instant();
        let micros = i64::try_from(lease.as_micros()).unwrap_or(i64::MAX);
        let member = Member { kind: self.kind.number(), owner: &self.owner };
        let share = self.outlet.share(member, micros, i64::from(SHARDS)).await?;
        let shards = self.outlet.take_shards(member, micros, share).await?;
        let leases: BTreeMap<i16, i64> = shards.into_iter().collect();
        if leases != self.leases {
            tracing::info!(relay.kind = self.kind.name(), relay.shards = leases.len(), "relay shards held");
        }
        self.short = i64::try_from(leases.len()).unwrap_or(i64::MAX) < share;
        // A producer of a lease that ended and came back must be fenced anew before anything is read.
        self.fenced.retain(|shard, fenced| leases.get(shard) == Some(&fenced.epoch()));
        self.leases = leases;
        self.leased_at = Some(asked);
        Ok(())
    }

    /// Rows that one round reads of each shard: all together as many as are sent well within a lease, which is renewed between
    /// rounds alone.
    fn rows_each(&self) -> i64 {
        let shards = i64::try_from(self.leases.len()).unwrap_or(i64::MAX).max(1);
        (i64::from(self.settings.relay.rows) / shards).max(1)
    }

    fn lease(&self, shard: i16) -> Result<i64, RelayError> {
        self.leases.get(&shard).copied().ok_or(RelayError::LeaseGone { shard })
    }

    /// Marks rows; the statement checks the leases again.
    async fn mark(&mut self, rows: &[&Unsent]) -> Result<usize, RelayError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let mut gone = Vec::with_capacity(rows.len());
        let mut wanted: BTreeMap<i16, usize> = BTreeMap::new();
        for row in rows {
            let epoch = self.lease(row.shard)?;
            gone.push(Gone { shard: row.shard, epoch, seq: row.seq, created_at: row.created_at });
            *wanted.entry(row.shard).or_default() += 1;
        }
        let member = Member { kind: self.kind.number(), owner: &self.owner };
        let tells = self.kind == Kind::Events && self.settings.has_channels();
        let marked = self.outlet.mark_sent(member, &gone, tells).await?;
        match wanted.into_iter().find(|(shard, count)| marked.get(shard).is_none_or(|marked| marked < count))
        {
            Some((shard, _)) => Err(RelayError::LeaseGone { shard }),
            None => Ok(gone.len()),
        }
    }

    /// Producers that had nothing to send for a while are let go; the next record makes new ones, under new fences.
    fn rest_producers(&mut self, sent: usize) {
        if sent > 0 {
            self.sent_at = Some(clock::instant());
        } else if self.sent_at.is_some_and(|at| at.elapsed() >= QUIET) {
            self.sent_at = None;
            let (events, fenced) = (self.events.take(), std::mem::take(&mut self.fenced));
            client::let_go((events, fenced));
        }
    }

    async fn hold(&mut self, row: &Unsent, reason: &str) -> Result<(), RelayError> {
        tracing::error!(
            relay.shard = row.shard,
            outbox.seq = row.seq,
            reason,
            "a record can never be sent: its lead's records wait, see `baton outbox list`"
        );
        Ok(self.outlet.hold(row.shard, row.seq, reason).await?)
    }

    async fn gauge(&mut self) -> Result<(), RelayError> {
        if self.kind == Kind::State || self.gauged_at.is_some_and(|at| at.elapsed() < GAUGE) {
            return Ok(());
        }
        self.gauged_at = Some(clock::instant());
        let shards: Vec<i16> = self.leases.keys().copied().collect();
        let backlog = self.outlet.backlog(&shards).await?;
        let age = backlog.oldest.map_or(0, |oldest| (clock::wall_micros() - oldest.0).max(0));
        metrics::outbox_age(Duration::from_micros(age.unsigned_abs()));
        metrics::held(backlog.held.unsigned_abs());
        if backlog.held > 0 {
            self.health.unwell("outbox", "records can never be sent: see `baton outbox list`");
        } else {
            self.health.well("outbox");
        }
        Ok(())
    }

    /// Drops what may be in an unknown state, so that the next round starts from the rows.
    async fn failed(&mut self, error: &RelayError) {
        self.health.unwell(self.kind.name(), "records cannot be published");
        tracing::warn!(error = %chain(error), "a relay round failed: rows are read again");
        match error {
            RelayError::Store(_) => {
                if let Err(error) = self.outlet.reopen().await {
                    tracing::debug!(error = %chain(&error), "the relay's connection could not be opened again");
                }
                self.leased_at = None;
            }
            RelayError::LeaseGone { shard } => {
                self.fenced.remove(shard);
                self.leases.remove(shard);
                self.leased_at = None;
            }
            RelayError::Transaction { shard, .. } => {
                self.fenced.remove(shard);
            }
            RelayError::Client(_) | RelayError::Delivery(_) | RelayError::CutOff => self.drop_events(),
        }
    }

    /// What is queued in the old producer must not be sent after what the new one reads.
    fn drop_events(&mut self) {
        if let Some(producer) = self.events.take() {
            producer.purge(PurgeConfig::default().queue().inflight());
        }
    }

    async fn stop(mut self) {
        if let Some(producer) = self.events.take()
            && let Err(error) = producer.flush(FLUSH)
        {
            tracing::debug!(error = %error, "the producer was not flushed");
        }
        let member = Member { kind: self.kind.number(), owner: &self.owner };
        if let Err(error) = self.outlet.release(member).await {
            tracing::debug!(error = %chain(&error), "relay leases were not given back and run out");
        }
    }
}
