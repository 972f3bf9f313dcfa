//! `baton lead`: one lead as it is stored. It shows no direct identifiers and changes nothing.

use super::output::{FAILED, Failure, block_on, moment, say, say_json};
use crate::contract::policy_text;
use crate::domain::lead::Lead;
use crate::domain::policy::Policy;
use crate::domain::scoring::Standing;
use crate::domain::time::Moment;
use crate::settings::Settings;
use crate::store::connect::{self, Timeouts};
use crate::store::text::{self, TextKind};
use crate::store::{Reader, codec, world};
use clap::Subcommand;
use serde_json::{Value, json};
use uuid::Uuid;

/// `lead show`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Where a lead stands; with --why the rules and signals behind its score.
    Show {
        id: Uuid,
        #[arg(long)]
        why: bool,
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    let Arguments::Show { id, why, json } = arguments;
    let shown = block_on(async {
        let lead = read(settings, *id).await?;
        let mut shown = standing(&lead);
        if *why {
            let members = explained(settings, &lead).await?;
            if let (Some(shown), Value::Object(members)) = (shown.as_object_mut(), members) {
                shown.extend(members);
            }
        }
        Ok(shown)
    })?;
    if *json {
        say_json(&shown);
    } else {
        for line in lines(&shown) {
            say(line);
        }
    }
    Ok(())
}

async fn read(settings: &Settings, id: Uuid) -> Result<Lead, Failure> {
    let failed = |error: &crate::store::StoreError| Failure::store(settings, error);
    let reader = Reader::open(settings.database.url.expose(), 1).await.map_err(|error| failed(&error))?;
    let state = reader.state_of(id).await.map_err(|error| failed(&error))?;
    let Some(state) = state else { return Err(Failure::new(FAILED, format!("there is no lead {id}"))) };
    codec::read_lead(&state).map_err(|error| failed(&error))
}

fn standing(lead: &Lead) -> Value {
    let custody = lead.custody();
    json!({
        "id": lead.id.to_string(),
        "stage": lead.stage.kind().wire(),
        "version": lead.version,
        "custody_version": lead.custody_version,
        "cycle": lead.cycle.number,
        "origin": lead.origin.code(),
        "holder": lead.holder().map(|holder| json!({ "kind": holder.kind(), "id": holder.member().to_string() })),
        "deadlines": custody.map(|custody| custody.clocks()
            .map(|clock| json!({ "kind": clock.kind.code(), "at": clock.due_by.to_string() })).collect::<Vec<_>>()),
        "signals": lead.signals.signals().len(),
        "first_seen_at": moment(lead.first_seen_at.0),
        "decided_at": moment(lead.decided_at.0),
    })
}

async fn explained(settings: &Settings, lead: &Lead) -> Result<Value, Failure> {
    let failed = |error: &crate::store::StoreError| Failure::store(settings, error);
    let mut conn = connect::connect(settings.database.url.expose(), "baton lead", Timeouts::default())
        .await
        .map_err(|error| failed(&error))?;
    let now = world::read(&mut conn).await.map_err(|error| failed(&error))?.now;
    let active = text::active(&mut conn, TextKind::Policy).await.map_err(|error| failed(&error))?;
    let Some(active) = active else {
        return Err(Failure::new(FAILED, "no policy is published: run `baton migrate`"));
    };
    let policy: Policy = policy_text::policy(&active.body).map_err(|faults| {
        Failure::new(FAILED, faults.first().map_or_else(String::new, ToString::to_string))
    })?;
    let receipt = policy.receipt(&Standing {
        profile: &lead.profile,
        signals: &lead.signals,
        cycle_started_at: lead.cycle.started_at,
        as_of: Moment(now),
        guards: lead.guards,
        customer: lead.customer,
        other_open_handoff: false,
    });
    Ok(json!({
        "score": { "points": receipt.score.points, "grade": receipt.score.grade.code() },
        "why": receipt.lines.iter().map(|line| json!({
            "rule": line.id, "label": line.label, "points": line.points, "signals": line.signals.len(), "note": line.note,
        })).collect::<Vec<_>>(),
        "fit": receipt.fit.iter().map(|line| json!({
            "field": line.field.code(), "points": line.points, "maximum": line.maximum, "known": line.known,
        })).collect::<Vec<_>>(),
    }))
}

/// One line per member; lists one line per entry.
fn lines(shown: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, value) in shown.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::Array(entries) => {
                lines.extend(entries.iter().map(|entry| format!("{key:<16} {}", inline(entry))));
            }
            Value::Object(_) => lines.push(format!("{key:<16} {}", inline(value))),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                lines.push(format!("{key:<16} {}", inline(value)));
            }
        }
    }
    lines
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| format!("{key} {}", inline(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
    }
}
