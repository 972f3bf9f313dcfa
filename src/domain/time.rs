//! Moments as whole microseconds, so that stored bytes are small and equal everywhere. It never reads a clock.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds in a day of 24 hours.
pub const DAY: i64 = 24 * HOUR;

/// The last moment that a clock may name: 9999-12-30T22:00:00Z, the end of what RFC 3339 can write.
const MOMENT_MAX: i64 = 253_402_207_200 * SECOND;

/// A moment in time: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Moment(pub i64);

impl Moment {
    /// The earliest moment there is; stands for "since ever".
    pub const EVER: Self = Self(i64::MIN);

    /// This moment moved by so many microseconds, held inside what RFC 3339 can write.
    #[must_use]
    pub fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros).min(MOMENT_MAX))
    }

    /// Microseconds from `earlier` to this moment; negative when `earlier` is the later one.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole days from `earlier` to this moment, rounded down: floor(difference / 86,400 s).
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.since(earlier).div_euclid(DAY)
    }

    /// Reads RFC 3339.
    ///
    /// # Errors
    /// The text is no RFC 3339 timestamp, or lies outside what can be written.
    pub fn parse(text: &str) -> Result<Self, jiff::Error> {
        text.parse::<jiff::Timestamp>().map(Self::from)
    }

    /// The same moment for calendar arithmetic; moments outside the calendar are held at its ends.
    #[must_use]
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for Moment {
    fn from(timestamp: jiff::Timestamp) -> Self {
        Self(timestamp.as_microsecond())
    }
}

impl fmt::Display for Moment {
    /// RFC 3339 in UTC.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(formatter)
    }
}
