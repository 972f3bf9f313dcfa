//! The audit in short pages, by subject and by stream, and what it must agree with. It checks nothing itself.

use super::Reader;
use crate::domain::ids::LeadId;
use crate::domain::lead::Lead;
use crate::domain::time::Moment;
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::rows::AuditSubject;
use crate::store::statement::Statement;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

const BY_SUBJECT: Statement = Statement::new(
    "audit.by_subject",
    "SELECT stream, stream_sequence, subject_kind, subject_id, version, event, payload, occurred_at, decided_at, actor,
         cause, record_topic, record_partition, record_offset, input, policy, team, reference, timeline, previous, hash
     FROM audit WHERE (subject_kind, subject_id, version) > ($1, $2, $3)
     ORDER BY subject_kind, subject_id, version LIMIT $4",
);
const BY_STREAM: Statement = Statement::new(
    "audit.by_stream",
    "SELECT stream, stream_sequence, subject_kind, subject_id, version, hash FROM audit
     WHERE (stream, stream_sequence) > ($1, $2) ORDER BY stream, stream_sequence LIMIT $3",
);
const TAILS_OF: Statement = Statement::new(
    "lead.tails",
    "SELECT 1::smallint AS kind, id, version, head_hash, state FROM lead WHERE id = ANY($1::uuid[])",
);
const HEADS_OF: Statement = Statement::new(
    "audit_head.tails",
    "SELECT subject_kind AS kind, subject_id AS id, version, hash AS head_hash, NULL::bytea AS state
     FROM audit_head JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (kind, id)
         ON subject_kind = wanted.kind AND subject_id = wanted.id",
);
const UNAUDITED: Statement = Statement::new(
    "lead.unaudited",
    "SELECT id, version FROM lead
     WHERE NOT EXISTS (SELECT FROM audit WHERE subject_kind = 1 AND subject_id = lead.id AND version = 1) LIMIT 1",
);
const HEADLESS: Statement = Statement::new(
    "audit_head.unaudited",
    "SELECT subject_kind, subject_id, version FROM audit_head AS head WHERE version > 0
         AND NOT EXISTS (SELECT FROM audit WHERE audit.subject_kind = head.subject_kind
             AND audit.subject_id = head.subject_id AND audit.version = 1) LIMIT 1",
);
const COUNTERS: Statement = Statement::new(
    "audit_stream.counters",
    "SELECT name, last FROM (
         SELECT name, last FROM audit_stream
         UNION ALL SELECT topic || '/' || partition, audit_sequence FROM input_position
     ) AS counters WHERE last > 0 ORDER BY name",
);

const STATES: Statement =
    Statement::new("lead.states", "SELECT id, state FROM lead WHERE id > $1 ORDER BY id LIMIT $2");

pub(super) const STATEMENTS: &[Statement] =
    &[BY_SUBJECT, BY_STREAM, TAILS_OF, HEADS_OF, UNAUDITED, HEADLESS, COUNTERS, STATES];

/// A row of the audit as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailRow {
    pub stream: String,
    pub stream_sequence: i64,
    pub subject_kind: i16,
    pub subject: Uuid,
    pub version: i64,
    pub event: String,
    pub payload: Vec<u8>,
    pub occurred_at: Moment,
    pub decided_at: Moment,
    pub actor: String,
    pub cause: Vec<u8>,
    pub record: Option<(String, i32, i64)>,
    pub input: Vec<u8>,
    pub policy: Vec<u8>,
    pub team: Vec<u8>,
    pub reference: Vec<u8>,
    pub timeline: i32,
    pub previous: Vec<u8>,
    pub hash: Vec<u8>,
}

impl FromRow<'_, PgRow> for TrailRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let topic: Option<String> = row.try_get("record_topic")?;
        let partition: Option<i32> = row.try_get("record_partition")?;
        let offset: Option<i64> = row.try_get("record_offset")?;
        Ok(Self {
            stream: row.try_get("stream")?,
            stream_sequence: row.try_get("stream_sequence")?,
            subject_kind: row.try_get("subject_kind")?,
            subject: row.try_get("subject_id")?,
            version: row.try_get("version")?,
            event: row.try_get("event")?,
            payload: row.try_get("payload")?,
            occurred_at: Moment(row.try_get("occurred_at")?),
            decided_at: Moment(row.try_get("decided_at")?),
            actor: row.try_get("actor")?,
            cause: row.try_get("cause")?,
            record: topic
                .zip(partition)
                .zip(offset)
                .map(|((topic, partition), offset)| (topic, partition, offset)),
            input: row.try_get("input")?,
            policy: row.try_get("policy")?,
            team: row.try_get("team")?,
            reference: row.try_get("reference")?,
            timeline: row.try_get("timeline")?,
            previous: row.try_get("previous")?,
            hash: row.try_get("hash")?,
        })
    }
}

/// A row's place in its stream.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct StreamRow {
    pub stream: String,
    pub stream_sequence: i64,
    pub subject_kind: i16,
    pub subject_id: Uuid,
    pub version: i64,
    pub hash: Vec<u8>,
}

/// Where a subject's own row says that its chain ends: a lead's, or the head that any other subject has.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Tail {
    pub kind: i16,
    pub id: Uuid,
    pub version: i64,
    pub head_hash: Vec<u8>,
    /// Of a lead.
    pub state: Option<Vec<u8>>,
}

impl Reader {
    /// The next rows after (kind, subject, version), in that order.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn trail_by_subject(
        &self,
        after: (i16, Uuid, i64),
        limit: i64,
    ) -> Result<Vec<TrailRow>, StoreError> {
        BY_SUBJECT
            .rows()
            .bind(after.0)
            .bind(after.1)
            .bind(after.2)
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| BY_SUBJECT.failed(error))
    }

    /// The next leads after an id, as they stand.
    ///
    /// # Errors
    /// The statement fails, or a state can't be read.
    pub async fn states(&self, after: LeadId, limit: i64) -> Result<Vec<Lead>, StoreError> {
        let rows: Vec<(Uuid, Vec<u8>)> = STATES
            .rows()
            .bind(after.0)
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| STATES.failed(error))?;
        rows.iter().map(|(_, state)| codec::read_lead(state)).collect()
    }

    /// The next places after (stream, number), in that order.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn trail_by_stream(
        &self,
        after: (&str, i64),
        limit: i64,
    ) -> Result<Vec<StreamRow>, StoreError> {
        BY_STREAM
            .rows()
            .bind(after.0)
            .bind(after.1)
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| BY_STREAM.failed(error))
    }

    /// The stored state of a lead.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn state_of(&self, lead: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.ends_of(&[(AuditSubject::LEAD, lead)]).await?.pop().and_then(|tail| tail.state))
    }

    /// Subjects by kind and id: version, head of the chain, of leads the state; absent ones are absent.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn ends_of(&self, subjects: &[(i16, Uuid)]) -> Result<Vec<Tail>, StoreError> {
        let (leads, others): (Vec<(i16, Uuid)>, Vec<_>) =
            subjects.iter().partition(|(kind, _)| *kind == AuditSubject::LEAD);
        let mut tails = Vec::new();
        if !leads.is_empty() {
            let ids: Vec<Uuid> = leads.into_iter().map(|(_, id)| id).collect();
            let rows = TAILS_OF.rows().bind(ids).fetch_all(&self.pool).await;
            tails.extend(rows.map_err(|error| TAILS_OF.failed(error))?);
        }
        if !others.is_empty() {
            let (kinds, ids): (Vec<i16>, Vec<Uuid>) = others.into_iter().unzip();
            let rows = HEADS_OF.rows().bind(kinds).bind(ids).fetch_all(&self.pool).await;
            tails.extend(rows.map_err(|error| HEADS_OF.failed(error))?);
        }
        Ok(tails)
    }

    /// A subject that is no lead, has a head and no first row in the audit: kind, id, version.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn unaudited_head(&self) -> Result<Option<(i16, Uuid, i64)>, StoreError> {
        HEADLESS.rows().fetch_optional(&self.pool).await.map_err(|error| HEADLESS.failed(error))
    }

    /// A lead that has no first row in the audit, with its version.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn unaudited_lead(&self) -> Result<Option<(Uuid, i64)>, StoreError> {
        UNAUDITED.rows().fetch_optional(&self.pool).await.map_err(|error| UNAUDITED.failed(error))
    }

    /// The last number of every stream that has rows, by its counter.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn stream_counters(&self) -> Result<Vec<(String, i64)>, StoreError> {
        COUNTERS.rows().fetch_all(&self.pool).await.map_err(|error| COUNTERS.failed(error))
    }
}
