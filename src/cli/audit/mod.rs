//! `baton audit`: a lead's trail, and the check of every chain. It only reads.

mod verify;

use crate::cli::output::{FAILED, Failure, block_on, moment, say, say_json};
use crate::cli::reference::hex;
use crate::settings::Settings;
use crate::store::Reader;
use crate::store::read::trail::TrailRow;
use crate::store::rows::AuditSubject;
use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

/// Rows of one page.
const PAGE: i64 = 500;

/// `audit show | verify`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Every event of a lead with its cause.
    Show {
        id: Uuid,
        #[arg(long)]
        json: bool,
    },
    /// Checks hashes, chains, streams, states and checkpoints, also those on Kafka; names the first bad row.
    Verify(verify::Verify),
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::Show { id, json } => show(settings, *id, *json),
        Arguments::Verify(asked) => verify::run(settings, asked),
    }
}

async fn trail(settings: &Settings, id: Uuid) -> Result<Vec<TrailRow>, Failure> {
    let reader = Reader::open(settings.database.url.expose(), 1)
        .await
        .map_err(|error| Failure::store(settings, &error))?;
    let mut rows: Vec<TrailRow> = Vec::new();
    let mut after = (AuditSubject::LEAD, id, -1);
    loop {
        let page =
            reader.trail_by_subject(after, PAGE).await.map_err(|error| Failure::store(settings, &error))?;
        let full = i64::try_from(page.len()).unwrap_or(0) == PAGE;
        let before = rows.len();
        rows.extend(
            page.into_iter().take_while(|row| row.subject_kind == AuditSubject::LEAD && row.subject == id),
        );
        match rows.last() {
            Some(last) if full && rows.len() > before => after = (AuditSubject::LEAD, id, last.version),
            Some(_) | None => return Ok(rows),
        }
    }
}

fn show(settings: &Settings, id: Uuid, as_json: bool) -> Result<(), Failure> {
    let rows = block_on(trail(settings, id))?;
    if rows.is_empty() {
        return Err(Failure::new(FAILED, format!("there is no audit of lead {id}")));
    }
    let place = |row: &TrailRow| {
        row.record.as_ref().map(|(topic, partition, offset)| format!("{topic}/{partition}@{offset}"))
    };
    if as_json {
        let shown: Vec<_> = rows
            .iter()
            .map(|row| {
                json!({
                    "version": row.version, "event": row.event, "occurred_at": row.occurred_at.to_string(),
                    "decided_at": row.decided_at.to_string(), "actor": row.actor, "record": place(row),
                    "stream": row.stream, "stream_sequence": row.stream_sequence, "policy": hex(&row.policy),
                    "hash": hex(&row.hash), "previous": hex(&row.previous),
                })
            })
            .collect();
        say_json(&json!(shown));
        return Ok(());
    }
    for row in &rows {
        let from = place(row).unwrap_or_else(|| row.stream.clone());
        say(format!(
            "{:>4}  {}  {:<28} {}  by {}",
            row.version,
            moment(row.decided_at.0),
            row.event,
            from,
            row.actor
        ));
    }
    Ok(())
}
