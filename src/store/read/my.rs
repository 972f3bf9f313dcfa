//! The open leads that one person holds, each with what its holder needs to act. It never puts them in order of worth.

use super::Reader;
use crate::domain::event::Event;
use crate::domain::lead::Lead;
use crate::domain::time::Moment;
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Leads that one person's page shows at most, the nearest deadline first: nobody works more in a day.
pub const MY_LEADS_MAX: i64 = 100;
/// Notes of one lead that are shown: what the former rep wrote last.
const NOTES_SHOWN: i64 = 3;

/// Leads with sales: queued, offered, accepted, qualified, in a deal.
const MINE: Statement = Statement::new(
    "my.leads",
    "SELECT l.id, l.state, l.segment, p.first_name, p.last_name, p.job_title, p.country, p.phone, p.email,
         coalesce(p.company_name, p.company_domain) AS company, p.employees, p.industry,
         a.name AS account_name, a.owner AS account_owner,
         (SELECT count(*) FROM lead AS other WHERE l.account_id IS NOT NULL AND other.account_id = l.account_id
             AND other.id <> l.id AND other.stage IN (2, 3, 4, 5, 6)) AS colleagues,
         (SELECT count(*) FROM opportunity WHERE l.account_id IS NOT NULL AND account_id = l.account_id
             AND state = 'open') AS open_deals,
         coalesce(c.name, l.last_campaign, l.first_campaign) AS campaign,
         offer.payload AS offer, past.rejected AS past_code, past.cycle AS past_cycle
     FROM lead AS l LEFT JOIN person AS p ON p.lead_id = l.id LEFT JOIN account AS a ON a.id = l.account_id
     LEFT JOIN campaign AS c ON c.id = coalesce(l.last_campaign, l.first_campaign)
     LEFT JOIN LATERAL (SELECT payload FROM audit WHERE subject_kind = 1 AND subject_id = l.id
         AND event IN ('lead_offered', 'closer_offered') ORDER BY version DESC LIMIT 1) AS offer ON true
     LEFT JOIN LATERAL (SELECT rejected, cycle FROM handoff WHERE lead_id = l.id AND cycle < l.cycle
         ORDER BY cycle DESC LIMIT 1) AS past ON true
     WHERE l.holder_id = $1 AND l.stage IN (2, 3, 4, 5, 6) ORDER BY l.deadline, l.id LIMIT $2",
);
const COUNT: Statement = Statement::new(
    "my.count",
    "SELECT count(*), count(*) FILTER (WHERE deadline < $2) FROM lead WHERE holder_id = $1 AND stage IN (2, 3, 4, 5, 6)",
);
const NOTES: Statement = Statement::new(
    "my.notes",
    "SELECT lead_id, at, author, theme, body FROM (SELECT lead_id, at, author, theme, body,
         row_number() OVER (PARTITION BY lead_id ORDER BY at DESC, id) AS place FROM note WHERE lead_id = ANY($1::uuid[])
     ) AS ranked WHERE place <= $2 ORDER BY lead_id, at DESC",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[MINE, COUNT, NOTES];

/// One lead and what stands around it.
#[derive(Clone, Debug, PartialEq)]
pub struct MyLead {
    pub lead: Lead,
    pub segment: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub job_title: Option<String>,
    pub country: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub company: Option<String>,
    pub employees: Option<i32>,
    pub industry: Option<String>,
    pub account_name: Option<String>,
    pub account_owner: Option<String>,
    /// Other leads of the company that are with sales.
    pub colleagues: i64,
    pub open_deals: i64,
    pub campaign: Option<String>,
    /// The latest offer.
    pub offer: Option<Event>,
    /// The passage before this one, and the code with which sales returned it.
    pub past: Option<(i32, Option<String>)>,
    pub notes: Vec<MyNote>,
}

/// A note on a lead.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct MyNote {
    lead_id: Uuid,
    /// Microseconds since 1970-01-01.
    pub at: i64,
    pub author: String,
    pub theme: String,
    pub body: String,
}

/// What one person holds.
#[derive(Clone, Debug, PartialEq)]
pub struct MyRead {
    pub now: Moment,
    /// Of all of them; [`MY_LEADS_MAX`] are listed.
    pub open: i64,
    pub late: i64,
    pub leads: Vec<MyLead>,
}

#[derive(FromRow)]
struct MyColumns {
    id: Uuid,
    state: Vec<u8>,
    segment: String,
    first_name: Option<String>,
    last_name: Option<String>,
    job_title: Option<String>,
    country: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    company: Option<String>,
    employees: Option<i32>,
    industry: Option<String>,
    account_name: Option<String>,
    account_owner: Option<String>,
    colleagues: i64,
    open_deals: i64,
    campaign: Option<String>,
    offer: Option<Vec<u8>>,
    past_code: Option<String>,
    past_cycle: Option<i32>,
}

impl Reader {
    /// The leads with sales that a member holds.
    ///
    /// # Errors
    /// The database does not answer, or a stored state can't be read.
    pub async fn my(&self, member: &str) -> Result<MyRead, StoreError> {
        let now = self.now().await?;
        let mut conn = self.connection().await?;
        let conn = &mut *conn;
        let (open, late): (i64, i64) = COUNT
            .rows()
            .bind(member)
            .bind(now.0)
            .fetch_one(&mut *conn)
            .await
            .map_err(|error| COUNT.failed(error))?;
        let rows: Vec<MyColumns> = MINE
            .rows()
            .bind(member)
            .bind(MY_LEADS_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| MINE.failed(error))?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let written: Vec<MyNote> = NOTES
            .rows()
            .bind(ids)
            .bind(NOTES_SHOWN)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| NOTES.failed(error))?;
        let mut notes: BTreeMap<Uuid, Vec<MyNote>> = BTreeMap::new();
        for note in written {
            notes.entry(note.lead_id).or_default().push(note);
        }
        let leads = rows
            .into_iter()
            .map(|row| {
                let notes = notes.remove(&row.id).unwrap_or_default();
                my_lead(row, notes)
            })
            .collect::<Result<_, _>>()?;
        Ok(MyRead { now, open, late, leads })
    }
}

fn my_lead(row: MyColumns, notes: Vec<MyNote>) -> Result<MyLead, StoreError> {
    Ok(MyLead {
        lead: codec::read_lead(&row.state)?,
        segment: row.segment,
        first_name: row.first_name,
        last_name: row.last_name,
        job_title: row.job_title,
        country: row.country,
        phone: row.phone,
        email: row.email,
        company: row.company,
        employees: row.employees,
        industry: row.industry,
        account_name: row.account_name,
        account_owner: row.account_owner,
        colleagues: row.colleagues,
        open_deals: row.open_deals,
        campaign: row.campaign,
        offer: row.offer.map(|payload| codec::read_event(&payload)).transpose()?,
        past: row.past_cycle.map(|cycle| (cycle, row.past_code)),
        notes,
    })
}
