//! Events that wait become deliveries: the one content of each, and a row per endpoint that takes it. Pure but for the
//! transaction that stores them; it sends nothing.

use super::endpoints::{Concern, Endpoints};
use crate::contract::notice::{Kind, News, Offer, SUMMARY_TYPE, Summary, readers};
use crate::contract::webhook::{self, Stored};
use crate::domain::ids::{EventId, LeadId};
use crate::domain::team::{MemberId, Team};
use crate::domain::time::Moment;
use crate::store::delivery::{Inserted, Message, NewDelivery, Waiting};
use serde_json::Value;

/// Members of an event's data that name somebody of the team.
const HOLDERS: [&str; 4] = ["holder", "previous_holder", "from_holder", "to_holder"];

/// What is to be stored of some events.
#[derive(Debug, Default)]
pub(super) struct Expanded {
    pub seqs: Vec<i64>,
    pub messages: Vec<Message>,
    pub deliveries: Vec<NewDelivery>,
}

/// The contents and deliveries of events; one that nobody takes leaves nothing behind.
pub(super) fn expand(rows: &[Waiting], endpoints: &Endpoints, team: &Team) -> Expanded {
    let mut all = Expanded::default();
    for row in rows {
        all.seqs.push(row.seq);
        let stored = Stored {
            id: EventId(row.event_id),
            lead: LeadId(row.lead_id),
            event_type: &row.event_type,
            occurred_at: Moment(row.occurred_at),
            payload: &row.payload,
        };
        let body = match webhook::body(&stored) {
            Ok(body) => body,
            // The relay published it, so it was readable then: a row that changed since is damaged.
            Err(error) => {
                tracing::error!(outbox.seq = row.seq, error = %error, "an event cannot be told: its row is damaged");
                continue;
            }
        };
        let concern = concern(row, &body, team);
        let before = all.deliveries.len();
        for (name, target) in endpoints.all().filter(|(_, target)| target.takes(&concern)) {
            let notice = target.notice(&concern);
            let times = notice.map(|kind| times(kind, target.reader(), &concern, &body, team));
            let (not_before, expires_at) = times.unwrap_or_default();
            all.deliveries.push(NewDelivery {
                event: stored.id,
                channel: target.channel(),
                endpoint: name.clone(),
                shard: row.shard,
                lead: Some(stored.lead),
                notice: notice.map(Kind::code),
                an_hour_max: notice.and_then(Kind::an_hour_max),
                not_before,
                expires_at,
            });
        }
        if all.deliveries.len() > before {
            let event_type = row.event_type.clone();
            all.messages.push(Message { event: stored.id, lead: Some(stored.lead), event_type, body });
        }
    }
    all
}

/// When a notice is told first, if not at once, and when it is not worth telling any more.
fn times(
    kind: Kind,
    reader: Option<&str>,
    concern: &Concern,
    body: &[u8],
    team: &Team,
) -> (Option<Moment>, Option<Moment>) {
    if let (Kind::Offer, Some(offer)) = (kind, &concern.offer) {
        return (None, Some(offer.accept_by));
    }
    let Some(news) = News::read(kind, body) else { return (None, None) };
    let reader = reader.filter(|_| news.waits_for_hours()).map(|id| MemberId(id.to_owned()));
    let opens = reader.map(|reader| team.hours(&reader).opening(news.occurred_at));
    let waits = opens.map_or(0, |opens| opens.since(news.occurred_at));
    (opens, Some(news.ends_at().plus(waits)))
}

/// What is told at the hour's end instead of the notices that were left out of it.
pub(super) fn summarise(inserted: &[Inserted]) -> (Vec<Message>, Vec<NewDelivery>) {
    let mut all = Expanded::default();
    for row in inserted.iter().filter(|row| row.last_status.as_deref() == Some("too_many")) {
        let Some(kind) = row.notice.as_deref().and_then(Kind::parse) else { continue };
        let summary = Summary::of(kind, &row.endpoint, Moment(row.created_at));
        let event = summary.id();
        // The statement makes one row of each; of two in one batch the second would be refused by the first.
        if all.messages.iter().any(|message| message.event == event) {
            continue;
        }
        let channel = if row.channel == "email" { "email" } else { "slack" };
        all.deliveries.push(NewDelivery {
            event,
            channel,
            endpoint: row.endpoint.clone(),
            shard: row.shard,
            lead: None,
            notice: Some(Kind::Summary.code()),
            an_hour_max: None,
            not_before: Some(summary.to()),
            expires_at: None,
        });
        let event_type = SUMMARY_TYPE.to_owned();
        all.messages.push(Message { event, lead: None, event_type, body: summary.body() });
    }
    (all.messages, all.deliveries)
}

/// Whom an event concerns: those it names, who holds the lead now, and their pools.
fn concern(row: &Waiting, body: &[u8], team: &Team) -> Concern {
    let event: Value = serde_json::from_slice(body).unwrap_or_default();
    let data = &event["data"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut concern = Concern {
        event_type: row.event_type.clone(),
        offer: Offer::read(body),
        readers: readers(&event, team),
        offered_in: text(&data["receipt"]["route"]["pool"]),
        ..Concern::default()
    };
    concern.members.extend(HOLDERS.iter().filter_map(|name| text(&data[*name]["id"])));
    concern.members.extend(row.holder_id.clone());
    concern.pools.extend(concern.offered_in.clone());
    concern.pools.extend(row.pool.clone());
    for pool in team.pools() {
        let theirs = |id: &MemberId| concern.members.contains(&id.0);
        if theirs(&pool.steward) || pool.members.iter().any(|(id, _)| theirs(id)) {
            concern.pools.insert(pool.id.0.clone());
        }
    }
    concern
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::policy_text;
    use serde_json::json;

    #[test]
    fn that_a_queue_has_nobody_to_go_to_is_told_when_its_steward_works_and_other_news_at_once() {
        let team = policy_text::team(policy_text::DEFAULT_TEAM).unwrap();
        let at = |text: &str| Some(Moment::parse(text).unwrap());
        let told = |reason: &str, time: &str| {
            let body = json!({ "time": time, "data": {
                "lead_id": "7d0b8a0e-3c6f-5a57-9e5b-0f6a1f6d3c11", "custody_version": 3,
                "holder": { "kind": "steward", "id": "maya-cohen" }, "reason_code": reason,
            } });
            let body = body.to_string().into_bytes();
            times(Kind::Given, Some("maya-cohen"), &Concern::default(), &body, &team)
        };
        for reason in ["nobody_free", "no_route"] {
            let night = told(reason, "2026-03-14T02:00:00Z");
            assert_eq!(night, (at("2026-03-16T09:00:00Z"), at("2026-03-17T09:00:00Z")), "{reason}");
            let day = told(reason, "2026-03-13T10:00:00Z");
            assert_eq!(day, (at("2026-03-13T10:00:00Z"), at("2026-03-14T10:00:00Z")), "{reason}");
        }
        let review = told("review_asked", "2026-03-14T02:00:00Z");
        assert_eq!(review, (None, at("2026-03-15T02:00:00Z")), "a person waits for the answer");
    }
}
