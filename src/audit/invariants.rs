//! The promises, checked on a live system: I1, I2, I4, I5 (as far as the outbox), I6 and I9; I3 and I7 are `verify`'s.
//! It reads and changes nothing.

use crate::store::error::StoreError;
use crate::store::read::Reader;
use crate::store::read::sums::{KeptSums, LeadSums, Rule, Totals};

/// Offenders that are named for each promise; the first is enough to look.
const NAMED_MAX: i64 = 10;

/// One promise and who breaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// `I1` to `I9`.
    pub id: &'static str,
    pub says: &'static str,
    /// Sentences without personal data; none is what we want.
    pub offenders: Vec<String>,
}

/// What the check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub totals: Totals,
    pub kept: KeptSums,
    pub leads: LeadSums,
    pub promises: Vec<Promise>,
}

impl Checked {
    /// Whether every promise holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.promises.iter().all(|promise| promise.offenders.is_empty())
    }
}

/// Checks every promise that the database alone can tell.
///
/// # Errors
/// The database can't be read.
pub async fn check(reader: &Reader) -> Result<Checked, StoreError> {
    let totals = reader.totals().await?;
    let kept = reader.kept_sums().await?;
    let leads = reader.lead_sums().await?;
    let mut promises = vec![Promise {
        id: "I1",
        says: "every record read has exactly one outcome, every kept one at most one resolution",
        offenders: outcomes(&totals, &kept),
    }];
    let rules = [
        ("I2", "at most one handoff per lead and cycle", Rule::OneHandoffPerCycle),
        ("I4", "versions are gapless", Rule::VersionsGapless),
        ("I5", "numbers per lead and topic are gapless", Rule::TopicSequenceGapless),
        ("I5", "ids of published records are unique", Rule::OutboxIdsUnique),
        ("I6", "ranges of the ledger abut", Rule::LedgerAbuts),
        ("I6", "the ledger reaches the position", Rule::LedgerReachesPosition),
        ("I9", "every open lead has a holder and a running clock", Rule::OpenLeadsHeld),
    ];
    for (id, says, rule) in rules {
        promises.push(Promise { id, says, offenders: reader.offenders(rule, NAMED_MAX).await? });
    }
    Ok(Checked { totals, kept, leads, promises })
}

/// Sums that must be equal.
fn outcomes(totals: &Totals, kept: &KeptSums) -> Vec<String> {
    let mut offenders = Vec::new();
    let sum = totals.applied
        + totals.duplicate
        + totals.filtered
        + totals.refused
        + totals.parked
        + totals.quarantined;
    if sum != totals.read {
        offenders.push(format!("{} records read, {sum} outcomes", totals.read));
    }
    if kept.parked_at_intake != kept.parked_now + kept.parked_resolved {
        offenders.push(format!(
            "{} records parked, {} wait and {} are resolved",
            kept.parked_at_intake, kept.parked_now, kept.parked_resolved
        ));
    }
    if kept.quarantined_kept < kept.quarantined_at_intake {
        offenders.push(format!(
            "{} records quarantined, {} are kept",
            kept.quarantined_at_intake, kept.quarantined_kept
        ));
    }
    offenders
}
