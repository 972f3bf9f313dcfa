//! The router's loop: queued leads to pools, one transaction per pool and turn. Who gets a lead is decided in `plan`; this
//! never chooses anybody and holds no SQL.

use crate::clock;
use crate::domain::ids::LeadId;
use crate::domain::team::PoolId;
use crate::domain::time::{Moment, SECOND};
use crate::settings::Settings;
use crate::telemetry::health::Health;
use crate::telemetry::{semantic, trace};
use crate::transaction::batch::{Batch, Outcome, Stream};
use crate::transaction::busy::Busy;
use crate::transaction::pace::Pace;
use crate::transaction::session::{CommitError, Session};
use crate::transaction::turn;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// Streams that number the router's decisions.
const STREAMS: u8 = 8;
/// First and longest wait after the database failed.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);

/// Transactions that one pool gets in a turn, so that a long queue does not keep the others waiting: 2,000 leads.
const PAGES_MAX: usize = 10;
/// A turn that offered something is followed by a rest as long as it took, and no longer than this: where leads come in fast
/// the next turn finds more of them, and a commit is shared by more.
const REST_MOST: Duration = Duration::from_millis(100);
/// While lanes are behind, the rest is always as long as the turn, which takes one transaction a pool: an offer that is decided
/// before facts that are there already may have to be taken back, and lanes wait for the leads that the router holds. That is
/// half of the router's own pace, hundreds of leads a second; a lead of the first priority has two minutes.
const REST_BEHIND_MOST: Duration = Duration::from_secs(1);
/// A pool's lease is taken anew once this part of it is over.
const RENEWS_AFTER: u32 = 3;
/// A lead that nobody could take is tried again after so long; meanwhile those behind it have their turn.
const VAIN_WAIT: i64 = 5 * SECOND;
/// Leads tried in vain that are remembered: 16 bytes each in every query of the queue.
const VAIN_MAX: usize = 10_000;

/// Called after every commit that changed something.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// One instance's router; pools are shared between instances by leases.
pub struct Router {
    session: Session,
    /// Names this instance on the leases.
    owner: String,
    settings: Arc<Settings>,
    health: Health,
    wake: Wake,
    /// Leads that nobody could take, and when they were tried.
    vain: BTreeMap<LeadId, Moment>,
    /// Leads that somebody else worked on when it was their turn.
    busy: Busy,
    /// Whether lanes are behind.
    pace: Pace,
    /// When the lease of each pool that is ours was taken.
    leases: BTreeMap<PoolId, Instant>,
}

/// What came of one transaction over a queue.
struct Page {
    offered: usize,
    /// Leads that somebody else worked on.
    passed_by: Vec<LeadId>,
    /// More of the queue has not been looked at.
    more: bool,
}

impl Router {
    /// A router over a session of its own.
    #[must_use]
    pub fn new(session: Session, owner: String, settings: Arc<Settings>, health: Health, wake: Wake) -> Self {
        Self {
            session,
            owner,
            settings,
            health,
            wake,
            vain: BTreeMap::new(),
            busy: Busy::default(),
            pace: Pace::default(),
            leases: BTreeMap::new(),
        }
    }

    /// Leaves room to the lanes that speak here.
    #[must_use]
    pub fn paced_by(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Runs until cancelled, woken when a lead came to stand in a queue and by its own tick.
    pub async fn run(mut self, woken: Arc<Notify>, cancel: CancellationToken) {
        let tick = Duration::from_millis(self.settings.router.tick_milliseconds);
        let mut failures = 0;
        while !cancel.is_cancelled() {
            let began = clock::instant();
            let wait = match self.run_once().await {
                Ok(offered) => {
                    failures = 0;
                    self.health.well("router");
                    if offered > 0 {
                        let rest = tokio::time::sleep(self.rest(began.elapsed()));
                        cancel.run_until_cancelled(rest).await;
                        continue;
                    }
                    if self.busy.is_any() { tick.min(REST_MOST) } else { tick }
                }
                Err(error) => {
                    self.health.unwell("router", "queued leads cannot be offered");
                    tracing::warn!(error = %error, "the router's turn failed");
                    if let Err(error) = self.session.reopen().await {
                        tracing::debug!(error = %error, "the router's session could not be opened again");
                    }
                    failures += 1;
                    clock::backoff(RETRY_FIRST, RETRY_MOST, failures)
                }
            };
            let wakes = failures == 0;
            tokio::select! {
                biased;
                () = cancel.cancelled() => {}
                () = woken.notified(), if wakes => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// The rest after a turn that offered something and took so long.
    fn rest(&self, turn: Duration) -> Duration {
        turn.min(if self.pace.is_behind() { REST_BEHIND_MOST } else { REST_MOST })
    }

    /// One turn over every pool with a queue whose lease is free; says how many leads moved. For the loop, the demo and
    /// tests.
    ///
    /// # Errors
    /// The database failed; leads stay queued.
    pub async fn run_once(&mut self) -> Result<usize, CommitError> {
        let now = self.session.now().await?;
        self.vain.retain(|_, at| now.since(*at) < VAIN_WAIT && now >= *at);
        let (mut moved, mut passed_by) = (0, Vec::new());
        for pool in self.session.queued_pools().await? {
            let pages = if self.pace.is_behind() { 1 } else { PAGES_MAX };
            for _ in 0..pages {
                if !self.holds(&pool).await? {
                    break;
                }
                let page = self.page(&pool, &passed_by).await?;
                passed_by.extend(page.passed_by);
                moved += page.offered;
                if !page.more {
                    break;
                }
            }
        }
        Ok(moved)
    }

    /// Whether the pool's lease is ours, taken or renewed now where it has to be. It keeps instances out of each other's
    /// way; who goes first is safe by the lock on the pool.
    async fn holds(&mut self, pool: &PoolId) -> Result<bool, CommitError> {
        let lease = Duration::from_secs(u64::from(self.settings.router.lease_seconds));
        if self.leases.get(pool).is_some_and(|taken| taken.elapsed() < lease / RENEWS_AFTER) {
            return Ok(true);
        }
        let (taken, micros) = (clock::instant(), i64::from(self.settings.router.lease_seconds) * SECOND);
        let ours = self.session.take_pool(pool, &self.owner, micros).await?;
        if ours {
            self.leases.insert(pool.clone(), taken);
        } else {
            self.leases.remove(pool);
        }
        Ok(ours)
    }

    /// One transaction over a pool's queue, without the leads that were passed by in this turn.
    async fn page(&mut self, pool: &PoolId, without: &[LeadId]) -> Result<Page, CommitError> {
        let limit = i64::from(self.settings.router.leads);
        let without: Vec<LeadId> = self.vain.keys().chain(without).copied().collect();
        let queued = self.session.queued(pool, limit, &without).await?;
        if queued.is_empty() {
            return Ok(Page { offered: 0, passed_by: Vec::new(), more: false });
        }
        let now = self.session.now().await?;
        let overdue: Vec<LeadId> = self.busy.overdue(&queued, now);
        let passes_by = overdue.is_empty();
        let leads = if passes_by { queued.clone() } else { overdue };
        let mut traces = self.session.traces(&leads).await?;
        let contexts: Vec<String> = traces.values().cloned().collect();
        let keys = self.session.keys();
        let entries = leads.iter().map(|lead| turn::route(keys, *lead, now, traces.remove(lead))).collect();
        let batch = Batch {
            stream: Some(Stream::Route(stream(pool))),
            routing: Some(pool.clone()),
            passes_by,
            entries,
            ..Batch::default()
        };
        let span = semantic::turn_span("route", batch.entries.len());
        trace::follow(&span, contexts.iter().map(String::as_str));
        let committed = self.session.commit(&batch).instrument(span).await?;
        let busy = self.busy.note(leads.iter().copied().zip(&committed.outcomes), now);
        let mut offered = 0;
        for (lead, outcome) in leads.iter().zip(&committed.outcomes) {
            if matches!(outcome, Outcome::Applied(_)) {
                offered += 1;
            } else if self.vain.len() < VAIN_MAX && !busy.contains(lead) {
                self.vain.insert(*lead, now);
            }
        }
        if offered > 0 {
            (self.wake)();
        }
        let whole = i64::try_from(queued.len()).is_ok_and(|read| read >= limit);
        Ok(Page { offered, passed_by: busy, more: whole || !passes_by })
    }
}

/// The stream of a pool: always the same one, so that two pools seldom wait for each other's counter.
fn stream(pool: &PoolId) -> u8 {
    let sum = pool.0.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    sum % STREAMS
}
