//! What waits for a person's word beside the leads that they work: contests without a verdict. It says nothing of whose word
//! it is.

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

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[CONTESTS];

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
}

/// Id, state, first and last name, company.
type Columns = (Uuid, Vec<u8>, Option<String>, Option<String>, Option<String>);

impl Reader {
    /// Contests without a verdict.
    ///
    /// # Errors
    /// The database does not answer, or a stored state can't be read.
    pub async fn waiting(&self) -> Result<WaitingRead, StoreError> {
        let now = self.now().await?;
        let mut conn = self.connection().await?;
        let contests: Vec<Columns> = CONTESTS
            .rows()
            .bind(now.plus(-CONTESTS_OF).0)
            .bind(WAITING_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| CONTESTS.failed(error))?;
        Ok(WaitingRead { now, contests: contests.into_iter().map(waiting_lead).collect::<Result<_, _>>()? })
    }
}

fn waiting_lead((_, state, first_name, last_name, company): Columns) -> Result<WaitingLead, StoreError> {
    Ok(WaitingLead { lead: codec::read_lead(&state)?, first_name, last_name, company })
}
