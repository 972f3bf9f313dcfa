//! The tables of deliveries: what waits to be told, its one content, and what became of each telling. It sends nothing.

use super::codec;
use super::columns::column;
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::contest::Returned;
use crate::domain::custody::{ClockKind, Custody};
use crate::domain::ids::{EventId, LeadId};
use crate::domain::lead::Lead;
use crate::domain::time::Moment;
use sqlx::{FromRow, PgConnection};
use std::collections::{BTreeMap, BTreeSet};
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
/// To an endpoint that is stopped nothing waits: what it misses stands as failed, and can be delivered again. What is more
/// than an endpoint gets of a kind in an hour of the clock stands as dropped; two instances that insert at the same moment may
/// go over that by what the other one inserts.
const DELIVERIES: Statement = Statement::new(
    "delivery.insert",
    "INSERT INTO delivery (event_id, channel, endpoint, shard, lead_id, notice, state, created_at, next_try_at, expires_at,
         last_status, ended_at)
     SELECT new.event_id, new.channel, new.endpoint, new.shard, new.lead_id, new.notice, became.state, at.now,
         coalesce(new.next_try_at, at.now), new.expires_at,
         CASE became.state WHEN 'failed' THEN 'endpoint_stopped' WHEN 'dropped' THEN 'too_many' END,
         CASE WHEN became.state <> 'waiting' THEN at.now END
     FROM (SELECT *, row_number() OVER (PARTITION BY endpoint, notice ORDER BY place) AS nth
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::uuid[], $6::bigint[], $7::text[], $8::bigint[],
             $9::bigint[]) WITH ORDINALITY
             AS listed (event_id, channel, endpoint, shard, lead_id, expires_at, notice, an_hour_max, next_try_at, place)
     ) AS new
     CROSS JOIN (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now) AS at
     LEFT JOIN endpoint_stop AS stop ON stop.endpoint = new.endpoint
     CROSS JOIN LATERAL (
         SELECT count(*) AS told FROM delivery AS earlier
         WHERE new.an_hour_max IS NOT NULL AND earlier.endpoint = new.endpoint AND earlier.notice = new.notice
             AND earlier.created_at >= at.now - at.now % 3600000000 AND earlier.state <> 'dropped'
     ) AS before
     CROSS JOIN LATERAL (
         SELECT CASE WHEN stop.endpoint IS NOT NULL THEN 'failed'
             WHEN before.told + new.nth > new.an_hour_max THEN 'dropped' ELSE 'waiting' END AS state
     ) AS became
     ON CONFLICT (event_id, endpoint) DO NOTHING
     RETURNING endpoint, channel, shard, notice, created_at, last_status",
);
const KNOWN: Statement = Statement::new(
    "delivery_message.known",
    "SELECT event_id FROM delivery_message WHERE event_id = ANY($1::uuid[])",
);
/// What was left out of an hour's notices of a kind.
const LEFT_OUT: Statement = Statement::new(
    "delivery.left_out",
    "SELECT count(*) FROM delivery WHERE endpoint = $1 AND notice = $2 AND created_at >= $3 AND created_at < $4
         AND last_status = 'too_many'",
);
/// As many of each endpoint as there is room for, so that one that never answers holds up no other.
const DUE: Statement = Statement::new(
    "delivery.due",
    "SELECT due.id, due.event_id, due.endpoint, due.lead_id, due.notice, due.attempts, due.expires_at, message.body, at.now
     FROM unnest($1::text[], $2::bigint[]) AS asked (endpoint, room)
     CROSS JOIN (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now) AS at
     CROSS JOIN LATERAL (
         SELECT id, event_id, delivery.endpoint, lead_id, notice, attempts, expires_at FROM delivery
         WHERE delivery.endpoint = asked.endpoint AND ended_at IS NULL AND next_try_at <= at.now
             AND shard = ANY($3::smallint[]) AND id <> ALL($4::bigint[])
         ORDER BY next_try_at, id LIMIT asked.room
     ) AS due
     JOIN delivery_message AS message ON message.event_id = due.event_id
     WHERE NOT EXISTS (SELECT FROM endpoint_stop WHERE endpoint_stop.endpoint = asked.endpoint)",
);
const STANDING: Statement = Statement::new(
    "delivery.standing",
    "SELECT id, custody_version, holder_id, holder_kind, state FROM lead WHERE id = ANY($1::uuid[])",
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
    &[WAITING, TAKE, MESSAGES, DELIVERIES, KNOWN, LEFT_OUT, DUE, STANDING, MARK, STOP, DROP_OLD, DROP_LINKS];

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
    /// `None`: about no single lead.
    pub lead: Option<LeadId>,
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
    /// `None`: about no single lead.
    pub lead: Option<LeadId>,
    /// What a notice tells; `None` for webhooks.
    pub notice: Option<&'static str>,
    /// So many of that kind in an hour at most; `None`: any number.
    pub an_hour_max: Option<i64>,
    /// When it is told first; `None`: at once.
    pub not_before: Option<Moment>,
    pub expires_at: Option<Moment>,
}

/// A telling that was stored, as far as it matters whether it was left out.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Inserted {
    pub endpoint: String,
    pub channel: String,
    pub shard: i16,
    pub notice: Option<String>,
    /// Microseconds since 1970-01-01.
    pub created_at: i64,
    /// `too_many` where it was left out.
    pub last_status: Option<String>,
}

/// A telling whose time has come.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Due {
    pub id: i64,
    pub event_id: Uuid,
    pub endpoint: String,
    pub lead_id: Option<Uuid>,
    pub notice: Option<String>,
    /// Attempts made before.
    pub attempts: i32,
    pub expires_at: Option<i64>,
    pub body: Vec<u8>,
    /// The database's time.
    pub now: i64,
}

/// Where a lead stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub custody_version: i64,
    pub holder_id: Option<String>,
    /// Whether a rep holds it.
    pub with_rep: bool,
    /// What runs, and when it is due; nothing where the state is of a newer program.
    pub clocks: Vec<(ClockKind, Moment)>,
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

/// Stores contents and the tellings of them; what is there already stays as it is, and is not among what it gives. Inside a
/// transaction.
///
/// # Errors
/// A statement fails.
pub async fn insert(
    conn: &mut PgConnection,
    messages: &[Message],
    deliveries: &[NewDelivery],
) -> Result<Vec<Inserted>, StoreError> {
    let messages: Vec<&Message> = messages.iter().collect();
    MESSAGES
        .query()
        .bind(column(&messages, |it| it.event.0))
        .bind(column(&messages, |it| it.lead.map(|lead| lead.0)))
        .bind(column(&messages, |it| it.event_type.as_str()))
        .bind(column(&messages, |it| it.body.clone()))
        .execute(&mut *conn)
        .await
        .map_err(|error| MESSAGES.failed(error))?;
    let deliveries: Vec<&NewDelivery> = deliveries.iter().collect();
    let rows = DELIVERIES
        .rows()
        .bind(column(&deliveries, |it| it.event.0))
        .bind(column(&deliveries, |it| it.channel))
        .bind(column(&deliveries, |it| it.endpoint.as_str()))
        .bind(column(&deliveries, |it| it.shard))
        .bind(column(&deliveries, |it| it.lead.map(|lead| lead.0)))
        .bind(column(&deliveries, |it| it.expires_at.map(|at| at.0)))
        .bind(column(&deliveries, |it| it.notice))
        .bind(column(&deliveries, |it| it.an_hour_max))
        .bind(column(&deliveries, |it| it.not_before.map(|at| at.0)))
        .fetch_all(conn)
        .await;
    rows.map_err(|error| DELIVERIES.failed(error))
}

/// Which of these contents are stored.
///
/// # Errors
/// The statement fails.
pub async fn known(conn: &mut PgConnection, events: &[EventId]) -> Result<BTreeSet<EventId>, StoreError> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.0).collect();
    let rows: Vec<(Uuid,)> =
        KNOWN.rows().bind(ids).fetch_all(conn).await.map_err(|error| KNOWN.failed(error))?;
    Ok(rows.into_iter().map(|(id,)| EventId(id)).collect())
}

/// How many notices of a kind an endpoint was not told from a moment to before another.
///
/// # Errors
/// The statement fails.
pub async fn left_out(
    conn: &mut PgConnection,
    endpoint: &str,
    notice: &str,
    from: Moment,
    to: Moment,
) -> Result<i64, StoreError> {
    let row = LEFT_OUT.rows().bind(endpoint).bind(notice).bind(from.0).bind(to.0).fetch_one(conn).await;
    row.map(|(count,): (i64,)| count).map_err(|error| LEFT_OUT.failed(error))
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
pub async fn standing(
    conn: &mut PgConnection,
    leads: &[Uuid],
) -> Result<BTreeMap<Uuid, Standing>, StoreError> {
    type Row = (Uuid, i64, Option<String>, Option<String>, Vec<u8>);
    let rows: Vec<Row> =
        STANDING.rows().bind(leads).fetch_all(conn).await.map_err(|error| STANDING.failed(error))?;
    let standing = rows.into_iter().map(|(id, custody_version, holder_id, holder_kind, state)| {
        let lead = codec::read_lead(&state).ok();
        let custody = lead.as_ref().and_then(Lead::custody);
        let running = custody.into_iter().flat_map(Custody::clocks);
        // A later contest's clock runs beside that of an earlier one.
        let contests = lead.iter().flat_map(|lead| &lead.returned).filter_map(Returned::open_contest);
        let clocks = running.chain(contests.map(|contest| &contest.clock));
        let clocks = clocks.map(|clock| (clock.kind, clock.due_by)).collect();
        let with_rep = holder_kind.as_deref() == Some("rep");
        (id, Standing { custody_version, holder_id, with_rep, clocks })
    });
    Ok(standing.collect())
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
