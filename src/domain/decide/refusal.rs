//! Why a command was not carried out: a stable code, and words that tell a person what to do. It decides nothing.

use crate::domain::event::Event;
use crate::domain::evolve::ImpossibleEvent;
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use std::fmt;

/// Why nothing happened. Never an error of the machine, except [`Refusal::Impossible`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The command changes nothing: `filtered(no_change)`, never refused.
    NothingChanges,
    /// A clock or an offer that the lead has moved on from: `filtered(stale)`.
    Stale,
    /// Left out on purpose, with a reason.
    Filtered(&'static str),
    NotFound,
    NotOffered,
    NotOfferee {
        holder: Option<MemberId>,
    },
    NotEligible,
    AlreadyOffered {
        rep: MemberId,
    },
    Held {
        holder: Option<MemberId>,
    },
    HeldByOther {
        holder: Option<MemberId>,
    },
    /// `voided`: the rep had been in time, and the acceptance that was due then does not count as missed.
    OfferMoved {
        holder: Option<MemberId>,
        voided: Option<(MemberId, Moment)>,
    },
    NotHandedOff,
    UseReject,
    UseReassign,
    UseLost,
    UseExpansion,
    AlreadyOpen,
    Closed,
    ClosedWon,
    CycleClosed,
    AlreadyRejected,
    Suppressed,
    SqlFactsMissing {
        missing: Vec<&'static str>,
    },
    DemandsMissing {
        missing: Vec<&'static str>,
    },
    RetryOnOutOfRange,
    UnknownMember,
    NoClosersLeg,
    /// More than the policy's business days have passed since the rejection.
    ContestWindowClosed,
    AlreadyContested,
    /// No rejection of this handoff, or one whose reason cannot be contested.
    NotContestable,
    /// No contest of this handoff waits for a verdict.
    NotContested,
    /// Only marketing contests.
    NotMarketing,
    /// Only the arbiter decides, and never a party.
    NotArbiter,
    /// Everybody who could decide is a party.
    NoArbiter,
    /// A fault of ours has stopped the lead.
    LeadParked,
    /// Decision and state disagree: a bug, or a damaged trail. The lead is parked.
    Impossible(ImpossibleEvent),
}

impl Refusal {
    /// What is decided although the command is refused.
    #[must_use]
    pub fn besides(&self) -> Option<Event> {
        if let Self::OfferMoved { voided: Some((rep, accept_by)), .. } = self {
            return Some(Event::BreachVoided { rep: rep.clone(), accept_by: *accept_by });
        }
        None
    }

    /// The stable code of the wire, the counts and the problem's address.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NothingChanges => "no_change",
            Self::Stale => "stale",
            Self::Filtered(reason) => reason,
            Self::NotFound => "not_found",
            Self::NotOffered => "not_offered",
            Self::NotOfferee { .. } => "not_offeree",
            Self::NotEligible => "not_eligible",
            Self::AlreadyOffered { .. } => "already_offered",
            Self::Held { .. } => "held",
            Self::HeldByOther { .. } => "held_by_other",
            Self::OfferMoved { .. } => "offer_moved",
            Self::NotHandedOff => "not_handed_off",
            Self::UseReject => "use_reject",
            Self::UseReassign => "use_reassign",
            Self::UseLost => "use_lost",
            Self::UseExpansion => "use_expansion",
            Self::AlreadyOpen => "already_open",
            Self::Closed => "closed",
            Self::ClosedWon => "closed_won",
            Self::CycleClosed => "cycle_closed",
            Self::AlreadyRejected => "already_rejected",
            Self::Suppressed => "suppressed",
            Self::SqlFactsMissing { .. } => "sql_facts_missing",
            Self::DemandsMissing { .. } => "demands_missing",
            Self::RetryOnOutOfRange => "retry_on_out_of_range",
            Self::UnknownMember => "unknown_actor",
            Self::NoClosersLeg => "no_closers_leg",
            Self::ContestWindowClosed => "contest_window_closed",
            Self::AlreadyContested => "already_contested",
            Self::NotContestable => "not_contestable",
            Self::NotContested => "not_contested",
            Self::NotMarketing => "not_marketing",
            Self::NotArbiter => "not_arbiter",
            Self::NoArbiter => "no_arbiter",
            Self::LeadParked => "lead_parked",
            Self::Impossible(_) => "impossible_event",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now_with = |holder: &Option<MemberId>| {
            holder
                .as_ref()
                .map_or_else(|| "nobody holds it now".to_owned(), |holder| format!("{holder} holds it now"))
        };
        match self {
            Self::NothingChanges => formatter.write_str("nothing changes: the lead stands like this already"),
            Self::Stale => formatter.write_str("the lead has moved on since"),
            Self::Filtered(reason) => write!(formatter, "left out: {reason}"),
            Self::NotFound => formatter.write_str("no lead has this id"),
            Self::NotOffered => formatter.write_str("the lead is not offered to anybody; claim it instead"),
            Self::NotOfferee { holder } => {
                write!(formatter, "the lead is not offered to you; {}", now_with(holder))
            }
            Self::NotEligible => {
                formatter.write_str("only the pool's reps, its steward or a manager may do this")
            }
            Self::AlreadyOffered { rep } => {
                write!(formatter, "the lead is offered to {rep}; ask them to pass it on")
            }
            Self::Held { holder } => write!(formatter, "the lead is taken; {}", now_with(holder)),
            Self::HeldByOther { holder } => {
                write!(
                    formatter,
                    "somebody else works this lead; {}; ask for a reassignment",
                    now_with(holder)
                )
            }
            Self::OfferMoved { holder, .. } => {
                write!(formatter, "the offer has moved on; {}", now_with(holder))
            }
            Self::NotHandedOff => {
                formatter.write_str("the lead has not been handed to sales; claim it first")
            }
            Self::UseReject => formatter.write_str("you hold this lead; reject it with a reason instead"),
            Self::UseReassign => formatter.write_str("the lead has an open opportunity; reassign it instead"),
            Self::UseLost => {
                formatter.write_str("the lead has an open opportunity; close that as lost instead")
            }
            Self::UseExpansion => formatter.write_str("the lead is won; re-open it for an expansion instead"),
            Self::AlreadyOpen => formatter.write_str("the lead is open already; work it as it stands"),
            Self::Closed => formatter.write_str("the lead is closed; re-open it first"),
            Self::ClosedWon => formatter.write_str("the lead is won and cannot be rejected"),
            Self::CycleClosed => {
                formatter.write_str("this passage of the lead is over; claim it to start the next")
            }
            Self::AlreadyRejected => formatter.write_str("the lead has been rejected already"),
            Self::Suppressed => formatter.write_str("the person must not be contacted"),
            Self::SqlFactsMissing { missing } => {
                write!(formatter, "the SQL definition asks for more: {}", missing.join(", "))
            }
            Self::DemandsMissing { missing } => {
                write!(formatter, "this reason asks for more: {}", missing.join(", "))
            }
            Self::RetryOnOutOfRange => {
                formatter.write_str("the date lies in the past or too far ahead; name one within 18 months")
            }
            Self::UnknownMember => formatter.write_str("this person is not in the team"),
            Self::NoClosersLeg => {
                formatter.write_str("only a closer can return a lead; reject it with a reason")
            }
            Self::ContestWindowClosed => formatter.write_str("the time to contest this rejection is over"),
            Self::AlreadyContested => formatter.write_str("this rejection has been contested once"),
            Self::NotContestable => formatter.write_str("there is no rejection here that can be contested"),
            Self::NotContested => formatter.write_str("no contest of this handoff waits for a verdict"),
            Self::NotMarketing => formatter.write_str("only marketing contests a rejection"),
            Self::NotArbiter => formatter.write_str("only the arbiter decides, and never a party"),
            Self::NoArbiter => {
                formatter.write_str("everybody who could decide is a party; name another arbiter in the team")
            }
            Self::LeadParked => formatter.write_str(
                "a fault of ours has stopped this lead; operations is told, try again when it is mended",
            ),
            Self::Impossible(impossible) => impossible.fmt(formatter),
        }
    }
}
