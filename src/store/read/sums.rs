//! What the invariants are checked against: counts and the first offender of each. It reads and judges nothing.

use super::Reader;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use crate::store::work::{clock_feed, feeds};
use sqlx::FromRow;

const TOTALS: Statement = Statement::new(
    "ledger.totals",
    "SELECT coalesce(sum(read), 0)::bigint AS read, coalesce(sum(applied), 0)::bigint AS applied,
         coalesce(sum(duplicate), 0)::bigint AS duplicate, coalesce(sum(filtered), 0)::bigint AS filtered,
         coalesce(sum(refused), 0)::bigint AS refused, coalesce(sum(parked), 0)::bigint AS parked,
         coalesce(sum(quarantined), 0)::bigint AS quarantined FROM ledger",
);
const KEPT: Statement = Statement::new(
    "ledger.kept",
    "SELECT (SELECT coalesce(sum(parked), 0) FROM ledger)::bigint AS parked_at_intake,
         (SELECT count(*) FROM parked) AS parked_now,
         (SELECT count(*) FROM ledger_resolution WHERE intake = 'parked') AS parked_resolved,
         (SELECT coalesce(sum(quarantined), 0) FROM ledger)::bigint AS quarantined_at_intake,
         (SELECT count(*) FROM quarantine)
             + (SELECT count(*) FROM ledger_resolution WHERE intake = 'quarantined'
                 AND NOT EXISTS (SELECT FROM quarantine WHERE quarantine.id = kept_id)) AS quarantined_kept,
         (SELECT count(*) FROM ledger_resolution WHERE intake = 'parked' AND outcome LIKE 'quarantined%') AS aged",
);
const HANDOFFS: Statement = Statement::new(
    "handoff.twice",
    "SELECT 'lead ' || lead_id || ' cycle ' || cycle || ': ' || count(*) || ' handoffs' FROM handoff
     GROUP BY lead_id, cycle HAVING count(*) > 1 LIMIT $1",
);

const RESOLVED_AND_WAITING: Statement = Statement::new(
    "ledger_resolution.waiting",
    "SELECT 'parked record ' || id || ' is resolved and waits' FROM parked
     WHERE EXISTS (SELECT FROM ledger_resolution WHERE kept_id = parked.id) LIMIT $1",
);
/// Clocks fire at the earlier of now and what the feeds are known up to; so an overdue one is that far behind both.
const LATE: Statement = Statement::new(
    "check.late",
    concat!(
        "WITH time AS (
         SELECT coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) - $1 AS mark
     )
     SELECT (SELECT count(*) FROM outbox, time WHERE sent_at IS NULL AND held_reason IS NULL AND created_at < mark) AS unsent,
         (SELECT count(*) FROM outbox WHERE sent_at IS NULL AND held_reason IS NOT NULL) AS held,
         (SELECT count(*) FROM parked, time WHERE reason = 'awaiting_identity' AND parked_at < mark
              AND EXISTS (SELECT FROM parked_key JOIN identity_key USING (key) WHERE parked_id = parked.id)
              AND NOT EXISTS (SELECT FROM parked_key JOIN identity_key USING (key)
                  WHERE parked_id = parked.id AND lead_id IS NULL)) AS known,
         (SELECT count(*) FROM lead, time WHERE next_due_at < least(mark,
             (SELECT min(least(coalesce(caught_up_to, -9000000000000000000), last_record_at) - $1) FROM ",
        feeds!(),
        " WHERE ",
        clock_feed!("feed.topic"),
        "))) AS overdue"
    ),
);

pub(super) const STATEMENTS: &[Statement] = &[TOTALS, KEPT, HANDOFFS, RESOLVED_AND_WAITING, LATE];

/// Records read and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Totals {
    pub read: i64,
    pub applied: i64,
    pub duplicate: i64,
    pub filtered: i64,
    pub refused: i64,
    pub parked: i64,
    pub quarantined: i64,
}

/// Records that were kept at intake, and where they are now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct KeptSums {
    pub parked_at_intake: i64,
    pub parked_now: i64,
    pub parked_resolved: i64,
    pub quarantined_at_intake: i64,
    /// Those that stand there, and those that went with a line of their own.
    pub quarantined_kept: i64,
    /// Parked records that waited too long and stand in the quarantine.
    pub aged: i64,
}

/// Leads, open ones, and open ones that nobody holds or no clock runs for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct LeadSums {
    pub leads: i64,
    pub open: i64,
    pub orphans: i64,
}

/// Work that is late: rows to publish, rows that never can be, records that wait for somebody whom all their keys name by
/// now, clocks to pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Late {
    pub unsent: i64,
    pub held: i64,
    pub known: i64,
    pub overdue: i64,
}

/// A rule whose offenders one statement can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    OneHandoffPerCycle,
    KeptOrResolved,
}

impl Rule {
    fn statement(self) -> Statement {
        match self {
            Self::OneHandoffPerCycle => HANDOFFS,
            Self::KeptOrResolved => RESOLVED_AND_WAITING,
        }
    }
}

impl Reader {
    /// Records read and what became of them.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn totals(&self) -> Result<Totals, StoreError> {
        TOTALS.rows().fetch_one(&self.pool).await.map_err(|error| TOTALS.failed(error))
    }

    /// Records kept at intake, and where they are now.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn kept_sums(&self) -> Result<KeptSums, StoreError> {
        KEPT.rows().fetch_one(&self.pool).await.map_err(|error| KEPT.failed(error))
    }

    /// Work that is late by more than so many microseconds.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn late(&self, micros: i64) -> Result<Late, StoreError> {
        LATE.rows().bind(micros).fetch_one(&self.pool).await.map_err(|error| LATE.failed(error))
    }

    /// The first offenders against a rule, each in a sentence without personal data; none is what we want.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn offenders(&self, rule: Rule, limit: i64) -> Result<Vec<String>, StoreError> {
        let statement = rule.statement();
        let rows: Vec<(String,)> = statement
            .rows()
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| statement.failed(error))?;
        Ok(rows.into_iter().map(|(line,)| line).collect())
    }
}
