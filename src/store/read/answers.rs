//! Answers that an `Idempotency-Key` got before. It never gives one for another body.

use super::Reader;
use crate::store::error::StoreError;
use crate::store::ledger::{self, Answer};
use crate::store::statement::Statement;
use sqlx::Postgres;
use sqlx::pool::PoolConnection;

const ACQUIRE: Statement = Statement::new("reader.acquire", "SELECT 1");

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[ACQUIRE];

impl Reader {
    /// The answer that this actor's key got, if it was used.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn answered(&self, key: &str, actor: &str) -> Result<Option<Answer>, StoreError> {
        let mut conn = self.connection().await?;
        ledger::answered(&mut conn, key, actor).await
    }

    /// A connection for reads that belong together.
    pub(in crate::store) async fn connection(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        self.pool.acquire().await.map_err(|error| ACQUIRE.failed(error))
    }
}
