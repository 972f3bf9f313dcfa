//! ISO weeks and months as half-open spans of time, in UTC. It reads no clock.

use crate::domain::time::{DAY, Moment};
use std::fmt;
use std::str::FromStr;

/// From a moment to before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: Moment,
    pub to: Moment,
}

impl Span {
    /// Whether the moment lies in it.
    #[must_use]
    pub fn holds(self, at: Moment) -> bool {
        self.from <= at && at < self.to
    }
}

/// A week of the ISO calendar, as `2026-W46`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Week {
    year: i16,
    week: i8,
}

/// No week of the ISO calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no ISO week: write it as 2026-W46")]
pub struct NoWeek;

impl FromStr for Week {
    type Err = NoWeek;

    fn from_str(text: &str) -> Result<Self, NoWeek> {
        let (year, week) = text.split_once("-W").ok_or(NoWeek)?;
        let digits =
            |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(week, 2) {
            return Err(NoWeek);
        }
        let named = Self { year: year.parse().map_err(|_| NoWeek)?, week: week.parse().map_err(|_| NoWeek)? };
        named.monday().map(|_| named).ok_or(NoWeek)
    }
}

impl fmt::Display for Week {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-W{:02}", self.year, self.week)
    }
}

impl Week {
    /// The week that a moment lies in.
    #[must_use]
    pub fn of(at: Moment) -> Self {
        let day = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
        let date = day.to_zoned(jiff::tz::TimeZone::UTC).date().iso_week_date();
        Self { year: date.year(), week: date.week() }
    }

    /// The week before the one that a day lies in.
    #[must_use]
    pub fn before(date: jiff::civil::Date) -> Self {
        let day = date.checked_sub(jiff::Span::new().days(7)).unwrap_or(date).iso_week_date();
        Self { year: day.year(), week: day.week() }
    }

    fn monday(self) -> Option<jiff::civil::Date> {
        let date = jiff::civil::ISOWeekDate::new(self.year, self.week, jiff::civil::Weekday::Monday).ok()?;
        Some(date.date())
    }

    /// From Monday's midnight to the next.
    #[must_use]
    pub fn span(self) -> Span {
        // Whoever holds a week has named one that is there.
        let from = self.monday().map_or(Moment::EVER, start_of);
        Span { from, to: from.plus(7 * DAY) }
    }

    /// So many weeks before this one.
    #[must_use]
    pub fn back(self, weeks: u32) -> Self {
        Self::of(self.span().from.plus(-7 * DAY * i64::from(weeks)))
    }

    /// The week after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self::of(self.span().to)
    }

    /// The calendar month that the week ends in, up to the week's end: what a team's month shows by then.
    #[must_use]
    pub fn month_so_far(self) -> Span {
        let to = self.span().to;
        let sunday = self.monday().and_then(|monday| monday.checked_add(jiff::Span::new().days(6)).ok());
        let from = sunday.map_or(self.span().from, |sunday| start_of(sunday.first_of_month()));
        Span { from, to }
    }
}

fn start_of(date: jiff::civil::Date) -> Moment {
    date.to_zoned(jiff::tz::TimeZone::UTC).map_or(Moment::EVER, |day| Moment::from(day.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::parse(text).unwrap()
    }

    #[test]
    fn a_week_runs_from_monday_to_monday_and_is_named_alike() {
        let week: Week = "2026-W46".parse().unwrap();
        assert_eq!(week.span().from, at("2026-11-09T00:00:00Z"));
        assert_eq!(week.span().to, at("2026-11-16T00:00:00Z"));
        assert_eq!(Week::of(at("2026-11-15T23:59:59Z")), week);
        assert_eq!(week.to_string(), "2026-W46");
    }

    #[test]
    fn the_first_week_may_begin_in_the_old_year_and_belongs_to_the_month_it_ends_in() {
        let week: Week = "2026-W01".parse().unwrap();
        assert_eq!(week.span().from, at("2025-12-29T00:00:00Z"));
        assert_eq!(week.month_so_far().from, at("2026-01-01T00:00:00Z"));
        assert_eq!(week.month_so_far().to, at("2026-01-05T00:00:00Z"));
    }

    #[test]
    fn weeks_follow_each_other_over_the_turn_of_a_year() {
        let week: Week = "2026-W01".parse().unwrap();
        assert_eq!(week.back(1).to_string(), "2025-W52");
        assert_eq!(week.back(2).next(), week.back(1));
    }

    #[test]
    fn the_week_before_a_day_is_the_last_one_that_is_whole() {
        for (day, before) in
            [("2026-11-16", "2026-W46"), ("2026-11-22", "2026-W46"), ("2026-01-01", "2025-W52")]
        {
            assert_eq!(Week::before(day.parse().unwrap()).to_string(), before, "{day}");
        }
    }

    #[test]
    fn what_is_no_week_is_refused() {
        for text in ["2026-46", "2026-W54", "2026-W00", "26-W01", "2026-W1", "2025-W53", ""] {
            assert_eq!(text.parse::<Week>(), Err(NoWeek), "{text}");
        }
    }
}
