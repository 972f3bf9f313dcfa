//! `baton export`: the audit or the leads as lines of JSON, for other tools. It holds no direct identifier and changes
//! nothing.

use super::output::{Failure, block_on, moment, say};
use super::reference::hex;
use crate::domain::ids::LeadId;
use crate::settings::Settings;
use crate::store::read::trail::TrailRow;
use crate::store::rows::AuditSubject;
use crate::store::{Reader, StoreError, codec};
use clap::Subcommand;
use serde_json::{Value, json};
use uuid::Uuid;

/// Rows of one page: read in a few milliseconds, so that no snapshot lives long.
const PAGE_ROWS: i64 = 1_000;

/// `export audit | leads`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Every decision, subject by subject, oldest first: one line of JSON each.
    Audit,
    /// Every lead as it stands, features only: one line of JSON each.
    Leads,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    block_on(async {
        let reader = Reader::open(settings.database.url.expose(), 1)
            .await
            .map_err(|error| Failure::store(settings, &error))?;
        let done = match arguments {
            Arguments::Audit => audit(&reader).await,
            Arguments::Leads => leads(&reader).await,
        };
        done.map_err(|error| Failure::store(settings, &error))
    })
}

async fn audit(reader: &Reader) -> Result<(), StoreError> {
    let mut after = (i16::MIN, Uuid::nil(), i64::MIN);
    loop {
        let rows = reader.trail_by_subject(after, PAGE_ROWS).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = (last.subject_kind, last.subject, last.version);
        for row in &rows {
            say(line(row)?);
        }
    }
}

fn line(row: &TrailRow) -> Result<Value, StoreError> {
    let told = if row.subject_kind == AuditSubject::LEAD {
        serde_json::to_value(codec::read_event(&row.payload)?)
    } else {
        serde_json::to_value(codec::read_subject_event(&row.payload)?)
    };
    Ok(json!({
        "subject_kind": row.subject_kind, "subject": row.subject, "version": row.version, "event": row.event,
        "occurred_at": moment(row.occurred_at.0), "decided_at": moment(row.decided_at.0), "actor": row.actor,
        "stream": row.stream, "stream_sequence": row.stream_sequence, "hash": hex(&row.hash),
        "payload": told.unwrap_or(Value::Null),
    }))
}

async fn leads(reader: &Reader) -> Result<(), StoreError> {
    let mut after = LeadId(Uuid::nil());
    loop {
        let leads = reader.states(after, PAGE_ROWS).await?;
        let Some(last) = leads.last() else { return Ok(()) };
        after = last.id;
        for lead in &leads {
            say(serde_json::to_value(lead).unwrap_or(Value::Null));
        }
    }
}
