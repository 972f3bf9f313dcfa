//! What waits for a person's word beside the leads that they work: contests without a verdict, and leads that a steward is
//! to review by name. It says nothing of whose word a contest waits for.

use super::Reader;
use crate::domain::lead::Lead;
use crate::domain::time::{DAY, Moment};
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use uuid::Uuid;

/// Leads that are read of each kind at most, the latest contest and the nearest deadline first: more than one person decides
/// in a week.
pub const WAITING_MAX: i64 = 200;
/// A verdict is due within days of the contest: what is older has ended, by a verdict or by time.
const CONTESTS_OF: i64 = 180 * DAY;

/// Of a lead that was united with another, the one that it lives on in answers.
const CONTESTS: Statement = Statement::new(
    "waiting.contests",
    "SELECT l.id, l.state, p.first_name, p.last_name, coalesce(p.company_name, p.company_domain) AS company
     FROM (SELECT coalesce(own.merged_into, own.id) AS id, max(raised.at) AS at
         FROM handoff_fact AS raised JOIN lead AS own ON own.id = raised.lead_id
         WHERE raised.kind = 'contested' AND raised.at >= $1 AND NOT EXISTS (SELECT FROM handoff_fact AS ended
             WHERE ended.handoff_id = raised.handoff_id AND ended.kind IN ('upheld', 'overturned', 'lapsed'))
         GROUP BY 1) AS open
     JOIN lead AS l ON l.id = open.id LEFT JOIN person AS p ON p.lead_id = l.id
     ORDER BY open.at DESC, l.id LIMIT $2",
);

/// What a steward holds outside sales is there for a review of one lead: segments are reviewed in bulk, by their owners.
const REVIEWS: Statement = Statement::new(
    "waiting.reviews",
    "SELECT l.id, l.state, p.first_name, p.last_name, coalesce(p.company_name, p.company_domain) AS company
     FROM lead AS l LEFT JOIN person AS p ON p.lead_id = l.id
     WHERE l.holder_id = $1 AND l.holder_kind = 'steward' AND l.stage NOT IN (2, 3, 4, 5, 6)
     ORDER BY l.deadline, l.id LIMIT $2",
);
const REVIEWS_COUNT: Statement = Statement::new(
    "waiting.reviews_count",
    "SELECT count(*) FROM lead WHERE holder_id = $1 AND holder_kind = 'steward' AND stage NOT IN (2, 3, 4, 5, 6)",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[CONTESTS, REVIEWS, REVIEWS_COUNT];

/// A lead that waits for somebody's word.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingLead {
    pub lead: Lead,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
}

/// What waits.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingRead {
    pub now: Moment,
    /// Leads with a contest without a verdict, whoever is its arbiter; at most [`WAITING_MAX`].
    pub contests: Vec<WaitingLead>,
    /// Leads that the person is to look at, the nearest deadline first; at most [`WAITING_MAX`] of `reviews_all`.
    pub reviews: Vec<WaitingLead>,
    pub reviews_all: i64,
}

/// Id, state, first and last name, company.
type Columns = (Uuid, Vec<u8>, Option<String>, Option<String>, Option<String>);

impl Reader {
    /// Contests without a verdict, and what a member is to review.
    ///
    /// # Errors
    /// The database does not answer, or a stored state can't be read.
    pub async fn waiting(&self, member: &str) -> Result<WaitingRead, StoreError> {
        let now = self.now().await?;
        let mut conn = self.connection().await?;
        let contests: Vec<Columns> = CONTESTS
            .rows()
            .bind(now.plus(-CONTESTS_OF).0)
            .bind(WAITING_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| CONTESTS.failed(error))?;
        let reviews: Vec<Columns> = REVIEWS
            .rows()
            .bind(member)
            .bind(WAITING_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| REVIEWS.failed(error))?;
        let (reviews_all,): (i64,) = REVIEWS_COUNT
            .rows()
            .bind(member)
            .fetch_one(&mut *conn)
            .await
            .map_err(|error| REVIEWS_COUNT.failed(error))?;
        let leads = |rows: Vec<Columns>| rows.into_iter().map(waiting_lead).collect::<Result<_, _>>();
        Ok(WaitingRead { now, contests: leads(contests)?, reviews: leads(reviews)?, reviews_all })
    }
}

fn waiting_lead((_, state, first_name, last_name, company): Columns) -> Result<WaitingLead, StoreError> {
    Ok(WaitingLead { lead: codec::read_lead(&state)?, first_name, last_name, company })
}
