//! The table `assignment`: who was given which lead, for daily bounds and for fairness. It never chooses a rep.

use super::columns::{column, sorted};
use super::error::StoreError;
use super::lead;
use super::rows::AssignmentRow;
use super::statement::Statement;
use crate::domain::routing::Load;
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
    "SELECT mine.member, count(*) FROM unnest($1::text[], $2::bigint[]) AS mine (member, since)
     JOIN assignment ON assignment.member = mine.member AND assignment.at >= mine.since GROUP BY mine.member",
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

/// What these reps hold, and how many leads each was given since the moment beside them; who has none is absent.
///
/// # Errors
/// A statement fails.
pub async fn load(
    conn: &mut PgConnection,
    since: &BTreeMap<MemberId, Option<Moment>>,
) -> Result<Load, StoreError> {
    let reps: Vec<MemberId> = since.keys().cloned().collect();
    let open = lead::open_of_reps(conn, &reps).await?;
    let counted: Vec<(&str, i64)> =
        since.iter().filter_map(|(rep, since)| Some((rep.0.as_str(), (*since)?.0))).collect();
    if counted.is_empty() {
        return Ok(Load { open, today: BTreeMap::new() });
    }
    let (members, moments): (Vec<&str>, Vec<i64>) = counted.into_iter().unzip();
    let rows: Vec<(String, i64)> = SINCE
        .rows()
        .bind(members)
        .bind(moments)
        .fetch_all(conn)
        .await
        .map_err(|error| SINCE.failed(error))?;
    let count = |(rep, count): (String, i64)| (MemberId(rep), u32::try_from(count).unwrap_or(u32::MAX));
    Ok(Load { open, today: rows.into_iter().map(count).collect() })
}
