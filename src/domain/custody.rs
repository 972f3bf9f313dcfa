//! Custody: who must act now and by when. An open lead always has one; it never decides who.

pub use super::duty::{Basis, Clock, ClockKind, Rung};
pub use super::ladder::{Ladder, Percents};

use super::team::MemberId;
use super::time::Moment;
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

    /// The same duties, each of them owed by whoever it was owed by, with the next rung of one put off.
    #[must_use]
    pub fn put_off(self, kind: ClockKind, moment: Moment) -> Self {
        match self.clock(kind).cloned() {
            Some(clock) => self.with(clock.put_off(moment)),
            None => self,
        }
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
