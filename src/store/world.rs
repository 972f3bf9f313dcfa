//! What stands behind every decision: the time, the active texts, when the service went live, the timeline. One statement.

use super::error::StoreError;
use super::statement::Statement;
use crate::domain::time::Moment;
use sqlx::{FromRow, PgConnection};

const READ: Statement = Statement::new(
    "world.read",
    "SELECT coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS now,
         (SELECT live_from FROM service_state) AS live_from, (SELECT number FROM timeline) AS timeline,
         (SELECT hash FROM active_text WHERE kind = 'policy') AS policy,
         (SELECT hash FROM active_text WHERE kind = 'team') AS team,
         (SELECT hash FROM active_text WHERE kind = 'reference') AS reference,
         (SELECT version FROM team_said) AS said",
);
const SET_CLOCK: Statement = Statement::new(
    "clock.set",
    "INSERT INTO clock (now) VALUES ($1) ON CONFLICT (only_row) DO UPDATE SET now = excluded.now",
);
const CLEAR_CLOCK: Statement = Statement::new("clock.clear", "DELETE FROM clock");
const CLOCK: Statement = Statement::new("clock.read", "SELECT now FROM clock");
const GO_LIVE: Statement =
    Statement::new("service_state.go_live", "UPDATE service_state SET live_from = coalesce(live_from, $1)");
const MOVE_LIVE: Statement =
    Statement::new("service_state.move_live", "UPDATE service_state SET live_from = $1");
const KEYS: Statement =
    Statement::new("service_key.read", "SELECT key_id, secret FROM service_key ORDER BY key_id DESC LIMIT 1");
const ADD_KEY: Statement = Statement::new(
    "service_key.insert",
    "INSERT INTO service_key (key_id, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING",
);

pub(super) const STATEMENTS: &[Statement] =
    &[READ, SET_CLOCK, CLEAR_CLOCK, CLOCK, GO_LIVE, MOVE_LIVE, KEYS, ADD_KEY];

/// What one statement reads with the leads locked.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct WorldRow {
    /// Microseconds; the `clock` row where one stands, else the database's time.
    pub now: i64,
    pub live_from: Option<i64>,
    pub timeline: i32,
    pub policy: Option<Vec<u8>>,
    pub team: Option<Vec<u8>>,
    pub reference: Option<Vec<u8>>,
    /// Version of what is said of people beside the published team.
    pub said: i64,
}

/// Reads what stands behind every decision.
///
/// # Errors
/// The statement fails.
pub async fn read(conn: &mut PgConnection) -> Result<WorldRow, StoreError> {
    READ.rows().fetch_one(conn).await.map_err(|error| READ.failed(error))
}

/// Sets the seam for tests and the demo: from now on it is this moment.
///
/// # Errors
/// The statement fails.
pub async fn set_clock(conn: &mut PgConnection, now: Moment) -> Result<(), StoreError> {
    SET_CLOCK.query().bind(now.0).execute(conn).await.map_err(|error| SET_CLOCK.failed(error))?;
    Ok(())
}

/// Gives time back to the database.
///
/// # Errors
/// The statement fails.
pub async fn clear_clock(conn: &mut PgConnection) -> Result<(), StoreError> {
    CLEAR_CLOCK.query().execute(conn).await.map_err(|error| CLEAR_CLOCK.failed(error))?;
    Ok(())
}

/// The time that the seam holds; `serve` refuses to start while there is one.
///
/// # Errors
/// The statement fails.
pub async fn clock(conn: &mut PgConnection) -> Result<Option<Moment>, StoreError> {
    let row: Option<(i64,)> = CLOCK.rows().fetch_optional(conn).await.map_err(|error| CLOCK.failed(error))?;
    Ok(row.map(|(now,)| Moment(now)))
}

/// Says that the service is live from `at` on, unless it was before.
///
/// # Errors
/// The statement fails.
pub async fn go_live(conn: &mut PgConnection, at: Moment) -> Result<(), StoreError> {
    GO_LIVE.query().bind(at.0).execute(conn).await.map_err(|error| GO_LIVE.failed(error))?;
    Ok(())
}

/// Moves the moment from which the service is live, for a demo whose history stands before it.
///
/// # Errors
/// The statement fails.
pub async fn move_live(conn: &mut PgConnection, at: Moment) -> Result<(), StoreError> {
    MOVE_LIVE.query().bind(at.0).execute(conn).await.map_err(|error| MOVE_LIVE.failed(error))?;
    Ok(())
}

/// The newest service key: its id and its secret.
///
/// # Errors
/// The statement fails.
pub async fn service_key(conn: &mut PgConnection) -> Result<Option<(i32, Vec<u8>)>, StoreError> {
    KEYS.rows().fetch_optional(conn).await.map_err(|error| KEYS.failed(error))
}

/// Keeps a service key that was drawn, unless one of that id is there; returns the one that stands.
///
/// # Errors
/// A statement fails.
pub async fn keep_service_key(
    conn: &mut PgConnection,
    key_id: i32,
    secret: &[u8],
) -> Result<(i32, Vec<u8>), StoreError> {
    let kept = ADD_KEY.query().bind(key_id).bind(secret).execute(&mut *conn).await;
    kept.map_err(|error| ADD_KEY.failed(error))?;
    KEYS.rows().fetch_one(conn).await.map_err(|error| KEYS.failed(error))
}
