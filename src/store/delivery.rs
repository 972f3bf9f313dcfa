//! The tables of deliveries: what waits to be told, its one content, and what became of each telling. It sends nothing.

use super::columns::column;
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::{EventId, LeadId};
use crate::domain::time::Moment;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

const WAITING: Statement = Statement::new(
    "delivery_waiting.read",
    "SELECT waiting.seq, waiting.shard, waiting.event_id, waiting.lead_id, waiting.event_type, waiting.payload,
         waiting.occurred_at, lead.holder_id, lead.pool
     FROM delivery_waiting AS waiting LEFT JOIN lead ON lead.id = waiting.lead_id
     WHERE waiting.shard = ANY($1::smallint[]) ORDER BY waiting.seq LIMIT $2",
);
/// Whoever deletes a row makes its deliveries: two that hold a shard for a moment never make them twice.
const TAKE: Statement =
    Statement::new("delivery_waiting.take", "DELETE FROM delivery_waiting WHERE seq = ANY($1::bigint[])");
const MESSAGES: Statement = Statement::new(
    "delivery_message.insert",
    "INSERT INTO delivery_message (event_id, lead_id, event_type, body, created_at)
     SELECT event_id, lead_id, event_type, body, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[]) AS new (event_id, lead_id, event_type, body)
     ON CONFLICT (event_id) DO NOTHING",
);
/// To an endpoint that is stopped nothing waits: what it misses stands as failed, and can be delivered again.
const DELIVERIES: Statement = Statement::new(
    "delivery.insert",
    "INSERT INTO delivery (event_id, channel, endpoint, shard, lead_id, state, created_at, next_try_at, expires_at,
         last_status, ended_at)
     SELECT new.event_id, new.channel, new.endpoint, new.shard, new.lead_id,
         CASE WHEN stop.endpoint IS NULL THEN 'waiting' ELSE 'failed' END, at.now, at.now, new.expires_at,
         CASE WHEN stop.endpoint IS NULL THEN NULL ELSE 'endpoint_stopped' END,
         CASE WHEN stop.endpoint IS NULL THEN NULL ELSE at.now END
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::uuid[], $6::bigint[])
         AS new (event_id, channel, endpoint, shard, lead_id, expires_at)
     CROSS JOIN (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now) AS at
     LEFT JOIN endpoint_stop AS stop ON stop.endpoint = new.endpoint
     ON CONFLICT (event_id, endpoint) DO NOTHING",
);
/// As many of each endpoint as there is room for, so that one that never answers holds up no other.
const DUE: Statement = Statement::new(
    "delivery.due",
    "SELECT due.id, due.event_id, due.endpoint, due.lead_id, due.attempts, due.expires_at, message.body, at.now
     FROM unnest($1::text[], $2::bigint[]) AS asked (endpoint, room)
     CROSS JOIN (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now) AS at
     CROSS JOIN LATERAL (
         SELECT id, event_id, delivery.endpoint, lead_id, attempts, expires_at FROM delivery
         WHERE delivery.endpoint = asked.endpoint AND ended_at IS NULL AND next_try_at <= at.now
             AND shard = ANY($3::smallint[]) AND id <> ALL($4::bigint[])
         ORDER BY next_try_at, id LIMIT asked.room
     ) AS due
     JOIN delivery_message AS message ON message.event_id = due.event_id
     WHERE NOT EXISTS (SELECT FROM endpoint_stop WHERE endpoint_stop.endpoint = asked.endpoint)",
);
const STANDING: Statement = Statement::new(
    "delivery.standing",
    "SELECT id, custody_version, holder_id FROM lead WHERE id = ANY($1::uuid[])",
);
/// Without the lease: what an attempt has come to is true, whoever holds the shard by now.
const MARK: Statement = Statement::new(
    "delivery.mark",
    "UPDATE delivery SET state = $2, attempts = attempts + $3, last_status = $4, last_try_at = at.now,
         next_try_at = at.now + $5, ended_at = CASE WHEN $2 = 'waiting' THEN NULL ELSE at.now END
     FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now) AS at
     WHERE id = $1 AND ended_at IS NULL",
);
const STOP: Statement = Statement::new(
    "endpoint_stop.insert",
    "WITH stopped AS (
         INSERT INTO endpoint_stop (endpoint, stopped_at, reason)
         VALUES ($1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, $2) ON CONFLICT (endpoint) DO NOTHING
     )
     UPDATE delivery SET state = 'failed', last_status = 'endpoint_stopped',
         ended_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
     WHERE endpoint = $1 AND ended_at IS NULL",
);
const DROP_OLD: Statement = Statement::new(
    "delivery_message.drop_old",
    "DELETE FROM delivery_message WHERE event_id IN (
         SELECT event_id FROM delivery_message WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
);
const DROP_LINKS: Statement = Statement::new(
    "link_use.drop_old",
    "DELETE FROM link_use WHERE hash IN (SELECT hash FROM link_use WHERE used_at < $1 ORDER BY used_at LIMIT $2)",
);

pub(super) const STATEMENTS: &[Statement] =
    &[WAITING, TAKE, MESSAGES, DELIVERIES, DUE, STANDING, MARK, STOP, DROP_OLD, DROP_LINKS];

/// A published event of which no delivery has been made.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Waiting {
    pub seq: i64,
    pub shard: i16,
    pub event_id: Uuid,
    pub lead_id: Uuid,
    pub event_type: String,
    /// As the outbox stored it.
    pub payload: Vec<u8>,
    pub occurred_at: i64,
    /// Who holds the lead now.
    pub holder_id: Option<String>,
    /// The pool it waits or is offered in now.
    pub pool: Option<String>,
}

/// The one content of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub event: EventId,
    pub lead: LeadId,
    pub event_type: String,
    pub body: Vec<u8>,
}

/// A telling to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    pub event: EventId,
    /// `webhook`, `slack`, `email`.
    pub channel: &'static str,
    pub endpoint: String,
    pub shard: i16,
    pub lead: LeadId,
    pub expires_at: Option<Moment>,
}

/// A telling whose time has come.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Due {
    pub id: i64,
    pub event_id: Uuid,
    pub endpoint: String,
    pub lead_id: Uuid,
    /// Attempts made before.
    pub attempts: i32,
    pub expires_at: Option<i64>,
    pub body: Vec<u8>,
    /// The database's time.
    pub now: i64,
}

/// Where a lead stands.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Standing {
    pub id: Uuid,
    pub custody_version: i64,
    pub holder_id: Option<String>,
}

/// What an attempt has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark<'a> {
    pub id: i64,
    /// `waiting`, `done`, `failed`, `dropped`.
    pub state: &'static str,
    /// Whether something was sent, or tried to be.
    pub attempted: bool,
    /// A code; never what a receiver said.
    pub status: &'a str,
    /// Microseconds until the next attempt.
    pub wait: i64,
}

/// Events of these shards of which no delivery has been made, the oldest first.
///
/// # Errors
/// The statement fails.
pub async fn waiting(
    conn: &mut PgConnection,
    shards: &[i16],
    limit: i64,
) -> Result<Vec<Waiting>, StoreError> {
    let rows = WAITING.rows().bind(shards).bind(limit).fetch_all(conn).await;
    rows.map_err(|error| WAITING.failed(error))
}

/// Takes events off the list; says how many were still there. Inside a transaction.
///
/// # Errors
/// The statement fails.
pub async fn take(conn: &mut PgConnection, seqs: &[i64]) -> Result<u64, StoreError> {
    let done = TAKE.query().bind(seqs).execute(conn).await;
    Ok(done.map_err(|error| TAKE.failed(error))?.rows_affected())
}

/// Stores contents and the tellings of them; what is there already stays as it is. Inside a transaction.
///
/// # Errors
/// A statement fails.
pub async fn insert(
    conn: &mut PgConnection,
    messages: &[Message],
    deliveries: &[NewDelivery],
) -> Result<(), StoreError> {
    let messages: Vec<&Message> = messages.iter().collect();
    MESSAGES
        .query()
        .bind(column(&messages, |it| it.event.0))
        .bind(column(&messages, |it| it.lead.0))
        .bind(column(&messages, |it| it.event_type.as_str()))
        .bind(column(&messages, |it| it.body.clone()))
        .execute(&mut *conn)
        .await
        .map_err(|error| MESSAGES.failed(error))?;
    let deliveries: Vec<&NewDelivery> = deliveries.iter().collect();
    DELIVERIES
        .query()
        .bind(column(&deliveries, |it| it.event.0))
        .bind(column(&deliveries, |it| it.channel))
        .bind(column(&deliveries, |it| it.endpoint.as_str()))
        .bind(column(&deliveries, |it| it.shard))
        .bind(column(&deliveries, |it| it.lead.0))
        .bind(column(&deliveries, |it| it.expires_at.map(|at| at.0)))
        .execute(conn)
        .await
        .map_err(|error| DELIVERIES.failed(error))?;
    Ok(())
}

/// Tellings whose time has come: of each endpoint as many as there is room for, without those under way.
///
/// # Errors
/// The statement fails.
pub async fn due(
    conn: &mut PgConnection,
    room: &[(&str, i64)],
    shards: &[i16],
    under_way: &[i64],
) -> Result<Vec<Due>, StoreError> {
    let (endpoints, room): (Vec<&str>, Vec<i64>) = room.iter().copied().unzip();
    let rows = DUE.rows().bind(endpoints).bind(room).bind(shards).bind(under_way).fetch_all(conn).await;
    rows.map_err(|error| DUE.failed(error))
}

/// Where leads stand now.
///
/// # Errors
/// The statement fails.
pub async fn standing(conn: &mut PgConnection, leads: &[Uuid]) -> Result<Vec<Standing>, StoreError> {
    STANDING.rows().bind(leads).fetch_all(conn).await.map_err(|error| STANDING.failed(error))
}

/// Records what an attempt has come to.
///
/// # Errors
/// The statement fails.
pub async fn mark(conn: &mut PgConnection, mark: &Mark<'_>) -> Result<(), StoreError> {
    MARK.query()
        .bind(mark.id)
        .bind(mark.state)
        .bind(i32::from(mark.attempted))
        .bind(mark.status)
        .bind(mark.wait)
        .execute(conn)
        .await
        .map_err(|error| MARK.failed(error))?;
    Ok(())
}

/// Tells an endpoint nothing more; what waits for it has failed.
///
/// # Errors
/// The statement fails.
pub async fn stop(conn: &mut PgConnection, endpoint: &str, reason: &str) -> Result<(), StoreError> {
    let done = STOP.query().bind(endpoint).bind(reason).execute(conn).await;
    done.map_err(|error| STOP.failed(error)).map(|_| ())
}

/// Forgets contents with their deliveries, and used links, that are older than `before`, at most `limit` of each.
///
/// # Errors
/// A statement fails.
pub async fn drop_old(conn: &mut PgConnection, before: Moment, limit: i64) -> Result<u64, StoreError> {
    let mut forgotten = 0;
    for statement in [DROP_OLD, DROP_LINKS] {
        let done = statement.query().bind(before.0).bind(limit).execute(&mut *conn).await;
        forgotten += done.map_err(|error| statement.failed(error))?.rows_affected();
    }
    Ok(forgotten)
}
