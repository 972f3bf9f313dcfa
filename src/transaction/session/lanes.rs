//! Lanes that stand still, as the database has them: recorded when the breaker trips, looked at by whoever owns the lane.
//! It never talks to Kafka and never resumes one: that is an operator's act.

use super::{CommitError, Session};
use crate::store::lane;
use crate::store::position::OPERATOR;

/// A lane as the database has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneStanding {
    pub topic: String,
    pub partition: i32,
    pub epoch: i64,
    /// An operator moved the position: its epoch is raised, and nobody owns it.
    pub moved: bool,
    /// Why it stands still, when it does.
    pub stopped: Option<String>,
}

impl Session {
    /// Records that a lane stands still from now on, over restarts and on every instance; false when somebody else owns
    /// it by now.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn stop_lane(
        &mut self,
        topic: &str,
        partition: i32,
        epoch: i64,
        reason: &str,
    ) -> Result<bool, CommitError> {
        if self.dirty {
            self.reopen().await?;
        }
        lane::stop(&mut self.conn, topic, partition, epoch, reason).await.map_err(CommitError::Store)
    }

    /// Every lane as it stands, without a lock.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn lane_standings(&mut self) -> Result<Vec<LaneStanding>, CommitError> {
        if self.dirty {
            self.reopen().await?;
        }
        let rows = match lane::list(&mut self.conn).await {
            Ok(rows) => rows,
            Err(error) => {
                // The connection may be gone; whoever uses it next opens another.
                self.dirty = true;
                return Err(CommitError::Store(error));
            }
        };
        Ok(rows
            .into_iter()
            .map(|row| LaneStanding {
                topic: row.topic,
                partition: row.partition,
                epoch: row.epoch,
                moved: row.owner == OPERATOR,
                stopped: row.stopped_reason,
            })
            .collect())
    }
}
