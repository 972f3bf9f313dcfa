//! The tables `availability` and `team_said`: what is said of people beside the published team. It never says what follows.

use super::codec;
use super::columns::{column, waves};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::availability::{Availability, Source};
use sqlx::PgConnection;

/// What was said last holds, whatever comes later.
const SAY: Statement = Statement::new(
    "availability.upsert",
    "INSERT INTO availability AS old (member, source, active, said_at, payload)
     SELECT * FROM unnest($1::text[], $2::smallint[], $3::boolean[], $4::bigint[], $5::bytea[])
     ON CONFLICT (member, source) DO UPDATE SET active = excluded.active, said_at = excluded.said_at,
         payload = excluded.payload
     WHERE excluded.said_at >= old.said_at",
);
const MOVE_ON: Statement = Statement::new("team_said.move_on", "UPDATE team_said SET version = version + 1");
/// One statement, so that version and rows belong together; one row at least.
const READ: Statement = Statement::new(
    "availability.read",
    "SELECT team_said.version, availability.payload FROM team_said LEFT JOIN availability ON true
     ORDER BY availability.member, availability.source",
);

pub(super) const STATEMENTS: &[Statement] = &[SAY, MOVE_ON, READ];

/// The number that rows store.
fn number(source: Source) -> i16 {
    match source {
        Source::Person => 1,
        Source::Manager => 2,
        Source::Crm => 3,
    }
}

/// Writes what was said, and makes it another version.
///
/// # Errors
/// A statement fails.
pub async fn say(conn: &mut PgConnection, rows: &[Availability]) -> Result<(), StoreError> {
    for wave in waves(rows, |row| (row.member.clone(), row.source)) {
        let payloads = wave.iter().map(|row| codec::availability(row)).collect::<Result<Vec<_>, _>>()?;
        SAY.query()
            .bind(column(&wave, |row| row.member.0.as_str()))
            .bind(column(&wave, |row| number(row.source)))
            .bind(column(&wave, |row| row.active))
            .bind(column(&wave, |row| row.said_at.0))
            .bind(payloads)
            .execute(&mut *conn)
            .await
            .map_err(|error| SAY.failed(error))?;
    }
    MOVE_ON.query().execute(conn).await.map_err(|error| MOVE_ON.failed(error))?;
    Ok(())
}

/// Everything that is said, and its version.
///
/// # Errors
/// The statement fails, or a row was written by a newer version.
pub async fn read(conn: &mut PgConnection) -> Result<(i64, Vec<Availability>), StoreError> {
    let rows: Vec<(i64, Option<Vec<u8>>)> =
        READ.rows().fetch_all(conn).await.map_err(|error| READ.failed(error))?;
    let version = rows.first().map_or(0, |(version, _)| *version);
    let said = rows.iter().filter_map(|(_, payload)| payload.as_deref()).map(codec::read_availability);
    Ok((version, said.collect::<Result<Vec<_>, _>>()?))
}
