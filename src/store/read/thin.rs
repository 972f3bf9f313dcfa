//! Open leads that may be graded low for want of data, the most engaged first, each with its whole state. It judges nothing.

use super::Reader;
use crate::domain::lead::Lead;
use crate::domain::time::Moment;
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;

/// Leads that one read opens, for each brings its whole state: a list of the most engaged needs no more.
pub const THIN_READ_MAX: usize = 1_000;

/// Nobody whose fit is thin is graded better than C. Whom sales has returned for their data stands in a list of their own.
const CANDIDATES: Statement = Statement::new(
    "thin.candidates",
    "SELECT l.state, l.points, p.first_name, p.last_name, coalesce(p.company_name, p.company_domain) AS company
     FROM lead AS l LEFT JOIN person AS p ON p.lead_id = l.id
     WHERE l.holder_id IS NOT NULL AND l.stage IN (1, 2, 3, 4, 5, 6, 8, 9) AND l.holder_kind <> 'marketing_owner'
         AND l.grade IN ('C', 'D')
     ORDER BY l.points DESC, l.first_seen_at DESC, l.id LIMIT $1",
);

pub(in crate::store) const STATEMENTS: &[Statement] = &[CANDIDATES];

/// An open lead of grade C or D.
#[derive(Clone, Debug, PartialEq)]
pub struct LowGraded {
    pub lead: Lead,
    /// Of engagement, as they were counted last.
    pub points: i32,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
}

/// The most engaged open leads of grade C or D.
#[derive(Clone, Debug, PartialEq)]
pub struct LowGradedRead {
    pub now: Moment,
    /// At most [`THIN_READ_MAX`].
    pub leads: Vec<LowGraded>,
    /// There are others, with fewer points.
    pub more: bool,
}

/// State, points, first and last name, company.
type Columns = (Vec<u8>, i32, Option<String>, Option<String>, Option<String>);

impl Reader {
    /// Open leads of grade C or D, the most engaged first: among them is everybody whose fit is thin.
    ///
    /// # Errors
    /// The database does not answer, or a stored state can't be read.
    pub async fn low_graded(&self) -> Result<LowGradedRead, StoreError> {
        let now = self.now().await?;
        let mut conn = self.connection().await?;
        let limit = i64::try_from(THIN_READ_MAX).unwrap_or(i64::MAX).saturating_add(1);
        let mut rows: Vec<Columns> = CANDIDATES
            .rows()
            .bind(limit)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| CANDIDATES.failed(error))?;
        let more = rows.len() > THIN_READ_MAX;
        rows.truncate(THIN_READ_MAX);
        Ok(LowGradedRead { now, leads: rows.into_iter().map(low_graded).collect::<Result<_, _>>()?, more })
    }
}

fn low_graded((state, points, first_name, last_name, company): Columns) -> Result<LowGraded, StoreError> {
    Ok(LowGraded { lead: codec::read_lead(&state)?, points, first_name, last_name, company })
}
