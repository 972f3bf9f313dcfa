//! The loop of checkpoints: who holds the lease makes one when there is something new, and publishes. What was made and not
//! published goes first, so that they stand on Kafka in order. It decides nothing about what a checkpoint holds.

use crate::audit::checkpoint::{Signer, hash};
use crate::audit::making::{self, Limits};
use crate::clock;
use crate::relay::RelayError;
use crate::relay::checkpoints::Sender;
use crate::store::checkpoint::{Book, Checkpoint};
use crate::store::error::StoreError;
use crate::telemetry::chain;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// First and longest wait after a failed round.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MOST: Duration = Duration::from_secs(60);
/// A lease outlives its holder's next round by so much.
const LEASE_SPARE: Duration = Duration::from_secs(30);
/// Checkpoints that are read to be published at once: 5 kB each.
const PUBLISH_MAX: i64 = 100;

/// Why a round failed; the next one starts anew from the rows.
#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error("checkpoints could not be read or stored")]
    Store(#[from] StoreError),
    #[error("a checkpoint could not be published")]
    Send(#[from] RelayError),
}

/// What became of a round.
enum Round {
    Done,
    /// There is more to cover or to publish.
    More,
}

/// One instance's part in the making of checkpoints.
pub(super) struct Checkpoints {
    pub book: Book,
    pub signer: Signer,
    pub sender: Sender,
    /// Names this life of the process on the lease.
    pub owner: String,
    pub period: Duration,
}

impl Checkpoints {
    /// Runs until cancelled; a checkpoint is stored by one statement, so a stop leaves none half made.
    pub(super) async fn run(mut self, cancel: CancellationToken) {
        let mut failures = 0;
        while !cancel.is_cancelled() {
            let wait = match self.round(&cancel).await {
                Ok(Round::More) => continue,
                Ok(Round::Done) => {
                    failures = 0;
                    self.period
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "a round of checkpoints failed: it is tried again");
                    self.sender.reset();
                    failures += 1;
                    clock::backoff(RETRY_FIRST, RETRY_MOST, failures)
                }
            };
            tokio::select! {
                biased;
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        if let Err(error) = self.book.release(&self.owner).await {
            tracing::debug!(error = %chain(&error), "the lease of checkpoints was not given back and runs out");
        }
    }

    /// Publishes what waits, then makes at most one checkpoint and publishes it.
    async fn round(&mut self, cancel: &CancellationToken) -> Result<Round, RoundError> {
        let lease = i64::try_from((self.period + LEASE_SPARE).as_micros()).unwrap_or(i64::MAX);
        let Some(epoch) = self.book.take_lease(&self.owner, lease).await? else { return Ok(Round::Done) };
        let waiting = self.book.reader().unpublished_checkpoints(PUBLISH_MAX).await?;
        let more = i64::try_from(waiting.len()).is_ok_and(|count| count == PUBLISH_MAX);
        if !self.publish(&waiting, epoch, cancel).await? {
            return Ok(Round::Done);
        }
        if more {
            return Ok(Round::More);
        }
        let Some(made) = making::next(self.book.reader(), &self.signer, Limits::default()).await? else {
            return Ok(Round::Done);
        };
        if !self.book.append(&made.checkpoint, &self.owner, epoch).await? {
            // Somebody else holds the lease by now and goes on from here.
            return Ok(Round::Done);
        }
        tracing::debug!(
            audit.checkpoint = made.checkpoint.number,
            audit.streams = made.checkpoint.ranges.len(),
            "a checkpoint was made"
        );
        let published = self.publish(&[made.checkpoint], epoch, cancel).await?;
        Ok(if published && made.full { Round::More } else { Round::Done })
    }

    /// Sends checkpoints one after the other and notes each; false: the lease is gone, or it is time to stop.
    async fn publish(
        &mut self,
        checkpoints: &[Checkpoint],
        epoch: i64,
        cancel: &CancellationToken,
    ) -> Result<bool, RoundError> {
        for checkpoint in checkpoints {
            // Derived from the content: sent twice it is the same record, and no other content ever bears this id.
            let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, &hash(checkpoint));
            tokio::select! {
                biased;
                () = cancel.cancelled() => {
                    self.sender.reset();
                    return Ok(false);
                }
                sent = self.sender.send(checkpoint, id) => sent?,
            }
            if !self.book.mark_published(checkpoint.number, &self.owner, epoch).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
