//! The breaker: a lane that turns too many records away stops before it fills quarantine with good ones. It never counts
//! what is nobody's fault.

use crate::transaction::batch::Outcome;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Records that are looked back on.
const WINDOW: usize = 1_000;
/// Of the window, so many in a hundred ...
const SHARE_PERCENT: usize = 5;
/// ... and at least so many.
const LEAST: usize = 20;
/// Or so many in a minute, whatever the share.
const PER_MINUTE: usize = 100;
const MINUTE: Duration = Duration::from_mins(1);

/// Counts what went wrong on one lane, which is one partition.
#[derive(Debug, Default)]
pub struct Breaker {
    last: VecDeque<bool>,
    wrong: usize,
    times: VecDeque<Instant>,
}

/// Whether an outcome is trouble: awaited identities, queues behind parked leads, conflicts, filtered and refused records are not.
fn is_trouble(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Quarantined(reason) => *reason != "conflict",
        // What queues behind a parked lead is the same fault, counted when the lead was parked.
        Outcome::Parked(reason) => !matches!(*reason, "awaiting_identity" | "lead_parked"),
        Outcome::Applied(_) | Outcome::Duplicate | Outcome::Filtered(_) | Outcome::Refused(_) => false,
    }
}

impl Breaker {
    /// Counts one record at a moment; a reason says stop.
    #[must_use]
    pub fn trips(&mut self, outcome: &Outcome, now: Instant) -> Option<String> {
        let wrong = is_trouble(outcome);
        self.last.push_back(wrong);
        self.wrong += usize::from(wrong);
        if self.last.len() > WINDOW && self.last.pop_front() == Some(true) {
            self.wrong -= 1;
        }
        if wrong {
            self.times.push_back(now);
        }
        while self.times.front().is_some_and(|first| now.duration_since(*first) > MINUTE) {
            self.times.pop_front();
        }
        let share = self.last.len() >= WINDOW && self.wrong * 100 >= SHARE_PERCENT * self.last.len();
        if self.times.len() >= PER_MINUTE {
            return Some(format!("{} records went wrong within a minute", self.times.len()));
        }
        (share && self.wrong >= LEAST)
            .then(|| format!("{} of the last {} records went wrong", self.wrong, self.last.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Breaker, Outcome};
    use crate::clock::instant;
    use std::time::Duration;

    #[test]
    fn a_twentieth_of_a_thousand_records_stops_the_lane() {
        let (mut breaker, start) = (Breaker::default(), instant());
        let tripped: Vec<bool> = (0..1_000_u32)
            .map(|number| {
                let outcome =
                    if number % 20 == 0 { Outcome::Quarantined("schema") } else { Outcome::Applied("x") };
                breaker.trips(&outcome, start + Duration::from_secs(u64::from(number) * 10)).is_some()
            })
            .collect();
        assert_eq!(tripped.iter().position(|tripped| *tripped), Some(999));
    }

    #[test]
    fn a_hundred_a_minute_stop_the_lane_whatever_the_share() {
        let (mut breaker, start) = (Breaker::default(), instant());
        let count = (0..200).take_while(|_| breaker.trips(&Outcome::Parked("bug"), start).is_none()).count();
        assert_eq!(count, 99);
    }

    #[test]
    fn strangers_conflicts_and_refusals_never_stop_a_lane() {
        let (mut breaker, start) = (Breaker::default(), instant());
        for _ in 0..3_000 {
            assert_eq!(breaker.trips(&Outcome::Parked("awaiting_identity"), start), None);
            assert_eq!(breaker.trips(&Outcome::Parked("lead_parked"), start), None);
            assert_eq!(breaker.trips(&Outcome::Quarantined("conflict"), start), None);
            assert_eq!(breaker.trips(&Outcome::Refused("stale".to_owned()), start), None);
        }
    }
}
