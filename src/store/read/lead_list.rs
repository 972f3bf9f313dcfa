//! Leads as lists show them, newest decision first, page by page. It never reads a lead's whole state.

use super::Reader;
use crate::domain::ids::LeadId;
use crate::domain::time::Moment;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;
use uuid::Uuid;

/// Leads on one page at most: more than a person reads, few enough for one short read.
pub const PAGE_LEADS_MAX: u32 = 100;

const PAGE: Statement = Statement::new(
    "lead_list.page",
    "SELECT l.id, l.stage, l.holder_kind, l.holder_id, l.pool, l.deadline, l.priority, l.grade, l.points, l.segment, \
     l.origin, l.cycle, l.custody_version, l.decided_at, l.first_campaign, l.last_campaign, p.first_name, p.last_name, \
     coalesce(p.company_name, p.company_domain) AS company, p.job_title \
     FROM lead AS l LEFT JOIN person AS p ON p.lead_id = l.id \
     WHERE ($1::smallint[] IS NULL OR l.stage = ANY($1)) AND ($2::text IS NULL OR l.holder_id = $2) \
     AND ($3::text IS NULL OR l.pool = $3) AND ($4::text IS NULL OR l.first_campaign = $4 OR l.last_campaign = $4) \
     AND ($5::text IS NULL OR concat_ws(' ', p.first_name, p.last_name) ILIKE $5 OR p.email ILIKE $5 \
          OR p.company_name ILIKE $5 OR p.company_domain ILIKE $5) \
     AND ($6::bigint IS NULL OR l.decided_at < $6 OR (l.decided_at = $6 AND l.id > $7)) \
     AND (NOT $8 OR l.deadline < $9) \
     ORDER BY l.decided_at DESC, l.id LIMIT $10",
);
const NAMED: Statement = Statement::new(
    "lead_list.named",
    "SELECT l.id, l.stage, l.holder_kind, l.holder_id, l.pool, l.deadline, l.priority, l.grade, l.points, l.segment, \
     l.origin, l.cycle, l.custody_version, l.decided_at, l.first_campaign, l.last_campaign, p.first_name, p.last_name, \
     coalesce(p.company_name, p.company_domain) AS company, p.job_title \
     FROM lead AS l LEFT JOIN person AS p ON p.lead_id = l.id WHERE l.id = ANY($1)",
);
const CAMPAIGNS: Statement =
    Statement::new("lead_list.campaigns", "SELECT id, name FROM campaign ORDER BY at DESC, id LIMIT 200");

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[PAGE, NAMED, CAMPAIGNS];

/// Which leads; `None` and empty let every lead through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadFilter {
    /// Stage numbers.
    pub stages: Option<Vec<i16>>,
    pub holder: Option<String>,
    pub pool: Option<String>,
    pub campaign: Option<String>,
    /// Part of a name, an e-mail address or a company.
    pub search: Option<String>,
    /// Only leads whose deadline was before this moment.
    pub overdue_at: Option<Moment>,
    /// The last row of the page before.
    pub after: Option<(Moment, LeadId)>,
    /// 1 to [`PAGE_LEADS_MAX`].
    pub limit: u32,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct LeadLine {
    pub id: Uuid,
    pub stage: i16,
    pub holder_kind: Option<String>,
    pub holder_id: Option<String>,
    pub pool: Option<String>,
    /// Microseconds since 1970-01-01.
    pub deadline: Option<i64>,
    pub priority: Option<i16>,
    pub grade: String,
    pub points: i32,
    pub segment: String,
    pub origin: String,
    pub cycle: i32,
    pub custody_version: i64,
    /// Microseconds since 1970-01-01.
    pub decided_at: i64,
    pub first_campaign: Option<String>,
    pub last_campaign: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub job_title: Option<String>,
}

impl Reader {
    /// One page of leads and whether more follow.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn leads(&self, filter: &LeadFilter) -> Result<(Vec<LeadLine>, bool), StoreError> {
        let limit = filter.limit.clamp(1, PAGE_LEADS_MAX);
        let mut conn = self.connection().await?;
        let mut rows: Vec<LeadLine> = PAGE
            .rows()
            .bind(filter.stages.clone())
            .bind(filter.holder.clone())
            .bind(filter.pool.clone())
            .bind(filter.campaign.clone())
            .bind(filter.search.as_deref().map(containing))
            .bind(filter.after.map(|(at, _)| at.0))
            .bind(filter.after.map(|(_, id)| id.0))
            .bind(filter.overdue_at.is_some())
            .bind(filter.overdue_at.map(|at| at.0))
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| PAGE.failed(error))?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok((rows, more))
    }

    /// The lines of these leads, in their order, each as often as it is named; what is not kept any more is left out.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn leads_named(&self, ids: &[Uuid]) -> Result<Vec<LeadLine>, StoreError> {
        let mut conn = self.connection().await?;
        let rows: Vec<LeadLine> =
            NAMED.rows().bind(ids).fetch_all(&mut *conn).await.map_err(|error| NAMED.failed(error))?;
        Ok(ids.iter().filter_map(|id| rows.iter().find(|row| row.id == *id)).cloned().collect())
    }

    /// Id and name of campaigns, the newest first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn campaigns(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut conn = self.connection().await?;
        CAMPAIGNS.rows().fetch_all(&mut *conn).await.map_err(|error| CAMPAIGNS.failed(error))
    }
}

/// The pattern for texts that contain what was typed, its own wildcards taken literally.
fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn wildcards_that_somebody_types_are_letters() {
        assert_eq!(containing("50%_a\\b"), "%50\\%\\_a\\\\b%");
    }
}
