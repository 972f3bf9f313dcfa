//! What queues behind parked leads: which leads hang together by it, and its rows in their order. It never decides.

use super::columns::column;
use super::error::StoreError;
use super::kept::{self, Stored, WaitingRow};
use super::statement::Statement;
use crate::domain::ids::{IdentityKey, KeyKind, LeadId};
use sqlx::PgConnection;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Leads that hang together: a record that queues behind one of them queues behind the next too.
const TOGETHER: Statement = Statement::new(
    "parked_key.together",
    "WITH RECURSIVE together (key) AS (
         VALUES ($1::bytea)
         UNION
         SELECT other.key FROM together JOIN parked_key AS mine ON mine.key = together.key
             JOIN parked_key AS other ON other.parked_id = mine.parked_id
         WHERE get_byte(other.key, 0) = 3
     )
     SELECT key FROM together LIMIT $2",
);
const BEHIND: Statement = Statement::new(
    "parked.behind",
    "SELECT id, topic, partition, record_offset, record_at, occurred_at, key, headers, value FROM parked
     WHERE id IN (SELECT parked_id FROM parked_key WHERE key = ANY($1::bytea[])) ORDER BY lead_order LIMIT $2",
);
const ONE: Statement = Statement::new(
    "parked.one",
    "SELECT id, topic, partition, record_offset, record_at, occurred_at, key, headers, value FROM parked WHERE id = $1",
);
const BEYOND: Statement = Statement::new(
    "parked_key.beyond",
    "SELECT named.key FROM unnest($1::bytea[]) AS named (key) WHERE EXISTS (
         SELECT FROM parked_key WHERE parked_key.key = named.key AND parked_id <> ALL ($2::uuid[]))",
);
const PARKED: Statement =
    Statement::new("lead.parked", "SELECT id FROM lead WHERE parked AND id > $1 ORDER BY id LIMIT $2");
const FOLLOW: Statement = Statement::new(
    "parked_key.follow",
    "INSERT INTO parked_key (key, parked_id)
     SELECT moved.later, parked_id FROM unnest($1::bytea[], $2::bytea[]) AS moved (earlier, later)
         JOIN parked_key ON parked_key.key = moved.earlier ON CONFLICT DO NOTHING",
);

pub(super) const STATEMENTS: &[Statement] = &[TOGETHER, BEHIND, ONE, BEYOND, PARKED, FOLLOW];

fn lead_keys<'a>(leads: impl IntoIterator<Item = &'a LeadId>) -> Vec<Vec<u8>> {
    leads.into_iter().map(|lead| IdentityKey::lead(*lead).bytes()).collect()
}

/// The leads that keys name by their own ids.
pub fn leads_in<'a>(keys: impl IntoIterator<Item = &'a IdentityKey>) -> BTreeSet<LeadId> {
    let named = keys.into_iter().filter(|key| key.kind == KeyKind::Lead);
    named.map(|key| LeadId(Uuid::from_bytes(key.digest))).collect()
}

/// The leads that hang together with this one through records that queue behind both; at most `limit`, itself included.
///
/// # Errors
/// The statement fails, or a stored key is none.
pub async fn together(
    conn: &mut PgConnection,
    lead: LeadId,
    limit: i64,
) -> Result<BTreeSet<LeadId>, StoreError> {
    let rows: Vec<(Vec<u8>,)> = TOGETHER
        .rows()
        .bind(IdentityKey::lead(lead).bytes())
        .bind(limit)
        .fetch_all(conn)
        .await
        .map_err(|error| TOGETHER.failed(error))?;
    let keys = rows.iter().map(|(key,)| super::identity::parse(key)).collect::<Result<Vec<_>, _>>()?;
    Ok(leads_in(&keys))
}

/// The records that queue behind the leads, in their order; at most `limit`.
///
/// # Errors
/// The statement fails, or a stored key is none.
pub async fn behind(
    conn: &mut PgConnection,
    leads: &BTreeSet<LeadId>,
    limit: i64,
) -> Result<Vec<WaitingRow>, StoreError> {
    let rows: Vec<Stored> = BEHIND
        .rows()
        .bind(lead_keys(leads))
        .bind(limit)
        .fetch_all(&mut *conn)
        .await
        .map_err(|error| BEHIND.failed(error))?;
    kept::with_keys(conn, rows).await
}

/// One parked record.
///
/// # Errors
/// The statement fails, or a stored key is none.
pub async fn one(conn: &mut PgConnection, id: Uuid) -> Result<Option<WaitingRow>, StoreError> {
    let rows: Vec<Stored> =
        ONE.rows().bind(id).fetch_all(&mut *conn).await.map_err(|error| ONE.failed(error))?;
    Ok(kept::with_keys(conn, rows).await?.pop())
}

/// Those of the leads behind which other records queue than the given ones.
///
/// # Errors
/// The statement fails, or a stored key is none.
pub async fn beyond(
    conn: &mut PgConnection,
    leads: &BTreeSet<LeadId>,
    rows: &[Uuid],
) -> Result<BTreeSet<LeadId>, StoreError> {
    let found: Vec<(Vec<u8>,)> = BEYOND
        .rows()
        .bind(lead_keys(leads))
        .bind(rows)
        .fetch_all(conn)
        .await
        .map_err(|error| BEYOND.failed(error))?;
    let keys = found.iter().map(|(key,)| super::identity::parse(key)).collect::<Result<Vec<_>, _>>()?;
    Ok(leads_in(&keys))
}

/// Parked leads after one, by id; at most `limit`.
///
/// # Errors
/// The statement fails.
pub async fn parked(conn: &mut PgConnection, after: LeadId, limit: i64) -> Result<Vec<LeadId>, StoreError> {
    let rows: Vec<(Uuid,)> = PARKED
        .rows()
        .bind(after.0)
        .bind(limit)
        .fetch_all(conn)
        .await
        .map_err(|error| PARKED.failed(error))?;
    Ok(rows.into_iter().map(|(id,)| LeadId(id)).collect())
}

/// What queues behind the first of each pair queues behind the second too.
///
/// # Errors
/// The statement fails.
pub async fn follow(conn: &mut PgConnection, moved: &[(LeadId, LeadId)]) -> Result<(), StoreError> {
    let rows: Vec<&(LeadId, LeadId)> = moved.iter().collect();
    FOLLOW
        .query()
        .bind(column(&rows, |row| IdentityKey::lead(row.0).bytes()))
        .bind(column(&rows, |row| IdentityKey::lead(row.1).bytes()))
        .execute(conn)
        .await
        .map_err(|error| FOLLOW.failed(error))?;
    Ok(())
}
