//! The table `outbox`: records to publish, written with the state and read by shard. It never publishes.

use super::columns::column;
use super::error::StoreError;
use super::relay_shard::Member;
use super::rows::OutboxRow;
use super::statement::Statement;
use crate::domain::ids::{EventId, LeadId};
use crate::domain::time::Moment;
use sqlx::{FromRow, PgConnection};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Shards of the relay: more than instances that will ever share the work. Stored with every row, so never changed.
pub const SHARDS: i16 = 16;

const APPEND: Statement = Statement::new(
    "outbox.append",
    "INSERT INTO outbox (id, shard, lead_id, lead_version, topic, event_type, topic_sequence, payload, occurred_at,
         traceparent, cause, created_at, sealed)
     SELECT id, shard, lead_id, lead_version, topic, event_type, topic_sequence, payload, occurred_at, traceparent,
         cause, $12, sealed
     FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::bigint[], $5::smallint[], $6::text[], $7::bigint[],
         $8::bytea[], $9::bigint[], $10::text[], $11::bytea[], $13::bytea[]) WITH ORDINALITY
         AS new (id, shard, lead_id, lead_version, topic, event_type, topic_sequence, payload, occurred_at, traceparent,
             cause, sealed, place)
     ORDER BY place",
);
/// The oldest of every shard. Rows of a lead behind one that is held stay behind it, so that the lead's order holds.
const UNSENT: Statement = Statement::new(
    "outbox.unsent",
    "SELECT oldest.* FROM unnest($1::smallint[]) AS mine (shard) CROSS JOIN LATERAL (
         SELECT outbox.shard, seq, created_at, id, lead_id, lead_version, topic, event_type, topic_sequence, payload,
             occurred_at, traceparent, cause, sealed
         FROM outbox WHERE outbox.shard = mine.shard AND sent_at IS NULL AND (topic = 3 OR payload IS NULL) = $3
             AND NOT EXISTS (SELECT FROM outbox AS stuck WHERE stuck.lead_id = outbox.lead_id AND stuck.seq <= outbox.seq
                 AND stuck.sent_at IS NULL AND stuck.held_reason IS NOT NULL)
         ORDER BY seq LIMIT $2) AS oldest
     ORDER BY oldest.shard, oldest.seq",
);
/// The rows of `done` become sent where their shard's lease is still ours. Each row is found by key and changed in its place:
/// `OFFSET 0` keeps the planner from turning that round. Where nothing was unsent when it looked last, it takes what is unsent
/// for nothing, and would go through all of it once per row.
macro_rules! mark {
    () => {
        "WITH found AS MATERIALIZED (
             SELECT part, place FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[])
                 AS done (seq, created_at, shard, epoch)
             CROSS JOIN LATERAL (
                 SELECT tableoid AS part, ctid AS place FROM outbox
                 WHERE outbox.shard = done.shard AND outbox.seq = done.seq AND outbox.created_at = done.created_at
                     AND sent_at IS NULL
                 OFFSET 0) AS row
             WHERE EXISTS (SELECT FROM relay_shard WHERE relay_shard.shard = done.shard AND kind = $5 AND owner = $6
                 AND lease_epoch = done.epoch)
         ), marked AS (
             UPDATE outbox SET sent_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, sealed = NULL
             FROM found WHERE outbox.tableoid = found.part AND outbox.ctid = found.place"
    };
}
const MARK_SENT: Statement = Statement::new(
    "outbox.mark_sent",
    concat!(mark!(), " RETURNING outbox.shard) SELECT shard, count(*) FROM marked GROUP BY shard"),
);
/// The same, and in the same statement the events wait for their deliveries: what is marked is never forgotten there, and
/// what is not marked never told.
const MARK_AND_TELL: Statement = Statement::new(
    "outbox.mark_and_tell",
    concat!(
        mark!(),
        " RETURNING outbox.seq, outbox.shard, id, lead_id, event_type, topic, payload, occurred_at
         ), told AS (
             INSERT INTO delivery_waiting (seq, shard, event_id, lead_id, event_type, topic, payload, occurred_at)
             SELECT seq, shard, id, lead_id, event_type, topic, payload, occurred_at FROM marked
             WHERE payload IS NOT NULL AND topic IN (1, 2)
         )
         SELECT shard, count(*) FROM marked GROUP BY shard"
    ),
);
const HOLD: Statement = Statement::new(
    "outbox.hold",
    "UPDATE outbox SET held_reason = $3 WHERE shard = $1 AND seq = $2 AND sent_at IS NULL",
);
const LIST_HELD: Statement = Statement::new(
    "outbox.list_held",
    "SELECT seq, shard, lead_id, topic, event_type, held_reason, created_at FROM outbox
     WHERE sent_at IS NULL AND held_reason IS NOT NULL ORDER BY seq LIMIT $1",
);
const RETRY_HELD: Statement = Statement::new(
    "outbox.retry_held",
    "UPDATE outbox SET held_reason = NULL WHERE sent_at IS NULL AND held_reason IS NOT NULL
         AND ($1::bigint IS NULL OR seq = $1)",
);
const BACKLOG: Statement = Statement::new(
    "outbox.backlog",
    "SELECT count(*), min(created_at), count(*) FILTER (WHERE held_reason IS NOT NULL) FROM outbox
     WHERE shard = ANY($1::smallint[]) AND sent_at IS NULL",
);
// The oldest first: what is left of a lead's rows then has no holes, which the check of the numbers looks for.
const DROP_OLD: Statement = Statement::new(
    "outbox.drop_old",
    "DELETE FROM outbox_default WHERE seq IN (
         SELECT seq FROM outbox_default WHERE sent_at IS NOT NULL AND created_at < $1
         ORDER BY created_at, seq LIMIT $2)",
);

pub(super) const STATEMENTS: &[Statement] =
    &[APPEND, UNSENT, MARK_SENT, MARK_AND_TELL, HOLD, LIST_HELD, RETRY_HELD, BACKLOG, DROP_OLD];

/// A record that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    pub shard: i16,
    pub seq: i64,
    /// With `seq`, what names the row: the day of it finds the partition.
    pub created_at: Moment,
    pub id: EventId,
    pub lead: LeadId,
    pub lead_version: i64,
    /// `OutTopic::number`.
    pub topic: i16,
    pub event_type: String,
    pub topic_sequence: i64,
    pub payload: Option<Vec<u8>>,
    pub occurred_at: Moment,
    pub traceparent: Option<String>,
    pub cause: [u8; 32],
    /// CRM keys of an erased person.
    pub sealed: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct Stored {
    shard: i16,
    seq: i64,
    created_at: i64,
    id: Uuid,
    lead_id: Uuid,
    lead_version: i64,
    topic: i16,
    event_type: String,
    topic_sequence: i64,
    payload: Option<Vec<u8>>,
    occurred_at: i64,
    traceparent: Option<String>,
    cause: Vec<u8>,
    sealed: Option<Vec<u8>>,
}

/// A record that can't be sent and holds its lead's later ones.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Held {
    pub seq: i64,
    pub shard: i16,
    pub lead_id: Uuid,
    pub topic: i16,
    pub event_type: String,
    pub held_reason: String,
    pub created_at: i64,
}

/// What waits on some shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    pub rows: i64,
    pub oldest: Option<Moment>,
    pub held: i64,
}

/// The shard of a lead: the same on every instance and in every version.
#[must_use]
pub fn shard_of(lead: LeadId) -> i16 {
    let sum =
        lead.0.as_bytes().iter().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    i16::try_from(sum % u32::from(SHARDS.unsigned_abs())).unwrap_or_default()
}

/// Appends records in the order given: a lead's records are sent in it.
///
/// # Errors
/// The statement fails.
pub async fn append(conn: &mut PgConnection, rows: &[OutboxRow], now: Moment) -> Result<(), StoreError> {
    let rows: Vec<&OutboxRow> = rows.iter().collect();
    APPEND
        .query()
        .bind(column(&rows, |row| row.id.0))
        .bind(column(&rows, |row| shard_of(row.lead)))
        .bind(column(&rows, |row| row.lead.0))
        .bind(column(&rows, |row| row.lead_version))
        .bind(column(&rows, |row| row.topic.number()))
        .bind(column(&rows, |row| row.event_type.as_str()))
        .bind(column(&rows, |row| row.topic_sequence))
        .bind(column(&rows, |row| row.payload.clone()))
        .bind(column(&rows, |row| row.occurred_at.0))
        .bind(column(&rows, |row| row.traceparent.clone()))
        .bind(column(&rows, |row| row.cause.to_vec()))
        .bind(now.0)
        .bind(column(&rows, |row| row.sealed.clone()))
        .execute(conn)
        .await
        .map_err(|error| APPEND.failed(error))?;
    Ok(())
}

/// The oldest unsent records of each shard, `limit` of each, by shard and then in the order to send, without those of leads
/// whose earlier record is held: state and tombstones, or all others.
///
/// # Errors
/// The statement fails.
pub async fn unsent(
    conn: &mut PgConnection,
    shards: &[i16],
    limit: i64,
    compacted: bool,
) -> Result<Vec<Unsent>, StoreError> {
    let rows: Vec<Stored> = UNSENT
        .rows()
        .bind(shards)
        .bind(limit)
        .bind(compacted)
        .fetch_all(conn)
        .await
        .map_err(|error| UNSENT.failed(error))?;
    rows.into_iter()
        .map(|row| {
            Ok(Unsent {
                shard: row.shard,
                seq: row.seq,
                created_at: Moment(row.created_at),
                id: EventId(row.id),
                lead: LeadId(row.lead_id),
                lead_version: row.lead_version,
                topic: row.topic,
                event_type: row.event_type,
                topic_sequence: row.topic_sequence,
                payload: row.payload,
                occurred_at: Moment(row.occurred_at),
                traceparent: row.traceparent,
                cause: row.cause.try_into().map_err(|_| StoreError::Damaged {
                    what: "outbox row",
                    id: row.seq.to_string(),
                    detail: "cause".to_owned(),
                })?,
                sealed: row.sealed,
            })
        })
        .collect()
}

/// A record that went out, and the lease under which its shard was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    pub shard: i16,
    pub epoch: i64,
    pub seq: i64,
    pub created_at: Moment,
}

/// Marks records as sent while the leases of their shards are still ours, and lets the events wait for their deliveries where
/// `tells`; says how many of each shard were marked (fewer than given: the lease is gone).
///
/// # Errors
/// The statement fails.
pub async fn mark_sent(
    conn: &mut PgConnection,
    member: Member<'_>,
    rows: &[Gone],
    tells: bool,
) -> Result<BTreeMap<i16, usize>, StoreError> {
    let rows: Vec<&Gone> = rows.iter().collect();
    let statement = if tells { MARK_AND_TELL } else { MARK_SENT };
    let marked: Vec<(i16, i64)> = statement
        .rows()
        .bind(column(&rows, |row| row.seq))
        .bind(column(&rows, |row| row.created_at.0))
        .bind(column(&rows, |row| row.shard))
        .bind(column(&rows, |row| row.epoch))
        .bind(member.kind)
        .bind(member.owner)
        .fetch_all(conn)
        .await
        .map_err(|error| statement.failed(error))?;
    Ok(marked.into_iter().map(|(shard, count)| (shard, usize::try_from(count).unwrap_or(0))).collect())
}

/// Holds a record that can never be sent as it is, and with it the lead's later ones.
///
/// # Errors
/// The statement fails.
pub async fn hold(conn: &mut PgConnection, shard: i16, seq: i64, reason: &str) -> Result<(), StoreError> {
    HOLD.query()
        .bind(shard)
        .bind(seq)
        .bind(reason)
        .execute(conn)
        .await
        .map_err(|error| HOLD.failed(error))?;
    Ok(())
}

/// Records that are held, oldest first.
///
/// # Errors
/// The statement fails.
pub async fn held(conn: &mut PgConnection, limit: i64) -> Result<Vec<Held>, StoreError> {
    LIST_HELD.rows().bind(limit).fetch_all(conn).await.map_err(|error| LIST_HELD.failed(error))
}

/// Lets held records (one, or all) be tried again; says how many.
///
/// # Errors
/// The statement fails.
pub async fn retry_held(conn: &mut PgConnection, seq: Option<i64>) -> Result<u64, StoreError> {
    let done = RETRY_HELD.query().bind(seq).execute(conn).await;
    Ok(done.map_err(|error| RETRY_HELD.failed(error))?.rows_affected())
}

/// What waits on the shards.
///
/// # Errors
/// The statement fails.
pub async fn backlog(conn: &mut PgConnection, shards: &[i16]) -> Result<Backlog, StoreError> {
    let (rows, oldest, held): (i64, Option<i64>, i64) =
        BACKLOG.rows().bind(shards).fetch_one(conn).await.map_err(|error| BACKLOG.failed(error))?;
    Ok(Backlog { rows, oldest: oldest.map(Moment), held })
}

/// Deletes sent records older than `before` that stand in no day's partition, at most `limit`.
///
/// # Errors
/// The statement fails.
pub async fn drop_old(conn: &mut PgConnection, before: Moment, limit: i64) -> Result<u64, StoreError> {
    let done = DROP_OLD.query().bind(before.0).bind(limit).execute(conn).await;
    Ok(done.map_err(|error| DROP_OLD.failed(error))?.rows_affected())
}
