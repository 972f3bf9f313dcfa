//! Rejection codes, what each demands and what follows from it. It never decides whether a rejection is allowed.

use serde::{Deserialize, Serialize};

/// Why sales returns a lead. The order of variants is part of stored bytes: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RejectionCode {
    Unreachable,
    BadTiming,
    NoNeed,
    NoBudget,
    NoAuthority,
    NoFit,
    CompetitorChosen,
    BadData,
    ExistingCustomer,
    ExistingOpportunity,
    WrongTerritory,
    WrongSegment,
    Duplicate,
    Junk,
    OptOut,
    Return,
    Other,
}

impl RejectionCode {
    /// Every code, in the order of the policy's table.
    pub const ALL: &'static [Self] = &[
        Self::Unreachable,
        Self::BadTiming,
        Self::NoNeed,
        Self::NoBudget,
        Self::NoAuthority,
        Self::NoFit,
        Self::CompetitorChosen,
        Self::BadData,
        Self::ExistingCustomer,
        Self::ExistingOpportunity,
        Self::WrongTerritory,
        Self::WrongSegment,
        Self::Duplicate,
        Self::Junk,
        Self::OptOut,
        Self::Return,
        Self::Other,
    ];

    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::BadTiming => "bad_timing",
            Self::NoNeed => "no_need",
            Self::NoBudget => "no_budget",
            Self::NoAuthority => "no_authority",
            Self::NoFit => "no_fit",
            Self::CompetitorChosen => "competitor_chosen",
            Self::BadData => "bad_data",
            Self::ExistingCustomer => "existing_customer",
            Self::ExistingOpportunity => "existing_opportunity",
            Self::WrongTerritory => "wrong_territory",
            Self::WrongSegment => "wrong_segment",
            Self::Duplicate => "duplicate",
            Self::Junk => "junk",
            Self::OptOut => "opt_out",
            Self::Return => "return",
            Self::Other => "other",
        }
    }

    /// Reads the word; `None` for a word that is no code (a fact then becomes `other`, flagged).
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }

    /// Place in tables that hold one row a code.
    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// What a disqualified lead is disqualified for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DisqualifiedFor {
    NoFit,
    Junk,
}

/// What follows from a rejection: stage, holder and clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Consequence {
    /// Recycled, held by the segment's owner, back after so many days.
    RecycleDays(u32),
    /// Recycled until the date that the rejection gives.
    RecycleOnGivenDate,
    /// Recycled until the contract with the competitor ends, else so many days.
    RecycleUntilContractEnd {
        default_days: u32,
    },
    Disqualify(DisqualifiedFor),
    /// Captured with the marketing owner, who fixes data; then back to the queue in the same cycle.
    FixData {
        business_days: u32,
    },
    /// The customer's or opportunity's owner, else the steward's queue.
    NamedOwner,
    /// Back to the queue, with the proposed holder or pool wanted.
    Reroute,
    /// Merged where keys agree, else the steward's queue for so long.
    MergeOrSteward {
        business_days: u32,
    },
    /// Scope marketing: recycled so long and e-mail off; scope all: suppressed.
    OptOut {
        recycle_days: u32,
    },
    /// The closer gives the lead back to the first rep.
    ReturnToFirstRep {
        business_days: u32,
    },
    /// The steward's queue for so long.
    Steward {
        business_days: u32,
    },
}

/// What a rejection must bring: demanded of an ask, defaulted and flagged on a fact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent demands, each read by name")]
pub struct Demands {
    /// Human attempts, over so many `days` and so many `channels`; 0 demands nothing.
    pub attempts: u32,
    pub days: u32,
    pub channels: u32,
    pub retry_on: bool,
    /// Allowed sub-reasons; empty demands none.
    pub sub_reason: Vec<String>,
    pub competitor: bool,
    /// Names of the wrong or missing fields (`bad_data`, `return`).
    pub field: bool,
    pub duplicate_of: bool,
    /// `marketing` or `all`.
    pub scope: bool,
    /// A proposed owner or pool.
    pub proposal: bool,
    /// A note of at least so many characters; 0 demands none.
    pub note_chars: u32,
}

/// One row of the policy's table of rejection codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectionRule {
    pub code: RejectionCode,
    pub demands: Demands,
    pub consequence: Consequence,
    /// Whether it counts in the acceptance figures.
    pub counts: bool,
    pub contestable: bool,
    /// What marketing is to do beside, while the lead rests.
    pub task: Option<RejectionTask>,
}

/// What marketing is to do about a returned lead beside the consequence itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectionTask {
    /// Somebody else of the company, who may decide.
    AnotherContact,
}

impl RejectionTask {
    /// Every task.
    pub const ALL: &'static [Self] = &[Self::AnotherContact];

    /// The word of the policy and of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AnotherContact => "another_contact",
        }
    }
}

/// What follows from a lost opportunity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LossRule {
    /// The reason as the policy names it; `unknown` for the rule of unmapped reasons.
    pub code: String,
    /// Days until the lead comes back.
    pub days: u32,
    /// Whether the reason was missing or unknown to the policy.
    pub unmapped: bool,
    /// Whether a voice-of-sales note is written.
    pub note: bool,
}
