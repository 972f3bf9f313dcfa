//! What a lane has taken and not yet committed, and the batch that its first part makes. Pure: no queue, no database.

use super::record::{self, Arrival};
use super::{Assigned, Partition};
use crate::contract::request::Unreadable;
use crate::domain::time::Moment;
use crate::transaction::batch::{Batch, Entry, Move};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// A partition of this lane.
#[derive(Clone, Debug)]
struct Owned {
    epoch: i64,
    next: i64,
    /// The hash that the record before `next` must have, until it was compared.
    expected: Option<[u8; 32]>,
}

/// What became of one record handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It waits for its batch.
    Waits,
    /// It was the record before the position, and is the one that was read then.
    Known,
    /// It lies before the position or belongs to no partition of this lane.
    Ignored,
    /// It stands where the last record stood, and is another one.
    Another,
}

/// One lane's positions and records.
#[derive(Debug, Default)]
pub struct Pending {
    owned: BTreeMap<Partition, Owned>,
    records: VecDeque<Arrival>,
    bytes: usize,
}

/// A batch, and how far each partition is once it is committed.
#[derive(Debug)]
pub struct Prefix {
    pub batch: Batch,
    pub records: usize,
}

impl Pending {
    /// Forgets everything: the partitions are somebody else's.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Records that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Bytes that wait.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A partition is this lane's.
    pub fn own(&mut self, assigned: &Assigned) {
        let start = assigned.start;
        let owned = Owned { epoch: assigned.epoch, next: start.next, expected: start.expected };
        self.owned.insert(assigned.partition.clone(), owned);
    }

    /// A partition is this lane's no more; what waits of it is dropped, and read again when somebody takes it.
    pub fn disown(&mut self, partition: &Partition) {
        self.owned.remove(partition);
        let belongs = |arrival: &Arrival| {
            let place = arrival.entry.record.as_ref();
            place.is_some_and(|place| place.topic == partition.0 && place.partition == partition.1)
        };
        self.records.retain(|arrival| !belongs(arrival));
        self.bytes = self.records.iter().map(|arrival| arrival.bytes).sum();
    }

    /// The epoch under which a partition is this lane's.
    #[must_use]
    pub fn epoch(&self, partition: &Partition) -> Option<i64> {
        self.owned.get(partition).map(|owned| owned.epoch)
    }

    /// Whether a partition is this lane's.
    #[must_use]
    pub fn owns(&self, topic: &str, partition: i32) -> bool {
        self.owned.keys().any(|(name, number)| **name == *topic && *number == partition)
    }

    /// Takes one record.
    #[must_use]
    pub fn take(&mut self, arrival: Arrival) -> Taken {
        let Some(place) = &arrival.entry.record else { return Taken::Ignored };
        let Some(owned) = self.owned.get_mut(&(Arc::clone(&place.topic), place.partition)) else {
            return Taken::Ignored;
        };
        if let Some(expected) = owned.expected.take()
            && place.offset + 1 == owned.next
        {
            return if record::hash(&arrival.entry.raw) == expected { Taken::Known } else { Taken::Another };
        }
        if place.offset < owned.next {
            return Taken::Ignored;
        }
        self.bytes += arrival.bytes;
        self.records.push_back(arrival);
        Taken::Waits
    }

    /// The batch of the first records, up to so many and so many bytes; one always. `now` bounds what a record's own
    /// timestamp may say about how far the facts are known.
    #[must_use]
    pub fn prefix(&self, records_max: usize, bytes_max: usize, now: Moment) -> Prefix {
        let mut entries: Vec<Entry> = Vec::new();
        let mut lasts: BTreeMap<Partition, &Arrival> = BTreeMap::new();
        let mut bytes = 0;
        for arrival in self.records.iter().take(records_max.max(1)) {
            bytes += arrival.bytes;
            if bytes > bytes_max && !entries.is_empty() {
                break;
            }
            if let Some(place) = &arrival.entry.record {
                lasts.insert((Arc::clone(&place.topic), place.partition), arrival);
            }
            entries.push(arrival.entry.clone());
        }
        let moves = lasts
            .into_iter()
            .filter_map(|(partition, last)| {
                let owned = self.owned.get(&partition)?;
                let place = last.entry.record.as_ref()?;
                Some(Move {
                    topic: partition.0,
                    partition: partition.1,
                    epoch: owned.epoch,
                    from: owned.next,
                    to: place.offset + 1,
                    last_hash: Some(record::hash(&last.entry.raw)),
                    caught_up_to: Some(place.timestamp.min(now)),
                })
            })
            .collect();
        let records = entries.len();
        Prefix { batch: Batch { entries, moves, ..Batch::default() }, records }
    }

    /// The batch is committed: its records go, the positions move.
    pub fn done(&mut self, prefix: &Prefix) {
        for arrival in self.records.drain(..prefix.records.min(self.records.len())) {
            self.bytes = self.bytes.saturating_sub(arrival.bytes);
        }
        for moved in &prefix.batch.moves {
            if let Some(owned) = self.owned.get_mut(&(Arc::clone(&moved.topic), moved.partition)) {
                owned.next = moved.to;
            }
        }
    }

    /// The first record becomes one that nothing was read of: only its bytes, the ledger and the position are written.
    pub fn give_up_first(&mut self, detail: &str) {
        if let Some(first) = self.records.front_mut() {
            first.entry.duplicate = None;
            first.entry.decoded = Err(Unreadable { reason: "database_refused", detail: detail.to_owned() });
        }
    }

    /// Where the first record stands.
    #[must_use]
    pub fn first(&self) -> Option<(String, i32, i64)> {
        let place = self.records.front()?.entry.record.as_ref()?;
        Some((place.topic.to_string(), place.partition, place.offset))
    }

    /// Positions that stand at the end of their partition: (topic, partition, epoch, next offset).
    #[must_use]
    pub fn at_end(&self, partitions: &[Partition]) -> Vec<(String, i32, i64, i64)> {
        partitions
            .iter()
            .filter_map(|partition| {
                let owned = self.owned.get(partition)?;
                Some((partition.0.to_string(), partition.1, owned.epoch, owned.next))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::start::Start;
    use super::*;
    use crate::transaction::batch::{Raw, RecordRef};

    fn arrival(topic: &Arc<str>, partition: i32, offset: i64) -> Arrival {
        let timestamp = Moment(offset);
        let raw = Raw { key: None, headers: vec![], value: Some(offset.to_be_bytes().to_vec()) };
        let decoded = Err(Unreadable { reason: "not_json", detail: String::new() });
        let record = Some(RecordRef { topic: Arc::clone(topic), partition, offset, timestamp });
        Arrival {
            entry: Entry { record, raw, duplicate: None, content: [0; 16], decoded, reference: None },
            bytes: 10,
        }
    }

    fn owning(topic: &Arc<str>, start: Start) -> Pending {
        let mut pending = Pending::default();
        pending.own(&assigned(topic, 0, start));
        pending
    }

    fn assigned(topic: &Arc<str>, partition: i32, start: Start) -> Assigned {
        Assigned { partition: (Arc::clone(topic), partition), epoch: 4, start, stopped: None }
    }

    #[test]
    fn the_record_before_the_position_is_compared_and_never_counted() {
        let topic: Arc<str> = Arc::from("t");
        let hash = record::hash(&arrival(&topic, 0, 9).entry.raw);
        let mut pending = owning(&topic, Start { at: 9, next: 10, expected: Some(hash) });
        assert_eq!(pending.take(arrival(&topic, 0, 9)), Taken::Known);
        assert_eq!(pending.take(arrival(&topic, 0, 10)), Taken::Waits);
        let moves = pending.prefix(10, 1_000, Moment(99)).batch.moves;
        assert_eq!((moves[0].from, moves[0].to, moves[0].epoch), (10, 11, 4));
        let mut pending = owning(&topic, Start { at: 9, next: 10, expected: Some([1; 32]) });
        assert_eq!(pending.take(arrival(&topic, 0, 9)), Taken::Another);
    }

    #[test]
    fn a_prefix_keeps_to_its_bounds_and_what_follows_starts_where_it_ended() {
        let topic: Arc<str> = Arc::from("t");
        let mut pending = owning(&topic, Start { at: 0, next: 0, expected: None });
        for offset in [0, 1, 5, 6] {
            assert_eq!(pending.take(arrival(&topic, 0, offset)), Taken::Waits);
        }
        let first = pending.prefix(3, 25, Moment(99));
        assert_eq!(first.records, 2);
        pending.done(&first);
        let second = pending.prefix(3, 1_000, Moment(5));
        assert_eq!((second.batch.moves[0].from, second.batch.moves[0].to), (2, 7));
        assert_eq!(second.batch.moves[0].caught_up_to, Some(Moment(5)), "a clock ahead proves nothing");
        assert_eq!(pending.bytes(), 20);
    }

    #[test]
    fn one_record_above_the_byte_bound_goes_alone() {
        let topic: Arc<str> = Arc::from("t");
        let mut pending = owning(&topic, Start { at: 0, next: 0, expected: None });
        assert_eq!(pending.take(arrival(&topic, 0, 0)), Taken::Waits);
        assert_eq!(pending.prefix(3, 1, Moment(0)).records, 1);
    }

    #[test]
    fn a_disowned_partition_leaves_nothing_behind_and_the_others_stay() {
        let topic: Arc<str> = Arc::from("t");
        let start = Start { at: 0, next: 0, expected: None };
        let mut pending = owning(&topic, start);
        pending.own(&assigned(&topic, 1, start));
        for (partition, offset) in [(0, 0), (1, 0), (0, 1)] {
            assert_eq!(pending.take(arrival(&topic, partition, offset)), Taken::Waits);
        }
        pending.disown(&(Arc::clone(&topic), 0));
        assert_eq!((pending.len(), pending.bytes()), (1, 10));
        assert_eq!(pending.take(arrival(&topic, 0, 2)), Taken::Ignored);
        let prefix = pending.prefix(10, 1_000, Moment(99));
        assert_eq!((prefix.records, prefix.batch.moves.len(), prefix.batch.moves[0].partition), (1, 1, 1));
    }

    #[test]
    fn foreign_and_repeated_records_are_ignored() {
        let topic: Arc<str> = Arc::from("t");
        let mut pending = owning(&topic, Start { at: 5, next: 5, expected: None });
        assert_eq!(pending.take(arrival(&topic, 1, 5)), Taken::Ignored);
        assert_eq!(pending.take(arrival(&topic, 0, 4)), Taken::Ignored);
    }
}
