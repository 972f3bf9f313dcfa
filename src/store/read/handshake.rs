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
         h.disposition_by, h.disposed_at, h.accepted_at, h.complete, h.pulled, h.rep,
         h.disposed_at IS NOT NULL AND EXISTS (SELECT FROM handoff_fact AS f WHERE f.handoff_id = h.id
              AND f.kind = 'rejected' AND f.flagged AND f.at = h.disposed_at) AS unreasoned,
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
         AND f.kind IN ('accepted', 'rejected', 'breached', 'breach_voided', 'misrouted', 'data_fixed')
     ORDER BY f.at, f.lead_id, f.version LIMIT $3",
);
/// A contest belongs to the pool and person that the rejection is of, wherever the lead went since.
const CONTESTS: Statement = Statement::new(
    "handshake.contests",
    "SELECT f.lead_id, f.at, f.kind, f.flagged AS moot, coalesce(rejection.pool, h.pool) AS pool, c.source,
         rejection.member AS rejecter,
         (SELECT min(raised.member) FROM handoff_fact AS raised
          WHERE raised.handoff_id = f.handoff_id AND raised.kind = 'contested') AS contester
     FROM handoff_fact AS f JOIN handoff AS h ON h.id = f.handoff_id
     LEFT JOIN handoff_fact AS rejection ON rejection.handoff_id = f.handoff_id
         AND rejection.version = f.of_version AND rejection.kind = 'rejected'
     LEFT JOIN campaign AS c ON c.id = h.campaign
     WHERE f.at >= $1 AND f.at < $2 AND NOT h.superseded
         AND f.kind IN ('contested', 'upheld', 'overturned', 'lapsed')
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
pub(in crate::store) const STATEMENTS: &[Statement] = &[DUTIES, FACTS, CONTESTS, ANSWERS, SUMS];

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
    /// The last rep who had it.
    pub rep: Option<String>,
    /// The decision was a rejection whose reason was unknown, or a demand of it unmet.
    pub unreasoned: bool,
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

/// A contest that was raised, or its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct ContestRead {
    pub lead_id: Uuid,
    /// Microseconds since 1970-01-01.
    pub at: i64,
    /// `contested`, `upheld`, `overturned`, `lapsed`.
    pub kind: String,
    /// Ends: the lead had moved on.
    pub moot: bool,
    /// The pool of whoever rejected.
    pub pool: Option<String>,
    pub source: Option<String>,
    pub rejecter: Option<String>,
    pub contester: Option<String>,
}

/// What the figures of a span are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DutiesRead {
    pub handoffs: Vec<DutyRead>,
    pub facts: Vec<FactRead>,
    pub answers: Vec<AnswerRead>,
    pub contests: Vec<ContestRead>,
}

impl DutiesRead {
    /// The span holds more rows than are read: the figures are of the first ones.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        let most = usize::try_from(ROWS_MAX).unwrap_or(usize::MAX);
        self.handoffs.len() >= most || self.facts.len() >= most || self.contests.len() >= most
    }
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
    /// Everything that the figures of a span are made of: handoffs and contests of the span, facts and answers from
    /// `facts_from` on.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn all_duties(
        &self,
        from: Moment,
        to: Moment,
        facts_from: Moment,
    ) -> Result<DutiesRead, StoreError> {
        Ok(DutiesRead {
            handoffs: self.duties(from, to).await?,
            facts: self.handoff_facts(facts_from, to).await?,
            answers: self.pattern_answers(facts_from, to).await?,
            contests: self.contests(from, to).await?,
        })
    }

    /// Contests that were raised or ended from a moment to before another, at most [`ROWS_MAX`].
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn contests(&self, from: Moment, to: Moment) -> Result<Vec<ContestRead>, StoreError> {
        let mut conn = self.connection().await?;
        let rows = CONTESTS.rows().bind(from.0).bind(to.0).bind(ROWS_MAX).fetch_all(&mut *conn).await;
        rows.map_err(|error| CONTESTS.failed(error))
    }

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
