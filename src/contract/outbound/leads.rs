//! `handoff.leads.v1`: what an event tells the CRM. It never holds the person, whom the relay fills in.

use super::parts::{self, Object, put};
use super::{Handed, OutRecord, Topic};
use crate::domain::custody::{ClockKind, Holder};
use crate::domain::event::{Event, Withdrawal};
use crate::domain::lead::{RestReason, SuppressedFor};
use crate::domain::policy::DisqualifiedFor;
use crate::domain::team::MemberId;
use serde_json::{Value, json};

/// Type, reason and members of its own that an event gives a record.
struct Told {
    event_type: &'static str,
    reason: Option<String>,
    sub_reason: Option<String>,
    implied: bool,
    own: Vec<(&'static str, Value)>,
}

impl Told {
    fn plain(event_type: &'static str) -> Self {
        Self { event_type, reason: None, sub_reason: None, implied: false, own: Vec::new() }
    }

    fn why(event_type: &'static str, reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()), ..Self::plain(event_type) }
    }

    fn implied(mut self, implied: bool) -> Self {
        self.implied = implied;
        self
    }

    fn with(mut self, name: &'static str, value: Value) -> Self {
        self.own.push((name, value));
        self
    }
}

/// The record that an event gives the CRM, if any.
pub(super) fn record(handed: &Handed<'_>) -> Option<OutRecord> {
    let told = custody_told(handed)
        .or_else(|| outcome_told(handed))
        .or_else(|| change_told(handed.event))
        .or_else(|| waits_told(handed))
        .or_else(|| news_told(handed))?;
    Some(written(handed, told))
}

fn written(handed: &Handed<'_>, told: Told) -> OutRecord {
    let mut payload = common(handed, &told);
    for (name, value) in told.own {
        put(&mut payload, name, value);
    }
    handed.out(Topic::Handoff, told.event_type, payload)
}

/// The record of a lead that came out of hours as P1, beside that of its MQL, or was raised to it in its queue: its time runs
/// from the opening, and what answers by itself may say until when (POLICY, SLA).
pub(super) fn waits_for_opening(handed: &Handed<'_>) -> Option<OutRecord> {
    let contact_by = parts::called_after_opening(handed)?;
    let told = queued(handed, "out_of_hours").with("deadline", json!(contact_by.to_string()));
    Some(written(handed, told))
}

fn common(handed: &Handed<'_>, told: &Told) -> Object {
    let lead = handed.after;
    let custody = lead.custody();
    let mut payload = Object::new();
    put(&mut payload, "lead_id", lead.id.to_string());
    put(&mut payload, "lead_version", lead.version);
    put(&mut payload, "custody_version", lead.custody_version);
    put(&mut payload, "handoff_id", lead.handoff().map(|id| id.to_string()));
    put(&mut payload, "cycle", lead.cycle.number);
    put(&mut payload, "stage", lead.stage.kind().wire());
    put(&mut payload, "motion", lead.cycle.motion.code());
    put(&mut payload, "origin", parts::origin(lead.origin));
    put(&mut payload, "campaign_id", parts::campaign(lead).cloned());
    put(&mut payload, "account", parts::account(handed.account));
    put(&mut payload, "holder", parts::holder_of(lead, handed.team));
    let moved = handed.before.holder() != lead.holder();
    let previous = if moved { parts::holder_of(handed.before, handed.team) } else { Value::Null };
    put(&mut payload, "previous_holder", previous);
    put(&mut payload, "offer_no", lead.cycle.offers);
    put(&mut payload, "priority", lead.cycle.terms.as_ref().map(|terms| terms.priority.number()));
    put(&mut payload, "deadlines", parts::deadlines(custody));
    put(&mut payload, "deadline", custody.map(|custody| custody.deadline().to_string()));
    put(&mut payload, "score", parts::score(lead, handed.receipt));
    // Nobody talks to somebody who was erased.
    if !matches!(handed.event, Event::LeadErased) {
        put(&mut payload, "talking_points", parts::talking_points(lead, handed.receipt));
    }
    put(&mut payload, "consent", parts::consent(lead));
    put(&mut payload, "reason_code", told.reason.clone());
    put(&mut payload, "sub_reason", told.sub_reason.clone());
    put(&mut payload, "implied", told.implied);
    let occurred_at = parts::time(handed.occurred_at).unwrap_or_else(|| handed.decided_at.to_string());
    put(&mut payload, "occurred_at", occurred_at);
    put(&mut payload, "decided_at", handed.decided_at.to_string());
    put(&mut payload, "policy", hex(&handed.policy_hash));
    put(&mut payload, "action_url", handed.board_url.map(|url| format!("{url}/leads/{}", lead.id)));
    payload
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Who holds the lead changes.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "four parts share the events; `tests` checks that each is decided"
)]
fn custody_told(handed: &Handed<'_>) -> Option<Told> {
    Some(match handed.event {
        Event::LeadMarketingQualified { .. } => Told::plain("lead.marketing_qualified.v1"),
        Event::LeadOffered { rule, pool, candidates, offer_no, custody, receipt, .. } => {
            // The first offer of a cycle routes the lead; later ones move it on.
            let event_type = if *offer_no <= 1 { "lead.routed.v1" } else { "lead.reassigned.v1" };
            let route = parts::route(&parts::Routed {
                rule,
                pool,
                candidates,
                receipt: receipt.as_deref(),
                priority: priority(handed),
                custody,
            });
            Told::plain(event_type).with("receipt", explained(handed, &route))
        }
        Event::LeadReassigned { custody, .. } => {
            let route = parts::named_route(&custody.holder, priority(handed), Some(custody));
            Told::plain("lead.reassigned.v1").with("receipt", explained(handed, &route))
        }
        Event::OfferWithdrawn { from, why, .. } => withdrawn(handed, from, *why),
        Event::LeadQueued { misrouted, .. } => {
            queued(handed, if *misrouted { "misrouted" } else { "returned_to_queue" })
        }
        // A queue that nobody served in time is the manager's from now on.
        Event::ClockBreached { kind: ClockKind::RouteBy, .. }
            if handed.before.holder() != handed.after.holder() =>
        {
            queued(handed, "not_routed")
        }
        Event::DataFixed { .. } => queued(handed, "data_fixed"),
        Event::LeadReopened { .. } => queued(handed, "reopened"),
        Event::LeadAccepted { implied, .. } => Told::plain("lead.accepted.v1").implied(*implied),
        Event::CloserWanted { .. } => queued(handed, "to_closer"),
        Event::CloserOffered { rule, pool, candidates, custody, receipt, .. } => {
            let route = parts::route(&parts::Routed {
                rule,
                pool,
                candidates,
                receipt: receipt.as_deref(),
                priority: priority(handed),
                custody,
            });
            Told::why("lead.reassigned.v1", "to_closer").with("receipt", explained(handed, &route))
        }
        Event::CloserWithdrawn { from, why, .. } => withdrawn(handed, from, *why),
        Event::ReturnedToFirst { .. } => Told::why("lead.reassigned.v1", "returned_to_first_rep"),
        Event::CycleStarted { hand_raised, .. } => {
            Told::why("lead.reopened.v1", if *hand_raised { "hand_raise" } else { "next_cycle" })
        }
        _ => return None,
    })
}

fn withdrawn(handed: &Handed<'_>, from: &MemberId, why: Withdrawal) -> Told {
    let previous = parts::holder(&Holder::Rep(from.clone()), handed.team);
    Told::why("lead.offer_withdrawn.v1", why.code())
        .with("previous_holder", previous)
        .with("held", json!(is_held(handed)))
}

fn queued(handed: &Handed<'_>, why: &str) -> Told {
    Told::why("lead.queued.v1", why).with("held", json!(is_held(handed)))
}

/// Whether the steward decides, and the router offers the lead to nobody.
fn is_held(handed: &Handed<'_>) -> bool {
    handed.after.queue().is_some_and(|(_, held)| held)
}

fn explained(handed: &Handed<'_>, route: &Value) -> Value {
    json!({ "score": parts::receipt_lines(handed.receipt), "route": route })
}

fn priority(handed: &Handed<'_>) -> Option<u8> {
    handed.after.cycle.terms.as_ref().map(|terms| terms.priority.number())
}

/// What came of the cycle.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "four parts share the events; `tests` checks that each is decided"
)]
fn outcome_told(handed: &Handed<'_>) -> Option<Told> {
    Some(match handed.event {
        Event::LeadSalesQualified { facts, implied, .. } => Told::plain("lead.sales_qualified.v1")
            .implied(*implied)
            .with("facts", parts::facts(facts))
            .with("from_holder", parts::holder_of(handed.before, handed.team))
            .with("to_holder", parts::holder_of(handed.after, handed.team)),
        Event::OpportunityOpened { opportunity, implied, .. } => Told::plain("lead.opportunity_opened.v1")
            .implied(*implied)
            .with("opportunity", parts::opportunity(handed, *opportunity)),
        Event::LeadWon { opportunity, implied, .. } => Told::plain("lead.won.v1")
            .implied(*implied)
            .with("opportunity", parts::opportunity(handed, *opportunity)),
        Event::OpportunityAttached(opportunity) => Told::why("lead.updated.v1", "belongs_to_opportunity")
            .with("opportunity", parts::opportunity(handed, *opportunity)),
        // An earlier win of the cycle stands once its last open deal is lost.
        Event::LeadClosedAsWon { opportunity, .. } => Told::why("lead.won.v1", "last_open_deal_lost")
            .implied(true)
            .with("opportunity", parts::opportunity(handed, *opportunity)),
        Event::LeadLost { opportunity, reason, unmapped, implied, .. } => {
            let code =
                if *unmapped { "unmapped_reason" } else { reason.as_deref().unwrap_or("unmapped_reason") };
            Told::why("lead.lost.v1", code)
                .implied(*implied)
                .with("opportunity", parts::opportunity(handed, *opportunity))
        }
        Event::LeadRecycled { reason, .. } => match reason {
            RestReason::Dormant => Told::why("lead.recycled.v1", "dormant"),
            RestReason::Rejected(code) => Told::why("lead.recycled.v1", code.code()),
        },
        Event::LeadDisqualified { reason, .. } => Told::why(
            "lead.disqualified.v1",
            match reason {
                DisqualifiedFor::NoFit => "no_fit",
                DisqualifiedFor::Junk => "junk",
            },
        ),
        Event::LeadSuppressed { reason, .. } => Told::why(
            "lead.suppressed.v1",
            match reason {
                SuppressedFor::OptOut => "opt_out",
                SuppressedFor::Legal => "legal",
                SuppressedFor::Erased => "erased",
            },
        ),
        Event::LeadErased => Told::plain("lead.erased.v1"),
        Event::LeadMerged { into } => {
            Told::plain("lead.merged.v1").with("survivor_id", json!(into.to_string()))
        }
        _ => return None,
    })
}

/// What changed around a lead that stays where it is.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "four parts share the events; `tests` checks that each is decided"
)]
fn change_told(event: &Event) -> Option<Told> {
    Some(match event {
        Event::DataFixAsked { .. } => Told::why("lead.updated.v1", "data_fix_asked"),
        Event::FactsAdded { .. } => Told::why("lead.updated.v1", "facts_added"),
        Event::ReplyOwed { .. } => Told::why("lead.updated.v1", "reply_owed"),
        Event::PriorityRaised { .. } => Told::why("lead.updated.v1", "priority_raised"),
        Event::ContactForbidden { .. } => Told::why("lead.updated.v1", "no_contact"),
        Event::ReturnedToSql { .. } => Told::why("lead.updated.v1", "opportunity_deleted"),
        Event::LeadAbsorbed { .. } => Told::why("lead.updated.v1", "merged"),
        Event::LeadSplit { .. } => Told::why("lead.updated.v1", "split"),
        Event::LeadParked { .. } => Told::why("lead.updated.v1", "parked"),
        Event::LeadUnparked => Told::why("lead.updated.v1", "unparked"),
        Event::CrmUnlinked { tell: true, .. } => Told::why("lead.updated.v1", "crm_record_deleted"),
        Event::CustomerNoted { tell: true, .. } => Told::why("lead.updated.v1", "account_is_customer"),
        Event::ContactLeft { tell: true, .. } => Told::why("lead.updated.v1", "contact_left_opportunity"),
        Event::OriginCredited { .. } => Told::why("lead.updated.v1", "origin_credited"),
        Event::CloserAccepted { implied, .. } => {
            Told::why("lead.updated.v1", "closer_accepted").implied(*implied)
        }
        Event::BreachVoided { .. } => Told::why("lead.updated.v1", "breach_voided"),
        Event::RejectionContested { .. } => Told::why("lead.updated.v1", "contested"),
        Event::ContestResolved { verdict, .. } => Told::why("lead.updated.v1", verdict.code()),
        _ => return None,
    })
}

/// Once for each stay in a queue its steward hears that the router has nobody: no route, where the team knows no such pool.
fn waits_told(handed: &Handed<'_>) -> Option<Told> {
    let Event::NobodyFree(tried) = handed.event else { return None };
    let routed = handed.team.pool(&tried.pool).is_some();
    Some(Told::why("lead.updated.v1", if routed { "nobody_free" } else { "no_route" }))
}

/// What whoever works the lead should hear of.
#[expect(clippy::too_many_lines, reason = "one arm for each event, and nothing else")]
fn news_told(handed: &Handed<'_>) -> Option<Told> {
    match handed.event {
        Event::SignalRecorded { signal, tell: true } => {
            Some(Told::why("lead.activity_noted.v1", signal.kind.code()))
        }
        Event::AttemptRecorded { tell: true, .. } => {
            Some(Told::why("lead.activity_noted.v1", "contact_attempt"))
        }
        Event::EmailOptedOut { tell: true } => Some(Told::why("lead.activity_noted.v1", "email_opt_out")),
        Event::ProfileReported { .. } if handed.after.stage.kind().is_handed_off() => {
            Some(Told::why("lead.updated.v1", "profile_changed"))
        }
        // In whose hands a lead is now is the CRM's to know, and the deputy's; a segment's leads are reviewed in bulk.
        Event::HolderReplaced { custody, .. } if !matches!(custody.holder, Holder::SegmentOwner(_)) => {
            Some(Told::why("lead.updated.v1", "holder_left"))
        }
        // A steward's review of one lead; what a segment's owner holds is reviewed in bulk.
        Event::ReviewAsked { reason, custody } if matches!(custody.holder, Holder::Steward(_)) => {
            let asked = Told::why("lead.updated.v1", "review_asked");
            Some(Told { sub_reason: Some(reason.clone()), ..asked })
        }
        Event::FactDiverged { code } => Some(diverged(handed, code)),
        Event::LeadCaptured { .. }
        | Event::ProfileReported { .. }
        | Event::SignalRecorded { .. }
        | Event::TouchRecorded { .. }
        | Event::CycleStarted { .. }
        | Event::LeadMarketingQualified { .. }
        | Event::LeadOffered { .. }
        | Event::OfferWithdrawn { .. }
        | Event::LeadQueued { .. }
        | Event::LeadAccepted { .. }
        | Event::AttemptRecorded { .. }
        | Event::LeadRejected { .. }
        | Event::SqlReversed
        | Event::LeadRecycled { .. }
        | Event::LeadDisqualified { .. }
        | Event::DataFixed { .. }
        | Event::LeadSuppressed { .. }
        | Event::LeadSalesQualified { .. }
        | Event::OpportunityOpened { .. }
        | Event::DealRecorded { .. }
        | Event::LeadWon { .. }
        | Event::LeadLost { .. }
        | Event::WinReversed { .. }
        | Event::LeadClosedAsWon { .. }
        | Event::OpportunityAttached(_)
        | Event::LeadReassigned { .. }
        | Event::PreferenceNoted { .. }
        | Event::CrmLinked { .. }
        | Event::EmailOptedOut { .. }
        | Event::NoteTaken
        | Event::DisagreementSettled { .. }
        | Event::NobodyFree(_)
        | Event::ClockReminded { .. }
        | Event::ClockBreached { .. }
        | Event::ClockEscalated { .. }
        | Event::ReviewAsked { .. }
        | Event::AskRefused { .. }
        | Event::ConsentGiven { .. }
        | Event::CrmUnlinked { .. }
        | Event::CustomerNoted { .. }
        | Event::LeadErased
        | Event::LeadReopened { .. }
        | Event::LeadMerged { .. }
        | Event::PriorityRaised { .. }
        | Event::ReplyOwed { .. }
        | Event::FactsAdded { .. }
        | Event::DataFixAsked { .. }
        | Event::SplitBegun { .. }
        | Event::ContactForbidden { .. }
        | Event::ReturnedToSql { .. }
        | Event::LeadAbsorbed { .. }
        | Event::LeadSplit { .. }
        | Event::LeadParked { .. }
        | Event::LeadUnparked
        | Event::ContactLeft { .. }
        | Event::ClockPutOff { .. }
        | Event::ClockStale { .. }
        | Event::HolderReplaced { .. }
        | Event::OriginCredited { .. }
        | Event::ContestAllowed { .. }
        | Event::RejectionContested { .. }
        | Event::ContestResolved { .. }
        | Event::RejectionVoided { .. }
        | Event::BreachVoided { .. }
        | Event::OfferMissed { .. }
        | Event::CloserWanted { .. }
        | Event::CloserOffered { .. }
        | Event::CloserWithdrawn { .. }
        | Event::CloserAccepted { .. }
        | Event::ReturnedToFirst { .. }
        | Event::ProductRequested { .. }
        | Event::MqlDated { .. } => None,
    }
}

fn diverged(handed: &Handed<'_>, code: &str) -> Told {
    let ours = handed.after.holder().map_or_else(
        || handed.after.stage.kind().wire().to_owned(),
        |holder| format!("{}:{}", holder.kind(), holder.member().0),
    );
    let told = Told::plain("lead.diverged.v1");
    told.with("code", json!(code)).with("ours", json!(ours)).with("theirs", Value::Null)
}
