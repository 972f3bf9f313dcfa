//! A clock: one duty of the holder, its deadline and the ladder of its rungs. Every moment of it is fixed when it starts, so
//! that other hours or another policy never move a running deadline. It never says who owes it.

use super::calendar::{Calendar, Hours, Span};
use super::time::{DAY, Moment};
use serde::{Deserialize, Serialize};

/// What the holder owes. The order of variants is part of stored bytes: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ClockKind {
    AcceptBy,
    ContactBy,
    DispositionBy,
    NextStepBy,
    RouteBy,
    RecycleAt,
    ReviewBy,
    RespondBy,
    FactsBy,
    VerdictBy,
    RedriveBy,
}

impl ClockKind {
    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AcceptBy => "accept_by",
            Self::ContactBy => "contact_by",
            Self::DispositionBy => "disposition_by",
            Self::NextStepBy => "next_step_by",
            Self::RouteBy => "route_by",
            Self::RecycleAt => "recycle_at",
            Self::ReviewBy => "review_by",
            Self::RespondBy => "respond_by",
            Self::FactsBy => "facts_by",
            Self::VerdictBy => "verdict_by",
            Self::RedriveBy => "redrive_by",
        }
    }

    /// Every kind, in stored order.
    pub const ALL: &'static [Self] = &[
        Self::AcceptBy,
        Self::ContactBy,
        Self::DispositionBy,
        Self::NextStepBy,
        Self::RouteBy,
        Self::RecycleAt,
        Self::ReviewBy,
        Self::RespondBy,
        Self::FactsBy,
        Self::VerdictBy,
        Self::RedriveBy,
    ];

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// Whether a person is reminded on the way; dates that only move a lead on need none.
    #[must_use]
    pub fn reminds(self) -> bool {
        match self {
            Self::AcceptBy
            | Self::ContactBy
            | Self::DispositionBy
            | Self::NextStepBy
            | Self::RespondBy
            | Self::FactsBy
            | Self::VerdictBy => true,
            Self::RouteBy | Self::RecycleAt | Self::ReviewBy | Self::RedriveBy => false,
        }
    }
}

/// How far up its ladder a clock will go next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rung {
    /// The first reminder, at half of the time.
    RemindHalf,
    /// The second reminder, at four fifths.
    RemindLate,
    /// The deadline itself.
    Due,
    /// Take-back after a deadline that was missed: this holder's own time is over as well.
    TakeBack,
    /// Half as much again: the manager is told.
    Escalate,
    /// Once a day after that, as long as the duty stands.
    Daily,
}

impl Rung {
    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::RemindHalf => "half",
            Self::RemindLate => "late",
            Self::Due => "due",
            Self::TakeBack => "take_back",
            Self::Escalate => "escalate",
            Self::Daily => "daily",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let all =
            [Self::RemindHalf, Self::RemindLate, Self::Due, Self::TakeBack, Self::Escalate, Self::Daily];
        all.into_iter().find(|rung| rung.code() == code)
    }
}

/// The rungs around a deadline, as the calendar gave them when the clock started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ladder {
    pub half_at: Moment,
    pub late_at: Moment,
    pub escalate_at: Moment,
}

impl Ladder {
    fn of(calendar: &Calendar, started_at: Moment, due_by: Moment) -> Self {
        let whole = calendar.between(started_at, due_by);
        let at = |percent: i64| calendar.add(started_at, share(whole, percent));
        Self {
            half_at: at(HALF_PERCENT).min(due_by),
            late_at: at(LATE_PERCENT).min(due_by),
            escalate_at: at(ESCALATE_PERCENT).max(due_by),
        }
    }
}

/// Which time a clock counts. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Basis {
    /// Monday to Friday in UTC, all hours: clocks that were started before people had hours of their own.
    Business,
    /// Every second.
    Wall,
    /// The working time of whoever owed it when it started.
    Hours(Ladder),
}

impl Basis {
    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Business | Self::Hours(_) => "business",
            Self::Wall => "wall",
        }
    }

    fn of(hours: Hours<'_>, started_at: Moment, due_by: Moment) -> Self {
        match hours {
            Hours::Wall => Self::Wall,
            Hours::Of(calendar) => Self::Hours(Ladder::of(calendar, started_at, due_by)),
        }
    }
}

/// Percent of the allowed time at which a person is reminded, and at which the manager is told (POLICY, SLA).
const HALF_PERCENT: i64 = 50;
const LATE_PERCENT: i64 = 80;
const ESCALATE_PERCENT: i64 = 150;
/// The same as a policy names them: running clocks of stored leads stand on these rungs, so no policy can move them.
pub const REMINDER_PERCENTS: [u32; 2] = [50, 80];
pub const ESCALATED_AT_PERCENT: u32 = 150;

fn share(whole: i64, percent: i64) -> i64 {
    whole / 100 * percent + whole % 100 * percent / 100
}

/// One running duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    pub kind: ClockKind,
    pub basis: Basis,
    pub started_at: Moment,
    pub due_by: Moment,
    /// When this holder loses the lead if the duty stands; on `contact_by` and `accept_by` of an offer only.
    pub take_back_at: Option<Moment>,
    pub rung: Rung,
    pub rung_at: Moment,
}

impl Clock {
    /// A clock over so many microseconds of every second, standing before its first rung.
    #[must_use]
    pub fn wall(kind: ClockKind, started_at: Moment, micros: i64) -> Self {
        Self::until(kind, Hours::Wall, started_at, started_at.plus(micros))
    }

    /// A clock over a span of somebody's working time, standing before its first rung.
    #[must_use]
    pub fn over(kind: ClockKind, calendar: &Calendar, started_at: Moment, span: Span) -> Self {
        Self::until(kind, Hours::Of(calendar), started_at, calendar.after(started_at, span))
    }

    /// A clock that is due at a given moment, standing before its first rung.
    #[must_use]
    pub fn until(kind: ClockKind, hours: Hours<'_>, started_at: Moment, due_by: Moment) -> Self {
        let basis = Basis::of(hours, started_at, due_by);
        let mut clock =
            Self { kind, basis, started_at, due_by, take_back_at: None, rung: Rung::Due, rung_at: due_by };
        if kind.reminds() {
            clock.stand(Rung::RemindHalf);
        }
        clock
    }

    /// This clock with a moment at which the holder loses the lead.
    #[must_use]
    pub fn retaken_at(mut self, moment: Moment) -> Self {
        self.take_back_at = Some(moment.max(self.due_by));
        self
    }

    /// This clock of the lead in another holder's hands (or in nobody's): whoever loses it, a missed deadline stays
    /// missed and the manager is told once. `daily_at`: a day from now.
    #[must_use]
    pub fn passed_on(mut self, take_back_at: Option<Moment>, daily_at: Moment) -> Self {
        let told = match self.rung {
            Rung::RemindHalf | Rung::RemindLate | Rung::Due | Rung::Escalate => false,
            Rung::TakeBack => !self.is_retaken_before_escalation(),
            Rung::Daily => true,
        };
        self.take_back_at = take_back_at.map(|moment| moment.max(self.due_by));
        if self.rung <= Rung::Due {
            return self;
        }
        match (self.take_back_at, told) {
            (Some(_), true) => self.stand(Rung::TakeBack),
            (Some(_), false) if self.is_retaken_before_escalation() => self.stand(Rung::TakeBack),
            (Some(_) | None, false) => self.stand(Rung::Escalate),
            (None, true) => self.stand_daily(daily_at),
        }
        self
    }

    fn is_retaken_before_escalation(&self) -> bool {
        self.take_back_at.is_some_and(|moment| moment <= self.escalates_at())
    }

    /// This clock on the first rung that is still ahead at `now`; for a clock that was moved, not missed.
    #[must_use]
    pub fn caught_up(mut self, now: Moment) -> Self {
        while self.rung < Rung::Due && self.rung_at <= now {
            self = self.advanced(now);
        }
        self
    }

    /// This clock on its next rung. `daily_at`: a day from now, where the ladder has ended.
    #[must_use]
    pub fn advanced(mut self, daily_at: Moment) -> Self {
        match self.rung {
            Rung::RemindHalf => self.stand(Rung::RemindLate),
            Rung::RemindLate => self.stand(Rung::Due),
            Rung::Due if self.is_retaken_before_escalation() => self.stand(Rung::TakeBack),
            Rung::Due => self.stand(Rung::Escalate),
            Rung::TakeBack if self.is_retaken_before_escalation() => self.stand(Rung::Escalate),
            Rung::Escalate if self.take_back_at.is_some() && !self.is_retaken_before_escalation() => {
                self.stand(Rung::TakeBack);
            }
            Rung::TakeBack | Rung::Escalate | Rung::Daily => self.stand_daily(daily_at),
        }
        self
    }

    /// This clock with its next rung no earlier than `moment`: whoever holds the lead does not work before. What is due by
    /// when stays.
    #[must_use]
    pub fn put_off(mut self, moment: Moment) -> Self {
        self.rung_at = self.rung_at.max(moment);
        self
    }

    fn stand(&mut self, rung: Rung) {
        self.rung = rung;
        self.rung_at = match rung {
            Rung::RemindHalf => self.at_percent(HALF_PERCENT),
            Rung::RemindLate => self.at_percent(LATE_PERCENT),
            Rung::Due => self.due_by,
            Rung::TakeBack => self.take_back_at.unwrap_or(self.due_by),
            Rung::Escalate => self.escalates_at(),
            Rung::Daily => self.rung_at,
        };
    }

    fn stand_daily(&mut self, daily_at: Moment) {
        self.rung = Rung::Daily;
        self.rung_at = daily_at;
    }

    fn escalates_at(&self) -> Moment {
        self.at_percent(ESCALATE_PERCENT)
    }

    fn at_percent(&self, percent: i64) -> Moment {
        match self.basis {
            Basis::Hours(ladder) => match percent {
                HALF_PERCENT => ladder.half_at,
                LATE_PERCENT => ladder.late_at,
                _escalate => ladder.escalate_at,
            },
            Basis::Wall => {
                let whole = self.due_by.since(self.started_at).max(0);
                self.started_at.plus(share(whole, percent))
            }
            Basis::Business => {
                let start = weekday_position(self.started_at);
                let whole = weekday_position(self.due_by).saturating_sub(start).max(0);
                if whole == 0 { self.started_at } else { weekday_moment(start + share(whole, percent)) }
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::HOUR;

    fn at(text: &str) -> Moment {
        Moment::parse(text).expect("test moments are RFC 3339")
    }

    #[test]
    fn a_clock_from_before_people_had_hours_keeps_its_ladder() {
        let mut old = Clock {
            kind: ClockKind::AcceptBy,
            basis: Basis::Business,
            started_at: at("2026-10-02T22:00:00Z"),
            due_by: at("2026-10-05T02:00:00Z"),
            take_back_at: None,
            rung: Rung::RemindHalf,
            rung_at: at("2026-10-03T00:00:00Z"),
        };
        old = old.advanced(at("2026-10-06T00:00:00Z"));
        assert_eq!((old.rung, old.rung_at), (Rung::RemindLate, at("2026-10-05T01:12:00Z")));
        old = old.advanced(at("2026-10-06T00:00:00Z")).advanced(at("2026-10-06T00:00:00Z"));
        assert_eq!((old.rung, old.rung_at), (Rung::Escalate, at("2026-10-05T04:00:00Z")));
    }

    #[test]
    fn every_rung_of_a_clock_lies_in_working_time() {
        // Friday 15:30, six hours: 2 h on Friday, 4 h on Monday; half of it is Monday 10:00.
        let calendar = Calendar::office();
        let span = Span::seconds(6 * 3_600);
        let clock = Clock::over(ClockKind::ContactBy, &calendar, at("2026-06-05T15:30:00Z"), span);
        assert_eq!(clock.due_by, at("2026-06-08T13:00:00Z"));
        assert_eq!(clock.rung_at, at("2026-06-08T10:00:00Z"));
        let late = clock.clone().advanced(clock.due_by);
        assert_eq!(late.rung_at, at("2026-06-08T11:48:00Z"));
        let escalates = late.advanced(clock.due_by).advanced(clock.due_by);
        assert_eq!((escalates.rung, escalates.rung_at), (Rung::Escalate, at("2026-06-08T16:00:00Z")));
    }

    #[test]
    fn a_clock_that_is_put_off_keeps_its_deadline() {
        let calendar = Calendar::office();
        let started_at = at("2026-06-05T15:30:00Z");
        let clock = Clock::over(ClockKind::AcceptBy, &calendar, started_at, Span::seconds(3_600));
        let later = clock.clone().put_off(clock.due_by.plus(HOUR));
        assert_eq!((later.due_by, later.rung), (clock.due_by, clock.rung));
        assert_eq!(later.rung_at, clock.due_by.plus(HOUR));
        assert_eq!(clock.clone().put_off(started_at), clock, "never earlier");
    }
}
