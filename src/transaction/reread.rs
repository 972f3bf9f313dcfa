//! A record that was kept as received, decoded again as if it had just come. It never reads Kafka.

use super::batch::{Batch, DuplicateKey, Entry, Raw, RecordRef};
use super::loaded::Waiting;
use crate::contract::request::Decoded;
use crate::contract::{Decoder, RecordIn};
use crate::domain::policy::Reference;
use crate::domain::time::Moment;
use crate::store::kept::WaitingRow;
use base64::Engine;
use std::sync::Arc;

/// The entry of a batch that a record gives.
#[must_use]
pub fn entry(
    decoder: &Decoder,
    reference: &Reference,
    record: RecordRef,
    raw: Raw,
    received_at: Moment,
) -> Entry {
    let read = decoder.decode(
        RecordIn {
            topic: &record.topic,
            partition: record.partition,
            offset: record.offset,
            timestamp: record.timestamp,
            key: raw.key.as_deref(),
            headers: &raw.headers,
            value: raw.value.as_deref(),
            received_at,
        },
        reference,
    );
    let duplicate = read.duplicate.map(|(minute, digest)| DuplicateKey { minute, digest });
    Entry {
        record: Some(record),
        raw,
        duplicate,
        content: read.content,
        decoded: read.decoded,
        reference: Some(reference.hash),
    }
}

/// The batch with every record read under this reference data; `None` where all were. Newer data may have been published
/// since a record was read, and what is decided must name what it was read under.
pub(super) fn under(decoder: &Decoder, reference: &Reference, batch: &Batch) -> Option<Batch> {
    let older = |entry: &Entry| entry.reference.is_some_and(|hash| hash != reference.hash);
    if !batch.entries.iter().any(older) {
        return None;
    }
    let mut batch = batch.clone();
    for old in batch.entries.iter_mut().filter(|entry| older(entry)) {
        let Some(record) = old.record.clone() else { continue };
        let stated = match &old.decoded {
            Ok(Decoded::Request(request)) => request.cause.occurred_at,
            Ok(Decoded::Ignored(_)) | Err(_) => record.timestamp,
        };
        let received_at = stated.max(record.timestamp);
        let counted = old.duplicate.is_some();
        *old = entry(decoder, reference, record, std::mem::take(&mut old.raw), received_at);
        if !counted {
            old.duplicate = None;
        }
    }
    Some(batch)
}

/// A parked record, decoded again; it has passed the duplicate check when it came.
pub(super) fn waiting(decoder: &Decoder, reference: &Reference, row: WaitingRow) -> Waiting {
    let record = RecordRef {
        topic: Arc::from(row.topic.as_str()),
        partition: row.partition,
        offset: row.offset,
        timestamp: row.timestamp,
    };
    let raw = Raw { key: row.key, headers: headers(&row.headers), value: row.value };
    // What was too far ahead when it came was clamped to its own time then; the same moment gives the same entry.
    let mut entry = entry(decoder, reference, record, raw, row.occurred_at.max(row.timestamp));
    entry.duplicate = None;
    Waiting { id: row.id, keys: row.keys, entry }
}

/// Headers as they are kept: `[["ce_id","text"],["odd",null,"base64"]]`.
#[must_use]
pub fn headers(kept: &[u8]) -> Vec<(String, Vec<u8>)> {
    let parsed: Vec<Vec<Option<String>>> = serde_json::from_slice(kept).unwrap_or_default();
    parsed
        .into_iter()
        .filter_map(|parts| {
            let mut parts = parts.into_iter();
            let name = parts.next()??;
            let value = match (parts.next()?, parts.next()) {
                (Some(text), _) => text.into_bytes(),
                (None, Some(Some(encoded))) => {
                    base64::engine::general_purpose::STANDARD.decode(encoded).unwrap_or_default()
                }
                (None, _) => return None,
            };
            Some((name, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_read_back_whether_they_are_text_or_not() {
        let read = headers(br#"[["ce_id","x"],["odd",null,"/w=="]]"#);
        assert_eq!(read, vec![("ce_id".to_owned(), b"x".to_vec()), ("odd".to_owned(), vec![0xff])]);
        assert!(headers(b"no json").is_empty());
    }
}
