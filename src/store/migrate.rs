//! Brings a database to the schema of this program. Runs as the owner of the tables; it never runs while serving.

use super::connect::{self, Timeouts};
use super::error::StoreError;
use super::statement::Statement;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Connection, PgConnection};
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// A migration may rewrite a table: an hour, where a batch has seconds.
const STATEMENT_SECONDS_MAX: u64 = 3_600;

const GRANT: Statement = Statement::new("migrate.grant", "SELECT grant_service($1::text::name)");
const APPLIED: Statement =
    Statement::new("migrate.applied", "SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success");

pub(super) const STATEMENTS: &[Statement] = &[GRANT, APPLIED];

/// Applies what is missing as the owner, then grants the service's role what it needs and no more.
///
/// `service_role`: the user of the service's own address; `None`, or the owner itself, needs no grants.
///
/// # Errors
/// The database can't be reached, stands ahead of this program or holds other migrations, or a migration fails (each is
/// a transaction of its own).
pub async fn run(owner_url: &str, service_role: Option<&str>) -> Result<(), StoreError> {
    let timeouts = Timeouts { statement: Duration::from_secs(STATEMENT_SECONDS_MAX), ..Timeouts::default() };
    let mut conn = connect::connect(owner_url, "baton migrate", timeouts).await?;
    let found = applied(&mut conn).await?;
    if found > needed() {
        return Err(StoreError::NewerSchema { found, known: needed() });
    }
    MIGRATIONS.run(&mut conn).await.map_err(refused)?;
    let owner = connect::user(owner_url)?;
    if let Some(role) = service_role.filter(|role| *role != owner) {
        GRANT.query().bind(role).execute(&mut conn).await.map_err(|error| GRANT.failed(error))?;
    }
    conn.close().await.map_err(|source| StoreError::Connect { source })
}

/// The newest migration of this program.
#[must_use]
pub fn needed() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Refuses a database that stands behind or ahead of this program.
///
/// # Errors
/// The database is behind, has no schema at all, or can't be read.
pub async fn check(conn: &mut PgConnection) -> Result<(), StoreError> {
    let found = applied(conn).await?;
    if found > needed() {
        return Err(StoreError::NewerSchema { found, known: needed() });
    }
    if found < needed() {
        return Err(StoreError::Schema { found, needed: needed() });
    }
    Ok(())
}

/// The newest migration of the database; 0 where there never was any.
async fn applied(conn: &mut PgConnection) -> Result<i64, StoreError> {
    match APPLIED.rows::<(i64,)>().fetch_one(conn).await {
        Ok((found,)) => Ok(found),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => Ok(0),
        Err(error) => Err(APPLIED.failed(error)),
    }
}

fn refused(source: MigrateError) -> StoreError {
    if let MigrateError::VersionMismatch(version) | MigrateError::VersionMissing(version) = source {
        return StoreError::OtherMigration { version };
    }
    StoreError::Migrate { source }
}
