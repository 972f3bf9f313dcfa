//! Asks about people of the team: away, back, other hours, switched off. One batch each, like an ask about a lead. It decides
//! nothing.

use super::ask::IdempotencyKey;
use super::batch::{Batch, Entry, Raw, Stream};
use crate::contract::keys::Keys;
use crate::contract::request::{AvailabilityAsk, Cause, Creates, Decoded, Request, Subject, Who};
use crate::domain::availability::Change;
use crate::domain::command::Nature;
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use sha2::{Digest as _, Sha256};

/// CloudEvents sources of what people ask here, and of what an operator does at the command line.
const SOURCE: &str = "baton/web";
const OPERATOR: &str = "baton/operator";
/// The stream that numbers asks about the team.
const STREAM: Stream = Stream::Web(0);

/// One ask about somebody of the team.
#[derive(Clone, Debug)]
pub struct TeamAsk {
    /// Who it is about.
    pub member: MemberId,
    pub change: Change,
    /// In whose name.
    pub by: MemberId,
    pub idempotency: IdempotencyKey,
}

/// The batch of one ask, decided as of `now`.
#[must_use]
pub fn batch(ask: &TeamAsk, keys: &Keys, now: Moment) -> Batch {
    let id = format!("{}/{}", ask.idempotency.actor, ask.idempotency.key);
    let entry = entry(keys, SOURCE, id, Who::Member(ask.by.clone()), &ask.member, ask.change, now);
    Batch {
        stream: Some(STREAM),
        idempotency: Some(ask.idempotency.clone()),
        entries: vec![entry],
        ..Batch::default()
    }
}

/// The same of an operator; `by`: who sits there, as they say.
#[must_use]
pub fn operator(keys: &Keys, member: &MemberId, change: Change, by: &str, now: Moment) -> Batch {
    let id = format!("{by}/{member}/{}", now.0);
    let entry = entry(keys, OPERATOR, id, Who::Operator, member, change, now);
    Batch { stream: Some(STREAM), entries: vec![entry], ..Batch::default() }
}

fn entry(
    keys: &Keys,
    source: &str,
    id: String,
    actor: Who,
    member: &MemberId,
    change: Change,
    now: Moment,
) -> Entry {
    let cause = Cause {
        source: source.to_owned(),
        hmac: keys.cause(source, &id),
        id,
        event_type: "ask.availability".to_owned(),
        occurred_at: now,
        time_flagged: false,
        actor,
        traceparent: None,
    };
    let digest: [u8; 32] = Sha256::digest(format!("{member}\u{0}{change:?}").as_bytes()).into();
    let request = Request {
        cause,
        nature: Nature::Ask,
        subject: Subject::Availability(AvailabilityAsk { member: member.clone(), change }),
        people: Vec::new(),
        creates: Creates::NeverFiltered,
        command: None,
        named: None,
        note: None,
        touch: None,
        test: false,
        view: None,
        caused_by_us: false,
        others: Vec::new(),
        lead: None,
    };
    Entry {
        record: None,
        raw: Raw::default(),
        duplicate: None,
        content: keys.raw_content(&digest),
        decoded: Ok(Decoded::Request(Box::new(request))),
        reference: None,
    }
}
