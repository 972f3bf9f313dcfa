//! What the invariants are checked against: counts and the first offender of each. It reads and judges nothing.

use super::Reader;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;

const TOTALS: Statement = Statement::new(
    "ledger.totals",
    "SELECT coalesce(sum(read), 0)::bigint AS read, coalesce(sum(applied), 0)::bigint AS applied,
         coalesce(sum(duplicate), 0)::bigint AS duplicate, coalesce(sum(filtered), 0)::bigint AS filtered,
         coalesce(sum(refused), 0)::bigint AS refused, coalesce(sum(parked), 0)::bigint AS parked,
         coalesce(sum(quarantined), 0)::bigint AS quarantined FROM ledger",
);
const RANGES: Statement = Statement::new(
    "ledger.gaps",
    "SELECT topic || '/' || partition || ': a batch ends at ' || before || ', the next begins at ' || from_offset
     FROM (SELECT topic, partition, from_offset, id, kind,
               lag(to_offset) OVER (PARTITION BY topic, partition ORDER BY id) AS before
           FROM ledger) AS ranges
     WHERE before IS NOT NULL AND before <> from_offset AND kind = 'batch' ORDER BY id LIMIT $1",
);
const ENDS: Statement = Statement::new(
    "ledger.ends",
    "SELECT position.topic || '/' || position.partition || ': the ledger ends at ' || last.to_offset || ', the position is '
         || position.next_offset
     FROM input_position AS position
     JOIN LATERAL (SELECT to_offset FROM ledger WHERE ledger.topic = position.topic
         AND ledger.partition = position.partition ORDER BY id DESC LIMIT 1) AS last ON true
     WHERE last.to_offset <> position.next_offset ORDER BY 1 LIMIT $1",
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
const VERSIONS: Statement = Statement::new(
    "audit.version_gaps",
    "SELECT 'lead ' || id || ': version ' || version || ', ' || (SELECT count(*) FROM audit WHERE subject_kind = 1 AND subject_id = lead.id)
         || ' audit rows' FROM lead
     WHERE version <> (SELECT count(*) FROM audit WHERE subject_kind = 1 AND subject_id = lead.id)
     LIMIT $1",
);
const OUT_GAPS: Statement = Statement::new(
    "outbox.gaps",
    "SELECT 'lead ' || lead_id || ' topic ' || topic || ': ' || before || ' is followed by ' || topic_sequence
     FROM (SELECT lead_id, topic, topic_sequence, seq,
               lag(topic_sequence) OVER (PARTITION BY lead_id, topic ORDER BY seq) AS before
           FROM outbox WHERE topic_sequence > 0) AS sequences
     WHERE before IS NOT NULL AND topic_sequence <> before + 1 LIMIT $1",
);
const OUT_IDS: Statement = Statement::new(
    "outbox.ids",
    "SELECT 'id ' || id || ' stands ' || count(*) || ' times' FROM outbox GROUP BY id HAVING count(*) > 1 LIMIT $1",
);
const ORPHANS: Statement = Statement::new(
    "lead.orphans",
    "SELECT 'lead ' || id || ' in stage ' || stage FROM lead
     WHERE stage IN (1, 2, 3, 4, 5, 6, 9) AND (holder_id IS NULL OR holder_id = '' OR next_due_at IS NULL) LIMIT $1",
);
const OPEN: Statement = Statement::new(
    "lead.open",
    "SELECT count(*) AS leads, count(*) FILTER (WHERE holder_id IS NOT NULL) AS open,
         count(*) FILTER (WHERE stage IN (1, 2, 3, 4, 5, 6, 9)
             AND (holder_id IS NULL OR holder_id = '' OR next_due_at IS NULL)) AS orphans FROM lead",
);

pub(super) const STATEMENTS: &[Statement] =
    &[TOTALS, RANGES, ENDS, KEPT, HANDOFFS, VERSIONS, OUT_GAPS, OUT_IDS, ORPHANS, OPEN];

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

/// A rule whose offenders the database can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    LedgerAbuts,
    LedgerReachesPosition,
    OneHandoffPerCycle,
    VersionsGapless,
    TopicSequenceGapless,
    OutboxIdsUnique,
    OpenLeadsHeld,
}

impl Rule {
    fn statement(self) -> Statement {
        match self {
            Self::LedgerAbuts => RANGES,
            Self::LedgerReachesPosition => ENDS,
            Self::OneHandoffPerCycle => HANDOFFS,
            Self::VersionsGapless => VERSIONS,
            Self::TopicSequenceGapless => OUT_GAPS,
            Self::OutboxIdsUnique => OUT_IDS,
            Self::OpenLeadsHeld => ORPHANS,
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

    /// Leads, and how many are open.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn lead_sums(&self) -> Result<LeadSums, StoreError> {
        OPEN.rows().fetch_one(&self.pool).await.map_err(|error| OPEN.failed(error))
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
