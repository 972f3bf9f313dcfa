//! The table `assignment`: who was given which lead, for daily bounds and for fairness. It never chooses a rep.

use super::columns::{column, sorted};
use super::error::StoreError;
use super::rows::AssignmentRow;
use super::statement::Statement;
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use sqlx::PgConnection;
use std::collections::BTreeMap;

const ADD: Statement = Statement::new(
    "assignment.add",
    "INSERT INTO assignment (lead_id, version, at, pool, member, rule, by_turn)
     SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::boolean[])
     ON CONFLICT DO NOTHING",
);
const SINCE: Statement = Statement::new(
    "assignment.since",
    "SELECT member, count(*) FROM assignment WHERE member = ANY($1::text[]) AND at >= $2 GROUP BY member",
);

pub(super) const STATEMENTS: &[Statement] = &[ADD, SINCE];

/// Notes offers.
///
/// # Errors
/// The statement fails.
pub async fn add(conn: &mut PgConnection, rows: &[AssignmentRow]) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| (row.lead, row.version));
    ADD.query()
        .bind(column(&rows, |row| row.lead.0))
        .bind(column(&rows, |row| row.version))
        .bind(column(&rows, |row| row.at.0))
        .bind(column(&rows, |row| row.pool.0.as_str()))
        .bind(column(&rows, |row| row.member.0.as_str()))
        .bind(column(&rows, |row| row.rule.as_str()))
        .bind(column(&rows, |row| row.by_turn))
        .execute(conn)
        .await
        .map_err(|error| ADD.failed(error))?;
    Ok(())
}

/// How many leads each of the reps was given since a moment; reps without any are absent.
///
/// # Errors
/// The statement fails.
pub async fn since(
    conn: &mut PgConnection,
    reps: &[MemberId],
    moment: Moment,
) -> Result<BTreeMap<MemberId, u32>, StoreError> {
    let reps: Vec<&str> = reps.iter().map(|rep| rep.0.as_str()).collect();
    let rows: Vec<(String, i64)> =
        SINCE.rows().bind(reps).bind(moment.0).fetch_all(conn).await.map_err(|error| SINCE.failed(error))?;
    Ok(rows
        .into_iter()
        .map(|(rep, count)| (MemberId(rep), u32::try_from(count).unwrap_or(u32::MAX)))
        .collect())
}
