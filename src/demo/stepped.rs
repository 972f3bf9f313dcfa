//! The service's own parts taken one turn at a time, under a clock that is moved by hand: intake runs as it always does,
//! router, sweeper and relay run when told. It never decides anything about a lead.

use super::DemoError;
use super::traffic::Ends;
use crate::domain::time::Moment;
use crate::intake::{self, Intake, IntakeError};
use crate::relay::{Kind, Relay};
use crate::router::Router;
use crate::service;
use crate::settings::Settings;
use crate::store::Outlet;
use crate::store::position::StoredPosition;
use crate::sweeper::Sweeper;
use crate::telemetry::health::Health;
use crate::transaction::pace::Pace;
use crate::transaction::session::{Session, SessionSettings};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Between two looks at the positions.
const LOOK: Duration = Duration::from_millis(1);
/// A batch takes milliseconds; after so long the lanes are taken for broken.
const READ_MAX: Duration = Duration::from_secs(30);
/// Turns of router and sweeper in one step: each passes hundreds of leads, so more means that they chase each other.
const TURNS_MAX: u32 = 50;
/// Rounds of the relay in one step, of hundreds of records each.
const ROUNDS_MAX: u32 = 1_000;
/// A stop waits so long for lanes and threads.
const STOP: Duration = Duration::from_secs(3);

/// The parts of a service, without its loops.
pub struct Stepped {
    session: Session,
    router: Router,
    sweeper: Sweeper,
    events: Relay,
    /// The compacted topic's transactions take the demo's broker a tenth of a second each: too long for every step.
    states: Relay,
    /// Records that the relay takes from a shard in one round.
    rows: usize,
    /// Raised after every commit that leaves something to publish or to offer.
    commits: Arc<AtomicU64>,
    seen_commits: u64,
    lanes: JoinSet<()>,
    threads: Vec<JoinHandle<Result<(), IntakeError>>>,
    cancel: CancellationToken,
}

impl Stepped {
    /// Opens everything and starts to read; the positions are claimed when this returns.
    ///
    /// # Errors
    /// The database or the broker cannot be used.
    pub async fn start(settings: &Arc<Settings>) -> Result<Self, DemoError> {
        let keys = service::keys(settings).await?;
        let sessions = service::session_settings(settings, keys.clone(), settings.board_url())?;
        let (commits, health, cancel) =
            (Arc::new(AtomicU64::new(0)), Health::new(), CancellationToken::new());
        let counter = Arc::clone(&commits);
        let wake: intake::Wake = Arc::new(move || {
            counter.fetch_add(1, Ordering::Release);
        });
        let mut lanes = Vec::with_capacity(settings.lanes.workers);
        for _ in 0..settings.lanes.workers {
            lanes.push(open(&sessions, "lane").await?);
        }
        let claims = open(&sessions, "claims").await?;
        let intake = intake::build(intake::Parts {
            settings: Arc::clone(settings),
            decoder: Arc::clone(&sessions.decoder),
            reference: Arc::clone(&claims.texts().reference),
            sessions: lanes,
            claims,
            health: health.clone(),
            pace: Pace::default(),
            wake: Arc::clone(&wake),
            runtime: Handle::current(),
            cancel: cancel.clone(),
        });
        let owner = format!("history-{}", std::process::id());
        let router = Router::new(
            open(&sessions, "router").await?,
            owner.clone(),
            Arc::clone(settings),
            health.clone(),
            Arc::clone(&wake),
        );
        let sweeper =
            Sweeper::new(open(&sessions, "sweeper").await?, Arc::clone(settings), health.clone(), wake);
        let relay = async |kind| {
            let outlet = Outlet::open(settings.database.url.expose()).await.map_err(DemoError::Store)?;
            let (settings, keys) = (Arc::clone(settings), keys.clone());
            Ok::<_, DemoError>(Relay::new(kind, settings, outlet, keys, owner.clone(), health.clone()))
        };
        let (events, states) = (relay(Kind::Events).await?, relay(Kind::State).await?);
        let session = open(&sessions, "history").await?;
        let (lanes, threads) = run(intake, &cancel)?;
        let rows = usize::try_from(settings.relay.rows).unwrap_or(usize::MAX);
        let mut stepped = Self {
            session,
            router,
            sweeper,
            events,
            states,
            rows,
            commits,
            seen_commits: 0,
            lanes,
            threads,
            cancel,
        };
        stepped.await_claims().await?;
        Ok(stepped)
    }

    /// Reading has begun when the positions are there and owned; all of them are claimed at once.
    async fn await_claims(&mut self) -> Result<(), DemoError> {
        let begun = crate::clock::instant();
        loop {
            let positions = self.session.positions().await?;
            if !positions.is_empty() && positions.iter().all(|position| position.epoch > 0) {
                return Ok(());
            }
            self.still_alive()?;
            if begun.elapsed() > READ_MAX {
                return Err(DemoError::NotRead {
                    topic: "any topic".to_owned(),
                    seconds: READ_MAX.as_secs(),
                });
            }
            tokio::time::sleep(LOOK * 20).await;
        }
    }

    /// From now on it is this moment; before the first one the service counts as not yet live.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn set_clock(&mut self, now: Moment) -> Result<(), DemoError> {
        Ok(self.session.set_clock(Some(now)).await?)
    }

    /// The service is live from this moment on, however early.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn live_from(&mut self, at: Moment) -> Result<(), DemoError> {
        Ok(self.session.move_live(at).await?)
    }

    /// Waits until everything up to these ends is read and stored, and says so to the clocks, which never run ahead of it.
    ///
    /// # Errors
    /// It is not read in time, or intake ended.
    pub async fn read(&mut self, ends: &Ends) -> Result<(), DemoError> {
        let begun = crate::clock::instant();
        let positions = loop {
            let positions = self.session.positions().await?;
            let Some(behind) = behind(&positions, ends) else { break positions };
            self.still_alive()?;
            if begun.elapsed() > READ_MAX {
                return Err(DemoError::NotRead { topic: behind.to_owned(), seconds: READ_MAX.as_secs() });
            }
            tokio::time::sleep(LOOK).await;
        };
        let mine: Vec<_> = positions
            .into_iter()
            .map(|position| (position.topic, position.partition, position.epoch, position.next_offset))
            .collect();
        self.session.heartbeat(&mine, 0).await?;
        Ok(())
    }

    /// Offers what is queued, passes what is due, and publishes; says whether anything was published.
    ///
    /// # Errors
    /// The database or the broker failed.
    pub async fn turn(&mut self) -> Result<bool, DemoError> {
        for _ in 0..TURNS_MAX {
            let offered = self.router.run_once().await?;
            let passed = self.sweeper.run_once().await? + self.sweeper.spread(false).await?;
            if offered + passed == 0 {
                break;
            }
        }
        let commits = self.commits.load(Ordering::Acquire);
        if commits == self.seen_commits {
            return Ok(false);
        }
        self.seen_commits = commits;
        let mut published = 0;
        for _ in 0..ROUNDS_MAX {
            let sent = self.events.run_once().await?;
            published += sent;
            // A round that sent less than a shard's share has left nothing behind.
            if sent < self.rows {
                break;
            }
        }
        Ok(published > 0)
    }

    /// Publishes everything, the compacted topic included.
    ///
    /// # Errors
    /// The database or the broker failed.
    pub async fn publish_all(&mut self) -> Result<(), DemoError> {
        for _ in 0..ROUNDS_MAX {
            if self.events.run_once().await? + self.states.run_once().await? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Publishes what is left, gives time back to the database and stops reading.
    ///
    /// # Errors
    /// The database or the broker failed.
    pub async fn finish(mut self) -> Result<(), DemoError> {
        self.publish_all().await?;
        self.session.set_clock(None).await?;
        self.cancel.cancel();
        // Leases are given back by the relay's own loop, which ends at once.
        self.events.run(Arc::default(), self.cancel.clone()).await;
        self.states.run(Arc::default(), self.cancel.clone()).await;
        let lanes = &mut self.lanes;
        let ended = tokio::time::timeout(STOP, async { while lanes.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::warn!("lanes of the history did not end in time and are cut off");
        }
        for thread in self.threads {
            let joined = tokio::task::block_in_place(|| thread.join());
            if let Ok(Err(error)) = joined {
                return Err(DemoError::Intake(error));
            }
        }
        Ok(())
    }

    fn still_alive(&mut self) -> Result<(), DemoError> {
        match self.threads.iter().position(JoinHandle::is_finished) {
            None => Ok(()),
            Some(place) => match self.threads.swap_remove(place).join() {
                Ok(Err(error)) => Err(DemoError::Intake(error)),
                Ok(Ok(())) | Err(_) => Err(DemoError::Ended),
            },
        }
    }
}

async fn open(sessions: &SessionSettings, name: &str) -> Result<Session, DemoError> {
    let settings = SessionSettings { application_name: format!("baton history {name}"), ..sessions.clone() };
    Ok(Session::open(settings).await?)
}

type Running = (JoinSet<()>, Vec<JoinHandle<Result<(), IntakeError>>>);

fn run(intake: Intake, cancel: &CancellationToken) -> Result<Running, DemoError> {
    let Intake { poller, watch, lanes } = intake;
    let mut tasks = JoinSet::new();
    for lane in lanes {
        tasks.spawn(lane.run(cancel.clone()));
    }
    let spawn = |name: &str, work: Box<dyn FnOnce() -> Result<(), IntakeError> + Send>| {
        std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(DemoError::Thread)
    };
    let threads = vec![
        spawn("history-poll", Box::new(move || poller.run()))?,
        spawn("history-watch", Box::new(move || watch.run()))?,
    ];
    Ok((tasks, threads))
}

/// A topic that is not read up to its end.
pub(super) fn behind(positions: &[StoredPosition], ends: &Ends) -> Option<&'static str> {
    ends.iter().find_map(|((topic, partition), end)| {
        let read = positions.iter().any(|stored| {
            stored.topic == *topic && stored.partition == *partition && stored.next_offset >= *end
        });
        (!read).then_some(*topic)
    })
}
