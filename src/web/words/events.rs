//! One audit event as a line of a lead's story. It never shows what the event does not hold.

use super::details::{
    both, deal_words, fact_words, joined, patch_words, rest_words, terms_words, touch_words,
};
use super::handshake::handshake_words;
use super::signals::signal_line;
use super::{
    attempt_words, channel_words, clock_words, clocks, member_name, moment_words, origin_words, plain,
    pool_name, refusal, rejection_words,
};
use crate::domain::custody::Custody;
use crate::domain::event::{Event, Withdrawal};
use crate::domain::lead::{Attempt, Consent, Motion, Permission, SuppressedFor};
use crate::domain::policy::DisqualifiedFor;
use crate::domain::team::Team;

/// Why a lead that meets the definition is looked at instead of handed off.
const CYCLE_LIMIT: &str = "cycle limit: it had all the passages that the policy allows without a hand-raise, and would qualify again";

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Recorded, nothing moved.
    Plain,
    /// The lead moved.
    Accent,
    Good,
    Warn,
    Bad,
}

impl Tone {
    /// The style class.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Accent => "accent",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// A line of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventWords {
    pub title: String,
    /// Details; empty where the title says all.
    pub more: String,
    pub tone: Tone,
}

pub(super) fn line(tone: Tone, title: impl Into<String>, more: impl Into<String>) -> EventWords {
    EventWords { title: title.into(), more: more.into(), tone }
}

/// What happened, for people.
#[must_use]
#[expect(clippy::too_many_lines, reason = "one arm for each event, and nothing else")]
pub fn event_words(event: &Event, team: &Team) -> EventWords {
    match event {
        Event::LeadCaptured { origin, custody, .. } => line(
            Tone::Accent,
            "Became a lead",
            format!("brought by {}; {}", origin_words(*origin), held(custody, team)),
        ),
        Event::CycleStarted { number, motion, hand_raised, .. } => {
            let more = [
                (*motion == Motion::Expansion).then_some("an expansion of a customer"),
                hand_raised.then_some("opened by a hand-raise"),
            ];
            line(Tone::Accent, format!("Passage {number} begins"), joined(more))
        }
        Event::LeadMarketingQualified { terms, pool, .. } => line(
            Tone::Accent,
            "Marketing qualified (MQL)",
            format!("{}; queue of {}", terms_words(terms), pool_name(team, pool)),
        ),
        Event::ProfileReported { patch, .. } => line(Tone::Plain, "Profile updated", patch_words(patch)),
        Event::SignalRecorded { signal, tell } => signal_line(signal, *tell),
        Event::TouchRecorded { origin, campaign, .. } => {
            line(Tone::Plain, "Counts as a touch", touch_words(*origin, campaign.as_deref()))
        }
        Event::PriorityRaised { priority, contact_by, .. } => line(
            Tone::Warn,
            format!("Priority raised to P{}", priority.number()),
            format!("first contact due {}", moment_words(*contact_by)),
        ),
        Event::LeadOffered { rep, pool, rule, offer_no, custody, .. } => line(
            Tone::Accent,
            format!("Offered to {}", member_name(team, rep)),
            format!(
                "rule \u{201c}{rule}\u{201d}, {}, offer {offer_no}; answer due {}",
                pool_name(team, pool),
                moment_words(custody.deadline())
            ),
        ),
        Event::OfferWithdrawn { from, why, .. } => withdrawn(&member_name(team, from), *why),
        Event::LeadQueued { pool, held: is_held, misrouted, custody, .. } => {
            let more = [
                misrouted.then_some("went the wrong way: the router learns, the score does not change"),
                is_held.then_some("its steward decides"),
            ];
            line(
                Tone::Accent,
                format!("Back in the queue of {}", pool_name(team, pool)),
                both(&joined(more), &held(custody, team)),
            )
        }
        Event::LeadAccepted { by, implied, early, .. } => line(
            Tone::Good,
            format!("Accepted by {}", member_name(team, by)),
            joined([
                implied.then_some("shown by what they did; nobody pressed the button"),
                early.is_some().then_some("before it was marketing qualified"),
            ]),
        ),
        Event::AttemptRecorded { attempt, .. } => attempted(attempt, team),
        Event::LeadRejected { code, sub_reason, unmapped, by, .. } => line(
            Tone::Warn,
            format!("Returned: {}", rejection_words(*code)),
            both(
                &by.as_ref().map_or(String::new(), |by| format!("by {}", member_name(team, by))),
                &both(
                    &sub_reason.as_deref().map_or(String::new(), plain),
                    if *unmapped { "the reason sent is not in the policy" } else { "" },
                ),
            ),
        ),
        Event::SqlReversed => line(Tone::Warn, "No longer qualified", "the figures net it"),
        Event::LeadRecycled { reason, custody } => line(
            Tone::Accent,
            "Recycled",
            format!("{}; back by {}", rest_words(*reason), moment_words(custody.deadline())),
        ),
        Event::LeadDisqualified { reason, .. } => line(
            Tone::Bad,
            "Disqualified",
            match reason {
                DisqualifiedFor::NoFit => "not a fit; the fit report counts it",
                DisqualifiedFor::Junk => "junk; the source report counts it",
            },
        ),
        Event::DataFixAsked { fields, custody } => line(
            Tone::Warn,
            "Data to be mended",
            both(
                &fields.iter().map(|field| plain(field)).collect::<Vec<_>>().join(", "),
                &held(custody, team),
            ),
        ),
        Event::DataFixed { pool, .. } => line(
            Tone::Good,
            "Data mended",
            format!("back in the queue of {}, same passage", pool_name(team, pool)),
        ),
        Event::LeadSuppressed { reason, .. } => line(
            Tone::Bad,
            "Never to be contacted",
            match reason {
                SuppressedFor::OptOut => "the person asked for it",
                SuppressedFor::Legal => "a legal hold",
                SuppressedFor::Erased => "the person's data was erased",
            },
        ),
        Event::LeadSalesQualified { facts, by, implied, .. } => line(
            Tone::Good,
            "Sales qualified (SQL)",
            both(
                &by.as_ref().map_or(String::new(), |by| format!("by {}", member_name(team, by))),
                &both(&fact_words(facts), if *implied { "implied by what followed" } else { "" }),
            ),
        ),
        Event::FactsAdded { facts, .. } => line(Tone::Plain, "Facts added", fact_words(facts)),
        Event::OpportunityOpened { implied, .. } => {
            line(Tone::Good, "A deal was opened", if *implied { "implied by what followed" } else { "" })
        }
        Event::DealRecorded { state, .. } => line(Tone::Plain, "The deal was updated", deal_words(*state)),
        Event::LeadClosedAsWon { .. } => {
            line(Tone::Good, "Closed as won", "an earlier deal of this passage was won")
        }
        Event::WinReversed { .. } => line(Tone::Bad, "The win was reversed", "the figures net it"),
        Event::LeadWon { .. } => line(Tone::Good, "Won", "the person's company is a customer"),
        Event::LeadLost { reason, .. } => {
            line(Tone::Bad, "Lost", reason.as_deref().map_or("no reason was given".to_owned(), plain))
        }
        Event::ReviewAsked { reason, custody } => line(
            Tone::Warn,
            format!("Kept back for {} to look at", member_name(team, custody.holder.member())),
            if reason == "cycle_limit" { CYCLE_LIMIT.to_owned() } else { plain(reason) },
        ),
        Event::LeadReassigned { from, custody } => line(
            Tone::Accent,
            format!("Reassigned to {}", member_name(team, custody.holder.member())),
            from.as_ref().map_or(String::new(), |from| format!("from {}", member_name(team, from))),
        ),
        Event::PreferenceNoted(wanted) => {
            line(Tone::Plain, format!("{} is to have it next", member_name(team, wanted)), "")
        }
        Event::CrmLinked { by_person, conflict } => line(
            if *conflict { Tone::Warn } else { Tone::Plain },
            "Linked to the CRM",
            joined([
                by_person.then_some("a person made the record"),
                conflict.then_some("for a lead that marketing had brought"),
            ]),
        ),
        Event::EmailOptedOut { .. } => {
            line(Tone::Warn, "Opted out of marketing e-mail", "people may still call and answer")
        }
        Event::NoteTaken => line(Tone::Plain, "A note was written", ""),
        Event::DisagreementSettled { version } => {
            line(Tone::Plain, "Disagreement settled", format!("what the CRM said at row {version}"))
        }
        Event::ReplyOwed(custody) => line(Tone::Warn, "The person asked again", held(custody, team)),
        Event::ClockReminded { kind, rung, .. } => line(
            Tone::Plain,
            format!("Reminder: {}", clock_words(*kind).0.to_lowercase()),
            clocks::rung_words(*rung),
        ),
        Event::ClockBreached { kind, due_by, .. } => line(
            Tone::Bad,
            format!("Missed: {}", clock_words(*kind).0.to_lowercase()),
            format!("was due {}", moment_words(*due_by)),
        ),
        Event::ClockEscalated { kind, .. } => line(
            Tone::Bad,
            "The manager was told",
            format!("still open: {}", clock_words(*kind).0.to_lowercase()),
        ),
        Event::FactDiverged { code } => line(Tone::Warn, "The CRM disagrees", plain(code)),
        Event::AskRefused { code } => line(Tone::Plain, "An ask was refused", refusal(code).what),
        Event::ConsentGiven { consent, .. } => consent_line(*consent),
        Event::CrmUnlinked { tell, .. } => line(
            Tone::Warn,
            "The CRM's record was deleted",
            if *tell { "published again, so that one is made" } else { "" },
        ),
        Event::ContactForbidden { .. } => {
            line(Tone::Bad, "No contact at all", "the deal stands; nobody may call or write")
        }
        Event::LeadErased => line(Tone::Bad, "Erased", "what says who the person was is gone"),
        Event::LeadReopened { pool, .. } => {
            line(Tone::Accent, "Opened again", format!("in the queue of {}", pool_name(team, pool)))
        }
        Event::ReturnedToSql { .. } => line(Tone::Warn, "The deal was deleted", "back to qualified"),
        Event::CustomerNoted { .. } => line(Tone::Good, "The company is a customer now", ""),
        Event::OpportunityAttached(_) => {
            line(Tone::Plain, "Belongs to a deal that is open", "it goes to whoever works that one")
        }
        Event::ContactLeft { .. } => {
            line(Tone::Warn, "No longer a contact of the deal", "the CRM took them off it")
        }
        Event::ClockPutOff { .. } | Event::ClockStale { .. } | Event::HolderReplaced { .. } => {
            clocks::line_of(event, team)
        }
        Event::ProductRequested { product, .. } => {
            line(Tone::Plain, "Asked about a product", product.as_str())
        }
        Event::OriginCredited(origin) => {
            line(Tone::Plain, "Origin corrected", format!("the campaign counts as {}", origin.code()))
        }
        Event::LeadAbsorbed { from, .. } => {
            line(Tone::Accent, "Another lead of the same person was taken in", from.to_string())
        }
        Event::LeadMerged { into } => line(Tone::Accent, "Goes on as another lead", into.to_string()),
        Event::LeadSplit { to, .. } => line(Tone::Accent, "A wrong merge was undone", to.to_string()),
        Event::SplitBegun { from } => line(Tone::Accent, "Began as a part of another lead", from.to_string()),
        Event::LeadParked { reason, .. } => line(Tone::Bad, "Stopped by a fault of Baton", plain(reason)),
        Event::MqlDated { at, .. } => line(
            Tone::Plain,
            "Was an MQL before sales had it",
            format!("since {}; the form came late", moment_words(*at)),
        ),
        Event::ContestAllowed { .. }
        | Event::RejectionContested { .. }
        | Event::ContestResolved { .. }
        | Event::RejectionVoided { .. }
        | Event::BreachVoided { .. }
        | Event::OfferMissed { .. }
        | Event::CloserWanted { .. }
        | Event::CloserOffered { .. }
        | Event::CloserWithdrawn { .. }
        | Event::CloserAccepted { .. }
        | Event::ReturnedToFirst { .. } => handshake_words(event, team),
        Event::NobodyFree(tried) => line(
            Tone::Warn,
            "Nobody could take it",
            format!("it waits in the queue of {}, with its steward's clock", pool_name(team, &tried.pool)),
        ),
        Event::LeadUnparked => line(Tone::Good, "Goes on", "what had waited was done in order"),
    }
}

fn consent_line(consent: Consent) -> EventWords {
    let said = [("e-mail", consent.email), ("phone", consent.phone)];
    let by = |wanted: Permission| {
        let named: Vec<&str> =
            said.iter().filter(|(_, said)| *said == wanted).map(|(channel, _)| *channel).collect();
        (!named.is_empty()).then(|| named.join(" and "))
    };
    match (by(Permission::Given), by(Permission::Withdrawn)) {
        (Some(given), None) => line(Tone::Good, "Agreed to be contacted", format!("by {given}")),
        (Some(given), Some(not)) => {
            line(Tone::Good, "Agreed to be contacted", format!("by {given}, not by {not}"))
        }
        (None, not) => {
            line(Tone::Warn, "Withdrew consent", not.map_or_else(String::new, |not| format!("for {not}")))
        }
    }
}

fn held(custody: &Custody, team: &Team) -> String {
    format!("held by {}", member_name(team, custody.holder.member()))
}

pub(super) fn withdrawn(from: &str, why: Withdrawal) -> EventWords {
    let (tone, more) = match why {
        Withdrawal::Declined => (Tone::Accent, "passed on, without blame"),
        Withdrawal::NotAccepted => (Tone::Bad, "not answered in time"),
        Withdrawal::NotContacted => (Tone::Bad, "no contact in time"),
        Withdrawal::Reassigned => (Tone::Accent, "somebody else was named"),
        Withdrawal::Rejected => (Tone::Warn, "returned with a reason"),
        Withdrawal::Merged => (Tone::Accent, "the person is worked as another lead"),
        Withdrawal::Reclaimed => (Tone::Accent, "the rep before had it in time after all"),
        Withdrawal::HolderLeft => (Tone::Accent, "they left; nobody's fault"),
    };
    line(tone, format!("Offer withdrawn from {from}"), more)
}

fn attempted(attempt: &Attempt, team: &Team) -> EventWords {
    let who = attempt.by.as_ref().map_or_else(|| "Sales".to_owned(), |by| member_name(team, by));
    let channel = channel_words(attempt.channel);
    let title = if attempt.inbound {
        format!("The person reached {who} by {channel}")
    } else {
        format!("{who} tried by {channel}")
    };
    let tone = if attempt.is_two_way() { Tone::Good } else { Tone::Plain };
    line(
        tone,
        title,
        if attempt.automated {
            "sent by a sequence, not by a person"
        } else {
            attempt_words(attempt.outcome)
        },
    )
}
