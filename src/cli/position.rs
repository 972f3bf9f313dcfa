//! `baton position`: where each partition is read next, and an operator's change of it. It changes a position only inside
//! the log, unless told otherwise.

use super::lane::connection;
use super::output::{FAILED, Failure, block_on, moment, say, say_json};
use crate::broker::client;
use crate::settings::Settings;
use crate::store::position::{self, Change, StoredPosition};
use crate::transaction::operation;
use clap::{Args, Subcommand};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use serde_json::json;
use std::time::Duration;

/// A broker that does not answer so long is away.
const TIMEOUT: Duration = Duration::from_secs(5);

/// `position show | set`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Every position beside what the broker holds of its partition.
    Show {
        #[arg(long)]
        json: bool,
    },
    /// Reads a partition from another offset on: whoever reads it now is fenced and begins there.
    Set(Set),
}

#[derive(Debug, Args)]
pub(super) struct Set {
    topic: String,
    partition: i32,
    /// The next offset to read.
    #[arg(value_parser = clap::value_parser!(i64).range(0..))]
    offset: i64,
    /// Why; kept in the ledger.
    #[arg(long)]
    reason: String,
    /// Also where the broker holds no such offset, or does not answer.
    #[arg(long)]
    force: bool,
    /// Who does it, for the ledger; the database's user unless given.
    #[arg(long)]
    by: Option<String>,
}

type Asking = BaseConsumer<client::Quiet>;

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::Show { json } => show(settings, *json),
        Arguments::Set(set) => change(settings, set),
    }
}

fn asking(settings: &Settings) -> Result<Asking, Failure> {
    client::asking(settings)
        .create_with_context(client::Quiet)
        .map_err(|error| Failure::kafka(settings, &error))
}

fn show(settings: &Settings, as_json: bool) -> Result<(), Failure> {
    let stored = block_on(async {
        let mut conn = connection(settings, "baton position").await?;
        position::list(&mut conn).await.map_err(|error| Failure::store(settings, &error))
    })?;
    let broker = asking(settings)?;
    // A broker that is away is asked once, not for each partition.
    let mut answers = true;
    let rows: Vec<(StoredPosition, Option<(i64, i64)>)> = stored
        .into_iter()
        .map(|row| {
            let held =
                answers.then(|| broker.fetch_watermarks(&row.topic, row.partition, TIMEOUT).ok()).flatten();
            answers &= held.is_some();
            (row, held)
        })
        .collect();
    if as_json {
        let shown = |(row, held): &(StoredPosition, Option<(i64, i64)>)| {
            json!({
                "topic": row.topic, "partition": row.partition, "next_offset": row.next_offset, "epoch": row.epoch,
                "owner": row.owner, "caught_up_to": row.caught_up_to.map(moment),
                "log_start": held.map(|held| held.0), "log_end": held.map(|held| held.1),
            })
        };
        say_json(&json!(rows.iter().map(shown).collect::<Vec<_>>()));
        return Ok(());
    }
    for (row, held) in &rows {
        let place = format!("{}/{}", row.topic, row.partition);
        let log = match held {
            Some((start, end)) => format!("log {start} to {end}, behind {}", (end - row.next_offset).max(0)),
            None => "no answer of the broker".to_owned(),
        };
        say(format!(
            "{place:<30} next {:>10}  epoch {:>4}  {log}  {}",
            row.next_offset, row.epoch, row.owner
        ));
    }
    if rows.is_empty() {
        say("no position is stored yet: `baton serve` begins");
    }
    Ok(())
}

fn change(settings: &Settings, set: &Set) -> Result<(), Failure> {
    let (topic, partition, to) = (set.topic.as_str(), set.partition, set.offset);
    if !set.force {
        let (start, end) = asking(settings)?
            .fetch_watermarks(topic, partition, TIMEOUT)
            .map_err(|error| Failure::kafka(settings, &error))?;
        if !(start..=end).contains(&to) {
            return Err(Failure::new(
                FAILED,
                format!(
                    "offset {to} lies outside the log of {topic}/{partition}, which holds {start} to {end}: choose one \
                     of these, or say --force"
                ),
            ));
        }
    }
    let changed = block_on(async {
        let mut conn = connection(settings, "baton position set").await?;
        let change = Change { topic, partition, to, by: set.by.as_deref(), reason: &set.reason };
        operation::move_position(&mut conn, &change).await.map_err(|error| Failure::store(settings, &error))
    })?;
    let Some(changed) = changed else {
        return Err(Failure::new(
            FAILED,
            format!("{topic}/{partition} has no position: `baton position show` lists those that have"),
        ));
    };
    let meant = match changed.to.cmp(&changed.from) {
        std::cmp::Ordering::Less => "what was read already counts as duplicate",
        std::cmp::Ordering::Equal => "nothing is skipped or repeated",
        std::cmp::Ordering::Greater => "what lies between is never read",
    };
    say(format!(
        "{topic}/{partition} is read from {} on instead of {}: {meant}; recorded as changed by {}",
        changed.to, changed.from, changed.by
    ));
    Ok(())
}
