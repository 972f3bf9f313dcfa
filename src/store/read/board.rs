//! What the board shows, read in one go. It changes nothing and puts nothing into words.

use super::{Reader, watch};
use crate::domain::event::Event;
use crate::domain::lead::Lead;
use crate::domain::time::Moment;
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use crate::store::work;

/// Handoffs that the board lists: about a screen.
const HANDOFFS_SHOWN: i64 = 12;

const NOW: Statement = Statement::new(
    "board.now",
    "SELECT coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)",
);
const STAGES: Statement =
    Statement::new("board.stages", "SELECT stage, count(*) FROM lead GROUP BY stage ORDER BY stage");
const HOLDERS: Statement = Statement::new(
    "board.holders",
    "SELECT holder_id, count(*), count(*) FILTER (WHERE deadline < $1) FROM lead \
     WHERE holder_id IS NOT NULL GROUP BY holder_id ORDER BY holder_id",
);
const UNHELD: Statement = Statement::new(
    "board.unheld",
    "SELECT count(*) FROM lead WHERE stage IN (1, 2, 3, 4, 5, 6, 9) AND (holder_id IS NULL OR next_due_at IS NULL)",
);
const PARKED: Statement = Statement::new("board.parked", "SELECT count(*) FROM lead WHERE parked");
const QUEUES: Statement = Statement::new(
    "board.queues",
    "SELECT pool, count(*), count(*) FILTER (WHERE held), min(mql_at) FROM lead WHERE stage = 2 GROUP BY pool ORDER BY pool",
);
const HANDOFFS: Statement = Statement::new(
    "board.handoffs",
    "SELECT a.version, a.payload, a.decided_at, l.state, p.first_name, p.last_name, \
     coalesce(p.company_name, p.company_domain), coalesce(c.name, l.last_campaign, l.first_campaign) \
     FROM audit AS a JOIN lead AS l ON l.id = a.subject_id LEFT JOIN person AS p ON p.lead_id = l.id \
     LEFT JOIN campaign AS c ON c.id = coalesce(l.last_campaign, l.first_campaign) \
     WHERE a.event = 'lead_offered' AND a.subject_kind = 1 ORDER BY a.decided_at DESC LIMIT $1",
);
const LEDGER: Statement = Statement::new(
    "board.ledger",
    "SELECT coalesce(sum(read), 0)::bigint, coalesce(sum(applied), 0)::bigint, coalesce(sum(duplicate), 0)::bigint, \
     coalesce(sum(filtered), 0)::bigint, coalesce(sum(refused), 0)::bigint, coalesce(sum(parked), 0)::bigint, \
     coalesce(sum(quarantined), 0)::bigint FROM ledger WHERE kind = 'batch'",
);
const PARTITIONS: Statement = Statement::new(
    "board.partitions",
    "SELECT topic, sum(read)::bigint, sum(applied)::bigint, sum(duplicate)::bigint, sum(filtered)::bigint, \
     sum(refused)::bigint, sum(parked)::bigint, sum(quarantined)::bigint FROM ledger WHERE kind = 'batch' \
     GROUP BY topic ORDER BY topic",
);
const AUDIT: Statement = Statement::new(
    "board.audit",
    "SELECT (coalesce(sum(last), 0))::bigint, count(*) FROM (SELECT last FROM audit_stream \
     UNION ALL SELECT audit_sequence FROM input_position WHERE audit_sequence > 0) AS streams",
);
const LAST_READ: Statement =
    Statement::new("board.last_read", "SELECT at FROM ledger WHERE kind = 'batch' ORDER BY id DESC LIMIT 1");
const PULSE: Statement = Statement::new(
    "board.pulse",
    "SELECT (SELECT coalesce(sum(next_offset + audit_sequence), 0) FROM input_position)::bigint \
     + (SELECT coalesce(sum(last), 0) FROM audit_stream)::bigint",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] =
    &[NOW, STAGES, HOLDERS, UNHELD, PARKED, QUEUES, HANDOFFS, LEDGER, PARTITIONS, AUDIT, LAST_READ, PULSE];

/// Leads that one person holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderCount {
    pub holder: String,
    pub open: i64,
    /// Of those, the ones whose earliest deadline is over.
    pub overdue: i64,
}

/// One pool's queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueCount {
    pub pool: String,
    pub waiting: i64,
    /// Of those, the ones that the router leaves to the steward.
    pub held: i64,
    pub oldest_mql_at: Option<Moment>,
}

/// One offer, with the lead as it stands now.
#[derive(Clone, Debug, PartialEq)]
pub struct HandoffRead {
    pub version: i64,
    pub event: Event,
    pub decided_at: Moment,
    pub lead: Lead,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub campaign: Option<String>,
}

/// Sums over the ledger: records read, and what became of them at intake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerTotals {
    pub read: i64,
    pub applied: i64,
    pub duplicate: i64,
    pub filtered: i64,
    pub refused: i64,
    pub parked: i64,
    pub quarantined: i64,
}

impl LedgerTotals {
    /// Records with an outcome.
    #[must_use]
    pub fn accounted(&self) -> i64 {
        self.applied + self.duplicate + self.filtered + self.refused + self.parked + self.quarantined
    }

    /// These and others together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            read: self.read + other.read,
            applied: self.applied + other.applied,
            duplicate: self.duplicate + other.duplicate,
            filtered: self.filtered + other.filtered,
            refused: self.refused + other.refused,
            parked: self.parked + other.parked,
            quarantined: self.quarantined + other.quarantined,
        }
    }

    fn from_columns(columns: [i64; 7]) -> Self {
        let [read, applied, duplicate, filtered, refused, parked, quarantined] = columns;
        Self { read, applied, duplicate, filtered, refused, parked, quarantined }
    }
}

/// Everything on the board.
#[derive(Clone, Debug, PartialEq)]
pub struct BoardRead {
    pub now: Moment,
    /// Stage number and count.
    pub stages: Vec<(i16, i64)>,
    pub holders: Vec<HolderCount>,
    /// Open leads without holder or clock; the database refuses such rows.
    pub unheld: i64,
    /// Open leads with a clock that could have fired and did not.
    pub stuck: i64,
    /// Leads that a fault of ours has stopped.
    pub parked: i64,
    pub queues: Vec<QueueCount>,
    pub handoffs: Vec<HandoffRead>,
    pub ledger: LedgerTotals,
    pub audit_rows: i64,
    pub audit_streams: i64,
    pub last_read_at: Option<Moment>,
}

type HandoffColumns =
    (i64, Vec<u8>, i64, Vec<u8>, Option<String>, Option<String>, Option<String>, Option<String>);
type LedgerColumns = (i64, i64, i64, i64, i64, i64, i64);
type TopicColumns = (String, i64, i64, i64, i64, i64, i64, i64);

impl Reader {
    /// The database's time, or the told one while a history is told.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn now(&self) -> Result<Moment, StoreError> {
        let mut conn = self.connection().await?;
        let (now,): (i64,) = NOW.rows().fetch_one(&mut *conn).await.map_err(|error| NOW.failed(error))?;
        Ok(Moment(now))
    }

    /// A number that changes whenever anything was decided or read from Kafka.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn pulse(&self) -> Result<i64, StoreError> {
        let mut conn = self.connection().await?;
        let (pulse,): (i64,) =
            PULSE.rows().fetch_one(&mut *conn).await.map_err(|error| PULSE.failed(error))?;
        Ok(pulse)
    }

    /// Sums over the ledger by topic, in the order of topics.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn ledger_by_topic(&self) -> Result<Vec<(String, LedgerTotals)>, StoreError> {
        let mut conn = self.connection().await?;
        let rows: Vec<TopicColumns> =
            PARTITIONS.rows().fetch_all(&mut *conn).await.map_err(|error| PARTITIONS.failed(error))?;
        Ok(rows
            .into_iter()
            .map(|(topic, a, b, c, d, e, f, g)| (topic, LedgerTotals::from_columns([a, b, c, d, e, f, g])))
            .collect())
    }

    /// Everything on the board.
    ///
    /// # Errors
    /// The database does not answer, or a stored event can't be read.
    pub async fn board(&self) -> Result<BoardRead, StoreError> {
        let mut conn = self.connection().await?;
        let conn = &mut *conn;
        let (now,): (i64,) = NOW.rows().fetch_one(&mut *conn).await.map_err(|error| NOW.failed(error))?;
        let stages = STAGES.rows().fetch_all(&mut *conn).await.map_err(|error| STAGES.failed(error))?;
        let holders: Vec<(String, i64, i64)> =
            HOLDERS.rows().bind(now).fetch_all(&mut *conn).await.map_err(|error| HOLDERS.failed(error))?;
        let (unheld,): (i64,) =
            UNHELD.rows().fetch_one(&mut *conn).await.map_err(|error| UNHELD.failed(error))?;
        let fires_until = work::horizon(&mut *conn).await?.fires_until();
        let stuck = watch::stuck(&mut *conn, fires_until).await?;
        let (parked,): (i64,) =
            PARKED.rows().fetch_one(&mut *conn).await.map_err(|error| PARKED.failed(error))?;
        let queues: Vec<(Option<String>, i64, i64, Option<i64>)> =
            QUEUES.rows().fetch_all(&mut *conn).await.map_err(|error| QUEUES.failed(error))?;
        let handoffs: Vec<HandoffColumns> = HANDOFFS
            .rows()
            .bind(HANDOFFS_SHOWN)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| HANDOFFS.failed(error))?;
        let sums: LedgerColumns =
            LEDGER.rows().fetch_one(&mut *conn).await.map_err(|error| LEDGER.failed(error))?;
        let (audit_rows, audit_streams): (i64, i64) =
            AUDIT.rows().fetch_one(&mut *conn).await.map_err(|error| AUDIT.failed(error))?;
        let last_read: Option<(i64,)> =
            LAST_READ.rows().fetch_optional(&mut *conn).await.map_err(|error| LAST_READ.failed(error))?;
        Ok(BoardRead {
            now: Moment(now),
            stages,
            holders: holders
                .into_iter()
                .map(|(holder, open, overdue)| HolderCount { holder, open, overdue })
                .collect(),
            unheld,
            stuck,
            parked,
            queues: queues
                .into_iter()
                .map(|(pool, waiting, held, oldest)| QueueCount {
                    pool: pool.unwrap_or_default(),
                    waiting,
                    held,
                    oldest_mql_at: oldest.map(Moment),
                })
                .collect(),
            handoffs: handoffs.into_iter().map(handoff).collect::<Result<_, _>>()?,
            ledger: LedgerTotals::from_columns([sums.0, sums.1, sums.2, sums.3, sums.4, sums.5, sums.6]),
            audit_rows,
            audit_streams,
            last_read_at: last_read.map(|(at,)| Moment(at)),
        })
    }
}

fn handoff(columns: HandoffColumns) -> Result<HandoffRead, StoreError> {
    let (version, event, decided_at, state, first_name, last_name, company, campaign) = columns;
    Ok(HandoffRead {
        version,
        event: codec::read_event(&event)?,
        decided_at: Moment(decided_at),
        lead: codec::read_lead(&state)?,
        first_name,
        last_name,
        company,
        campaign,
    })
}
