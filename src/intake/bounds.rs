//! What intake counts before it gives up: fence misses, unequal partition counts, partitions that are behind and do not
//! move. It is told every moment; it asks nobody and ends nothing itself.

use super::progress::Standing;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Fence misses that end the process, and within what time.
const FENCE_MISSES_MAX: usize = 3;
const FENCE_WINDOW: Duration = Duration::from_mins(1);
/// Misses of other lanes within this have the same reason.
const FENCE_ECHO: Duration = Duration::from_secs(2);
/// How long unequal counts are waited for (somebody is growing the topics) before the process stops.
const UNEQUAL_MAX: Duration = Duration::from_mins(10);

/// The fence misses of the last minute.
#[derive(Debug, Default)]
pub(super) struct Misses(VecDeque<Instant>);

/// What a fence miss asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Miss {
    /// Another lane's word of a miss that was counted already.
    Echo,
    /// Leave the group, wait a little, come back.
    Rejoin,
    /// Somebody keeps taking what is ours: end.
    Enough,
}

impl Misses {
    pub(super) fn note(&mut self, now: Instant) -> Miss {
        if self.0.back().is_some_and(|last| now.duration_since(*last) < FENCE_ECHO) {
            return Miss::Echo;
        }
        self.0.push_back(now);
        while self.0.front().is_some_and(|first| now.duration_since(*first) > FENCE_WINDOW) {
            self.0.pop_front();
        }
        if self.0.len() >= FENCE_MISSES_MAX { Miss::Enough } else { Miss::Rejoin }
    }
}

/// Since when partition counts are unequal, while they are.
#[derive(Debug, Default)]
pub(super) struct Unequal(Option<Instant>);

impl Unequal {
    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn over(&mut self) {
        self.0 = None;
    }

    /// They are unequal now; true once that lasts for too long.
    pub(super) fn lasts_too_long(&mut self, now: Instant) -> bool {
        now.duration_since(*self.0.get_or_insert(now)) > UNEQUAL_MAX
    }
}

/// How a partition stands against its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Headway {
    /// Nothing is left to commit.
    Idle,
    /// So many records are left, and it moved not long ago.
    Behind(i64),
    /// So many records are left, and nothing was committed for longer than a lane may take.
    Stuck(i64),
}

impl Headway {
    pub(super) fn of(standing: &Standing, end: i64, stuck_after: Duration) -> Self {
        if standing.is_at(end) && standing.committed >= standing.handed {
            return Self::Idle;
        }
        let left = end - standing.committed;
        if standing.unmoved > stuck_after { Self::Stuck(left) } else { Self::Behind(left) }
    }

    /// Records that are left.
    pub(super) fn lag(self) -> i64 {
        match self {
            Self::Idle => 0,
            Self::Behind(left) | Self::Stuck(left) => left,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn three_fence_misses_within_a_minute_are_enough_and_echoes_and_old_ones_do_not_count() {
        let start = crate::clock::instant();
        let told = |seconds: &[u64]| {
            let mut misses = Misses::default();
            seconds.iter().map(|at| misses.note(start + after(*at))).collect::<Vec<_>>()
        };
        assert_eq!(told(&[0, 20, 60]), [Miss::Rejoin, Miss::Rejoin, Miss::Enough]);
        assert_eq!(told(&[0, 20, 61]), [Miss::Rejoin; 3], "the first is more than a minute old");
        assert_eq!(told(&[0, 1, 1, 1]), [Miss::Rejoin, Miss::Echo, Miss::Echo, Miss::Echo], "one loss");
        assert_eq!(told(&[0, 1, 2, 4]), [Miss::Rejoin, Miss::Echo, Miss::Rejoin, Miss::Enough]);
    }

    #[test]
    fn unequal_counts_are_waited_for_for_ten_minutes_and_then_no_longer() {
        let (start, mut unequal) = (crate::clock::instant(), Unequal::default());
        assert!(!unequal.lasts_too_long(start));
        assert!(unequal.is_on());
        assert!(!unequal.lasts_too_long(start + after(600)), "ten minutes are allowed");
        assert!(unequal.lasts_too_long(start + after(601)));
        unequal.over();
        assert!(!unequal.is_on());
        assert!(!unequal.lasts_too_long(start + after(700)), "the time counts anew");
        assert!(!unequal.lasts_too_long(start + after(1_300)));
        assert!(unequal.lasts_too_long(start + after(1_301)));
    }

    fn standing(committed: i64, handed: i64, unmoved: u64) -> Standing {
        Standing { committed, handed, drained: None, unmoved: after(unmoved), epoch: 1, stopped: false }
    }

    #[test]
    fn a_partition_is_stuck_when_it_is_behind_and_nothing_is_committed_for_too_long() {
        let pace = |standing: Standing| Headway::of(&standing, 100, after(60));
        assert_eq!(pace(standing(90, 95, 60)), Headway::Behind(10), "a lane may take so long");
        assert_eq!(pace(standing(90, 95, 61)), Headway::Stuck(10));
        assert_eq!(pace(standing(90, 100, 61)), Headway::Stuck(10), "handed over and not committed");
        assert_eq!(pace(standing(100, 100, 9_999)), Headway::Idle, "nothing to do is no fault");
        // The last offsets hold no record, which librdkafka's own position tells.
        let passed_over = Standing { drained: Some(100), ..standing(98, 98, 9_999) };
        assert_eq!(pace(passed_over), Headway::Idle);
        assert_eq!(pace(passed_over).lag(), 0);
        assert_eq!(pace(standing(90, 95, 61)).lag(), 10);
    }
}
