//! What a lane does when something goes wrong: halve, keep, stop one partition, wait for the database, leave. It never
//! loses a record: what is not committed is read again.

use super::{Lane, Went};
use crate::clock;
use crate::intake::pending::Prefix;
use crate::intake::{Control, IntakeError, Partition, stop_name};
use crate::telemetry::{chain, metrics};
use crate::transaction::session::Trouble;
use std::time::Duration;

/// First and longest wait after the database failed.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);

impl Lane {
    /// The breaker says stop: recorded first, so that it holds over restarts and on every instance; then what waits of the
    /// partition is dropped, which will be read again, and the polling thread pauses it. Unrecorded it goes on, and the
    /// next batch trips again.
    pub(super) async fn trip(&mut self, partition: &Partition, reason: &str) {
        let Some(epoch) = self.pending.epoch(partition) else { return };
        let (topic, number) = (partition.0.as_ref(), partition.1);
        match self.parts.session.stop_lane(topic, number, epoch, reason).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(kafka.topic = topic, kafka.partition = number, error = %chain(&error), "a stop could not be recorded: the lane goes on");
                if let Err(error) = self.parts.session.reopen().await {
                    tracing::debug!(error = %chain(&error), "the session could not be opened again");
                }
                return;
            }
        }
        self.pending.disown(partition);
        self.breakers.remove(partition);
        self.parts.progress.stop(partition);
        self.parts.health.unwell(&stop_name(partition), reason);
        tracing::error!(
            kafka.topic = topic,
            kafka.partition = number,
            reason,
            "the breaker stopped the lane: look at `baton quarantine list`, then `baton lane resume {topic} {number}`"
        );
        self.tell(Control::Halt(partition.clone()));
    }

    /// Whether a position of this lane was moved by an operator: no fault of the group then.
    async fn was_moved(&mut self) -> bool {
        match self.parts.session.lane_standings().await {
            Ok(standings) => standings
                .iter()
                .any(|standing| standing.moved && self.pending.owns(&standing.topic, standing.partition)),
            Err(error) => {
                tracing::debug!(error = %chain(&error), "who moved a position could not be read");
                false
            }
        }
    }

    /// Planning panicked: halved like what the database refuses; of one record alone whom it names is parked, undecided.
    pub(super) fn panicked(&mut self, prefix: &Prefix) -> Went {
        if prefix.records == 1 && !prefix.batch.suspect {
            self.suspect = self.pending.first();
            tracing::error!(
                lane = self.parts.number,
                "deciding on a record panicked: whom it names is parked"
            );
            return Went::On;
        }
        self.refused(prefix, "deciding on the record failed by a fault of ours")
    }

    /// The database refused a row of the batch: halve by prefix, down to one record that is kept unread.
    pub(super) fn refused(&mut self, prefix: &Prefix, detail: &str) -> Went {
        if prefix.records > 1 {
            self.halving.refused(prefix.records);
            tracing::warn!(
                lane = self.parts.number,
                records = prefix.records,
                next_records = self.halving.limit(),
                "a batch was refused and is halved"
            );
            return Went::On;
        }
        let alone = prefix.batch.entries.first().is_some_and(|entry| match &entry.decoded {
            Err(unreadable) => unreadable.reason == "database_refused",
            Ok(_) => false,
        });
        if alone {
            let (topic, partition, offset) = self.pending.first().unwrap_or_default();
            self.tell(Control::Stop(IntakeError::Stuck {
                topic,
                partition,
                offset,
                detail: detail.to_owned(),
            }));
            return Went::Stopped;
        }
        tracing::error!(lane = self.parts.number, detail, "a record was refused and is quarantined");
        self.suspect = None;
        // Alone as well when the first batch was one record.
        self.halving.refused(1);
        self.pending.give_up_first("the database or a fault of ours refused what the record says");
        Went::On
    }

    pub(super) async fn outage(&mut self, trouble: &Trouble, why: &str) -> Went {
        match trouble {
            Trouble::Fenced => {
                if self.parts.queue.generation() != self.generation {
                    // The partitions were given back while the batch was under way: nobody missed anything.
                    return Went::Discarded;
                }
                if self.was_moved().await {
                    tracing::info!(
                        lane = self.parts.number,
                        "an operator moved a position: it is taken anew"
                    );
                    self.parts.queue.revoke();
                    self.tell(Control::Retake);
                    return Went::Discarded;
                }
                metrics::fence_miss();
                tracing::warn!(lane = self.parts.number, "fence miss: the batch was rolled back");
                self.parts.queue.revoke();
                self.tell(Control::FenceMiss);
                Went::Discarded
            }
            Trouble::Instance => {
                self.tell(Control::Leave(why.to_owned()));
                Went::Stopped
            }
            Trouble::World | Trouble::Data => {
                self.parts.health.unwell(&self.name, "the database cannot be reached");
                let wait = clock::backoff(RETRY_FIRST, RETRY_MOST, self.retries);
                self.retries = self.retries.saturating_add(1);
                tracing::warn!(
                    lane = self.parts.number,
                    why,
                    wait_milliseconds = wait.as_millis(),
                    "the database is away"
                );
                tokio::time::sleep(wait).await;
                if let Err(error) = self.parts.session.reopen().await {
                    tracing::debug!(error = %chain(&error), "the session could not be opened again");
                }
                Went::On
            }
        }
    }
}
