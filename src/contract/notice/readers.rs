//! Who is told of an event, and as what: those it names, by their ids in the team. It knows no address, and a person whom
//! nobody can reach is named all the same.

use super::{Kind, Offer};
use crate::contract::envelope::TYPE_PREFIX;
use crate::domain::team::{MemberId, Team};
use serde_json::Value;

/// Why an offer or a lead was taken from somebody who should know that there is nothing to do any more. Who passed it on,
/// returned it or left knows already.
const TAKEN: [&str; 5] = ["not_accepted", "not_contacted", "reassigned", "reclaimed", "merged"];
/// Types by which a lead can come to somebody who did nothing for it.
const GIVES: [&str; 3] = ["lead.reassigned.v1", "lead.sales_qualified.v1", "lead.updated.v1"];

/// Whom a published event tells; nobody twice. `event` is in structured mode.
#[must_use]
pub fn readers(event: &Value, team: &Team) -> Vec<(Kind, String)> {
    let data = &event["data"];
    let id = |name: &str| data[name]["id"].as_str().map(str::to_owned);
    let event_type = event["type"].as_str().and_then(|it| it.strip_prefix(TYPE_PREFIX)).unwrap_or_default();
    let (holder, former) = (id("holder"), id("previous_holder"));
    let reason = data["reason_code"].as_str().unwrap_or_default();
    let tells = || data["tells"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let all = |kind| tells().map(|it| (kind, it.to_owned())).collect::<Vec<_>>();
    let mut told = match event_type {
        "feedback.sla_reminded.v1" => all(Kind::Reminder),
        "feedback.sla_breached.v1" => tells()
            .map(|id| if Some(id) == holder.as_deref() { (Kind::Breach, id) } else { (Kind::Escalation, id) })
            .map(|(kind, id)| (kind, id.to_owned()))
            .collect(),
        "feedback.escalated.v1" => all(Kind::Escalation),
        "feedback.contested.v1" => all(Kind::Contest),
        "lead.offer_withdrawn.v1" | "lead.queued.v1" => {
            let taken = former.filter(|_| event_type == "lead.offer_withdrawn.v1" && TAKEN.contains(&reason));
            let mut told: Vec<_> = taken.map(|id| (Kind::TakenBack, id)).into_iter().collect();
            let used_up = event_type == "lead.offer_withdrawn.v1" || reason == "misrouted";
            told.extend(left_to(holder.filter(|_| data["held"] == true), team, used_up));
            told
        }
        "lead.updated.v1" if reason == "reply_owed" => given(Kind::Reply, holder),
        "lead.updated.v1" if matches!(reason, "no_route" | "nobody_free") => given(Kind::Given, holder),
        "lead.updated.v1" | "lead.reopened.v1" if is_to_review(event_type, reason, &data["holder"]) => {
            given(Kind::Given, holder)
        }
        // The feedback about it tells the arbiter, whether the lead changes hands or not.
        "lead.updated.v1" if reason == "contested" => Vec::new(),
        _ if is_offer(event) => given(Kind::Offer, holder),
        _ if GIVES.contains(&event_type) && former.is_some() && former != holder => {
            given(Kind::Given, holder)
        }
        _ => Vec::new(),
    };
    let mut before = Vec::new();
    told.retain(|(_, id)| {
        let first = !before.contains(id);
        before.push(id.clone());
        first
    });
    told
}

/// A steward is to look at one lead by name: a hand-raise that is blocked, or of somebody set aside, or a win that is none.
fn is_to_review(event_type: &str, reason: &str, holder: &Value) -> bool {
    let asked = event_type == "lead.reopened.v1" || reason == "review_asked";
    asked && holder["kind"] == "steward"
}

fn is_offer(event: &Value) -> bool {
    Offer::of(event).is_some()
}

fn given(kind: Kind, id: Option<String>) -> Vec<(Kind, String)> {
    id.map(|id| (kind, id)).into_iter().collect()
}

/// A queue that the router leaves alone is the steward's to decide on; where the offers are used up, or the routes have failed
/// twice, the manager hears of it too (LIFECYCLE, N9).
fn left_to(steward: Option<String>, team: &Team, used_up: bool) -> Vec<(Kind, String)> {
    let Some(steward) = steward else { return Vec::new() };
    let manager = team.manager_of(&MemberId(steward.clone())).map(|manager| manager.0.clone());
    let manager = manager.filter(|_| used_up);
    [Some(steward), manager].into_iter().flatten().map(|id| (Kind::Given, id)).collect()
}
