//! Scores: a pure function of profile, set of signals, policy and as-of moment. It never decides what follows from a score.

mod engagement;
mod fit;
mod reach;
mod receipt;
mod title;

pub use engagement::{
    Counting, DecayBand, EngagementRule, EngagementRules, GroupCap, RULES_MAX, RuleError, RulePlace,
};
pub use fit::{FitField, FitReading, FitRules, SizeBand};
pub use receipt::{FitLine, Missing, Receipt, ReceiptLine, ReceiptPart};
pub use title::{TitleRules, Words};

pub(in crate::domain) use receipt::receipt;

use super::policy::{Grade, Guards, Policy};
use super::profile::Profile;
use super::signal::SignalWindow;
use super::time::Moment;
use serde::{Deserialize, Serialize};

/// What a lead is when it is scored or held against the MQL definition.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    pub profile: &'a Profile,
    pub signals: &'a SignalWindow,
    /// Signals before the cycle's start do not count.
    pub cycle_started_at: Moment,
    /// Ages are counted to this moment; a signal that lies after it is of age 0.
    pub as_of: Moment,
    pub guards: Guards,
    /// The lead's company is a customer.
    pub customer: bool,
    /// Another handoff of this lead is open.
    pub other_open_handoff: bool,
}

/// A score: engagement points, fit points and the grade that fit gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// 0 to the policy's total, 150 by default.
    pub points: u16,
    /// 0 to 100.
    pub fit: u8,
    pub grade: Grade,
}

/// The score as of the standing's moment.
pub(in crate::domain) fn score(policy: &Policy, standing: &Standing<'_>) -> Score {
    let reading = policy.terms.fit.read(standing.profile);
    Score { points: policy.terms.engagement.points(standing), fit: reading.points, grade: reading.grade }
}
