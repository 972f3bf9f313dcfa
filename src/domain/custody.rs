//! Custody: who must act now and by when. An open lead always has one; it never decides who.

use super::calendar::{self, Basis};
use super::team::MemberId;
use super::time::{DAY, Moment};
use serde::{Deserialize, Serialize};

/// Who must act now. Every holder is a person; the variant says in which duty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Holder {
    /// A sales rep.
    Rep(MemberId),
    /// The steward of a queue.
    Steward(MemberId),
    /// The named owner of a segment of captured and recycled leads.
    SegmentOwner(MemberId),
    /// The named owner of data faults in marketing.
    MarketingOwner(MemberId),
    /// Who settles a contested rejection.
    Arbiter(MemberId),
    /// The steward of operations, for leads that a fault of ours has parked.
    Operations(MemberId),
}

impl Holder {
    /// The person.
    #[must_use]
    pub fn member(&self) -> &MemberId {
        match self {
            Self::Rep(member)
            | Self::Steward(member)
            | Self::SegmentOwner(member)
            | Self::MarketingOwner(member)
            | Self::Arbiter(member)
            | Self::Operations(member) => member,
        }
    }

    /// The word on the wire.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Rep(_) => "rep",
            Self::Steward(_) => "steward",
            Self::SegmentOwner(_) => "segment_owner",
            Self::MarketingOwner(_) => "marketing_owner",
            Self::Arbiter(_) => "arbiter",
            Self::Operations(_) => "operations",
        }
    }
}

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

    /// Whether a person is reminded on the way; dates that only move a lead on need none.
    #[must_use]
    pub fn reminds(self) -> bool {
        match self {
            Self::AcceptBy
            | Self::ContactBy
            | Self::DispositionBy
            | Self::NextStepBy
            | Self::RespondBy
            | Self::FactsBy => true,
            Self::RouteBy | Self::RecycleAt | Self::ReviewBy | Self::VerdictBy | Self::RedriveBy => false,
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
    /// A clock over `micros` of its basis, standing before its first rung.
    #[must_use]
    pub fn over(kind: ClockKind, basis: Basis, started_at: Moment, micros: i64) -> Self {
        Self::until(kind, basis, started_at, calendar::add(basis, started_at, micros))
    }

    /// A clock that is due at a given moment, standing before its first rung.
    #[must_use]
    pub fn until(kind: ClockKind, basis: Basis, started_at: Moment, due_by: Moment) -> Self {
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
    /// missed and the manager is told once.
    #[must_use]
    pub fn passed_on(mut self, take_back_at: Option<Moment>, now: Moment) -> Self {
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
            (None, true) => {
                self.rung = Rung::Daily;
                self.rung_at = calendar::add(self.basis, now, DAY);
            }
        }
        self
    }

    fn is_retaken_before_escalation(&self) -> bool {
        self.take_back_at.is_some_and(|moment| moment <= self.at_percent(Self::ESCALATE_PERCENT))
    }

    /// This clock on the first rung that is still ahead at `now`; for a clock that was moved, not missed.
    #[must_use]
    pub fn caught_up(mut self, now: Moment) -> Self {
        while self.rung < Rung::Due && self.rung_at <= now {
            self = self.advanced(now);
        }
        self
    }

    /// This clock on its next rung after the one that fired at `fired_at`.
    #[must_use]
    pub fn advanced(mut self, fired_at: Moment) -> Self {
        match self.rung {
            Rung::RemindHalf => self.stand(Rung::RemindLate),
            Rung::RemindLate => self.stand(Rung::Due),
            Rung::Due if self.is_retaken_before_escalation() => self.stand(Rung::TakeBack),
            Rung::Due => self.stand(Rung::Escalate),
            Rung::TakeBack if self.is_retaken_before_escalation() => self.stand(Rung::Escalate),
            Rung::Escalate if self.take_back_at.is_some() && !self.is_retaken_before_escalation() => {
                self.stand(Rung::TakeBack);
            }
            Rung::TakeBack | Rung::Escalate | Rung::Daily => {
                self.rung = Rung::Daily;
                self.rung_at = calendar::add(self.basis, fired_at, DAY);
            }
        }
        self
    }

    /// Percent of the allowed time at which the manager is told (POLICY, SLA).
    const ESCALATE_PERCENT: i64 = 150;

    fn stand(&mut self, rung: Rung) {
        self.rung = rung;
        self.rung_at = match rung {
            Rung::RemindHalf => self.at_percent(50),
            Rung::RemindLate => self.at_percent(80),
            Rung::Due => self.due_by,
            Rung::TakeBack => self.take_back_at.unwrap_or(self.due_by),
            Rung::Escalate => self.at_percent(Self::ESCALATE_PERCENT),
            Rung::Daily => self.rung_at,
        };
    }

    fn at_percent(&self, percent: i64) -> Moment {
        let whole = calendar::between(self.basis, self.started_at, self.due_by);
        calendar::add(self.basis, self.started_at, whole / 100 * percent + whole % 100 * percent / 100)
    }
}

/// The holder and the running clocks together; never without a clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custody {
    pub holder: Holder,
    first: Clock,
    rest: Vec<Clock>,
}

impl Custody {
    /// A holder with one duty.
    #[must_use]
    pub fn new(holder: Holder, clock: Clock) -> Self {
        Self { holder, first: clock, rest: Vec::new() }
    }

    /// This custody with one more duty; a running clock of the same kind is replaced.
    #[must_use]
    pub fn with(mut self, clock: Clock) -> Self {
        if self.first.kind == clock.kind {
            self.first = clock;
            return self;
        }
        self.rest.retain(|other| other.kind != clock.kind);
        self.rest.push(clock);
        self
    }

    /// This custody with a duty that is there only sometimes.
    #[must_use]
    pub fn with_some(self, clock: Option<Clock>) -> Self {
        match clock {
            Some(clock) => self.with(clock),
            None => self,
        }
    }

    /// This custody without a duty that is done; the last duty stays, an open lead is never without one.
    #[must_use]
    pub fn without(mut self, kind: ClockKind) -> Self {
        if self.first.kind == kind {
            if !self.rest.is_empty() {
                self.first = self.rest.remove(0);
            }
        } else {
            self.rest.retain(|other| other.kind != kind);
        }
        self
    }

    /// Whether this is the only duty.
    #[must_use]
    pub fn owes_only(&self, kind: ClockKind) -> bool {
        self.rest.is_empty() && self.first.kind == kind
    }

    /// The same duties, owed by someone else.
    #[must_use]
    pub fn held_by(mut self, holder: Holder) -> Self {
        self.holder = holder;
        self
    }

    /// Every running clock.
    pub fn clocks(&self) -> impl Iterator<Item = &Clock> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// The running clock of a kind.
    #[must_use]
    pub fn clock(&self, kind: ClockKind) -> Option<&Clock> {
        self.clocks().find(|clock| clock.kind == kind)
    }

    /// The earliest rung of all clocks: when the sweeper must look.
    #[must_use]
    pub fn next_due_at(&self) -> Moment {
        self.rest.iter().fold(self.first.rung_at, |earliest, clock| earliest.min(clock.rung_at))
    }

    /// "The deadline": the earliest due time of all clocks.
    #[must_use]
    pub fn deadline(&self) -> Moment {
        self.rest.iter().fold(self.first.due_by, |earliest, clock| earliest.min(clock.due_by))
    }
}
