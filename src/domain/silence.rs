//! When a source is too quiet, and when a feed has broken off: its hours held against the same hours of the weeks before.
//! Whole numbers only; it never reads a clock or a table.

use std::collections::BTreeMap;

/// Hours in a week: the rhythm that sources follow (nights, weekends).
pub const WEEK_HOURS: i64 = 168;
/// Weeks that the rhythm is learnt from: long enough to smooth a day off, short enough to follow a change of season.
pub const WEEKS: i64 = 4;
/// Hours that are looked back for silence: after a week it is the rhythm.
pub const LOOK_BACK_HOURS: i64 = WEEK_HOURS;
/// Records that ought to have come before silence alarms: of seven expected ones none comes by chance once in a thousand
/// times (e^-7), so a steady source gives a false alarm a few times a year.
pub const EXPECTED_MIN: u64 = 7;
/// Thousandths: expectations are fractions of a record.
const MILLI: u64 = 1_000;

/// How a source does against its own habit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rhythm {
    /// Records of the last 24 whole hours and of the hour that runs.
    pub day: u64,
    /// Thousandths of a record expected in those 24 whole hours; `None` before a week is known.
    pub day_expected_milli: Option<u64>,
    /// Whole hours without any record up to now.
    pub quiet_hours: i64,
    /// Thousandths of a record expected in those hours.
    pub quiet_expected_milli: u64,
    /// Too quiet for chance.
    pub silent: bool,
}

/// The rhythm of one source from its counts by hour (hours since 1970-01-01; absent is none), as of the hour that runs.
///
/// An hour's expectation is the mean of the same hour of the week over the weeks before it that the source is known for.
#[must_use]
pub fn rhythm(counts: &BTreeMap<i64, u64>, hour_now: i64) -> Rhythm {
    let Some(first) = counts.iter().find(|(_, count)| **count > 0).map(|(hour, _)| *hour) else {
        return Rhythm::default();
    };
    let count = |hour: i64| counts.get(&hour).copied().unwrap_or(0);
    let day = (hour_now - 24..=hour_now).map(count).sum();
    let day_expected_milli = (hour_now - 24..hour_now)
        .map(|hour| expected_milli(counts, first, hour))
        .try_fold(0_u64, |sum, expected| expected.map(|milli| sum + milli));
    let mut quiet = Rhythm { day, day_expected_milli, ..Rhythm::default() };
    if count(hour_now) > 0 {
        return quiet;
    }
    for hour in (hour_now - LOOK_BACK_HOURS..hour_now).rev() {
        if count(hour) > 0 || hour < first {
            break;
        }
        quiet.quiet_hours += 1;
        quiet.quiet_expected_milli += expected_milli(counts, first, hour).unwrap_or(0);
    }
    quiet.silent = quiet.quiet_expected_milli >= EXPECTED_MIN * MILLI;
    quiet
}

/// The hour of a feed's last record, where the feed is silent against its habit as of the hour that runs.
///
/// What holds clocks has to be surer than what is only told: an hour counts as half of the weeks before it show it at
/// least, so that one hour in which a backlog was read is no habit, and a feed younger than two weeks has none.
#[must_use]
pub fn broken_off(counts: &BTreeMap<i64, u64>, hour_now: i64) -> Option<i64> {
    let first = counts.iter().find(|(_, count)| **count > 0).map(|(hour, _)| *hour)?;
    let last = counts.range(..=hour_now).rev().find(|(_, count)| **count > 0).map(|(hour, _)| *hour)?;
    let quiet = (last + 1).max(hour_now - LOOK_BACK_HOURS)..hour_now;
    let expected: u64 = quiet.map(|hour| usual(counts, first, hour)).sum();
    (expected >= EXPECTED_MIN).then_some(last)
}

/// Records that at least half of the same hours of the weeks before had; nought before two weeks are known.
fn usual(counts: &BTreeMap<i64, u64>, first: i64, hour: i64) -> u64 {
    let weeks = (1..=WEEKS).map(|week| hour - week * WEEK_HOURS).filter(|hour| *hour >= first);
    let mut known: Vec<u64> = weeks.map(|hour| counts.get(&hour).copied().unwrap_or(0)).collect();
    known.sort_unstable();
    if known.len() < 2 { 0 } else { known[(known.len() - 1) / 2] }
}

/// Thousandths of a record that the same hour of the weeks before lets expect; `None` before the source is a week old.
fn expected_milli(counts: &BTreeMap<i64, u64>, first: i64, hour: i64) -> Option<u64> {
    let weeks = (1..=WEEKS).map(|week| hour - week * WEEK_HOURS).filter(|hour| *hour >= first);
    let (sum, known) = weeks.fold((0_u64, 0_u64), |(sum, known), hour| {
        (sum + counts.get(&hour).copied().unwrap_or(0), known + 1)
    });
    (sum * MILLI).checked_div(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five records each hour of five weeks, none at night (hours 0 to 7 of a day).
    fn steady() -> BTreeMap<i64, u64> {
        (0..5 * WEEK_HOURS).map(|hour| (hour, if hour % 24 < 8 { 0 } else { 5 })).collect()
    }

    #[test]
    fn a_quiet_night_is_no_silence_and_two_quiet_working_hours_are() {
        let mut counts = steady();
        let morning = 4 * WEEK_HOURS + 24 + 8;
        counts.retain(|hour, _| *hour < morning);
        let night = rhythm(&counts, morning);
        assert_eq!((night.quiet_hours, night.quiet_expected_milli, night.silent), (8, 0, false));
        let later = rhythm(&counts, morning + 1);
        assert_eq!((later.quiet_expected_milli, later.silent), (5_000, false));
        let silent = rhythm(&counts, morning + 2);
        assert_eq!((silent.quiet_expected_milli, silent.silent), (10_000, true));
    }

    #[test]
    fn one_record_ends_the_silence() {
        let mut counts = steady();
        let now = 4 * WEEK_HOURS + 20;
        counts.retain(|hour, _| *hour < now - 6);
        assert!(rhythm(&counts, now).silent);
        counts.insert(now, 1);
        assert!(!rhythm(&counts, now).silent, "also in the hour that still runs");
    }

    #[test]
    fn a_source_that_is_not_a_week_old_alarms_nobody() {
        let counts: BTreeMap<i64, u64> = (0..40).map(|hour| (hour, 100)).collect();
        let young = rhythm(&counts, 100);
        assert_eq!((young.silent, young.day_expected_milli), (false, None));
        assert_eq!(rhythm(&BTreeMap::new(), 100), Rhythm::default());
    }

    #[test]
    fn a_feed_breaks_off_where_two_working_hours_stay_empty_and_one_record_ends_it() {
        let mut counts = steady();
        let morning = 4 * WEEK_HOURS + 24 + 8;
        counts.retain(|hour, _| *hour < morning);
        let last = morning - 9;
        assert_eq!(broken_off(&counts, morning), None, "the night is quiet every week");
        assert_eq!(broken_off(&counts, morning + 1), None, "five records may be missing by chance");
        assert_eq!(broken_off(&counts, morning + 2), Some(last));
        assert_eq!(broken_off(&counts, morning + 100), Some(last), "it stays silent");
        counts.insert(morning + 100, 1);
        assert_eq!(broken_off(&counts, morning + 100), None);
    }

    #[test]
    fn a_feed_that_is_young_or_never_says_much_has_no_habit_to_break() {
        let young: BTreeMap<i64, u64> = (0..2 * WEEK_HOURS - 24).map(|hour| (hour, 100)).collect();
        assert_eq!(broken_off(&young, 2 * WEEK_HOURS - 1), None);
        assert!(rhythm(&young, 2 * WEEK_HOURS - 1).silent, "which is told all the same");
        let seldom: BTreeMap<i64, u64> = (0..28).map(|day| (day * 24 + 10, 1)).collect();
        assert_eq!(broken_off(&seldom, 28 * 24 + 6 * 24), None, "six records are missing");
        assert_eq!(broken_off(&BTreeMap::new(), 100), None);
    }

    #[test]
    fn a_backlog_that_was_read_in_one_quiet_hour_is_no_habit() {
        let mut counts: BTreeMap<i64, u64> = (0..28).map(|day| (day * 24 + 10, 1)).collect();
        let night = 3 * WEEK_HOURS + 3;
        counts.insert(night, 10_000);
        assert!(rhythm(&counts, night + WEEK_HOURS + 1).silent);
        assert_eq!(broken_off(&counts, night + WEEK_HOURS + 1), None);
    }

    #[test]
    fn a_source_that_stays_away_becomes_its_own_habit() {
        let mut counts = steady();
        counts.retain(|hour, _| *hour < 10);
        assert!(!rhythm(&counts, 10 * WEEK_HOURS).silent);
    }

    #[test]
    fn the_rate_is_held_against_the_same_hours_of_the_weeks_before() {
        let counts = steady();
        let day = rhythm(&counts, 5 * WEEK_HOURS);
        assert_eq!((day.day, day.day_expected_milli), (80, Some(80_000)));
    }
}
