//! What operators see of deliveries and do to them: sums per endpoint, single deliveries, once more, enable. It sends
//! nothing.

use super::error::StoreError;
use super::statement::Statement;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

const SUMS: Statement = Statement::new(
    "delivery.sums",
    "SELECT coalesce(told.endpoint, stop.endpoint) AS endpoint, stop.stopped_at, stop.reason AS stopped_reason,
         coalesce(told.waiting, 0) AS waiting, coalesce(told.done, 0) AS done, coalesce(told.failed, 0) AS failed,
         coalesce(told.dropped, 0) AS dropped, told.oldest_waiting
     FROM (SELECT endpoint, count(*) FILTER (WHERE state = 'waiting') AS waiting,
             count(*) FILTER (WHERE state = 'done') AS done, count(*) FILTER (WHERE state = 'failed') AS failed,
             count(*) FILTER (WHERE state = 'dropped') AS dropped,
             min(created_at) FILTER (WHERE state = 'waiting') AS oldest_waiting
         FROM delivery GROUP BY endpoint) AS told
     FULL JOIN endpoint_stop AS stop ON stop.endpoint = told.endpoint
     ORDER BY 1",
);
const LIST: Statement = Statement::new(
    "delivery.list",
    "SELECT delivery.id, delivery.event_id, event_type, delivery.lead_id, notice, channel, endpoint, state, attempts,
         delivery.created_at, next_try_at, last_try_at, last_status, ended_at
     FROM delivery JOIN delivery_message AS message ON message.event_id = delivery.event_id
     WHERE ($1::text IS NULL OR endpoint = $1) AND ($2::text IS NULL OR state = $2)
         AND ($3::uuid IS NULL OR delivery.lead_id = $3)
     ORDER BY delivery.id DESC LIMIT $4",
);
const AGAIN: Statement = Statement::new(
    "delivery.again",
    "UPDATE delivery SET state = 'waiting', attempts = 0, ended_at = NULL,
         next_try_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
     WHERE endpoint = $1 AND CASE WHEN $2::uuid IS NULL THEN state = 'failed' ELSE event_id = $2 END",
);
const ENABLE: Statement =
    Statement::new("endpoint_stop.delete", "DELETE FROM endpoint_stop WHERE endpoint = $1");
const STOPPED: Statement =
    Statement::new("endpoint_stop.get", "SELECT reason FROM endpoint_stop WHERE endpoint = $1");

pub(super) const STATEMENTS: &[Statement] = &[SUMS, LIST, AGAIN, ENABLE, STOPPED];

/// What an endpoint was told so far; as far back as contents are kept.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct EndpointSums {
    pub endpoint: String,
    /// Microseconds since 1970-01-01, as all times here.
    pub stopped_at: Option<i64>,
    pub stopped_reason: Option<String>,
    pub waiting: i64,
    pub done: i64,
    pub failed: i64,
    pub dropped: i64,
    pub oldest_waiting: Option<i64>,
}

/// One delivery.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct DeliveryLine {
    pub id: i64,
    pub event_id: Uuid,
    pub event_type: String,
    /// `None`: about no single lead.
    pub lead_id: Option<Uuid>,
    /// What a notice tells: `offer`, `reminder`, ...; `None` for webhooks.
    pub notice: Option<String>,
    pub channel: String,
    pub endpoint: String,
    /// `waiting`, `done`, `failed`, `dropped`.
    pub state: String,
    pub attempts: i32,
    /// Microseconds since 1970-01-01, as all times here.
    pub created_at: i64,
    pub next_try_at: i64,
    pub last_try_at: Option<i64>,
    pub last_status: Option<String>,
    pub ended_at: Option<i64>,
}

/// Which deliveries; `None` is any.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub endpoint: Option<&'a str>,
    pub state: Option<&'a str>,
    pub lead: Option<Uuid>,
}

/// Every endpoint that was ever told anything, or is stopped.
///
/// # Errors
/// The statement fails.
pub async fn sums(conn: &mut PgConnection) -> Result<Vec<EndpointSums>, StoreError> {
    SUMS.rows().fetch_all(conn).await.map_err(|error| SUMS.failed(error))
}

/// Deliveries, the newest first.
///
/// # Errors
/// The statement fails.
pub async fn list(
    conn: &mut PgConnection,
    which: Which<'_>,
    limit: i64,
) -> Result<Vec<DeliveryLine>, StoreError> {
    let rows =
        LIST.rows().bind(which.endpoint).bind(which.state).bind(which.lead).bind(limit).fetch_all(conn).await;
    rows.map_err(|error| LIST.failed(error))
}

/// Lets an endpoint be told once more: of one event, or of all that failed; says how many.
///
/// # Errors
/// The statement fails.
pub async fn again(conn: &mut PgConnection, endpoint: &str, event: Option<Uuid>) -> Result<u64, StoreError> {
    let done = AGAIN.query().bind(endpoint).bind(event).execute(conn).await;
    Ok(done.map_err(|error| AGAIN.failed(error))?.rows_affected())
}

/// Lets an endpoint be told again; says whether it was stopped.
///
/// # Errors
/// The statement fails.
pub async fn enable(conn: &mut PgConnection, endpoint: &str) -> Result<bool, StoreError> {
    let done = ENABLE.query().bind(endpoint).execute(conn).await;
    Ok(done.map_err(|error| ENABLE.failed(error))?.rows_affected() > 0)
}

/// Why an endpoint is stopped, if it is.
///
/// # Errors
/// The statement fails.
pub async fn stopped(conn: &mut PgConnection, endpoint: &str) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> =
        STOPPED.rows().bind(endpoint).fetch_optional(conn).await.map_err(|error| STOPPED.failed(error))?;
    Ok(row.map(|(reason,)| reason))
}
