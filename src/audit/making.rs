//! The next checkpoint, made from what the audit's streams hold since the last one. It reads and signs; it never writes.
//!
//! A stream's counter and its rows are written by one transaction under the counter's lock, so every row up to a counter
//! that can be read is committed. What is signed is counted all the same: a range ends before the first number missing.

use super::checkpoint::{self, Signer};
use super::merkle::Tree;
use crate::store::checkpoint::{Checkpoint, Range};
use crate::store::error::StoreError;
use crate::store::read::Reader;

/// Rows that one checkpoint covers: read in a second or two, so that a backlog becomes several and a stop waits little.
const ROWS_MAX: i64 = 50_000;
/// Ranges of one checkpoint: about 200 bytes each when published, a fifth of what a broker takes by default.
const RANGES_MAX: i64 = 1_000;
/// Hashes of one page: 200 kB, read in a few milliseconds.
const PAGE_ROWS: i64 = 5_000;

/// What one checkpoint covers at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub rows: i64,
    pub ranges: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: ROWS_MAX, ranges: RANGES_MAX }
    }
}

/// A checkpoint that nobody has stored yet.
#[derive(Clone, Debug)]
pub struct Made {
    pub checkpoint: Checkpoint,
    /// A limit was met: there is more to cover.
    pub full: bool,
}

/// The next checkpoint; `None` when no stream has new rows.
///
/// # Errors
/// The database can't be read.
pub async fn next(reader: &Reader, signer: &Signer, limits: Limits) -> Result<Option<Made>, StoreError> {
    let open = reader.open_streams(limits.ranges).await?;
    if open.is_empty() {
        return Ok(None);
    }
    let streams = i64::try_from(open.len()).unwrap_or(i64::MAX);
    let share = (limits.rows / streams).max(1);
    let mut full = streams == limits.ranges;
    let mut ranges = Vec::with_capacity(open.len());
    for stream in open {
        let (from, to) = (stream.covered + 1, stream.closed.min(stream.covered + share));
        full |= to < stream.closed;
        let (root, reached) = range_root(reader, &stream.name, from, to).await?;
        if reached < to {
            tracing::error!(
                audit.stream = stream.name,
                audit.sequence = reached + 1,
                "the audit lacks a row below its stream's counter: run `baton audit verify`"
            );
        }
        if reached >= from {
            ranges.push(Range { stream: stream.name, from, to: reached, root });
        }
    }
    if ranges.is_empty() {
        return Ok(None);
    }
    let last = reader.last_checkpoint().await?;
    let standing = reader.checkpoint_standing().await?;
    let checkpoint = signer.signed(Checkpoint {
        number: last.as_ref().map_or(1, |last| last.number + 1),
        made_at: standing.now,
        timeline: standing.timeline,
        ranges,
        previous: last.as_ref().map_or([0; 32], checkpoint::hash),
        ..Checkpoint::default()
    });
    Ok(Some(Made { checkpoint, full }))
}

/// The root over the stored hashes of a stream's numbers, and the last number before the first that is missing.
///
/// # Errors
/// The database can't be read.
pub async fn range_root(
    reader: &Reader,
    stream: &str,
    from: i64,
    to: i64,
) -> Result<([u8; 32], i64), StoreError> {
    let mut tree = Tree::new();
    let mut reached = from - 1;
    while reached < to {
        let page = reader.stream_hashes(stream, reached, to, PAGE_ROWS).await?;
        if page.is_empty() {
            break;
        }
        for (number, hash) in page {
            if number != reached + 1 {
                return Ok((tree.root(), reached));
            }
            tree.push(&hash);
            reached = number;
        }
    }
    Ok((tree.root(), reached))
}
