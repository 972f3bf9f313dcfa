//! What the sales floor looks like: queues by age, load, what is late, breaches, disagreements, hygiene. It judges nothing.

use super::Reader;
use crate::domain::event::Event;
use crate::domain::lead::Lead;
use crate::domain::time::{DAY, HOUR, MINUTE, Moment};
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::{FromRow, PgConnection};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Leads that are put in order of what they lose by waiting: those nearest to their deadline, on either side of it, since
/// what is far from it is worth little a minute.
pub const RANKED_MAX: i64 = 1_000;
/// Disagreements, escalations and hygiene lines that one page reads at most; how many there are is counted beside.
pub const DISAGREEMENTS_MAX: i64 = 500;
pub const ESCALATIONS_MAX: i64 = 500;
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
/// Of leads that were handed off, by duty and by who owed it then.
const BREACHED: Statement = Statement::new(
    "floor.breached",
    "SELECT coalesce(code, '') AS code, member, count(*) AS count FROM handoff_fact
     WHERE kind = 'breached' AND at >= $1 GROUP BY 1, 2 ORDER BY 1, 2",
);
/// Every one, of leads before any handoff too.
const BREACHED_COUNT: Statement = Statement::new(
    "floor.breached_count",
    "SELECT count(*) FROM audit WHERE event = 'clock_breached' AND subject_kind = 1 AND decided_at >= $1",
);
/// Each lead once, by what its manager was told last, while it is late.
const ESCALATIONS: Statement = Statement::new(
    "floor.escalations",
    "SELECT told.lead, told.payload, told.decided_at, l.holder_id AS holder, l.deadline, p.first_name, p.last_name,
         coalesce(p.company_name, p.company_domain) AS company, count(*) OVER () AS all_of_them
     FROM (SELECT DISTINCT ON (subject_id) subject_id AS lead, payload, decided_at FROM audit
         WHERE event = 'clock_escalated' AND subject_kind = 1 AND decided_at >= $1
         ORDER BY subject_id, decided_at DESC, version DESC) AS told
     JOIN lead AS l ON l.id = told.lead AND l.deadline < $2 LEFT JOIN person AS p ON p.lead_id = l.id
     ORDER BY told.decided_at DESC, told.lead LIMIT $3",
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
    "SELECT l.state, p.first_name, p.last_name, coalesce(p.company_name, p.company_domain) AS company,
         count(*) OVER () AS all_of_them
     FROM lead AS l LEFT JOIN person AS p ON p.lead_id = l.id
     WHERE l.stage IN (5, 6) AND l.deadline < $1 ORDER BY l.deadline, l.id LIMIT $2",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[
    QUEUES,
    LOAD,
    MOVABLE,
    MOVABLE_COUNT,
    BREACHED,
    BREACHED_COUNT,
    ESCALATIONS,
    DISAGREEMENTS,
    OPEN_DISAGREEMENTS,
    HYGIENE,
];

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

/// Missed deadlines of a week.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct BreachedRead {
    /// The clock's word, or `data_fix`.
    pub code: String,
    /// Who owed it then.
    pub member: Option<String>,
    pub count: i64,
}

/// A duty that was told to the manager and is late still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationRead {
    pub lead: Uuid,
    pub event: Event,
    pub decided_at: Moment,
    /// Who holds the lead now; closed ones are held by nobody.
    pub holder: Option<String>,
    pub deadline: Moment,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
}

#[derive(FromRow)]
struct EscalationColumns {
    lead: Uuid,
    payload: Vec<u8>,
    decided_at: i64,
    holder: Option<String>,
    deadline: i64,
    first_name: Option<String>,
    last_name: Option<String>,
    company: Option<String>,
    all_of_them: i64,
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

/// State, first and last name, company, how many there are in all.
type HygieneColumns = (Vec<u8>, Option<String>, Option<String>, Option<String>, i64);

/// The floor.
#[derive(Clone, Debug, PartialEq)]
pub struct FloorRead {
    pub now: Moment,
    pub queues: Vec<QueueAges>,
    pub load: Vec<LoadRead>,
    /// At most [`RANKED_MAX`] of `movable_all`.
    pub movable: Vec<MovableRead>,
    pub movable_all: i64,
    /// Of leads that were handed off.
    pub breached: Vec<BreachedRead>,
    /// Those and the ones of other leads.
    pub breached_all: i64,
    /// The latest told first, at most [`ESCALATIONS_MAX`] of `escalations_all`.
    pub escalations: Vec<EscalationRead>,
    pub escalations_all: i64,
    pub disagreements: Vec<OpenDisagreement>,
    pub disagreements_open: i64,
    /// The nearest deadlines first, at most [`HYGIENE_MAX`] of `hygiene_all`.
    pub hygiene: Vec<HygieneRead>,
    pub hygiene_all: i64,
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
        let (breached, breached_all) = breached(&mut *conn, now).await?;
        let (escalations, escalations_all) = escalations(&mut *conn, now).await?;
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
            breached,
            breached_all,
            escalations,
            escalations_all,
            disagreements,
            disagreements_open,
            hygiene_all: hygiene.first().map_or(0, |row| row.4),
            hygiene: hygiene.into_iter().map(hygiene_read).collect::<Result<_, _>>()?,
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

/// Missed deadlines of a week by duty and person, and how many there are in all.
async fn breached(conn: &mut PgConnection, now: Moment) -> Result<(Vec<BreachedRead>, i64), StoreError> {
    let from = now.plus(-BREACHES_OF).0;
    let rows =
        BREACHED.rows().bind(from).fetch_all(&mut *conn).await.map_err(|error| BREACHED.failed(error))?;
    let (all,): (i64,) = BREACHED_COUNT
        .rows()
        .bind(from)
        .fetch_one(&mut *conn)
        .await
        .map_err(|error| BREACHED_COUNT.failed(error))?;
    Ok((rows, all))
}

/// What was told to managers in a week and is late still, and how many leads that are.
async fn escalations(conn: &mut PgConnection, now: Moment) -> Result<(Vec<EscalationRead>, i64), StoreError> {
    let rows: Vec<EscalationColumns> = ESCALATIONS
        .rows()
        .bind(now.plus(-BREACHES_OF).0)
        .bind(now.0)
        .bind(ESCALATIONS_MAX)
        .fetch_all(conn)
        .await
        .map_err(|error| ESCALATIONS.failed(error))?;
    let all = rows.first().map_or(0, |row| row.all_of_them);
    Ok((rows.into_iter().map(escalation).collect::<Result<_, _>>()?, all))
}

fn escalation(row: EscalationColumns) -> Result<EscalationRead, StoreError> {
    Ok(EscalationRead {
        lead: row.lead,
        event: codec::read_event(&row.payload)?,
        decided_at: Moment(row.decided_at),
        holder: row.holder,
        deadline: Moment(row.deadline),
        first_name: row.first_name,
        last_name: row.last_name,
        company: row.company,
    })
}

fn hygiene_read(
    (state, first_name, last_name, company, _): HygieneColumns,
) -> Result<HygieneRead, StoreError> {
    Ok(HygieneRead { lead: codec::read_lead(&state)?, first_name, last_name, company })
}
