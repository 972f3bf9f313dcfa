//! A clock: one duty of the holder, its deadline and the ladder of its rungs. Every moment of it is fixed when it starts, so
//! that other hours or another policy never move a running deadline. It never says who owes it.

use super::calendar::Hours;
use super::ladder::{Ladder, Percents};
use super::time::Moment;
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

    /// Whether a person is reminded on the way; dates that only move a lead on need none. A review in somebody's working time
    /// is that person's own; one in calendar time is a segment's or a deal's, which most often nobody has to answer.
    fn reminds(self, hours: Hours<'_>) -> bool {
        match self {
            Self::ReviewBy => matches!(hours, Hours::Of(_)),
            Self::AcceptBy
            | Self::ContactBy
            | Self::DispositionBy
            | Self::NextStepBy
            | Self::RespondBy
            | Self::FactsBy
            | Self::VerdictBy => true,
            Self::RouteBy | Self::RecycleAt | Self::RedriveBy => false,
        }
    }
}

/// How far up its ladder a clock will go next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rung {
    /// The first reminder; at half of the time unless the policy says otherwise.
    RemindHalf,
    /// The second reminder, at four fifths.
    RemindLate,
    /// The deadline itself.
    Due,
    /// Take-back after a deadline that was missed: this holder's own time is over as well.
    TakeBack,
    /// Half as much again, unless the policy says otherwise: the manager is told.
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

/// Which time a clock counts. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Basis {
    /// Monday to Friday in UTC, all hours: clocks that were started before people had hours of their own.
    Business,
    /// Every second.
    Wall,
    /// The working time of whoever owed it when it started.
    Hours(Ladder),
    /// Every second, with other rungs than the usual.
    WallLadder(Ladder),
}

impl Basis {
    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Business | Self::Hours(_) => "business",
            Self::Wall | Self::WallLadder(_) => "wall",
        }
    }

    fn of(percents: Percents, hours: Hours<'_>, started_at: Moment, due_by: Moment) -> Self {
        let ladder = || Ladder::of(percents, hours, started_at, due_by);
        match hours {
            // Every captured lead has such a clock: what is usual takes no room in its row.
            Hours::Wall if percents == Percents::USUAL => Self::Wall,
            Hours::Wall => Self::WallLadder(ladder()),
            Hours::Of(_) => Self::Hours(ladder()),
        }
    }
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

    /// A clock that is due at a given moment, standing before its first rung; with the usual ladder, for dates that need none
    /// of a policy's.
    #[must_use]
    pub fn until(kind: ClockKind, hours: Hours<'_>, started_at: Moment, due_by: Moment) -> Self {
        Self::climbing(Percents::USUAL, kind, hours, started_at, due_by)
    }

    /// A clock that is due at a given moment, standing before its first rung.
    #[must_use]
    pub fn climbing(
        percents: Percents,
        kind: ClockKind,
        hours: Hours<'_>,
        started_at: Moment,
        due_by: Moment,
    ) -> Self {
        let basis = Basis::of(percents, hours, started_at, due_by);
        let mut clock =
            Self { kind, basis, started_at, due_by, take_back_at: None, rung: Rung::Due, rung_at: due_by };
        if kind.reminds(hours) {
            clock.remind_from(Rung::RemindHalf);
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
            Rung::RemindHalf => self.remind_from(Rung::RemindLate),
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

    /// Stands before the first reminder from this one on that comes before the deadline, else before the deadline.
    fn remind_from(&mut self, first: Rung) {
        let Ladder { half_at, late_at, .. } = self.ladder();
        let reminders = [(Rung::RemindHalf, half_at), (Rung::RemindLate, late_at)];
        let next = reminders.into_iter().find(|(rung, at)| *rung >= first && *at < self.due_by);
        self.stand(next.map_or(Rung::Due, |(rung, _)| rung));
    }

    fn stand(&mut self, rung: Rung) {
        self.rung = rung;
        self.rung_at = match rung {
            Rung::RemindHalf => self.ladder().half_at,
            Rung::RemindLate => self.ladder().late_at,
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
        self.ladder().escalate_at
    }

    fn ladder(&self) -> Ladder {
        match self.basis {
            Basis::Hours(ladder) | Basis::WallLadder(ladder) => ladder,
            Basis::Wall => Ladder::of(Percents::USUAL, Hours::Wall, self.started_at, self.due_by),
            Basis::Business => Ladder::of_weekdays(self.started_at, self.due_by),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Calendar;
    use crate::domain::time::{HOUR, MINUTE};

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
        let (started_at, due_by) = (at("2026-06-05T15:30:00Z"), at("2026-06-08T13:00:00Z"));
        let clock = Clock::until(ClockKind::ContactBy, Hours::Of(&calendar), started_at, due_by);
        assert_eq!(clock.rung_at, at("2026-06-08T10:00:00Z"));
        let late = clock.clone().advanced(clock.due_by);
        assert_eq!(late.rung_at, at("2026-06-08T11:48:00Z"));
        let escalates = late.advanced(clock.due_by).advanced(clock.due_by);
        assert_eq!((escalates.rung, escalates.rung_at), (Rung::Escalate, at("2026-06-08T16:00:00Z")));
    }

    #[test]
    fn a_clock_climbs_the_rungs_that_it_was_given_and_no_reminder_that_does_not_come_before_the_deadline() {
        let (calendar, started_at) = (Calendar::office(), at("2026-06-01T09:00:00Z"));
        let due_by = started_at.plus(4 * HOUR);
        for hours in [Hours::Wall, Hours::Of(&calendar)] {
            let rungs = |half, late, escalate| {
                let percents = Percents { half, late, escalate };
                let mut clock = Clock::climbing(percents, ClockKind::AcceptBy, hours, started_at, due_by);
                let mut rungs = vec![(clock.rung, clock.rung_at.since(started_at) / MINUTE)];
                while clock.rung != Rung::Escalate {
                    clock = clock.advanced(due_by);
                    rungs.push((clock.rung, clock.rung_at.since(started_at) / MINUTE));
                }
                rungs
            };
            let (half, late, due) = (Rung::RemindHalf, Rung::RemindLate, (Rung::Due, 240));
            assert_eq!(rungs(25, 90, 200), [(half, 60), (late, 216), due, (Rung::Escalate, 480)]);
            assert_eq!(rungs(25, Percents::NO_REMINDER, 125), [(half, 60), due, (Rung::Escalate, 300)]);
            assert_eq!(rungs(100, 100, 150), [due, (Rung::Escalate, 360)]);
        }
    }

    #[test]
    fn a_review_reminds_whoever_has_it_in_working_time_and_nobody_of_a_date() {
        let (calendar, started_at) = (Calendar::office(), at("2026-06-01T09:00:00Z"));
        let review = |hours| Clock::until(ClockKind::ReviewBy, hours, started_at, started_at.plus(2 * HOUR));
        let persons = review(Hours::Of(&calendar));
        assert_eq!((persons.rung, persons.rung_at), (Rung::RemindHalf, started_at.plus(HOUR)));
        assert_eq!(review(Hours::Wall).rung, Rung::Due);
    }

    #[test]
    fn a_clock_that_is_put_off_keeps_its_deadline() {
        let calendar = Calendar::office();
        let started_at = at("2026-06-05T15:30:00Z");
        let due_by = started_at.plus(HOUR);
        let clock = Clock::until(ClockKind::AcceptBy, Hours::Of(&calendar), started_at, due_by);
        let later = clock.clone().put_off(clock.due_by.plus(HOUR));
        assert_eq!((later.due_by, later.rung), (clock.due_by, clock.rung));
        assert_eq!(later.rung_at, clock.due_by.plus(HOUR));
        assert_eq!(clock.clone().put_off(started_at), clock, "never earlier");
    }
}
