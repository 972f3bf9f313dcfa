//! The table `input_position`: where each partition stands and who owns it. It never asks Kafka.

use super::columns::{column, sorted};
use super::connect;
use super::error::StoreError;
use super::rows::PositionRow;
use super::statement::Statement;
use crate::domain::time::Moment;
use sqlx::{FromRow, PgConnection};

const FENCE: Statement = Statement::new(
    "input_position.fence",
    "SELECT stored.topic, stored.partition, next_offset, epoch, owner, last_hash, audit_sequence, caught_up_to
     FROM input_position AS stored
     JOIN unnest($1::text[], $2::integer[]) AS mine (topic, partition)
         ON stored.topic = mine.topic AND stored.partition = mine.partition
     ORDER BY stored.topic, stored.partition FOR UPDATE OF stored",
);
const LIST: Statement = Statement::new(
    "input_position.list",
    "SELECT topic, partition, next_offset, epoch, owner, last_hash, audit_sequence, caught_up_to FROM input_position
     ORDER BY topic, partition",
);
const INSERT: Statement = Statement::new(
    "input_position.insert",
    "INSERT INTO input_position (topic, partition, next_offset, epoch, owner, updated_at)
     SELECT topic, partition, next_offset, 0, '', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
     FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS new (topic, partition, next_offset)
     ON CONFLICT DO NOTHING",
);
const CLAIM: Statement = Statement::new(
    "input_position.claim",
    "UPDATE input_position SET epoch = epoch + 1, owner = $3,
         updated_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
     FROM unnest($1::text[], $2::integer[]) AS mine (topic, partition)
     WHERE input_position.topic = mine.topic AND input_position.partition = mine.partition",
);
const MOVE: Statement = Statement::new(
    "input_position.move",
    "UPDATE input_position SET next_offset = new.next_offset, last_hash = coalesce(new.last_hash, input_position.last_hash),
         audit_sequence = new.audit_sequence, caught_up_to = new.caught_up_to, updated_at = $7
     FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bytea[], $5::bigint[], $6::bigint[])
         AS new (topic, partition, next_offset, last_hash, audit_sequence, caught_up_to)
     WHERE input_position.topic = new.topic AND input_position.partition = new.partition",
);
const HEARTBEAT: Statement = Statement::new(
    "input_position.heartbeat",
    "UPDATE input_position SET caught_up_to = GREATEST(caught_up_to,
         coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) - $5::bigint)
     FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[]) AS mine (topic, partition, epoch, next_offset)
     WHERE input_position.topic = mine.topic AND input_position.partition = mine.partition
         AND input_position.epoch = mine.epoch AND input_position.next_offset = mine.next_offset",
);
const TOPICS: Statement = Statement::new(
    "input_position.topics",
    "SELECT DISTINCT topic FROM input_position WHERE topic = ANY($1::text[])",
);

/// The hash of the last record goes: the record before the new position is another one, and none may be expected.
const CHANGE: Statement = Statement::new(
    "input_position.change",
    "UPDATE input_position SET next_offset = $3, epoch = epoch + 1, owner = $4, last_hash = NULL,
         updated_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
     WHERE topic = $1 AND partition = $2 RETURNING epoch, session_user::text",
);
const NOTE: Statement = Statement::new(
    "ledger.note",
    "INSERT INTO ledger (topic, partition, epoch, from_offset, to_offset, read, applied, duplicate, filtered, refused,
         parked, quarantined, kind, actor, note, at)
     VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, 0, 0, 0, $6, $7, $8,
         coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint))",
);

pub(super) const STATEMENTS: &[Statement] =
    &[FENCE, LIST, INSERT, CLAIM, MOVE, HEARTBEAT, TOPICS, CHANGE, NOTE];

/// Stands as owner after an operator moved a position, so that whoever owned it knows why it misses the fence.
pub const OPERATOR: &str = "operator";

/// A position as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct StoredPosition {
    pub topic: String,
    pub partition: i32,
    pub next_offset: i64,
    pub epoch: i64,
    pub owner: String,
    pub last_hash: Option<Vec<u8>>,
    pub audit_sequence: i64,
    /// Microseconds; up to when the facts of this partition are known.
    pub caught_up_to: Option<i64>,
}

/// Locks positions in their order and reads them; unknown ones are absent.
///
/// # Errors
/// The statement fails.
pub async fn fence(
    conn: &mut PgConnection,
    partitions: &[(String, i32)],
) -> Result<Vec<StoredPosition>, StoreError> {
    let rows = sorted(partitions, Clone::clone);
    FENCE
        .rows()
        .bind(column(&rows, |row| row.0.as_str()))
        .bind(column(&rows, |row| row.1))
        .fetch_all(conn)
        .await
        .map_err(|error| FENCE.failed(error))
}

/// Every position, without a lock.
///
/// # Errors
/// The statement fails.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<StoredPosition>, StoreError> {
    LIST.rows().fetch_all(conn).await.map_err(|error| LIST.failed(error))
}

/// Which of the topics have positions already.
///
/// # Errors
/// The statement fails.
pub async fn known_topics(conn: &mut PgConnection, topics: &[String]) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> =
        TOPICS.rows().bind(topics).fetch_all(conn).await.map_err(|error| TOPICS.failed(error))?;
    Ok(rows.into_iter().map(|(topic,)| topic).collect())
}

/// Makes positions that are not there.
///
/// # Errors
/// The statement fails.
pub async fn insert(conn: &mut PgConnection, rows: &[(String, i32, i64)]) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| (row.0.clone(), row.1));
    INSERT
        .query()
        .bind(column(&rows, |row| row.0.as_str()))
        .bind(column(&rows, |row| row.1))
        .bind(column(&rows, |row| row.2))
        .execute(conn)
        .await
        .map_err(|error| INSERT.failed(error))?;
    Ok(())
}

/// Raises the epoch of locked positions and names the owner.
///
/// # Errors
/// The statement fails.
pub async fn claim(
    conn: &mut PgConnection,
    partitions: &[(String, i32)],
    owner: &str,
) -> Result<(), StoreError> {
    let rows = sorted(partitions, Clone::clone);
    CLAIM
        .query()
        .bind(column(&rows, |row| row.0.as_str()))
        .bind(column(&rows, |row| row.1))
        .bind(owner)
        .execute(conn)
        .await
        .map_err(|error| CLAIM.failed(error))?;
    Ok(())
}

/// Moves locked positions; `caught_up_to` of `None` means now.
///
/// # Errors
/// The statement fails.
pub async fn advance(conn: &mut PgConnection, rows: &[PositionRow], now: Moment) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| (row.topic.clone(), row.partition));
    MOVE.query()
        .bind(column(&rows, |row| row.topic.as_str()))
        .bind(column(&rows, |row| row.partition))
        .bind(column(&rows, |row| row.next_offset))
        .bind(column(&rows, |row| row.last_hash.map(|hash| hash.to_vec())))
        .bind(column(&rows, |row| row.audit_sequence))
        .bind(column(&rows, |row| row.caught_up_to.unwrap_or(now).0))
        .bind(now.0)
        .execute(conn)
        .await
        .map_err(|error| MOVE.failed(error))?;
    Ok(())
}

/// Says that lanes stand at the end of their partitions now: (topic, partition, epoch, next offset). Positions that
/// somebody else has taken, or that moved, stay as they are; says how many were ours.
///
/// # Errors
/// The statement fails.
pub async fn heartbeat(
    conn: &mut PgConnection,
    mine: &[(String, i32, i64, i64)],
    age_micros: i64,
) -> Result<u64, StoreError> {
    let rows = sorted(mine, |row| (row.0.clone(), row.1));
    let done = HEARTBEAT
        .query()
        .bind(column(&rows, |row| row.0.as_str()))
        .bind(column(&rows, |row| row.1))
        .bind(column(&rows, |row| row.2))
        .bind(column(&rows, |row| row.3))
        .bind(age_micros)
        .execute(conn)
        .await;
    Ok(done.map_err(|error| HEARTBEAT.failed(error))?.rows_affected())
}

/// A line in the ledger that counts nothing: what an operator did, by whom and why.
#[derive(Clone, Copy, Debug)]
pub struct Note<'a> {
    /// `position`, `lane` or `clocks`.
    pub kind: &'static str,
    /// The next offset afterwards: ranges abut over such lines too.
    pub to: i64,
    pub actor: &'a str,
    pub note: &'a str,
}

/// An operator's change of a position.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    pub topic: &'a str,
    pub partition: i32,
    /// The next offset to read.
    pub to: i64,
    /// `None` is the database's user.
    pub by: Option<&'a str>,
    pub reason: &'a str,
}

/// A position that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub from: i64,
    pub to: i64,
    pub epoch: i64,
    pub by: String,
}

/// THE place where an operator moves a position, inside an open transaction: locks it, moves it, raises its epoch so that
/// whoever reads it is fenced and joins again, and writes the line of the ledger. `None` when there is no such position.
///
/// # Errors
/// A statement fails.
pub async fn change(conn: &mut PgConnection, change: &Change<'_>) -> Result<Option<Changed>, StoreError> {
    let Some(stands) = lock(conn, change.topic, change.partition).await? else { return Ok(None) };
    let (epoch, user): (i64, String) = CHANGE
        .rows()
        .bind(change.topic)
        .bind(change.partition)
        .bind(change.to)
        .bind(OPERATOR)
        .fetch_one(&mut *conn)
        .await
        .map_err(|error| CHANGE.failed(error))?;
    let by = change.by.map_or(user, str::to_owned);
    let note = Note { kind: "position", to: change.to, actor: &by, note: change.reason };
    self::note(conn, &StoredPosition { epoch, ..stands.clone() }, &note).await?;
    Ok(Some(Changed { from: stands.next_offset, to: change.to, epoch, by }))
}

/// Locks one position and reads it.
pub(super) async fn lock(
    conn: &mut PgConnection,
    topic: &str,
    partition: i32,
) -> Result<Option<StoredPosition>, StoreError> {
    Ok(fence(conn, &[(topic.to_owned(), partition)]).await?.into_iter().next())
}

/// Writes a line about a locked position.
pub(super) async fn note(
    conn: &mut PgConnection,
    stands: &StoredPosition,
    note: &Note<'_>,
) -> Result<(), StoreError> {
    NOTE.query()
        .bind(&stands.topic)
        .bind(stands.partition)
        .bind(stands.epoch)
        .bind(stands.next_offset)
        .bind(note.to)
        .bind(note.kind)
        .bind(note.actor)
        .bind(note.note)
        .execute(conn)
        .await
        .map_err(|error| NOTE.failed(error))?;
    Ok(())
}

/// Commits what was done, or rolls back what failed.
pub(super) async fn ended<T>(conn: &mut PgConnection, done: Result<T, StoreError>) -> Result<T, StoreError> {
    match done {
        Ok(done) => connect::commit(conn).await.map(|()| done),
        Err(error) => {
            // A connection that is gone has rolled back already; the first error is the one to tell.
            let _ = connect::rollback(conn).await;
            Err(error)
        }
    }
}
