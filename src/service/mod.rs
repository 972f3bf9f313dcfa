//! The composition root: opens sessions, starts every loop, stops them in order. The only place that starts tasks; it
//! decides nothing about a lead.

mod checkpoints;
mod desk;
pub mod digests;
mod lookout;
mod loops;
mod running;
mod signing;

pub use running::Running;

use crate::clock;
use crate::contract::Decoder;
use crate::contract::inbound::SchemaError;
use crate::contract::keys::Keys;
use crate::domain::time::Moment;
use crate::intake::{self, Intake, IntakeError};
use crate::relay::webhooks::ChannelError;
use crate::relay::{Kind, Relay};
use crate::settings::Settings;
use crate::store::connect::{self, Timeouts};
use crate::store::token::Tokens;
use crate::store::{Outlet, Reader, StoreError, migrate, world};
use crate::telemetry::{self, health::Health};
use crate::transaction::TextCache;
use crate::transaction::ask::{self, Asks};
use crate::transaction::loaded::Texts;
use crate::transaction::pace::Pace;
use crate::transaction::session::{CommitError, Session, SessionSettings};
use crate::web::{self, WebState};
use desk::Desk;
use lookout::Lookout;
use running::Ended;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The service key that a first start draws: 256 bits.
const SERVICE_KEY_BYTES: usize = 32;
/// Signing in and looking up a token are one short statement each.
const TOKEN_CONNECTIONS: u32 = 2;

/// Why the service cannot start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the database stands still: its clock row is set to {0}: wait until the demo or test that set it ends, or delete the row"
    )]
    ClockSet(Moment),
    #[error("no policy, team or reference data is published: run `baton migrate`")]
    NoTexts,
    #[error("the session cannot be prepared")]
    Prepare(#[source] CommitError),
    #[error("http.listen = {address} cannot be used: choose another address, or end who uses it")]
    Listen {
        address: std::net::SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error("no key could be drawn: set security.service_key and audit.signing_key")]
    Key,
    #[error(
        "the signing key in {path} is not 64 hexadecimal digits: mend the file, or set audit.signing_key"
    )]
    SigningKey { path: String },
    #[error(
        "the signing key cannot be kept in {path}: set audit.signing_key_file to a place that can be written, or audit.signing_key"
    )]
    SigningKeyFile {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("signals cannot be caught")]
    Signal(#[source] std::io::Error),
    #[error("webhooks and notices cannot be sent")]
    Channels(#[from] ChannelError),
    #[error(transparent)]
    Decoder(#[from] SchemaError),
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error(transparent)]
    Web(#[from] web::WebError),
    #[error("a thread could not be started")]
    Thread(#[source] std::io::Error),
    #[error("{0} ended unexpectedly")]
    Ended(&'static str),
}

/// Runs the service until SIGTERM or Ctrl-C.
///
/// # Errors
/// It cannot start, or a part of it ended by itself.
pub async fn run(settings: Arc<Settings>) -> Result<(), ServiceError> {
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(ServiceError::Signal)?;
    let running = start(settings, false).await?;
    let stop = running.stopper();
    let signals = async move {
        tokio::select! {
            _ = terminated.recv() => tracing::info!("SIGTERM: stopping"),
            _ = tokio::signal::ctrl_c() => tracing::info!("interrupt: stopping"),
        }
        stop.cancel();
        // Never ends by itself: the service does.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        ended = running.until_stopped() => ended,
        () = signals => Ok(()),
    }
}

/// Starts every loop. `clock_may_be_set`: the demo tells its history under a clock of its own.
///
/// # Errors
/// The database is not prepared, the address is in use, or a client cannot be built.
pub async fn start(settings: Arc<Settings>, clock_may_be_set: bool) -> Result<Running, ServiceError> {
    let keys = prepare(&settings, clock_may_be_set).await?;
    let address = settings.http.listen;
    let listener =
        TcpListener::bind(address).await.map_err(|source| ServiceError::Listen { address, source })?;
    let address = listener.local_addr().map_err(|source| ServiceError::Listen { address, source })?;
    let parts = Parts::new(settings, keys, address)?;
    parts.start(listener, address).await
}

/// Checks the database, sets `live_from` once, and gives the keys that identifiers are looked up under.
async fn prepare(settings: &Settings, clock_may_be_set: bool) -> Result<Keys, ServiceError> {
    let mut conn =
        connect::connect(settings.database.url.expose(), "baton start", timeouts(settings)).await?;
    migrate::check(&mut conn).await?;
    if !clock_may_be_set && let Some(moment) = world::clock(&mut conn).await? {
        return Err(ServiceError::ClockSet(moment));
    }
    let stored = world::read(&mut conn).await?;
    if stored.policy.is_none() || stored.team.is_none() || stored.reference.is_none() {
        return Err(ServiceError::NoTexts);
    }
    world::go_live(&mut conn, Moment(stored.now)).await?;
    drop(conn);
    keys(settings).await
}

/// What the server itself bounds, as the settings say.
#[must_use]
pub fn timeouts(settings: &Settings) -> Timeouts {
    let milliseconds = |value: u32| Duration::from_millis(u64::from(value));
    Timeouts {
        statement: milliseconds(settings.database.statement_timeout_milliseconds),
        lock: milliseconds(settings.database.lock_timeout_milliseconds),
        idle_in_transaction: milliseconds(settings.database.idle_in_transaction_timeout_milliseconds),
    }
}

/// The service key: the setting's, else the one that the first start drew and the database keeps.
///
/// # Errors
/// The database does not answer, or nothing can be drawn.
pub async fn keys(settings: &Settings) -> Result<Keys, ServiceError> {
    let given = settings.security.service_key.expose();
    if !given.is_empty() {
        return Ok(Keys::new(given.as_bytes(), 0));
    }
    let mut conn =
        connect::connect(settings.database.url.expose(), "baton start", timeouts(settings)).await?;
    let (id, secret) = if let Some(stored) = world::service_key(&mut conn).await? {
        stored
    } else {
        let mut drawn = [0_u8; SERVICE_KEY_BYTES];
        getrandom::fill(&mut drawn).map_err(|_| ServiceError::Key)?;
        world::keep_service_key(&mut conn, 1, &drawn).await?
    };
    Ok(Keys::new(&secret, u16::try_from(id).unwrap_or(0)))
}

/// Everything that loops are made of.
struct Parts {
    settings: Arc<Settings>,
    keys: Keys,
    decoder: Arc<Decoder>,
    sessions: SessionSettings,
    health: Health,
    /// This life of the process, on leases: a restart is another owner.
    owner: String,
    events: Arc<Notify>,
    states: Arc<Notify>,
    router: Arc<Notify>,
    pace: Pace,
}

/// How sessions are opened; for the command line too.
///
/// # Errors
/// A schema does not compile.
pub fn session_settings(
    settings: &Settings,
    keys: Keys,
    board_url: String,
) -> Result<SessionSettings, ServiceError> {
    Ok(SessionSettings {
        url: settings.database.url.expose().to_owned(),
        application_name: "baton".to_owned(),
        timeouts: timeouts(settings),
        texts: TextCache::default(),
        decoder: Arc::new(Decoder::new(keys)?),
        board_url: Some(board_url),
        fail_after_statement: Some(settings.limits.fail_after_statement),
    })
}

impl Parts {
    fn new(settings: Arc<Settings>, keys: Keys, address: std::net::SocketAddr) -> Result<Self, ServiceError> {
        let board_url = if settings.http.public_url.is_empty() {
            format!("http://{address}")
        } else {
            settings.board_url()
        };
        let sessions = session_settings(&settings, keys.clone(), board_url)?;
        let owner = format!("{}-{}-{}", std::process::id(), address.port(), clock::wall_micros());
        Ok(Self {
            decoder: Arc::clone(&sessions.decoder),
            settings,
            keys,
            sessions,
            health: Health::new(),
            owner,
            events: Arc::new(Notify::new()),
            states: Arc::new(Notify::new()),
            router: Arc::new(Notify::new()),
            pace: Pace::default(),
        })
    }

    async fn session(&self, name: &str) -> Result<Session, ServiceError> {
        // Names the instance too: it stands as owner on the positions that it claims.
        let settings = SessionSettings {
            application_name: format!("baton {name} {}", self.owner),
            ..self.sessions.clone()
        };
        match Session::open(settings).await {
            Ok(session) => Ok(session),
            Err(CommitError::Store(error)) => Err(ServiceError::Store(error)),
            Err(error) => Err(ServiceError::Prepare(error)),
        }
    }

    fn wake(&self) -> intake::Wake {
        let woken = [&self.events, &self.states, &self.router].map(Arc::clone);
        Arc::new(move || woken.iter().for_each(|loop_woken| loop_woken.notify_one()))
    }

    async fn relay(&self, kind: Kind) -> Result<Relay, ServiceError> {
        let outlet = Outlet::open(self.settings.database.url.expose()).await?;
        let (settings, keys) = (Arc::clone(&self.settings), self.keys.clone());
        Ok(Relay::new(kind, settings, outlet, keys, self.owner.clone(), self.health.clone()))
    }

    async fn start(
        self,
        listener: TcpListener,
        address: std::net::SocketAddr,
    ) -> Result<Running, ServiceError> {
        let (stop, late) = (CancellationToken::new(), CancellationToken::new());
        let mut sessions = Vec::with_capacity(self.settings.lanes.workers);
        for lane in 0..self.settings.lanes.workers {
            sessions.push(self.session(&format!("lane {lane}")).await?);
        }
        let claims = self.session("claims").await?;
        let reference = Arc::clone(&claims.texts().reference);
        let (texts_tell, texts) = watch::channel(claims.texts().clone());
        let intake = intake::build(intake::Parts {
            settings: Arc::clone(&self.settings),
            decoder: Arc::clone(&self.decoder),
            reference,
            sessions,
            claims,
            health: self.health.clone(),
            pace: self.pace.clone(),
            wake: self.wake(),
            runtime: Handle::current(),
            cancel: stop.clone(),
        });
        let mut tasks = JoinSet::new();
        run_intake(&mut tasks, intake, &stop)?;
        self.run_turns(&mut tasks, &stop).await?;
        self.run_checkpoints(&mut tasks, &stop).await?;
        self.run_channels(&mut tasks, &stop, &texts).await?;
        let (asks, queue) = ask::door();
        let desk = Desk {
            session: self.session("asks").await?,
            keys: self.keys.clone(),
            texts: texts_tell,
            wake: self.wake(),
        };
        let cancel = stop.clone();
        tasks.spawn(async move {
            ("the desk", {
                desk.run(queue, cancel).await;
                Ok(())
            })
        });
        let late_tasks = self.run_relays(&late).await?;
        let state = self.web_state(asks, texts.clone()).await?;
        let lookout = Lookout { reader: state.reader.clone(), texts, health: self.health.clone() };
        let cancel = stop.clone();
        tasks.spawn(async move {
            ("the lookout", {
                lookout.run(cancel).await;
                Ok(())
            })
        });
        let cancel = stop.clone();
        tasks.spawn(async move {
            ("the web server", web::serve(listener, state, cancel).await.map_err(Into::into))
        });
        tracing::info!(http.address = %address, "baton is live: http://{address}");
        let bound = self.settings.shutdown_bound();
        Ok(Running { address, health: self.health, stop, late, tasks, late_tasks, bound })
    }

    async fn web_state(&self, asks: Asks, texts: watch::Receiver<Texts>) -> Result<WebState, ServiceError> {
        let url = self.settings.database.url.expose();
        let reader = Reader::open(url, self.settings.database.reader_connections).await?;
        let tokens = Tokens::new(
            connect::pool(url, "baton tokens", TOKEN_CONNECTIONS, timeouts(&self.settings)).await?,
        );
        let (health, noted) = (self.health.clone(), self.health.clone());
        let metrics: web::MetricsText =
            Arc::new(|| telemetry::metrics_text().map_err(|error| error.to_string()));
        let mut state = WebState::new(
            reader,
            tokens,
            asks,
            self.keys.clone(),
            texts,
            Arc::new(move || health.report()),
            metrics,
        );
        state.notes = Arc::new(move || noted.notes());
        state.secure_cookies = self.settings.http.public_url.starts_with("https://");
        Ok(state)
    }
}

/// The poller and the watch block, so each has a thread; how they ended comes back as a task.
fn run_intake(
    tasks: &mut JoinSet<Ended>,
    intake: Intake,
    stop: &CancellationToken,
) -> Result<(), ServiceError> {
    let Intake { poller, watch, lanes } = intake;
    for lane in lanes {
        let cancel = stop.clone();
        tasks.spawn(async move {
            ("a lane", {
                lane.run(cancel).await;
                Ok(())
            })
        });
    }
    tasks.spawn(thread("intake-poll", "the polling thread", move || poller.run())?);
    tasks.spawn(thread("intake-watch", "the watch", move || watch.run())?);
    Ok(())
}

fn thread(
    name: &str,
    part: &'static str,
    work: impl FnOnce() -> Result<(), IntakeError> + Send + 'static,
) -> Result<impl Future<Output = Ended> + Send + 'static, ServiceError> {
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            // Whoever waits may be gone at the end.
            let _ = tell.send(work());
        })
        .map_err(ServiceError::Thread)?;
    Ok(async move {
        match told.await {
            Ok(ended) => (part, ended.map_err(ServiceError::from)),
            Err(_) => (part, Err(ServiceError::Ended(part))),
        }
    })
}
