//! The tables `handoff`, `handoff_fact` and `pattern_answer`: each passage, what happened in it, what marketing answered.

use super::columns::{column, sorted, waves};
use super::error::StoreError;
use super::rows::{HandoffFactRow, HandoffRow, PatternAnswerRow};
use super::statement::Statement;
use crate::domain::time::Moment;
use sqlx::PgConnection;

/// Before sales decided (captured, queued, offered, accepted: stages 1 to 4) the duty to decide is as the batch leaves
/// it; afterwards it stays. A lead that left its rep by a rejection keeps the decision that it brought.
const HANDOFFS: Statement = Statement::new(
    "handoff.upsert",
    "INSERT INTO handoff (id, lead_id, cycle, stage, motion, mql_at, priority, contact_from, contact_by, accepted_at,
         first_attempt_at, disposition_by, disposed_at, sql_at, rejected, pool, rep, campaign, complete, pulled)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::smallint[], $5::text[], $6::bigint[],
         $7::smallint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
         $14::bigint[], $15::text[], $16::text[], $17::text[], $18::text[], $19::boolean[], $20::boolean[])
     ON CONFLICT (id) DO UPDATE SET lead_id = excluded.lead_id, cycle = excluded.cycle, stage = excluded.stage,
         motion = excluded.motion, mql_at = excluded.mql_at, priority = excluded.priority,
         contact_from = excluded.contact_from, contact_by = excluded.contact_by, accepted_at = excluded.accepted_at,
         first_attempt_at = excluded.first_attempt_at,
         disposition_by = CASE WHEN excluded.stage BETWEEN 1 AND 4 AND excluded.disposed_at IS NULL
             THEN excluded.disposition_by ELSE coalesce(excluded.disposition_by, handoff.disposition_by) END,
         disposed_at = CASE WHEN excluded.stage BETWEEN 1 AND 4 THEN excluded.disposed_at
             ELSE coalesce(excluded.disposed_at, handoff.disposed_at) END,
         sql_at = excluded.sql_at, rejected = coalesce(excluded.rejected, handoff.rejected),
         pool = coalesce(excluded.pool, handoff.pool), rep = coalesce(excluded.rep, handoff.rep),
         campaign = coalesce(handoff.campaign, excluded.campaign),
         complete = coalesce(excluded.complete, handoff.complete), pulled = handoff.pulled OR excluded.pulled",
);
const FACTS: Statement = Statement::new(
    "handoff_fact.insert",
    "INSERT INTO handoff_fact (handoff_id, version, lead_id, at, kind, code, counts, flagged, after_sql, of_version,
         pool, member)
     SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::boolean[],
         $8::boolean[], $9::boolean[], $10::bigint[], $11::text[], $12::text[])
     ON CONFLICT DO NOTHING",
);
const ANSWER_PATTERN: Statement = Statement::new(
    "pattern_answer.insert",
    "INSERT INTO pattern_answer (code, campaign, begun_at, at, member, note_id)
     SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::uuid[])
     ON CONFLICT DO NOTHING",
);

pub(super) const STATEMENTS: &[Statement] = &[HANDOFFS, FACTS, ANSWER_PATTERN];

fn micros(moment: Option<Moment>) -> Option<i64> {
    moment.map(|moment| moment.0)
}

/// Writes handoffs; a second one of the same cycle under another id is refused by the table.
///
/// # Errors
/// The statement fails.
pub async fn upsert(conn: &mut PgConnection, rows: &[HandoffRow]) -> Result<(), StoreError> {
    for wave in waves(rows, |row| row.id) {
        HANDOFFS
            .query()
            .bind(column(&wave, |row| row.id.0))
            .bind(column(&wave, |row| row.lead.0))
            .bind(column(&wave, |row| row.cycle))
            .bind(column(&wave, |row| row.stage))
            .bind(column(&wave, |row| row.motion))
            .bind(column(&wave, |row| micros(row.mql_at)))
            .bind(column(&wave, |row| row.priority))
            .bind(column(&wave, |row| micros(row.contact_from)))
            .bind(column(&wave, |row| micros(row.contact_by)))
            .bind(column(&wave, |row| micros(row.accepted_at)))
            .bind(column(&wave, |row| micros(row.first_attempt_at)))
            .bind(column(&wave, |row| micros(row.disposition_by)))
            .bind(column(&wave, |row| micros(row.disposed_at)))
            .bind(column(&wave, |row| micros(row.sql_at)))
            .bind(column(&wave, |row| row.rejected))
            .bind(column(&wave, |row| row.pool.as_deref()))
            .bind(column(&wave, |row| row.rep.as_deref()))
            .bind(column(&wave, |row| row.campaign.as_deref()))
            .bind(column(&wave, |row| row.complete))
            .bind(column(&wave, |row| row.pulled))
            .execute(&mut *conn)
            .await
            .map_err(|error| HANDOFFS.failed(error))?;
    }
    Ok(())
}

/// Keeps what happened in handoffs.
///
/// # Errors
/// The statement fails.
pub async fn add_facts(conn: &mut PgConnection, rows: &[HandoffFactRow]) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| (row.lead, row.version));
    FACTS
        .query()
        .bind(column(&rows, |row| row.handoff.0))
        .bind(column(&rows, |row| row.version))
        .bind(column(&rows, |row| row.lead.0))
        .bind(column(&rows, |row| row.at.0))
        .bind(column(&rows, |row| row.kind))
        .bind(column(&rows, |row| row.code.as_deref()))
        .bind(column(&rows, |row| row.counts))
        .bind(column(&rows, |row| row.flagged))
        .bind(column(&rows, |row| row.after_sql))
        .bind(column(&rows, |row| row.of_version))
        .bind(column(&rows, |row| row.pool.as_deref()))
        .bind(column(&rows, |row| row.member.as_deref()))
        .execute(conn)
        .await
        .map_err(|error| FACTS.failed(error))?;
    Ok(())
}

/// Keeps marketing's answers; the first one to a pattern stays.
///
/// # Errors
/// The statement fails.
pub async fn answer_patterns(conn: &mut PgConnection, rows: &[PatternAnswerRow]) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| (row.code, row.campaign.clone(), row.begun_at));
    ANSWER_PATTERN
        .query()
        .bind(column(&rows, |row| row.code))
        .bind(column(&rows, |row| row.campaign.as_str()))
        .bind(column(&rows, |row| row.begun_at.0))
        .bind(column(&rows, |row| row.at.0))
        .bind(column(&rows, |row| row.member.0.as_str()))
        .bind(column(&rows, |row| row.note))
        .execute(conn)
        .await
        .map_err(|error| ANSWER_PATTERN.failed(error))?;
    Ok(())
}
