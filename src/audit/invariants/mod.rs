//! The promises, checked on a live system from tables and topics alone. It takes nothing from the code that writes, reads
//! in short pages, and changes nothing; what stands on Kafka is handed in as plain values.

mod leads;
mod published;
mod ranges;
mod received;
mod resting;

pub use published::{Published, PublishedRecord};
pub use ranges::{Place, Ranges, Run};
pub use received::{Lag, Received};

use super::verify::Report;
use crate::store::error::StoreError;
use crate::store::read::Reader;
use crate::store::read::sums::{KeptSums, LeadSums, Rule, Totals};
use std::collections::BTreeMap;

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

impl Promise {
    /// A promise and what was found against it.
    #[must_use]
    pub fn new(id: &'static str, says: &'static str, offenders: Vec<String>) -> Self {
        Self { id, says, offenders }
    }
}

/// Offenders as they are found: all are counted, the first few are named.
#[derive(Clone, Debug, Default)]
pub struct Offenders {
    named: Vec<String>,
    more: u64,
}

impl Offenders {
    /// Adds one.
    pub fn add(&mut self, offender: impl FnOnce() -> String) {
        if i64::try_from(self.named.len()).is_ok_and(|named| named < NAMED_MAX) {
            self.named.push(offender());
        } else {
            self.more += 1;
        }
    }

    /// The named ones, and how many more there are.
    #[must_use]
    pub fn into_lines(mut self) -> Vec<String> {
        if self.more > 0 {
            self.named.push(format!("and {} more", self.more));
        }
        self.named
    }
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

/// Checks every promise that the database alone can tell: I1, I2, I4, I6, I9, and I5 as far as the outbox.
///
/// # Errors
/// The database can't be read.
pub async fn check(reader: &Reader) -> Result<Checked, StoreError> {
    let ranges = Ranges::read(reader, &BTreeMap::new()).await?;
    let mut checked = check_with(reader, &ranges).await?;
    checked.promises.extend(Published::default().compare(reader).await?);
    Ok(checked)
}

/// The same without I5, with a ledger that was read already.
///
/// # Errors
/// The database can't be read.
pub async fn check_with(reader: &Reader, ranges: &Ranges) -> Result<Checked, StoreError> {
    let kept = reader.kept_sums().await?;
    let walked = leads::walk(reader).await?;
    let mut offenders = outcomes(&kept);
    offenders.extend(reader.offenders(Rule::KeptOrResolved, NAMED_MAX).await?);
    let twice = reader.offenders(Rule::OneHandoffPerCycle, NAMED_MAX).await?;
    let promises = vec![
        Promise::new("I1", "every kept record waits or has one resolution", offenders),
        Promise::new("I2", "at most one handoff per lead and cycle", twice),
        Promise::new("I4", "versions are gapless", walked.versions.into_lines()),
        Promise::new(
            "I6",
            "ranges of the ledger abut, add up and reach the position",
            ranges.offenders.clone().into_lines(),
        ),
        Promise::new("I9", "every open lead has one holder and a running clock", walked.custody.into_lines()),
    ];
    Ok(Checked { totals: ranges.totals, kept, leads: walked.sums, promises })
}

/// What the check of the audit says about the promises that are its own.
#[must_use]
pub fn of_audit(report: &Report) -> Promise {
    let offenders = report.fault.iter().map(|fault| {
        format!(
            "{} at version {} of subject {} (kind {}), stream {} number {}",
            fault.what, fault.version, fault.subject, fault.subject_kind, fault.stream, fault.stream_sequence
        )
    });
    Promise::new(
        "I3 I7",
        "every state is the fold of its audit, chains and streams verify",
        offenders.collect(),
    )
}

/// Work that should be done by now: records that nobody read, rows that nobody published, clocks that nobody passed.
///
/// # Errors
/// The database can't be read.
pub async fn resting(reader: &Reader, lags: &[Lag]) -> Result<Promise, StoreError> {
    let mut offenders = Offenders::default();
    for lag in lags.iter().filter(|lag| lag.records > 0) {
        offenders.add(|| format!("{}/{}: {} records are not read", lag.topic, lag.partition, lag.records));
    }
    for line in resting::late(reader).await? {
        offenders.add(|| line);
    }
    Ok(Promise::new("I8", "nothing waits any more", offenders.into_lines()))
}

/// Sums that must be equal.
fn outcomes(kept: &KeptSums) -> Vec<String> {
    let mut offenders = Vec::new();
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
