//! What became of marketing's leads: passages by campaign and outcome, deals, money, what comes back when, data to mend. It
//! judges nothing.

use super::Reader;
use crate::domain::event::Event;
use crate::domain::time::{DAY, Moment};
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;
use uuid::Uuid;

/// Days of the recycle calendar, and data tasks, at most.
const DAYS_MAX: i64 = 400;
const TASKS_MAX: i64 = 40;
/// Campaigns that are read at most, the latest first.
const CAMPAIGNS_MAX: i64 = 300;

/// A passage counts to the campaign that brought the person first.
const COHORT: Statement = Statement::new(
    "campaigns.cohort",
    "SELECT coalesce(l.first_campaign, '') AS campaign, h.rejected AS code, count(*) AS mql, count(h.accepted_at) AS accepted,
         count(h.sql_at) AS qualified
     FROM handoff AS h JOIN lead AS l ON l.id = h.lead_id WHERE h.mql_at >= $1 AND NOT h.superseded
     GROUP BY 1, 2 ORDER BY 1, 2",
);
/// Each deal once, to the campaign of its primary contact.
const DEALS: Statement = Statement::new(
    "campaigns.deals",
    "SELECT coalesce(l.first_campaign, '') AS campaign, o.state, o.currency,
         to_char(date 'epoch' + coalesce(o.closed_on, (o.opened_at / 86400000000)::integer), 'YYYY-MM') AS month,
         count(*) AS deals, coalesce(sum(o.ten_thousandths), 0)::bigint AS ten_thousandths
     FROM opportunity AS o
     JOIN LATERAL (SELECT lead_id FROM opportunity_contact WHERE opportunity_id = o.id
         ORDER BY is_primary DESC, lead_id LIMIT 1) AS contact ON true
     JOIN lead AS l ON l.id = contact.lead_id
     WHERE o.opened_at >= $1 AND o.state <> 'void' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
);
const SPEND: Statement = Statement::new(
    "campaigns.spend",
    "SELECT coalesce(campaign, '') AS campaign, currency, to_char(date 'epoch' + period_end, 'YYYY-MM') AS month,
         sum(ten_thousandths)::bigint AS ten_thousandths
     FROM spend WHERE period_start >= $1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
);
const NAMES: Statement =
    Statement::new("campaigns.names", "SELECT id, name, channel FROM campaign ORDER BY at DESC, id LIMIT $1");
const RECYCLED: Statement = Statement::new(
    "campaigns.recycled",
    "SELECT (deadline / 86400000000)::integer AS day, count(*) FROM lead WHERE stage = 9 AND deadline IS NOT NULL
     GROUP BY 1 ORDER BY 1 LIMIT $1",
);
const TASKS: Statement = Statement::new(
    "campaigns.data_tasks",
    "SELECT l.id, l.deadline, l.holder_id AS holder, asked.payload, p.first_name, p.last_name,
         coalesce(p.company_name, p.company_domain) AS company, count(*) OVER () AS open
     FROM lead AS l LEFT JOIN person AS p ON p.lead_id = l.id
     LEFT JOIN LATERAL (SELECT payload FROM audit WHERE subject_kind = 1 AND subject_id = l.id
         AND event = 'data_fix_asked' ORDER BY version DESC LIMIT 1) AS asked ON true
     WHERE l.stage = 1 AND l.holder_kind = 'marketing_owner' ORDER BY l.deadline, l.id LIMIT $1",
);
/// Resting leads that were returned for want of somebody else of their company, as long as nobody of it has come since.
const WANTED: Statement = Statement::new(
    "campaigns.contacts_wanted",
    "SELECT f.lead_id AS lead, f.at, l.next_due_at AS back_at, p.first_name, p.last_name,
         coalesce(p.company_name, p.company_domain) AS company
     FROM handoff_fact AS f JOIN lead AS l ON l.id = f.lead_id LEFT JOIN person AS p ON p.lead_id = l.id
     WHERE f.kind = 'rejected' AND f.code = ANY($1::text[]) AND f.at >= $2 AND l.stage = 9
         AND NOT EXISTS (SELECT FROM handoff_fact AS later WHERE later.lead_id = f.lead_id AND later.kind = 'rejected'
             AND later.version > f.version)
         AND NOT EXISTS (SELECT FROM lead AS other WHERE other.account_id = l.account_id AND other.id <> l.id
             AND other.first_seen_at >= f.at)
     ORDER BY f.at DESC, f.lead_id LIMIT $3",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[COHORT, DEALS, SPEND, NAMES, RECYCLED, TASKS, WANTED];

/// Passages that became MQL, of a campaign and with a rejection (or none).
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct CohortRead {
    /// Empty for none.
    pub campaign: String,
    /// The last code that sales returned the passage with.
    pub code: Option<String>,
    pub mql: i64,
    pub accepted: i64,
    pub qualified: i64,
}

/// Deals of a campaign in a state, currency and month.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct CampaignDeals {
    pub campaign: String,
    pub state: String,
    pub currency: Option<String>,
    /// `2026-01`: of closing, else of opening.
    pub month: String,
    pub deals: i64,
    pub ten_thousandths: i64,
}

/// Money spent on a campaign in a currency, by the month that the spending ended in.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct CampaignSpend {
    pub campaign: String,
    pub currency: String,
    pub month: String,
    pub ten_thousandths: i64,
}

/// A campaign's name.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct CampaignName {
    pub id: String,
    pub name: String,
    pub channel: String,
}

/// A lead whose data marketing has to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataTask {
    pub id: Uuid,
    pub deadline: Option<Moment>,
    pub holder: Option<String>,
    /// What asked for it, with the fields.
    pub asked: Option<Event>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
}

/// A lead for whose company somebody else is looked for.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ContactWanted {
    pub lead: Uuid,
    /// When sales returned it; microseconds since 1970-01-01.
    pub at: i64,
    /// When it comes back by itself.
    pub back_at: Option<i64>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
}

/// Id, deadline, holder, what asked for it, first and last name, company, and how many there are in all.
type TaskColumns =
    (Uuid, Option<i64>, Option<String>, Option<Vec<u8>>, Option<String>, Option<String>, Option<String>, i64);

/// What became of marketing's leads.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignsRead {
    pub now: Moment,
    pub cohort: Vec<CohortRead>,
    pub deals: Vec<CampaignDeals>,
    pub spend: Vec<CampaignSpend>,
    pub names: Vec<CampaignName>,
    /// Days since 1970-01-01, and how many leads come back then.
    pub recycled: Vec<(i32, i64)>,
    /// Leads whose data marketing has to mend, the nearest deadline first; at most [`TASKS_MAX`] of `tasks_all`.
    pub tasks: Vec<DataTask>,
    pub tasks_all: i64,
    pub wanted: Vec<ContactWanted>,
}

impl Reader {
    /// What became of the leads that became MQL in the last `days`, and of deals opened and money spent since. `wanting`: codes
    /// of rejections after which somebody else of the company is looked for.
    ///
    /// # Errors
    /// The database does not answer, or a stored value can't be read.
    pub async fn what_became(&self, days: i64, wanting: &[&str]) -> Result<CampaignsRead, StoreError> {
        let now = self.now().await?;
        let since = now.plus(-days.saturating_mul(DAY));
        let first_day = i32::try_from(since.0.div_euclid(DAY)).unwrap_or(i32::MIN);
        let mut conn = self.connection().await?;
        let conn = &mut *conn;
        let failed = |statement: Statement| move |error| statement.failed(error);
        let cohort = COHORT.rows().bind(since.0).fetch_all(&mut *conn).await.map_err(failed(COHORT))?;
        let deals = DEALS.rows().bind(since.0).fetch_all(&mut *conn).await.map_err(failed(DEALS))?;
        let spend = SPEND.rows().bind(first_day).fetch_all(&mut *conn).await.map_err(failed(SPEND))?;
        let names = NAMES.rows().bind(CAMPAIGNS_MAX).fetch_all(&mut *conn).await.map_err(failed(NAMES))?;
        let recycled =
            RECYCLED.rows().bind(DAYS_MAX).fetch_all(&mut *conn).await.map_err(failed(RECYCLED))?;
        let tasks: Vec<TaskColumns> =
            TASKS.rows().bind(TASKS_MAX).fetch_all(&mut *conn).await.map_err(failed(TASKS))?;
        let wanted = WANTED.rows().bind(wanting).bind(since.0).bind(TASKS_MAX);
        let wanted = wanted.fetch_all(&mut *conn).await.map_err(failed(WANTED))?;
        Ok(CampaignsRead {
            now,
            cohort,
            deals,
            spend,
            names,
            recycled,
            tasks_all: tasks.first().map_or(0, |(.., all)| *all),
            tasks: tasks.into_iter().map(task).collect::<Result<_, _>>()?,
            wanted,
        })
    }
}

fn task(row: TaskColumns) -> Result<DataTask, StoreError> {
    let (id, deadline, holder, asked, first_name, last_name, company, _) = row;
    Ok(DataTask {
        id,
        deadline: deadline.map(Moment),
        holder,
        asked: asked.map(|payload| codec::read_event(&payload)).transpose()?,
        first_name,
        last_name,
        company,
    })
}
