//! Checks the audit by streams in one pass: every stream is gapless up to its counter, and every range that a checkpoint
//! covers still gives the root that was signed. It changes nothing.

use super::merkle::Tree;
use super::verify::{Fault, Report};
use crate::store::error::StoreError;
use crate::store::read::Reader;
use crate::store::read::checkpoints::Covering;
use crate::store::read::trail::StreamRow;
use std::collections::{BTreeMap, VecDeque};
use uuid::Uuid;

/// Rows of one page, as `verify` reads them.
const PAGE_ROWS: i64 = 1_000;
/// Ranges of one page: a day of a busy stream is 1,440.
const PAGE_RANGES: i64 = 500;

/// The ranges of one stream, met one after the other as its rows go by.
struct Cover {
    stream: String,
    /// Checkpoints up to this one count: later ones may cover rows that were not there when reading began.
    up_to: i64,
    ahead: VecDeque<Covering>,
    /// The last number that a range read so far covers.
    read_to: i64,
    /// No range is left to read.
    exhausted: bool,
    tree: Tree,
}

impl Cover {
    fn of(stream: &str, up_to: i64) -> Self {
        Self {
            stream: stream.to_owned(),
            up_to,
            ahead: VecDeque::new(),
            read_to: 0,
            exhausted: up_to == 0,
            tree: Tree::new(),
        }
    }

    /// Takes the stream's next row; says what does not hold, `covered` whether a checkpoint covers the row.
    async fn take(&mut self, reader: &Reader, row: &StreamRow) -> Result<(bool, Option<String>), StoreError> {
        if self.ahead.is_empty() && !self.exhausted {
            let page = reader.ranges_of(&self.stream, self.read_to, self.up_to, PAGE_RANGES).await?;
            self.exhausted = page.is_empty();
            self.ahead.extend(page);
        }
        let Some(next) = self.ahead.front() else { return Ok((false, None)) };
        let (number, range) = (next.number, &next.range);
        if range.from != self.read_to + 1 {
            let what =
                format!("checkpoint {number} covers from {}, {} is the next", range.from, self.read_to + 1);
            return Ok((true, Some(what)));
        }
        self.tree.push(&row.hash);
        if row.stream_sequence < range.to {
            return Ok((true, None));
        }
        let holds = self.tree.root() == range.root;
        let what = (!holds).then(|| {
            format!(
                "numbers {} to {} of the stream do not give the root that checkpoint {number} holds",
                range.from, range.to
            )
        });
        self.read_to = range.to;
        self.tree = Tree::new();
        self.ahead.pop_front();
        Ok((true, what))
    }
}

/// Checks every stream from 1 to its counter, against checkpoints up to `up_to`.
pub(super) async fn check(
    reader: &Reader,
    report: &mut Report,
    up_to: i64,
) -> Result<Option<Fault>, StoreError> {
    // Counters first: rows that commit while we read are beyond them and no fault.
    let counters: BTreeMap<String, i64> = reader.stream_counters().await?.into_iter().collect();
    let mut ends: BTreeMap<String, i64> = BTreeMap::new();
    let mut cover = Cover::of("", 0);
    let mut after = (String::new(), i64::MIN);
    loop {
        let rows = reader.trail_by_stream((&after.0, after.1), PAGE_ROWS).await?;
        let Some(last) = rows.last() else { break };
        after = (last.stream.clone(), last.stream_sequence);
        for row in rows {
            if row.stream != cover.stream {
                cover = Cover::of(&row.stream, up_to);
            }
            let end = ends.entry(row.stream.clone()).or_insert(0);
            if row.stream_sequence != *end + 1 {
                let what = format!("number {} of the stream follows on {}", row.stream_sequence, *end);
                return Ok(Some(fault(row, what)));
            }
            *end = row.stream_sequence;
            let (covered, what) = cover.take(reader, &row).await?;
            report.uncovered += u64::from(!covered);
            if let Some(what) = what {
                return Ok(Some(fault(row, what)));
            }
        }
    }
    report.streams = u64::try_from(ends.len()).unwrap_or(u64::MAX);
    let end = |stream: &str| ends.get(stream).copied().unwrap_or(0);
    if let Some((stream, counter)) = counters.into_iter().find(|(name, counter)| end(name) < *counter) {
        let what = format!("the counter of the stream stands at {counter}, its rows end here");
        return Ok(Some(short(&stream, end(&stream), what)));
    }
    let beyond = reader.covered_streams(up_to).await?.into_iter();
    Ok(beyond.map(|it| (it.number, it.range)).find(|(_, range)| end(&range.stream) < range.to).map(
        |(number, range)| {
            let what = format!(
                "checkpoint {number} covers numbers {} to {} of the stream, its rows end here",
                range.from, range.to
            );
            short(&range.stream, end(&range.stream), what)
        },
    ))
}

fn fault(row: StreamRow, what: String) -> Fault {
    Fault {
        subject_kind: row.subject_kind,
        subject: row.subject_id,
        version: row.version,
        stream: row.stream,
        stream_sequence: row.stream_sequence,
        what,
    }
}

/// A stream whose rows end too early: nobody is left to be named.
fn short(stream: &str, end: i64, what: String) -> Fault {
    Fault {
        subject_kind: 0,
        subject: Uuid::nil(),
        version: 0,
        stream: stream.to_owned(),
        stream_sequence: end,
        what,
    }
}
