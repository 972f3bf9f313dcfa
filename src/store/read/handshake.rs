//! What the figures of the handshake are made of: handoffs with their duties, what happened, answers, sums by campaign.
//! It reads and judges nothing.

use super::Reader;
use crate::domain::time::Moment;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;
use uuid::Uuid;

/// Rows of one answer at most: a week of a large company; a figure beyond it is made by an export.
pub const ROWS_MAX: i64 = 50_000;

/// Handoffs with something due or decided in the span. The rejection is the first that counts, came before SQL and was
/// not overturned.
const DUTIES: Statement = Statement::new(
    "handshake.duties",
    "SELECT h.lead_id, h.pool, h.campaign, c.source, h.motion, h.mql_at, h.contact_by, h.first_attempt_at,
         h.disposition_by, h.disposed_at, h.accepted_at, h.complete, h.pulled,
         (SELECT min(f.at) FROM handoff_fact AS f
          WHERE f.handoff_id = h.id AND f.kind = 'rejected' AND f.counts AND NOT f.after_sql
              AND NOT EXISTS (SELECT FROM handoff_fact AS verdict WHERE verdict.handoff_id = f.handoff_id
                  AND verdict.of_version = f.version AND verdict.kind = 'overturned')) AS rejected_at
     FROM handoff AS h LEFT JOIN campaign AS c ON c.id = h.campaign
     WHERE NOT h.superseded AND (h.mql_at >= $1 AND h.mql_at < $2 OR h.contact_by >= $1 AND h.contact_by < $2
         OR h.disposition_by >= $1 AND h.disposition_by < $2 OR h.accepted_at >= $1 AND h.accepted_at < $2
         OR h.id IN (SELECT handoff_id FROM handoff_fact WHERE at >= $1 AND at < $2 AND kind = 'rejected'))
     ORDER BY h.lead_id, h.cycle LIMIT $3",
);
const FACTS: Statement = Statement::new(
    "handshake.facts",
    "SELECT f.lead_id, f.at, f.kind, f.code, f.flagged, f.member, coalesce(f.pool, h.pool) AS pool, h.campaign, c.source
     FROM handoff_fact AS f JOIN handoff AS h ON h.id = f.handoff_id LEFT JOIN campaign AS c ON c.id = h.campaign
     WHERE f.at >= $1 AND f.at < $2 AND NOT h.superseded
         AND f.kind IN ('accepted', 'rejected', 'breached', 'breach_voided', 'misrouted')
     ORDER BY f.at, f.lead_id, f.version LIMIT $3",
);
const ANSWERS: Statement = Statement::new(
    "handshake.answers",
    "SELECT code, campaign, begun_at, at, member FROM pattern_answer WHERE begun_at >= $1 AND begun_at < $2
     ORDER BY code, campaign, begun_at LIMIT $3",
);
const SUMS: Statement = Statement::new(
    "handshake.sums",
    "SELECT h.campaign, c.name, f.kind, f.code, count(*) AS count
     FROM handoff_fact AS f JOIN handoff AS h ON h.id = f.handoff_id LEFT JOIN campaign AS c ON c.id = h.campaign
     WHERE f.at >= $1 AND f.at < $2 AND NOT h.superseded AND ($3::text IS NULL OR h.campaign = $3)
     GROUP BY 1, 2, 3, 4 ORDER BY 1 NULLS FIRST, 3, 4",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[DUTIES, FACTS, ANSWERS, SUMS];

/// A handoff and its duties; moments are microseconds since 1970-01-01.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct DutyRead {
    pub lead_id: Uuid,
    pub pool: Option<String>,
    pub campaign: Option<String>,
    /// The campaign's.
    pub source: Option<String>,
    pub motion: Option<String>,
    pub mql_at: Option<i64>,
    pub contact_by: Option<i64>,
    pub first_attempt_at: Option<i64>,
    pub disposition_by: Option<i64>,
    pub disposed_at: Option<i64>,
    pub accepted_at: Option<i64>,
    pub complete: Option<bool>,
    pub pulled: bool,
    pub rejected_at: Option<i64>,
}

/// Something that happened in a handoff.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct FactRead {
    pub lead_id: Uuid,
    /// Microseconds since 1970-01-01.
    pub at: i64,
    pub kind: String,
    pub code: Option<String>,
    pub flagged: bool,
    pub member: Option<String>,
    pub pool: Option<String>,
    pub campaign: Option<String>,
    pub source: Option<String>,
}

/// Marketing's answer to a pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct AnswerRead {
    pub code: String,
    pub campaign: String,
    /// Microseconds since 1970-01-01.
    pub begun_at: i64,
    pub at: i64,
    pub member: String,
}

/// How often something happened to leads of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct SumRead {
    pub campaign: Option<String>,
    pub name: Option<String>,
    pub kind: String,
    pub code: Option<String>,
    pub count: i64,
}

impl Reader {
    /// Handoffs with something due or decided from a moment to before another, at most [`ROWS_MAX`].
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn duties(&self, from: Moment, to: Moment) -> Result<Vec<DutyRead>, StoreError> {
        let mut conn = self.connection().await?;
        let rows = DUTIES.rows().bind(from.0).bind(to.0).bind(ROWS_MAX).fetch_all(&mut *conn).await;
        rows.map_err(|error| DUTIES.failed(error))
    }

    /// What happened from a moment to before another, oldest first, at most [`ROWS_MAX`].
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn handoff_facts(&self, from: Moment, to: Moment) -> Result<Vec<FactRead>, StoreError> {
        let mut conn = self.connection().await?;
        let rows = FACTS.rows().bind(from.0).bind(to.0).bind(ROWS_MAX).fetch_all(&mut *conn).await;
        rows.map_err(|error| FACTS.failed(error))
    }

    /// Answers to patterns that began from a moment to before another, at most [`ROWS_MAX`].
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn pattern_answers(&self, from: Moment, to: Moment) -> Result<Vec<AnswerRead>, StoreError> {
        let mut conn = self.connection().await?;
        let rows = ANSWERS.rows().bind(from.0).bind(to.0).bind(ROWS_MAX).fetch_all(&mut *conn).await;
        rows.map_err(|error| ANSWERS.failed(error))
    }

    /// Sums by campaign, kind and code from a moment to before another; of one campaign, or of all.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn campaign_sums(
        &self,
        from: Moment,
        to: Moment,
        campaign: Option<&str>,
    ) -> Result<Vec<SumRead>, StoreError> {
        let mut conn = self.connection().await?;
        let rows = SUMS.rows().bind(from.0).bind(to.0).bind(campaign).fetch_all(&mut *conn).await;
        rows.map_err(|error| SUMS.failed(error))
    }
}
