//! `handoff.feedback.v1`: what an event tells marketing. It never holds producers' ids, which the relay fills in.

use super::ladder;
use super::parts::{self, Object, put};
use super::{DealShown, Handed, OutRecord, Topic};
use crate::domain::contest::Verdict;
use crate::domain::event::Event;
use crate::domain::ids::HandoffId;
use crate::domain::policy::RejectionTask;
use serde_json::{Value, json};

/// The reason of a rejection or loss that nobody gave in a known word.
const UNMAPPED: &str = "unmapped_reason";

/// The record that an event gives marketing, if any.
pub(super) fn record(handed: &Handed<'_>) -> Option<OutRecord> {
    let event_type = event_type(handed.event)?;
    let mut payload = common(handed);
    if let Some(reason) = reason(handed) {
        put(&mut payload, "reason", reason);
    }
    if let Event::LeadRejected { sub_reason, unmapped, .. } = handed.event {
        let finer = sub_reason.clone().or_else(|| unmapped.then(|| UNMAPPED.to_owned()));
        put(&mut payload, "sub_reason", finer);
        put(&mut payload, "consequence", consequence(handed));
        let returned = handed.lead_returned(handed.settled.handoff());
        let until = returned.filter(|returned| returned.contest.is_none()).map(|it| it.contest_until);
        put(&mut payload, "contest_until", until.map(|until| until.to_string()));
    }
    if let Some(step) = ladder::step(handed.event) {
        ladder::about(handed, step, &mut payload);
    }
    if let Some(contested) = contested(handed.event) {
        about_contest(handed, contested, &mut payload);
    }
    if let Some(deal) = handed.deal.filter(|_| is_about_money(handed.event)) {
        amounts(deal, &mut payload);
    }
    Some(handed.out(Topic::Feedback, event_type, payload))
}

/// The handoff that a contest is about: not always the present one.
fn contested(event: &Event) -> Option<HandoffId> {
    if let Event::RejectionContested { handoff, .. }
    | Event::ContestResolved { handoff, .. }
    | Event::RejectionVoided { handoff, .. } = event
    {
        return Some(*handoff);
    }
    None
}

/// Handoff, cycle, reason, window and verdict of the rejection that is contested.
fn about_contest(handed: &Handed<'_>, handoff: HandoffId, payload: &mut Object) {
    put(payload, "handoff_id", handoff.to_string());
    let Some(returned) = handed.lead_returned(Some(handoff)) else { return };
    put(payload, "cycle", returned.cycle);
    put(payload, "reason", returned.code.code());
    if returned.open_contest().is_some() {
        put(payload, "contest_until", returned.contest_until.to_string());
    }
    if let (Event::RejectionContested { .. }, Some(contest)) = (handed.event, returned.open_contest()) {
        ladder::about_verdict(handed, contest, payload);
    }
    let verdict = returned.contest.as_ref().and_then(|contest| contest.verdict);
    put(payload, "verdict", verdict.map(Verdict::code));
    if handed.settled.handoff() != Some(handoff) {
        // Terms of another passage say nothing about this one.
        put(payload, "grade", Value::Null);
        put(payload, "points_at_mql", Value::Null);
    }
}

/// Why, as a code.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "`event_type` matches every event; the others need no reason"
)]
fn reason(handed: &Handed<'_>) -> Option<String> {
    match handed.event {
        Event::LeadRejected { code, .. } => Some(code.code().to_owned()),
        Event::LeadWon { .. } => handed.deal?.reason.clone(),
        Event::LeadLost { reason, unmapped: false, .. } => {
            Some(reason.clone().unwrap_or_else(|| UNMAPPED.to_owned()))
        }
        Event::LeadLost { unmapped: true, .. } => Some(UNMAPPED.to_owned()),
        Event::ClockReminded { kind, .. }
        | Event::ClockBreached { kind, .. }
        | Event::ClockEscalated { kind, .. } => Some(kind.code().to_owned()),
        Event::SqlReversed => handed.rejected.map(|code| code.code().to_owned()),
        Event::NoteTaken => handed.note_theme.map(str::to_owned),
        _ => None,
    }
}

fn is_about_money(event: &Event) -> bool {
    matches!(
        event,
        Event::OpportunityOpened { .. }
            | Event::LeadWon { .. }
            | Event::DealRecorded { .. }
            | Event::LeadLost { .. }
            | Event::WinReversed { .. }
    )
}

/// The type that an event publishes, if any.
#[expect(clippy::too_many_lines, reason = "one arm for each event, and nothing else")]
fn event_type(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::LeadAccepted { .. } => "feedback.accepted.v1",
        Event::LeadRejected { .. } => "feedback.rejected.v1",
        Event::LeadSalesQualified { .. } => "feedback.qualified.v1",
        Event::OpportunityOpened { .. } => "feedback.opportunity_opened.v1",
        // A win beside another open deal moves nobody; its money counts all the same.
        Event::LeadWon { .. } | Event::DealRecorded { win: true, .. } => "feedback.won.v1",
        Event::LeadLost { .. } => "feedback.lost.v1",
        Event::WinReversed { .. } => "feedback.win_reversed.v1",
        Event::SqlReversed => "feedback.sql_reversed.v1",
        Event::ClockReminded { .. } => "feedback.sla_reminded.v1",
        Event::ClockBreached { .. } => "feedback.sla_breached.v1",
        Event::ClockEscalated { .. } => "feedback.escalated.v1",
        Event::NoteTaken => "feedback.noted.v1",
        Event::RejectionContested { .. } => "feedback.contested.v1",
        Event::ContestResolved { .. } => "feedback.resolved.v1",
        Event::RejectionVoided { .. } => "feedback.rejection_voided.v1",
        Event::LeadCaptured { .. }
        | Event::ProfileReported { .. }
        | Event::SignalRecorded { .. }
        | Event::TouchRecorded { .. }
        | Event::CycleStarted { .. }
        | Event::LeadMarketingQualified { .. }
        | Event::PriorityRaised { .. }
        | Event::LeadOffered { .. }
        | Event::OfferWithdrawn { .. }
        | Event::LeadQueued { .. }
        | Event::AttemptRecorded { .. }
        | Event::LeadRecycled { .. }
        | Event::LeadDisqualified { .. }
        | Event::DataFixAsked { .. }
        | Event::DataFixed { .. }
        | Event::LeadSuppressed { .. }
        | Event::FactsAdded { .. }
        | Event::DealRecorded { win: false, .. }
        | Event::LeadClosedAsWon { .. }
        | Event::LeadReassigned { .. }
        | Event::PreferenceNoted { .. }
        | Event::CrmLinked { .. }
        | Event::EmailOptedOut { .. }
        | Event::ReplyOwed { .. }
        | Event::FactDiverged { .. }
        | Event::ReviewAsked { .. }
        | Event::AskRefused { .. }
        | Event::ConsentGiven { .. }
        | Event::CrmUnlinked { .. }
        | Event::ContactForbidden { .. }
        | Event::LeadErased
        | Event::LeadReopened { .. }
        | Event::ReturnedToSql { .. }
        | Event::CustomerNoted { .. }
        | Event::LeadAbsorbed { .. }
        | Event::LeadMerged { .. }
        | Event::LeadSplit { .. }
        | Event::SplitBegun { .. }
        | Event::LeadParked { .. }
        | Event::LeadUnparked
        | Event::ContactLeft { .. }
        | Event::OpportunityAttached(_)
        | Event::ClockPutOff { .. }
        | Event::ClockStale { .. }
        | Event::HolderReplaced { .. }
        | Event::OriginCredited { .. }
        | Event::ContestAllowed { .. }
        | Event::BreachVoided { .. }
        | Event::OfferMissed { .. }
        | Event::CloserWanted { .. }
        | Event::CloserOffered { .. }
        | Event::CloserWithdrawn { .. }
        | Event::CloserAccepted { .. }
        | Event::ReturnedToFirst { .. }
        | Event::ProductRequested { .. }
        | Event::DisagreementSettled { .. }
        | Event::NobodyFree(_)
        | Event::MqlDated { .. } => return None,
    })
}

fn common(handed: &Handed<'_>) -> Object {
    let lead = handed.after;
    let terms = lead.cycle.terms.as_ref();
    let mut payload = Object::new();
    put(&mut payload, "lead_id", lead.id.to_string());
    put(&mut payload, "lead_version", lead.version);
    put(&mut payload, "handoff_id", lead.handoff().map(|id| id.to_string()));
    put(&mut payload, "cycle", lead.cycle.number);
    put(&mut payload, "origin", parts::origin(lead.origin));
    put(&mut payload, "campaign_id", parts::campaign(lead).cloned());
    put(&mut payload, "first_campaign", lead.first_campaign.clone());
    put(&mut payload, "last_campaign", lead.last_campaign.clone());
    put(&mut payload, "grade", terms.map(|terms| terms.grade.code()));
    let at_mql = terms.filter(|terms| terms.mql_at.is_some());
    put(&mut payload, "points_at_mql", at_mql.map(|terms| terms.points));
    put(&mut payload, "reason", Value::Null);
    put(&mut payload, "sub_reason", Value::Null);
    put(&mut payload, "consequence", Value::Null);
    put(&mut payload, "contest_until", Value::Null);
    put(&mut payload, "verdict", Value::Null);
    put(&mut payload, "amount", Value::Null);
    put(&mut payload, "currency", Value::Null);
    put(&mut payload, "amount_reporting", Value::Null);
    payload
}

/// Where the rejection left the lead: stage, holder and the clock that runs first, and marketing's task.
fn consequence(handed: &Handed<'_>) -> Value {
    let lead = handed.settled;
    let first = lead
        .stage
        .custody()
        .and_then(|custody| custody.clocks().min_by_key(|clock| (clock.due_by, clock.kind)));
    json!({
        "stage": lead.stage.kind().wire(),
        "holder": lead.holder().map(crate::domain::custody::Holder::kind),
        "clock": first.map(|clock| clock.kind.code()),
        "at": first.map(|clock| clock.due_by.to_string()),
        "task": handed.task.map(RejectionTask::code),
    })
}

/// The deal's value, and which deal: each of its contacts tells it, and only the deal's key says that it is the same money.
fn amounts(deal: &DealShown, payload: &mut Object) {
    put(payload, "opportunity", json!({ "system": deal.system, "id": deal.external_id }));
    if let Some(amount) = &deal.amount {
        put(payload, "amount", parts::decimal(amount.ten_thousandths));
        put(payload, "currency", amount.currency.clone());
    }
    put(payload, "amount_reporting", deal.reporting_ten_thousandths.map(parts::decimal));
}
