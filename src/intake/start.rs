//! Where reading begins on a partition: pure, so that every case of retention and re-created topics can be tested. It
//! never reads anything.

use crate::settings::FirstStart;

/// What Postgres knows of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The next offset to read.
    pub next: i64,
    /// Hash of the record before it, when there was one.
    pub last_hash: Option<[u8; 32]>,
}

/// What the broker holds: the first offset it still has and the one after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub start: i64,
    pub end: i64,
}

/// Where to begin, and whether the record before is read again to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The offset to assign.
    pub at: i64,
    /// The first offset that counts; equals `at` unless the record before is compared.
    pub next: i64,
    /// The hash that the record at `at` must have.
    pub expected: Option<[u8; 32]>,
}

/// Reading on would jump over records or take another topic's: somebody has to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    #[error(
        "retention has deleted records that were never read: position {next}, the log starts at {start}; see `baton position set`"
    )]
    Passed { next: i64, start: i64 },
    #[error(
        "the partition ends at {end}, before position {next}: the topic was created anew; see `baton position set`"
    )]
    Recreated { next: i64, end: i64 },
}

/// Chooses the start of a partition that has a row.
///
/// # Errors
/// Records were lost to retention, or the topic is another one.
pub fn resume(stored: Stored, held: Held) -> Result<Start, StartError> {
    if stored.next > held.end {
        return Err(StartError::Recreated { next: stored.next, end: held.end });
    }
    if held.start > stored.next {
        return Err(StartError::Passed { next: stored.next, start: held.start });
    }
    match stored.last_hash {
        Some(hash) if stored.next > held.start => {
            Ok(Start { at: stored.next - 1, next: stored.next, expected: Some(hash) })
        }
        Some(_) | None => Ok(Start { at: stored.next, next: stored.next, expected: None }),
    }
}

/// Chooses the start of a partition without a row: the setting, but 0 where the topic is known, because then it grew and
/// nothing of the new partition may be skipped.
#[must_use]
pub fn first(setting: FirstStart, topic_known: bool, held: Held) -> i64 {
    match (topic_known, setting) {
        (true, FirstStart::Earliest | FirstStart::Latest) => 0.max(held.start),
        (false, FirstStart::Earliest) => held.start,
        (false, FirstStart::Latest) => held.end,
    }
}

#[cfg(test)]
mod tests {
    use super::{FirstStart, Held, Start, StartError, Stored, first, resume};

    const HASH: Option<[u8; 32]> = Some([7; 32]);

    #[test]
    fn the_last_record_is_read_again_while_the_broker_holds_it() {
        let start = resume(Stored { next: 10, last_hash: HASH }, Held { start: 0, end: 12 });
        assert_eq!(start, Ok(Start { at: 9, next: 10, expected: HASH }));
        let start = resume(Stored { next: 10, last_hash: HASH }, Held { start: 9, end: 10 });
        assert_eq!(start, Ok(Start { at: 9, next: 10, expected: HASH }));
    }

    #[test]
    fn a_deleted_last_record_is_not_checkable_and_nothing_is_lost() {
        let start = resume(Stored { next: 10, last_hash: HASH }, Held { start: 10, end: 12 });
        assert_eq!(start, Ok(Start { at: 10, next: 10, expected: None }));
    }

    #[test]
    fn retention_past_the_position_stops() {
        let start = resume(Stored { next: 10, last_hash: HASH }, Held { start: 11, end: 12 });
        assert_eq!(start, Err(StartError::Passed { next: 10, start: 11 }));
    }

    #[test]
    fn an_end_before_the_position_stops() {
        let start = resume(Stored { next: 10, last_hash: HASH }, Held { start: 0, end: 9 });
        assert_eq!(start, Err(StartError::Recreated { next: 10, end: 9 }));
    }

    #[test]
    fn a_position_without_a_record_before_it_starts_where_it_stands() {
        let start = resume(Stored { next: 0, last_hash: None }, Held { start: 0, end: 0 });
        assert_eq!(start, Ok(Start { at: 0, next: 0, expected: None }));
    }

    #[test]
    fn a_grown_topic_starts_at_its_beginning_whatever_the_setting() {
        let held = Held { start: 3, end: 8 };
        assert_eq!(first(FirstStart::Latest, false, held), 8);
        assert_eq!(first(FirstStart::Earliest, false, held), 3);
        assert_eq!(first(FirstStart::Latest, true, Held { start: 0, end: 8 }), 0);
    }
}
