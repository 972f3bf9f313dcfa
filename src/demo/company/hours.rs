//! Instants as milliseconds since 1970 (UTC), working hours and the rhythm of a week. It never reads a clock.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::prng::Rng;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub(super) type Millis = i64;

pub(super) const SECOND: Millis = 1_000;
pub(super) const MINUTE: Millis = 60 * SECOND;
pub(super) const HOUR: Millis = 60 * MINUTE;
pub(super) const DAY: Millis = 24 * HOUR;

/// The working day of the reps: 09:00 to 17:30, Monday to Friday, UTC (the default team's hours).
const OPENS: Millis = 9 * HOUR;
const CLOSES: Millis = 17 * HOUR + 30 * MINUTE;

pub(super) fn timestamp(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX)
}

/// `YYYY-MM-DD` in UTC.
pub(super) fn date(at: Millis) -> String {
    timestamp(at).to_zoned(TimeZone::UTC).date().to_string()
}

/// The day of the month, 1 to 31.
pub(super) fn day_of_month(at: Millis) -> i8 {
    timestamp(at).to_zoned(TimeZone::UTC).day()
}

/// Midnight at the start of the day.
pub(super) fn midnight(at: Millis) -> Millis {
    at - at.rem_euclid(DAY)
}

/// Monday = 0, Sunday = 6.
pub(super) fn weekday(at: Millis) -> i64 {
    // 1970-01-01 was a Thursday.
    (at.div_euclid(DAY) + 3).rem_euclid(7)
}

fn is_weekend(at: Millis) -> bool {
    weekday(at) >= 5
}

/// Whether the company sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// Visitors come by the hours of a day and the days of a week; reps work in the team's hours.
    Office,
    /// Visitors come evenly and reps work at any hour, so that a live board has something to show whenever it is opened.
    RoundTheClock,
}

impl Rhythm {
    /// The same instant when somebody works then, else the next opening.
    pub(super) fn working(self, at: Millis) -> Millis {
        match self {
            Self::Office => working(at),
            Self::RoundTheClock => at,
        }
    }

    /// `span` of working time after `at`: what a rep who needs two hours gets done after lunch on Friday ends on Monday.
    pub(super) fn add_working(self, at: Millis, span: Millis) -> Millis {
        match self {
            Self::Office => add_working(at, span),
            Self::RoundTheClock => at + span,
        }
    }

    /// The instant of the day on which a visitor comes.
    pub(super) fn visiting_hour(self, rng: &mut Rng) -> Millis {
        match self {
            Self::Office => visiting_hour(rng),
            Self::RoundTheClock => rng.between(0, DAY - 1),
        }
    }

    /// Visitors of that weekday (Monday = 0), in percent of an average day.
    pub(super) fn visitors_percent(self, weekday: i64) -> i64 {
        match self {
            Self::Office => WEEK.get(usize::try_from(weekday).unwrap_or(0)).copied().unwrap_or(100),
            Self::RoundTheClock => 100,
        }
    }
}

/// Visitors on each day of the week (Monday first), in percent of an average day; the week adds up to 700.
const WEEK: [i64; 7] = [125, 135, 130, 130, 100, 35, 45];

fn working(at: Millis) -> Millis {
    let mut day = midnight(at);
    let mut of_day = at - day;
    if of_day >= CLOSES {
        day += DAY;
        of_day = 0;
    }
    while is_weekend(day) {
        day += DAY;
        of_day = 0;
    }
    day + of_day.max(OPENS)
}

fn add_working(at: Millis, span: Millis) -> Millis {
    let mut from = working(at);
    let mut left = span;
    loop {
        let closes = midnight(from) + CLOSES;
        if from + left < closes {
            return from + left;
        }
        left -= closes - from;
        from = working(closes);
    }
}

/// The first `day` of the week (Monday = 0) strictly after `at`, at `of_day`.
pub(super) fn next_weekday(at: Millis, day: i64, of_day: Millis) -> Millis {
    let mut candidate = midnight(at) + of_day;
    while weekday(candidate) != day || candidate <= at {
        candidate += DAY;
    }
    candidate
}

/// An instant of the day on which visitors come: most in office hours, some in the evening.
pub(super) fn visiting_hour(rng: &mut Rng) -> Millis {
    let hour = rng.weighted(&[
        (6, 2),
        (7, 5),
        (8, 9),
        (9, 13),
        (10, 14),
        (11, 12),
        (12, 8),
        (13, 11),
        (14, 13),
        (15, 12),
        (16, 9),
        (17, 6),
        (18, 4),
        (19, 4),
        (20, 4),
        (21, 3),
        (22, 1),
    ]);
    hour * HOUR + rng.between(0, HOUR - 1)
}

/// About `days` days after `at`, on a working day mostly, at an hour on which people look at their mail.
pub(super) fn days_later(at: Millis, days: i64, rng: &mut Rng) -> Millis {
    let mut day = midnight(at) + days * DAY;
    if is_weekend(day) && rng.chance(800) {
        day += DAY * (7 - weekday(day));
    }
    (day + visiting_hour(rng)).max(at + rng.between(5, 90) * MINUTE)
}
