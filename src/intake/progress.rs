//! How far each assigned partition is: fetched, handed over, committed. Numbers only, shared by poller, lanes and watch;
//! it never decides.

use super::{Assigned, Partition};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Statistics that may still speak of an earlier assignment: the one under way when it changed, and the next.
const SNAPSHOTS_STALE: u32 = 2;

#[derive(Clone, Copy, Debug)]
struct State {
    /// Librdkafka's next offset to fetch, control records passed over; and how many such reports came.
    fetched: i64,
    snapshots: u32,
    /// The next offset after the last record handed to the lane.
    handed: i64,
    /// The next offset as Postgres has it.
    committed: i64,
    moved: Instant,
    epoch: i64,
    /// Nobody reads it until an operator resumes it.
    stopped: bool,
}

/// One partition as the watch sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub committed: i64,
    pub handed: i64,
    /// Everything up to here has been handed over; `None` until that is certain.
    pub drained: Option<i64>,
    pub unmoved: Duration,
    pub epoch: i64,
    pub stopped: bool,
}

/// All assigned partitions. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Mutex<BTreeMap<Partition, State>>>);

impl Progress {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Partition, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new assignment, whole.
    pub fn assign<'a>(&self, partitions: impl Iterator<Item = &'a Assigned>, now: Instant) {
        *self.lock() = partitions
            .map(|it| {
                let (next, stopped) = (it.start.next, it.stopped.is_some());
                let (handed, committed, epoch) = (next, next, it.epoch);
                let state = State { fetched: 0, snapshots: 0, handed, committed, moved: now, epoch, stopped };
                (it.partition.clone(), state)
            })
            .collect();
    }

    /// A partition stands still.
    pub fn stop(&self, partition: &Partition) {
        if let Some(state) = self.lock().get_mut(partition) {
            state.stopped = true;
        }
    }

    /// Nothing is assigned any more.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// A record was handed over.
    pub fn handed(&self, partition: &Partition, next: i64) {
        if let Some(state) = self.lock().get_mut(partition) {
            state.handed = state.handed.max(next);
        }
    }

    /// Librdkafka's own position, told with an empty fetch queue: all before it has been handed over.
    pub fn drained(&self, topic: &str, partition: i32, next: i64, waiting: bool) {
        let mut states = self.lock();
        let found = states.iter_mut().find(|((name, number), _)| &**name == topic && *number == partition);
        if let Some((_, state)) = found {
            state.snapshots = state.snapshots.saturating_add(1);
            if !waiting && state.snapshots > SNAPSHOTS_STALE {
                state.fetched = state.fetched.max(next);
            }
        }
    }

    /// The position was committed.
    pub fn committed(&self, partition: &Partition, next: i64, now: Instant) {
        if let Some(state) = self.lock().get_mut(partition)
            && next > state.committed
        {
            state.committed = next;
            state.moved = now;
        }
    }

    /// The partition has nothing to do: standing still is no fault.
    pub fn idle(&self, partition: &Partition, now: Instant) {
        if let Some(state) = self.lock().get_mut(partition) {
            state.moved = now;
        }
    }

    /// Every assigned partition.
    #[must_use]
    pub fn standings(&self, now: Instant) -> Vec<(Partition, Standing)> {
        let standing = |state: &State| Standing {
            committed: state.committed,
            handed: state.handed,
            drained: (state.fetched > 0).then_some(state.fetched),
            unmoved: now.duration_since(state.moved),
            epoch: state.epoch,
            stopped: state.stopped,
        };
        self.lock().iter().map(|(partition, state)| (partition.clone(), standing(state))).collect()
    }
}

impl Standing {
    /// Whether everything before `end` has been handed over. A control record at the end is no record, so librdkafka's
    /// position counts too.
    #[must_use]
    pub fn is_at(&self, end: i64) -> bool {
        self.handed >= end || self.drained.is_some_and(|drained| drained >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::start::Start;
    use super::{Assigned, Partition, Progress};
    use std::sync::Arc;

    fn assigned(partition: &Partition, next: i64) -> Assigned {
        let start = Start { at: next, next, expected: None };
        Assigned { partition: partition.clone(), epoch: 1, start, stopped: None }
    }

    #[test]
    fn early_statistics_of_another_assignment_do_not_count() {
        let (progress, now) = (Progress::default(), crate::clock::instant());
        let partition: Partition = (Arc::from("t"), 0);
        progress.assign([assigned(&partition, 5)].iter(), now);
        for _ in 0..2 {
            progress.drained("t", 0, 100, false);
        }
        assert!(!progress.standings(now)[0].1.is_at(100));
        progress.drained("t", 0, 100, true);
        assert!(!progress.standings(now)[0].1.is_at(100), "records still wait in the client");
        progress.drained("t", 0, 100, false);
        assert!(progress.standings(now)[0].1.is_at(100));
    }

    #[test]
    fn an_empty_partition_is_at_its_end_at_once() {
        let (progress, now) = (Progress::default(), crate::clock::instant());
        progress.assign([assigned(&(Arc::from("t"), 0), 5)].iter(), now);
        assert!(progress.standings(now)[0].1.is_at(5));
        assert!(!progress.standings(now)[0].1.is_at(6));
    }
}
