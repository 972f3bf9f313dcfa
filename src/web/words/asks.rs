//! Rejection codes and refusals in words, with the next thing to do. It never decides whether an ask is refused.

use super::plain;
use crate::domain::policy::RejectionCode;

/// A refusal explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalWords {
    /// What stands against the ask.
    pub what: String,
    /// What to do instead.
    pub next: &'static str,
}

/// A refusal code in words.
#[must_use]
pub fn refusal(code: &str) -> RefusalWords {
    let (what, next) = match code {
        "already_offered" => (
            "The lead is offered to somebody else.",
            "Wait for their answer, or ask their manager to reassign it.",
        ),
        "held" => {
            ("Somebody already works this lead.", "Talk to the holder, or ask a manager to reassign it.")
        }
        "use_expansion" => (
            "This person's company is a customer.",
            "Talk to the account's owner; a new need opens an expansion by itself.",
        ),
        "closed" => ("The lead is disqualified.", "Re-open it with a reason before working it."),
        "suppressed" => {
            ("The person must not be contacted.", "Nothing more may be done; only the person can lift this.")
        }
        "not_offered" => {
            ("The lead is not offered to anybody now.", "Wait for the router's offer, or claim the lead.")
        }
        "not_eligible" => (
            "Only the pool's reps, its steward or a manager may do this.",
            "Ask one of them; the lead's page names the holder.",
        ),
        "not_offeree" => ("The lead is offered to another person.", "Only they can answer the offer."),
        "offer_moved" => ("The offer has moved on to another rep.", "Open the lead to see who holds it now."),
        "held_by_other" => ("Another rep holds this lead.", "Ask a manager to reassign it."),
        "cycle_closed" => ("This passage of the lead is over.", "Claim the lead to start the next one."),
        "use_reject" => (
            "You have accepted this lead, so it can't be passed on without a reason.",
            "Return it with a reason instead.",
        ),
        "use_reassign" => ("The lead is too far along to be passed on.", "Reassign it to a named person."),
        "not_handed_off" => ("The lead has not been handed to sales.", "Claim it first."),
        "already_rejected" => ("The lead was returned already.", "There is nothing left to do."),
        "sql_facts_missing" => {
            ("The SQL definition asks for more facts.", "Add what is missing below and qualify again.")
        }
        "retry_on_out_of_range" => {
            ("The date lies in the past or more than 18 months ahead.", "Choose another date.")
        }
        "stale_view" => {
            ("The lead changed after you opened this page.", "Look at what it says now and decide again.")
        }
        "key_not_of_lead" => ("This key does not name this lead.", "Check the address or the CRM record."),
        "use_lost" => ("The lead has an open deal.", "Close the deal as lost in the CRM; the lead follows."),
        "closed_won" => ("The deal is won.", "There is nothing to return."),
        "already_open" => ("The lead is open already.", "Work it as it stands."),
        "no_change" | "nothing_changes" => ("The lead already is what you asked for.", "Nothing to do."),
        "lead_parked" => {
            ("A fault of ours holds this lead.", "Operations is at it; try again after the repair.")
        }
        "unknown_actor" => ("You are not in the team file.", "Ask operations to add you."),
        "not_found" => ("There is no such lead.", "Search for the person in the list."),
        "stale" => ("The lead has moved on since.", "Open it again and look."),
        "no_closers_leg" => {
            ("Only a closer can give a lead back to the first rep.", "Return it with a reason instead.")
        }
        "contest_window_closed" => (
            "The time to contest this rejection is over.",
            "It stands; answer the pattern behind it, or propose a change of the policy.",
        ),
        "already_contested" => {
            ("This rejection was contested once already.", "A handoff is contested once; see its verdict.")
        }
        "not_contestable" => (
            "There is no rejection here that can be contested.",
            "The policy says which reasons can be; the lead's page lists its rejections.",
        ),
        "not_contested" => ("No contest of this handoff waits for a verdict.", "Look at the lead's story."),
        "not_marketing" => ("Only marketing may do this.", "Ask somebody with the role marketing."),
        "not_arbiter" => (
            "Only the arbiter decides, and never who rejected or contests.",
            "The lead's page names the arbiter of this contest.",
        ),
        "no_arbiter" => (
            "Everybody who could decide is a party to this.",
            "Ask operations to name another arbiter in the team file.",
        ),
        "unknown_pattern" => {
            ("There is no such pattern of rejections.", "The figures of the week list the patterns.")
        }
        "demands_missing" => ("This reason asks for more.", "Fill in the field that belongs to the reason."),
        "impossible_event" => {
            ("The lead's record contradicts itself.", "Operations was told; nothing was changed.")
        }
        other => {
            return RefusalWords {
                what: format!("The policy does not allow this now ({}).", plain(other)),
                next: "Read the lead as it stands and choose what is offered.",
            };
        }
    };
    RefusalWords { what: what.to_owned(), next }
}

/// What a rejection code demands, by the word of the refusal.
#[must_use]
pub fn missing_demand_words(name: &str) -> &str {
    match name {
        "attempts" => "five attempts on three days by two channels; log the ones that are missing",
        "retry_on" => "the date to try again",
        "sub_reason" => "in which way it does not fit",
        "competitor" => "the competitor's name",
        "fields" => "which fields are wrong or missing",
        "duplicate_of" => "the id of the other lead",
        "scope" => "how far the opt-out goes",
        "proposed_owner" => "the right owner or pool",
        "note" => "a note of at least 15 characters",
        other => other,
    }
}

/// A rejection code as a button says it.
#[must_use]
pub fn rejection_words(code: RejectionCode) -> &'static str {
    match code {
        RejectionCode::Unreachable => "Unreachable",
        RejectionCode::BadTiming => "Bad timing",
        RejectionCode::NoNeed => "No need",
        RejectionCode::NoBudget => "No budget",
        RejectionCode::NoAuthority => "No say in it",
        RejectionCode::NoFit => "Does not fit",
        RejectionCode::CompetitorChosen => "Chose a competitor",
        RejectionCode::BadData => "Wrong data",
        RejectionCode::ExistingCustomer => "Already a customer",
        RejectionCode::ExistingOpportunity => "Deal exists already",
        RejectionCode::WrongTerritory => "Wrong territory",
        RejectionCode::WrongSegment => "Wrong segment",
        RejectionCode::Duplicate => "Duplicate",
        RejectionCode::Junk => "Junk",
        RejectionCode::OptOut => "Wants no contact",
        RejectionCode::Return => "Back to the first rep",
        RejectionCode::Other => "Other",
    }
}

/// A fact that the SQL definition misses.
#[must_use]
pub fn missing_fact_words(name: &str) -> &str {
    match name {
        "conversation" => "a two-way conversation or a held meeting",
        "need" => "a confirmed need",
        "authority" => "somebody who decides or influences",
        "budget" => "a budget, at least plausible",
        "timeline_months" => "a timeline of at most nine months",
        "next_step_on" => "a next step within fourteen days",
        "account" => "the account in the CRM",
        other => other,
    }
}
