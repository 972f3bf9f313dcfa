//! The table `identity_key`: which key names which lead. It never resolves a merge; the writer has repointed the keys.

use super::columns::{column, key_bytes, waves};
use super::error::StoreError;
use super::rows::IdentityRow;
use super::statement::Statement;
use crate::domain::ids::{IdentityKey, LeadId};
use crate::domain::time::Moment;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const INSERT_MISSING: Statement = Statement::new(
    "identity_key.insert_missing",
    "INSERT INTO identity_key (key, lead_id, created_at)
     SELECT key, NULL, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM unnest($1::bytea[]) AS key
     ON CONFLICT (key) DO NOTHING",
);
const LOCK_UNBOUND: Statement = Statement::new(
    "identity_key.lock_unbound",
    "SELECT key FROM identity_key WHERE key = ANY($1::bytea[]) AND lead_id IS NULL ORDER BY key FOR UPDATE",
);
const READ: Statement = Statement::new(
    "identity_key.read",
    "SELECT key, lead_id, not_before FROM identity_key WHERE key = ANY($1::bytea[])",
);
const BIND: Statement = Statement::new(
    "identity_key.bind",
    "INSERT INTO identity_key (key, lead_id, created_at, not_before)
     SELECT key, lead_id, $3, not_before FROM unnest($1::bytea[], $2::uuid[], $4::bigint[]) AS new (key, lead_id, not_before)
     ON CONFLICT (key) DO UPDATE SET lead_id = excluded.lead_id,
         not_before = coalesce(excluded.not_before, identity_key.not_before) WHERE identity_key.lead_id IS DISTINCT FROM excluded.lead_id",
);
const KEYS_OF: Statement =
    Statement::new("identity_key.of_lead", "SELECT key FROM identity_key WHERE lead_id = $1 ORDER BY key");
const DROP_UNBOUND: Statement = Statement::new(
    "identity_key.drop_unbound",
    "DELETE FROM identity_key WHERE key IN (
         SELECT key FROM identity_key AS old WHERE lead_id IS NULL AND created_at < $1
             AND NOT EXISTS (SELECT FROM parked_key WHERE parked_key.key = old.key)
         LIMIT $2 FOR UPDATE SKIP LOCKED)",
);

pub(super) const STATEMENTS: &[Statement] =
    &[INSERT_MISSING, LOCK_UNBOUND, READ, BIND, KEYS_OF, DROP_UNBOUND];

/// What the keys name after all of them stand in the table: nobody yet, or a lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    pub leads: BTreeMap<IdentityKey, LeadId>,
    pub unbound: BTreeSet<IdentityKey>,
    /// Keys that name a person anew, and since when: what is older belongs to somebody who was erased.
    pub not_before: BTreeMap<IdentityKey, Moment>,
}

/// Makes sure that every key has a row, and locks the rows of keys that name nobody: two transactions that meet a new
/// person at once come one after the other.
///
/// # Errors
/// The statement fails.
pub async fn insert_missing(conn: &mut PgConnection, keys: &BTreeSet<IdentityKey>) -> Result<(), StoreError> {
    let bytes = key_bytes(keys);
    INSERT_MISSING
        .query()
        .bind(&bytes)
        .execute(&mut *conn)
        .await
        .map_err(|error| INSERT_MISSING.failed(error))?;
    Ok(())
}

/// Locks the keys that name nobody, in their order.
///
/// # Errors
/// The statement fails.
pub async fn lock_unbound(conn: &mut PgConnection, keys: &BTreeSet<IdentityKey>) -> Result<(), StoreError> {
    let bytes = key_bytes(keys);
    LOCK_UNBOUND.query().bind(&bytes).execute(conn).await.map_err(|error| LOCK_UNBOUND.failed(error))?;
    Ok(())
}

/// Reads what the keys name.
///
/// # Errors
/// The statement fails, or a stored key is none.
pub async fn read(conn: &mut PgConnection, keys: &BTreeSet<IdentityKey>) -> Result<Resolved, StoreError> {
    let bytes = key_bytes(keys);
    let rows: Vec<(Vec<u8>, Option<Uuid>, Option<i64>)> =
        READ.rows().bind(&bytes).fetch_all(conn).await.map_err(|error| READ.failed(error))?;
    let mut resolved = Resolved::default();
    for (bytes, lead, not_before) in rows {
        let key = parse(&bytes)?;
        if let Some(at) = not_before {
            resolved.not_before.insert(key, Moment(at));
        }
        match lead {
            Some(lead) => {
                resolved.leads.insert(key, LeadId(lead));
            }
            None => {
                resolved.unbound.insert(key);
            }
        }
    }
    Ok(resolved)
}

/// Points keys at leads.
///
/// # Errors
/// The statement fails.
pub async fn bind(conn: &mut PgConnection, rows: &[IdentityRow], now: Moment) -> Result<(), StoreError> {
    for wave in waves(rows, |row| row.key) {
        BIND.query()
            .bind(column(&wave, |row| row.key.bytes()))
            .bind(column(&wave, |row| row.lead.0))
            .bind(now.0)
            .bind(column(&wave, |row| row.not_before.map(|at| at.0)))
            .execute(&mut *conn)
            .await
            .map_err(|error| BIND.failed(error))?;
    }
    Ok(())
}

/// Every key that names the lead.
///
/// # Errors
/// The statement fails, or a stored key is none.
pub async fn of_lead(conn: &mut PgConnection, lead: LeadId) -> Result<Vec<IdentityKey>, StoreError> {
    let rows: Vec<(Vec<u8>,)> =
        KEYS_OF.rows().bind(lead.0).fetch_all(conn).await.map_err(|error| KEYS_OF.failed(error))?;
    rows.iter().map(|(bytes,)| parse(bytes)).collect()
}

/// Forgets keys that named nobody since `before` and under which nothing waits, at most `limit`; says how many.
///
/// # Errors
/// The statement fails.
pub async fn drop_unbound(conn: &mut PgConnection, before: Moment, limit: i64) -> Result<u64, StoreError> {
    let done = DROP_UNBOUND.query().bind(before.0).bind(limit).execute(conn).await;
    Ok(done.map_err(|error| DROP_UNBOUND.failed(error))?.rows_affected())
}

pub(super) fn parse(bytes: &[u8]) -> Result<IdentityKey, StoreError> {
    IdentityKey::from_bytes(bytes).ok_or_else(|| StoreError::Damaged {
        what: "identity key",
        id: String::new(),
        detail: format!("{} bytes", bytes.len()),
    })
}
