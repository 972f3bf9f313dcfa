//! The bounded hand-over from the polling thread to one lane, by count and bytes. It never blocks the polling thread:
//! that pauses partitions instead.

use super::record::Arrival;
use super::{Assigned, Partition};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::Notify;

/// Words about ends that wait at most: a lane that is stuck must not gather them for ever.
const MARKS_MAX: usize = 1_000;

/// What a lane is told, in order.
#[derive(Debug)]
pub enum Item {
    /// A partition is this lane's from now on.
    Assigned(Assigned),
    Record(Box<Arrival>),
    /// Everything before this item was all there was at that moment.
    AtEnd {
        partition: Partition,
        seen: Instant,
    },
}

/// What one take gives.
#[derive(Debug, Default)]
pub struct Taken {
    /// Counts revocations: what was taken under an older number is thrown away.
    pub generation: u64,
    pub items: Vec<Item>,
    pub records: usize,
}

#[derive(Debug, Default)]
struct Inner {
    generation: u64,
    items: VecDeque<Item>,
    records: usize,
    bytes: usize,
    marks: usize,
    closed: bool,
}

/// One lane's queue.
#[derive(Debug)]
pub struct Queue {
    inner: Mutex<Inner>,
    arrived: Notify,
    records_max: usize,
    bytes_max: usize,
}

impl Queue {
    /// A queue that is full from so many records or bytes on.
    #[must_use]
    pub fn new(records_max: usize, bytes_max: usize) -> Self {
        Self { inner: Mutex::default(), arrived: Notify::new(), records_max, bytes_max }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends. The caller looks at [`Self::is_full`] afterwards, so the bound is exceeded by one record at most.
    pub fn push(&self, item: Item) {
        let mut inner = self.lock();
        match &item {
            Item::Record(arrival) => {
                inner.records += 1;
                inner.bytes += arrival.bytes;
            }
            Item::AtEnd { .. } if inner.marks >= MARKS_MAX => return,
            Item::AtEnd { .. } => inner.marks += 1,
            Item::Assigned(_) => {}
        }
        inner.items.push_back(item);
        drop(inner);
        self.arrived.notify_one();
    }

    /// Whether no more should come.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let inner = self.lock();
        inner.records >= self.records_max || inner.bytes >= self.bytes_max
    }

    /// Whether half is worked off, so that paused partitions may go on; between the two nothing changes.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let inner = self.lock();
        inner.records <= self.records_max / 2 && inner.bytes <= self.bytes_max / 2
    }

    /// Throws everything away: the partitions are somebody else's.
    pub fn revoke(&self) {
        let mut inner = self.lock();
        inner.generation += 1;
        inner.items.clear();
        inner.marks = 0;
        inner.records = 0;
        inner.bytes = 0;
        drop(inner);
        self.arrived.notify_one();
    }

    /// The number that [`Self::revoke`] raises.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.lock().generation
    }

    /// No more will be taken.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        inner.items.clear();
        drop(inner);
        self.arrived.notify_one();
    }

    /// Records that wait.
    #[must_use]
    pub fn records(&self) -> usize {
        self.lock().records
    }

    /// Waits until something is there; `false` when the queue is closed.
    pub async fn ready(&self) -> bool {
        loop {
            {
                let inner = self.lock();
                if inner.closed {
                    return false;
                }
                if !inner.items.is_empty() {
                    return true;
                }
            }
            self.arrived.notified().await;
        }
    }

    /// Takes what is there, up to so many records and bytes (one record always).
    #[must_use]
    pub fn take(&self, records_max: usize, bytes_max: usize) -> Taken {
        let mut inner = self.lock();
        let mut taken = Taken { generation: inner.generation, ..Taken::default() };
        let (mut bytes, mut marks) = (0, 0);
        while let Some(item) = inner.items.front() {
            if let Item::Record(arrival) = item {
                let over = bytes + arrival.bytes > bytes_max || taken.records >= records_max;
                if over && taken.records > 0 {
                    break;
                }
                bytes += arrival.bytes;
                taken.records += 1;
            }
            if let Item::AtEnd { .. } = item {
                marks += 1;
            }
            taken.items.extend(inner.items.pop_front());
        }
        inner.marks -= marks;
        inner.records -= taken.records;
        inner.bytes -= bytes;
        taken
    }
}
