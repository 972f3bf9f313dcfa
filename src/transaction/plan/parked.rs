//! Leads that a fault of ours has stopped: they are parked, what comes for them queues behind them in order, and a redrive
//! lets them go on. It never decides on a parked lead, and drops nothing that comes for one.

use super::Planner;
use super::kept::kept;
use super::people::occurred_at;
use crate::contract::request::{Decoded, PersonRef, Request, Subject, Who};
use crate::domain::calendar::{Hours, Span};
use crate::domain::command::{Command, Nature};
use crate::domain::custody::{Clock, ClockKind, Custody, Holder};
use crate::domain::decide::Refusal;
use crate::domain::event::Event;
use crate::domain::evolve::ImpossibleEvent;
use crate::domain::ids::{IdentityKey, KeyKind, LeadId};
use crate::store::StoreError;
use crate::store::rows::ParkedRow;
use crate::transaction::batch::{Batch, Entry, Intake, Outcome};
use crate::transaction::loaded::Waiting;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Decision and state disagree.
pub(super) const IMPOSSIBLE: &str = "impossible_event";
/// Planning the record panicked.
const PANICKED: &str = "panicked";
/// A record names this lead together with a parked one.
const WITH_ANOTHER: &str = "with_another";
/// Why a record is kept, or an ask refused: a lead that it names is parked.
const LEAD_PARKED: &str = "lead_parked";

/// What is being decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The entry of that number, from 0.
    Entry(usize),
    /// A record that waited for an identity.
    Waiting(Uuid),
}

/// Why something is not decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    /// The lead at fault; `None` when that can't be told.
    lead: Option<LeadId>,
    reason: &'static str,
    detail: String,
}

/// Every entry of a batch whose planning panicked.
pub(super) fn suspects(batch: &Batch) -> BTreeMap<Place, Stop> {
    let entries = if batch.suspect { batch.entries.len() } else { 0 };
    let detail = "deciding on the record failed by a fault of ours";
    (0..entries)
        .map(|place| (Place::Entry(place), Stop { lead: None, reason: PANICKED, detail: detail.to_owned() }))
        .collect()
}

impl Planner<'_> {
    /// The decision at hand can't be: the plan is made again without it.
    pub(super) fn fault(&mut self, lead: LeadId, impossible: &ImpossibleEvent) {
        let stop = Stop { lead: Some(lead), reason: IMPOSSIBLE, detail: impossible.to_string() };
        self.faults.entry(self.place).or_insert(stop);
    }

    /// What becomes of a request that is not decided, because a lead it names is parked or it woke a fault; `None` lets it
    /// go on.
    pub(super) fn held_up(
        &mut self,
        entry: &Entry,
        request: &Request,
    ) -> Result<Option<Outcome>, StoreError> {
        let leads = self.touched(request);
        let parked = leads.iter().copied().find(|lead| self.is_parked(*lead));
        let stop = self.stops.get(&self.place).cloned();
        match (parked, stop) {
            (None, None) => Ok(None),
            (Some(_), None) if is_clock(request) => Ok(None),
            (None, Some(stop)) => self.stop(entry, request, &leads, &stop).map(Some),
            (Some(_), Some(stop)) if is_clock(request) => Ok(Some(Outcome::Filtered(stop.reason))),
            (Some(_), _) if self.is_quarantined() => Ok(Some(Outcome::Parked(LEAD_PARKED))),
            (Some(lead), _) if entry.record.is_none() => match request.nature {
                Nature::Ask => self.refused(entry, request, lead, &Refusal::LeadParked).map(Some),
                // Nobody passes over an erasure: whoever asked for it asks again.
                Nature::Fact if request.command == Some(Command::EraseLead) => {
                    Ok(Some(Outcome::Refused(LEAD_PARKED.to_owned())))
                }
                Nature::Fact => Ok(Some(Outcome::Filtered(LEAD_PARKED))),
            },
            (Some(lead), _) => {
                let detail = format!("waits in order behind lead {lead}, which is parked");
                self.queue(entry, request, &leads, detail)?;
                Ok(Some(Outcome::Parked(LEAD_PARKED)))
            }
        }
    }

    /// Parks whom the request names, and keeps the record behind them; what names nobody known is quarantined.
    fn stop(
        &mut self,
        entry: &Entry,
        request: &Request,
        leads: &BTreeSet<LeadId>,
        stop: &Stop,
    ) -> Result<Outcome, StoreError> {
        let known = stop.lead.is_none_or(|lead| leads.contains(&lead));
        let mut parked = false;
        if known && !self.is_quarantined() {
            for lead in leads {
                let other = stop.lead.is_some_and(|fault| fault != *lead);
                let reason = if other { WITH_ANOTHER } else { stop.reason };
                parked |= self.park_lead(entry, request, *lead, reason)?;
            }
        }
        if entry.record.is_none() {
            return Ok(match (request.nature, parked) {
                (Nature::Ask, true) => Outcome::Refused(LEAD_PARKED.to_owned()),
                (Nature::Ask, false) => Outcome::Refused(stop.reason.to_owned()),
                (Nature::Fact, _) => Outcome::Filtered(stop.reason),
            });
        }
        if parked {
            self.queue(entry, request, leads, stop.detail.clone())?;
            return Ok(Outcome::Parked(stop.reason));
        }
        self.quarantine(entry, stop.reason, stop.detail.clone());
        Ok(Outcome::Quarantined(stop.reason))
    }

    /// Keeps a record behind every lead that it names, and parks those that are not yet. Keys that it introduces name
    /// their lead from now on, so that what comes under them queues too, and so does what waited for them.
    fn queue(
        &mut self,
        entry: &Entry,
        request: &Request,
        leads: &BTreeSet<LeadId>,
        detail: String,
    ) -> Result<(), StoreError> {
        let Some(record) = &entry.record else { return Ok(()) };
        for lead in leads {
            self.park_lead(entry, request, *lead, WITH_ANOTHER)?;
        }
        let row = ParkedRow {
            kept: kept(self.world.keys, entry, record, LEAD_PARKED, detail),
            keys: leads.iter().map(|lead| IdentityKey::lead(*lead)).collect(),
            occurred_at: request.cause.occurred_at,
        };
        let id = row.kept.id;
        if self.loaded.waiting.iter().any(|waiting| waiting.id == id) {
            self.write.parked_anew.push(id);
        }
        self.write.parked.retain(|other| other.kept.id != id);
        self.write.parked.push(row);
        let mut bound = BTreeSet::new();
        let introduces = !matches!(request.subject, Subject::Merge);
        for person in request.people.iter().filter(|_| introduces) {
            let Some(lead) = person.keys.iter().find_map(|key| self.named_by(*key)) else { continue };
            // Anonymous ids are bound when the record is decided: their signals attach then.
            let keys = person.keys.iter().copied().filter(|key| key.kind != KeyKind::Anonymous).collect();
            bound.extend(self.bind(lead, &PersonRef { keys, ..PersonRef::default() }));
        }
        self.queue_waiting(&bound)
    }

    /// What waited for keys that now name a parked lead queues behind it, in the order in which it happened.
    fn queue_waiting(&mut self, bound: &BTreeSet<IdentityKey>) -> Result<(), StoreError> {
        if bound.is_empty() {
            return Ok(());
        }
        let named = |waiting: &&Waiting| waiting.keys.iter().any(|key| bound.contains(key));
        let mut waiting: Vec<Waiting> =
            self.loaded.waiting.iter().chain(&self.parked_here).filter(named).cloned().collect();
        waiting.sort_by_key(|waiting| (occurred_at(&waiting.entry), waiting.id));
        for waiting in waiting {
            if !self.replayed.insert(waiting.id) {
                continue;
            }
            if let Ok(Decoded::Request(request)) = &waiting.entry.decoded {
                let leads = self.touched(request);
                let detail = "waited for a person who turned out to be a parked lead".to_owned();
                self.queue(&waiting.entry, request, &leads, detail)?;
            }
        }
        Ok(())
    }

    /// The known leads that a request names by any key; records about something else name none.
    fn touched(&self, request: &Request) -> BTreeSet<LeadId> {
        match &request.subject {
            Subject::Account(_)
            | Subject::User(_)
            | Subject::Availability(_)
            | Subject::Campaign(_)
            | Subject::Spend(_)
            | Subject::PatternAnswer(_)
            | Subject::SourcePause(_) => BTreeSet::new(),
            Subject::Lead | Subject::Merge | Subject::Opportunity(_) => {
                let people = request.people.iter().chain(&request.others);
                let by_keys = people.flat_map(|person| &person.keys).filter_map(|key| self.named_by(*key));
                let into = match &request.command {
                    Some(Command::MergeLead { into }) => Some(*into),
                    Some(_) | None => None,
                };
                let by_id = request.lead.into_iter().chain(into).map(|lead| self.survivor(lead));
                by_keys.chain(by_id).filter(|lead| self.is_known(*lead)).collect()
            }
        }
    }

    fn is_parked(&self, lead: LeadId) -> bool {
        let present = self.leads.get(&lead).map(|work| &work.row).or_else(|| self.loaded.leads.get(&lead));
        present.is_some_and(|row| row.lead.parked.is_some())
    }

    /// Stops a lead; says whether it is parked now. One that a redrive has let go on keeps its reason and its duty.
    fn park_lead(
        &mut self,
        entry: &Entry,
        request: &Request,
        lead: LeadId,
        reason: &str,
    ) -> Result<bool, StoreError> {
        if self.is_parked(lead) {
            return Ok(true);
        }
        let world = *self.world;
        let Some(decided_at) = self.work(lead).map(|work| work.row.lead.decided_at) else { return Ok(false) };
        let now = world.now.max(decided_at);
        let event = if let Some(before) = self.released.get(&lead).cloned() {
            Event::LeadParked { reason: before.reason, custody: before.custody }
        } else {
            let steward = world.team.acting(world.team.operations(), now).clone();
            let (durations, hours) = (world.policy.durations(), world.team.hours(&steward));
            let due_by = hours.after(now, Span::business_days(durations.redrive_business_days));
            let (kind, hours) = (ClockKind::RedriveBy, Hours::Of(hours));
            let clock = Clock::climbing(durations.percents, kind, hours, now, due_by);
            let custody = Custody::new(Holder::Operations(steward), clock);
            Event::LeadParked { reason: reason.to_owned(), custody }
        };
        let actor = self.actor(&request.cause.actor);
        let applied = self.apply(entry, request, lead, &[event], &actor, request.cause.occurred_at, now)?;
        Ok(applied.is_ok())
    }

    /// Whether the batch decides on quarantined records again: what fails stays there, and parks nobody.
    pub(super) fn is_quarantined(&self) -> bool {
        self.batch.redrive.as_ref().is_some_and(|again| again.from == Intake::Quarantined)
    }

    /// Whether the entry at hand is a kept record that somebody has settled since it was read.
    pub(super) fn is_settled(&self) -> bool {
        let Place::Entry(place) = self.place else { return false };
        let row = self.batch.redrive.as_ref().and_then(|again| again.rows.get(place));
        row.is_some_and(|row| !self.loaded.kept.contains(row))
    }

    /// A redrive begins: its leads go on.
    pub(super) fn release(&mut self) -> Result<(), StoreError> {
        let Some(again) = &self.batch.redrive else { return Ok(()) };
        // These are decided as entries, and not once more when a key of theirs is bound.
        self.replayed.extend(&again.rows);
        let Ok(Decoded::Request(request)) = &again.act.decoded else { return Ok(()) };
        self.enter_stream(&again.act);
        for lead in &again.leads {
            let Some(present) = self.work(*lead).map(|work| work.row.lead.clone()) else { continue };
            let Some(parked) = present.parked else { continue };
            let now = self.world.now.max(present.decided_at);
            let (actor, at) = (self.actor(&request.cause.actor), request.cause.occurred_at);
            let event = [Event::LeadUnparked];
            if self.apply(&again.act, request, *lead, &event, &actor, at, now)?.is_ok() {
                self.released.insert(*lead, parked);
            }
        }
        Ok(())
    }

    /// A redrive ends: what no longer waits gets its line, and leads behind which more records queue are parked again.
    pub(super) fn settle(&mut self, outcomes: &[Outcome]) -> Result<(), StoreError> {
        let Some(again) = &self.batch.redrive else { return Ok(()) };
        for (row, outcome) in again.rows.iter().zip(outcomes) {
            let there = self.loaded.kept.contains(row);
            let line = (*row, format!("{}/{}", outcome.code(), outcome.reason()));
            match (again.from, outcome) {
                _ if !there => {}
                (_, Outcome::Parked(_)) | (Intake::Quarantined, Outcome::Quarantined(_)) => {}
                (Intake::Parked, _) => self.write.parked_resolved.push(line),
                (Intake::Quarantined, _) => self.write.quarantine_resolved.push(line),
            }
        }
        let Ok(Decoded::Request(request)) = &again.act.decoded else { return Ok(()) };
        self.enter_stream(&again.act);
        for lead in &self.loaded.queued_behind {
            let Some(before) = self.released.get(lead).cloned() else { continue };
            let into = self.survivor(*lead);
            let parked = self.park_lead(&again.act, request, into, &before.reason)?;
            // It lives on as another lead, and so does its queue.
            if parked && into != *lead {
                self.write.parked_moved.push((*lead, into));
            }
        }
        Ok(())
    }
}

/// The duty to look after a parked lead runs on.
fn is_clock(request: &Request) -> bool {
    request.cause.actor == Who::Sweeper && matches!(request.command, Some(Command::PassDeadline(_)))
}
