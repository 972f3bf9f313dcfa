//! Records kept as received, for `quarantine` and `parked`: listed, shown, discarded. It never changes a record's bytes.

use super::output::{FAILED, Failure, USAGE, WORLD, block_on, moment, say, say_json};
use crate::service;
use crate::settings::Settings;
use crate::store::kept::Intake;
use crate::store::read::kept::{KeptBytes, KeptLine};
use crate::store::{Reader, StoreError};
use crate::transaction::session::Session;
use serde_json::json;
use uuid::Uuid;

/// Letters of a reason at most: it stands in the ledger for good, so it is a word and no sentence.
const REASON_MAX: usize = 40;

/// The subcommand that shows what is kept there.
pub(super) fn word(from: Intake) -> &'static str {
    match from {
        Intake::Quarantined => "quarantine",
        Intake::Parked => "parked",
    }
}

pub(super) async fn reader(settings: &Settings) -> Result<Reader, Failure> {
    Reader::open(settings.database.url.expose(), 1).await.map_err(|error| Failure::store(settings, &error))
}

/// A session of an operator.
pub(super) async fn session(settings: &Settings) -> Result<Session, Failure> {
    let keys = service::keys(settings).await.map_err(|error| Failure::of(WORLD, &error))?;
    let mut opening = service::session_settings(settings, keys, settings.board_url())
        .map_err(|error| Failure::of(FAILED, &error))?;
    "baton redrive".clone_into(&mut opening.application_name);
    Session::open(opening).await.map_err(|error| Failure::of(WORLD, &error))
}

/// Says that a record is not kept there, and what shows those that are.
pub(super) fn missing(from: Intake, id: Uuid) -> Failure {
    let word = word(from);
    Failure::new(
        FAILED,
        format!("there is no unsettled record {id} in {word}: `baton {word} list` names those that are"),
    )
}

async fn lines(
    reader: &Reader,
    from: Intake,
    reason: Option<&str>,
    limit: i64,
) -> Result<Vec<KeptLine>, StoreError> {
    match from {
        Intake::Quarantined => reader.quarantined(reason, None, None, limit).await,
        Intake::Parked => reader.parked(reason, i64::MIN, limit).await,
    }
}

pub(super) fn list(
    settings: &Settings,
    from: Intake,
    reason: Option<&str>,
    limit: i64,
    as_json: bool,
) -> Result<(), Failure> {
    let failed = |error: StoreError| Failure::store(settings, &error);
    let (found, alone) = block_on(async {
        let reader = reader(settings).await?;
        let found = lines(&reader, from, reason, limit).await.map_err(failed)?;
        let alone = match (from, reason) {
            (Intake::Parked, None) => reader.parked_alone(limit).await.map_err(failed)?,
            (Intake::Parked, Some(_)) | (Intake::Quarantined, _) => Vec::new(),
        };
        Ok((found, alone))
    })?;
    if as_json {
        let mut shown: Vec<_> = found.iter().map(shown).collect();
        shown
            .extend(alone.iter().map(|lead| json!({ "leads": [lead.to_string()], "reason": "lead_parked" })));
        say_json(&json!(shown));
        return Ok(());
    }
    for line in &found {
        let place = format!("{}/{}@{}", line.topic, line.partition, line.record_offset);
        let leads = line.leads.join(", ");
        let leads = if leads.is_empty() { leads } else { format!("  lead {leads}") };
        say(format!(
            "{}  {}  {place}{leads}  {}: {}",
            line.id,
            moment(line.kept_at),
            line.reason,
            line.detail
        ));
    }
    for lead in &alone {
        say(format!(
            "lead {lead} is parked and no record waits for it: `baton parked redrive --lead {lead}`"
        ));
    }
    say(next_line(from, reason, found.is_empty() && alone.is_empty()));
    Ok(())
}

fn shown(line: &KeptLine) -> serde_json::Value {
    json!({
        "id": line.id.to_string(), "topic": line.topic, "partition": line.partition,
        "offset": line.record_offset, "kept_at": moment(line.kept_at), "reason": line.reason,
        "detail": line.detail, "truncated": line.truncated, "leads": line.leads,
    })
}

fn next_line(from: Intake, reason: Option<&str>, empty: bool) -> String {
    let word = word(from);
    match (empty, reason, from) {
        (true, Some(reason), _) => format!("nothing in {word} has the reason {reason}"),
        (true, None, Intake::Quarantined) => "nothing in quarantine: every record could be read".to_owned(),
        (true, None, Intake::Parked) => {
            "nothing in parked: no lead is stopped and no record waits for a person".to_owned()
        }
        (false, _, _) => format!(
            "`baton {word} show ID` prints one as received, `baton {word} redrive --all` decides on them again"
        ),
    }
}

pub(super) fn show(settings: &Settings, from: Intake, id: Uuid) -> Result<(), Failure> {
    let found = block_on(async {
        let reader = reader(settings).await?;
        bytes(&reader, from, id).await.map_err(|error| Failure::store(settings, &error))
    })?;
    let Some(found) = found else { return Err(missing(from, id)) };
    if let Some(key) = &found.key {
        say(format!("key      {}", String::from_utf8_lossy(key)));
    }
    say(format!("headers  {}", String::from_utf8_lossy(&found.headers)));
    match &found.value {
        Some(value) => say(String::from_utf8_lossy(value)),
        None => say("no value (a tombstone)"),
    }
    Ok(())
}

async fn bytes(reader: &Reader, from: Intake, id: Uuid) -> Result<Option<KeptBytes>, StoreError> {
    match from {
        Intake::Quarantined => reader.quarantined_bytes(id).await,
        Intake::Parked => reader.parked_bytes(id).await,
    }
}

/// Settles a record without deciding on it. The reason is a short word, because it stays in the ledger.
pub(super) fn discard(
    settings: &Settings,
    from: Intake,
    id: Uuid,
    reason: &str,
    as_json: bool,
) -> Result<(), Failure> {
    let is_word = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if reason.is_empty() || reason.len() > REASON_MAX || !reason.chars().all(is_word) {
        return Err(Failure::new(
            USAGE,
            format!(
                "--reason is one word of at most {REASON_MAX} lower-case letters, digits and _, such as test_data"
            ),
        ));
    }
    let done = block_on(async {
        let mut session = session(settings).await?;
        session.discard(from, id, reason).await.map_err(|error| Failure::of(FAILED, &error))
    })?;
    if !done {
        return Err(missing(from, id));
    }
    if as_json {
        say_json(&json!({ "id": id.to_string(), "discarded": reason }));
        return Ok(());
    }
    say(format!("{id}  discarded: {reason}"));
    if from == Intake::Parked {
        say("a lead that it stopped stays parked until `baton parked redrive --all`");
    }
    Ok(())
}
