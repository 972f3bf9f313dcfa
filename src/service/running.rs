//! A service that runs: waits for its end and stops its parts in order. It starts nothing.

use super::ServiceError;
use crate::telemetry::health::Health;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A part of the service and how it ended.
pub(super) type Ended = (&'static str, Result<(), ServiceError>);

/// A service that runs, until [`Running::until_stopped`] ends.
pub struct Running {
    /// Where the board listens.
    pub address: std::net::SocketAddr,
    pub health: Health,
    pub(super) stop: CancellationToken,
    pub(super) late: CancellationToken,
    pub(super) tasks: JoinSet<Ended>,
    pub(super) late_tasks: JoinSet<Ended>,
    pub(super) bound: Duration,
}

impl Running {
    /// Cancel it to stop in order.
    #[must_use]
    pub fn stopper(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Waits until the service was told to stop and every part has ended, or a part ended by itself.
    ///
    /// # Errors
    /// A part failed, or ended without being told to.
    pub async fn until_stopped(mut self) -> Result<(), ServiceError> {
        let first = loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break Ok(()),
                Some(ended) = self.tasks.join_next() => {
                    if let Some(failure) = fault(ended) {
                        break Err(failure);
                    }
                }
                Some(ended) = self.late_tasks.join_next() => {
                    if let Some(failure) = fault(ended) {
                        break Err(failure);
                    }
                }
            }
        };
        self.health.stopping();
        self.stop.cancel();
        let bound = self.bound;
        let ended = tokio::time::timeout(bound, async {
            // Lanes finish their batch first, so that the relay's last round has their rows.
            while self.tasks.join_next().await.is_some() {}
            self.late.cancel();
            while self.late_tasks.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            tracing::warn!(
                bound_seconds = bound.as_secs(),
                "parts did not stop within the bound and are cut off"
            );
            self.late.cancel();
        }
        tracing::info!("stopped");
        first
    }
}

/// What a part's end means while nobody told it to stop. A lane may end by itself: its health says why, others go on.
fn fault(ended: Result<Ended, tokio::task::JoinError>) -> Option<ServiceError> {
    match ended {
        Ok(("a lane", Ok(()))) => None,
        Ok((part, Ok(()))) => Some(ServiceError::Ended(part)),
        Ok((_, Err(error))) => Some(error),
        Err(_) => Some(ServiceError::Ended("a task")),
    }
}
