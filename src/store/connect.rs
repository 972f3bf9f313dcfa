//! How connections to the database are opened: the server's own timeouts on every one. It never pools writers.

use super::error::StoreError;
use super::statement::Statement;
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use std::str::FromStr;
use std::time::Duration;

/// Statements that one connection keeps prepared: more than the catalog holds, so that none is ever prepared twice.
const PREPARED_STATEMENTS_MAX: usize = 256;

/// What the server itself enforces on a connection; a client that hangs can't hold locks longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    pub statement: Duration,
    pub lock: Duration,
    pub idle_in_transaction: Duration,
}

impl Default for Timeouts {
    /// A batch takes tens of milliseconds: thirty seconds is trouble, and five seconds for a lock a retry.
    fn default() -> Self {
        Self {
            statement: Duration::from_secs(30),
            lock: Duration::from_secs(5),
            idle_in_transaction: Duration::from_secs(30),
        }
    }
}

fn options(url: &str, application: &str, timeouts: Timeouts) -> Result<PgConnectOptions, StoreError> {
    let milliseconds = |duration: Duration| duration.as_millis().to_string();
    Ok(PgConnectOptions::from_str(url)
        .map_err(|source| StoreError::Address { source })?
        .application_name(application)
        .statement_cache_capacity(PREPARED_STATEMENTS_MAX)
        .options([
            ("statement_timeout", milliseconds(timeouts.statement)),
            ("lock_timeout", milliseconds(timeouts.lock)),
            ("idle_in_transaction_session_timeout", milliseconds(timeouts.idle_in_transaction)),
            ("timezone", "UTC".to_owned()),
        ]))
}

/// Opens one connection for a worker that holds it.
///
/// # Errors
/// The address can't be read, or the server can't be reached.
pub async fn connect(url: &str, application: &str, timeouts: Timeouts) -> Result<PgConnection, StoreError> {
    let options = options(url, application, timeouts)?;
    PgConnection::connect_with(&options).await.map_err(|source| StoreError::Connect { source })
}

/// A small pool for reads only.
///
/// # Errors
/// The address can't be read, or the server can't be reached.
pub async fn pool(
    url: &str,
    application: &str,
    connections: u32,
    timeouts: Timeouts,
) -> Result<PgPool, StoreError> {
    let options = options(url, application, timeouts)?;
    PgPoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .map_err(|source| StoreError::Connect { source })
}

/// The user whom an address names, if any.
///
/// # Errors
/// The address can't be read.
pub fn user(url: &str) -> Result<String, StoreError> {
    Ok(PgConnectOptions::from_str(url)
        .map_err(|source| StoreError::Address { source })?
        .get_username()
        .to_owned())
}

/// A held connection; transactions are plain statements on it, never `begin()` (which leaks when it is cancelled).
pub type Connection = PgConnection;

const BEGIN: Statement = Statement::new("transaction.begin", "BEGIN");
const COMMIT: Statement = Statement::new("transaction.commit", "COMMIT");
const ROLLBACK: Statement = Statement::new("transaction.rollback", "ROLLBACK");

/// Begins a transaction at READ COMMITTED.
///
/// # Errors
/// The statement fails.
pub async fn begin(conn: &mut Connection) -> Result<(), StoreError> {
    run(conn, BEGIN).await
}

/// Commits. An error of the connection leaves it unknown whether it was done.
///
/// # Errors
/// The statement fails.
pub async fn commit(conn: &mut Connection) -> Result<(), StoreError> {
    run(conn, COMMIT).await
}

/// Rolls back.
///
/// # Errors
/// The statement fails.
pub async fn rollback(conn: &mut Connection) -> Result<(), StoreError> {
    run(conn, ROLLBACK).await
}

async fn run(conn: &mut Connection, statement: Statement) -> Result<(), StoreError> {
    sqlx::raw_sql(statement.sql).execute(conn).await.map_err(|error| statement.failed(error))?;
    Ok(())
}
