//! The dispatcher: what was published is told to endpoints of webhooks, and to the reps, managers and pools that it concerns.
//!
//! A round: renew the shards; note what attempts have come to; turn events that wait into deliveries; start what is due, a
//! few of each endpoint at once, so that one that never answers holds up no other. At least once, with one id and one content
//! per event; no order is promised. It decides nothing about a lead, and no clock ever waits for it.

mod endpoints;
mod expand;
mod guard;
mod prepare;
mod test_message;
mod verdict;
mod wire;

pub use endpoints::Endpoints;
pub use test_message::{Tried, try_endpoint};
pub use wire::Wire;

use crate::clock;
use crate::contract::keys::Keys;
use crate::contract::notice::Summary;
use crate::domain::ids::LeadId;
use crate::domain::team::Team;
use crate::settings::Settings;
use crate::store::delivery::Due;
use crate::store::{Dispatch, StoreError};
use crate::telemetry::{chain, metrics};
use endpoints::Target;
use expand::Expanded;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use prepare::{About, Desk};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use verdict::{Settled, Verdict, settle};

/// First and longest wait after a failed round.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);
/// Events that one transaction turns into deliveries.
const EXPAND_ROWS: i64 = 200;
/// Attempts under way to one endpoint: enough to fill a receiver of 100 ms with 40 a second, and no flood.
const PER_ENDPOINT: usize = 4;
/// Attempts under way in all: each holds a connection and a body.
const UNDER_WAY_MAX: usize = 64;
/// What is under way gets this long at the end; what is cut off is told again after the next start.
const FINISH: Duration = Duration::from_secs(2);

/// Why nothing can be told at all.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    #[error("no HTTP client can be built")]
    Http(#[source] reqwest::Error),
    #[error("notify.smtp_url cannot be used: write it as smtp://user:password@host:587?tls=required")]
    Smtp(#[source] lettre::transport::smtp::Error),
    #[error("{key} is no e-mail address")]
    Address {
        key: String,
        #[source]
        source: lettre::address::AddressError,
    },
    #[error("deliveries could not be read or marked")]
    Store(#[from] StoreError),
}

/// Gives the team in force.
pub type CurrentTeam = Arc<dyn Fn() -> Arc<Team> + Send + Sync>;

/// What notices need beside rows.
#[derive(Clone)]
pub struct Notices {
    /// Signs one-time links.
    pub keys: Keys,
    pub team: CurrentTeam,
    /// Where links lead to.
    pub board_url: String,
}

/// An attempt that has ended: of which delivery, by which channel, with which verdict.
type Ended = (Due, &'static str, Verdict);

/// One instance's dispatcher over the shards that it holds.
pub struct Dispatcher {
    settings: Arc<Settings>,
    dispatch: Dispatch,
    endpoints: Endpoints,
    wire: Arc<Wire>,
    notices: Notices,
    shards: Vec<i16>,
    leased_at: Option<Instant>,
    attempts: FuturesUnordered<BoxFuture<'static, Ended>>,
    /// Endpoints of deliveries that are under way or not noted yet.
    under_way: BTreeMap<i64, String>,
    /// What has ended and is not noted yet.
    settled: Vec<Settled>,
}

impl Dispatcher {
    /// A dispatcher that holds nothing yet.
    ///
    /// # Errors
    /// An address of the settings cannot be read, or a client cannot be built.
    pub fn new(settings: Arc<Settings>, dispatch: Dispatch, notices: Notices) -> Result<Self, ChannelError> {
        Ok(Self {
            endpoints: Endpoints::of(&settings)?,
            wire: Arc::new(Wire::new(&settings)?),
            settings,
            dispatch,
            notices,
            shards: Vec::new(),
            leased_at: None,
            attempts: FuturesUnordered::new(),
            under_way: BTreeMap::new(),
            settled: Vec::new(),
        })
    }

    /// Runs until cancelled; gives the shards back at the end.
    pub async fn run(mut self, cancel: CancellationToken) {
        let sweep = Duration::from_millis(self.settings.relay.sweep_milliseconds);
        let mut failures = 0;
        while !cancel.is_cancelled() {
            let wait = match self.round().await {
                Ok(more) => {
                    failures = 0;
                    if more { Duration::ZERO } else { sweep }
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "a round of deliveries failed: it is tried again");
                    if let Err(error) = self.dispatch.reopen().await {
                        tracing::debug!(error = %chain(&error), "the dispatcher's connection could not be opened again");
                    }
                    self.leased_at = None;
                    failures += 1;
                    clock::backoff(RETRY_FIRST, RETRY_MOST, failures)
                }
            };
            tokio::select! {
                biased;
                () = cancel.cancelled() => {}
                Some(ended) = self.attempts.next(), if failures == 0 => self.ended(ended),
                () = tokio::time::sleep(wait) => {}
            }
        }
        self.finish().await;
    }

    /// One round; says whether there is more to do at once.
    async fn round(&mut self) -> Result<bool, StoreError> {
        self.renew().await?;
        while let Some(Some(ended)) = self.attempts.next().now_or_never() {
            self.ended(ended);
        }
        self.note().await?;
        let more = self.expand().await?;
        self.begin().await?;
        Ok(more)
    }

    async fn renew(&mut self) -> Result<(), StoreError> {
        let lease = Duration::from_secs(u64::from(self.settings.relay.lease_seconds));
        if self.leased_at.is_some_and(|at| at.elapsed() < lease / 3) {
            return Ok(());
        }
        let asked = clock::instant();
        let micros = i64::try_from(lease.as_micros()).unwrap_or(i64::MAX);
        self.shards = self.dispatch.take_shards(micros).await?;
        self.leased_at = Some(asked);
        Ok(())
    }

    /// Turns events that wait into deliveries.
    async fn expand(&mut self) -> Result<bool, StoreError> {
        let rows = self.dispatch.waiting(&self.shards, EXPAND_ROWS).await?;
        if rows.is_empty() {
            return Ok(false);
        }
        let team = (self.notices.team)();
        let expanded = expand::expand(&rows, &self.endpoints, &team);
        let Expanded { seqs, messages, deliveries } = &expanded;
        self.dispatch.expand(seqs, messages, deliveries, expand::summarise).await?;
        Ok(i64::try_from(rows.len()).is_ok_and(|count| count == EXPAND_ROWS))
    }

    /// Starts what is due, as far as there is room.
    async fn begin(&mut self) -> Result<(), StoreError> {
        let mut busy: BTreeMap<&str, usize> = BTreeMap::new();
        for endpoint in self.under_way.values() {
            *busy.entry(endpoint).or_default() += 1;
        }
        let mut left = UNDER_WAY_MAX.saturating_sub(self.under_way.len());
        let mut room = Vec::new();
        for name in self.endpoints.names() {
            let free = PER_ENDPOINT.saturating_sub(busy.get(name).copied().unwrap_or(0));
            if free > 0 && left > 0 {
                room.push((name, i64::try_from(free).unwrap_or(0)));
            }
        }
        if room.is_empty() || left == 0 {
            return Ok(());
        }
        let under_way: Vec<i64> = self.under_way.keys().copied().collect();
        let mut due = self.dispatch.due(&room, &self.shards, &under_way).await?;
        // First attempts before repeated ones: with more endpoints than room those that answer are told first.
        due.sort_by_key(|row| (row.attempts, row.id));
        let is_notice = |row: &&Due| !row.endpoint.starts_with("webhook:");
        let leads: BTreeSet<LeadId> =
            due.iter().filter(is_notice).filter_map(|row| row.lead_id.map(LeadId)).collect();
        let (standing, people) =
            if leads.is_empty() { Default::default() } else { self.dispatch.leads(&leads).await? };
        let team = (self.notices.team)();
        for row in due {
            if left == 0 {
                break;
            }
            let Some(target) = self.endpoints.get(&row.endpoint) else { continue };
            let left_out = match Summary::read(&row.body).filter(|_| row.lead_id.is_none()) {
                Some(it) => self.dispatch.left_out(&it.endpoint, it.kind.code(), it.from, it.to()).await?,
                None => 0,
            };
            let about = About {
                standing: row.lead_id.and_then(|id| standing.get(&id)),
                person: row.lead_id.and_then(|id| people.get(&LeadId(id))),
                left_out,
            };
            let (keys, board_url) = (&self.notices.keys, self.notices.board_url.as_str());
            let parcel = prepare::parcel(&row, target, about, &Desk { keys, team: &team, board_url });
            left -= 1;
            self.under_way.insert(row.id, row.endpoint.clone());
            let (channel, wire) = (target.channel(), Arc::clone(&self.wire));
            self.attempts.push(
                async move {
                    let verdict = match parcel {
                        Ok(parcel) => wire.send(parcel).await,
                        Err(verdict) => verdict,
                    };
                    (row, channel, verdict)
                }
                .boxed(),
            );
        }
        Ok(())
    }

    /// Settles an attempt; it is noted in the next round.
    fn ended(&mut self, (due, channel, verdict): Ended) {
        let settled = settle(&due, channel, verdict, &self.settings.webhooks.retry_seconds);
        metrics::delivery(channel, settled.outcome());
        if settled.state == "failed" {
            let (endpoint, status) = (&settled.endpoint, &settled.status);
            tracing::warn!(
                delivery.endpoint = endpoint,
                delivery.id = settled.id,
                delivery.status = status,
                "a delivery failed for good: see `baton webhook list --state failed`"
            );
        }
        self.settled.push(settled);
    }

    /// Notes what has ended; what cannot be noted now stays for the next round, and is not sent again meanwhile.
    async fn note(&mut self) -> Result<(), StoreError> {
        while let Some(settled) = self.settled.last() {
            self.dispatch.mark(&settled.mark()).await?;
            if let Some(reason) = settled.stop {
                self.dispatch.stop(&settled.endpoint, reason).await?;
                tracing::error!(
                    delivery.endpoint = settled.endpoint,
                    reason,
                    "an endpoint is told nothing more: mend it, then `baton webhook enable` and `redeliver`"
                );
            }
            self.under_way.remove(&settled.id);
            self.settled.pop();
        }
        Ok(())
    }

    /// What is under way may end; then the shards go back.
    async fn finish(mut self) {
        let until = tokio::time::timeout(FINISH, async {
            while let Some(ended) = self.attempts.next().await {
                self.ended(ended);
            }
        });
        if until.await.is_err() {
            tracing::debug!("attempts were cut off and are made again after the next start");
        }
        let noted = self.note().await;
        if let Err(error) = noted {
            tracing::debug!(error = %chain(&error), "the last deliveries could not be noted and are made again");
        }
        if let Err(error) = self.dispatch.release().await {
            tracing::debug!(error = %chain(&error), "the dispatcher's shards were not given back and run out");
        }
    }
}
