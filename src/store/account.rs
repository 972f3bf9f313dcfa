//! The tables `account` and `account_key`: companies and what names them. It never decides which company a person is of.

use super::columns::{column, waves};
use super::error::StoreError;
use super::rows::AccountRow;
use super::statement::Statement;
use crate::domain::ids::AccountId;
use crate::domain::routing::name_key;
use crate::domain::team::MemberId;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const BY_KEY: Statement =
    Statement::new("account_key.read", "SELECT key, account_id FROM account_key WHERE key = ANY($1::text[])");
const LOCK: Statement = Statement::new(
    "account.lock",
    "SELECT id FROM account WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE",
);
const READ: Statement =
    Statement::new("account.read", "SELECT id, kind, owner, segment FROM account WHERE id = ANY($1::uuid[])");
const UPSERT: Statement = Statement::new(
    "account.upsert",
    "INSERT INTO account (id, name, name_key, kind, owner, segment, region, customer_since)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
         $8::integer[])
     ON CONFLICT (id) DO UPDATE SET name = coalesce(excluded.name, account.name),
         name_key = coalesce(excluded.name_key, account.name_key),
         kind = coalesce(excluded.kind, account.kind), owner = coalesce(excluded.owner, account.owner),
         segment = coalesce(excluded.segment, account.segment), region = coalesce(excluded.region, account.region),
         customer_since = coalesce(excluded.customer_since, account.customer_since)",
);
const ADD_KEYS: Statement = Statement::new(
    "account_key.add",
    "INSERT INTO account_key (key, account_id) SELECT * FROM unnest($1::text[], $2::uuid[])
     ON CONFLICT (key) DO NOTHING",
);

pub(super) const STATEMENTS: &[Statement] = &[BY_KEY, LOCK, READ, UPSERT, ADD_KEYS];

/// What is stored of a company and read by decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFacts {
    pub kind: Option<String>,
    pub owner: Option<MemberId>,
    pub segment: Option<String>,
}

/// Which companies the keys name.
///
/// # Errors
/// The statement fails.
pub async fn by_key(
    conn: &mut PgConnection,
    keys: &BTreeSet<String>,
) -> Result<BTreeMap<String, AccountId>, StoreError> {
    let keys: Vec<&String> = keys.iter().collect();
    let rows: Vec<(String, Uuid)> =
        BY_KEY.rows().bind(keys).fetch_all(conn).await.map_err(|error| BY_KEY.failed(error))?;
    Ok(rows.into_iter().map(|(key, id)| (key, AccountId(id))).collect())
}

/// Locks companies in the order of their ids.
///
/// # Errors
/// The statement fails.
pub async fn lock(conn: &mut PgConnection, ids: &BTreeSet<AccountId>) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    LOCK.query().bind(ids).execute(conn).await.map_err(|error| LOCK.failed(error))?;
    Ok(())
}

/// Reads companies; unknown ones are absent.
///
/// # Errors
/// The statement fails.
pub async fn read(
    conn: &mut PgConnection,
    ids: &BTreeSet<AccountId>,
) -> Result<BTreeMap<AccountId, AccountFacts>, StoreError> {
    type Stored = (Uuid, Option<String>, Option<String>, Option<String>);
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<Stored> =
        READ.rows().bind(ids).fetch_all(conn).await.map_err(|error| READ.failed(error))?;
    Ok(rows
        .into_iter()
        .map(|(id, kind, owner, segment)| {
            (AccountId(id), AccountFacts { kind, owner: owner.map(MemberId), segment })
        })
        .collect())
}

/// Writes what is new of companies; what a row leaves out stays. The first company to take a key keeps it.
///
/// # Errors
/// A statement fails.
pub async fn upsert(conn: &mut PgConnection, rows: &[AccountRow]) -> Result<(), StoreError> {
    for wave in waves(rows, |row| row.id) {
        UPSERT
            .query()
            .bind(column(&wave, |row| row.id.0))
            .bind(column(&wave, |row| row.name.clone()))
            .bind(column(&wave, |row| row.name.as_deref().and_then(name_key)))
            .bind(column(&wave, |row| row.kind.clone()))
            .bind(column(&wave, |row| row.owner.as_ref().map(|owner| owner.0.clone())))
            .bind(column(&wave, |row| row.segment.clone()))
            .bind(column(&wave, |row| row.region.clone()))
            .bind(column(&wave, |row| row.customer_since))
            .execute(&mut *conn)
            .await
            .map_err(|error| UPSERT.failed(error))?;
    }
    let mut keys: BTreeMap<&str, Uuid> = BTreeMap::new();
    for row in rows {
        for key in &row.keys {
            keys.entry(key).or_insert(row.id.0);
        }
    }
    if keys.is_empty() {
        return Ok(());
    }
    let (keys, ids): (Vec<&str>, Vec<Uuid>) = keys.into_iter().unzip();
    ADD_KEYS.query().bind(keys).bind(ids).execute(conn).await.map_err(|error| ADD_KEYS.failed(error))?;
    Ok(())
}
