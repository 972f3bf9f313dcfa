//! What can go wrong between the service and its database, and which of it is worth another try. Holds no values of rows.

/// A failed operation of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database address could not be read")]
    Address { source: sqlx::Error },
    #[error("no connection to the database")]
    Connect { source: sqlx::Error },
    #[error("statement {name} failed")]
    Statement { name: &'static str, source: sqlx::Error },
    #[error("the migrations could not be applied")]
    Migrate { source: sqlx::migrate::MigrateError },
    #[error("the database stands at migration {found}, this program needs {needed}: run `baton migrate`")]
    Schema { found: i64, needed: i64 },
    #[error(
        "the database stands at migration {found}, this program knows {known}: start a newer baton, or point database.url elsewhere"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error(
        "the database's migration {version} is not the one that this program holds: start the baton that migrated it, or point database.url elsewhere"
    )]
    OtherMigration { version: i64 },
    /// Written by a newer version of the service: trouble of this instance, never of the data.
    #[error("{what} was written in format {format}, this program reads up to {newest}")]
    NewerFormat { what: &'static str, format: u8, newest: u8 },
    /// Bytes or codes that no version ever wrote.
    #[error("{what} {id} can't be read: {detail}")]
    Damaged { what: &'static str, id: String, detail: String },
}

impl StoreError {
    /// The five characters of SQLSTATE, where the database answered with an error.
    #[must_use]
    pub fn sqlstate(&self) -> Option<String> {
        let source = match self {
            Self::Address { source } | Self::Connect { source } | Self::Statement { source, .. } => source,
            Self::Migrate { .. }
            | Self::Schema { .. }
            | Self::NewerSchema { .. }
            | Self::OtherMigration { .. }
            | Self::NewerFormat { .. }
            | Self::Damaged { .. } => return None,
        };
        source
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .map(std::borrow::Cow::into_owned)
    }

    /// Deadlock, lock timeout, serialisation failure: the same batch may pass when tried again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.sqlstate().is_some_and(|state| matches!(state.as_str(), "40P01" | "55P03" | "40001"))
    }

    /// The database refused a value (22*) or a constraint refused a row (23*): a record of the batch is to blame.
    #[must_use]
    pub fn is_data(&self) -> bool {
        self.sqlstate().is_some_and(|state| state.starts_with("22") || state.starts_with("23"))
    }

    /// The connection is gone or the server is going: trouble of the world, a new connection may do.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        match self {
            Self::Connect { .. } => true,
            Self::Statement { source, .. } => {
                let broken = matches!(
                    source,
                    sqlx::Error::Io(_)
                        | sqlx::Error::Tls(_)
                        | sqlx::Error::Protocol(_)
                        | sqlx::Error::WorkerCrashed
                        | sqlx::Error::PoolTimedOut
                        | sqlx::Error::PoolClosed
                );
                // Shutdown, crash recovery, too many connections, a broken connection, idle in transaction.
                broken
                    || self.sqlstate().is_some_and(|state| {
                        state.starts_with("08")
                            || state.starts_with("57P")
                            || state.starts_with("53")
                            || state == "25P03"
                    })
            }
            Self::Address { .. }
            | Self::Migrate { .. }
            | Self::Schema { .. }
            | Self::NewerSchema { .. }
            | Self::OtherMigration { .. }
            | Self::NewerFormat { .. }
            | Self::Damaged { .. } => false,
        }
    }
}
