//! Rejections one by one, the latest first, page by page, each with the handoff that it is of and the lead as it stands now.
//! It judges nothing.

use super::Reader;
use crate::domain::event::Event;
use crate::domain::lead::Lead;
use crate::domain::time::Moment;
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;
use uuid::Uuid;

/// Rejections on one page: what marketing goes through at a sitting.
pub const PAGE_REJECTIONS_MAX: i64 = 20;

/// Of a lead that was united with another, the one that it lives on in answers.
const PAGE: Statement = Statement::new(
    "rejections.page",
    "SELECT a.subject_id, a.version, a.payload, a.decided_at, l.state, fact.handoff_id AS handoff,
         coalesce(own.first_campaign, '') AS campaign, p.first_name, p.last_name,
         coalesce(p.company_name, p.company_domain) AS company
     FROM audit AS a JOIN lead AS own ON own.id = a.subject_id
     JOIN lead AS l ON l.id = coalesce(own.merged_into, own.id) LEFT JOIN person AS p ON p.lead_id = l.id
     LEFT JOIN handoff_fact AS fact ON fact.lead_id = a.subject_id AND fact.version = a.version AND fact.kind = 'rejected'
     WHERE a.event = 'lead_rejected' AND a.subject_kind = 1
         AND ($1::bigint IS NULL OR a.decided_at <= $1 AND (a.decided_at, a.subject_id, a.version) < ($1, $2, $3))
     ORDER BY a.decided_at DESC, a.subject_id DESC, a.version DESC LIMIT $4",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[PAGE];

/// A rejection's place among all: the next page begins after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RejectionPlace {
    pub at: Moment,
    pub lead: Uuid,
    pub version: i64,
}

/// A rejection, with the lead as it stands now.
#[derive(Clone, Debug, PartialEq)]
pub struct RejectionRead {
    pub place: RejectionPlace,
    pub event: Event,
    pub lead: Lead,
    /// The handoff that was returned; `None` where the lead had never been handed off.
    pub handoff: Option<Uuid>,
    pub campaign: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
}

#[derive(FromRow)]
struct Columns {
    subject_id: Uuid,
    version: i64,
    payload: Vec<u8>,
    decided_at: i64,
    state: Vec<u8>,
    handoff: Option<Uuid>,
    campaign: String,
    first_name: Option<String>,
    last_name: Option<String>,
    company: Option<String>,
}

impl Reader {
    /// One page of rejections after a place, at most [`PAGE_REJECTIONS_MAX`], and whether more follow.
    ///
    /// # Errors
    /// The database does not answer, or a stored value can't be read.
    pub async fn rejections(
        &self,
        after: Option<RejectionPlace>,
    ) -> Result<(Vec<RejectionRead>, bool), StoreError> {
        let mut conn = self.connection().await?;
        let rows: Vec<Columns> = PAGE
            .rows()
            .bind(after.map(|place| place.at.0))
            .bind(after.map(|place| place.lead))
            .bind(after.map(|place| place.version))
            .bind(PAGE_REJECTIONS_MAX + 1)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| PAGE.failed(error))?;
        let most = usize::try_from(PAGE_REJECTIONS_MAX).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        let read = rows.into_iter().take(most).map(rejection).collect::<Result<_, _>>()?;
        Ok((read, more))
    }
}

fn rejection(row: Columns) -> Result<RejectionRead, StoreError> {
    Ok(RejectionRead {
        place: RejectionPlace { at: Moment(row.decided_at), lead: row.subject_id, version: row.version },
        event: codec::read_event(&row.payload)?,
        lead: codec::read_lead(&row.state)?,
        handoff: row.handoff,
        campaign: row.campaign,
        first_name: row.first_name,
        last_name: row.last_name,
        company: row.company,
    })
}
