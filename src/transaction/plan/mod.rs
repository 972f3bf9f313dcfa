//! `plan`: every row that a transaction will write, counts and moves included. Pure: no database, no clock, no async.

mod availability;
mod command;
mod duty;
mod figures;
mod fold;
mod kept;
mod lead;
mod merge;
mod parked;
mod people;
mod privacy;
mod publish;
mod routing;
mod stale;
mod subjects;
mod told;
mod trail;

pub(super) use trail::hash_of;

use super::batch::{Batch, DuplicateKey, Entry, Outcome};
use super::loaded::{AccountState, Loaded, World};
use crate::contract::request::{Decoded, Request, Subject};
use crate::domain::availability::{Availability, Source};
use crate::domain::command::Command;
use crate::domain::ids::{AccountId, HandoffId, IdentityKey, LeadId, OpportunityId};
use crate::domain::lead::{Lead, Origin, Parked};
use crate::domain::routing::Seats;
use crate::domain::team::{MemberId, Placement};
use crate::domain::time::Moment;
use crate::store::StoreError;
use crate::store::audit::Told;
use crate::store::rows::{
    AuditSubject, ErasedKey, HandoffRow, HeadRow, IdempotencyRow, LeadRow, LedgerRow, OpportunityRow,
    PositionRow,
};
use crate::store::write_set::WriteSet;
use parked::{Place, Stop};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What a transaction will do.
#[derive(Debug)]
pub struct Planned {
    pub write: WriteSet,
    /// One for each entry, in their order.
    pub outcomes: Vec<Outcome>,
    /// Leads came to stand in a queue: the router has work.
    pub queued: bool,
}

/// A lead that the batch has touched.
#[derive(Clone, Debug)]
struct Work {
    row: LeadRow,
    /// Standing before the batch, for what the state topic announces.
    before: Lead,
    changed: bool,
    /// Something public happened.
    public: bool,
}

/// The state of a plan in the making.
struct Planner<'a> {
    batch: &'a Batch,
    loaded: &'a Loaded,
    world: &'a World<'a>,
    write: WriteSet,
    leads: BTreeMap<LeadId, Work>,
    identities: BTreeMap<IdentityKey, LeadId>,
    /// Keys that name nobody any more: their person was erased in this batch.
    forgotten: BTreeSet<IdentityKey>,
    erased: BTreeMap<IdentityKey, ErasedKey>,
    /// CRM keys of people who are erased in this batch, sealed.
    sealed: BTreeMap<LeadId, Vec<u8>>,
    seen: BTreeMap<DuplicateKey, [u8; 16]>,
    /// Facts of this batch that are known by their cause alone, once they are decided on.
    told: BTreeSet<Told>,
    account_keys: BTreeMap<String, AccountId>,
    accounts: BTreeMap<AccountId, AccountState>,
    opportunities: BTreeMap<OpportunityId, OpportunityRow>,
    /// What this batch says of people of the team.
    said: BTreeMap<(MemberId, Source), Availability>,
    /// Where the CRM says in this batch that they stand.
    placed: BTreeMap<MemberId, Placement>,
    /// Campaigns that this batch has changed.
    campaigns: BTreeMap<String, (Origin, Moment)>,
    handoffs: BTreeMap<HandoffId, HandoffRow>,
    heads: BTreeMap<AuditSubject, (i64, [u8; 32])>,
    sequences: BTreeMap<String, i64>,
    /// The stream that numbers the rows of the entry at hand, and of what it replays.
    stream: String,
    replayed: BTreeSet<Uuid>,
    /// Leads that this batch has merged, and into which.
    merged: BTreeMap<LeadId, LeadId>,
    proposed: BTreeSet<LeadId>,
    /// Records of this batch that wait; one that comes later may bring the key.
    parked_here: Vec<super::loaded::Waiting>,
    /// The router's pool and those after it, as they stand after each offer.
    seats: Vec<Seats>,
    queued: bool,
    /// What is being decided: an entry, or a record that waited and is replayed.
    place: Place,
    /// What an earlier attempt at this plan could not decide.
    stops: &'a BTreeMap<Place, Stop>,
    /// What this attempt could not decide; it is thrown away then.
    faults: BTreeMap<Place, Stop>,
    /// Leads that this redrive lets go on, as they were parked.
    released: BTreeMap<LeadId, Parked>,
}

/// Plans one batch: folds all events of a lead in memory, one upsert per lead.
///
/// # Errors
/// A value of ours could not be written as bytes; nothing of the batch may then be stored.
pub fn plan(batch: &Batch, loaded: &Loaded, world: &World<'_>) -> Result<Planned, StoreError> {
    let mut stops = parked::suspects(batch);
    loop {
        let mut planner = Planner::new(batch, loaded, world, &stops);
        planner.release()?;
        let mut outcomes = Vec::with_capacity(batch.entries.len());
        for (place, entry) in batch.entries.iter().enumerate() {
            planner.place = Place::Entry(place);
            let outcome = planner.entry(entry)?;
            outcomes.push(outcome);
        }
        if planner.faults.is_empty() {
            planner.settle(&outcomes)?;
            planner.finish(&outcomes);
            return Ok(Planned { queued: planner.queued, write: planner.write, outcomes });
        }
        // Nothing of a record that could not be decided may stand: once more, with it parked. Each attempt stops more.
        let mut faults = std::mem::take(&mut planner.faults);
        stops.append(&mut faults);
    }
}

impl<'a> Planner<'a> {
    fn new(
        batch: &'a Batch,
        loaded: &'a Loaded,
        world: &'a World<'a>,
        stops: &'a BTreeMap<Place, Stop>,
    ) -> Self {
        Self {
            batch,
            loaded,
            world,
            write: WriteSet::default(),
            leads: BTreeMap::new(),
            identities: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            erased: BTreeMap::new(),
            sealed: BTreeMap::new(),
            seen: BTreeMap::new(),
            told: BTreeSet::new(),
            account_keys: BTreeMap::new(),
            accounts: BTreeMap::new(),
            opportunities: BTreeMap::new(),
            said: BTreeMap::new(),
            placed: BTreeMap::new(),
            campaigns: BTreeMap::new(),
            handoffs: BTreeMap::new(),
            heads: BTreeMap::new(),
            sequences: BTreeMap::new(),
            stream: String::new(),
            replayed: BTreeSet::new(),
            merged: BTreeMap::new(),
            proposed: BTreeSet::new(),
            parked_here: Vec::new(),
            seats: routing::seats(loaded, world),
            queued: false,
            place: Place::Entry(0),
            stops,
            faults: BTreeMap::new(),
            released: BTreeMap::new(),
        }
    }
}

impl Planner<'_> {
    fn entry(&mut self, entry: &Entry) -> Result<Outcome, StoreError> {
        if self.is_settled() {
            return Ok(Outcome::Filtered("stale"));
        }
        self.enter_stream(entry);
        let decoded = match &entry.decoded {
            Ok(decoded) => decoded,
            Err(unreadable) => {
                self.quarantine(entry, unreadable.reason, unreadable.detail.clone());
                return Ok(Outcome::Quarantined(unreadable.reason));
            }
        };
        if let Some(key) = entry.duplicate {
            let known = self.loaded.seen.get(&key).or_else(|| self.seen.get(&key));
            match known {
                Some(content) if *content == entry.content => return Ok(Outcome::Duplicate),
                Some(_) => {
                    let detail =
                        "the same source and id came before with another content; give changed data a new id";
                    self.quarantine(entry, "conflict", detail.to_owned());
                    return Ok(Outcome::Quarantined("conflict"));
                }
                None => {
                    self.seen.insert(key, entry.content);
                }
            }
        }
        let request = match decoded {
            Decoded::Ignored(ignored) => return Ok(Outcome::Filtered(ignored.reason)),
            Decoded::Request(request) => request,
        };
        self.request(entry, request)
    }

    fn request(&mut self, entry: &Entry, request: &Request) -> Result<Outcome, StoreError> {
        if request.test {
            return Ok(Outcome::Filtered("test"));
        }
        if request.caused_by_us {
            return Ok(Outcome::Filtered("no_change"));
        }
        if let Some(outcome) = self.held_up(entry, request)? {
            return Ok(outcome);
        }
        if self.batch.routing.is_some() {
            return self.route(entry, request);
        }
        let subject = match &request.subject {
            Subject::Lead => None,
            Subject::Merge => Some(self.merge_records(entry, request)?),
            Subject::Account(patch) => Some(self.account(entry, request, patch)?),
            Subject::User(patch) => Some(self.user(entry, request, patch)?),
            Subject::Availability(ask) => Some(self.availability(entry, request, ask)?),
            Subject::Campaign(patch) => Some(self.campaign(entry, request, patch)?),
            Subject::Spend(patch) => Some(self.spend(entry, request, patch)?),
            Subject::PatternAnswer(answer) => Some(self.answer_pattern(entry, request, answer)?),
            Subject::SourcePause(pause) => Some(self.pause_source(entry, request, pause)?),
            Subject::Opportunity(patch) => {
                let step = self.opportunity(entry, request, patch)?;
                if let Some(Command::ConvertCrmRecord { .. }) = request.command {
                    return self.conversion(entry, request, patch, step);
                }
                return self.deal(entry, request, patch, step);
            }
        };
        if let Some(outcome) = subject {
            return Ok(outcome);
        }
        if request.people.is_empty() && request.lead.is_none() {
            self.note(request, None);
            return Ok(Outcome::Applied(if request.note.is_some() { "noted" } else { "recorded" }));
        }
        self.people(entry, request)
    }

    /// Names the stream of the entry at hand. What it replays came from another partition once, but is decided now: its
    /// rows are numbered here, where the counter is locked.
    fn enter_stream(&mut self, entry: &Entry) {
        let (stream, last) = match (&entry.record, &self.batch.stream) {
            (Some(record), None) => {
                let position = (record.topic.to_string(), record.partition);
                let last = self.loaded.positions.get(&position).copied();
                (format!("{}/{}", record.topic, record.partition), last)
            }
            (_, Some(stream)) => (stream.name(), self.loaded.streams.get(&stream.name()).copied()),
            (None, None) => ("web/0".to_owned(), self.loaded.streams.get("web/0").copied()),
        };
        self.sequences.entry(stream.clone()).or_insert(last.unwrap_or(0));
        self.stream = stream;
    }

    /// The number that the next audit row of the stream at hand gets.
    fn next_in_stream(&mut self) -> i64 {
        let last = self.sequences.entry(self.stream.clone()).or_insert(0);
        *last += 1;
        *last
    }

    fn finish(&mut self, outcomes: &[Outcome]) {
        self.announce_states();
        let leads = std::mem::take(&mut self.leads);
        self.write.leads = leads.into_values().filter(|work| work.changed).map(|work| work.row).collect();
        self.write.handoffs = std::mem::take(&mut self.handoffs).into_values().collect();
        self.write.opportunities = std::mem::take(&mut self.opportunities).into_values().collect();
        self.write.heads = std::mem::take(&mut self.heads)
            .into_iter()
            .map(|(subject, (version, hash))| HeadRow { subject, version, hash })
            .collect();
        let busy = &self.loaded.busy;
        let taken = self.batch.fan_outs.iter().filter(|step| step.leads.is_disjoint(busy));
        self.write.fan_out_steps = taken.cloned().collect();
        self.fold_rotation();
        self.count(outcomes);
        self.move_positions();
        self.write.idempotency = self.batch.idempotency.as_ref().map(|asked| {
            let outcome = outcomes.first();
            let reply = serde_json::json!({
                "outcome": outcome.map_or("applied", Outcome::code),
                "reason": outcome.map_or("", Outcome::reason),
            });
            IdempotencyRow {
                key: asked.key.clone(),
                actor: asked.actor.clone(),
                body_hash: asked.body_hash,
                status: 0,
                reply: reply.to_string().into_bytes(),
            }
        });
        fold::fold(&mut self.write);
    }

    /// One ledger row for each partition that the batch moves.
    fn count(&mut self, outcomes: &[Outcome]) {
        let mut rows: BTreeMap<(String, i32), (LedgerRow, BTreeMap<String, i32>)> = BTreeMap::new();
        for moved in &self.batch.moves {
            if moved.from == moved.to {
                continue;
            }
            let row = LedgerRow {
                topic: moved.topic.to_string(),
                partition: moved.partition,
                epoch: moved.epoch,
                from_offset: moved.from,
                to_offset: moved.to,
                ..LedgerRow::default()
            };
            rows.insert((moved.topic.to_string(), moved.partition), (row, BTreeMap::new()));
        }
        for (entry, outcome) in self.batch.entries.iter().zip(outcomes) {
            let Some(record) = &entry.record else { continue };
            let Some((row, reasons)) = rows.get_mut(&(record.topic.to_string(), record.partition)) else {
                continue;
            };
            row.read += 1;
            match outcome {
                Outcome::Applied(_) => row.applied += 1,
                Outcome::Duplicate => row.duplicate += 1,
                Outcome::Filtered(_) => row.filtered += 1,
                Outcome::Refused(_) => row.refused += 1,
                Outcome::Parked(_) => row.parked += 1,
                Outcome::Quarantined(_) => row.quarantined += 1,
            }
            if !outcome.reason().is_empty() {
                *reasons.entry(format!("{}/{}", outcome.code(), outcome.reason())).or_insert(0) += 1;
            }
        }
        self.write.ledger = rows
            .into_values()
            .map(|(row, reasons)| LedgerRow { reasons: reasons.into_iter().collect(), ..row })
            .collect();
    }

    fn move_positions(&mut self) {
        for moved in &self.batch.moves {
            let stream = format!("{}/{}", moved.topic, moved.partition);
            let key = (moved.topic.to_string(), moved.partition);
            let stored = self.loaded.positions.get(&key).copied().unwrap_or(0);
            self.write.positions.push(PositionRow {
                audit_sequence: self.sequences.get(&stream).copied().unwrap_or(stored),
                topic: key.0,
                partition: moved.partition,
                next_offset: moved.to,
                last_hash: moved.last_hash,
                caught_up_to: moved.caught_up_to,
            });
        }
        if let Some(stream) = &self.batch.stream {
            let name = stream.name();
            if let Some(last) = self.sequences.get(&name) {
                self.write.streams.push((name, *last));
            }
        }
    }
}
