//! The explanation of a route, as events store it: append only. It decides nothing and names nobody but members.

use super::account::AccountMatch;
use super::seats::Candidate;
use crate::domain::team::PoolId;
use serde::{Deserialize, Serialize};

/// Rules that a receipt names at most; the count of the others stands beside them.
pub const PASSED_OVER_MAX: usize = 50;

/// What found the holder, in the order in which it is tried. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RouteStep {
    /// Somebody named this person.
    Wanted,
    /// Owns an open deal of the person, or of the company.
    OpenOpportunity,
    /// Works another open passage of the company.
    OpenCycle,
    /// Owns the account.
    AccountOwner,
    /// The policy's list of named accounts.
    NamedAccount,
    /// A route of the policy.
    Rule,
    /// No route takes the lead: the pool in which it stands, or the steward.
    NoRule,
    /// Qualified, and the turn of the closers' pool.
    Closer,
}

impl RouteStep {
    /// Every step, in its order.
    pub const ALL: &'static [Self] = &[
        Self::Wanted,
        Self::OpenOpportunity,
        Self::OpenCycle,
        Self::AccountOwner,
        Self::NamedAccount,
        Self::Rule,
        Self::NoRule,
        Self::Closer,
    ];

    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::OpenOpportunity => "open_opportunity",
            Self::OpenCycle => "open_cycle",
            Self::AccountOwner => "account_owner",
            Self::NamedAccount => "named_account",
            Self::Rule => "rule",
            Self::NoRule => "no_rule",
            Self::Closer => "closer",
        }
    }

    /// Whether the company decided, and not a rule; what `account_match` says on the wire.
    #[must_use]
    pub fn is_by_account(self) -> bool {
        match self {
            Self::OpenOpportunity | Self::OpenCycle | Self::AccountOwner | Self::NamedAccount => true,
            Self::Wanted | Self::Rule | Self::NoRule | Self::Closer => false,
        }
    }

    /// Whether the pool's rotation chose the rep, which is what fairness counts.
    #[must_use]
    pub fn is_by_turn(self, named_a_pool: bool) -> bool {
        match self {
            Self::Rule | Self::NoRule | Self::Closer => true,
            Self::NamedAccount => named_a_pool,
            Self::Wanted | Self::OpenOpportunity | Self::OpenCycle | Self::AccountOwner => false,
        }
    }
}

/// The field on which a rule differed from the lead. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RouteField {
    Grade,
    Priority,
    Country,
    Region,
    Segment,
    Motion,
    Product,
    Origin,
    Campaign,
    Source,
}

impl RouteField {
    /// Every field.
    pub const ALL: &'static [Self] = &[
        Self::Grade,
        Self::Priority,
        Self::Country,
        Self::Region,
        Self::Segment,
        Self::Motion,
        Self::Product,
        Self::Origin,
        Self::Campaign,
        Self::Source,
    ];

    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Grade => "grade",
            Self::Priority => "priority",
            Self::Country => "country",
            Self::Region => "region",
            Self::Segment => "segment",
            Self::Motion => "motion",
            Self::Product => "product",
            Self::Origin => "origin",
            Self::Campaign => "campaign",
            Self::Source => "source",
        }
    }
}

/// A rule that was tried and did not take the lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    pub rule: String,
    pub field: RouteField,
}

/// How the holder was found. The rule's id, the candidates and the clocks stand in the offer itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteReceipt {
    pub step: RouteStep,
    /// The pool's turn chose the rep; false where a person was named.
    pub by_turn: bool,
    /// Rules before the one that fired, at most [`PASSED_OVER_MAX`].
    pub passed_over: Vec<PassedOver>,
    pub passed_over_more: u32,
    pub account: Option<AccountMatch>,
    /// Where the rules sent it, when another pool took it since.
    pub first_pool: Option<PoolId>,
    /// Candidates that were looked at beside those that are named.
    pub candidates_more: u32,
}

/// What the router tried in vain for one lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTried {
    /// In whose queue the lead waits.
    pub pool: PoolId,
    /// Everybody of this pool and of those after it, and why not they: as many as a receipt of an offer names.
    pub candidates: Vec<Candidate>,
    /// How many more were looked at.
    pub more: u32,
}
