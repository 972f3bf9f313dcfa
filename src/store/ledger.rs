//! The tables `ledger` and `idempotency`: counts per batch that must add up, and replies that are given once. It changes no
//! row of the ledger: what is old is folded by the database's own function.

use super::columns::{column, integer_array, sorted, text_array};
use super::error::StoreError;
use super::rows::{IdempotencyRow, LedgerRow};
use super::statement::Statement;
use crate::domain::time::Moment;
use sqlx::PgConnection;

const APPEND: Statement = Statement::new(
    "ledger.append",
    "INSERT INTO ledger (topic, partition, epoch, from_offset, to_offset, read, applied, duplicate, filtered, refused,
         parked, quarantined, reasons, reason_counts, at)
     SELECT topic, partition, epoch, from_offset, to_offset, read, applied, duplicate, filtered, refused, parked,
         quarantined, reasons::text[], reason_counts::integer[], $15
     FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[], $7::integer[],
         $8::integer[], $9::integer[], $10::integer[], $11::integer[], $12::integer[], $13::text[], $14::text[])
         AS new (topic, partition, epoch, from_offset, to_offset, read, applied, duplicate, filtered, refused, parked,
             quarantined, reasons, reason_counts)",
);
const ANSWER: Statement = Statement::new(
    "idempotency.insert",
    "INSERT INTO idempotency (key, actor, body_hash, status, reply, at) VALUES ($1, $2, $3, $4, $5, $6)",
);
const ANSWERED: Statement = Statement::new(
    "idempotency.read",
    "SELECT body_hash, status, reply FROM idempotency WHERE key = $1 AND actor = $2",
);
const DROP_ANSWERS: Statement = Statement::new(
    "idempotency.drop_old",
    "DELETE FROM idempotency WHERE (key, actor) IN (SELECT key, actor FROM idempotency WHERE at < $1 LIMIT $2)",
);
/// The owner's function: the service's role may not change a row of the ledger by itself.
const FOLD: Statement = Statement::new("ledger.fold", "SELECT fold_ledger($1, $2)");

pub(super) const STATEMENTS: &[Statement] = &[APPEND, ANSWER, ANSWERED, DROP_ANSWERS, FOLD];

/// The reply that a key has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub body_hash: Vec<u8>,
    pub status: i16,
    pub reply: Vec<u8>,
}

/// Appends the counts of a batch.
///
/// # Errors
/// The statement fails; counts that do not add up are refused by the table.
pub async fn append(conn: &mut PgConnection, rows: &[LedgerRow], now: Moment) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| (row.topic.clone(), row.partition));
    APPEND
        .query()
        .bind(column(&rows, |row| row.topic.as_str()))
        .bind(column(&rows, |row| row.partition))
        .bind(column(&rows, |row| row.epoch))
        .bind(column(&rows, |row| row.from_offset))
        .bind(column(&rows, |row| row.to_offset))
        .bind(column(&rows, |row| row.read))
        .bind(column(&rows, |row| row.applied))
        .bind(column(&rows, |row| row.duplicate))
        .bind(column(&rows, |row| row.filtered))
        .bind(column(&rows, |row| row.refused))
        .bind(column(&rows, |row| row.parked))
        .bind(column(&rows, |row| row.quarantined))
        .bind(column(&rows, |row| text_array(row.reasons.iter().map(|reason| reason.0.as_str()))))
        .bind(column(&rows, |row| integer_array(row.reasons.iter().map(|reason| reason.1))))
        .bind(now.0)
        .execute(conn)
        .await
        .map_err(|error| APPEND.failed(error))?;
    Ok(())
}

/// Keeps the reply that a key gets from now on.
///
/// # Errors
/// The statement fails; a key that has a reply is refused by the table.
pub async fn answer(conn: &mut PgConnection, row: &IdempotencyRow, now: Moment) -> Result<(), StoreError> {
    ANSWER
        .query()
        .bind(&row.key)
        .bind(&row.actor)
        .bind(row.body_hash.to_vec())
        .bind(row.status)
        .bind(&row.reply)
        .bind(now.0)
        .execute(conn)
        .await
        .map_err(|error| ANSWER.failed(error))?;
    Ok(())
}

/// The reply that a key has already.
///
/// # Errors
/// The statement fails.
pub async fn answered(conn: &mut PgConnection, key: &str, actor: &str) -> Result<Option<Answer>, StoreError> {
    let row: Option<(Vec<u8>, i16, Vec<u8>)> = ANSWERED
        .rows()
        .bind(key)
        .bind(actor)
        .fetch_optional(conn)
        .await
        .map_err(|error| ANSWERED.failed(error))?;
    Ok(row.map(|(body_hash, status, reply)| Answer { body_hash, status, reply }))
}

/// Forgets replies older than `before`, at most `limit`.
///
/// # Errors
/// The statement fails.
pub async fn drop_answers(conn: &mut PgConnection, before: Moment, limit: i64) -> Result<u64, StoreError> {
    let done = DROP_ANSWERS.query().bind(before.0).bind(limit).execute(conn).await;
    Ok(done.map_err(|error| DROP_ANSWERS.failed(error))?.rows_affected())
}

/// Folds abutting rows of a partition, reader and hour that are older than a day into their first, looking at `limit` rows at
/// most; says how many rows went. Sums and ranges stay, and the row says how many it is made of and since when.
///
/// # Errors
/// The statement fails.
pub async fn fold(conn: &mut PgConnection, now: Moment, limit: i32) -> Result<u64, StoreError> {
    let (folded,): (i64,) =
        FOLD.rows().bind(now.0).bind(limit).fetch_one(conn).await.map_err(|error| FOLD.failed(error))?;
    Ok(folded.unsigned_abs())
}
