//! The tables `quarantine`, `parked`, `parked_key` and `ledger_resolution`: records kept as received. It never decodes.

use super::columns::{column, key_bytes, sorted};
use super::erasure;
use super::error::StoreError;
use super::rows::{KeptRow, ParkedRow};
use super::statement::Statement;
use crate::domain::ids::IdentityKey;
use crate::domain::time::Moment;
use sqlx::{FromRow, PgConnection};
use std::collections::BTreeSet;
use uuid::Uuid;

const QUARANTINE: Statement = Statement::new(
    "quarantine.insert",
    "INSERT INTO quarantine (id, topic, partition, record_offset, record_at, quarantined_at, reason, detail, key,
         headers, value, truncated)
     SELECT id, topic, partition, record_offset, record_at, $11, reason, detail, key, headers, value, truncated
     FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
         $8::bytea[], $9::bytea[], $10::bytea[], $12::boolean[])
         AS new (id, topic, partition, record_offset, record_at, reason, detail, key, headers, value, truncated)
     ON CONFLICT DO NOTHING",
);
const PARK: Statement = Statement::new(
    "parked.insert",
    "INSERT INTO parked (id, topic, partition, record_offset, record_at, occurred_at, parked_at, reason, detail, key,
         headers, value, truncated)
     SELECT id, topic, partition, record_offset, record_at, occurred_at, $11, reason, detail, key, headers, value,
         truncated
     FROM ROWS FROM (unnest($1::uuid[], $2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
         $8::bytea[], $9::bytea[], $10::bytea[], $12::boolean[], $13::bigint[])) WITH ORDINALITY
         AS new (id, topic, partition, record_offset, record_at, reason, detail, key, headers, value, truncated,
             occurred_at, place)
     ORDER BY place ON CONFLICT DO NOTHING",
);
const PARK_KEYS: Statement = Statement::new(
    "parked_key.insert",
    "INSERT INTO parked_key (key, parked_id) SELECT * FROM unnest($1::bytea[], $2::uuid[]) ON CONFLICT DO NOTHING",
);
const WAITING: Statement = Statement::new(
    "parked.waiting",
    "SELECT id, topic, partition, record_offset, record_at, occurred_at, key, headers, value FROM parked
     WHERE id IN (SELECT parked_id FROM parked_key WHERE key = ANY($1::bytea[])) ORDER BY occurred_at, id LIMIT $2",
);
const WAITING_KEYS: Statement = Statement::new(
    "parked_key.read",
    "SELECT parked_id, key FROM parked_key WHERE parked_id = ANY($1::uuid[])",
);
const LOCK: Statement =
    Statement::new("parked.lock", "SELECT id FROM parked WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE");
const LOCK_QUARANTINED: Statement = Statement::new(
    "quarantine.lock",
    "SELECT id FROM quarantine WHERE id = ANY($1::uuid[]) AND NOT EXISTS (SELECT FROM ledger_resolution
         WHERE kept_id = quarantine.id AND intake = 'quarantined') ORDER BY id FOR UPDATE",
);
const ONE_QUARANTINED: Statement = Statement::new(
    "quarantine.one",
    "SELECT id, topic, partition, record_offset, record_at, record_at AS occurred_at, key, headers, value
     FROM quarantine WHERE id = $1 AND NOT EXISTS (SELECT FROM ledger_resolution
         WHERE kept_id = quarantine.id AND intake = 'quarantined')",
);
const DISCARD_PARKED: Statement = Statement::new(
    "parked.discard",
    "WITH gone AS (DELETE FROM parked WHERE id = $1 RETURNING id)
     INSERT INTO ledger_resolution (kept_id, intake, outcome, at) SELECT id, 'parked', $2, $3 FROM gone",
);
const DISCARD_QUARANTINED: Statement = Statement::new(
    "quarantine.discard",
    "INSERT INTO ledger_resolution (kept_id, intake, outcome, at) SELECT id, 'quarantined', $2, $3 FROM quarantine
     WHERE id = $1 ON CONFLICT DO NOTHING",
);
const REMOVE: Statement = Statement::new("parked.delete", "DELETE FROM parked WHERE id = ANY($1::uuid[])");
const RESOLVE: Statement = Statement::new(
    "ledger_resolution.insert",
    "INSERT INTO ledger_resolution (kept_id, intake, outcome, at)
     SELECT kept_id, $3, outcome, $4 FROM unnest($1::uuid[], $2::text[]) AS new (kept_id, outcome)",
);
const AGE: Statement = Statement::new(
    "parked.age",
    "WITH old AS (
         DELETE FROM parked WHERE id IN (SELECT id FROM parked WHERE reason = 'awaiting_identity' AND parked_at < $1
             ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING id, topic, partition, record_offset, record_at, reason, detail, key, headers, value, truncated
     ), kept AS (
         INSERT INTO quarantine (id, topic, partition, record_offset, record_at, quarantined_at, reason, detail, key,
             headers, value, truncated)
         SELECT id, topic, partition, record_offset, record_at, $2, reason, detail, key, headers, value, truncated
         FROM old ON CONFLICT DO NOTHING
     )
     INSERT INTO ledger_resolution (kept_id, intake, outcome, at)
     SELECT id, 'parked', 'quarantined/awaiting_identity', $2 FROM old",
);

pub(super) const STATEMENTS: &[Statement] = &[
    QUARANTINE,
    PARK,
    PARK_KEYS,
    WAITING,
    WAITING_KEYS,
    LOCK,
    LOCK_QUARANTINED,
    ONE_QUARANTINED,
    DISCARD_PARKED,
    DISCARD_QUARANTINED,
    REMOVE,
    RESOLVE,
    AGE,
];

/// How a kept record was counted at intake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intake {
    Parked,
    Quarantined,
}

impl Intake {
    fn code(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Quarantined => "quarantined",
        }
    }
}

/// A record that waits, as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingRow {
    pub id: Uuid,
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub timestamp: Moment,
    pub occurred_at: Moment,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<u8>,
    pub value: Option<Vec<u8>>,
    /// The keys it waits under.
    pub keys: Vec<IdentityKey>,
}

#[derive(FromRow)]
pub(super) struct Stored {
    id: Uuid,
    topic: String,
    partition: i32,
    record_offset: i64,
    record_at: i64,
    occurred_at: i64,
    key: Option<Vec<u8>>,
    headers: Vec<u8>,
    value: Option<Vec<u8>>,
}

/// Keeps records that cannot be applied.
///
/// # Errors
/// The statement fails.
pub async fn quarantine(conn: &mut PgConnection, rows: &[KeptRow], now: Moment) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| row.id);
    QUARANTINE
        .query()
        .bind(column(&rows, |row| row.id))
        .bind(column(&rows, |row| row.topic.as_str()))
        .bind(column(&rows, |row| row.partition))
        .bind(column(&rows, |row| row.offset))
        .bind(column(&rows, |row| row.timestamp.0))
        .bind(column(&rows, |row| row.reason))
        .bind(column(&rows, |row| row.detail.as_str()))
        .bind(column(&rows, |row| row.key.clone()))
        .bind(column(&rows, |row| row.headers.clone()))
        .bind(column(&rows, |row| row.value.clone()))
        .bind(now.0)
        .bind(column(&rows, |row| row.truncated))
        .execute(&mut *conn)
        .await
        .map_err(|error| QUARANTINE.failed(error))?;
    erasure::remember_names(conn, rows.iter().copied()).await
}

/// Keeps records that wait, in the order of the rows, and the keys they wait under; a row that is there keeps its place.
///
/// # Errors
/// A statement fails.
pub async fn park(conn: &mut PgConnection, rows: &[ParkedRow], now: Moment) -> Result<(), StoreError> {
    let rows: Vec<&ParkedRow> = rows.iter().collect();
    PARK.query()
        .bind(column(&rows, |row| row.kept.id))
        .bind(column(&rows, |row| row.kept.topic.as_str()))
        .bind(column(&rows, |row| row.kept.partition))
        .bind(column(&rows, |row| row.kept.offset))
        .bind(column(&rows, |row| row.kept.timestamp.0))
        .bind(column(&rows, |row| row.kept.reason))
        .bind(column(&rows, |row| row.kept.detail.as_str()))
        .bind(column(&rows, |row| row.kept.key.clone()))
        .bind(column(&rows, |row| row.kept.headers.clone()))
        .bind(column(&rows, |row| row.kept.value.clone()))
        .bind(now.0)
        .bind(column(&rows, |row| row.kept.truncated))
        .bind(column(&rows, |row| row.occurred_at.0))
        .execute(&mut *conn)
        .await
        .map_err(|error| PARK.failed(error))?;
    let keys: BTreeSet<(Vec<u8>, Uuid)> =
        rows.iter().flat_map(|row| row.keys.iter().map(|key| (key.bytes(), row.kept.id))).collect();
    let (keys, ids): (Vec<Vec<u8>>, Vec<Uuid>) = keys.into_iter().unzip();
    PARK_KEYS
        .query()
        .bind(keys)
        .bind(ids)
        .execute(&mut *conn)
        .await
        .map_err(|error| PARK_KEYS.failed(error))?;
    erasure::remember_names(conn, rows.iter().map(|row| &row.kept)).await
}

/// Records that wait under any of the keys, by time; at most `limit`.
///
/// # Errors
/// A statement fails, or a stored key is none.
pub async fn waiting(
    conn: &mut PgConnection,
    keys: &BTreeSet<IdentityKey>,
    limit: i64,
) -> Result<Vec<WaitingRow>, StoreError> {
    let rows: Vec<Stored> = WAITING
        .rows()
        .bind(key_bytes(keys))
        .bind(limit)
        .fetch_all(&mut *conn)
        .await
        .map_err(|error| WAITING.failed(error))?;
    with_keys(conn, rows).await
}

/// Rows that wait, with the keys under which each does.
pub(super) async fn with_keys(
    conn: &mut PgConnection,
    rows: Vec<Stored>,
) -> Result<Vec<WaitingRow>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let keys: Vec<(Uuid, Vec<u8>)> =
        WAITING_KEYS.rows().bind(ids).fetch_all(conn).await.map_err(|error| WAITING_KEYS.failed(error))?;
    let mut by_row: std::collections::BTreeMap<Uuid, Vec<IdentityKey>> = std::collections::BTreeMap::new();
    for (id, key) in keys {
        by_row.entry(id).or_default().push(super::identity::parse(&key)?);
    }
    Ok(rows
        .into_iter()
        .map(|row| WaitingRow {
            keys: by_row.remove(&row.id).unwrap_or_default(),
            id: row.id,
            topic: row.topic,
            partition: row.partition,
            offset: row.record_offset,
            timestamp: Moment(row.record_at),
            occurred_at: Moment(row.occurred_at),
            key: row.key,
            headers: row.headers,
            value: row.value,
        })
        .collect())
}

/// Locks parked rows; returns those that still stand there.
///
/// # Errors
/// The statement fails.
pub async fn lock(conn: &mut PgConnection, ids: &[Uuid]) -> Result<BTreeSet<Uuid>, StoreError> {
    let rows: Vec<(Uuid,)> =
        LOCK.rows().bind(ids).fetch_all(conn).await.map_err(|error| LOCK.failed(error))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// One quarantined record that nobody has settled, as received; it waits under no key.
///
/// # Errors
/// The statement fails.
pub async fn quarantined(conn: &mut PgConnection, id: Uuid) -> Result<Option<WaitingRow>, StoreError> {
    let rows: Vec<Stored> = ONE_QUARANTINED
        .rows()
        .bind(id)
        .fetch_all(&mut *conn)
        .await
        .map_err(|error| ONE_QUARANTINED.failed(error))?;
    Ok(with_keys(conn, rows).await?.pop())
}

/// Settles a kept record without deciding on it, with its line; false when it is kept no longer.
///
/// # Errors
/// The statement fails.
pub async fn discard(
    conn: &mut PgConnection,
    from: Intake,
    id: Uuid,
    reason: &str,
    now: Moment,
) -> Result<bool, StoreError> {
    let statement = match from {
        Intake::Parked => DISCARD_PARKED,
        Intake::Quarantined => DISCARD_QUARANTINED,
    };
    let done = statement.query().bind(id).bind(format!("discarded/{reason}")).bind(now.0).execute(conn).await;
    Ok(done.map_err(|error| statement.failed(error))?.rows_affected() > 0)
}

/// Locks quarantined rows that nobody has settled yet; returns those.
///
/// # Errors
/// The statement fails.
pub async fn lock_quarantined(conn: &mut PgConnection, ids: &[Uuid]) -> Result<BTreeSet<Uuid>, StoreError> {
    let rows: Vec<(Uuid,)> = LOCK_QUARANTINED
        .rows()
        .bind(ids)
        .fetch_all(conn)
        .await
        .map_err(|error| LOCK_QUARANTINED.failed(error))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Takes rows away that are parked anew in the same transaction: their resolution is still to come.
///
/// # Errors
/// The statement fails.
pub async fn take_back(conn: &mut PgConnection, ids: &[Uuid]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = sorted(ids, |id| *id).into_iter().copied().collect();
    REMOVE.query().bind(ids).execute(conn).await.map_err(|error| REMOVE.failed(error))?;
    Ok(())
}

/// Takes parked records away with the one line that says what became of each; a second line is refused by the table.
///
/// # Errors
/// A statement fails.
pub async fn resolve_parked(
    conn: &mut PgConnection,
    resolved: &[(Uuid, String)],
    now: Moment,
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = sorted(resolved, |row| row.0).into_iter().map(|row| row.0).collect();
    REMOVE.query().bind(ids).execute(&mut *conn).await.map_err(|error| REMOVE.failed(error))?;
    resolve(conn, resolved, Intake::Parked, now).await
}

/// Writes what became of kept records.
///
/// # Errors
/// The statement fails; a record has at most one line.
pub async fn resolve(
    conn: &mut PgConnection,
    resolved: &[(Uuid, String)],
    intake: Intake,
    now: Moment,
) -> Result<(), StoreError> {
    let rows = sorted(resolved, |row| row.0);
    RESOLVE
        .query()
        .bind(column(&rows, |row| row.0))
        .bind(column(&rows, |row| row.1.as_str()))
        .bind(intake.code())
        .bind(now.0)
        .execute(conn)
        .await
        .map_err(|error| RESOLVE.failed(error))?;
    Ok(())
}

/// Moves records that waited since before `before` to the quarantine, each with its line; says how many.
///
/// # Errors
/// The statement fails.
pub async fn age(
    conn: &mut PgConnection,
    before: Moment,
    now: Moment,
    limit: i64,
) -> Result<u64, StoreError> {
    let done = AGE.query().bind(before.0).bind(now.0).bind(limit).execute(conn).await;
    Ok(done.map_err(|error| AGE.failed(error))?.rows_affected())
}
