//! The tables `duplicate_key` (by day of the record's time) and `duplicate_key_undated`: which records were read before.

use super::columns::{column, sorted};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::time::Moment;
use sqlx::PgConnection;
use std::collections::BTreeSet;

const INSERT: Statement = Statement::new(
    "duplicate_key.insert",
    "INSERT INTO duplicate_key (minute, digest, content)
     SELECT minute, digest, content FROM unnest($1::integer[], $2::bytea[], $3::bytea[]) AS new (minute, digest, content)
     ON CONFLICT DO NOTHING RETURNING minute, digest",
);
const READ: Statement = Statement::new(
    "duplicate_key.read",
    "SELECT old.minute, old.digest, old.content FROM unnest($1::integer[], $2::bytea[]) AS wanted (minute, digest)
     JOIN duplicate_key AS old USING (minute, digest)",
);
const INSERT_UNDATED: Statement = Statement::new(
    "duplicate_key_undated.insert",
    "INSERT INTO duplicate_key_undated (digest, content, at)
     SELECT digest, content, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
     FROM unnest($1::bytea[], $2::bytea[]) AS new (digest, content)
     ON CONFLICT DO NOTHING RETURNING digest",
);
const READ_UNDATED: Statement = Statement::new(
    "duplicate_key_undated.read",
    "SELECT digest, content FROM duplicate_key_undated WHERE digest = ANY($1::bytea[])",
);
const DROP_OLD: Statement = Statement::new(
    "duplicate_key.drop_old",
    "DELETE FROM duplicate_key_default WHERE (minute, digest) IN (
         SELECT minute, digest FROM duplicate_key_default WHERE minute < $1 LIMIT $2)",
);
const CAP_UNDATED: Statement = Statement::new(
    "duplicate_key_undated.cap",
    "DELETE FROM duplicate_key_undated WHERE digest IN (
         SELECT digest FROM duplicate_key_undated ORDER BY at DESC OFFSET $1 LIMIT $2)",
);

pub(super) const STATEMENTS: &[Statement] =
    &[INSERT, READ, INSERT_UNDATED, READ_UNDATED, DROP_OLD, CAP_UNDATED];

/// A record's duplicate key and the hash of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyRow {
    /// Minutes since 1970-01-01; `None` goes to the undated table.
    pub minute: Option<i32>,
    pub digest: [u8; 16],
    pub content: [u8; 16],
}

/// Records the keys, each once in `rows`, and returns those that stood there before with the content they had then.
///
/// # Errors
/// A statement fails.
pub async fn record(conn: &mut PgConnection, rows: &[KeyRow]) -> Result<Vec<KeyRow>, StoreError> {
    let rows = sorted(rows, |row| (row.minute, row.digest));
    let (undated, dated): (Vec<&KeyRow>, Vec<&KeyRow>) =
        rows.into_iter().partition(|row| row.minute.is_none());
    let mut seen = if dated.is_empty() { Vec::new() } else { record_dated(conn, &dated).await? };
    if !undated.is_empty() {
        seen.extend(record_undated(conn, &undated).await?);
    }
    Ok(seen)
}

async fn record_dated(conn: &mut PgConnection, rows: &[&KeyRow]) -> Result<Vec<KeyRow>, StoreError> {
    let inserted: Vec<(i32, Vec<u8>)> = INSERT
        .rows()
        .bind(column(rows, |row| row.minute.unwrap_or_default()))
        .bind(column(rows, |row| row.digest.to_vec()))
        .bind(column(rows, |row| row.content.to_vec()))
        .fetch_all(&mut *conn)
        .await
        .map_err(|error| INSERT.failed(error))?;
    if inserted.len() == rows.len() {
        return Ok(Vec::new());
    }
    let inserted: BTreeSet<(i32, Vec<u8>)> = inserted.into_iter().collect();
    let mut known = rows.to_vec();
    known.retain(|row| !inserted.contains(&(row.minute.unwrap_or_default(), row.digest.to_vec())));
    let read: Vec<(i32, Vec<u8>, Vec<u8>)> = READ
        .rows()
        .bind(column(&known, |row| row.minute.unwrap_or_default()))
        .bind(column(&known, |row| row.digest.to_vec()))
        .fetch_all(conn)
        .await
        .map_err(|error| READ.failed(error))?;
    read.into_iter().map(|(minute, digest, content)| key_row(Some(minute), &digest, &content)).collect()
}

async fn record_undated(conn: &mut PgConnection, rows: &[&KeyRow]) -> Result<Vec<KeyRow>, StoreError> {
    let inserted: Vec<(Vec<u8>,)> = INSERT_UNDATED
        .rows()
        .bind(column(rows, |row| row.digest.to_vec()))
        .bind(column(rows, |row| row.content.to_vec()))
        .fetch_all(&mut *conn)
        .await
        .map_err(|error| INSERT_UNDATED.failed(error))?;
    let inserted: BTreeSet<Vec<u8>> = inserted.into_iter().map(|(digest,)| digest).collect();
    let known: Vec<Vec<u8>> =
        rows.iter().map(|row| row.digest.to_vec()).filter(|digest| !inserted.contains(digest)).collect();
    if known.is_empty() {
        return Ok(Vec::new());
    }
    let read: Vec<(Vec<u8>, Vec<u8>)> =
        READ_UNDATED.rows().bind(known).fetch_all(conn).await.map_err(|error| READ_UNDATED.failed(error))?;
    read.into_iter().map(|(digest, content)| key_row(None, &digest, &content)).collect()
}

/// Deletes keys older than `before` that stand in no day's partition, at most `limit`; says how many.
///
/// # Errors
/// The statement fails.
pub async fn drop_old(conn: &mut PgConnection, before: Moment, limit: i64) -> Result<u64, StoreError> {
    let minute = i32::try_from(before.0.div_euclid(crate::domain::time::MINUTE)).unwrap_or(i32::MIN);
    let done = DROP_OLD.query().bind(minute).bind(limit).execute(conn).await;
    Ok(done.map_err(|error| DROP_OLD.failed(error))?.rows_affected())
}

/// Keeps the newest `keep` undated keys, deleting at most `limit`; says how many went.
///
/// # Errors
/// The statement fails.
pub async fn cap_undated(conn: &mut PgConnection, keep: i64, limit: i64) -> Result<u64, StoreError> {
    let done = CAP_UNDATED.query().bind(keep).bind(limit).execute(conn).await;
    Ok(done.map_err(|error| CAP_UNDATED.failed(error))?.rows_affected())
}

fn key_row(minute: Option<i32>, digest: &[u8], content: &[u8]) -> Result<KeyRow, StoreError> {
    match (digest.try_into(), content.try_into()) {
        (Ok(digest), Ok(content)) => Ok(KeyRow { minute, digest, content }),
        _ => Err(StoreError::Damaged {
            what: "duplicate key",
            id: String::new(),
            detail: format!("{} and {} bytes", digest.len(), content.len()),
        }),
    }
}
