//! Business time: until teams have hours of their own, 24-hour days, Monday to Friday, UTC. It never reads a clock.

use super::time::{DAY, Moment};
use serde::{Deserialize, Serialize};

/// 1970-01-01 was a Thursday; counted from Monday = 0.
const EPOCH_WEEKDAY: i64 = 3;
/// Working days in a week.
const WORKDAYS: i64 = 5;

/// Which time a clock counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Basis {
    /// Monday to Friday, UTC.
    Business,
    /// Every second.
    Wall,
}

impl Basis {
    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::Wall => "wall",
        }
    }
}

/// Business microseconds from Monday 1969-12-29 to the moment; a weekend stands still at Friday's end.
fn business_position(moment: Moment) -> i64 {
    let since_monday = moment.0.saturating_add(EPOCH_WEEKDAY * DAY);
    let week = since_monday.div_euclid(7 * DAY);
    let within = since_monday.rem_euclid(7 * DAY).min(WORKDAYS * DAY);
    week * WORKDAYS * DAY + within
}

/// The moment `micros` of the basis after `start`; time that ends exactly on a Friday's end stays there.
#[must_use]
pub fn add(basis: Basis, start: Moment, micros: i64) -> Moment {
    match basis {
        Basis::Wall => start.plus(micros),
        Basis::Business if micros <= 0 => start,
        Basis::Business => {
            let position = business_position(start).saturating_add(micros);
            // A position on a week's edge is Friday's end, not Monday's start: a deadline is the earlier of the two.
            let week = (position - 1).div_euclid(WORKDAYS * DAY);
            let within = position - week * WORKDAYS * DAY;
            Moment(week * 7 * DAY + within).plus(-EPOCH_WEEKDAY * DAY)
        }
    }
}

/// Microseconds of the basis between two moments, never negative.
#[must_use]
pub fn between(basis: Basis, from: Moment, to: Moment) -> i64 {
    match basis {
        Basis::Wall => to.since(from).max(0),
        Basis::Business => business_position(to).saturating_sub(business_position(from)).max(0),
    }
}

/// Business days as microseconds of business time (a day of 24 hours until teams have hours of their own).
#[must_use]
pub fn business_days(days: u32) -> i64 {
    i64::from(days) * DAY
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::HOUR;

    fn at(text: &str) -> Moment {
        Moment::parse(text).expect("test moments are RFC 3339")
    }

    #[test]
    fn a_weekend_does_not_count() {
        let friday = at("2026-10-02T22:00:00Z");
        assert_eq!(add(Basis::Business, friday, 4 * HOUR), at("2026-10-05T02:00:00Z"));
        assert_eq!(add(Basis::Business, friday, 2 * HOUR), at("2026-10-03T00:00:00Z"));
        assert_eq!(add(Basis::Wall, friday, 4 * HOUR), at("2026-10-03T02:00:00Z"));
    }

    #[test]
    fn time_that_starts_on_a_weekend_starts_on_monday() {
        let saturday = at("2026-10-03T11:00:00Z");
        assert_eq!(add(Basis::Business, saturday, HOUR), at("2026-10-05T01:00:00Z"));
    }

    #[test]
    fn between_undoes_add() {
        let start = at("2026-09-30T13:37:00Z");
        for hours in 1..300 {
            let end = add(Basis::Business, start, hours * HOUR);
            assert_eq!(between(Basis::Business, start, end), hours * HOUR, "{hours} hours");
        }
    }
}
