//! Erased people, and what people said before they were known: who is taken away, who stays away, what is honoured. It
//! never keeps an identifier, only keyed HMACs.

use super::Planner;
use super::people::carries_particulars;
use crate::contract::request::{PersonRef, Request};
use crate::domain::command::{Command, Report};
use crate::domain::decide::Refusal;
use crate::domain::ids::{IdentityKey, KeyKind, LeadId};
use crate::domain::lead::{Consent, Lead, Permission, Stage, SuppressedFor};
use crate::domain::signal::{Signal, SignalId, SignalKind};
use crate::domain::time::Moment;
use crate::store::StoreError;
use crate::store::rows::{ConsentRow, ErasedKey, ErasureRow, Said};
use crate::transaction::batch::{Entry, Outcome};
use std::collections::BTreeSet;

/// What was said of one channel: a command once the person is there.
struct Channel {
    at: Moment,
    said: Said,
}

impl Planner<'_> {
    /// What privacy makes of a record about a person, before anybody asks who they are; `None`: nothing stands against it.
    pub(super) fn private(
        &mut self,
        entry: &Entry,
        request: &Request,
        person: &PersonRef,
    ) -> Result<Option<Outcome>, StoreError> {
        if request.command == Some(Command::EraseLead) {
            return self.erase(entry, request, person).map(Some);
        }
        if let Some(outcome) = self.gone(entry, request, person)? {
            return Ok(Some(outcome));
        }
        Ok(self.said_by_stranger(request, person))
    }

    /// Whether the lead is a person who was erased: nothing is bound to it, noted or filled in any more.
    pub(super) fn is_erased(&self, lead: LeadId) -> bool {
        let present = self.leads.get(&lead).map(|work| &work.row.lead);
        let present = present.or_else(|| self.loaded.leads.get(&lead).map(|row| &row.lead));
        present.is_some_and(was_erased)
    }

    /// Every lead that any of the keys names goes; keys that name nobody stand on the erased list.
    fn erase(&mut self, entry: &Entry, request: &Request, person: &PersonRef) -> Result<Outcome, StoreError> {
        let leads: BTreeSet<LeadId> = person.keys.iter().filter_map(|key| self.named_by(*key)).collect();
        let strangers: Vec<IdentityKey> = person
            .keys
            .iter()
            .filter(|key| key.kind != KeyKind::Lead && self.named_by(**key).is_none())
            .copied()
            .collect();
        let nobody = PersonRef::default();
        let mut outcomes = Vec::with_capacity(leads.len());
        for lead in &leads {
            outcomes.push(self.command(entry, request, &nobody, *lead)?);
        }
        if !strangers.is_empty() {
            let at = request.cause.occurred_at;
            let lead = leads.first().copied();
            let known = |key: &IdentityKey| self.mark(*key).and_then(|erased| erased.lead);
            let lead = lead.or_else(|| strangers.iter().find_map(known));
            for key in &strangers {
                self.erased.insert(*key, ErasedKey { at, lead });
            }
            self.write.erasures.push(ErasureRow { lead, keys: strangers, at, ..ErasureRow::default() });
            outcomes.push(Outcome::Applied("erased_list"));
        }
        Ok(outcomes.into_iter().min().unwrap_or(Outcome::Filtered("unknown_person")))
    }

    /// Takes a lead's person away: what is stored goes with the row that is written here, what names them is forgotten at
    /// once, and the CRM's keys are sealed for the one record that names them.
    pub(super) fn forget(&mut self, before: &Lead, at: Moment) {
        let lead = before.id;
        let belongings = self.loaded.belongings.get(&lead).cloned().unwrap_or_default();
        let merged = self
            .leads
            .values()
            .filter(|work| matches!(work.row.lead.stage, Stage::Merged { into } if into == lead))
            .map(|work| work.row.lead.id);
        let leads: BTreeSet<LeadId> =
            std::iter::once(lead).chain(belongings.absorbed.iter().copied()).chain(merged).collect();
        let mut keys: BTreeSet<IdentityKey> = belongings.keys;
        // A key that this batch has given to somebody else is theirs.
        keys.retain(|key| self.identities.get(key).is_none_or(|named| leads.contains(named)));
        keys.extend(self.identities.iter().filter(|(_, named)| leads.contains(named)).map(|(key, _)| *key));
        let crm: BTreeSet<&String> = belongings
            .crm
            .iter()
            .chain(self.write.persons.iter().filter(|row| leads.contains(&row.lead)).flat_map(|row| &row.crm))
            .collect();
        if !crm.is_empty() {
            let text = serde_json::json!(crm).to_string();
            self.sealed.insert(lead, self.world.keys.seal(lead.0.as_bytes(), text.as_bytes()));
        }
        self.write.identities.retain(|row| !leads.contains(&row.lead));
        for key in &keys {
            self.identities.remove(key);
            self.forgotten.insert(*key);
            self.erased.insert(*key, ErasedKey { at, lead: Some(lead) });
        }
        self.write.erasures.push(ErasureRow {
            lead: Some(lead),
            leads: leads.into_iter().collect(),
            keys: keys.into_iter().collect(),
            account: before.account,
            at,
        });
    }

    /// The newest erasure under a key, as of this point of the batch.
    fn mark(&self, key: IdentityKey) -> Option<ErasedKey> {
        self.erased.get(&key).or_else(|| self.loaded.listed.erased.get(&key)).copied()
    }

    /// Since when a key that was erased may name somebody anew.
    pub(super) fn not_before(&self, key: IdentityKey) -> Option<Moment> {
        self.mark(key).map(|erased| erased.at)
    }

    /// LIFECYCLE N7: what is told of somebody who was erased changes nothing, and is listed where it is newer than the
    /// erasure; only their own form with consent makes a new lead.
    fn gone(
        &mut self,
        entry: &Entry,
        request: &Request,
        person: &PersonRef,
    ) -> Result<Option<Outcome>, StoreError> {
        let is_visit = person.keys.iter().all(|key| key.kind == KeyKind::Anonymous);
        let counts = |key: &&IdentityKey| is_visit || key.kind != KeyKind::Anonymous;
        let marks: Vec<(IdentityKey, ErasedKey)> = person
            .keys
            .iter()
            .filter(counts)
            .filter_map(|key| self.mark(*key).map(|erased| (*key, erased)))
            .collect();
        if marks.iter().any(|(_, erased)| request.cause.occurred_at <= erased.at) {
            return Ok(Some(Outcome::Filtered("erased")));
        }
        // What they say of being contacted is kept for the day on which they come back.
        if matches!(request.command, Some(Command::SuppressLead { .. } | Command::GiveConsent { .. })) {
            return Ok(None);
        }
        let unnamed = marks.iter().find(|(key, _)| self.named_by(*key).is_none());
        if let Some((_, erased)) = unnamed {
            if is_own_wish(request) {
                return Ok(None);
            }
            if let Some(lead) = erased.lead.filter(|_| !is_visit) {
                let _listed = self.refused(entry, request, lead, &Refusal::Filtered("erased"))?;
            }
            return Ok(Some(Outcome::Filtered("erased")));
        }
        // Named by our own id: facts about the passage count, particulars of the person do not come back.
        let lead = person.keys.iter().find_map(|key| self.named_by(*key));
        match lead.filter(|lead| self.is_erased(*lead) && carries_particulars(request, person)) {
            Some(lead) => {
                let _listed = self.refused(entry, request, lead, &Refusal::Filtered("erased"))?;
                Ok(Some(Outcome::Filtered("erased")))
            }
            None => Ok(None),
        }
    }

    /// What somebody unknown says of being contacted is kept under their keys until they appear.
    fn said_by_stranger(&mut self, request: &Request, person: &PersonRef) -> Option<Outcome> {
        let said = said(request.command.as_ref()?);
        let keys: Vec<IdentityKey> = person
            .keys
            .iter()
            .filter(|key| matches!(key.kind, KeyKind::Email | KeyKind::Crm))
            .copied()
            .collect();
        let known = person.keys.iter().any(|key| self.named_by(*key).is_some());
        if said.is_empty() || keys.is_empty() || known {
            return None;
        }
        let at = request.cause.occurred_at;
        for key in keys {
            self.write.consents.extend(said.iter().map(|what| ConsentRow { key, what: *what, at }));
        }
        Some(Outcome::Applied("consent_list"))
    }

    /// Whether the person asked for no contact at all before they appeared, and did not agree anew with this very record.
    pub(super) fn forbids_contact(&self, request: &Request, person: &PersonRef) -> Option<SuppressedFor> {
        let rows = self.said_of(person);
        let newest = rows
            .iter()
            .filter(|row| matches!(row.what, Said::NoContact | Said::LegalHold))
            .max_by_key(|row| (row.what == Said::LegalHold, row.at))?;
        let legal = newest.what == Said::LegalHold;
        let void = !legal && is_own_wish(request) && request.cause.occurred_at > newest.at;
        (!void).then_some(if legal { SuppressedFor::Legal } else { SuppressedFor::OptOut })
    }

    /// What the person had said of each channel: the newest word counts, and this record's own is one of them.
    pub(super) fn honour(
        &mut self,
        entry: &Entry,
        request: &Request,
        person: &PersonRef,
        lead: LeadId,
    ) -> Result<(), StoreError> {
        let rows = self.said_of(person);
        let agreed = agreed(request);
        let own_at = request.cause.occurred_at;
        let newest = |kinds: &[Said], own: Permission| {
            let rows = rows.iter().filter(|row| kinds.contains(&row.what));
            let newest = rows.max_by_key(|row| (row.at, row.what != Said::EmailGiven))?;
            let later = own == Permission::Unknown || newest.at >= own_at;
            later.then_some(Channel { at: newest.at, said: newest.what })
        };
        let email = newest(&[Said::EmailOptedOut, Said::EmailGiven, Said::EmailWithdrawn], agreed.email);
        let phone = newest(&[Said::PhoneGiven, Said::PhoneWithdrawn], agreed.phone);
        for channel in [email, phone].into_iter().flatten() {
            let command = channel.command(lead);
            let _standing = self.decided(entry, request, lead, &command, channel.at)?;
        }
        Ok(())
    }

    fn said_of(&self, person: &PersonRef) -> Vec<ConsentRow> {
        let stored = self.loaded.listed.said.iter().chain(&self.write.consents);
        stored.filter(|row| person.keys.contains(&row.key)).copied().collect()
    }

    /// A person whom nobody may contact, as they appear: known, and never offered to anybody.
    pub(super) fn capture_silently(
        &mut self,
        entry: &Entry,
        request: &Request,
        person: &PersonRef,
        lead: LeadId,
        reason: SuppressedFor,
    ) -> Result<(), StoreError> {
        let report =
            request.command.as_ref().and_then(Command::report).cloned().unwrap_or_else(Report::default);
        let captured =
            Request { command: Some(Command::ReportProfile { report }), note: None, ..request.clone() };
        let _captured = self.command(entry, &captured, person, lead)?;
        let at = request.cause.occurred_at;
        let _silenced = self.decided(entry, request, lead, &Command::SuppressLead { reason }, at)?;
        Ok(())
    }
}

impl Channel {
    fn command(&self, lead: LeadId) -> Command {
        let consent = |email, phone| Command::GiveConsent { consent: Consent { email, phone } };
        match self.said {
            Said::EmailOptedOut => {
                let id = SignalId(*lead.0.as_bytes());
                let kind = SignalKind::EmailOptOut;
                Command::OptOutEmail { signal: Signal { id, kind, at: self.at, about: 0, automated: false } }
            }
            Said::EmailGiven => consent(Permission::Given, Permission::Unknown),
            Said::EmailWithdrawn => consent(Permission::Withdrawn, Permission::Unknown),
            Said::PhoneGiven => consent(Permission::Unknown, Permission::Given),
            Said::PhoneWithdrawn => consent(Permission::Unknown, Permission::Withdrawn),
            Said::NoContact => Command::SuppressLead { reason: SuppressedFor::OptOut },
            Said::LegalHold => Command::SuppressLead { reason: SuppressedFor::Legal },
        }
    }
}

/// Whether this lead is somebody who was erased.
pub(super) fn was_erased(lead: &Lead) -> bool {
    matches!(lead.stage, Stage::Suppressed { reason: SuppressedFor::Erased, .. })
}

/// A form by which somebody agrees to be contacted.
fn is_own_wish(request: &Request) -> bool {
    let agreed = agreed(request);
    agreed.email == Permission::Given || agreed.phone == Permission::Given
}

/// What a form says of being contacted; nothing else is the person's own word.
fn agreed(request: &Request) -> Consent {
    match &request.command {
        Some(Command::RecordSignal { signal, report }) if matches!(signal.kind, SignalKind::Form(_)) => {
            report.consent
        }
        Some(_) | None => Consent::default(),
    }
}

/// What a command says of being contacted; most say nothing.
fn said(command: &Command) -> Vec<Said> {
    if let Command::GiveConsent { consent } = command {
        let email = match consent.email {
            Permission::Given => Some(Said::EmailGiven),
            Permission::Withdrawn => Some(Said::EmailWithdrawn),
            Permission::Unknown => None,
        };
        let phone = match consent.phone {
            Permission::Given => Some(Said::PhoneGiven),
            Permission::Withdrawn => Some(Said::PhoneWithdrawn),
            Permission::Unknown => None,
        };
        return email.into_iter().chain(phone).collect();
    }
    if let Command::SuppressLead { reason } = command {
        let legal = *reason == SuppressedFor::Legal;
        return vec![if legal { Said::LegalHold } else { Said::NoContact }];
    }
    if matches!(command, Command::OptOutEmail { .. }) { vec![Said::EmailOptedOut] } else { Vec::new() }
}
