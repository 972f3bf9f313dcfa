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
