//! A statement with its name, so that errors say which one failed. It never holds SQL that was put together at run time.

use super::error::StoreError;
use sqlx::postgres::PgArguments;
use sqlx::query::{Query, QueryAs};
use sqlx::{FromRow, Postgres, postgres::PgRow};

/// One SQL statement of the service.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// `table.action`, as errors and the catalog name it.
    pub name: &'static str,
    pub sql: &'static str,
}

impl Statement {
    pub(in crate::store) const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql }
    }

    pub(in crate::store) fn query(self) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(self.sql)
    }

    pub(in crate::store) fn rows<T>(self) -> QueryAs<'static, Postgres, T, PgArguments>
    where
        T: for<'r> FromRow<'r, PgRow>,
    {
        sqlx::query_as(self.sql)
    }

    /// The same for the head of a queue, planned anew each time: a plan that was kept from when the table was small reads all
    /// of it, and sorts, until the server next takes statistics.
    pub(in crate::store) fn head<T>(self) -> QueryAs<'static, Postgres, T, PgArguments>
    where
        T: for<'r> FromRow<'r, PgRow>,
    {
        sqlx::query_as(self.sql).persistent(false)
    }

    /// Names this statement as the one that failed.
    pub(in crate::store) fn failed(self, source: sqlx::Error) -> StoreError {
        StoreError::Statement { name: self.name, source }
    }
}
