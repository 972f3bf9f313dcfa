//! Two leads found to be one person, and a wrong merge taken apart: both sides decided, then keys and rows that follow. It
//! merges by itself only where nothing speaks against it; else a steward is asked.

use super::Planner;
use crate::contract::outbound::crm_text;
use crate::contract::request::{PersonRef, Request};
use crate::domain::command::{Command, Report};
use crate::domain::event::Event;
use crate::domain::ids::{IdentityKey, KeyKind, LeadId};
use crate::domain::signal::Signal;
use crate::domain::time::Moment;
use crate::domain::unite::{Goes, goes_on};
use crate::store::StoreError;
use crate::store::rows::{IdentityRow, MergeRow, PersonRow, SplitRow};
use crate::transaction::batch::{Entry, Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// Merges that are followed from one lead to the next within a batch; more would be a circle.
const HOPS_MAX: usize = 64;

/// Who says that two leads are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The CRM or a person of the team.
    Outright,
    /// One record names both.
    ByKeys,
}

impl Planner<'_> {
    /// The lead that this one goes on as.
    pub(super) fn survivor(&self, lead: LeadId) -> LeadId {
        let mut lead = lead;
        for _ in 0..HOPS_MAX {
            let next = self.merged.get(&lead).or_else(|| self.loaded.survivors.get(&lead));
            let Some(next) = next else { break };
            lead = *next;
        }
        lead
    }

    /// Every lead that a person's keys name, strongest key first. An anonymous id alone, or the address of a whole
    /// department, names nobody for a merge (LIFECYCLE idea 15).
    fn leads_of(&self, person: &PersonRef) -> Vec<LeadId> {
        let mut leads = Vec::new();
        for key in &person.keys {
            let vague = match key.kind {
                KeyKind::Anonymous => true,
                KeyKind::Email => person.role_mailbox,
                KeyKind::Lead | KeyKind::Crm => false,
            };
            if let Some(lead) = self.named_by(*key).filter(|lead| !vague && !leads.contains(lead)) {
                leads.push(lead);
            }
        }
        leads
    }

    /// Unites the leads that one person's keys name.
    pub(super) fn unite(
        &mut self,
        entry: &Entry,
        request: &Request,
        person: &PersonRef,
    ) -> Result<(), StoreError> {
        let leads = self.leads_of(person);
        for other in leads.iter().skip(1) {
            let (one, other) = (self.survivor(leads[0]), self.survivor(*other));
            let _outcome = self.merge(entry, request, one, other, Said::ByKeys)?;
        }
        Ok(())
    }

    /// The CRM has united records: all leads behind them are one, and keys that named nobody name that one.
    pub(super) fn merge_records(&mut self, entry: &Entry, request: &Request) -> Result<Outcome, StoreError> {
        let people: Vec<&PersonRef> = request.people.iter().chain(&request.others).collect();
        let leads: BTreeSet<LeadId> = people.iter().flat_map(|person| self.leads_of(person)).collect();
        let Some(first) = leads.first().copied() else {
            self.park(entry, request, "awaiting_identity");
            return Ok(Outcome::Parked("awaiting_identity"));
        };
        let mut outcome = Outcome::Filtered("no_change");
        for other in leads.iter().skip(1) {
            let (one, other) = (self.survivor(first), self.survivor(*other));
            outcome = outcome.min(self.merge(entry, request, one, other, Said::Outright)?);
        }
        let survivor = self.survivor(first);
        for person in people {
            let bound = self.bind(survivor, person);
            if !bound.is_empty() {
                outcome = outcome.min(Outcome::Applied("merge_lead"));
                self.attach(entry, request, survivor, person, &bound)?;
            }
        }
        Ok(outcome)
    }

    /// A rejection that names whom the lead doubles: united, where nothing speaks against it.
    pub(super) fn unite_duplicate(
        &mut self,
        entry: &Entry,
        request: &Request,
        lead: LeadId,
    ) -> Result<(), StoreError> {
        let others: Vec<LeadId> = request.others.iter().flat_map(|person| self.leads_of(person)).collect();
        for other in others {
            let (one, other) = (self.survivor(lead), self.survivor(other));
            let _outcome = self.merge(entry, request, one, other, Said::ByKeys)?;
        }
        Ok(())
    }

    /// Unites two leads: the older one's id survives.
    pub(super) fn merge(
        &mut self,
        entry: &Entry,
        request: &Request,
        one: LeadId,
        other: LeadId,
        said: Said,
    ) -> Result<Outcome, StoreError> {
        if one == other {
            return Ok(Outcome::Filtered("no_change"));
        }
        let Some((survivor, loser)) = self.by_age(one, other) else {
            return Ok(Outcome::Refused("not_found".to_owned()));
        };
        if said == Said::ByKeys && self.differ(one, other) {
            return self.propose(entry, request, one, other);
        }
        let lead_of = |planner: &mut Self, lead| planner.work(lead).map(|work| work.row.lead.clone());
        let Some((ours, theirs)) = lead_of(self, survivor).zip(lead_of(self, loser)) else {
            return Ok(Outcome::Refused("not_found".to_owned()));
        };
        let superseded = match goes_on(&ours, &theirs) {
            Goes::Ours => theirs.handoff(),
            Goes::Theirs => ours.handoff(),
        };
        let at = request.cause.occurred_at;
        let absorb = Command::AbsorbLead { other: Box::new(theirs) };
        if let Err(refusal) = self.decided(entry, request, survivor, &absorb, at)? {
            return Ok(Outcome::Refused(refusal.code().to_owned()));
        }
        if let Err(refusal) =
            self.decided(entry, request, loser, &Command::MergeLead { into: survivor }, at)?
        {
            return Ok(Outcome::Refused(refusal.code().to_owned()));
        }
        self.merged.insert(loser, survivor);
        self.write.merges.push(MergeRow { from: loser, into: survivor, superseded });
        self.move_keys(loser, survivor);
        self.move_rows(loser, survivor);
        Ok(Outcome::Applied("merge_lead"))
    }

    /// The older first; whose keys are not at hand can't lose them, so a lead of this batch loses to one that was there.
    fn by_age(&self, one: LeadId, other: LeadId) -> Option<(LeadId, LeadId)> {
        let age = |lead: LeadId| {
            let row = self.leads.get(&lead).map(|work| &work.row).or_else(|| self.loaded.leads.get(&lead));
            row.filter(|row| row.lead.version > 0).map(|row| (row.lead.first_seen_at, lead))
        };
        let (older, younger) = if age(one)? <= age(other)? { (one, other) } else { (other, one) };
        let movable =
            |lead: LeadId| self.loaded.keys_of.contains_key(&lead) || !self.loaded.leads.contains_key(&lead);
        if movable(younger) { Some((older, younger)) } else { movable(older).then_some((younger, older)) }
    }

    /// Two records of one kind in one CRM are two people until somebody says otherwise.
    fn differ(&self, one: LeadId, other: LeadId) -> bool {
        let ids = |lead: LeadId| {
            let stored = self.loaded.people_of.get(&lead).into_iter();
            let written = self.write.persons.iter().filter(move |row| row.lead == lead);
            let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for text in stored.chain(written).flat_map(|row| &row.crm) {
                if let Some((kind, id)) = text.rsplit_once(':') {
                    ids.entry(kind.to_owned()).or_default().insert(id.to_owned());
                }
            }
            ids
        };
        let theirs = ids(other);
        ids(one).iter().any(|(kind, mine)| theirs.get(kind).is_some_and(|their| their.is_disjoint(mine)))
    }

    /// Asks the steward, once, by the disagreement list.
    fn propose(
        &mut self,
        entry: &Entry,
        request: &Request,
        one: LeadId,
        other: LeadId,
    ) -> Result<Outcome, StoreError> {
        let asked = |lead: &LeadId| self.loaded.proposed.contains(lead) || self.proposed.contains(lead);
        if asked(&one) || asked(&other) {
            return Ok(Outcome::Filtered("no_change"));
        }
        self.proposed.insert(one);
        let event = Event::FactDiverged { code: "merge_proposed".to_owned() };
        let actor = self.actor(&request.cause.actor);
        let world_now = self.world.now;
        let now = self.work(one).map_or(world_now, |work| work.row.lead.decided_at.max(world_now));
        let at = request.cause.occurred_at;
        let _told = self.apply(entry, request, one, std::slice::from_ref(&event), &actor, at, now)?;
        Ok(Outcome::Applied("merge_proposed"))
    }

    /// Every key of the one that goes names the survivor from now on.
    fn move_keys(&mut self, from: LeadId, into: LeadId) {
        let stored = self.loaded.keys_of.get(&from).cloned().unwrap_or_default();
        let bound = self.identities.iter().filter(|(_, lead)| **lead == from).map(|(key, _)| *key);
        let keys: BTreeSet<IdentityKey> = stored.into_iter().chain(bound).collect();
        self.write.identities.retain(|row| !keys.contains(&row.key));
        for key in keys {
            self.identities.insert(key, into);
            self.write.identities.push(IdentityRow { key, lead: into, not_before: None });
        }
    }

    /// Rows of this batch, and who the person is, go to the survivor.
    fn move_rows(&mut self, from: LeadId, into: LeadId) {
        let write = &mut self.write;
        if let Some(person) = self.loaded.people_of.get(&from) {
            // Both addresses name the survivor; the one that is shown stays, so that a split finds it there.
            let known = self.loaded.people_of.get(&into).is_some_and(|ours| ours.email.is_some());
            let email = person.email.clone().filter(|_| !known);
            write.persons.push(PersonRow { lead: into, email, ..person.clone() });
        }
        let all = write
            .persons
            .iter_mut()
            .map(|row| &mut row.lead)
            .chain(write.touches.iter_mut().map(|row| &mut row.lead))
            .chain(write.contacts.iter_mut().map(|row| &mut row.lead))
            .chain(write.contacts_gone.iter_mut().map(|row| &mut row.1))
            .chain(write.causes.iter_mut().map(|row| &mut row.lead))
            .chain(write.rotation_entries.iter_mut().map(|row| &mut row.lead))
            .chain(write.notes.iter_mut().filter_map(|row| row.lead.as_mut()));
        for lead in all.filter(|lead| **lead == from) {
            *lead = into;
        }
    }

    /// Takes a wrong merge apart: the chosen keys and the later signals are a new lead's.
    pub(super) fn split(
        &mut self,
        entry: &Entry,
        request: &Request,
        from: LeadId,
        to: LeadId,
        since: Moment,
    ) -> Result<Outcome, StoreError> {
        let Some(leaving) = request.others.first().cloned() else {
            return Ok(Outcome::Refused("key_not_of_lead".to_owned()));
        };
        let theirs = leaving.keys.iter().all(|key| self.named_by(*key) == Some(from));
        if leaving.keys.is_empty() || !theirs || self.is_known(to) {
            return Ok(Outcome::Refused("key_not_of_lead".to_owned()));
        }
        let at = request.cause.occurred_at;
        let signals: Vec<Signal> = self
            .work(from)
            .map(|work| work.row.lead.signals.signals().to_vec())
            .unwrap_or_default()
            .into_iter()
            .filter(|signal| signal.at >= since)
            .collect();
        if let Err(refusal) = self.decided(entry, request, from, &Command::SplitLead { to, since }, at)? {
            return Ok(Outcome::Refused(refusal.code().to_owned()));
        }
        self.create(to);
        let leave = signals.iter().map(|signal| signal.id).collect();
        let begin = Command::BeginSplit { from, signals, report: Report::default() };
        if let Err(refusal) = self.decided(entry, request, to, &begin, at)? {
            return Ok(Outcome::Refused(refusal.code().to_owned()));
        }
        for key in &leaving.keys {
            self.identities.insert(*key, to);
            self.write.identities.retain(|row| row.key != *key);
            self.write.identities.push(IdentityRow { key: *key, lead: to, not_before: None });
        }
        self.person_row(request, to, &leaving);
        self.write.splits.push(SplitRow {
            from,
            to,
            email: leaving.patch.email.clone(),
            crm: leaving.patch.crm.iter().map(crm_text).collect(),
            signals: leave,
        });
        Ok(Outcome::Applied("split_lead"))
    }
}
