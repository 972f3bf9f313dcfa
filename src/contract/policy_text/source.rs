//! A text that is read, and every fault found in it with its place. It never knows what the text is about.

use super::error::TextError;
use std::cell::{Cell, RefCell};
use std::ops::Range;
use toml::Spanned;
use toml::de::DeTable;

/// Faults of one text that are kept: more than anybody mends before reading it again, and a hostile text has a million.
const FAULTS_MAX: usize = 1_000;
/// Characters of a fault's words: a few lines of a terminal, whatever stands in the text.
const MESSAGE_CHARS_MAX: usize = 400;
/// Characters that are shown of what stands there: one line of a terminal.
const FOUND_CHARS_MAX: usize = 80;
/// Columns are counted up to here; nobody finds a later one by counting.
const COLUMN_BYTES_MAX: usize = 10_000;

/// The text and the faults found so far.
pub(super) struct Text<'t> {
    body: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
    faults: RefCell<Vec<TextError>>,
    /// Faults that were found and not kept.
    more: Cell<usize>,
}

impl<'t> Text<'t> {
    pub(super) fn new(body: &'t str) -> Self {
        let ends = body.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(place, _)| place + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Self { body, lines, faults: RefCell::default(), more: Cell::new(0) }
    }

    /// Parses the text; syntax faults are kept like all others.
    pub(super) fn parse(&self) -> Spanned<DeTable<'t>> {
        let (table, faults) = DeTable::parse_recoverable(self.body);
        for fault in faults {
            let span = fault.span().unwrap_or(0..0);
            self.fault(span, fault.message().to_owned(), None);
        }
        table
    }

    /// Whether further faults are counted only.
    pub(super) fn is_full(&self) -> bool {
        self.faults.borrow().len() >= FAULTS_MAX
    }

    /// Keeps a fault.
    pub(super) fn fault(&self, span: Range<usize>, message: String, near: Option<String>) {
        self.fault_with(span, message, near, None);
    }

    /// Keeps a fault with what to write instead, where its words do not say so.
    pub(super) fn fault_with(
        &self,
        span: Range<usize>,
        message: String,
        nearest: Option<String>,
        instead: Option<String>,
    ) {
        if self.is_full() {
            self.more.set(self.more.get() + 1);
            return;
        }
        let (line, column) = self.place(span.start);
        let found = self.body.get(span).unwrap_or("").lines().next().unwrap_or("");
        self.faults.borrow_mut().push(TextError {
            line,
            column,
            found: shortened(found.trim_end().to_owned(), FOUND_CHARS_MAX),
            message: shortened(message, MESSAGE_CHARS_MAX),
            nearest,
            instead: instead.map(|words| shortened(words, MESSAGE_CHARS_MAX)),
        });
    }

    /// The line, from 1, on which a span begins.
    pub(super) fn line(&self, span: &Range<usize>) -> u32 {
        u32::try_from(self.place(span.start).0).unwrap_or(u32::MAX)
    }

    /// The faults by line; empty for a good text. The last one counts those that were not kept.
    pub(super) fn into_faults(self) -> Vec<TextError> {
        let last = self.lines.len();
        let mut faults = self.faults.into_inner();
        faults.sort_by(|one, other| {
            (one.line, one.column, &one.message).cmp(&(other.line, other.column, &other.message))
        });
        // A value that is read for two ends is wrong once.
        faults.dedup();
        if self.more.get() > 0 {
            faults.push(TextError {
                line: last,
                column: None,
                found: String::new(),
                message: format!("{} more faults are not told: mend these first", self.more.get()),
                nearest: None,
                instead: None,
            });
        }
        faults
    }

    /// Line and column, both from 1, of a byte.
    fn place(&self, byte: usize) -> (usize, Option<usize>) {
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let before = self.body.get(start..byte).filter(|before| before.len() <= COLUMN_BYTES_MAX);
        (line, before.map(|before| before.chars().count() + 1))
    }
}

/// A text of at most so many characters, with dots where it was longer.
fn shortened(text: String, chars_max: usize) -> String {
    let end = text.char_indices().nth(chars_max).map(|(end, _)| end);
    match end {
        Some(end) => format!("{}...", &text[..end]),
        None => text,
    }
}
