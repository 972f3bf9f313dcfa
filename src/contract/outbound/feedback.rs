//! `handoff.feedback.v1`: what an event tells marketing. It never holds producers' ids, which the relay fills in.

use super::parts::{self, Object, put};
use super::{Handed, OutRecord, Topic};
use crate::domain::event::Event;
use serde_json::{Value, json};

/// The reason of a rejection or loss that nobody gave in a known word.
const UNMAPPED: &str = "unmapped_reason";

/// The record that an event gives marketing, if any.
pub(super) fn record(handed: &Handed<'_>) -> Option<OutRecord> {
    let mut payload = common(handed);
    let event_type = match handed.event {
        Event::LeadAccepted { .. } => "feedback.accepted.v1",
        Event::LeadRejected { code, sub_reason, unmapped, .. } => {
            put(&mut payload, "reason", code.code());
            let finer = sub_reason.clone().or_else(|| unmapped.then(|| UNMAPPED.to_owned()));
            put(&mut payload, "sub_reason", finer);
            put(&mut payload, "consequence", consequence(handed));
            "feedback.rejected.v1"
        }
        Event::LeadSalesQualified { .. } => "feedback.qualified.v1",
        Event::OpportunityOpened { .. } => {
            amounts(handed, &mut payload);
            "feedback.opportunity_opened.v1"
        }
        Event::LeadWon { .. } => {
            amounts(handed, &mut payload);
            put(&mut payload, "reason", handed.deal.and_then(|deal| deal.reason.clone()));
            "feedback.won.v1"
        }
        Event::LeadLost { reason, unmapped, .. } => {
            amounts(handed, &mut payload);
            let code = if *unmapped { UNMAPPED } else { reason.as_deref().unwrap_or(UNMAPPED) };
            put(&mut payload, "reason", code);
            "feedback.lost.v1"
        }
        Event::SqlReversed => "feedback.sql_reversed.v1",
        Event::WinReversed { .. } => {
            amounts(handed, &mut payload);
            "feedback.win_reversed.v1"
        }
        Event::ClockReminded { kind, .. } => {
            put(&mut payload, "reason", kind.code());
            "feedback.sla_reminded.v1"
        }
        Event::ClockBreached { kind, .. } => {
            put(&mut payload, "reason", kind.code());
            "feedback.sla_breached.v1"
        }
        Event::ClockEscalated { kind, .. } => {
            put(&mut payload, "reason", kind.code());
            "feedback.escalated.v1"
        }
        Event::NoteTaken => {
            put(&mut payload, "reason", handed.note_theme);
            "feedback.noted.v1"
        }
        Event::LeadCaptured { .. }
        | Event::ProfileReported { .. }
        | Event::SignalRecorded { .. }
        | Event::TouchRecorded { .. }
        | Event::CycleStarted { .. }
        | Event::LeadClosedAsWon { .. }
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
        | Event::DealRecorded { .. }
        | Event::LeadReassigned { .. }
        | Event::PreferenceNoted { .. }
        | Event::CrmLinked { .. }
        | Event::EmailOptedOut { .. }
        | Event::ReplyOwed { .. }
        | Event::FactDiverged { .. }
        | Event::AskRefused { .. } => return None,
    };
    Some(handed.out(Topic::Feedback, event_type, payload))
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
    // Contests are not taken yet, so no record promises one.
    put(&mut payload, "contest_until", Value::Null);
    put(&mut payload, "verdict", Value::Null);
    put(&mut payload, "amount", Value::Null);
    put(&mut payload, "currency", Value::Null);
    put(&mut payload, "amount_reporting", Value::Null);
    payload
}

/// Where the rejection left the lead: stage, holder and the clock that runs first.
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
    })
}

fn amounts(handed: &Handed<'_>, payload: &mut Object) {
    let Some(deal) = handed.deal else { return };
    if let Some(amount) = &deal.amount {
        put(payload, "amount", parts::decimal(amount.ten_thousandths));
        put(payload, "currency", amount.currency.clone());
    }
    put(payload, "amount_reporting", deal.reporting_ten_thousandths.map(parts::decimal));
}
