//! Records counted on the input topics against what the ledger says was read of them. Offsets have holes, so records are
//! counted, never subtracted. It reads no topic itself.

use super::ranges::{Place, Ranges, Run};
use super::{Offenders, Promise};
use crate::store::read::checks::Standing;
use std::collections::BTreeMap;

/// What of a partition was not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag {
    pub topic: String,
    pub partition: i32,
    /// The next offset to read; `None` while nobody has read the partition.
    pub next_offset: Option<i64>,
    /// Records from there on.
    pub records: u64,
    /// Up to when everything is known, in microseconds.
    pub caught_up_to: Option<i64>,
}

struct Counted {
    run: Run,
    records: i64,
}

struct Partition {
    runs: Vec<Counted>,
    begins: Option<i64>,
    next: Option<i64>,
    caught_up_to: Option<i64>,
    before: u64,
    waiting: u64,
}

/// Counts as records are read.
pub struct Received {
    partitions: BTreeMap<Place, Partition>,
}

impl Received {
    /// Ready to count; `starts`: the first offset that the broker holds of each partition, and a run that begins before
    /// it can't be counted.
    #[must_use]
    pub fn new(ranges: &Ranges, starts: &BTreeMap<Place, i64>) -> Self {
        let standings: BTreeMap<Place, &Standing> = ranges
            .standings
            .iter()
            .map(|standing| ((standing.topic.clone(), standing.partition), standing))
            .collect();
        let partitions = starts.iter().map(|(place, start)| {
            let runs = ranges.runs.get(place).map(Vec::as_slice).unwrap_or_default();
            let standing = standings.get(place);
            let partition = Partition {
                runs: runs
                    .iter()
                    .filter(|run| run.from >= *start)
                    .map(|run| Counted { run: *run, records: 0 })
                    .collect(),
                begins: ranges.begins.get(place).copied().or(standing.map(|it| it.next_offset)),
                next: standing.map(|it| it.next_offset),
                caught_up_to: standing.and_then(|it| it.caught_up_to),
                before: 0,
                waiting: 0,
            };
            (place.clone(), partition)
        });
        Self { partitions: partitions.collect() }
    }

    /// Takes in one record of a partition.
    pub fn observe(&mut self, place: &Place, offset: i64) {
        let Some(partition) = self.partitions.get_mut(place) else { return };
        for counted in &mut partition.runs {
            counted.records += i64::from((counted.run.from..counted.run.to).contains(&offset));
        }
        partition.before += u64::from(partition.begins.is_some_and(|begins| offset < begins));
        partition.waiting += u64::from(partition.next.is_none_or(|next| offset >= next));
    }

    /// Records that stood on the broker and in the ledger's ranges.
    #[must_use]
    pub fn counted(&self) -> i64 {
        self.partitions.values().flat_map(|partition| &partition.runs).map(|counted| counted.records).sum()
    }

    /// Records before the first start: never read, as `kafka.first_start` says.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.partitions.values().map(|partition| partition.before).sum()
    }

    /// What was not read yet, of each partition.
    #[must_use]
    pub fn lags(&self) -> Vec<Lag> {
        let lags = self.partitions.iter().map(|((topic, number), partition)| Lag {
            topic: topic.clone(),
            partition: *number,
            next_offset: partition.next,
            records: partition.waiting,
            caught_up_to: partition.caught_up_to,
        });
        lags.collect()
    }

    /// Whether each range of the ledger read as many records as stand on the broker.
    #[must_use]
    pub fn promise(&self) -> Promise {
        let mut offenders = Offenders::default();
        for ((topic, number), partition) in &self.partitions {
            for counted in partition.runs.iter().filter(|counted| counted.records != counted.run.read) {
                offenders.add(|| {
                    format!(
                        "{topic}/{number} from {} to {}: {} records on Kafka, {} in the ledger",
                        counted.run.from, counted.run.to, counted.records, counted.run.read
                    )
                });
            }
        }
        Promise::new("I1", "every record on Kafka has exactly one outcome", offenders.into_lines())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(runs: &[(i64, i64, i64)], next: i64) -> Ranges {
        let place = ("t".to_owned(), 0);
        Ranges {
            standings: vec![Standing {
                topic: "t".to_owned(),
                partition: 0,
                next_offset: next,
                caught_up_to: None,
            }],
            runs: [(place.clone(), runs.iter().map(|&(from, to, read)| Run { from, to, read }).collect())]
                .into(),
            begins: [(place, runs.first().map_or(0, |run| run.0))].into(),
            ..Ranges::default()
        }
    }

    fn counted(ranges: &Ranges, start: i64, offsets: &[i64]) -> Received {
        let place = ("t".to_owned(), 0);
        let mut received = Received::new(ranges, &[(place.clone(), start)].into());
        for offset in offsets {
            received.observe(&place, *offset);
        }
        received
    }

    #[test]
    fn holes_between_offsets_are_no_records() {
        let received = counted(&ranges(&[(0, 6, 4)], 6), 0, &[0, 1, 3, 5]);
        assert!(received.promise().offenders.is_empty());
        assert_eq!((received.counted(), received.lags()[0].records), (4, 0));
    }

    #[test]
    fn a_record_that_the_ledger_jumped_over_is_named() {
        let received = counted(&ranges(&[(0, 6, 3)], 6), 0, &[0, 1, 3, 5]);
        assert_eq!(received.promise().offenders, ["t/0 from 0 to 6: 4 records on Kafka, 3 in the ledger"]);
    }

    #[test]
    fn a_range_that_retention_has_cut_is_not_counted() {
        let received = counted(&ranges(&[(0, 6, 6), (6, 8, 2)], 8), 4, &[4, 5, 6, 7]);
        assert!(received.promise().offenders.is_empty());
        assert_eq!(received.counted(), 2);
    }

    #[test]
    fn a_range_that_was_read_twice_is_counted_twice() {
        let received = counted(&ranges(&[(0, 4, 4), (2, 6, 4)], 6), 0, &[0, 1, 2, 3, 4, 5]);
        assert!(received.promise().offenders.is_empty());
        assert_eq!(received.counted(), 8);
    }

    #[test]
    fn what_stands_behind_the_position_waits() {
        let received = counted(&ranges(&[(2, 4, 2)], 4), 0, &[0, 1, 2, 3, 4, 7]);
        assert_eq!((received.lags()[0].records, received.skipped()), (2, 2));
        assert!(received.promise().offenders.is_empty());
    }
}
