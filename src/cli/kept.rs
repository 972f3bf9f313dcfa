//! Records kept as received, for `quarantine` and `parked`: listed, shown, read again. It never changes a record's bytes.

use super::output::{FAILED, Failure, WORLD, block_on, moment, say, say_json};
use crate::contract::Decoder;
use crate::domain::time::Moment;
use crate::service;
use crate::settings::Settings;
use crate::store::kept::{self, Intake};
use crate::store::read::kept::{KeptBytes, KeptLine};
use crate::store::{Reader, StoreError, connect};
use crate::transaction::batch::{Batch, Outcome, Raw, RecordRef, Stream};
use crate::transaction::reread;
use crate::transaction::session::Session;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// Records that are looked through for the ids to redrive.
const REDRIVE_LINES_MAX: i64 = 10_000;

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

/// Reads kept records again and decides on them now, one by one, past the duplicate check. What still cannot be read or
/// still waits stays where it is.
pub(super) fn redrive(settings: &Settings, from: From, ids: &[Uuid]) -> Result<(), Failure> {
    block_on(async {
        let reader = reader(settings).await?;
        let known = lines(&reader, from, REDRIVE_LINES_MAX)
            .await
            .map_err(|error| Failure::store(settings, &error))?;
        let mut redrive = Redrive::open(settings).await?;
        let mut left = 0;
        for id in ids {
            let Some(line) = known.iter().find(|line| line.id == *id) else {
                return Err(Failure::new(FAILED, format!("there is no record {id} in {}", from.word())));
            };
            let kept = bytes(&reader, from, *id).await.map_err(|error| Failure::store(settings, &error))?;
            let Some(kept) = kept else { continue };
            let outcome = redrive.one(settings, from, line, kept).await?;
            let stays = matches!(outcome, Outcome::Parked(_) | Outcome::Quarantined(_));
            left += usize::from(stays);
            let word = if stays { "stays: " } else { "" };
            say(format!("{id}  {word}{} {}", outcome.code(), outcome.reason()));
        }
        if left > 0 {
            return Err(Failure::new(
                FAILED,
                format!("{left} of {} records stay in {}", ids.len(), from.word()),
            ));
        }
        Ok(())
    })
}

/// A session for reading records again.
struct Redrive {
    session: Session,
    decoder: Arc<Decoder>,
}

impl Redrive {
    async fn open(settings: &Settings) -> Result<Self, Failure> {
        let keys = service::keys(settings).await.map_err(|error| Failure::of(WORLD, &error))?;
        let mut opening = service::session_settings(settings, keys, settings.board_url())
            .map_err(|error| Failure::of(FAILED, &error))?;
        "baton redrive".clone_into(&mut opening.application_name);
        let decoder = Arc::clone(&opening.decoder);
        let session = Session::open(opening).await.map_err(|error| Failure::of(WORLD, &error))?;
        Ok(Self { session, decoder })
    }

    async fn one(
        &mut self,
        settings: &Settings,
        from: From,
        line: &KeptLine,
        kept: KeptBytes,
    ) -> Result<Outcome, Failure> {
        if line.truncated {
            return Err(Failure::new(
                FAILED,
                format!("{}: was cut when it was kept and cannot be read again", line.id),
            ));
        }
        let place = RecordRef {
            topic: Arc::from(line.topic.as_str()),
            partition: line.partition,
            offset: line.record_offset,
            timestamp: Moment(line.record_at),
        };
        let raw = Raw { key: kept.key, headers: reread::headers(&kept.headers), value: kept.value };
        let reference = Arc::clone(&self.session.texts().reference);
        let mut entry = reread::entry(&self.decoder, &reference, place, raw, Moment(line.record_at));
        // It was counted when it came: now it is an act of the operator, in a stream of its own.
        entry.record = None;
        entry.duplicate = None;
        let stream = Some(Stream::Web(line.id.as_bytes()[15] % 8));
        let batch = Batch { stream, entries: vec![entry], ..Batch::default() };
        let committed = self.session.commit(&batch).await.map_err(|error| Failure::of(FAILED, &error))?;
        let outcome = committed.outcomes.into_iter().next();
        let outcome = outcome.ok_or_else(|| Failure::new(FAILED, "the record has no outcome"))?;
        if matches!(outcome, Outcome::Parked(_) | Outcome::Quarantined(_)) {
            return Ok(outcome);
        }
        let mut conn =
            connect::connect(settings.database.url.expose(), "baton redrive", service::timeouts(settings))
                .await
                .map_err(|error| Failure::store(settings, &error))?;
        let resolved = [(line.id, outcome.code().to_owned())];
        let done = match from {
            From::Quarantine => kept::resolve(&mut conn, &resolved, Intake::Quarantined, committed.now).await,
            From::Parked => kept::resolve_parked(&mut conn, &resolved, committed.now).await,
        };
        done.map_err(|error| Failure::store(settings, &error))?;
        Ok(outcome)
    }
}
