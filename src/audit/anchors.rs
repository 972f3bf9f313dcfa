//! Checks the checkpoints: their own chain and signatures, and those that were published against those that are stored.
//! Who rewrites every table consistently is caught here, by what stands outside. It changes nothing and knows no Kafka.

use super::checkpoint::{flaw, hash};
use super::making::range_root;
use super::verify::{Fault, Report};
use crate::store::checkpoint::{Checkpoint, Range};
use crate::store::error::StoreError;
use crate::store::read::Reader;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Checkpoints of one page: about 5 kB each.
const PAGE: i64 = 200;
/// Subjects that are named for a range whose rows were changed; who looks further has `baton audit show`.
const NAMED_MAX: i64 = 10;

/// Every stored checkpoint up to a number: gapless, each naming the one before, signed, and by a key that is trusted
/// (any, where `trusted` is empty).
pub(super) async fn check(
    reader: &Reader,
    report: &mut Report,
    up_to: i64,
    trusted: &BTreeSet<[u8; 32]>,
) -> Result<Option<Fault>, StoreError> {
    let (mut after, mut previous) = (0, [0; 32]);
    loop {
        let page = reader.checkpoints_after(after, PAGE).await?;
        if page.is_empty() || after >= up_to {
            return Ok(None);
        }
        for stored in page.iter().take_while(|stored| stored.number <= up_to) {
            if stored.number != after + 1 {
                return Ok(Some(whole(format!("checkpoint {} follows on {after}", stored.number))));
            }
            let what = if stored.previous != previous {
                Some("it does not name the hash of the one before it")
            } else if trusted.is_empty() || trusted.contains(&stored.public_key) {
                flaw(stored)
            } else {
                Some("its key is none of those that were given")
            };
            if let Some(what) = what {
                return Ok(Some(whole(format!("checkpoint {}: {what}", stored.number))));
            }
            report.keys.insert(stored.key_id.clone());
            report.checkpoints += 1;
            (after, previous) = (stored.number, hash(stored));
        }
        if page.last().is_some_and(|last| last.number > after) {
            return Ok(None);
        }
    }
}

/// Published checkpoints against stored ones, page by page in the order of the topic.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Numbers that were published, each once however often it was sent.
    seen: BTreeSet<i64>,
    pub fault: Option<Fault>,
}

impl Comparison {
    /// How many checkpoints were compared.
    #[must_use]
    pub fn count(&self) -> usize {
        self.seen.len()
    }

    /// Whether a fault was found that names rows: nothing more is looked for.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.fault.as_ref().is_some_and(|fault| !fault.stream.is_empty())
    }

    /// The first number up to `last` that is not published, and how many are not.
    #[must_use]
    pub fn lacking(&self, last: i64) -> Option<(i64, i64)> {
        let count = last - i64::try_from(self.seen.range(..=last).count()).unwrap_or(i64::MAX);
        let first = (1..=last).find(|number| !self.seen.contains(number))?;
        Some((first, count))
    }

    /// Compares the next published checkpoints; the first whose rows do not hold any more ends the comparison.
    ///
    /// # Errors
    /// The database can't be read.
    pub async fn add(&mut self, reader: &Reader, published: &[Checkpoint]) -> Result<(), StoreError> {
        if self.is_settled() {
            return Ok(());
        }
        let numbers: Vec<i64> = published.iter().map(|it| it.number).collect();
        let stored = reader.checkpoints_named(&numbers).await?;
        let stored: BTreeMap<i64, Checkpoint> = stored.into_iter().map(|it| (it.number, it)).collect();
        for outside in published {
            self.seen.insert(outside.number);
            if let Some(what) = flaw(outside) {
                self.fault.get_or_insert(whole(format!("checkpoint {} on Kafka: {what}", outside.number)));
                continue;
            }
            let what = match stored.get(&outside.number) {
                Some(inside) if hash(inside) == hash(outside) => continue,
                Some(_) => "the table holds another checkpoint of that number",
                None => "the table does not hold it",
            };
            // A forger signs everything anew: the first checkpoint whose rows were changed says more than the first.
            let fault = first_change(reader, outside, what).await?;
            if self.fault.is_none() || !fault.stream.is_empty() {
                self.fault = Some(fault);
            }
            if self.is_settled() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The first range of a published checkpoint that the audit does not give any more.
async fn first_change(reader: &Reader, outside: &Checkpoint, what: &str) -> Result<Fault, StoreError> {
    let number = outside.number;
    for range in &outside.ranges {
        let (root, reached) = range_root(reader, &range.stream, range.from, range.to).await?;
        if reached == range.to && root == range.root {
            continue;
        }
        let (subjects, mut fault) = subjects(reader, range).await?;
        fault.what = if reached < range.to {
            fault.stream_sequence = reached + 1;
            format!(
                "checkpoint {number} on Kafka covers numbers {} to {} of the stream and {what}: the row is missing",
                range.from, range.to
            )
        } else {
            format!(
                "checkpoint {number} on Kafka holds another root for numbers {} to {} of the stream and {what}: \
                 rows of these subjects were changed after it was published: {subjects}",
                range.from, range.to
            )
        };
        return Ok(fault);
    }
    Ok(whole(format!(
        "checkpoint {number} stands on Kafka and {what}; the rows that it covers are unchanged"
    )))
}

/// Whose rows stand in a range, and a fault that names the first.
async fn subjects(reader: &Reader, range: &Range) -> Result<(String, Fault), StoreError> {
    let rows = reader.trail_by_stream((&range.stream, range.from - 1), NAMED_MAX).await?;
    let mine = || rows.iter().filter(|row| row.stream == range.stream && row.stream_sequence <= range.to);
    let names: BTreeSet<String> = mine().map(|row| row.subject_id.to_string()).collect();
    let mut fault = whole(String::new());
    fault.stream.clone_from(&range.stream);
    fault.stream_sequence = range.from;
    if let Some(first) = mine().next() {
        (fault.subject_kind, fault.subject, fault.version) =
            (first.subject_kind, first.subject_id, first.version);
    }
    Ok((names.into_iter().collect::<Vec<_>>().join(", "), fault))
}

/// A fault of a checkpoint as a whole.
fn whole(what: String) -> Fault {
    Fault {
        subject_kind: 0,
        subject: Uuid::nil(),
        version: 0,
        stream: String::new(),
        stream_sequence: 0,
        what,
    }
}
