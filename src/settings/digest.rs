//! `notify.digest`: the moment of the week at which people are told of the last one, each in their own time. It reads no
//! clock.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// How a weekday is written.
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// A weekday and a wall time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestAt {
    weekday: Weekday,
    time: Time,
}

impl DigestAt {
    /// Reads `mon 08:00`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (day, time) = text.split_once(' ').filter(|(_, time)| !time.starts_with(' '))?;
        let (_, weekday) = DAYS.into_iter().find(|(word, _)| *word == day)?;
        Some(Self { weekday, time: Time::strptime("%H:%M", time).ok()? })
    }

    /// The local date of the last such moment in a zone by its IANA name; `None` where it lies more than `late_max`
    /// microseconds back.
    #[must_use]
    pub fn last(&self, now: Timestamp, zone: &str, late_max: i64) -> Option<Date> {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let today = now.to_zoned(zone.clone());
        let days = today.weekday().to_monday_zero_offset() - self.weekday.to_monday_zero_offset();
        let days = i64::from(days.rem_euclid(7));
        [days, days + 7].into_iter().find_map(|days| {
            let date = today.date().checked_sub(Span::new().days(days)).ok()?;
            let at = date.to_datetime(self.time).to_zoned(zone.clone()).ok()?.timestamp();
            let late = now.as_microsecond().checked_sub(at.as_microsecond())?;
            (0..=late_max).contains(&late).then_some(date)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000;

    fn last(at: &str, now: &str, zone: &str) -> Option<String> {
        let at = DigestAt::parse(at).unwrap();
        at.last(now.parse().unwrap(), zone, DAY).map(|date| date.to_string())
    }

    #[test]
    fn the_moment_comes_in_each_zones_own_time() {
        let monday = Some("2026-11-16".to_owned());
        for (now, zone, due) in [
            ("2026-11-16T06:59:59Z", "Europe/Berlin", None),
            ("2026-11-16T07:00:00Z", "Europe/Berlin", monday.clone()),
            ("2026-11-16T07:00:00Z", "UTC", None),
            ("2026-11-15T19:00:00Z", "Pacific/Auckland", monday.clone()),
            ("2026-11-16T15:59:00Z", "America/Los_Angeles", None),
            ("2026-11-17T07:00:00Z", "Europe/Berlin", monday),
        ] {
            assert_eq!(last("mon 08:00", now, zone), due, "{now} {zone}");
        }
    }

    #[test]
    fn what_could_not_be_told_for_a_day_is_not_told_any_more() {
        assert_eq!(last("mon 08:00", "2026-11-17T08:00:01Z", "UTC"), None);
        assert_eq!(last("sun 23:30", "2026-11-16T07:00:00Z", "UTC"), Some("2026-11-15".to_owned()));
    }

    #[test]
    fn what_is_no_moment_of_a_week_is_refused() {
        for text in ["", "monday 08:00", "mon", "mon 8", "mon 25:00"] {
            assert_eq!(DigestAt::parse(text), None, "{text}");
        }
    }
}
