//! The hash of an audit row over the stored bytes of its other columns. It knows SHA-256 and nothing of databases.

use sha2::{Digest, Sha256};

/// What stands before everything that is hashed, so that the same bytes elsewhere never give the same hash.
const DOMAIN: &[u8] = b"baton.audit.v1";

/// The columns of an audit row, `hash` left out.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    pub stream: &'a str,
    pub stream_sequence: i64,
    pub subject_kind: i16,
    /// The subject's id, 16 bytes.
    pub subject: &'a [u8],
    pub version: i64,
    pub event: &'a str,
    pub payload: &'a [u8],
    /// Microseconds since 1970.
    pub occurred_at: i64,
    /// Microseconds since 1970.
    pub decided_at: i64,
    pub actor: &'a str,
    pub cause: &'a [u8],
    /// Topic, partition and offset.
    pub record: Option<(&'a str, i32, i64)>,
    pub input: &'a [u8],
    pub policy: &'a [u8],
    pub team: &'a [u8],
    pub reference: &'a [u8],
    pub timeline: i32,
    /// The hash of the subject's row before this one; zeros for the first.
    pub previous: &'a [u8],
}

/// SHA-256 over the columns in the order of the struct: numbers big-endian, texts and bytes with their length before
/// them, an absent record as one zero byte, so that no two rows read alike.
#[must_use]
pub fn hash(row: &Columns<'_>) -> [u8; 32] {
    let mut sha = Sha256::new();
    bytes(&mut sha, DOMAIN);
    bytes(&mut sha, row.stream.as_bytes());
    sha.update(row.stream_sequence.to_be_bytes());
    sha.update(row.subject_kind.to_be_bytes());
    bytes(&mut sha, row.subject);
    sha.update(row.version.to_be_bytes());
    bytes(&mut sha, row.event.as_bytes());
    bytes(&mut sha, row.payload);
    sha.update(row.occurred_at.to_be_bytes());
    sha.update(row.decided_at.to_be_bytes());
    bytes(&mut sha, row.actor.as_bytes());
    bytes(&mut sha, row.cause);
    match row.record {
        None => sha.update([0]),
        Some((topic, partition, offset)) => {
            sha.update([1]);
            bytes(&mut sha, topic.as_bytes());
            sha.update(partition.to_be_bytes());
            sha.update(offset.to_be_bytes());
        }
    }
    bytes(&mut sha, row.input);
    bytes(&mut sha, row.policy);
    bytes(&mut sha, row.team);
    bytes(&mut sha, row.reference);
    sha.update(row.timeline.to_be_bytes());
    bytes(&mut sha, row.previous);
    sha.finalize().into()
}

fn bytes(sha: &mut Sha256, value: &[u8]) {
    sha.update(u64::try_from(value.len()).unwrap_or(u64::MAX).to_be_bytes());
    sha.update(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Columns<'static> {
        Columns {
            stream: "crm.lead-events.v1/3",
            stream_sequence: 7,
            subject_kind: 1,
            subject: &[9; 16],
            version: 2,
            event: "note_taken",
            payload: &[1, 25],
            occurred_at: 5,
            decided_at: 6,
            actor: "feed",
            cause: &[1; 32],
            record: Some(("crm.lead-events.v1", 3, 99)),
            input: &[2; 16],
            policy: &[3; 32],
            team: &[4; 32],
            reference: &[5; 32],
            timeline: 1,
            previous: &[0; 32],
        }
    }

    #[test]
    fn a_change_of_any_column_changes_the_hash() {
        let base = row();
        let changed = [
            Columns { stream: "crm.lead-events.v1/4", ..base },
            Columns { stream_sequence: 8, ..base },
            Columns { subject_kind: 2, ..base },
            Columns { subject: &[8; 16], ..base },
            Columns { version: 3, ..base },
            Columns { event: "note_takes", ..base },
            Columns { payload: &[1, 26], ..base },
            Columns { occurred_at: 6, ..base },
            Columns { decided_at: 7, ..base },
            Columns { actor: "fees", ..base },
            Columns { cause: &[2; 32], ..base },
            Columns { record: None, ..base },
            Columns { record: Some(("crm.lead-events.v1", 3, 98)), ..base },
            Columns { input: &[3; 16], ..base },
            Columns { policy: &[4; 32], ..base },
            Columns { team: &[5; 32], ..base },
            Columns { reference: &[6; 32], ..base },
            Columns { timeline: 2, ..base },
            Columns { previous: &[1; 32], ..base },
        ];
        let mut hashes: Vec<[u8; 32]> = changed.iter().map(hash).collect();
        hashes.push(hash(&base));
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), changed.len() + 1);
    }

    #[test]
    fn bytes_that_move_from_one_column_to_the_next_change_the_hash() {
        let base = row();
        assert_ne!(
            hash(&Columns { event: "a", payload: b"bc", ..base }),
            hash(&Columns { event: "ab", payload: b"c", ..base })
        );
    }
}
