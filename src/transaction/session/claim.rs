//! Taking over partitions, and saying that a lane stands at their end. It never chooses where a partition starts on
//! Kafka; the caller gives the offsets.

use super::{CommitError, Session};
use crate::store::{connect, lane, position};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A partition to take over, and where it starts when it has no position yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub topic: Arc<str>,
    pub partition: i32,
    /// Where it starts when no partition of its topic has a position: the first start.
    pub first_of_new_topic: i64,
    /// Where it starts when its topic has positions and it has none: a grown topic is read from its beginning.
    pub first_of_known_topic: i64,
}

/// A partition that was taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub topic: Arc<str>,
    pub partition: i32,
    pub epoch: i64,
    pub next_offset: i64,
    /// The hash of the last record before `next_offset`; `None` where none was read yet.
    pub last_hash: Option<[u8; 32]>,
    /// Why nobody may read it until an operator resumes it.
    pub stopped: Option<String>,
}

impl Session {
    /// Takes over partitions: from now on whoever owned them misses the fence.
    ///
    /// # Errors
    /// The database can't be reached, or a lock was not given in time; nothing is taken over then.
    pub async fn claim(&mut self, wanted: &[Wanted]) -> Result<Vec<Claimed>, CommitError> {
        if self.dirty {
            self.reopen().await?;
        }
        self.dirty = true;
        let claimed = self.claimed(wanted).await;
        if claimed.is_err() && connect::rollback(&mut self.conn).await.is_err() {
            return claimed;
        }
        self.dirty = false;
        claimed
    }

    async fn claimed(&mut self, wanted: &[Wanted]) -> Result<Vec<Claimed>, CommitError> {
        let conn = &mut self.conn;
        connect::begin(conn).await.map_err(CommitError::Store)?;
        let topics: BTreeSet<String> = wanted.iter().map(|want| want.topic.to_string()).collect();
        let topics: Vec<String> = topics.into_iter().collect();
        let known = position::known_topics(conn, &topics).await.map_err(CommitError::Store)?;
        let starts: Vec<(String, i32, i64)> = wanted
            .iter()
            .map(|want| {
                let grown = known.iter().any(|topic| *topic == *want.topic);
                let first = if grown { want.first_of_known_topic } else { want.first_of_new_topic };
                (want.topic.to_string(), want.partition, first)
            })
            .collect();
        position::insert(conn, &starts).await.map_err(CommitError::Store)?;
        let mine: Vec<(String, i32)> =
            starts.into_iter().map(|(topic, partition, _)| (topic, partition)).collect();
        let rows = position::fence(conn, &mine).await.map_err(CommitError::Store)?;
        let stops = lane::stops(conn, &mine).await.map_err(CommitError::Store)?;
        let owner = self.settings.application_name.clone();
        position::claim(conn, &mine, &owner).await.map_err(CommitError::Store)?;
        connect::commit(conn).await.map_err(CommitError::Store)?;
        Ok(rows
            .into_iter()
            .map(|row| Claimed {
                stopped: stops
                    .iter()
                    .find(|stop| stop.0 == row.topic && stop.1 == row.partition)
                    .map(|stop| stop.2.clone()),
                topic: Arc::from(row.topic.as_str()),
                partition: row.partition,
                epoch: row.epoch + 1,
                next_offset: row.next_offset,
                last_hash: row.last_hash.and_then(|hash| hash.try_into().ok()),
            })
            .collect())
    }

    /// Says that the lane stands at the end of these partitions now: (topic, partition, epoch, next offset). Returns how
    /// many are still ours. `age_micros`: how long ago the end may have been seen; the facts are known no further.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn heartbeat(
        &mut self,
        mine: &[(String, i32, i64, i64)],
        age_micros: i64,
    ) -> Result<u64, CommitError> {
        if self.dirty {
            self.reopen().await?;
        }
        position::heartbeat(&mut self.conn, mine, age_micros).await.map_err(CommitError::Store)
    }
}
