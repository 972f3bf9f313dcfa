//! One lead with everything its page tells. It changes nothing and puts nothing into words.

use super::Reader;
use crate::domain::event::Event;
use crate::domain::ids::LeadId;
use crate::domain::lead::Lead;
use crate::domain::time::Moment;
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;

/// Audit rows on one page of a story: busy leads have a few hundred in all.
pub const STORY_ROWS_MAX: u32 = 200;
/// Notes, deals and disagreements that the page shows; more stay in the database.
const SIDE_ROWS_MAX: i64 = 20;

const LEAD: Statement = Statement::new(
    "lead_page.lead",
    "SELECT l.state, l.segment, l.points, l.grade, \
     coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint), a.name, a.owner, \
     f.name, c.name \
     FROM lead AS l LEFT JOIN account AS a ON a.id = l.account_id LEFT JOIN campaign AS f ON f.id = l.first_campaign \
     LEFT JOIN campaign AS c ON c.id = l.last_campaign WHERE l.id = $1",
);
const PERSON: Statement = Statement::new(
    "lead_page.person",
    "SELECT email, first_name, last_name, phone, job_title, country, region, company_name, company_domain, employees, \
     industry, crm, source FROM person WHERE lead_id = $1",
);
const NOTES: Statement = Statement::new(
    "lead_page.notes",
    "SELECT at, author, theme, body FROM note WHERE lead_id = $1 ORDER BY at DESC, id LIMIT $2",
);
const DEALS: Statement = Statement::new(
    "lead_page.deals",
    "SELECT o.state, o.kind, o.stage, o.ten_thousandths, o.currency, o.opened_at, o.close_date, o.closed_on, o.owner, \
     o.reason FROM opportunity_contact AS c JOIN opportunity AS o ON o.id = c.opportunity_id \
     WHERE c.lead_id = $1 ORDER BY o.opened_at DESC, o.id LIMIT $2",
);
const DISAGREEMENTS: Statement = Statement::new(
    "lead_page.disagreements",
    "SELECT at, code, ours, theirs FROM disagreement WHERE lead_id = $1 AND settled_at IS NULL ORDER BY at DESC LIMIT $2",
);
const STORY: Statement = Statement::new(
    "lead_page.story",
    "SELECT a.version, a.payload, a.occurred_at, a.decided_at, a.actor, a.record_topic, a.record_partition, \
     a.record_offset, a.stream, a.stream_sequence, a.hash, a.policy, t.source, t.event_type \
     FROM audit AS a LEFT JOIN cause_text AS t ON t.cause = a.cause \
     WHERE a.subject_kind = 1 AND a.subject_id = $1 AND ($2::bigint IS NULL OR a.version < $2) \
     ORDER BY a.version DESC LIMIT $3",
);
const LAST_OFFER: Statement = Statement::new(
    "lead_page.last_offer",
    "SELECT payload FROM audit WHERE subject_kind = 1 AND subject_id = $1 AND event IN ('lead_offered', 'closer_offered') \
     ORDER BY version DESC LIMIT 1",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] =
    &[LEAD, PERSON, NOTES, DEALS, DISAGREEMENTS, STORY, LAST_OFFER];

/// The person as known; erased ones have no row.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct PersonRead {
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
    pub job_title: Option<String>,
    pub country: Option<String>,
    pub region: Option<String>,
    pub company_name: Option<String>,
    pub company_domain: Option<String>,
    pub employees: Option<i32>,
    pub industry: Option<String>,
    /// `system:object:id`.
    pub crm: Vec<String>,
    pub source: Option<String>,
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct NoteRead {
    /// Microseconds since 1970-01-01.
    pub at: i64,
    pub author: String,
    pub theme: String,
    pub body: String,
}

/// A deal that the lead is a contact of.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct DealRead {
    pub state: String,
    pub kind: String,
    pub stage: Option<String>,
    pub ten_thousandths: Option<i64>,
    pub currency: Option<String>,
    /// Microseconds since 1970-01-01.
    pub opened_at: i64,
    /// Days since 1970-01-01.
    pub close_date: Option<i32>,
    pub closed_on: Option<i32>,
    pub owner: Option<String>,
    pub reason: Option<String>,
}

/// A fact of the CRM that could not be applied.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct DisagreementRead {
    /// Microseconds since 1970-01-01.
    pub at: i64,
    pub code: String,
    pub ours: String,
    pub theirs: String,
}

/// A lead and what stands around it.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadRead {
    pub now: Moment,
    pub lead: Lead,
    pub segment: String,
    /// As of the last decision.
    pub points: i32,
    pub grade: String,
    pub account_name: Option<String>,
    pub account_owner: Option<String>,
    pub first_campaign: Option<String>,
    pub last_campaign: Option<String>,
    pub person: Option<PersonRead>,
    pub notes: Vec<NoteRead>,
    pub deals: Vec<DealRead>,
    pub disagreements: Vec<DisagreementRead>,
    /// The latest offer of any cycle.
    pub last_offer: Option<Event>,
}

/// One audit row of a lead.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryRow {
    pub version: i64,
    pub event: Event,
    pub occurred_at: Moment,
    pub decided_at: Moment,
    pub actor: String,
    /// Topic, partition and offset of the record that caused it.
    pub record: Option<(String, i32, i64)>,
    pub stream: String,
    pub stream_sequence: i64,
    pub hash: Vec<u8>,
    pub policy: Vec<u8>,
    /// Source and type of the cause; erased ones have none.
    pub cause: Option<(String, String)>,
}

type LeadColumns =
    (Vec<u8>, String, i32, String, i64, Option<String>, Option<String>, Option<String>, Option<String>);

#[derive(FromRow)]
struct StoryColumns {
    version: i64,
    payload: Vec<u8>,
    occurred_at: i64,
    decided_at: i64,
    actor: String,
    record_topic: Option<String>,
    record_partition: Option<i32>,
    record_offset: Option<i64>,
    stream: String,
    stream_sequence: i64,
    hash: Vec<u8>,
    policy: Vec<u8>,
    source: Option<String>,
    event_type: Option<String>,
}

impl Reader {
    /// A lead and what stands around it; `None` where the id names nobody.
    ///
    /// # Errors
    /// The database does not answer, or the stored state can't be read.
    pub async fn lead_page(&self, id: LeadId) -> Result<Option<LeadRead>, StoreError> {
        let mut conn = self.connection().await?;
        let conn = &mut *conn;
        let found: Option<LeadColumns> =
            LEAD.rows().bind(id.0).fetch_optional(&mut *conn).await.map_err(|error| LEAD.failed(error))?;
        let Some((
            state,
            segment,
            points,
            grade,
            now,
            account_name,
            account_owner,
            first_campaign,
            last_campaign,
        )) = found
        else {
            return Ok(None);
        };
        let person = PERSON
            .rows()
            .bind(id.0)
            .fetch_optional(&mut *conn)
            .await
            .map_err(|error| PERSON.failed(error))?;
        let notes = NOTES
            .rows()
            .bind(id.0)
            .bind(SIDE_ROWS_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| NOTES.failed(error))?;
        let deals = DEALS
            .rows()
            .bind(id.0)
            .bind(SIDE_ROWS_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| DEALS.failed(error))?;
        let disagreements = DISAGREEMENTS
            .rows()
            .bind(id.0)
            .bind(SIDE_ROWS_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| DISAGREEMENTS.failed(error))?;
        let offer: Option<(Vec<u8>,)> = LAST_OFFER
            .rows()
            .bind(id.0)
            .fetch_optional(&mut *conn)
            .await
            .map_err(|error| LAST_OFFER.failed(error))?;
        Ok(Some(LeadRead {
            now: Moment(now),
            lead: codec::read_lead(&state)?,
            segment,
            points,
            grade,
            account_name,
            account_owner,
            first_campaign,
            last_campaign,
            person,
            notes,
            deals,
            disagreements,
            last_offer: offer.map(|(payload,)| codec::read_event(&payload)).transpose()?,
        }))
    }

    /// A lead's audit rows, the newest first, before a version where one is given.
    ///
    /// # Errors
    /// The database does not answer, or a stored event can't be read.
    pub async fn story(
        &self,
        id: LeadId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoryRow>, StoreError> {
        let mut conn = self.connection().await?;
        let rows: Vec<StoryColumns> = STORY
            .rows()
            .bind(id.0)
            .bind(before)
            .bind(i64::from(limit.clamp(1, STORY_ROWS_MAX)))
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| STORY.failed(error))?;
        rows.into_iter().map(story_row).collect()
    }
}

fn story_row(row: StoryColumns) -> Result<StoryRow, StoreError> {
    Ok(StoryRow {
        version: row.version,
        event: codec::read_event(&row.payload)?,
        occurred_at: Moment(row.occurred_at),
        decided_at: Moment(row.decided_at),
        actor: row.actor,
        record: match (row.record_topic, row.record_partition, row.record_offset) {
            (Some(topic), Some(partition), Some(offset)) => Some((topic, partition, offset)),
            (_, _, _) => None,
        },
        stream: row.stream,
        stream_sequence: row.stream_sequence,
        hash: row.hash,
        policy: row.policy,
        cause: row.source.zip(row.event_type),
    })
}
