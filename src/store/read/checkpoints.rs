//! Checkpoints and what they cover, in short pages, for making the next one and for checking all. It checks nothing itself.

use super::Reader;
use crate::domain::time::Moment;
use crate::store::checkpoint::{Checkpoint, Range};
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;
use std::collections::BTreeMap;

const STANDING: Statement = Statement::new(
    "checkpoint.standing",
    "SELECT coalesce((SELECT now FROM clock), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS now,
         number AS timeline FROM timeline",
);
const OPEN: Statement = Statement::new(
    "checkpoint.open_streams",
    "SELECT counters.name, coalesce(done.to_sequence, 0) AS covered, counters.last AS closed
     FROM (SELECT name, last FROM audit_stream
         UNION ALL SELECT topic || '/' || partition, audit_sequence FROM input_position) AS counters
     LEFT JOIN LATERAL (SELECT to_sequence FROM checkpoint_range WHERE stream = counters.name
         ORDER BY to_sequence DESC LIMIT 1) AS done ON true
     WHERE counters.last > coalesce(done.to_sequence, 0) ORDER BY counters.name LIMIT $1",
);
const HASHES: Statement = Statement::new(
    "audit.stream_hashes",
    "SELECT stream_sequence, hash FROM audit WHERE stream = $1 AND stream_sequence > $2 AND stream_sequence <= $3
     ORDER BY stream_sequence LIMIT $4",
);
const LAST: Statement = Statement::new("checkpoint.last", "SELECT coalesce(max(number), 0) FROM checkpoint");
const LAST_PUBLISHED: Statement = Statement::new(
    "checkpoint.last_published",
    "SELECT coalesce(max(number), 0) FROM checkpoint WHERE published_at IS NOT NULL",
);
const PAGE: Statement = Statement::new(
    "checkpoint.page",
    "SELECT number, made_at, timeline, root, previous, key_id, public_key, signature FROM checkpoint
     WHERE number > $1 ORDER BY number LIMIT $2",
);
const UNPUBLISHED: Statement = Statement::new(
    "checkpoint.unpublished",
    "SELECT number, made_at, timeline, root, previous, key_id, public_key, signature FROM checkpoint
     WHERE published_at IS NULL ORDER BY number LIMIT $1",
);
const NAMED: Statement = Statement::new(
    "checkpoint.named",
    "SELECT number, made_at, timeline, root, previous, key_id, public_key, signature FROM checkpoint
     WHERE number = ANY($1::bigint[]) ORDER BY number",
);
const RANGES: Statement = Statement::new(
    "checkpoint_range.of",
    "SELECT number, stream, from_sequence, to_sequence, root FROM checkpoint_range WHERE number = ANY($1::bigint[])",
);
const OF_STREAM: Statement = Statement::new(
    "checkpoint_range.of_stream",
    "SELECT number, stream, from_sequence, to_sequence, root FROM checkpoint_range
     WHERE stream = $1 AND to_sequence > $2 AND number <= $3 ORDER BY to_sequence LIMIT $4",
);
// Steps from stream to stream along the key: ranges are many, streams are few.
const COVERED: Statement = Statement::new(
    "checkpoint_range.covered",
    "WITH RECURSIVE streams AS (
         (SELECT stream FROM checkpoint_range ORDER BY stream LIMIT 1)
         UNION ALL
         SELECT (SELECT stream FROM checkpoint_range WHERE stream > streams.stream ORDER BY stream LIMIT 1)
         FROM streams WHERE streams.stream IS NOT NULL)
     SELECT last.number, streams.stream, last.from_sequence, last.to_sequence, last.root
     FROM streams CROSS JOIN LATERAL (SELECT number, from_sequence, to_sequence, root FROM checkpoint_range
         WHERE stream = streams.stream AND number <= $1 ORDER BY to_sequence DESC LIMIT 1) AS last
     WHERE streams.stream IS NOT NULL",
);

pub(super) const STATEMENTS: &[Statement] =
    &[STANDING, OPEN, HASHES, LAST, LAST_PUBLISHED, PAGE, UNPUBLISHED, NAMED, RANGES, OF_STREAM, COVERED];

/// The time and the timeline that a checkpoint is made under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub now: Moment,
    pub timeline: i32,
}

/// A stream with rows that no checkpoint covers.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct OpenStream {
    pub name: String,
    /// The last number that a checkpoint covers; 0 for none.
    pub covered: i64,
    /// The last number that is committed, by the stream's counter.
    pub closed: i64,
}

/// A range with the number of its checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covering {
    pub number: i64,
    pub range: Range,
}

#[derive(FromRow)]
struct Stored {
    number: i64,
    made_at: i64,
    timeline: i32,
    root: Vec<u8>,
    previous: Vec<u8>,
    key_id: String,
    public_key: Vec<u8>,
    signature: Vec<u8>,
}

#[derive(FromRow)]
struct StoredRange {
    number: i64,
    stream: String,
    from_sequence: i64,
    to_sequence: i64,
    root: Vec<u8>,
}

fn fixed<const N: usize>(bytes: Vec<u8>, number: i64, column: &str) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged {
        what: "checkpoint",
        id: number.to_string(),
        detail: column.to_owned(),
    })
}

impl StoredRange {
    fn read(self) -> Result<Covering, StoreError> {
        let root = fixed(self.root, self.number, "root of a range")?;
        let range = Range { stream: self.stream, from: self.from_sequence, to: self.to_sequence, root };
        Ok(Covering { number: self.number, range })
    }
}

impl Stored {
    fn read(self, mut ranges: Vec<Range>) -> Result<Checkpoint, StoreError> {
        ranges.sort_by(|left, right| {
            (left.stream.as_bytes(), left.from).cmp(&(right.stream.as_bytes(), right.from))
        });
        Ok(Checkpoint {
            number: self.number,
            made_at: Moment(self.made_at),
            timeline: self.timeline,
            ranges,
            root: fixed(self.root, self.number, "root")?,
            previous: fixed(self.previous, self.number, "previous")?,
            key_id: self.key_id,
            public_key: fixed(self.public_key, self.number, "public_key")?,
            signature: fixed(self.signature, self.number, "signature")?,
        })
    }
}

impl Reader {
    /// The time and the timeline.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn checkpoint_standing(&self) -> Result<Standing, StoreError> {
        let (now, timeline): (i64, i32) =
            STANDING.rows().fetch_one(&self.pool).await.map_err(|error| STANDING.failed(error))?;
        Ok(Standing { now: Moment(now), timeline })
    }

    /// Streams with rows that no checkpoint covers, by name.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn open_streams(&self, limit: i64) -> Result<Vec<OpenStream>, StoreError> {
        OPEN.rows().bind(limit).fetch_all(&self.pool).await.map_err(|error| OPEN.failed(error))
    }

    /// Numbers and hashes of a stream's rows after one number, up to another.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn stream_hashes(
        &self,
        stream: &str,
        after: i64,
        to: i64,
        limit: i64,
    ) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
        HASHES
            .rows()
            .bind(stream)
            .bind(after)
            .bind(to)
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| HASHES.failed(error))
    }

    /// The number of the last checkpoint; 0 for none.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn last_checkpoint_number(&self) -> Result<i64, StoreError> {
        let (number,) = LAST.rows().fetch_one(&self.pool).await.map_err(|error| LAST.failed(error))?;
        Ok(number)
    }

    /// The number of the last checkpoint that was published; 0 for none.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn last_published_number(&self) -> Result<i64, StoreError> {
        let (number,) = LAST_PUBLISHED
            .rows()
            .fetch_one(&self.pool)
            .await
            .map_err(|error| LAST_PUBLISHED.failed(error))?;
        Ok(number)
    }

    /// The last checkpoint.
    ///
    /// # Errors
    /// A statement fails, or the row holds bytes of another length.
    pub async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let number = self.last_checkpoint_number().await?;
        Ok(self.checkpoints_named(&[number]).await?.pop())
    }

    /// The next checkpoints after a number, in order.
    ///
    /// # Errors
    /// As [`Self::last_checkpoint`].
    pub async fn checkpoints_after(&self, after: i64, limit: i64) -> Result<Vec<Checkpoint>, StoreError> {
        let rows: Vec<Stored> = PAGE
            .rows()
            .bind(after)
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| PAGE.failed(error))?;
        self.with_ranges(rows).await
    }

    /// The oldest checkpoints that were not published, in order.
    ///
    /// # Errors
    /// As [`Self::last_checkpoint`].
    pub async fn unpublished_checkpoints(&self, limit: i64) -> Result<Vec<Checkpoint>, StoreError> {
        let rows: Vec<Stored> = UNPUBLISHED
            .rows()
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| UNPUBLISHED.failed(error))?;
        self.with_ranges(rows).await
    }

    /// Checkpoints by their numbers, in order; absent ones are absent.
    ///
    /// # Errors
    /// As [`Self::last_checkpoint`].
    pub async fn checkpoints_named(&self, numbers: &[i64]) -> Result<Vec<Checkpoint>, StoreError> {
        let rows: Vec<Stored> =
            NAMED.rows().bind(numbers).fetch_all(&self.pool).await.map_err(|error| NAMED.failed(error))?;
        self.with_ranges(rows).await
    }

    async fn with_ranges(&self, rows: Vec<Stored>) -> Result<Vec<Checkpoint>, StoreError> {
        let numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
        let stored: Vec<StoredRange> =
            RANGES.rows().bind(numbers).fetch_all(&self.pool).await.map_err(|error| RANGES.failed(error))?;
        let mut ranges: BTreeMap<i64, Vec<Range>> = BTreeMap::new();
        for row in stored {
            let covering = row.read()?;
            ranges.entry(covering.number).or_default().push(covering.range);
        }
        rows.into_iter()
            .map(|row| {
                let mine = ranges.remove(&row.number).unwrap_or_default();
                row.read(mine)
            })
            .collect()
    }

    /// The next ranges of a stream after a number, of checkpoints up to one, in order.
    ///
    /// # Errors
    /// As [`Self::last_checkpoint`].
    pub async fn ranges_of(
        &self,
        stream: &str,
        after: i64,
        up_to: i64,
        limit: i64,
    ) -> Result<Vec<Covering>, StoreError> {
        let rows: Vec<StoredRange> = OF_STREAM
            .rows()
            .bind(stream)
            .bind(after)
            .bind(up_to)
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| OF_STREAM.failed(error))?;
        rows.into_iter().map(StoredRange::read).collect()
    }

    /// The last range of every stream, of checkpoints up to one.
    ///
    /// # Errors
    /// As [`Self::last_checkpoint`].
    pub async fn covered_streams(&self, up_to: i64) -> Result<Vec<Covering>, StoreError> {
        let rows: Vec<StoredRange> =
            COVERED.rows().bind(up_to).fetch_all(&self.pool).await.map_err(|error| COVERED.failed(error))?;
        rows.into_iter().map(StoredRange::read).collect()
    }
}
