//! How far a long telling is: a bar on a terminal, plain lines elsewhere. It never writes to standard output.

use super::complain;
use crate::domain::time::{DAY, MINUTE};
use indicatif::{ProgressBar, ProgressStyle};
use std::cell::Cell;
use std::io::IsTerminal as _;

/// Without a terminal so many lines are written in all.
const LINES: u64 = 6;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Day,
    Minute,
}

impl Unit {
    fn micros(self) -> i64 {
        match self {
            Self::Day => DAY,
            Self::Minute => MINUTE,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Minute => "minute",
        }
    }
}

/// Progress in days or minutes.
pub struct Progress {
    bar: Option<ProgressBar>,
    unit: Unit,
    total: u64,
    lines: Cell<u64>,
}

impl Progress {
    /// Something that lasts so many units.
    #[must_use]
    pub fn new(total: u64, unit: Unit) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("  {bar:40} {msg}, {elapsed}");
            ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, unit, total, lines: Cell::new(0) }
    }

    /// So many microseconds are done, in so many records.
    pub fn reached(&self, micros: i64, records: u64) {
        let done = u64::try_from(micros / self.unit.micros()).unwrap_or(0).min(self.total);
        let line = format!("{} {done} of {}, {records} records", self.unit.word(), self.total);
        if let Some(bar) = &self.bar {
            bar.set_message(line);
            bar.set_position(done);
            return;
        }
        let lines = done * LINES / self.total.max(1);
        if lines > self.lines.get() {
            self.lines.set(lines);
            complain(format!("  {line}"));
        }
    }

    /// The bar goes away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
