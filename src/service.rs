//! The composition root: opens sessions, starts every loop, stops them in order. The only place that starts tasks; it
//! decides nothing about a lead.

use crate::clock;
use crate::contract::Decoder;
use crate::contract::inbound::SchemaError;
use crate::contract::keys::Keys;
use crate::domain::time::Moment;
use crate::intake::{self, Intake, IntakeError};
use crate::relay::Relay;
use crate::router::Router;
use crate::settings::Settings;
use crate::store::connect::{self, Timeouts};
use crate::store::{Outlet, Reader, StoreError, migrate, world};
use crate::sweeper::Sweeper;
use crate::telemetry::{self, health::Health};
use crate::transaction::session::{Session, SessionParts};
use crate::web::{self, WebState};
use sqlx::PgConnection;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The service key that a first start draws: 256 bits.
const SERVICE_KEY_BYTES: usize = 32;

/// Why the service cannot start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the database stands still: its clock row is set to {0}: wait until the demo or test that set it ends, or delete the row")]
    ClockSet(Moment),
    #[error("no policy, team or reference data is published: run `baton migrate`")]
    NoTexts,
    #[error("the session cannot be prepared")]
    Prepare(#[source] crate::transaction::session::CommitError),
    #[error("http.listen = {address} cannot be used: choose another address, or end who uses it")]
    Listen {
        address: std::net::SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error("no service key could be drawn: set security.service_key")]
    Key,
    #[error("signals cannot be caught")]
    Signal(#[source] std::io::Error),
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

/// A service that runs, until [`Running::until_stopped`] ends.
pub struct Running {
    /// Where the board listens.
    pub address: std::net::SocketAddr,
    pub health: Health,
    stop: CancellationToken,
    late: CancellationToken,
    tasks: JoinSet<(&'static str, Result<(), ServiceError>)>,
    late_tasks: JoinSet<(&'static str, Result<(), ServiceError>)>,
    bound: Duration,
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
    let listener = TcpListener::bind(address).await.map_err(|source| ServiceError::Listen { address, source })?;
    let address = listener.local_addr().map_err(|source| ServiceError::Listen { address, source })?;
    let parts = Parts::new(settings, keys, address).await?;
    parts.start(listener, address).await
}

/// Checks the database, sets `live_from` once, and gives the keys that identifiers are looked up under.
async fn prepare(settings: &Settings, clock_may_be_set: bool) -> Result<Keys, ServiceError> {
    let mut conn = connect::connect(settings.database.url.expose(), "baton start", timeouts(settings)).await?;
    migrate::check(&mut conn).await?;
    if !clock_may_be_set
        && let Some(moment) = world::clock(&mut conn).await?
    {
        return Err(ServiceError::ClockSet(moment));
    }
    let stored = world::read(&mut conn).await?;
    if stored.policy.is_none() || stored.team.is_none() || stored.reference.is_none() {
        return Err(ServiceError::NoTexts);
    }
    world::go_live(&mut conn, Moment(stored.now)).await?;
    keys(settings, &mut conn).await
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
