//! Entries that Baton makes for itself: an offer for a queued lead, a clock that came due. It decides nothing.

use super::batch::{Entry, Raw};
use crate::contract::request::{Cause, Creates, Decoded, Request, Subject, Who};
use crate::domain::command::{Command, DueClock, Nature};
use crate::domain::ids::LeadId;
use crate::domain::lead::Lead;
use crate::domain::time::Moment;
use sha2::{Digest, Sha256};

/// Asks the router's batch for an offer; the batch names the pool.
#[must_use]
pub fn route(lead: LeadId, now: Moment) -> Entry {
    entry("baton/router", format!("{lead}/{}", now.0), Who::Router, lead, None, now)
}

/// The earliest clock of a lead that came due until then; `None` when none did, or the lead is closed.
#[must_use]
pub fn pass_deadline(lead: &Lead, until: Moment) -> Option<Entry> {
    let custody = lead.stage.custody()?;
    let clock = custody.clocks().filter(|clock| clock.rung_at <= until).min_by_key(|clock| (clock.rung_at, clock.kind))?;
    let due = DueClock {
        kind: clock.kind,
        rung_at: clock.rung_at,
        cycle: lead.cycle.number,
        custody_version: lead.custody_version,
    };
    let id = format!("{}/{}/{}/{}", lead.id, lead.custody_version, clock.kind.code(), clock.rung_at.0);
    Some(entry("baton/sweeper", id, Who::Sweeper, lead.id, Some(Command::PassDeadline(due)), until))
}

fn entry(source: &str, id: String, actor: Who, lead: LeadId, command: Option<Command>, now: Moment) -> Entry {
    // No key is needed: neither source nor id says anything about a person.
    let mut hash = Sha256::new();
    hash.update(source.as_bytes());
    hash.update([0]);
    hash.update(id.as_bytes());
    let cause = Cause {
        source: source.to_owned(),
        event_type: command.as_ref().map_or("offer_lead", Command::name).to_owned(),
        id,
        occurred_at: now,
        time_flagged: false,
        actor,
        hmac: hash.finalize().into(),
        traceparent: None,
    };
    let request = Request {
        cause,
        nature: Nature::Fact,
        subject: Subject::Lead,
        people: Vec::new(),
        creates: Creates::NeverFiltered,
        command,
        named: None,
        note: None,
        touch: None,
        test: false,
        view: None,
        caused_by_us: false,
        lead: Some(lead),
    };
    Entry {
        record: None,
        raw: Raw::default(),
        duplicate: None,
        content: [0; 16],
        decoded: Ok(Decoded::Request(Box::new(request))),
    }
}
