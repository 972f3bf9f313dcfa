//! Records kept as received: those that nobody can read, and those that wait for an identity. It drops nothing silently.

use super::Planner;
use crate::contract::keys::Keys;
use crate::contract::request::Request;
use crate::contract::traces;
use crate::domain::ids::KeyKind;
use crate::store::rows::{KeptRow, ParkedRow};
use crate::transaction::batch::{Entry, RecordRef};
use base64::Engine;
use uuid::Uuid;

/// Bytes of a record's value that are kept for redrive; longer ones are cut and can only be looked at.
pub const KEPT_VALUE_BYTES_MAX: usize = 1 << 20;

impl Planner<'_> {
    pub(super) fn quarantine(&mut self, entry: &Entry, reason: &'static str, detail: String) {
        if self.is_quarantined() {
            return;
        }
        let Some(record) = &entry.record else { return };
        let row = kept(self.world.keys, entry, record, reason, detail);
        self.write.quarantine.push(row);
    }

    pub(super) fn park(&mut self, entry: &Entry, request: &Request, reason: &'static str) {
        if self.is_quarantined() {
            return;
        }
        let Some(record) = &entry.record else { return };
        let detail = "names a person by keys that nobody has introduced yet; waits for the record that does";
        let keys = request
            .people
            .iter()
            .flat_map(|person| person.keys.iter().copied())
            .filter(|key| key.kind != KeyKind::Anonymous)
            .collect();
        let row = ParkedRow {
            kept: kept(self.world.keys, entry, record, reason, detail.to_owned()),
            keys,
            occurred_at: request.cause.occurred_at,
        };
        self.parked_here.push(crate::transaction::loaded::Waiting {
            id: row.kept.id,
            keys: row.keys.clone(),
            entry: entry.clone(),
        });
        self.write.parked.push(row);
    }
}

pub(super) fn kept(
    keys: &Keys,
    entry: &Entry,
    record: &RecordRef,
    reason: &'static str,
    detail: String,
) -> KeptRow {
    let name = format!("{}/{}/{}", record.topic, record.partition, record.offset);
    let value = entry.raw.value.as_ref();
    let stored = value.map(|value| value[..value.len().min(KEPT_VALUE_BYTES_MAX)].to_vec());
    let parts = entry.raw.key.iter().chain(entry.raw.headers.iter().map(|(_, value)| value)).chain(value);
    KeptRow {
        names: traces::keys_in(keys, parts.map(Vec::as_slice)),
        id: Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()),
        topic: record.topic.to_string(),
        partition: record.partition,
        offset: record.offset,
        timestamp: record.timestamp,
        reason,
        detail,
        key: entry.raw.key.clone(),
        headers: headers(&entry.raw.headers),
        truncated: value.is_some_and(|value| value.len() > KEPT_VALUE_BYTES_MAX),
        value: stored,
    }
}

/// Headers as JSON: `[["ce_id","text"],["odd",null,"base64"]]`; base64 where a value is not UTF-8.
fn headers(headers: &[(String, Vec<u8>)]) -> Vec<u8> {
    let list: Vec<serde_json::Value> = headers
        .iter()
        .map(|(name, value)| match std::str::from_utf8(value) {
            Ok(text) => serde_json::json!([name, text]),
            Err(_) => {
                serde_json::json!([name, null, base64::engine::general_purpose::STANDARD.encode(value)])
            }
        })
        .collect();
    serde_json::Value::Array(list).to_string().into_bytes()
}
