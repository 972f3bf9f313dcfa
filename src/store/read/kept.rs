//! Records that were kept as received, for operators: quarantine and parked. Raw bytes only when one is asked for.

use super::Reader;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;
use uuid::Uuid;

const QUARANTINE: Statement = Statement::new(
    "quarantine.list",
    "SELECT id, topic, partition, record_offset, record_at, quarantined_at AS kept_at, reason, detail, truncated,
         0::bigint AS place, '{}'::text[] AS leads
     FROM quarantine WHERE NOT EXISTS (SELECT FROM ledger_resolution WHERE kept_id = quarantine.id AND intake = 'quarantined')
         AND ($1::text IS NULL OR reason = $1) AND ($2::uuid[] IS NULL OR id = ANY($2))
         AND (quarantined_at, topic, partition, record_offset) > ($3, $4, $5, $6)
     ORDER BY quarantined_at, topic, partition, record_offset LIMIT $7",
);
const PARKED: Statement = Statement::new(
    "parked.list",
    "SELECT id, topic, partition, record_offset, record_at, parked_at AS kept_at, reason, detail, truncated,
         lead_order AS place,
         ARRAY(SELECT encode(substring(key FROM 2), 'hex')::uuid::text FROM parked_key
             WHERE parked_id = parked.id AND get_byte(key, 0) = 3 ORDER BY key) AS leads
     FROM parked WHERE ($1::text IS NULL OR reason = $1) AND lead_order > $2 ORDER BY lead_order LIMIT $3",
);
const BEHIND_NOTHING: Statement = Statement::new(
    "lead.parked_alone",
    "SELECT id FROM lead WHERE parked
         AND NOT EXISTS (SELECT FROM parked_key WHERE key = '\\x03'::bytea || uuid_send(lead.id)) ORDER BY id LIMIT $1",
);
const WAITING: Statement =
    Statement::new("parked.count", "SELECT count(*) FROM parked WHERE $1::text IS NULL OR reason = $1");
const ONE_QUARANTINED: Statement =
    Statement::new("quarantine.get", "SELECT key, headers, value FROM quarantine WHERE id = $1");
const ONE_PARKED: Statement =
    Statement::new("parked.get", "SELECT key, headers, value FROM parked WHERE id = $1");

pub(super) const STATEMENTS: &[Statement] =
    &[QUARANTINE, PARKED, BEHIND_NOTHING, WAITING, ONE_QUARANTINED, ONE_PARKED];

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
    /// Place in the order in which records were parked; 0 in quarantine.
    pub place: i64,
    /// The leads that it waits for, by their ids.
    pub leads: Vec<String>,
}

/// A kept record's bytes; headers as the JSON that the writer made.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct KeptBytes {
    pub key: Option<Vec<u8>>,
    pub headers: Vec<u8>,
    pub value: Option<Vec<u8>>,
}

impl Reader {
    /// Quarantined records that nobody has settled, in the order in which they were kept, after one: of a reason, and of
    /// these ids, where they are given.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn quarantined(
        &self,
        reason: Option<&str>,
        ids: Option<&[Uuid]>,
        after: Option<&KeptLine>,
        limit: i64,
    ) -> Result<Vec<KeptLine>, StoreError> {
        QUARANTINE
            .rows()
            .bind(reason)
            .bind(ids)
            .bind(after.map_or(i64::MIN, |line| line.kept_at))
            .bind(after.map_or("", |line| line.topic.as_str()))
            .bind(after.map_or(0, |line| line.partition))
            .bind(after.map_or(0, |line| line.record_offset))
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| QUARANTINE.failed(error))
    }

    /// Records that wait, in the order in which they were parked, after a place: of a reason, where it is given.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn parked(
        &self,
        reason: Option<&str>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<KeptLine>, StoreError> {
        let rows = PARKED.rows().bind(reason).bind(after).bind(limit).fetch_all(&self.pool).await;
        rows.map_err(|error| PARKED.failed(error))
    }

    /// Parked leads behind which no record queues: an ask or a clock woke the fault.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn parked_alone(&self, limit: i64) -> Result<Vec<Uuid>, StoreError> {
        let rows: Vec<(Uuid,)> = BEHIND_NOTHING
            .rows()
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| BEHIND_NOTHING.failed(error))?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// How many records wait, of a reason, where it is given.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn parked_count(&self, reason: Option<&str>) -> Result<i64, StoreError> {
        let row: (i64,) =
            WAITING.rows().bind(reason).fetch_one(&self.pool).await.map_err(|error| WAITING.failed(error))?;
        Ok(row.0)
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
