//! What router, sweeper and operator put into a batch: an offer asked for, a clock that came due, a person to erase. It decides nothing.

use super::batch::{Entry, Raw};
use crate::contract::keys::Keys;
use crate::contract::request::{Cause, Creates, Decoded, PersonRef, Request, Subject, Who};
use crate::domain::command::{Command, DueClock, Nature};
use crate::domain::ids::{IdentityKey, LeadId};
use crate::domain::lead::Lead;
use crate::domain::time::Moment;

/// `CloudEvents` sources of what Baton does by itself.
const ROUTER: &str = "baton/router";
const SWEEPER: &str = "baton/sweeper";
/// The same of what an operator does at the command line.
const OPERATOR: &str = "baton/operator";
const REDRIVE: &str = "baton/redrive";

/// An entry that asks for an offer of the batch's pool; the offer goes on in the trace of what put the lead into the queue.
#[must_use]
pub fn route(keys: &Keys, lead: LeadId, now: Moment, traceparent: Option<String>) -> Entry {
    let mut entry =
        entry(keys, lead, now, ROUTER, Who::Router, format!("{lead}/{}", now.0), "turn.route", None);
    if let Ok(Decoded::Request(request)) = &mut entry.decoded {
        request.cause.traceparent = traceparent;
    }
    entry
}

/// An entry that passes the lead's earliest clock, as the lead stood when it was read; `None` when nothing runs.
#[must_use]
pub fn pass_deadline(keys: &Keys, lead: &Lead, now: Moment) -> Option<Entry> {
    let custody = lead.custody()?;
    let clock = custody.clocks().min_by_key(|clock| (clock.rung_at, clock.kind))?;
    let due = DueClock {
        kind: clock.kind,
        rung_at: clock.rung_at,
        cycle: lead.cycle.number,
        custody_version: lead.custody_version,
    };
    let id = format!("{}/{}/{}", lead.id, lead.custody_version, clock.rung_at.0);
    let command = Some(Command::PassDeadline(due));
    Some(entry(keys, lead.id, now, SWEEPER, Who::Sweeper, id, "turn.pass_deadline", command))
}

/// An entry that erases whoever the keys name: an operator's fact, which nothing refuses.
#[must_use]
pub fn erase(keys: &Keys, named: Vec<IdentityKey>, now: Moment) -> Entry {
    let name: Vec<u8> = named.iter().flat_map(IdentityKey::bytes).collect();
    let content = keys.raw_content(&name);
    let id = format!("{}/{}", uuid::Uuid::from_bytes(content), now.0);
    let nobody = LeadId(uuid::Uuid::nil());
    let command = Some(Command::EraseLead);
    let mut entry = entry(keys, nobody, now, OPERATOR, Who::Feed, id, "operator.erase", command);
    if let Ok(Decoded::Request(request)) = &mut entry.decoded {
        request.lead = None;
        request.people = vec![PersonRef { keys: named, ..PersonRef::default() }];
    }
    entry.content = content;
    entry
}

/// An entry that names a redrive of what queues behind a lead, and who does it; it asks for nothing itself.
#[must_use]
pub fn redrive(keys: &Keys, lead: LeadId, by: Who, now: Moment) -> Entry {
    let id = format!("{lead}/{}", now.0);
    entry(keys, lead, now, REDRIVE, by, id, "turn.redrive", None)
}

/// An entry that tells one lead of a wide change. `key`: of the change, so that it is one cause however often it is told.
#[must_use]
pub fn tell(keys: &Keys, key: &str, lead: LeadId, at: Moment, command: Command) -> Entry {
    let id = format!("{key}/{lead}");
    entry(keys, lead, at, SWEEPER, Who::Sweeper, id, "turn.fan_out", Some(command))
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one entry, each of another type, for two callers"
)]
fn entry(
    keys: &Keys,
    lead: LeadId,
    now: Moment,
    source: &str,
    actor: Who,
    id: String,
    event_type: &str,
    command: Option<Command>,
) -> Entry {
    let cause = Cause {
        source: source.to_owned(),
        hmac: keys.cause(source, &id),
        id,
        event_type: event_type.to_owned(),
        occurred_at: now,
        time_flagged: false,
        actor,
        traceparent: None,
    };
    let request = Request {
        cause,
        nature: Nature::Fact,
        subject: Subject::Lead,
        people: vec![PersonRef { keys: vec![keys.lead(lead)], ..PersonRef::default() }],
        creates: Creates::NeverFiltered,
        command,
        named: None,
        note: None,
        touch: None,
        test: false,
        view: None,
        caused_by_us: false,
        others: Vec::new(),
        lead: Some(lead),
    };
    Entry {
        record: None,
        raw: Raw::default(),
        duplicate: None,
        content: keys.raw_content(lead.0.as_bytes()),
        decoded: Ok(Decoded::Request(Box::new(request))),
        reference: None,
    }
}
