//! Records kept as received, for `quarantine` and `parked`: listed, shown, read again. It never changes a record's bytes.

use super::output::{FAILED, Failure, block_on, moment, say, say_json};
use crate::service;
use crate::settings::Settings;
use crate::store::kept::Intake;
use crate::store::read::kept::{KeptBytes, KeptLine};
use crate::store::{Reader, StoreError};
use crate::transaction::session::Kept;
use serde_json::json;
use uuid::Uuid;

/// Where a record is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    Quarantine,
    Parked,
}

impl From {
    fn word(self) -> &'static str {
        match self {
            Self::Quarantine => "quarantine",
            Self::Parked => "parked",
        }
    }
}

async fn reader(settings: &Settings) -> Result<Reader, Failure> {
    Reader::open(settings.database.url.expose(), 1).await.map_err(|error| Failure::store(settings, &error))
}

async fn lines(reader: &Reader, from: From, limit: i64) -> Result<Vec<KeptLine>, StoreError> {
    match from {
        From::Quarantine => reader.quarantined(limit).await,
        From::Parked => reader.parked(limit).await,
    }
}

async fn bytes(reader: &Reader, from: From, id: Uuid) -> Result<Option<KeptBytes>, StoreError> {
    match from {
        From::Quarantine => reader.quarantined_bytes(id).await,
        From::Parked => reader.parked_bytes(id).await,
    }
}

pub(super) fn list(settings: &Settings, from: From, limit: i64, as_json: bool) -> Result<(), Failure> {
    let found = block_on(async {
        let reader = reader(settings).await?;
        lines(&reader, from, limit).await.map_err(|error| Failure::store(settings, &error))
    })?;
    if as_json {
        let shown: Vec<_> = found
            .iter()
            .map(|line| {
                json!({
                    "id": line.id.to_string(), "topic": line.topic, "partition": line.partition,
                    "offset": line.record_offset, "kept_at": moment(line.kept_at), "reason": line.reason,
                    "detail": line.detail, "truncated": line.truncated,
                })
            })
            .collect();
        say_json(&json!(shown));
        return Ok(());
    }
    for line in &found {
        let place = format!("{}/{}@{}", line.topic, line.partition, line.record_offset);
        say(format!("{}  {}  {place}  {}: {}", line.id, moment(line.kept_at), line.reason, line.detail));
    }
    if found.is_empty() {
        say(format!("nothing in {}", from.word()));
    }
    Ok(())
}

pub(super) fn show(settings: &Settings, from: From, id: Uuid) -> Result<(), Failure> {
    let found = block_on(async {
        let reader = reader(settings).await?;
        bytes(&reader, from, id).await.map_err(|error| Failure::store(settings, &error))
    })?;
    let Some(found) = found else {
        return Err(Failure::new(FAILED, format!("there is no record {id} in {}", from.word())));
    };
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
