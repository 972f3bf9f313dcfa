//! The table `lead`: the state of every lead and the columns that are read without opening it. It never decides.

use super::codec;
use super::columns::{column, waves};
use super::error::StoreError;
use super::rows::LeadRow;
use super::statement::Statement;
use crate::domain::custody::Holder;
use crate::domain::ids::LeadId;
use crate::domain::lead::{Lead, Stage};
use crate::domain::policy::{Grade, Segment};
use crate::domain::team::{MemberId, PoolId};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const LOCK: Statement = Statement::new(
    "lead.lock",
    "SELECT id, state, head_hash, handoff_sequence, feedback_sequence, segment, points, grade
     FROM lead WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE",
);
const LOCK_FREE: Statement = Statement::new(
    "lead.lock_free",
    "SELECT id, state, head_hash, handoff_sequence, feedback_sequence, segment, points, grade
     FROM lead WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE SKIP LOCKED",
);
const READ: Statement = Statement::new(
    "lead.read",
    "SELECT id, state, head_hash, handoff_sequence, feedback_sequence, segment, points, grade
     FROM lead WHERE id = ANY($1::uuid[]) ORDER BY id",
);
const UPSERT: Statement = Statement::new(
    "lead.upsert",
    "INSERT INTO lead (id, version, custody_version, stage, holder_kind, holder_id, next_due_at, deadline, pool, held,
         priority, mql_at, cycle, grade, points, segment, origin, account_id, customer, crm_linked, first_campaign,
         last_campaign, decided_at, first_seen_at, handoff_sequence, feedback_sequence, head_hash, state, merged_into,
         parked)
     SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::smallint[], $5::text[], $6::text[], $7::bigint[],
         $8::bigint[], $9::text[], $10::boolean[], $11::smallint[], $12::bigint[], $13::integer[], $14::text[],
         $15::integer[], $16::text[], $17::text[], $18::uuid[], $19::boolean[], $20::boolean[], $21::text[], $22::text[],
         $23::bigint[], $24::bigint[], $25::bigint[], $26::bigint[], $27::bytea[], $28::bytea[],
         $29::uuid[], $30::boolean[])
     ON CONFLICT (id) DO UPDATE SET version = excluded.version, custody_version = excluded.custody_version,
         stage = excluded.stage, holder_kind = excluded.holder_kind, holder_id = excluded.holder_id,
         next_due_at = excluded.next_due_at, deadline = excluded.deadline, pool = excluded.pool, held = excluded.held,
         priority = excluded.priority, mql_at = excluded.mql_at, cycle = excluded.cycle, grade = excluded.grade,
         points = excluded.points, segment = excluded.segment, origin = excluded.origin,
         account_id = excluded.account_id, customer = excluded.customer, crm_linked = excluded.crm_linked,
         first_campaign = excluded.first_campaign, last_campaign = excluded.last_campaign,
         decided_at = excluded.decided_at, first_seen_at = excluded.first_seen_at,
         handoff_sequence = excluded.handoff_sequence, feedback_sequence = excluded.feedback_sequence,
         head_hash = excluded.head_hash, state = excluded.state, merged_into = excluded.merged_into,
         parked = excluded.parked",
);
const OPEN_LEADS: Statement = Statement::new(
    "lead.open_of_reps",
    "SELECT holder_id, count(*) FROM lead
     WHERE holder_id = ANY($1::text[]) AND holder_kind = 'rep' AND stage IN (3, 4, 5) GROUP BY holder_id",
);

const SURVIVORS: Statement = Statement::new(
    "lead.survivors",
    "SELECT id, merged_into FROM lead WHERE id = ANY($1::uuid[]) AND merged_into IS NOT NULL",
);

pub(super) const STATEMENTS: &[Statement] = &[LOCK, LOCK_FREE, READ, UPSERT, OPEN_LEADS, SURVIVORS];

type Stored = (Uuid, Vec<u8>, Vec<u8>, i64, i64, String, i32, String);

/// Locks leads in the order of their ids and reads them; unknown ids are absent.
///
/// # Errors
/// The statement fails, or a state can't be read.
pub async fn lock(
    conn: &mut PgConnection,
    ids: &BTreeSet<LeadId>,
) -> Result<BTreeMap<LeadId, LeadRow>, StoreError> {
    fetch(LOCK, conn, ids).await
}

/// The same of those leads alone that no other transaction holds.
///
/// # Errors
/// The statement fails, or a state can't be read.
pub async fn lock_free(
    conn: &mut PgConnection,
    ids: &BTreeSet<LeadId>,
) -> Result<BTreeMap<LeadId, LeadRow>, StoreError> {
    fetch(LOCK_FREE, conn, ids).await
}

/// Which of the leads go on as others, and as which.
///
/// # Errors
/// The statement fails.
pub async fn survivors(
    conn: &mut PgConnection,
    ids: &BTreeSet<LeadId>,
) -> Result<BTreeMap<LeadId, LeadId>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(Uuid, Uuid)> =
        SURVIVORS.rows().bind(ids).fetch_all(conn).await.map_err(|error| SURVIVORS.failed(error))?;
    Ok(rows.into_iter().map(|(id, into)| (LeadId(id), LeadId(into))).collect())
}

/// Reads leads without a lock.
///
/// # Errors
/// The statement fails, or a state can't be read.
pub async fn read(
    conn: &mut PgConnection,
    ids: &BTreeSet<LeadId>,
) -> Result<BTreeMap<LeadId, LeadRow>, StoreError> {
    fetch(READ, conn, ids).await
}

async fn fetch(
    statement: Statement,
    conn: &mut PgConnection,
    ids: &BTreeSet<LeadId>,
) -> Result<BTreeMap<LeadId, LeadRow>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<Stored> =
        statement.rows().bind(ids).fetch_all(conn).await.map_err(|error| statement.failed(error))?;
    rows.into_iter().map(|row| open(row).map(|row| (row.lead.id, row))).collect()
}

pub(super) fn open(stored: Stored) -> Result<LeadRow, StoreError> {
    let (id, state, head_hash, handoff_sequence, feedback_sequence, segment, points, grade) = stored;
    let damaged =
        |detail: &str| StoreError::Damaged { what: "lead", id: id.to_string(), detail: detail.to_owned() };
    Ok(LeadRow {
        lead: codec::read_lead(&state)?,
        head_hash: head_hash.try_into().map_err(|_| damaged("head hash"))?,
        handoff_sequence,
        feedback_sequence,
        segment: Segment::parse(&segment).map_or("", Segment::code),
        points,
        grade: Grade::parse(&grade).map_or("", Grade::code),
    })
}

/// What a lead's columns say beside its state.
struct Shown {
    pool: Option<String>,
    held: bool,
}

fn shown(lead: &Lead) -> Shown {
    // A qualified lead stands in the queue of the closers' pool while it waits for one.
    if let Some((pool, held)) = lead.queue() {
        return Shown { pool: Some(pool.0.clone()), held };
    }
    match &lead.stage {
        Stage::Queued { pool, held, .. } => Shown { pool: Some(pool.0.clone()), held: *held },
        Stage::Offered { pool, .. } => Shown { pool: Some(pool.0.clone()), held: false },
        Stage::Unseen
        | Stage::Captured(_)
        | Stage::SalesAccepted(_)
        | Stage::SalesQualified(_)
        | Stage::Opportunity(_)
        | Stage::Won { .. }
        | Stage::WonUnderReview { .. }
        | Stage::Lost { .. }
        | Stage::Recycled { .. }
        | Stage::Disqualified { .. }
        | Stage::Suppressed { .. }
        | Stage::Merged { .. } => Shown { pool: None, held: false },
    }
}

fn merged_into(stage: &Stage) -> Option<LeadId> {
    if let Stage::Merged { into } = stage { Some(*into) } else { None }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Writes leads whole.
///
/// # Errors
/// The statement fails; an open lead without holder or clock is refused by the table.
pub async fn upsert(conn: &mut PgConnection, rows: &[LeadRow]) -> Result<(), StoreError> {
    for wave in waves(rows, |row| row.lead.id) {
        let states = wave.iter().map(|row| codec::lead(&row.lead)).collect::<Result<Vec<_>, _>>()?;
        let terms = |row: &LeadRow| row.lead.cycle.terms.clone();
        UPSERT
            .query()
            .bind(column(&wave, |row| row.lead.id.0))
            .bind(column(&wave, |row| signed(row.lead.version)))
            .bind(column(&wave, |row| signed(row.lead.custody_version)))
            .bind(column(&wave, |row| row.lead.stage.kind().number()))
            .bind(column(&wave, |row| row.lead.holder().map(Holder::kind)))
            .bind(column(&wave, |row| row.lead.holder().map(|holder| holder.member().0.clone())))
            .bind(column(&wave, |row| row.lead.custody().map(|custody| custody.next_due_at().0)))
            .bind(column(&wave, |row| row.lead.custody().map(|custody| custody.deadline().0)))
            .bind(column(&wave, |row| shown(&row.lead).pool))
            .bind(column(&wave, |row| shown(&row.lead).held))
            .bind(column(&wave, |row| terms(row).map(|terms| i16::from(terms.priority.number()))))
            .bind(column(&wave, |row| terms(row).and_then(|terms| terms.mql_at).map(|at| at.0)))
            .bind(column(&wave, |row| i32::try_from(row.lead.cycle.number).unwrap_or(i32::MAX)))
            .bind(column(&wave, |row| row.grade))
            .bind(column(&wave, |row| row.points))
            .bind(column(&wave, |row| row.segment))
            .bind(column(&wave, |row| row.lead.origin.code()))
            .bind(column(&wave, |row| row.lead.account.map(|account| account.0)))
            .bind(column(&wave, |row| row.lead.customer))
            .bind(column(&wave, |row| row.lead.crm_linked))
            .bind(column(&wave, |row| row.lead.first_campaign.clone()))
            .bind(column(&wave, |row| row.lead.last_campaign.clone()))
            .bind(column(&wave, |row| row.lead.decided_at.0))
            .bind(column(&wave, |row| row.lead.first_seen_at.0))
            .bind(column(&wave, |row| row.handoff_sequence))
            .bind(column(&wave, |row| row.feedback_sequence))
            .bind(column(&wave, |row| row.head_hash.to_vec()))
            .bind(states)
            .bind(column(&wave, |row| merged_into(&row.lead.stage).map(|into| into.0)))
            .bind(column(&wave, |row| row.lead.parked.is_some()))
            .execute(&mut *conn)
            .await
            .map_err(|error| UPSERT.failed(error))?;
    }
    Ok(())
}

/// How many leads each of the reps works now: offered, accepted or qualified ones.
///
/// # Errors
/// The statement fails.
pub async fn open_of_reps(
    conn: &mut PgConnection,
    reps: &[MemberId],
) -> Result<BTreeMap<MemberId, u32>, StoreError> {
    let reps: Vec<&str> = reps.iter().map(|rep| rep.0.as_str()).collect();
    let rows: Vec<(String, i64)> =
        OPEN_LEADS.rows().bind(reps).fetch_all(conn).await.map_err(|error| OPEN_LEADS.failed(error))?;
    Ok(rows
        .into_iter()
        .map(|(rep, count)| (MemberId(rep), u32::try_from(count).unwrap_or(u32::MAX)))
        .collect())
}

/// The pool in whose queue a lead stands.
#[must_use]
pub fn queue_of(row: &LeadRow) -> Option<&PoolId> {
    row.lead.queue().map(|(pool, _)| pool)
}
