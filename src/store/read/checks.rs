//! Rows for the check of the promises, in short pages: positions, ledger, leads with the ends of their audit, outbox. It
//! judges nothing.

use super::Reader;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;
use uuid::Uuid;

/// The bound is read with the positions: one snapshot.
const STANDINGS: Statement = Statement::new(
    "check.standings",
    "SELECT (SELECT coalesce(max(id), 0) FROM ledger) AS bound, topic, partition, next_offset, caught_up_to
     FROM (VALUES (1)) AS one LEFT JOIN input_position ON true ORDER BY topic, partition",
);
const LEDGER: Statement = Statement::new(
    "check.ledger",
    "SELECT id, topic, partition, kind, from_offset, to_offset, read::bigint, applied::bigint, duplicate::bigint,
         filtered::bigint, refused::bigint, parked::bigint, quarantined::bigint
     FROM ledger WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3",
);
const FOLDED: Statement = Statement::new("check.folded", "SELECT rows_gone FROM ledger_folded");
const LEADS: Statement = Statement::new(
    "check.leads",
    "SELECT id, version, stage, holder_kind, holder_id, next_due_at, state, trail.rows, trail.first, trail.last
     FROM lead CROSS JOIN LATERAL (
         SELECT count(*) AS rows, min(audit.version) AS first, max(audit.version) AS last
         FROM audit WHERE subject_kind = 1 AND subject_id = lead.id) AS trail
     WHERE id > $1 ORDER BY id LIMIT $2",
);
const OUTBOX: Statement = Statement::new(
    "check.outbox",
    "SELECT lead_id, topic, seq, id, topic_sequence, sent_at FROM outbox
     WHERE (lead_id, topic, seq) > ($1, $2, $3) ORDER BY lead_id, topic, seq LIMIT $4",
);
const NOW: Statement =
    Statement::new("check.now", "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");

pub(super) const STATEMENTS: &[Statement] = &[STANDINGS, LEDGER, FOLDED, LEADS, OUTBOX, NOW];

/// Where a partition stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub topic: String,
    pub partition: i32,
    pub next_offset: i64,
    /// Microseconds.
    pub caught_up_to: Option<i64>,
}

#[derive(FromRow)]
struct StandingRow {
    bound: i64,
    topic: Option<String>,
    partition: Option<i32>,
    next_offset: Option<i64>,
    caught_up_to: Option<i64>,
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct LedgerLine {
    pub id: i64,
    pub topic: String,
    pub partition: i32,
    pub kind: String,
    pub from_offset: i64,
    pub to_offset: i64,
    pub read: i64,
    pub applied: i64,
    pub duplicate: i64,
    pub filtered: i64,
    pub refused: i64,
    pub parked: i64,
    pub quarantined: i64,
}

/// A lead's own row, and how many audit rows it has from which version to which.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct LeadLine {
    pub id: Uuid,
    pub version: i64,
    pub stage: i16,
    pub holder_kind: Option<String>,
    pub holder_id: Option<String>,
    /// Microseconds.
    pub next_due_at: Option<i64>,
    pub state: Vec<u8>,
    pub rows: i64,
    pub first: Option<i64>,
    pub last: Option<i64>,
}

/// A row of the outbox without what it says.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct OutLine {
    pub lead_id: Uuid,
    /// `OutTopic::number`.
    pub topic: i16,
    pub seq: i64,
    pub id: Uuid,
    pub topic_sequence: i64,
    /// Microseconds.
    pub sent_at: Option<i64>,
}

impl Reader {
    /// Every position, and the id of the newest ledger row at that moment.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn standings(&self) -> Result<(Vec<Standing>, i64), StoreError> {
        let rows: Vec<StandingRow> =
            STANDINGS.rows().fetch_all(&self.pool).await.map_err(|error| STANDINGS.failed(error))?;
        let bound = rows.first().map_or(0, |row| row.bound);
        let standings = rows.into_iter().filter_map(|row| {
            Some(Standing {
                topic: row.topic?,
                partition: row.partition?,
                next_offset: row.next_offset?,
                caught_up_to: row.caught_up_to,
            })
        });
        Ok((standings.collect(), bound))
    }

    /// Ledger rows behind `after` up to `bound`, by id.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn ledger_lines(
        &self,
        after: i64,
        bound: i64,
        limit: i64,
    ) -> Result<Vec<LedgerLine>, StoreError> {
        let rows = LEDGER.rows().bind(after).bind(bound).bind(limit).fetch_all(&self.pool).await;
        rows.map_err(|error| LEDGER.failed(error))
    }

    /// How many rows of the ledger were ever folded into others: another number says that pages read meanwhile do not fit.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn ledger_folded(&self) -> Result<i64, StoreError> {
        let row: (i64,) = FOLDED.rows().fetch_one(&self.pool).await.map_err(|error| FOLDED.failed(error))?;
        Ok(row.0)
    }

    /// Leads behind `after`, by id.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn lead_lines(&self, after: Uuid, limit: i64) -> Result<Vec<LeadLine>, StoreError> {
        let rows = LEADS.rows().bind(after).bind(limit).fetch_all(&self.pool).await;
        rows.map_err(|error| LEADS.failed(error))
    }

    /// Outbox rows behind (lead, topic, seq), in that order.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn outbox_lines(
        &self,
        after: (Uuid, i16, i64),
        limit: i64,
    ) -> Result<Vec<OutLine>, StoreError> {
        let rows =
            OUTBOX.rows().bind(after.0).bind(after.1).bind(after.2).bind(limit).fetch_all(&self.pool).await;
        rows.map_err(|error| OUTBOX.failed(error))
    }

    /// The database's own time in microseconds, whatever the clock of tests says.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn wall(&self) -> Result<i64, StoreError> {
        let row: (i64,) = NOW.rows().fetch_one(&self.pool).await.map_err(|error| NOW.failed(error))?;
        Ok(row.0)
    }
}
