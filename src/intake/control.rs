//! What lanes and the watch tell the polling thread: fence misses, stopped and resumed lanes, an instance that must leave.
//! It never touches a record.

use super::bounds::Miss;
use super::poll::{Ended, Held, Poller, REBUILD_FIRST, REBUILD_MOST};
use super::rebalance::{Change, Context};
use super::{Control, IntakeError, Partition, stop_name};
use crate::clock;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

impl Poller {
    /// Does what one word asks for, when there is one.
    pub(super) fn controls(
        &mut self,
        consumer: &BaseConsumer<Context>,
        held: &mut Held,
        failures: &mut u32,
    ) -> Result<Option<Ended>, IntakeError> {
        let Ok(control) = self.parts.control.try_recv() else { return Ok(None) };
        match control {
            Control::FenceMiss => self.fence_miss(),
            Control::Halt(partition) => {
                // Given back meanwhile: whoever has it reads the stop when it claims.
                if held.assigned.contains(&partition) {
                    self.halt(consumer, held, &partition, "the breaker stopped it");
                }
                Ok(None)
            }
            Control::Retake => self.retake(consumer, held, failures),
            Control::Leave(why) => {
                self.parts.health.unwell("instance", &why);
                tracing::error!(why, "this instance leaves the group");
                Ok(Some(Ended::Left))
            }
            Control::Stop(error) => Err(error),
        }
    }

    /// Nothing more is read of a partition; the others go on.
    pub(super) fn halt(
        &self,
        consumer: &BaseConsumer<Context>,
        held: &mut Held,
        partition: &Partition,
        reason: &str,
    ) {
        let (topic, number) = (partition.0.as_ref(), partition.1);
        let mut list = TopicPartitionList::new();
        list.add_partition(topic, number);
        if let Err(error) = consumer.pause(&list) {
            tracing::warn!(error = %error, kafka.topic = topic, kafka.partition = number, "a stopped lane could not be paused");
        }
        held.stopped.insert(partition.clone());
        let why = format!("{reason}: see `baton lane list`, then `baton lane resume {topic} {number}`");
        self.parts.health.unwell(&stop_name(partition), &why);
    }

    /// Claims what this member has once more, without leaving the group: every start is chosen anew from Postgres, so a
    /// resumed lane and a moved position begin where they should.
    fn retake(
        &self,
        consumer: &BaseConsumer<Context>,
        held: &mut Held,
        failures: &mut u32,
    ) -> Result<Option<Ended>, IntakeError> {
        let mut list = TopicPartitionList::with_capacity(held.assigned.len());
        for (topic, partition) in &held.assigned {
            list.add_partition(topic, *partition);
        }
        // Several words may ask for the same; and what was given back meanwhile is claimed by whoever has it.
        if list.count() == 0 {
            return Ok(None);
        }
        self.let_go(held);
        let change = match consumer.context().assign(consumer, &list) {
            Ok(assigned) => Change::Assigned(assigned),
            Err(error) => Change::Failed(error),
        };
        self.change(consumer, held, change, failures)
    }

    /// Somebody else owns what this member thinks it has: leave, wait a little, come back.
    fn fence_miss(&mut self) -> Result<Option<Ended>, IntakeError> {
        match self.misses.note(clock::instant()) {
            Miss::Echo => Ok(None),
            Miss::Enough => Err(IntakeError::Fenced),
            Miss::Rejoin => {
                let wait = clock::backoff(REBUILD_FIRST.saturating_mul(2), REBUILD_MOST, 0);
                tracing::warn!(
                    wait_milliseconds = wait.as_millis(),
                    "fence miss: this member leaves the group and joins again"
                );
                Ok(Some(Ended::Rebuild(wait)))
            }
        }
    }
}
