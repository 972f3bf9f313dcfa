//! The tables `checkpoint`, `checkpoint_range` and `checkpoint_lease`: who makes checkpoints, and what was made. It signs
//! nothing, publishes nothing, and changes of a checkpoint only that it was published.

use super::error::StoreError;
use super::read::Reader;
use super::statement::Statement;
use crate::domain::time::Moment;

const TAKE: Statement = Statement::new(
    "checkpoint_lease.take",
    "UPDATE checkpoint_lease SET owner = $1, lease_epoch = lease_epoch + (owner <> $1)::integer,
         lease_until = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $2
     WHERE owner = $1 OR lease_until < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
     RETURNING lease_epoch",
);
const RELEASE: Statement = Statement::new(
    "checkpoint_lease.release",
    "UPDATE checkpoint_lease SET lease_until = 0 WHERE owner = $1",
);
// One statement, so that no checkpoint is ever there by half; the keys refuse what a lost lease would do twice.
const APPEND: Statement = Statement::new(
    "checkpoint.append",
    "WITH made AS (
         INSERT INTO checkpoint (number, made_at, timeline, root, previous, key_id, public_key, signature)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
         WHERE EXISTS (SELECT FROM checkpoint_lease WHERE owner = $9 AND lease_epoch = $10)
             AND $1 = (SELECT coalesce(max(number), 0) + 1 FROM checkpoint)
         RETURNING number)
     INSERT INTO checkpoint_range (number, stream, from_sequence, to_sequence, root)
     SELECT made.number, new.stream, new.from_sequence, new.to_sequence, new.root
     FROM made, unnest($11::text[], $12::bigint[], $13::bigint[], $14::bytea[])
         AS new (stream, from_sequence, to_sequence, root)",
);
const MARK: Statement = Statement::new(
    "checkpoint.mark_published",
    "UPDATE checkpoint SET published_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
     WHERE number = $1 AND published_at IS NULL
         AND EXISTS (SELECT FROM checkpoint_lease WHERE owner = $2 AND lease_epoch = $3)",
);

pub(super) const STATEMENTS: &[Statement] = &[TAKE, RELEASE, APPEND, MARK];

/// A signed root over closed ranges of streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Gapless from 1.
    pub number: i64,
    pub made_at: Moment,
    pub timeline: i32,
    /// In the order of their streams' bytes, at most one of a stream.
    pub ranges: Vec<Range>,
    /// Merkle root over the ranges.
    pub root: [u8; 32],
    /// The hash of the checkpoint before; zeros for the first.
    pub previous: [u8; 32],
    pub key_id: String,
    /// Ed25519.
    pub public_key: [u8; 32],
    /// Ed25519.
    pub signature: [u8; 64],
}

impl Default for Checkpoint {
    /// Nothing, signed by nobody.
    fn default() -> Self {
        Self {
            number: 0,
            made_at: Moment(0),
            timeline: 0,
            ranges: Vec::new(),
            root: [0; 32],
            previous: [0; 32],
            key_id: String::new(),
            public_key: [0; 32],
            signature: [0; 64],
        }
    }
}

/// Numbers of a stream, both ends included, and the Merkle root over the hashes of their rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub stream: String,
    pub from: i64,
    pub to: i64,
    pub root: [u8; 32],
}

/// Where checkpoints are written. Every write is one statement, so a connection that broke is simply replaced.
#[derive(Clone, Debug)]
pub struct Book {
    reader: Reader,
}

impl Book {
    /// Opens a connection.
    ///
    /// # Errors
    /// The database can't be reached.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self { reader: Reader::open(url, 1).await? })
    }

    /// The reads, over the same connection.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Takes or renews the lease for so many microseconds; its epoch, or `None` while somebody else holds it.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn take_lease(&self, owner: &str, micros: i64) -> Result<Option<i64>, StoreError> {
        let taken: Option<(i64,)> = TAKE
            .rows()
            .bind(owner)
            .bind(micros)
            .fetch_optional(&self.reader.pool)
            .await
            .map_err(|error| TAKE.failed(error))?;
        Ok(taken.map(|(epoch,)| epoch))
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn release(&self, owner: &str) -> Result<(), StoreError> {
        let done = RELEASE.query().bind(owner).execute(&self.reader.pool).await;
        done.map_err(|error| RELEASE.failed(error))?;
        Ok(())
    }

    /// Stores a checkpoint with its ranges while the lease is ours and its number is the next; false: it was not stored.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn append(&self, made: &Checkpoint, owner: &str, epoch: i64) -> Result<bool, StoreError> {
        let done = APPEND
            .query()
            .bind(made.number)
            .bind(made.made_at.0)
            .bind(made.timeline)
            .bind(made.root.to_vec())
            .bind(made.previous.to_vec())
            .bind(made.key_id.as_str())
            .bind(made.public_key.to_vec())
            .bind(made.signature.to_vec())
            .bind(owner)
            .bind(epoch)
            .bind(made.ranges.iter().map(|range| range.stream.clone()).collect::<Vec<_>>())
            .bind(made.ranges.iter().map(|range| range.from).collect::<Vec<_>>())
            .bind(made.ranges.iter().map(|range| range.to).collect::<Vec<_>>())
            .bind(made.ranges.iter().map(|range| range.root.to_vec()).collect::<Vec<_>>())
            .execute(&self.reader.pool)
            .await
            .map_err(|error| APPEND.failed(error))?;
        Ok(done.rows_affected() > 0)
    }

    /// Notes that a checkpoint was published, while the lease is ours; false: it is not ours any more.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn mark_published(&self, number: i64, owner: &str, epoch: i64) -> Result<bool, StoreError> {
        let done = MARK.query().bind(number).bind(owner).bind(epoch).execute(&self.reader.pool).await;
        Ok(done.map_err(|error| MARK.failed(error))?.rows_affected() > 0)
    }
}
