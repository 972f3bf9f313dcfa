//! Records that were kept as received, for operators: quarantine and parked. Raw bytes only when one is asked for.

use super::Reader;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;
use uuid::Uuid;

const QUARANTINE: Statement = Statement::new(
    "quarantine.list",
    "SELECT id, topic, partition, record_offset, record_at, quarantined_at AS kept_at, reason, detail, truncated
     FROM quarantine WHERE NOT EXISTS (SELECT FROM ledger_resolution WHERE kept_id = quarantine.id AND intake = 'quarantined')
     ORDER BY quarantined_at, id LIMIT $1",
);
const PARKED: Statement = Statement::new(
    "parked.list",
    "SELECT id, topic, partition, record_offset, record_at, parked_at AS kept_at, reason, detail, truncated
     FROM parked ORDER BY parked_at, id LIMIT $1",
);
const ONE_QUARANTINED: Statement =
    Statement::new("quarantine.get", "SELECT key, headers, value FROM quarantine WHERE id = $1");
const ONE_PARKED: Statement =
    Statement::new("parked.get", "SELECT key, headers, value FROM parked WHERE id = $1");

pub(super) const STATEMENTS: &[Statement] = &[QUARANTINE, PARKED, ONE_QUARANTINED, ONE_PARKED];

/// A kept record without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct KeptLine {
    pub id: Uuid,
    pub topic: String,
    pub partition: i32,
    pub record_offset: i64,
    /// Microseconds.
    pub record_at: i64,
    /// Microseconds.
    pub kept_at: i64,
    pub reason: String,
    pub detail: String,
    pub truncated: bool,
}

/// A kept record's bytes; headers as the JSON that the writer made.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct KeptBytes {
    pub key: Option<Vec<u8>>,
    pub headers: Vec<u8>,
    pub value: Option<Vec<u8>>,
}

impl Reader {
    /// Quarantined records without a resolution, oldest first.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn quarantined(&self, limit: i64) -> Result<Vec<KeptLine>, StoreError> {
        QUARANTINE.rows().bind(limit).fetch_all(&self.pool).await.map_err(|error| QUARANTINE.failed(error))
    }

    /// Records that wait, oldest first.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn parked(&self, limit: i64) -> Result<Vec<KeptLine>, StoreError> {
        PARKED.rows().bind(limit).fetch_all(&self.pool).await.map_err(|error| PARKED.failed(error))
    }

    /// A quarantined record's bytes.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn quarantined_bytes(&self, id: Uuid) -> Result<Option<KeptBytes>, StoreError> {
        let row = ONE_QUARANTINED.rows().bind(id).fetch_optional(&self.pool).await;
        row.map_err(|error| ONE_QUARANTINED.failed(error))
    }

    /// A parked record's bytes.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn parked_bytes(&self, id: Uuid) -> Result<Option<KeptBytes>, StoreError> {
        ONE_PARKED.rows().bind(id).fetch_optional(&self.pool).await.map_err(|error| ONE_PARKED.failed(error))
    }
}
