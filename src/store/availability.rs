//! The tables `availability`, `placement` and `team_said`: what is said of people beside the published team. It never says
//! what follows.

use super::codec;
use super::columns::{column, waves};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::availability::{Availability, Source};
use crate::domain::team::{Placement, Team};
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
const PLACE: Statement = Statement::new(
    "placement.upsert",
    "INSERT INTO placement AS old (member, source, said_at, payload)
     SELECT * FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bytea[])
     ON CONFLICT (member, source) DO UPDATE SET said_at = excluded.said_at, payload = excluded.payload
     WHERE excluded.said_at >= old.said_at",
);
const MOVE_ON: Statement = Statement::new("team_said.move_on", "UPDATE team_said SET version = version + 1");
/// One statement, so that version and rows belong together; one row at least.
const READ: Statement = Statement::new(
    "availability.read",
    "SELECT team_said.version, coalesce(said.kind, 0), said.payload FROM team_said LEFT JOIN (
         SELECT 1 AS kind, member, source, payload FROM availability
         UNION ALL SELECT 2, member, source, payload FROM placement) AS said ON true
     ORDER BY said.kind, said.member, said.source",
);
/// The kinds of rows that [`READ`] gives.
const WORD: i32 = 1;
const PLACED: i32 = 2;

pub(super) const STATEMENTS: &[Statement] = &[SAY, PLACE, MOVE_ON, READ];

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
    move_on(conn).await
}

/// Writes what was said of where people stand, and makes it another version.
///
/// # Errors
/// A statement fails.
pub async fn place(conn: &mut PgConnection, rows: &[Placement]) -> Result<(), StoreError> {
    for wave in waves(rows, |row| (row.member.clone(), row.source)) {
        let payloads = wave.iter().map(|row| codec::placement(row)).collect::<Result<Vec<_>, _>>()?;
        PLACE
            .query()
            .bind(column(&wave, |row| row.member.0.as_str()))
            .bind(column(&wave, |row| number(row.source)))
            .bind(column(&wave, |row| row.said_at.0))
            .bind(payloads)
            .execute(&mut *conn)
            .await
            .map_err(|error| PLACE.failed(error))?;
    }
    move_on(conn).await
}

async fn move_on(conn: &mut PgConnection) -> Result<(), StoreError> {
    MOVE_ON.query().execute(conn).await.map_err(|error| MOVE_ON.failed(error))?;
    Ok(())
}

/// Everything that is said beside the published text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub version: i64,
    pub words: Vec<Availability>,
    pub placements: Vec<Placement>,
}

impl Said {
    /// The team in force: this over the published one.
    #[must_use]
    pub fn over(self, team: &Team) -> Team {
        team.in_force(self.version, self.words).placed(self.placements)
    }
}

/// Everything that is said, and its version.
///
/// # Errors
/// The statement fails, or a row was written by a newer version.
pub async fn read(conn: &mut PgConnection) -> Result<Said, StoreError> {
    let rows: Vec<(i64, i32, Option<Vec<u8>>)> =
        READ.rows().fetch_all(conn).await.map_err(|error| READ.failed(error))?;
    let mut said = Said { version: rows.first().map_or(0, |(version, ..)| *version), ..Said::default() };
    for (_, kind, payload) in &rows {
        match (*kind, payload.as_deref()) {
            (WORD, Some(payload)) => said.words.push(codec::read_availability(payload)?),
            (PLACED, Some(payload)) => said.placements.push(codec::read_placement(payload)?),
            (_, _) => {}
        }
    }
    Ok(said)
}
