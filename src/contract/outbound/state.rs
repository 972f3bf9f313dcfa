//! `handoff.lead-state.v1`: the present state of one lead, for anyone. It never holds the person.

use super::parts::{self, Object, put};
use super::{OutRecord, Topic};
use crate::domain::ids::EventId;
use crate::domain::lead::Lead;
use crate::domain::scoring::Receipt;
use crate::domain::team::Team;
use crate::domain::time::Moment;

const STATE: &str = "lead.state.v1";

/// The present state; written once per lead and transaction.
#[must_use]
pub fn state(
    lead: &Lead,
    team: &Team,
    receipt: Option<&Receipt>,
    timeline: i32,
    updated_at: Moment,
) -> OutRecord {
    let custody = lead.custody();
    let mut payload = Object::new();
    put(&mut payload, "lead_id", lead.id.to_string());
    put(&mut payload, "lead_version", lead.version);
    put(&mut payload, "custody_version", lead.custody_version);
    put(&mut payload, "stage", lead.stage.kind().wire());
    put(&mut payload, "cycle", lead.cycle.number);
    put(&mut payload, "handoff_id", lead.handoff().map(|id| id.to_string()));
    put(&mut payload, "holder", parts::holder_of(lead, team));
    put(&mut payload, "deadline", custody.map(|custody| custody.deadline().to_string()));
    put(&mut payload, "score", parts::score(lead, receipt));
    put(&mut payload, "origin", parts::origin(lead.origin));
    put(&mut payload, "consent", parts::consent(lead));
    put(&mut payload, "updated_at", updated_at.to_string());
    OutRecord {
        id: EventId::derived(lead.id, timeline, lead.version, STATE),
        topic: Topic::State,
        event_type: STATE,
        topic_sequence: 0,
        payload,
    }
}
