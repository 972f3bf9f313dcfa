//! What events and withdrawals are called in audit rows, history and docs. Names are stored: they never change.

use super::event::Event;
use serde::{Deserialize, Serialize};

/// Why an offer ended without being accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Withdrawal {
    /// The rep passed it on, without blame.
    Declined,
    /// `accept_by` went by.
    NotAccepted,
    /// `contact_by` went by without an attempt.
    NotContacted,
    /// Somebody named another person.
    Reassigned,
    /// Sales returned it with a reason.
    Rejected,
    /// The person is worked as another lead, or another passage goes on.
    Merged,
    /// It turned out that the rep before had accepted in time, or had tried before the lead was taken back.
    Reclaimed,
    /// The holder left, or was switched off: nobody's fault, and no breach.
    HolderLeft,
}

impl Withdrawal {
    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::NotAccepted => "not_accepted",
            Self::NotContacted => "not_contacted",
            Self::Reassigned => "reassigned",
            Self::Rejected => "rejected",
            Self::Merged => "merged",
            Self::Reclaimed => "reclaimed",
            Self::HolderLeft => "holder_left",
        }
    }
}

impl Event {
    /// The type as audit rows, history and docs name it.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one arm for each event, and nothing else")]
    pub fn name(&self) -> &'static str {
        match self {
            Self::LeadCaptured { .. } => "lead_captured",
            Self::ProfileReported { .. } => "profile_reported",
            Self::SignalRecorded { .. } => "signal_recorded",
            Self::TouchRecorded { .. } => "touch_recorded",
            Self::CycleStarted { .. } => "cycle_started",
            Self::LeadMarketingQualified { .. } => "lead_marketing_qualified",
            Self::PriorityRaised { .. } => "priority_raised",
            Self::LeadOffered { .. } => "lead_offered",
            Self::OfferWithdrawn { .. } => "offer_withdrawn",
            Self::LeadQueued { .. } => "lead_queued",
            Self::LeadAccepted { .. } => "lead_accepted",
            Self::AttemptRecorded { .. } => "attempt_recorded",
            Self::LeadRejected { .. } => "lead_rejected",
            Self::SqlReversed => "sql_reversed",
            Self::LeadRecycled { .. } => "lead_recycled",
            Self::LeadDisqualified { .. } => "lead_disqualified",
            Self::DataFixAsked { .. } => "data_fix_asked",
            Self::DataFixed { .. } => "data_fixed",
            Self::LeadSuppressed { .. } => "lead_suppressed",
            Self::LeadSalesQualified { .. } => "lead_sales_qualified",
            Self::FactsAdded { .. } => "facts_added",
            Self::OpportunityOpened { .. } => "opportunity_opened",
            Self::DealRecorded { .. } => "deal_recorded",
            Self::LeadWon { .. } => "lead_won",
            Self::LeadLost { .. } => "lead_lost",
            Self::WinReversed { .. } => "win_reversed",
            Self::LeadClosedAsWon { .. } => "lead_closed_as_won",
            Self::ReviewAsked { .. } => "review_asked",
            Self::LeadReassigned { .. } => "lead_reassigned",
            Self::PreferenceNoted { .. } => "preference_noted",
            Self::CrmLinked { .. } => "crm_linked",
            Self::EmailOptedOut { .. } => "email_opted_out",
            Self::NoteTaken => "note_taken",
            Self::ReplyOwed { .. } => "reply_owed",
            Self::ClockReminded { .. } => "clock_reminded",
            Self::ClockBreached { .. } => "clock_breached",
            Self::ClockEscalated { .. } => "clock_escalated",
            Self::FactDiverged { .. } => "fact_diverged",
            Self::AskRefused { .. } => "ask_refused",
            Self::ConsentGiven { .. } => "consent_given",
            Self::CrmUnlinked { .. } => "crm_unlinked",
            Self::ContactForbidden { .. } => "contact_forbidden",
            Self::LeadErased => "lead_erased",
            Self::LeadReopened { .. } => "lead_reopened",
            Self::ReturnedToSql { .. } => "returned_to_sql",
            Self::CustomerNoted { .. } => "customer_noted",
            Self::LeadAbsorbed { .. } => "lead_absorbed",
            Self::LeadMerged { .. } => "lead_merged",
            Self::LeadSplit { .. } => "lead_split",
            Self::SplitBegun { .. } => "split_begun",
            Self::LeadParked { .. } => "lead_parked",
            Self::LeadUnparked => "lead_unparked",
            Self::MqlDated { .. } => "mql_dated",
            Self::ContactLeft { .. } => "contact_left",
            Self::OriginCredited { .. } => "origin_credited",
            Self::ContestAllowed { .. } => "contest_allowed",
            Self::RejectionContested { .. } => "rejection_contested",
            Self::ContestResolved { .. } => "contest_resolved",
            Self::RejectionVoided { .. } => "rejection_voided",
            Self::BreachVoided { .. } => "breach_voided",
            Self::CloserWanted { .. } => "closer_wanted",
            Self::CloserOffered { .. } => "closer_offered",
            Self::CloserWithdrawn { .. } => "closer_withdrawn",
            Self::CloserAccepted { .. } => "closer_accepted",
            Self::OfferMissed { .. } => "offer_missed",
            Self::ReturnedToFirst { .. } => "returned_to_first",
            Self::ClockPutOff { .. } => "clock_put_off",
            Self::ClockStale { .. } => "clock_stale",
            Self::HolderReplaced { .. } => "holder_replaced",
            Self::ProductRequested { .. } => "product_requested",
            Self::DisagreementSettled { .. } => "disagreement_settled",
            Self::NobodyFree(_) => "nobody_free",
            Self::OpportunityAttached(_) => "opportunity_attached",
        }
    }
}
