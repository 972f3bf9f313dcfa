//! The ledger added up: its ranges abut, each row adds up, and the last one ends where the position stands. It reads in
//! pages up to a bound that was read together with the positions, so that batches may commit meanwhile.

use super::Offenders;
use crate::store::error::StoreError;
use crate::store::read::Reader;
use crate::store::read::checks::{LedgerLine, Standing};
use crate::store::read::sums::Totals;
use std::collections::BTreeMap;

/// Ledger rows of one page, read in some ten milliseconds.
const PAGE_ROWS: i64 = 5_000;
/// Read again at most so often where the upkeep folded old rows meanwhile, which it does for a moment once an hour.
const READS_MAX: u32 = 4;
/// How a row is named that an operator's move of a position wrote.
const MOVED: &str = "position";

/// A topic and a partition.
pub type Place = (String, i32);

/// Abutting rows of one partition, taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First offset.
    pub from: i64,
    /// The offset after the last.
    pub to: i64,
    /// Records that the rows say were read.
    pub read: i64,
}

/// What the ledger says.
#[derive(Clone, Debug, Default)]
pub struct Ranges {
    pub totals: Totals,
    pub standings: Vec<Standing>,
    /// Ranges that the broker still holds whole.
    pub runs: BTreeMap<Place, Vec<Run>>,
    /// Where the ledger of a partition begins.
    pub begins: BTreeMap<Place, i64>,
    pub(super) offenders: Offenders,
}

/// One partition while its rows are read.
#[derive(Default)]
struct Column {
    runs: Vec<Run>,
    begin: Option<i64>,
    end: Option<i64>,
    /// The last row, and where the partition stood before it.
    last: Option<(LedgerLine, Option<i64>)>,
}

impl Ranges {
    /// Reads the ledger; `starts`: the first offset that the broker still holds, where it is known.
    ///
    /// # Errors
    /// The database can't be read.
    pub async fn read(reader: &Reader, starts: &BTreeMap<Place, i64>) -> Result<Self, StoreError> {
        let mut reads = 1;
        loop {
            let folded = reader.ledger_folded().await?;
            let ranges = Self::read_once(reader, starts).await?;
            if reads == READS_MAX || reader.ledger_folded().await? == folded {
                return Ok(ranges);
            }
            reads += 1;
        }
    }

    async fn read_once(reader: &Reader, starts: &BTreeMap<Place, i64>) -> Result<Self, StoreError> {
        let (standings, bound) = reader.standings().await?;
        let mut ranges = Self { standings, ..Self::default() };
        let mut columns: BTreeMap<Place, Column> = BTreeMap::new();
        let mut after = 0;
        loop {
            let page = reader.ledger_lines(after, bound, PAGE_ROWS).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for line in page {
                let place = (line.topic.clone(), line.partition);
                let start = starts.get(&place).copied().unwrap_or(i64::MIN);
                ranges.add(columns.entry(place).or_default(), line, start);
            }
        }
        ranges.close(columns);
        Ok(ranges)
    }

    fn add(&mut self, column: &mut Column, line: LedgerLine, start: i64) {
        let sum =
            line.applied + line.duplicate + line.filtered + line.refused + line.parked + line.quarantined;
        if sum != line.read {
            self.offenders.add(|| format!("row {}: {} records read, {sum} outcomes", line.id, line.read));
        }
        let moved = line.kind == MOVED;
        let before = column.end;
        if before.is_some_and(|end| end != line.from_offset) {
            self.offenders.add(|| {
                format!(
                    "{}/{}: a range ends at {}, the next begins at {}",
                    line.topic,
                    line.partition,
                    before.unwrap_or_default(),
                    line.from_offset
                )
            });
        }
        column.begin.get_or_insert(line.from_offset);
        column.end = Some(line.to_offset);
        if !moved {
            self.count(&line, 1);
            if line.from_offset >= start {
                match column.runs.last_mut().filter(|run| run.to == line.from_offset) {
                    Some(run) => {
                        run.to = line.to_offset;
                        run.read += line.read;
                    }
                    None => {
                        column.runs.push(Run { from: line.from_offset, to: line.to_offset, read: line.read });
                    }
                }
            }
        }
        column.last = Some((line, before));
    }

    fn count(&mut self, line: &LedgerLine, sign: i64) {
        self.totals.read += sign * line.read;
        self.totals.applied += sign * line.applied;
        self.totals.duplicate += sign * line.duplicate;
        self.totals.filtered += sign * line.filtered;
        self.totals.refused += sign * line.refused;
        self.totals.parked += sign * line.parked;
        self.totals.quarantined += sign * line.quarantined;
    }

    fn close(&mut self, columns: BTreeMap<Place, Column>) {
        let next: BTreeMap<Place, i64> = self
            .standings
            .iter()
            .map(|standing| ((standing.topic.clone(), standing.partition), standing.next_offset))
            .collect();
        for (place, mut column) in columns {
            let stands = next.get(&place).copied();
            // The batch that was under way when the positions were read, and has committed since.
            if let Some((line, before)) = column.last.take()
                && column.end != stands
                && before.is_some()
                && before == stands
                && line.kind != MOVED
            {
                self.count(&line, -1);
                if let Some(run) = column.runs.last_mut() {
                    run.to = line.from_offset;
                    run.read -= line.read;
                }
                column.end = before;
            }
            if column.end != stands {
                self.offenders.add(|| match stands {
                    Some(next) => format!(
                        "{}/{}: the ledger ends at {}, the position is {next}",
                        place.0,
                        place.1,
                        column.end.unwrap_or_default()
                    ),
                    None => format!("{}/{} stands in the ledger and has no position", place.0, place.1),
                });
            }
            self.begins.insert(place.clone(), column.begin.unwrap_or_default());
            self.runs.insert(place, column.runs);
        }
    }
}
