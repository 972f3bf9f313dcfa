//! A record as the polling thread hands it on, and the hash by which it is known again. It never looks into the value.

use crate::domain::time::Moment;
use crate::transaction::batch::{Entry, Raw};
use rdkafka::Message as _;
use rdkafka::message::{BorrowedMessage, Headers as _};
use sha2::{Digest as _, Sha256};

/// Microseconds in a millisecond, the unit of Kafka's timestamps.
const MILLISECOND: i64 = 1_000;

/// A record read and decoded, with what it weighs.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub entry: Entry,
    /// Bytes of key, headers and value.
    pub bytes: usize,
}

/// The bytes of a message, owned.
#[must_use]
pub fn raw(message: &BorrowedMessage<'_>) -> Raw {
    let headers = message.headers().map(|headers| {
        headers
            .iter()
            .map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec()))
            .collect()
    });
    Raw {
        key: message.key().map(<[u8]>::to_vec),
        headers: headers.unwrap_or_default(),
        value: message.payload().map(<[u8]>::to_vec),
    }
}

/// Bytes that a record takes.
#[must_use]
pub fn weight(raw: &Raw) -> usize {
    let headers: usize = raw.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    raw.key.as_ref().map_or(0, Vec::len) + raw.value.as_ref().map_or(0, Vec::len) + headers
}

/// The record's timestamp; without one the moment it was read.
#[must_use]
pub fn timestamp(message: &BorrowedMessage<'_>, read_at: Moment) -> Moment {
    message
        .timestamp()
        .to_millis()
        .filter(|millis| *millis >= 0)
        .map_or(read_at, |millis| Moment(millis.saturating_mul(MILLISECOND)))
}

/// SHA-256 over key, headers in order and value, each after its length (8 bytes, big-endian; all ones where absent).
/// The last record of a position is known again by it after a restart.
#[must_use]
pub fn hash(raw: &Raw) -> [u8; 32] {
    let mut digest = Sha256::new();
    let mut part = |bytes: Option<&[u8]>| {
        let length = bytes.map_or(u64::MAX, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        digest.update(length.to_be_bytes());
        digest.update(bytes.unwrap_or_default());
    };
    part(raw.key.as_deref());
    for (name, value) in &raw.headers {
        part(Some(name.as_bytes()));
        part(Some(value));
    }
    part(raw.value.as_deref());
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::{Raw, hash};

    #[test]
    fn an_absent_value_and_an_empty_one_are_different_records() {
        let tombstone = Raw { key: Some(b"k".to_vec()), headers: vec![], value: None };
        let empty = Raw { value: Some(vec![]), ..tombstone.clone() };
        assert_ne!(hash(&tombstone), hash(&empty));
    }

    #[test]
    fn bytes_that_move_between_key_and_value_change_the_hash() {
        let one = Raw { key: Some(b"ab".to_vec()), headers: vec![], value: Some(b"c".to_vec()) };
        let other = Raw { key: Some(b"a".to_vec()), headers: vec![], value: Some(b"bc".to_vec()) };
        assert_ne!(hash(&one), hash(&other));
    }
}
