//! What the sales floor looks like: queues by age, load, what is late, breaches, disagreements, hygiene. It judges nothing.

use super::Reader;
use crate::domain::event::Event;
use crate::domain::lead::Lead;
use crate::domain::time::{DAY, HOUR, MINUTE, Moment};
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Leads that are put in order of what they lose by waiting: those nearest to their deadline, on either side of it, since
/// what is far from it is worth little a minute.
pub const RANKED_MAX: i64 = 1_000;
/// Disagreements, breaches and hygiene lines that one page reads at most.
pub const DISAGREEMENTS_MAX: i64 = 500;
const BREACHES_MAX: i64 = 2_000;
pub const HYGIENE_MAX: i64 = 1_000;
/// Breaches are shown of a week, the rhythm in which managers look.
const BREACHES_OF: i64 = 7 * DAY;
/// Facts and reviews that come due within so long are shown before they are late.
const SOON: i64 = 2 * DAY;

const QUEUES: Statement = Statement::new(
    "floor.queues",
    "SELECT coalesce(pool, '') AS pool, count(*) AS waiting, count(*) FILTER (WHERE held) AS held,
         count(*) FILTER (WHERE mql_at > $1) AS minutes, count(*) FILTER (WHERE mql_at <= $1 AND mql_at > $2) AS hour,
         count(*) FILTER (WHERE mql_at <= $2 AND mql_at > $3) AS day, count(*) FILTER (WHERE mql_at <= $3 OR mql_at IS NULL) AS older
     FROM lead WHERE stage = 2 GROUP BY 1 ORDER BY 1",
);
const LOAD: Statement = Statement::new(
    "floor.load",
    "SELECT holder_id AS holder, count(*) FILTER (WHERE stage = 2) AS queued, count(*) FILTER (WHERE stage = 3) AS offered,
         count(*) FILTER (WHERE stage = 4) AS accepted, count(*) FILTER (WHERE stage = 5) AS qualified,
         count(*) FILTER (WHERE stage = 6) AS deals, count(*) FILTER (WHERE deadline < $1) AS late
     FROM lead WHERE holder_id IS NOT NULL AND stage IN (2, 3, 4, 5, 6) GROUP BY holder_id ORDER BY holder_id",
);
const MOVABLE: Statement = Statement::new(
    "floor.movable",
    "SELECT l.state, l.grade, h.id AS handoff, p.first_name, p.last_name, coalesce(p.company_name, p.company_domain) AS company
     FROM lead AS l LEFT JOIN person AS p ON p.lead_id = l.id LEFT JOIN handoff AS h ON h.lead_id = l.id AND h.cycle = l.cycle
     WHERE l.stage IN (2, 3, 4, 5, 6) AND l.holder_id IS NOT NULL
         AND CASE WHEN $1::text IS NULL THEN l.deadline < $2 OR l.held OR l.holder_id = ANY($3::text[]) ELSE l.holder_id = $1 END
     ORDER BY abs(l.deadline - $2), l.id LIMIT $4",
);
const MOVABLE_COUNT: Statement = Statement::new(
    "floor.movable_count",
    "SELECT count(*) FROM lead AS l WHERE l.stage IN (2, 3, 4, 5, 6) AND l.holder_id IS NOT NULL
         AND CASE WHEN $1::text IS NULL THEN l.deadline < $2 OR l.held OR l.holder_id = ANY($3::text[]) ELSE l.holder_id = $1 END",
);
const BREACHES: Statement = Statement::new(
    "floor.breaches",
    "SELECT a.subject_id AS lead, a.payload, a.decided_at, l.holder_id AS holder, l.deadline, p.first_name, p.last_name,
         coalesce(p.company_name, p.company_domain) AS company
     FROM audit AS a JOIN lead AS l ON l.id = a.subject_id LEFT JOIN person AS p ON p.lead_id = l.id
     WHERE a.event IN ('clock_breached', 'clock_escalated') AND a.subject_kind = 1 AND a.decided_at >= $1
     ORDER BY a.decided_at DESC LIMIT $2",
);
const DISAGREEMENTS: Statement = Statement::new(
    "floor.disagreements",
    "SELECT d.lead_id AS lead, d.version, d.at, d.code, d.ours, d.theirs, p.first_name, p.last_name,
         coalesce(p.company_name, p.company_domain) AS company
     FROM disagreement AS d JOIN lead AS l ON l.id = d.lead_id LEFT JOIN person AS p ON p.lead_id = d.lead_id
     WHERE d.settled_at IS NULL AND l.merged_into IS NULL ORDER BY d.at DESC, d.lead_id, d.version LIMIT $1",
);
const OPEN_DISAGREEMENTS: Statement = Statement::new(
    "floor.disagreement_count",
    "SELECT count(*) FROM disagreement AS d JOIN lead AS l ON l.id = d.lead_id
     WHERE d.settled_at IS NULL AND l.merged_into IS NULL",
);
const HYGIENE: Statement = Statement::new(
    "floor.hygiene",
    "SELECT l.state, p.first_name, p.last_name, coalesce(p.company_name, p.company_domain) AS company
     FROM lead AS l LEFT JOIN person AS p ON p.lead_id = l.id
     WHERE l.stage IN (5, 6) AND l.deadline < $1 ORDER BY l.deadline, l.id LIMIT $2",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] =
    &[QUEUES, LOAD, MOVABLE, MOVABLE_COUNT, BREACHES, DISAGREEMENTS, OPEN_DISAGREEMENTS, HYGIENE];

/// One pool's queue by the age of what waits in it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct QueueAges {
    pub pool: String,
    pub waiting: i64,
    /// Of those, the ones that the router leaves to the steward.
    pub held: i64,
    /// Under 15 minutes.
    pub minutes: i64,
    /// Under an hour.
    pub hour: i64,
    /// Under a day.
    pub day: i64,
    pub older: i64,
}

/// What one person holds with sales.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct LoadRead {
    pub holder: String,
    pub queued: i64,
    pub offered: i64,
    pub accepted: i64,
    pub qualified: i64,
    pub deals: i64,
    /// Of all of them, past their nearest deadline.
    pub late: i64,
}

/// A lead that may be given to somebody else.
#[derive(Clone, Debug, PartialEq)]
pub struct MovableRead {
    pub lead: Lead,
    /// As it is now; the lead's terms have the one of when it was handed off.
    pub grade: String,
    pub handoff: Option<Uuid>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
}

/// State, grade, handoff, first and last name, company.
type MovableColumns = (Vec<u8>, String, Option<Uuid>, Option<String>, Option<String>, Option<String>);

/// A deadline that was missed, or told to the manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreachRead {
    pub lead: Uuid,
    pub event: Event,
    pub decided_at: Moment,
    /// Who holds the lead now; closed ones are held by nobody.
    pub holder: Option<String>,
    pub deadline: Option<Moment>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
}

#[derive(FromRow)]
struct BreachColumns {
    lead: Uuid,
    payload: Vec<u8>,
    decided_at: i64,
    holder: Option<String>,
    deadline: Option<i64>,
    first_name: Option<String>,
    last_name: Option<String>,
    company: Option<String>,
}

/// What the CRM says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct OpenDisagreement {
    pub lead: Uuid,
    pub version: i64,
    /// Microseconds since 1970-01-01.
    pub at: i64,
    pub code: String,
    pub ours: String,
    pub theirs: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
}

/// A qualified lead or an open deal whose clock is near or over.
#[derive(Clone, Debug, PartialEq)]
pub struct HygieneRead {
    pub lead: Lead,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
}

/// State, first and last name, company.
type HygieneColumns = (Vec<u8>, Option<String>, Option<String>, Option<String>);

/// The floor.
#[derive(Clone, Debug, PartialEq)]
pub struct FloorRead {
    pub now: Moment,
    pub queues: Vec<QueueAges>,
    pub load: Vec<LoadRead>,
    /// At most [`RANKED_MAX`] of `movable_all`.
    pub movable: Vec<MovableRead>,
    pub movable_all: i64,
    pub breaches: Vec<BreachRead>,
    pub disagreements: Vec<OpenDisagreement>,
    pub disagreements_open: i64,
    pub hygiene: Vec<HygieneRead>,
    /// Offers of each member's present day, as daily bounds count them.
    pub today: BTreeMap<String, i64>,
}

impl Reader {
    /// The floor; `holder`: list the leads of that person instead of what is late, held or with `unattended` people; `days`:
    /// when each member's day began.
    ///
    /// # Errors
    /// The database does not answer, or a stored value can't be read.
    pub async fn floor(
        &self,
        holder: Option<&str>,
        unattended: &[String],
        days: &[(String, Moment)],
    ) -> Result<FloorRead, StoreError> {
        let now = self.now().await?;
        let today = self.offers_of_days(days).await?;
        let (movable, movable_all) = self.movable(holder, unattended, now).await?;
        let mut conn = self.connection().await?;
        let conn = &mut *conn;
        let queues = QUEUES
            .rows()
            .bind(now.plus(-15 * MINUTE).0)
            .bind(now.plus(-HOUR).0)
            .bind(now.plus(-DAY).0)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| QUEUES.failed(error))?;
        let load = LOAD.rows().bind(now.0).fetch_all(&mut *conn).await.map_err(|error| LOAD.failed(error))?;
        let breaches: Vec<BreachColumns> = BREACHES
            .rows()
            .bind(now.plus(-BREACHES_OF).0)
            .bind(BREACHES_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| BREACHES.failed(error))?;
        let disagreements = DISAGREEMENTS
            .rows()
            .bind(DISAGREEMENTS_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| DISAGREEMENTS.failed(error))?;
        let (disagreements_open,): (i64,) = OPEN_DISAGREEMENTS
            .rows()
            .fetch_one(&mut *conn)
            .await
            .map_err(|error| OPEN_DISAGREEMENTS.failed(error))?;
        let hygiene: Vec<HygieneColumns> = HYGIENE
            .rows()
            .bind(now.plus(SOON).0)
            .bind(HYGIENE_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| HYGIENE.failed(error))?;
        Ok(FloorRead {
            now,
            queues,
            load,
            movable,
            movable_all,
            today,
            breaches: breaches.into_iter().map(breach).collect::<Result<_, _>>()?,
            disagreements,
            disagreements_open,
            hygiene: hygiene
                .into_iter()
                .map(|(state, first_name, last_name, company)| {
                    Ok(HygieneRead { lead: codec::read_lead(&state)?, first_name, last_name, company })
                })
                .collect::<Result<_, StoreError>>()?,
        })
    }
}

impl Reader {
    /// The leads that a manager may give to somebody, and how many there are in all.
    async fn movable(
        &self,
        holder: Option<&str>,
        unattended: &[String],
        now: Moment,
    ) -> Result<(Vec<MovableRead>, i64), StoreError> {
        let mut conn = self.connection().await?;
        let rows: Vec<MovableColumns> = MOVABLE
            .rows()
            .bind(holder)
            .bind(now.0)
            .bind(unattended)
            .bind(RANKED_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| MOVABLE.failed(error))?;
        let (all,): (i64,) = MOVABLE_COUNT
            .rows()
            .bind(holder)
            .bind(now.0)
            .bind(unattended)
            .fetch_one(&mut *conn)
            .await
            .map_err(|error| MOVABLE_COUNT.failed(error))?;
        let read = |(state, grade, handoff, first_name, last_name, company): MovableColumns| {
            Ok(MovableRead {
                lead: codec::read_lead(&state)?,
                grade,
                handoff,
                first_name,
                last_name,
                company,
            })
        };
        Ok((rows.into_iter().map(read).collect::<Result<_, StoreError>>()?, all))
    }
}

fn breach(row: BreachColumns) -> Result<BreachRead, StoreError> {
    Ok(BreachRead {
        lead: row.lead,
        event: codec::read_event(&row.payload)?,
        decided_at: Moment(row.decided_at),
        holder: row.holder,
        deadline: row.deadline.map(Moment),
        first_name: row.first_name,
        last_name: row.last_name,
        company: row.company,
    })
}
