//! Leads that marketing or sales still decides about, page by page in order of their ids, each with its whole state. It
//! changes nothing.

use super::Reader;
use crate::domain::ids::LeadId;
use crate::domain::lead::{Lead, StageKind};
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use uuid::Uuid;

/// Leads of one page: each brings its whole state.
pub const PAGE_LEADS_MAX: i64 = 500;

const COUNT: Statement =
    Statement::new("open_leads.count", "SELECT count(*) FROM lead WHERE stage = ANY($1::smallint[])");
const PAGE: Statement = Statement::new(
    "open_leads.page",
    "SELECT id, state FROM lead WHERE stage = ANY($1::smallint[]) AND id > $2 ORDER BY id LIMIT $3",
);

pub(in crate::store) const STATEMENTS: &[Statement] = &[COUNT, PAGE];

/// Leads of one page, and after whose id the next begins; `None` after the last page.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenLeads {
    pub leads: Vec<Lead>,
    pub next: Option<LeadId>,
}

impl Reader {
    /// How many leads are in one of these stages.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn leads_in(&self, stages: &[StageKind]) -> Result<u64, StoreError> {
        let mut conn = self.connection().await?;
        let (count,): (i64,) = COUNT
            .rows()
            .bind(numbers(stages))
            .fetch_one(&mut *conn)
            .await
            .map_err(|error| COUNT.failed(error))?;
        Ok(count.unsigned_abs())
    }

    /// The next page of leads in one of these stages; the first page without `after`.
    ///
    /// # Errors
    /// The database does not answer, or a stored state can't be read.
    pub async fn open_leads(
        &self,
        stages: &[StageKind],
        after: Option<LeadId>,
    ) -> Result<OpenLeads, StoreError> {
        let mut conn = self.connection().await?;
        let rows: Vec<(Uuid, Vec<u8>)> = PAGE
            .rows()
            .bind(numbers(stages))
            .bind(after.map_or(Uuid::nil(), |lead| lead.0))
            .bind(PAGE_LEADS_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| PAGE.failed(error))?;
        let is_full = i64::try_from(rows.len()).is_ok_and(|read| read == PAGE_LEADS_MAX);
        let next = rows.last().filter(|_| is_full).map(|(id, _)| LeadId(*id));
        let leads: Result<Vec<Lead>, StoreError> =
            rows.iter().map(|(_, state)| codec::read_lead(state)).collect();
        Ok(OpenLeads { leads: leads?, next })
    }
}

fn numbers(stages: &[StageKind]) -> Vec<i16> {
    stages.iter().map(|stage| stage.number()).collect()
}
