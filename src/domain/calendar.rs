//! Business time: working hours of a time zone, weekdays and holidays, safe over clock changes. It never reads a clock.

use super::time::{DAY, MINUTE, Moment, SECOND};
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use std::collections::BTreeSet;

/// Minutes in a day; a day that closes then closes at midnight.
pub const DAY_MINUTES: u32 = 24 * 60;
/// Sums of business time look so many days ahead, ten years; what lies behind counts as wall time, so that every sum ends.
const DAYS_MAX: u32 = 3_660;

/// Where days are counted from.
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// A length of business time, counted in the calendar of whoever owes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Working days of the calendar: from opening to closing, however long that is there.
    pub business_days: u32,
    pub seconds: u32,
}

impl Span {
    /// So many working days.
    #[must_use]
    pub const fn business_days(days: u32) -> Self {
        Self { business_days: days, seconds: 0 }
    }

    /// So many seconds of business time.
    #[must_use]
    pub const fn seconds(seconds: u32) -> Self {
        Self { business_days: 0, seconds }
    }
}

/// When somebody works: a day's hours are wall times of the zone, whatever its clocks do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    zone: TimeZone,
    /// Minutes after midnight; `opens < closes`.
    opens_minute: u32,
    closes_minute: u32,
    /// Monday first; one of them at least.
    days: [bool; 7],
    holidays: BTreeSet<Date>,
}

/// Why hours cannot be worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("closes before it opens, or after midnight")]
    Hours,
    #[error("has no working day")]
    NoDay,
}

impl Calendar {
    /// A calendar of these hours.
    ///
    /// # Errors
    /// Hours that end before they begin (a shift over midnight is two calendars), or no working day.
    pub fn new(
        zone: TimeZone,
        (opens_minute, closes_minute): (u32, u32),
        days: [bool; 7],
        holidays: BTreeSet<Date>,
    ) -> Result<Self, CalendarError> {
        if opens_minute >= closes_minute || closes_minute > DAY_MINUTES {
            return Err(CalendarError::Hours);
        }
        if !days.contains(&true) {
            return Err(CalendarError::NoDay);
        }
        Ok(Self { zone, opens_minute, closes_minute, days, holidays })
    }

    /// Monday to Friday, 09:00 to 17:30 UTC: whoever has no other hours (POLICY, other constants).
    #[must_use]
    pub fn office() -> Self {
        Self {
            zone: TimeZone::UTC,
            opens_minute: 9 * 60,
            closes_minute: 17 * 60 + 30,
            days: [true, true, true, true, true, false, false],
            holidays: BTreeSet::new(),
        }
    }

    /// The same hours in another place.
    #[must_use]
    pub fn in_zone(&self, zone: TimeZone) -> Self {
        Self { zone, ..self.clone() }
    }

    /// Other hours in the same place; those that are none change nothing.
    #[must_use]
    pub fn with_hours(&self, opens_minute: u32, closes_minute: u32) -> Self {
        if opens_minute >= closes_minute || closes_minute > DAY_MINUTES {
            return self.clone();
        }
        Self { opens_minute, closes_minute, ..self.clone() }
    }

    /// The zone's IANA name.
    #[must_use]
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// Opening and closing, in minutes after midnight.
    #[must_use]
    pub fn hours(&self) -> (u32, u32) {
        (self.opens_minute, self.closes_minute)
    }

    /// The working weekdays, Monday first.
    #[must_use]
    pub fn days(&self) -> [bool; 7] {
        self.days
    }

    /// Days on which nobody works.
    #[must_use]
    pub fn holidays(&self) -> &BTreeSet<Date> {
        &self.holidays
    }

    /// The day that it is there.
    #[must_use]
    pub fn date(&self, at: Moment) -> Date {
        self.zone.to_datetime(at.timestamp()).date()
    }

    /// The first moment of a day there.
    #[must_use]
    pub fn midnight(&self, date: Date) -> Moment {
        self.moment(date.to_datetime(jiff::civil::Time::midnight()), Edge::Opening)
    }

    /// The first moment of a day, counted from 1970-01-01.
    #[must_use]
    pub fn day(&self, days: i32) -> Moment {
        let date = EPOCH.checked_add(jiff::Span::new().days(days));
        date.map_or_else(|_| Moment(i64::from(days) * DAY), |date| self.midnight(date))
    }

    /// The length of a span here, in microseconds of business time.
    #[must_use]
    pub fn micros(&self, span: Span) -> i64 {
        let day = i64::from(self.closes_minute - self.opens_minute) * MINUTE;
        i64::from(span.business_days) * day + i64::from(span.seconds) * SECOND
    }

    /// The moment that lies a span of business time after `start`; time that ends exactly at closing ends then.
    #[must_use]
    pub fn after(&self, start: Moment, span: Span) -> Moment {
        self.add(start, self.micros(span))
    }

    /// The moment that lies so many microseconds of business time after `start`.
    #[must_use]
    pub fn add(&self, start: Moment, micros: i64) -> Moment {
        if micros <= 0 {
            return start;
        }
        let mut left = micros;
        let mut date = self.date(start);
        for _ in 0..DAYS_MAX {
            if let Some((opens, closes)) = self.window(date)
                && closes > start
            {
                let from = opens.max(start);
                let there = closes.since(from);
                if left <= there {
                    return from.plus(left);
                }
                left -= there;
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        self.midnight(date).max(start).plus(left)
    }

    /// Microseconds of business time between two moments, never negative.
    #[must_use]
    pub fn between(&self, from: Moment, to: Moment) -> i64 {
        let mut sum = 0;
        let mut date = self.date(from);
        for _ in 0..DAYS_MAX {
            let first = self.midnight(date);
            if first >= to {
                return sum;
            }
            if let Some((opens, closes)) = self.window(date) {
                sum += closes.min(to).since(opens.max(from)).max(0);
            }
            let Ok(next) = date.tomorrow() else { return sum };
            date = next;
        }
        sum + to.since(self.midnight(date).max(from)).max(0)
    }

    /// Whether it is working time: from opening on, up to closing.
    #[must_use]
    pub fn is_open(&self, at: Moment) -> bool {
        self.window(self.date(at)).is_some_and(|(opens, closes)| opens <= at && at < closes)
    }

    /// Whether what is due at this moment may happen then: in working time, or at its very end and `slack` later.
    #[must_use]
    pub fn covers(&self, at: Moment, slack: i64) -> bool {
        let holds = |date: Date| {
            self.window(date).is_some_and(|(opens, closes)| opens <= at && at.since(closes) <= slack)
        };
        let date = self.date(at);
        holds(date) || date.yesterday().is_ok_and(holds)
    }

    /// The moment itself in working time, else the next opening.
    #[must_use]
    pub fn opening(&self, at: Moment) -> Moment {
        let mut date = self.date(at);
        for _ in 0..DAYS_MAX {
            if let Some((opens, closes)) = self.window(date)
                && closes > at
            {
                return opens.max(at);
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        at
    }

    /// When a day opens and closes; nothing on days on which nobody works.
    fn window(&self, date: Date) -> Option<(Moment, Moment)> {
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).ok()?;
        if !self.days.get(weekday).copied()? || self.holidays.contains(&date) {
            return None;
        }
        let opens = self.moment(at_minute(date, self.opens_minute)?, Edge::Opening);
        // Midnight belongs to the next day, which begins at the first of two midnights.
        let edge = if self.closes_minute == DAY_MINUTES { Edge::Opening } else { Edge::Closing };
        let closes = self.moment(at_minute(date, self.closes_minute)?, edge);
        (opens < closes).then_some((opens, closes))
    }

    /// The moment of a wall time: one that is skipped is when the clocks go forward, one that comes twice opens at the
    /// first and closes at the second.
    fn moment(&self, wall: DateTime, edge: Edge) -> Moment {
        let at = |offset: Offset| {
            offset
                .to_timestamp(wall)
                .map_or_else(|_| if wall.year() < 0 { Moment::EVER } else { Moment(i64::MAX) }, Moment::from)
        };
        match (self.zone.to_ambiguous_timestamp(wall).offset(), edge) {
            (AmbiguousOffset::Unambiguous { offset }, _) => at(offset),
            (AmbiguousOffset::Fold { before, .. }, Edge::Opening) => at(before),
            (AmbiguousOffset::Fold { after, .. }, Edge::Closing) => at(after),
            (AmbiguousOffset::Gap { before, after }, _) => {
                // The wall time read with the later offset lies just before the change.
                let earlier = at(after);
                let change = self.zone.following(earlier.timestamp()).next();
                change.map_or_else(|| at(before), |change| Moment::from(change.timestamp()))
            }
        }
    }
}

/// Which end of a day's hours a wall time is.
#[derive(Clone, Copy)]
enum Edge {
    Opening,
    Closing,
}

fn at_minute(date: Date, minute: u32) -> Option<DateTime> {
    if minute >= DAY_MINUTES {
        return Some(date.tomorrow().ok()?.to_datetime(jiff::civil::Time::midnight()));
    }
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    Some(date.at(hour, minute, 0, 0))
}

/// Which time a duty is counted in.
#[derive(Clone, Copy, Debug)]
pub enum Hours<'a> {
    /// Every second: dates that only move a lead on.
    Wall,
    /// The working time of whoever owes it.
    Of(&'a Calendar),
}

impl Hours<'_> {
    /// The moment so many microseconds of this time after `start`.
    #[must_use]
    pub fn add(self, start: Moment, micros: i64) -> Moment {
        match self {
            Self::Wall => start.plus(micros),
            Self::Of(calendar) => calendar.add(start, micros),
        }
    }

    /// Microseconds of this time between two moments, never negative.
    #[must_use]
    pub fn between(self, from: Moment, to: Moment) -> i64 {
        match self {
            Self::Wall => to.since(from).max(0),
            Self::Of(calendar) => calendar.between(from, to),
        }
    }

    /// A day later: a working day, or 24 hours.
    #[must_use]
    pub fn day_after(self, start: Moment) -> Moment {
        match self {
            Self::Wall => start.plus(DAY),
            Self::Of(calendar) => calendar.after(start, Span::business_days(1)),
        }
    }
}
