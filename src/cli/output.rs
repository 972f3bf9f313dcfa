//! Words to people: lines, tables, JSON, and one line when something failed. It never prints a stack trace.

use crate::settings::{Settings, SettingsError};
use crate::store::StoreError;
use indicatif::{ProgressBar, ProgressStyle};
use rdkafka::error::KafkaError;
use std::fmt::Display;
use std::future::Future;
use std::io::{IsTerminal as _, Write as _};

/// The operation failed.
pub(super) const FAILED: u8 = 1;
/// The command line or a setting is wrong.
pub(super) const USAGE: u8 = 2;
/// The database or Kafka cannot be reached or is not prepared.
pub(super) const WORLD: u8 = 3;
/// A check found a fault.
pub(super) const FAULT: u8 = 4;

/// Why a command failed: one line and an exit code.
#[derive(Debug)]
pub(super) struct Failure {
    pub code: u8,
    pub line: String,
}

impl Failure {
    pub(super) fn new(code: u8, line: impl Into<String>) -> Self {
        Self { code, line: line.into() }
    }

    /// An error with what lies behind it, in one line.
    pub(super) fn of(code: u8, error: &dyn std::error::Error) -> Self {
        Self { code, line: chain(error) }
    }

    /// The database's side of a failure, naming the setting and the mend.
    pub(super) fn store(settings: &Settings, error: &StoreError) -> Self {
        let address = settings.database.url.shown();
        let line = match error {
            StoreError::Address { .. } => {
                "database.url cannot be read: write it as postgres://user:password@host:5432/name".to_owned()
            }
            StoreError::Connect { .. } => format!(
                "no connection to {address}: check database.url (DATABASE_URL) and that Postgres runs there: {}",
                behind(error)
            ),
            StoreError::Schema { .. }
            | StoreError::NewerSchema { .. }
            | StoreError::OtherMigration { .. } => error.to_string(),
            StoreError::Statement { .. }
            | StoreError::Migrate { .. }
            | StoreError::NewerFormat { .. }
            | StoreError::Damaged { .. } => chain(error),
        };
        Self { code: WORLD, line }
    }

    /// Kafka's side of a failure, naming the setting and the mend.
    pub(super) fn kafka(settings: &Settings, error: &KafkaError) -> Self {
        let brokers = &settings.kafka.brokers;
        let line = format!(
            "no answer from Kafka at {brokers}: check kafka.brokers (KAFKA_BROKERS) and that the broker runs: {error}"
        );
        Self { code: WORLD, line }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::of(USAGE, &error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { code: FAILED, line: format!("{error:#}") }
    }
}

/// An error and what lies behind it, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let next = inner.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        source = inner.source();
    }
    text.lines().collect::<Vec<_>>().join(" ")
}

fn behind(error: &dyn std::error::Error) -> String {
    error.source().map(chain).unwrap_or_default()
}

/// One line on standard output. A reader that has gone away (`| head`) is no failure.
pub(super) fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// JSON on standard output.
pub(super) fn say_json(value: &serde_json::Value) {
    say(serde_json::to_string_pretty(value).unwrap_or_default());
}

/// The one line of a failure.
#[expect(clippy::print_stderr, reason = "this is where the command line speaks")]
pub(super) fn complain(failure: &Failure) {
    eprintln!("baton: {}", failure.line);
}

/// Runs one question on a small runtime.
pub(super) fn block_on<T>(question: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(FAILED, format!("no runtime: {error}")))?;
    runtime.block_on(question)
}

/// A bar for long work, where a terminal is there to show it.
pub(super) fn progress(total: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {bar:40} {pos} of {len} records, {elapsed}");
    ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A moment of so many microseconds as people read it.
pub(super) fn moment(micros: i64) -> String {
    crate::domain::time::Moment(micros).to_string()
}

/// A table's line: columns as wide as their widest entry.
pub(super) fn columns(rows: &[Vec<String>]) {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|place| {
            rows.iter().filter_map(|row| row.get(place)).map(|it| it.chars().count()).max().unwrap_or(0)
        })
        .collect();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        say(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}
