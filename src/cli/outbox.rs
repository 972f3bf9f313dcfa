//! `baton outbox`: records that can never be sent as they are, and hold their lead's later ones. It never shows a payload.

use super::output::{FAILED, Failure, block_on, moment, say, say_json};
use crate::clock;
use crate::domain::time::SECOND;
use crate::settings::Settings;
use crate::store::Outlet;
use crate::store::outbox::Held;
use clap::{Args, Subcommand};
use serde_json::json;

/// `outbox list | retry`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// What the relay holds, the oldest first: lead, type, age and why.
    List {
        #[arg(long, default_value_t = 50)]
        limit: i64,
        #[arg(long)]
        json: bool,
    },
    /// Lets records be sent once more, after the broker's limit or this program was mended.
    Retry(Retry),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Retry {
    /// Number of one record, as `outbox list` shows it.
    seq: Option<i64>,
    /// Every record that is held.
    #[arg(long)]
    all: bool,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::List { limit, json } => list(settings, *limit, *json),
        Arguments::Retry(retry) => again(settings, retry),
    }
}

async fn outlet(settings: &Settings) -> Result<Outlet, Failure> {
    Outlet::open(settings.database.url.expose()).await.map_err(|error| Failure::store(settings, &error))
}

fn list(settings: &Settings, limit: i64, as_json: bool) -> Result<(), Failure> {
    let held: Vec<Held> = block_on(async {
        outlet(settings).await?.held(limit).await.map_err(|error| Failure::store(settings, &error))
    })?;
    let age = |row: &Held| (clock::wall_micros() - row.created_at).max(0) / SECOND;
    if as_json {
        let shown = |row: &Held| {
            json!({
                "seq": row.seq, "lead": row.lead_id.to_string(), "type": row.event_type,
                "since": moment(row.created_at), "age_seconds": age(row), "reason": row.held_reason,
            })
        };
        say_json(&json!(held.iter().map(shown).collect::<Vec<_>>()));
        return Ok(());
    }
    for row in &held {
        let (seq, lead) = (row.seq, row.lead_id);
        say(format!("{seq:>10}  lead {lead}  {}  {} s old  {}", row.event_type, age(row), row.held_reason));
    }
    if held.is_empty() {
        say("nothing is held");
    } else {
        say("mend what the reason names, then: baton outbox retry SEQ, or --all");
    }
    Ok(())
}

fn again(settings: &Settings, retry: &Retry) -> Result<(), Failure> {
    let seq = if retry.all { None } else { retry.seq };
    let count = block_on(async {
        outlet(settings).await?.retry_held(seq).await.map_err(|error| Failure::store(settings, &error))
    })?;
    if count == 0 {
        return Err(Failure::new(FAILED, "no such record is held: `baton outbox list` shows them"));
    }
    say(format!("{count} let go: the relay sends them within seconds; `baton outbox list` shows what stays"));
    Ok(())
}
