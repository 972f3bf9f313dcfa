//! The tables `pool_lease`, `rotation` and `rotation_entry`: whose turn it is in a pool. It never chooses a rep.

use super::columns::{column, sorted};
use super::error::StoreError;
use super::rows::{RotationEntryRow, RotationRow};
use super::statement::Statement;
use crate::domain::team::{MemberId, PoolId};
use sqlx::PgConnection;
use std::collections::BTreeMap;

/// Entries that one transaction of the router folds; more wait for its next turn.
const ENTRIES_MAX: i64 = 1_000;

const MAKE_POOL: Statement = Statement::new(
    "pool_lease.insert",
    "INSERT INTO pool_lease (pool, owner, lease_epoch, lease_until) VALUES ($1, '', 0, 0) ON CONFLICT DO NOTHING",
);
const LOCK_POOL: Statement =
    Statement::new("pool_lease.lock", "SELECT lease_epoch FROM pool_lease WHERE pool = $1 FOR UPDATE");
const COUNTERS: Statement =
    Statement::new("rotation.read", "SELECT member, credit FROM rotation WHERE pool = $1 ORDER BY member");
const ENTRIES: Statement = Statement::new(
    "rotation_entry.read",
    "SELECT id, member FROM rotation_entry WHERE pool = $1 ORDER BY id LIMIT $2",
);
const ADD_ENTRIES: Statement = Statement::new(
    "rotation_entry.insert",
    "INSERT INTO rotation_entry (pool, member, lead_id) SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[])",
);
const UPSERT: Statement = Statement::new(
    "rotation.upsert",
    "INSERT INTO rotation (pool, member, credit) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
     ON CONFLICT (pool, member) DO UPDATE SET credit = excluded.credit",
);
const DROP_ABSENT: Statement = Statement::new(
    "rotation.drop_absent",
    "DELETE FROM rotation WHERE pool = ANY($1::text[])
         AND (pool, member) NOT IN (SELECT * FROM unnest($1::text[], $2::text[]))",
);
const DROP_FOLDED: Statement =
    Statement::new("rotation_entry.delete", "DELETE FROM rotation_entry WHERE id = ANY($1::bigint[])");
const TAKE: Statement = Statement::new(
    "pool_lease.take",
    "INSERT INTO pool_lease AS held (pool, owner, lease_epoch, lease_until)
     VALUES ($1, $2, 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $3)
     ON CONFLICT (pool) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until,
         lease_epoch = held.lease_epoch + (held.owner <> excluded.owner)::integer
     WHERE held.owner = excluded.owner OR held.lease_until < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
     RETURNING lease_epoch",
);

pub(super) const STATEMENTS: &[Statement] =
    &[MAKE_POOL, LOCK_POOL, COUNTERS, ENTRIES, ADD_ENTRIES, UPSERT, DROP_ABSENT, DROP_FOLDED, TAKE];

/// A pool as it is stored: credits, and who took a lead past the router, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredPool {
    pub credits: BTreeMap<MemberId, i64>,
    pub entries: Vec<(i64, MemberId)>,
}

/// Locks one pool and reads its counters and entries.
///
/// # Errors
/// A statement fails.
pub async fn lock_pool(conn: &mut PgConnection, pool: &PoolId) -> Result<StoredPool, StoreError> {
    let failed = |statement: Statement| move |error| statement.failed(error);
    MAKE_POOL.query().bind(&pool.0).execute(&mut *conn).await.map_err(failed(MAKE_POOL))?;
    LOCK_POOL.query().bind(&pool.0).execute(&mut *conn).await.map_err(failed(LOCK_POOL))?;
    read_pool(conn, pool).await
}

/// Reads one pool's counters and entries as they stand, for those who only look.
///
/// # Errors
/// A statement fails.
pub async fn read_pool(conn: &mut PgConnection, pool: &PoolId) -> Result<StoredPool, StoreError> {
    let failed = |statement: Statement| move |error| statement.failed(error);
    let credits: Vec<(String, i64)> =
        COUNTERS.rows().bind(&pool.0).fetch_all(&mut *conn).await.map_err(failed(COUNTERS))?;
    let entries: Vec<(i64, String)> =
        ENTRIES.rows().bind(&pool.0).bind(ENTRIES_MAX).fetch_all(conn).await.map_err(failed(ENTRIES))?;
    Ok(StoredPool {
        credits: credits.into_iter().map(|(member, credit)| (MemberId(member), credit)).collect(),
        entries: entries.into_iter().map(|(id, member)| (id, MemberId(member))).collect(),
    })
}

/// Notes leads that facts took from pools.
///
/// # Errors
/// The statement fails.
pub async fn add_entries(conn: &mut PgConnection, rows: &[RotationEntryRow]) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| (row.pool.clone(), row.lead));
    ADD_ENTRIES
        .query()
        .bind(column(&rows, |row| row.pool.0.as_str()))
        .bind(column(&rows, |row| row.member.0.as_str()))
        .bind(column(&rows, |row| row.lead.0))
        .execute(conn)
        .await
        .map_err(|error| ADD_ENTRIES.failed(error))?;
    Ok(())
}

/// Writes the counters of the pools in `rows` whole: members that are not named go.
///
/// # Errors
/// A statement fails.
pub async fn replace(conn: &mut PgConnection, rows: &[RotationRow]) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| (row.pool.clone(), row.member.clone()));
    let pools: Vec<&str> = column(&rows, |row| row.pool.0.as_str());
    let members: Vec<&str> = column(&rows, |row| row.member.0.as_str());
    UPSERT
        .query()
        .bind(pools.clone())
        .bind(members.clone())
        .bind(column(&rows, |row| row.credit))
        .execute(&mut *conn)
        .await
        .map_err(|error| UPSERT.failed(error))?;
    let done = DROP_ABSENT.query().bind(pools).bind(members).execute(conn).await;
    done.map_err(|error| DROP_ABSENT.failed(error))?;
    Ok(())
}

/// Removes entries that stand in the counters now.
///
/// # Errors
/// The statement fails.
pub async fn drop_folded(conn: &mut PgConnection, ids: &[i64]) -> Result<(), StoreError> {
    DROP_FOLDED.query().bind(ids).execute(conn).await.map_err(|error| DROP_FOLDED.failed(error))?;
    Ok(())
}

/// Takes or renews the lease of a pool for so many microseconds; `None` while somebody else holds it.
///
/// # Errors
/// The statement fails.
pub async fn take_pool(
    conn: &mut PgConnection,
    pool: &PoolId,
    owner: &str,
    micros: i64,
) -> Result<Option<i64>, StoreError> {
    let row: Option<(i64,)> = TAKE
        .rows()
        .bind(&pool.0)
        .bind(owner)
        .bind(micros)
        .fetch_optional(conn)
        .await
        .map_err(|error| TAKE.failed(error))?;
    Ok(row.map(|(epoch,)| epoch))
}
