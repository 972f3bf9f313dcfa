//! Whom a record names: resolved by keys, made, set to wait, or kept without a name. It never merges two leads.

use super::merge::Said;
use super::{Planner, Work};
use crate::contract::outbound::crm_text;
use crate::contract::request::{Creates, PersonRef, Request};
use crate::domain::command::{Command, Nature};
use crate::domain::ids::{IdentityKey, KeyKind, LeadId};
use crate::domain::lead::Lead;
use crate::domain::signal::Signal;
use crate::store::StoreError;
use crate::store::rows::{AnonymousRow, IdentityRow, LeadRow, PersonRow};
use crate::transaction::batch::{Entry, Outcome};
use crate::transaction::busy::BUSY;
use crate::transaction::loaded::Waiting;

/// Whom a reference means.
enum Resolved {
    Lead(LeadId),
    /// Nobody yet, and the record makes one.
    New(LeadId),
    /// Only an anonymous id.
    Anonymous(IdentityKey),
    Unknown,
}

/// A record names somebody who is not known yet.
const AWAITING_IDENTITY: &str = "awaiting_identity";

impl Planner<'_> {
    /// One command per person; applied if it was for any of them.
    pub(super) fn people(&mut self, entry: &Entry, request: &Request) -> Result<Outcome, StoreError> {
        if let Some(lead) = request.lead {
            return self.asked(entry, request, lead);
        }
        if self.was_told(entry, request) {
            return Ok(Outcome::Filtered("no_change"));
        }
        let mut outcomes = Vec::with_capacity(request.people.len());
        for (place, person) in request.people.iter().enumerate() {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            let (outcome, _) = self.person(entry, request, person, place)?;
            outcomes.push(outcome);
        }
        let best = outcomes.into_iter().min().unwrap_or(Outcome::Filtered("no_person"));
        self.remember(entry, request, &best);
        match best {
            Outcome::Parked(reason) => {
                self.park(entry, request, reason);
                Ok(Outcome::Parked(reason))
            }
            best @ (Outcome::Applied(_)
            | Outcome::Duplicate
            | Outcome::Filtered(_)
            | Outcome::Refused(_)
            | Outcome::Quarantined(_)) => Ok(best),
        }
    }

    /// An ask, a clock: the lead is named by its own id.
    fn asked(&mut self, entry: &Entry, request: &Request, lead: LeadId) -> Result<Outcome, StoreError> {
        let lead = self.survivor(lead);
        if self.loaded.busy.contains(&lead) {
            return Ok(Outcome::Filtered(BUSY));
        }
        if !self.is_known(lead) {
            return Ok(Outcome::Refused("not_found".to_owned()));
        }
        let person = request.people.first().cloned().unwrap_or_default();
        let by_nobody = self.actor(&request.cause.actor).member().is_none();
        match &request.command {
            Some(Command::MergeLead { .. } | Command::SplitLead { .. }) if by_nobody => {
                Ok(Outcome::Refused("unknown_actor".to_owned()))
            }
            Some(Command::MergeLead { into }) if request.nature == Nature::Ask => {
                if let Some(outcome) = self.stale_view(request, lead) {
                    return Ok(outcome);
                }
                self.merge(entry, request, lead, self.survivor(*into), Said::Outright)
            }
            Some(Command::SplitLead { to, since }) => self.split(entry, request, lead, *to, *since),
            Some(_) | None => self.command(entry, request, &person, lead),
        }
    }

    /// The command for one person that a record names, and which lead that is.
    pub(super) fn person(
        &mut self,
        entry: &Entry,
        request: &Request,
        person: &PersonRef,
        place: u32,
    ) -> Result<(Outcome, Option<LeadId>), StoreError> {
        if let Some(outcome) = self.private(entry, request, person)? {
            return Ok((outcome, None));
        }
        self.unite(entry, request, person)?;
        match self.resolve(request, person, place) {
            Resolved::Lead(lead) => {
                let bound = self.bind(lead, person);
                let outcome = self.command(entry, request, person, lead)?;
                self.attach(entry, request, lead, person, &bound)?;
                Ok((outcome, Some(lead)))
            }
            Resolved::New(lead) => {
                self.create(lead);
                let silent = self.forbids_contact(request, person);
                if let Some(reason) = silent {
                    self.capture_silently(entry, request, person, lead, reason)?;
                }
                let mut outcome = self.command(entry, request, person, lead)?;
                if silent.is_some() && matches!(outcome, Outcome::Filtered(_)) {
                    outcome = Outcome::Applied("suppress_lead");
                }
                if !self.leads.get(&lead).is_some_and(|work| work.changed) {
                    self.leads.remove(&lead);
                    return Ok((outcome, None));
                }
                self.honour(entry, request, person, lead)?;
                let bound = self.bind(lead, person);
                self.attach(entry, request, lead, person, &bound)?;
                Ok((outcome, Some(lead)))
            }
            Resolved::Anonymous(key) => Ok((self.keep_anonymous(request, key), None)),
            Resolved::Unknown => Ok((
                match request.creates {
                    Creates::NeverFiltered => Outcome::Filtered("unknown_person"),
                    Creates::AnyKey | Creates::WithEmail | Creates::NeverParked => {
                        Outcome::Parked("awaiting_identity")
                    }
                },
                None,
            )),
        }
    }

    fn resolve(&self, request: &Request, person: &PersonRef, place: u32) -> Resolved {
        for key in &person.keys {
            if let Some(lead) = self.named_by(*key) {
                return Resolved::Lead(lead);
            }
        }
        let mut identifying = person.keys.iter().filter(|key| key.kind != KeyKind::Anonymous).peekable();
        if identifying.peek().is_none() {
            return person.keys.first().map_or(Resolved::Unknown, |key| Resolved::Anonymous(*key));
        }
        let has_email = person.keys.iter().any(|key| key.kind == KeyKind::Email);
        let creates = match request.creates {
            Creates::AnyKey => true,
            Creates::WithEmail => has_email,
            Creates::NeverFiltered | Creates::NeverParked => false,
        };
        if creates {
            return Resolved::New(LeadId::derived(&request.cause.source, &request.cause.id, place));
        }
        Resolved::Unknown
    }

    /// The lead that a key names, as of this point of the batch.
    pub(super) fn named_by(&self, key: IdentityKey) -> Option<LeadId> {
        let loaded = || self.loaded.identities.get(&key).filter(|_| !self.forgotten.contains(&key));
        let found = self.identities.get(&key).or_else(loaded).copied();
        if found.is_none() && key.kind == KeyKind::Lead {
            let lead = self.survivor(LeadId(uuid::Uuid::from_bytes(key.digest)));
            return self.is_known(lead).then_some(lead);
        }
        found.map(|lead| self.survivor(lead))
    }

    pub(super) fn is_known(&self, lead: LeadId) -> bool {
        self.leads.contains_key(&lead) || self.loaded.leads.contains_key(&lead)
    }

    /// The working copy of a lead that is there.
    pub(super) fn work(&mut self, lead: LeadId) -> Option<&mut Work> {
        if !self.leads.contains_key(&lead) {
            let row = self.loaded.leads.get(&lead)?.clone();
            let before = row.lead.clone();
            self.leads.insert(lead, Work { row, before, changed: false, public: false });
        }
        self.leads.get_mut(&lead)
    }

    pub(super) fn create(&mut self, lead: LeadId) {
        let unseen = Lead::unseen(lead);
        let row = LeadRow {
            lead: unseen.clone(),
            head_hash: [0; 32],
            handoff_sequence: 0,
            feedback_sequence: 0,
            segment: "small",
            points: 0,
            grade: "D",
        };
        self.leads.insert(lead, Work { row, before: unseen, changed: false, public: false });
    }

    /// Names the lead by every key of the person that names nobody yet; returns those.
    pub(super) fn bind(&mut self, lead: LeadId, person: &PersonRef) -> Vec<IdentityKey> {
        let mut bound = Vec::new();
        if self.is_erased(lead) {
            return bound;
        }
        for key in &person.keys {
            if key.kind == KeyKind::Lead || self.named_by(*key).is_some() {
                continue;
            }
            self.identities.insert(*key, lead);
            let not_before = self.not_before(*key);
            self.write.identities.push(IdentityRow { key: *key, lead, not_before });
            bound.push(*key);
        }
        bound
    }

    /// What waited under keys that now name somebody: anonymous signals first, then records in the order they occurred.
    pub(super) fn attach(
        &mut self,
        entry: &Entry,
        request: &Request,
        lead: LeadId,
        person: &PersonRef,
        bound: &[IdentityKey],
    ) -> Result<(), StoreError> {
        self.person_row(request, lead, person);
        for key in bound.iter().filter(|key| key.kind == KeyKind::Anonymous) {
            self.write.anonymous_bound.push(*key);
            let mut signals: Vec<Signal> = self.loaded.anonymous.get(key).cloned().unwrap_or_default();
            // Those of this batch are not stored yet.
            signals.extend(self.write.anonymous.iter().filter(|row| row.key == *key).map(|row| row.signal));
            self.write.anonymous.retain(|row| row.key != *key);
            for signal in signals {
                let command =
                    Command::RecordSignal { signal, report: crate::domain::command::Report::default() };
                let _attached = self.decided(entry, request, lead, &command, signal.at)?;
            }
        }
        let waits = |waiting: &&Waiting| {
            !self.replayed.contains(&waiting.id) && waiting.keys.iter().any(|key| bound.contains(key))
        };
        let mut waiting: Vec<Waiting> =
            self.loaded.waiting.iter().chain(&self.parked_here).filter(waits).cloned().collect();
        waiting.sort_by_key(|waiting| (occurred_at(&waiting.entry), waiting.id));
        for waiting in waiting {
            // What was replayed may have bound more keys, and with them have replayed this one already.
            if !self.replayed.insert(waiting.id) {
                continue;
            }
            let parked_before = self.write.parked.iter().filter(|row| row.kept.id == waiting.id).count();
            let outcome = self.replay(&waiting)?;
            if matches!(outcome, Outcome::Parked(reason) if reason != AWAITING_IDENTITY) {
                // It queues behind a parked lead now.
                continue;
            }
            if matches!(outcome, Outcome::Parked(_)) {
                // It names somebody else who is still unknown: it waits on, as it stands, and is replayed once more then.
                self.replayed.remove(&waiting.id);
                let mut seen = 0;
                self.write.parked.retain(|row| {
                    seen += usize::from(row.kept.id == waiting.id);
                    row.kept.id != waiting.id || seen <= parked_before
                });
                continue;
            }
            self.write.parked_resolved.push((waiting.id, format!("{}/{}", outcome.code(), outcome.reason())));
            self.write.parked.retain(|row| row.kept.id != waiting.id);
        }
        Ok(())
    }

    fn keep_anonymous(&mut self, request: &Request, key: IdentityKey) -> Outcome {
        match &request.command {
            Some(Command::RecordSignal { signal, .. }) => {
                let touch = request
                    .touch
                    .as_ref()
                    .map(|touch| (touch.campaign.clone(), touch.source.clone(), touch.medium.clone()));
                self.write.anonymous.push(AnonymousRow { key, signal: *signal, touch });
                Outcome::Applied("anonymous")
            }
            Some(_) | None => Outcome::Filtered("unknown_person"),
        }
    }

    pub(super) fn person_row(&mut self, request: &Request, lead: LeadId, person: &PersonRef) {
        let patch = &person.patch;
        if patch.is_empty() || self.is_erased(lead) {
            return;
        }
        self.write.persons.push(PersonRow {
            lead,
            stamp: request.cause.occurred_at,
            email: patch.email.clone(),
            first_name: patch.first_name.clone(),
            last_name: patch.last_name.clone(),
            phone: patch.phone.clone(),
            job_title: patch.job_title.clone(),
            country: patch.country.clone(),
            region: patch.region.clone(),
            company_name: patch.company_name.clone(),
            company_domain: patch.company_domain.clone(),
            employees: patch.employees.and_then(|count| i32::try_from(count).ok()),
            industry: patch.industry.clone(),
            crm: patch.crm.iter().map(crm_text).collect(),
            anonymous_id: patch.anonymous_id.clone(),
            submission_id: patch.submission_id.clone(),
            form_id: patch.form_id.clone(),
            source: patch.source.clone(),
        });
    }
}

/// Whether a record says more of a person than who is meant.
pub(super) fn carries_particulars(request: &Request, person: &PersonRef) -> bool {
    let brings_report = request.command.as_ref().is_some_and(|command| command.report().is_some());
    brings_report || !person.patch.is_empty()
}

pub(super) fn occurred_at(entry: &Entry) -> crate::domain::time::Moment {
    match &entry.decoded {
        Ok(crate::contract::request::Decoded::Request(request)) => request.cause.occurred_at,
        Ok(crate::contract::request::Decoded::Ignored(_)) | Err(_) => crate::domain::time::Moment::EVER,
    }
}

/// Whether a command is a signal that asks for nothing: page views, opens, clicks. A machine's is known again by its cause
/// alone, which therefore stays.
pub(super) fn is_weak(command: &Command) -> bool {
    match command {
        Command::RecordSignal { signal, .. } => {
            !signal.automated && !matches!(signal.kind, crate::domain::signal::SignalKind::Form(_))
        }
        Command::ReportProfile { .. }
        | Command::LinkCrmRecord { .. }
        | Command::OfferLead(_)
        | Command::PassPool { .. }
        | Command::NoteNobodyFree(_)
        | Command::ClaimLead
        | Command::AcceptLead
        | Command::DeclineLead
        | Command::RecordAttempt(_)
        | Command::RejectLead(_)
        | Command::QualifyLead { .. }
        | Command::ReportDeal(_)
        | Command::ReassignLead { .. }
        | Command::PassDeadline(_)
        | Command::OptOutEmail { .. }
        | Command::TakeNote
        | Command::SettleDisagreement { .. }
        | Command::SuppressLead { .. }
        | Command::EraseLead
        | Command::ReopenLead { .. }
        | Command::GiveConsent { .. }
        | Command::ConvertCrmRecord { .. }
        | Command::UnlinkCrmRecord
        | Command::NoteCustomer { .. }
        | Command::ScoreAgain
        | Command::NoteContactLeft { .. }
        | Command::NoteHolderLeft { .. }
        | Command::CreditCampaign { .. }
        | Command::AbsorbLead { .. }
        | Command::MergeLead { .. }
        | Command::SplitLead { .. }
        | Command::BeginSplit { .. }
        | Command::ContestRejection { .. }
        | Command::SettleContest { .. } => false,
    }
}
