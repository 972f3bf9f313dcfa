//! The small values that a policy is made of: grades, priorities, segments, service terms. They never hold numbers of their own.

use crate::domain::calendar::Span;
use crate::domain::ladder::Percents;
use serde::{Deserialize, Serialize};

/// How well a lead fits, A the best; the order of variants is the order of worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grade {
    A,
    B,
    C,
    D,
}

impl Grade {
    /// Every grade, best first.
    pub const ALL: &'static [Self] = &[Self::A, Self::B, Self::C, Self::D];

    /// The letter of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        }
    }

    /// Reads the letter.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|grade| grade.code() == code)
    }
}

/// How soon a handoff must be answered; P1 comes first in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    P1,
    P2,
    P3,
    P4,
}

impl Priority {
    /// Every priority, the most urgent first.
    pub const ALL: &'static [Self] = &[Self::P1, Self::P2, Self::P3, Self::P4];

    /// The number of the contract, 1 to 4.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::P1 => 1,
            Self::P2 => 2,
            Self::P3 => 3,
            Self::P4 => 4,
        }
    }

    /// Reads 1 to 4.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|priority| priority.number() == number)
    }
}

/// Size class of the company; bounds come from the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Segment {
    Enterprise,
    MidMarket,
    Small,
}

impl Segment {
    /// Every segment, the largest first.
    pub const ALL: &'static [Self] = &[Self::Enterprise, Self::MidMarket, Self::Small];

    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::MidMarket => "mid-market",
            Self::Small => "small",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }
}

/// A field that a handoff needs at MQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RequiredField {
    Email,
    Name,
    /// Company name or domain.
    Company,
    Country,
    JobTitle,
    Phone,
}

impl RequiredField {
    /// Every field that a policy may require.
    pub const ALL: &'static [Self] =
        &[Self::Email, Self::Name, Self::Company, Self::Country, Self::JobTitle, Self::Phone];

    /// The word of the policy and of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Name => "name",
            Self::Company => "company",
            Self::Country => "country",
            Self::JobTitle => "job_title",
            Self::Phone => "phone",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }
}

/// What a priority promises, in business time of the holder's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlaTerms {
    /// From the offer to its acceptance.
    pub accept: Span,
    /// From the start of the lead's clock to the first human attempt.
    pub contact: Span,
    /// From the queue to an offer.
    pub route: Span,
    /// Before a lead is taken back from a holder whose clock ran out.
    pub grace: Span,
}

/// Every other time and count of the policy; the last word of a name is its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Durations {
    /// Review of captured leads, by segment.
    pub review_days: u32,
    /// How long a dormant lead rests as recycled.
    pub dormant_recycle_days: u32,
    /// `respond_by`, in business hours.
    pub respond_hours: u32,
    pub redrive_business_days: u32,
    /// `disposition_by` of an accepted lead.
    pub disposition_business_days: u32,
    /// What a booked meeting adds after its day, once.
    pub meeting_extra_business_days: u32,
    /// The closer's leg.
    pub closer_business_days: u32,
    /// `next_step_by` = the next step + so many,
    pub next_step_extra_business_days: u32,
    /// but at most so many from now.
    pub next_step_max_business_days: u32,
    /// An open opportunity untouched for so long is asked about.
    pub opportunity_untouched_days: u32,
    /// `facts_by` after an implied SQL.
    pub facts_business_days: u32,
    /// A blocked hand-raise, and a chat without e-mail and phone, wait so long with a steward.
    pub blocked_hand_raise_business_days: u32,
    /// Points since the move to recycled that open the next cycle.
    pub strong_points: u32,
    /// Cycles without a hand-raise within `cycles_months`.
    pub cycles_max: u32,
    pub cycles_months: u32,
    /// A hand-raise older than this when it is decided is late intake.
    pub late_hand_raise_hours: u32,
    /// Review of leads older than `live_from`.
    pub history_review_days: u32,
    /// Offers to reps before the queue's steward takes over.
    pub offers_max: u32,
    /// Misroutes before the queue's steward takes over.
    pub misroutes_max: u32,
    /// When a clock reminds, and its next rung if it fired without a move; of clocks that start from now on.
    pub percents: Percents,
    /// P1 out of hours: the opening + so much.
    pub out_of_hours_contact: Span,
    /// A `retry_on` beyond so many months is refused or clamped.
    pub retry_on_months_max: u32,
    pub contest_business_days: u32,
    pub verdict_business_days: u32,
    /// A pattern: so many rejections of one code and campaign within `pattern_days`.
    pub pattern_count: u32,
    pub pattern_days: u32,
    pub pattern_answer_business_days: u32,
    /// Share of a team's month rejected as `other` that alarms, in percent.
    pub other_alarm_percent: u32,
    /// An anonymous visitor's signals are kept so long.
    pub anonymous_days: u32,
}

/// What both teams aim at in a fiscal month; money in whole units of the reporting currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    pub sal: u32,
    pub sql: u32,
    pub pipeline: u64,
    pub revenue: u64,
    pub acquisition_cost: u64,
    /// Share of P1 contacted in time, in percent.
    pub p1_in_time_percent: u32,
    /// ISO 4217.
    pub reporting_currency: String,
    /// Business day of the month on which both teams review.
    pub review_business_day: u32,
}
