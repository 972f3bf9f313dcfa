//! The rungs around a deadline: when a person is reminded and when the manager is told. It never knows what is owed, or by
//! whom.

use super::calendar::Hours;
use super::time::{DAY, Moment};
use serde::{Deserialize, Serialize};

/// At which percent of a duty's time a person is reminded, and its manager told. A clock keeps those under which it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percents {
    /// The first reminder.
    pub half: u32,
    /// The second reminder.
    pub late: u32,
    pub escalate: u32,
}

impl Percents {
    /// The policy's default (POLICY, SLA); also those of clocks that have no ladder of their own.
    pub const USUAL: Self = Self { half: 50, late: 80, escalate: 150 };
    /// In a reminder's place: it would come with the deadline, and so is none.
    pub const NO_REMINDER: u32 = 100;
}

/// The rungs around a deadline, as they were counted when the clock started. A reminder that does not come before the
/// deadline is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ladder {
    pub half_at: Moment,
    pub late_at: Moment,
    pub escalate_at: Moment,
}

impl Ladder {
    /// Counted in hours from start to deadline.
    #[must_use]
    pub fn of(percents: Percents, hours: Hours<'_>, started_at: Moment, due_by: Moment) -> Self {
        let whole = hours.between(started_at, due_by);
        let at = |percent| hours.add(started_at, share(whole, percent));
        Self {
            half_at: at(percents.half).min(due_by),
            late_at: at(percents.late).min(due_by),
            escalate_at: at(percents.escalate).max(due_by),
        }
    }

    /// The ladder of clocks from before people had hours.
    #[must_use]
    pub fn of_weekdays(started_at: Moment, due_by: Moment) -> Self {
        let start = weekday_position(started_at);
        let whole = weekday_position(due_by).saturating_sub(start).max(0);
        let at =
            |percent| if whole == 0 { started_at } else { weekday_moment(start + share(whole, percent)) };
        let Percents { half, late, escalate } = Percents::USUAL;
        Self { half_at: at(half), late_at: at(late), escalate_at: at(escalate) }
    }
}

fn share(whole: i64, percent: u32) -> i64 {
    let percent = i64::from(percent);
    whole / 100 * percent + whole % 100 * percent / 100
}

/// 1970-01-01 was a Thursday; counted from Monday = 0.
const EPOCH_WEEKDAY: i64 = 3;
/// Working days in a week.
const WORKDAYS: i64 = 5;

/// Microseconds of weekdays from Monday 1969-12-29 to the moment; a weekend stands still at Friday's end.
fn weekday_position(moment: Moment) -> i64 {
    let since_monday = moment.0.saturating_add(EPOCH_WEEKDAY * DAY);
    let within = since_monday.rem_euclid(7 * DAY).min(WORKDAYS * DAY);
    since_monday.div_euclid(7 * DAY) * WORKDAYS * DAY + within
}

/// The moment at which so much time of weekdays is over; a week's edge is Friday's end.
fn weekday_moment(position: i64) -> Moment {
    let week = (position - 1).div_euclid(WORKDAYS * DAY);
    let within = position - week * WORKDAYS * DAY;
    Moment(week * 7 * DAY + within).plus(-EPOCH_WEEKDAY * DAY)
}
