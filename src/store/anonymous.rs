//! The table `anonymous_signal`: signals of somebody who has not said who they are. It never binds them to a lead.

use super::codec;
use super::columns::{column, key_bytes, sorted};
use super::error::StoreError;
use super::rows::AnonymousRow;
use super::statement::Statement;
use crate::domain::ids::IdentityKey;
use crate::domain::signal::{Signal, SignalKind, WINDOW_SIGNALS_MAX};
use crate::domain::time::{DAY, Moment};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};

const INSERT: Statement = Statement::new(
    "anonymous_signal.insert",
    "INSERT INTO anonymous_signal (key, signal_id, at, signal, campaign, source, medium, called)
     SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[])
     ON CONFLICT DO NOTHING",
);
const READ: Statement = Statement::new(
    "anonymous_signal.read",
    "SELECT newest.key, newest.signal FROM unnest($1::bytea[]) AS wanted (key)
     CROSS JOIN LATERAL (SELECT key, signal, at, signal_id FROM anonymous_signal AS stored WHERE stored.key = wanted.key
         ORDER BY at DESC, signal_id DESC LIMIT $2) AS newest
     ORDER BY newest.key, newest.at, newest.signal_id",
);
const DELETE: Statement =
    Statement::new("anonymous_signal.delete", "DELETE FROM anonymous_signal WHERE key = ANY($1::bytea[])");
const DROP_OLD: Statement = Statement::new(
    "anonymous_signal.drop_old",
    "DELETE FROM anonymous_signal WHERE (key, signal_id) IN (
         SELECT key, signal_id FROM anonymous_signal WHERE at < $1 LIMIT $2)",
);

pub(super) const STATEMENTS: &[Statement] = &[INSERT, READ, DELETE, DROP_OLD];

/// Signals of somebody who never said who they are are kept for so long (LIFECYCLE idea 17).
pub const KEPT: i64 = 90 * DAY;

/// The kind of a chat or call: who sent it waits for an answer.
fn called(signal: &Signal) -> Option<&'static str> {
    matches!(signal.kind, SignalKind::Chat | SignalKind::InboundCall).then(|| signal.kind.code())
}

/// Keeps signals.
///
/// # Errors
/// The statement fails.
pub async fn add(conn: &mut PgConnection, rows: &[AnonymousRow]) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| (row.key, row.signal.id));
    let signals = rows.iter().map(|row| codec::signal(&row.signal)).collect::<Result<Vec<_>, _>>()?;
    let touch = |row: &AnonymousRow| row.touch.clone().unwrap_or_default();
    INSERT
        .query()
        .bind(column(&rows, |row| row.key.bytes()))
        .bind(column(&rows, |row| row.signal.id.0.to_vec()))
        .bind(column(&rows, |row| row.signal.at.0))
        .bind(signals)
        .bind(column(&rows, |row| touch(row).0))
        .bind(column(&rows, |row| touch(row).1))
        .bind(column(&rows, |row| touch(row).2))
        .bind(column(&rows, |row| called(&row.signal)))
        .execute(conn)
        .await
        .map_err(|error| INSERT.failed(error))?;
    Ok(())
}

/// The newest signals of each key, oldest first; as many as a lead's window takes.
///
/// # Errors
/// The statement fails, or a signal can't be read.
pub async fn read(
    conn: &mut PgConnection,
    keys: &BTreeSet<IdentityKey>,
) -> Result<BTreeMap<IdentityKey, Vec<Signal>>, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = READ
        .rows()
        .bind(key_bytes(keys))
        .bind(i64::try_from(WINDOW_SIGNALS_MAX).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await
        .map_err(|error| READ.failed(error))?;
    let mut signals: BTreeMap<IdentityKey, Vec<Signal>> = BTreeMap::new();
    for (key, signal) in rows {
        signals.entry(super::identity::parse(&key)?).or_default().push(codec::read_signal(&signal)?);
    }
    Ok(signals)
}

/// Forgets the signals of keys that now name a lead.
///
/// # Errors
/// The statement fails.
pub async fn delete(conn: &mut PgConnection, keys: &[IdentityKey]) -> Result<(), StoreError> {
    DELETE.query().bind(key_bytes(keys)).execute(conn).await.map_err(|error| DELETE.failed(error))?;
    Ok(())
}

/// Forgets signals older than `before`, at most `limit`; says how many.
///
/// # Errors
/// The statement fails.
pub async fn drop_old(conn: &mut PgConnection, before: Moment, limit: i64) -> Result<u64, StoreError> {
    let done = DROP_OLD.query().bind(before.0).bind(limit).execute(conn).await;
    Ok(done.map_err(|error| DROP_OLD.failed(error))?.rows_affected())
}
