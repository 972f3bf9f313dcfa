//! Back-pressure: which lanes are paused while they are full, and which because they were stopped. It never drops a record.

use super::poll::{Held, Poller};
use super::rebalance::Context;
use super::{Partition, lane_of};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use std::sync::atomic::Ordering;

impl Poller {
    /// Pauses what belongs to full lanes, lets go on what has room again.
    pub(super) fn pressure(&self, consumer: &BaseConsumer<Context>, held: &mut Held) {
        let lanes = self.parts.queues.len();
        for (number, queue) in self.parts.queues.iter().enumerate() {
            if !held.paused.contains(&number) && queue.is_full() {
                held.paused.insert(number);
                Self::set_paused(consumer, held, |partition| lane_of(partition, lanes) == number, true);
            } else if held.paused.contains(&number) && queue.has_room() && !held.halted {
                held.paused.remove(&number);
                Self::set_paused(consumer, held, |partition| lane_of(partition, lanes) == number, false);
            }
        }
        let halted = self.parts.halted.load(Ordering::Relaxed);
        if halted != held.halted {
            held.halted = halted;
            let paused = held.paused.clone();
            Self::set_paused(
                consumer,
                held,
                |partition| halted || !paused.contains(&lane_of(partition, lanes)),
                halted,
            );
        }
    }

    pub(super) fn set_paused(
        consumer: &BaseConsumer<Context>,
        held: &Held,
        chosen: impl Fn(i32) -> bool,
        paused: bool,
    ) {
        let mut list = TopicPartitionList::new();
        // What the breaker stopped stays paused, whatever its lane does.
        let goes_on = |partition: &Partition| paused || !held.stopped.contains(partition);
        for partition in held.assigned.iter().filter(|it| chosen(it.1) && goes_on(it)) {
            list.add_partition(&partition.0, partition.1);
        }
        if list.count() == 0 {
            return;
        }
        let done = if paused { consumer.pause(&list) } else { consumer.resume(&list) };
        if let Err(error) = done {
            tracing::warn!(error = %error, kafka.paused = paused, "partitions could not be paused or resumed");
        }
    }
}
