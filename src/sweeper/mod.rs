//! The sweeper's loop: clocks that came due become commands; and once a minute the database's upkeep. What a passed clock
//! means is decided in `plan`; this never decides it and holds no SQL.

mod wide;

use crate::clock;
use crate::domain::ids::LeadId;
use crate::domain::time::{MINUTE, Moment};
use crate::settings::Settings;
use crate::telemetry::health::Health;
use crate::telemetry::{metrics, semantic};
use crate::transaction::batch::{Batch, Entry, Outcome, Stream};
use crate::transaction::busy::Busy;
use crate::transaction::session::{CommitError, Horizon, LookedAt, Session, Share};
use crate::transaction::turn;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// Streams that number the sweeper's decisions; sweepers of one instance have some each.
const STREAMS: u8 = 8;
/// Feeds that lag further than this hold clocks for too long: somebody has to look.
const HELD_MAX: i64 = 2 * MINUTE;
/// First and longest wait after the database failed.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);

/// Called after every commit that changed something.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Sweepers of one instance: while Postgres works for one, the other decides. More of them keep live records waiting.
pub const SWEEPERS: u8 = 2;

/// One instance's sweeper. Two of them do no harm: a clock that the other has passed is stale.
pub struct Sweeper {
    session: Session,
    settings: Arc<Settings>,
    health: Health,
    wake: Wake,
    maintained_at: Option<Instant>,
    /// Numbers the turns: each takes the next stream, so that two instances seldom wait for each other's counter.
    turns: u64,
    /// Whose clocks it passes.
    share: Share,
    /// Leads whose clock is due and that somebody else works on just now.
    busy: Busy,
    /// How far wide changes were looked at for whether they touch anybody.
    looked_at: LookedAt,
    /// The alarm about held clocks was given and still holds.
    alarmed: bool,
}

impl Sweeper {
    /// A sweeper over a session of its own.
    #[must_use]
    pub fn new(session: Session, settings: Arc<Settings>, health: Health, wake: Wake) -> Self {
        Self {
            session,
            settings,
            health,
            wake,
            maintained_at: None,
            turns: 0,
            share: Share::ALL,
            busy: Busy::default(),
            looked_at: LookedAt::default(),
            alarmed: false,
        }
    }

    /// The same for the leads of one share alone, of [`SWEEPERS`]. The first also does what is no lead's.
    #[must_use]
    pub fn sharing(mut self, this: u8) -> Self {
        self.share = Share { this, of: SWEEPERS };
        self
    }

    /// Runs until cancelled, once per tick; without pause while more is due.
    pub async fn run(mut self, cancel: CancellationToken) {
        let tick = Duration::from_millis(self.settings.sweeper.tick_milliseconds);
        let rest = Duration::from_millis(self.settings.sweeper.rest_milliseconds);
        let mut failures = 0;
        while !cancel.is_cancelled() {
            let began = clock::instant();
            let wait = match self.turn().await {
                Ok(0) => {
                    failures = 0;
                    self.health.well(self.name());
                    tick
                }
                Ok(passed) => {
                    failures = 0;
                    self.health.well(self.name());
                    rest.max(self.paced(passed).saturating_sub(began.elapsed()))
                }
                Err(error) => {
                    self.health.unwell(self.name(), "clocks cannot be passed");
                    tracing::warn!(error = %error, "the sweeper's turn failed");
                    if let Err(error) = self.session.reopen().await {
                        tracing::debug!(error = %error, "the sweeper's session could not be opened again");
                    }
                    failures += 1;
                    clock::backoff(RETRY_FIRST, RETRY_MOST, failures)
                }
            };
            tokio::select! {
                biased;
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// What `/readyz` calls it.
    fn name(&self) -> &'static str {
        if self.is_first() { "sweeper" } else { "second sweeper" }
    }

    /// Does what is done once and not for each lead: upkeep, wide changes, alarms.
    fn is_first(&self) -> bool {
        self.share.this == 0
    }

    /// How long so many clocks take at the rate that leaves room for what comes in live: a backlog is worked off evenly.
    fn paced(&self, passed: usize) -> Duration {
        let passed = u32::try_from(passed).unwrap_or(u32::MAX).saturating_mul(u32::from(self.share.of));
        Duration::from_secs(1).saturating_mul(passed) / self.settings.sweeper.leads_per_second.max(1)
    }

    async fn turn(&mut self) -> Result<usize, CommitError> {
        if !self.is_first() {
            return self.run_once().await;
        }
        let every = Duration::from_secs(self.settings.sweeper.maintenance_seconds);
        if self.maintained_at.is_none_or(|at| at.elapsed() >= every) {
            self.maintained_at = Some(clock::instant());
            self.session.maintain().await?;
            self.session.notice_silence().await?;
        }
        let passed = self.run_once().await?;
        let most = usize::try_from(self.settings.sweeper.leads).unwrap_or(usize::MAX);
        Ok(passed + self.spread(passed >= most).await?)
    }

    /// Passes what is due now, the longest overdue first, in one transaction of bounded size; says how many clocks were passed. For the loop, the demo and tests.
    ///
    /// # Errors
    /// The database failed; what was not passed stays due.
    pub async fn run_once(&mut self) -> Result<usize, CommitError> {
        let (horizon, due) = self.session.due(self.share, i64::from(self.settings.sweeper.leads)).await?;
        if self.is_first() {
            self.alarm(&horizon).await?;
        }
        let due: BTreeSet<LeadId> = due.into_iter().map(|due| due.lead).collect();
        if due.is_empty() {
            return Ok(0);
        }
        let overdue: BTreeSet<LeadId> = self.busy.overdue(&due, horizon.now);
        let passes_by = overdue.is_empty();
        let due = if passes_by { due } else { overdue };
        let leads = self.session.leads(&due).await?;
        let keys = self.session.keys();
        let entries: Vec<Entry> =
            leads.iter().filter_map(|lead| turn::pass_deadline(keys, lead, horizon.now)).collect();
        let stream = Some(Stream::Sweep(self.next_stream()));
        let batch = Batch { stream, passes_by, entries, ..Batch::default() };
        let span = semantic::turn_span("sweep", batch.entries.len());
        let committed = self.session.commit(&batch).instrument(span).await?;
        let outcomes = batch.routed_leads().zip(&committed.outcomes);
        self.busy.note(outcomes, horizon.now);
        let passed =
            committed.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Applied(_))).count();
        metrics::clocks_fired(u64::try_from(passed).unwrap_or(u64::MAX));
        if passed > 0 {
            (self.wake)();
        }
        Ok(passed)
    }
}

impl Sweeper {
    /// Says once for which feed clocks wait, behind by minutes or silent against its habit, and once that they run again.
    /// Other instances may own the feed, so it makes this one no less ready; the lookout's note stays for as long.
    async fn alarm(&mut self, horizon: &Horizon) -> Result<(), CommitError> {
        let known = horizon.fires_until();
        // Nothing is known yet at a first start; what stands still from there on is the watch's alarm.
        let behind = known != Moment::EVER && horizon.now.0.saturating_sub(known.0) > HELD_MAX;
        if behind && !self.alarmed {
            let feed = self.session.holding(HELD_MAX).await?;
            let silent = feed.as_ref().and_then(|feed| feed.silent_since);
            tracing::warn!(
                clocks.known_until = %known,
                clocks.feed = feed.as_ref().map(|feed| feed.topic.as_str()),
                clocks.silent_since = silent.map(tracing::field::display),
                "clocks wait for a feed that is minutes behind or silent against its habit: see `baton lane list` and `baton lane release-clocks`"
            );
        } else if self.alarmed && !behind {
            tracing::info!("clocks run again");
        }
        self.alarmed = behind;
        Ok(())
    }
}

impl Sweeper {
    fn next_stream(&mut self) -> u8 {
        self.turns = self.turns.wrapping_add(1);
        let own = self.turns % u64::from(STREAMS / self.share.of);
        u8::try_from(own).unwrap_or(0) * self.share.of + self.share.this
    }
}

fn stream_of(name: &str) -> u8 {
    name.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % STREAMS
}
