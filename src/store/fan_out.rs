//! The table `fan_out`: changes that touch many leads, and how far each is done. It never says what a lead is told.

use super::codec;
use super::columns::{column, sorted};
use super::error::StoreError;
use super::rows::{FanOutRow, FanOutStep};
use super::statement::Statement;
use crate::domain::fan_out::FanOut;
use crate::domain::ids::{AccountId, LeadId};
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const ADD: Statement = Statement::new(
    "fan_out.insert",
    "INSERT INTO fan_out (key, kind, subject_id, payload, created_at)
     SELECT key, kind, subject_id, payload, $5
     FROM unnest($1::text[], $2::smallint[], $3::uuid[], $4::bytea[]) AS new (key, kind, subject_id, payload)
     ON CONFLICT (key) DO NOTHING",
);
const NEXT: Statement = Statement::new(
    "fan_out.next",
    "SELECT key, payload, cursor FROM fan_out WHERE done_at IS NULL ORDER BY created_at, key LIMIT $1",
);
const STEP: Statement = Statement::new(
    "fan_out.step",
    "UPDATE fan_out SET cursor = coalesce(step.moved, cursor), done_at = CASE WHEN step.moved IS NULL THEN $4::bigint END
     FROM unnest($1::text[], $2::uuid[], $3::uuid[]) AS step (key, stood, moved)
     WHERE fan_out.key = step.key AND cursor IS NOT DISTINCT FROM step.stood AND done_at IS NULL",
);
const OF_ACCOUNT: Statement = Statement::new(
    "fan_out.leads_of_account",
    "SELECT id FROM lead WHERE account_id = $1 AND id > $2 AND stage <> 12 ORDER BY id LIMIT $3",
);
const RECENT_OF_ACCOUNTS: Statement = Statement::new(
    "fan_out.recent_of_accounts",
    "SELECT account, recent.id FROM unnest($1::uuid[]) AS account CROSS JOIN LATERAL (
         SELECT id FROM lead WHERE account_id = account AND stage <> 12 ORDER BY decided_at DESC, id LIMIT $2) AS recent",
);
const CAPTURED: Statement = Statement::new(
    "fan_out.captured",
    "SELECT id FROM lead WHERE stage = 1 AND id > $1 ORDER BY id LIMIT $2",
);
const OF_CAMPAIGN: Statement = Statement::new(
    "fan_out.leads_of_campaign",
    "SELECT DISTINCT lead_id FROM touch WHERE campaign = $1 AND lead_id > $2 ORDER BY lead_id LIMIT $3",
);
const OF_HOLDER: Statement = Statement::new(
    "fan_out.leads_of_holder",
    "SELECT id FROM lead WHERE holder_id = $1 AND id > $2 ORDER BY id LIMIT $3",
);
const OPEN: Statement = Statement::new("fan_out.open", "SELECT count(*) FROM fan_out WHERE done_at IS NULL");
/// Somebody whose company has no other lead has nobody to tell; most people are alone.
const ALONE: Statement = Statement::new(
    "fan_out.alone",
    "SELECT created_at, key,
         (SELECT count(*) FROM (SELECT FROM lead WHERE account_id = task.subject_id LIMIT 2) AS people) < 2
     FROM fan_out AS task WHERE done_at IS NULL AND kind = 2 AND cursor IS NULL AND (created_at, key) > ($1, $2)
     ORDER BY created_at, key LIMIT $3",
);
const SETTLE: Statement = Statement::new(
    "fan_out.settle",
    "UPDATE fan_out SET done_at = $1 WHERE key IN (
         SELECT key FROM fan_out WHERE key = ANY($2::text[]) AND done_at IS NULL AND cursor IS NULL
         ORDER BY key FOR UPDATE SKIP LOCKED)",
);
const DROP_DONE: Statement = Statement::new(
    "fan_out.drop_done",
    "DELETE FROM fan_out WHERE key IN (SELECT key FROM fan_out WHERE done_at < $1 LIMIT $2)",
);

pub(super) const STATEMENTS: &[Statement] = &[
    ADD,
    NEXT,
    STEP,
    OF_ACCOUNT,
    RECENT_OF_ACCOUNTS,
    CAPTURED,
    OF_CAMPAIGN,
    OF_HOLDER,
    OPEN,
    ALONE,
    SETTLE,
    DROP_DONE,
];

/// A task and how far it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFanOut {
    pub key: String,
    pub task: FanOut,
    pub cursor: Option<LeadId>,
}

/// Adds tasks; one that is known already, done or not, stays as it is.
///
/// # Errors
/// The statement fails.
pub async fn add(conn: &mut PgConnection, rows: &[FanOutRow], now: Moment) -> Result<(), StoreError> {
    let rows: BTreeMap<String, &FanOutRow> = rows.iter().map(|row| (row.task.key(), row)).collect();
    let payloads = rows.values().map(|row| codec::fan_out(&row.task)).collect::<Result<Vec<_>, _>>()?;
    let tasks: Vec<&FanOutRow> = rows.values().copied().collect();
    ADD.query()
        .bind(rows.keys().cloned().collect::<Vec<_>>())
        .bind(column(&tasks, |row| row.task.number()))
        .bind(column(&tasks, |row| row.task.account().map_or(Uuid::nil(), |account| account.0)))
        .bind(payloads)
        .bind(now.0)
        .execute(conn)
        .await
        .map_err(|error| ADD.failed(error))?;
    Ok(())
}

/// The oldest tasks that are not done, at most `limit`.
///
/// # Errors
/// The statement fails, or a task was written by a newer version.
pub async fn next(conn: &mut PgConnection, limit: i64) -> Result<Vec<OpenFanOut>, StoreError> {
    let rows: Vec<(String, Vec<u8>, Option<Uuid>)> =
        NEXT.rows().bind(limit).fetch_all(conn).await.map_err(|error| NEXT.failed(error))?;
    rows.into_iter()
        .map(|(key, payload, cursor)| {
            Ok(OpenFanOut { key, task: codec::read_fan_out(&payload)?, cursor: cursor.map(LeadId) })
        })
        .collect()
}

/// Moves tasks on from where they stood; somebody else's step makes one of these nothing, which the leads do not mind:
/// what they are told twice changes nothing.
///
/// # Errors
/// The statement fails.
pub async fn step(conn: &mut PgConnection, steps: &[FanOutStep], now: Moment) -> Result<(), StoreError> {
    let steps = sorted(steps, |step| step.key.clone());
    let done = STEP
        .query()
        .bind(column(&steps, |step| step.key.clone()))
        .bind(column(&steps, |step| step.from.map(|lead| lead.0)))
        .bind(column(&steps, |step| step.to.map(|lead| lead.0)))
        .bind(now.0)
        .execute(conn)
        .await;
    done.map_err(|error| STEP.failed(error))?;
    Ok(())
}

/// Leads of a company in the order of their ids, after one.
///
/// # Errors
/// The statement fails.
pub async fn of_account(
    conn: &mut PgConnection,
    account: AccountId,
    after: Option<LeadId>,
    limit: i64,
) -> Result<Vec<LeadId>, StoreError> {
    let after = after.map_or(Uuid::nil(), |lead| lead.0);
    let rows: Vec<(Uuid,)> = OF_ACCOUNT
        .rows()
        .bind(account.0)
        .bind(after)
        .bind(limit)
        .fetch_all(conn)
        .await
        .map_err(|error| OF_ACCOUNT.failed(error))?;
    Ok(rows.into_iter().map(|(id,)| LeadId(id)).collect())
}

/// The leads of each company of which something was decided last, at most `limit` of one; without a lead it is absent.
///
/// # Errors
/// The statement fails.
pub async fn recent_of_accounts(
    conn: &mut PgConnection,
    accounts: &BTreeSet<AccountId>,
    limit: i64,
) -> Result<BTreeMap<AccountId, Vec<LeadId>>, StoreError> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.0).collect();
    let rows: Vec<(Uuid, Uuid)> = RECENT_OF_ACCOUNTS
        .rows()
        .bind(accounts)
        .bind(limit)
        .fetch_all(conn)
        .await
        .map_err(|error| RECENT_OF_ACCOUNTS.failed(error))?;
    let mut found: BTreeMap<AccountId, Vec<LeadId>> = BTreeMap::new();
    for (account, lead) in rows {
        found.entry(AccountId(account)).or_default().push(LeadId(lead));
    }
    Ok(found)
}

/// Captured leads in the order of their ids, after one.
///
/// # Errors
/// The statement fails.
pub async fn captured(
    conn: &mut PgConnection,
    after: Option<LeadId>,
    limit: i64,
) -> Result<Vec<LeadId>, StoreError> {
    let after = after.map_or(Uuid::nil(), |lead| lead.0);
    let rows: Vec<(Uuid,)> = CAPTURED
        .rows()
        .bind(after)
        .bind(limit)
        .fetch_all(conn)
        .await
        .map_err(|error| CAPTURED.failed(error))?;
    Ok(rows.into_iter().map(|(id,)| LeadId(id)).collect())
}

/// Leads that a campaign touched, in the order of their ids, after one.
///
/// # Errors
/// The statement fails.
pub async fn of_campaign(
    conn: &mut PgConnection,
    campaign: &str,
    after: Option<LeadId>,
    limit: i64,
) -> Result<Vec<LeadId>, StoreError> {
    let after = after.map_or(Uuid::nil(), |lead| lead.0);
    let rows: Vec<(Uuid,)> = OF_CAMPAIGN
        .rows()
        .bind(campaign)
        .bind(after)
        .bind(limit)
        .fetch_all(conn)
        .await
        .map_err(|error| OF_CAMPAIGN.failed(error))?;
    Ok(rows.into_iter().map(|(id,)| LeadId(id)).collect())
}

/// Leads that somebody holds, in the order of their ids, after one.
///
/// # Errors
/// The statement fails.
pub async fn of_holder(
    conn: &mut PgConnection,
    holder: &MemberId,
    after: Option<LeadId>,
    limit: i64,
) -> Result<Vec<LeadId>, StoreError> {
    let after = after.map_or(Uuid::nil(), |lead| lead.0);
    let rows: Vec<(Uuid,)> = OF_HOLDER
        .rows()
        .bind(&holder.0)
        .bind(after)
        .bind(limit)
        .fetch_all(conn)
        .await
        .map_err(|error| OF_HOLDER.failed(error))?;
    Ok(rows.into_iter().map(|(id,)| LeadId(id)).collect())
}

/// How far tasks were looked at: when the last one was made, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedAt {
    pub created_at: Moment,
    pub key: String,
}

impl Default for LookedAt {
    fn default() -> Self {
        Self { created_at: Moment::EVER, key: String::new() }
    }
}

/// Closes those of the next `limit` tasks after `seen` that touch nobody; moves `seen` behind what was looked at and says
/// how many it closed.
///
/// # Errors
/// A statement fails.
pub async fn settle_alone(
    conn: &mut PgConnection,
    now: Moment,
    seen: &mut LookedAt,
    limit: i64,
) -> Result<u64, StoreError> {
    let next = ALONE.head().bind(seen.created_at.0).bind(&seen.key).bind(limit);
    let next: Vec<(i64, String, bool)> =
        next.fetch_all(&mut *conn).await.map_err(|error| ALONE.failed(error))?;
    let Some((created_at, key, _)) = next.last().cloned() else { return Ok(0) };
    *seen = LookedAt { created_at: Moment(created_at), key };
    let alone: Vec<String> = next.into_iter().filter(|(_, _, alone)| *alone).map(|(_, key, _)| key).collect();
    if alone.is_empty() {
        return Ok(0);
    }
    let done = SETTLE.query().bind(now.0).bind(alone).execute(conn).await;
    Ok(done.map_err(|error| SETTLE.failed(error))?.rows_affected())
}

/// How many tasks are not done: figures count them as pending.
///
/// # Errors
/// The statement fails.
pub async fn open(conn: &mut PgConnection) -> Result<i64, StoreError> {
    let (count,): (i64,) = OPEN.rows().fetch_one(conn).await.map_err(|error| OPEN.failed(error))?;
    Ok(count)
}

/// Forgets tasks that were done before `before`, at most `limit`; says how many.
///
/// # Errors
/// The statement fails.
pub async fn drop_done(conn: &mut PgConnection, before: Moment, limit: i64) -> Result<u64, StoreError> {
    let done = DROP_DONE.query().bind(before.0).bind(limit).execute(conn).await;
    Ok(done.map_err(|error| DROP_DONE.failed(error))?.rows_affected())
}
