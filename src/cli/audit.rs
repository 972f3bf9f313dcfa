//! `baton audit`: a lead's trail, and the check of every chain. It only reads.

use super::output::{FAILED, FAULT, Failure, block_on, moment, say, say_json};
use super::reference::hex;
use crate::audit;
use crate::settings::Settings;
use crate::store::Reader;
use crate::store::read::trail::TrailRow;
use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

/// Rows of one page.
const PAGE: i64 = 500;
/// Number of the kind of subject that a lead is (`AuditSubject::columns`).
const LEAD: i16 = 1;

/// `audit show | verify`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Every event of a lead with its cause.
    Show {
        id: Uuid,
        #[arg(long)]
        json: bool,
    },
    /// Checks hashes, chains, streams and states; names the first bad row.
    Verify {
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::Show { id, json } => show(settings, *id, *json),
        Arguments::Verify { json } => verify(settings, *json),
    }
}

async fn trail(settings: &Settings, id: Uuid) -> Result<Vec<TrailRow>, Failure> {
    let reader = Reader::open(settings.database.url.expose(), 1)
        .await
        .map_err(|error| Failure::store(settings, &error))?;
    let mut rows: Vec<TrailRow> = Vec::new();
    let mut after = (LEAD, id, -1);
    loop {
        let page =
            reader.trail_by_subject(after, PAGE).await.map_err(|error| Failure::store(settings, &error))?;
        let full = i64::try_from(page.len()).unwrap_or(0) == PAGE;
        let before = rows.len();
        rows.extend(page.into_iter().take_while(|row| row.subject_kind == LEAD && row.subject == id));
        match rows.last() {
            Some(last) if full && rows.len() > before => after = (LEAD, id, last.version),
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

fn verify(settings: &Settings, as_json: bool) -> Result<(), Failure> {
    let report = block_on(async {
        let reader = Reader::open(settings.database.url.expose(), 1)
            .await
            .map_err(|error| Failure::store(settings, &error))?;
        audit::verify::verify(&reader, |_| {}).await.map_err(|error| Failure::store(settings, &error))
    })?;
    let fault = report.fault.as_ref().map(|fault| {
        format!(
            "{} at version {} of subject {} (kind {}), stream {} number {}",
            fault.what, fault.version, fault.subject, fault.subject_kind, fault.stream, fault.stream_sequence
        )
    });
    if as_json {
        say_json(&json!({
            "holds": report.holds(), "rows": report.rows, "subjects": report.subjects, "streams": report.streams,
            "leads": report.leads, "fault": fault,
        }));
    } else {
        say(format!(
            "audit: {} rows of {} subjects in {} streams, {} leads folded",
            report.rows, report.subjects, report.streams, report.leads
        ));
    }
    match fault {
        None => {
            if !as_json {
                say("audit verified");
            }
            Ok(())
        }
        Some(fault) => Err(Failure::new(FAULT, format!("the audit does not hold: {fault}"))),
    }
}
