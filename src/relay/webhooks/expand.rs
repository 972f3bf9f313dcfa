//! Events that wait become deliveries: the one content of each, and a row per endpoint that takes it. Pure but for the
//! transaction that stores them; it sends nothing.

use super::endpoints::{Concern, Endpoints};
use crate::contract::notice::Offer;
use crate::contract::webhook::{self, Stored};
use crate::domain::ids::{EventId, LeadId};
use crate::domain::team::{MemberId, Team};
use crate::domain::time::Moment;
use crate::store::delivery::{Message, NewDelivery, Waiting};
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
            let offer = concern.offer.as_ref().filter(|_| target.channel() != "webhook");
            all.deliveries.push(NewDelivery {
                event: stored.id,
                channel: target.channel(),
                endpoint: name.clone(),
                shard: row.shard,
                lead: stored.lead,
                expires_at: offer.map(|offer| offer.accept_by),
            });
        }
        if all.deliveries.len() > before {
            let event_type = row.event_type.clone();
            all.messages.push(Message { event: stored.id, lead: stored.lead, event_type, body });
        }
    }
    all
}

/// Whom an event concerns: those it names, who holds the lead now, and their pools.
fn concern(row: &Waiting, body: &[u8], team: &Team) -> Concern {
    let event: Value = serde_json::from_slice(body).unwrap_or_default();
    let data = &event["data"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut concern = Concern {
        event_type: row.event_type.clone(),
        offer: Offer::read(body),
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
