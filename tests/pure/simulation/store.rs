//! The database of the simulation: the tables that a transaction touches, row locks, and constraints. A write set is
//! taken over whole or not at all; a broken constraint is a finding, never swallowed.

use baton::domain::ids::{AccountId, HandoffId, IdentityKey, LeadId, OpportunityId};
use baton::domain::signal::{Signal, SignalId, WINDOW_SIGNALS_MAX};
use baton::domain::team::{MemberId, PoolId};
use baton::domain::time::Moment;
use baton::store::rows::{
    AccountRow, AuditRow, AuditSubject, HandoffRow, IdempotencyRow, KeptRow, LeadRow, LedgerRow,
    OpportunityRow, OutboxRow, ParkedRow, PersonRow, PositionRow,
};
use baton::store::write_set::WriteSet;
use baton::transaction::batch::{Batch, DuplicateKey, Entry, Outcome};
use baton::transaction::loaded::AccountState;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A (topic, partition).
pub type Place = (String, i32);

/// Who holds locks: one open transaction.
pub type TransactionId = u64;

/// A row that a transaction can hold against others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    Position(Place),
    Duplicate(DuplicateKey),
    Key(IdentityKey),
    Account(AccountId),
    Head(AuditSubject),
    Opportunity(OpportunityId),
    Lead(LeadId),
    Pool(PoolId),
    Parked(Uuid),
    Stream(String),
    Answer(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub next_offset: i64,
    pub epoch: i64,
    pub audit_sequence: i64,
    pub caught_up_to: Option<Moment>,
}

/// Everything that is committed.
#[derive(Clone, Default)]
pub struct Tables {
    pub positions: BTreeMap<Place, Position>,
    pub duplicates: BTreeMap<DuplicateKey, [u8; 16]>,
    pub keys: BTreeMap<IdentityKey, Option<LeadId>>,
    pub leads: BTreeMap<LeadId, LeadRow>,
    pub persons: Vec<PersonRow>,
    /// Merged leads, and whom they go on as.
    pub survivors: BTreeMap<LeadId, LeadId>,
    /// Leads of which a steward is asked whether they are one person.
    pub proposed: BTreeSet<LeadId>,
    pub account_keys: BTreeMap<String, AccountId>,
    pub accounts: BTreeMap<AccountId, AccountState>,
    pub opportunities: BTreeMap<OpportunityId, OpportunityRow>,
    pub contacts: BTreeSet<(OpportunityId, LeadId)>,
    pub anonymous: BTreeMap<(IdentityKey, Moment, SignalId), Signal>,
    pub parked: BTreeMap<Uuid, ParkedRow>,
    pub quarantine: BTreeMap<Uuid, KeptRow>,
    /// Kept rows to what became of them.
    pub resolutions: BTreeMap<Uuid, String>,
    pub handoffs: BTreeMap<HandoffId, HandoffRow>,
    pub touches: BTreeSet<(LeadId, [u8; 16])>,
    pub disagreements: BTreeSet<(LeadId, i64)>,
    pub audit: Vec<AuditRow>,
    pub heads: BTreeMap<AuditSubject, (i64, [u8; 32])>,
    pub outbox: Vec<OutboxRow>,
    pub ledger: Vec<LedgerRow>,
    pub answers: BTreeMap<String, IdempotencyRow>,
    pub streams: BTreeMap<String, i64>,
    pub rotation: BTreeMap<(PoolId, MemberId), i64>,
    pub rotation_entries: BTreeMap<i64, (PoolId, MemberId)>,
    entries_so_far: i64,
    pub leases: BTreeMap<PoolId, (usize, Moment)>,
    /// What became of each record, as the transaction that moved past it said.
    pub outcomes: BTreeMap<(Place, i64), Outcome>,
}

/// A constraint of the schema that a write set breaks.
pub type Broken = String;

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(what()) }
}

impl Tables {
    /// Takes over what one transaction wrote.
    pub fn commit(
        &mut self,
        batch: &Batch,
        seen: &BTreeMap<DuplicateKey, [u8; 16]>,
        keys: &BTreeSet<IdentityKey>,
        planned: (&WriteSet, &[Outcome]),
        now: Moment,
    ) -> Result<(), Broken> {
        let (write, outcomes) = planned;
        for (key, content) in seen {
            self.duplicates.entry(*key).or_insert(*content);
        }
        for key in keys {
            self.keys.entry(*key).or_insert(None);
        }
        self.keys.extend(write.identities.iter().map(|row| (row.key, Some(row.lead))));
        write.accounts.iter().for_each(|row| self.account(row));
        for row in &write.opportunities {
            let old = self.opportunities.insert(row.id, row.clone());
            ensure(old.is_none_or(|old| old.revision <= row.revision), || {
                format!("deal {} is written over a newer revision", row.external_id)
            })?;
        }
        self.contacts.extend(write.contacts.iter().map(|row| (row.opportunity, row.lead)));
        self.leads(&write.leads)?;
        self.merge(write);
        self.contacts.retain(|contact| !write.contacts_gone.contains(contact));
        self.persons.extend(write.persons.iter().cloned());
        self.touches.extend(write.touches.iter().map(|row| (row.lead, row.signal)));
        self.disagreements.extend(write.disagreements.iter().map(|row| (row.lead, row.version)));
        self.handoffs(&write.handoffs)?;
        for row in &write.anonymous {
            self.anonymous.entry((row.key, row.signal.at, row.signal.id)).or_insert(row.signal);
        }
        self.anonymous.retain(|(key, _, _), _| !write.anonymous_bound.contains(key));
        self.rotate(write);
        self.keep(batch, write)?;
        self.trail(write)?;
        if let Some(row) = &write.idempotency {
            let before = self.answers.insert(row.key.clone(), row.clone());
            ensure(before.is_none(), || format!("ask {} is answered twice", row.key))?;
        }
        self.count(batch, write, outcomes)?;
        write.positions.iter().try_for_each(|row| self.advance(row, now))
    }

    fn account(&mut self, row: &AccountRow) {
        for key in &row.keys {
            self.account_keys.entry(key.clone()).or_insert(row.id);
        }
        let state = self.accounts.entry(row.id).or_default();
        state.kind = row.kind.clone().or_else(|| state.kind.take());
        state.owner = row.owner.clone().or_else(|| state.owner.take());
        state.segment = row.segment.clone().or_else(|| state.segment.take());
    }

    /// What belonged to a merged lead belongs to the survivor.
    fn merge(&mut self, write: &WriteSet) {
        for row in &write.merges {
            for into in self.survivors.values_mut().filter(|into| **into == row.from) {
                *into = row.into;
            }
            self.survivors.insert(row.from, row.into);
            let moved = |lead| if lead == row.from { row.into } else { lead };
            self.touches = self.touches.iter().map(|(lead, signal)| (moved(*lead), *signal)).collect();
            self.contacts = self.contacts.iter().map(|(deal, lead)| (*deal, moved(*lead))).collect();
            self.persons.retain(|person| person.lead != row.from);
        }
        let asked = write.disagreements.iter().filter(|row| row.code == "merge_proposed");
        self.proposed.extend(asked.map(|row| row.lead));
    }

    /// What is known of a person: the newest row, with every key of the CRM.
    pub fn person(&self, lead: LeadId) -> Option<PersonRow> {
        let mut rows: Vec<&PersonRow> = self.persons.iter().filter(|row| row.lead == lead).collect();
        rows.sort_by_key(|row| row.stamp);
        let crm: BTreeSet<String> = rows.iter().flat_map(|row| row.crm.iter().cloned()).collect();
        let email = rows.iter().rev().find_map(|row| row.email.clone());
        let last = (*rows.last()?).clone();
        Some(PersonRow { crm: crm.into_iter().collect(), email, ..last })
    }

    fn leads(&mut self, rows: &[LeadRow]) -> Result<(), Broken> {
        for row in rows {
            let old = self.leads.insert(row.lead.id, row.clone());
            ensure(old.is_none_or(|old| old.lead.version < row.lead.version), || {
                format!("lead {} is written over a newer version", row.lead.id)
            })?;
        }
        Ok(())
    }

    fn handoffs(&mut self, rows: &[HandoffRow]) -> Result<(), Broken> {
        for row in rows {
            let other = self
                .handoffs
                .values()
                .any(|old| (old.lead, old.cycle) == (row.lead, row.cycle) && old.id != row.id);
            ensure(!other, || format!("two handoffs of {} in cycle {}", row.lead, row.cycle))?;
            let old = self.handoffs.get(&row.id);
            let rejected = row.rejected.or(old.and_then(|old| old.rejected));
            self.handoffs.insert(row.id, HandoffRow { rejected, ..row.clone() });
        }
        Ok(())
    }

    fn rotate(&mut self, write: &WriteSet) {
        for row in &write.rotation_entries {
            self.entries_so_far += 1;
            self.rotation_entries.insert(self.entries_so_far, (row.pool.clone(), row.member.clone()));
        }
        let pools: BTreeSet<&PoolId> = write.rotation.iter().map(|row| &row.pool).collect();
        self.rotation.retain(|(pool, _), _| !pools.contains(pool));
        self.rotation
            .extend(write.rotation.iter().map(|row| ((row.pool.clone(), row.member.clone()), row.credit)));
        self.rotation_entries.retain(|id, _| !write.rotation_folded.contains(id));
    }

    /// A record may wait and be replayed in one transaction; else what is replayed was parked.
    fn keep(&mut self, batch: &Batch, write: &WriteSet) -> Result<(), Broken> {
        let read: BTreeSet<Uuid> = batch.entries.iter().filter_map(kept_id).collect();
        for (id, outcome) in &write.parked_resolved {
            ensure(self.parked.remove(id).is_some() || read.contains(id), || {
                format!("replayed, but not parked any more: {id} as {outcome}")
            })?;
            let before = self.resolutions.insert(*id, outcome.clone());
            ensure(before.is_none(), || format!("the kept record {id} has two resolutions"))?;
        }
        for row in &write.quarantine {
            self.quarantine.entry(row.id).or_insert_with(|| row.clone());
        }
        for row in &write.parked {
            self.parked.entry(row.kept.id).or_insert_with(|| row.clone());
        }
        Ok(())
    }

    fn trail(&mut self, write: &WriteSet) -> Result<(), Broken> {
        for row in &write.audit {
            let taken = self.audit.iter().rev().any(|old| {
                (old.subject, old.version) == (row.subject, row.version)
                    || (&old.stream, old.stream_sequence) == (&row.stream, row.stream_sequence)
            });
            ensure(!taken, || {
                format!("audit row {:?} {} {} is taken", row.subject, row.version, row.stream)
            })?;
            self.audit.push(row.clone());
        }
        self.heads.extend(write.heads.iter().map(|row| (row.subject, (row.version, row.hash))));
        self.outbox.extend(write.outbox.iter().cloned());
        self.streams.extend(write.streams.iter().cloned());
        Ok(())
    }

    fn count(&mut self, batch: &Batch, write: &WriteSet, outcomes: &[Outcome]) -> Result<(), Broken> {
        for row in &write.ledger {
            let sum = row.applied + row.duplicate + row.filtered + row.refused + row.parked + row.quarantined;
            ensure(row.read == sum, || format!("the ledger does not add up: {row:?}"))?;
        }
        self.ledger.extend(write.ledger.iter().cloned());
        for (entry, outcome) in batch.entries.iter().zip(outcomes) {
            let Some(record) = &entry.record else { continue };
            let place = ((record.topic.to_string(), record.partition), record.offset);
            let before = self.outcomes.insert(place.clone(), outcome.clone());
            ensure(before.is_none(), || format!("I1: the record {place:?} has two outcomes"))?;
        }
        Ok(())
    }

    fn advance(&mut self, row: &PositionRow, now: Moment) -> Result<(), Broken> {
        let place = (row.topic.clone(), row.partition);
        let position = self.positions.get_mut(&place).ok_or_else(|| format!("no position {place:?}"))?;
        position.next_offset = row.next_offset;
        position.audit_sequence = row.audit_sequence;
        position.caught_up_to = Some(row.caught_up_to.unwrap_or(now));
        Ok(())
    }

    /// The newest signals of an anonymous key, oldest first.
    pub fn anonymous_of(&self, wanted: &BTreeSet<IdentityKey>) -> BTreeMap<IdentityKey, Vec<Signal>> {
        let mut found: BTreeMap<IdentityKey, Vec<Signal>> = BTreeMap::new();
        for ((key, _, _), signal) in self.anonymous.iter().filter(|((key, _, _), _)| wanted.contains(key)) {
            found.entry(*key).or_default().push(*signal);
        }
        for signals in found.values_mut() {
            let surplus = signals.len().saturating_sub(WINDOW_SIGNALS_MAX);
            signals.drain(..surplus);
        }
        found
    }
}

/// The id under which a record is kept.
fn kept_id(entry: &Entry) -> Option<Uuid> {
    let record = entry.record.as_ref()?;
    let name = format!("{}/{}/{}", record.topic, record.partition, record.offset);
    Some(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()))
}

/// Why a lock was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Somebody holds it: wait.
    Held,
    /// Whoever holds it waits for us: the server ends our transaction (40P01).
    Deadlock,
}

/// Tables, locks and the time of the database.
#[derive(Clone, Default)]
pub struct Store {
    pub tables: Tables,
    pub now: Moment,
    /// What has happened, and how often.
    pub seen: BTreeMap<&'static str, u64>,
    locks: BTreeMap<Lock, TransactionId>,
    waits: BTreeMap<TransactionId, TransactionId>,
    begun: TransactionId,
}

impl Store {
    pub fn note(&mut self, what: &'static str) {
        *self.seen.entry(what).or_insert(0) += 1;
    }

    pub fn begin(&mut self) -> TransactionId {
        self.begun += 1;
        self.begun
    }

    /// Notes what the tables tell of a history.
    pub fn count(&mut self) {
        let tables = &self.tables;
        let events = |name| tables.audit.iter().filter(|row| row.event == name).count();
        let clocks = tables.audit.iter().filter(|row| row.stream.starts_with("sweep/")).count();
        let twice = tables.outcomes.values().filter(|outcome| **outcome == Outcome::Duplicate).count();
        let found = [
            ("a lead offered", events("lead_offered")),
            ("a clock passed", clocks),
            ("a record told twice", twice),
            ("a parked record replayed", tables.resolutions.len()),
            ("an ask answered", tables.answers.len()),
        ];
        for (what, times) in found {
            *self.seen.entry(what).or_insert(0) += times as u64;
        }
    }

    /// Takes a lock for a transaction; again is fine.
    pub fn lock(&mut self, mine: TransactionId, lock: Lock) -> Result<(), Refused> {
        self.waits.remove(&mine);
        let holder = *self.locks.entry(lock).or_insert(mine);
        if holder == mine {
            return Ok(());
        }
        let mut next = Some(holder);
        while let Some(waiting) = next {
            if waiting == mine {
                self.note("a deadlock");
                return Err(Refused::Deadlock);
            }
            next = self.waits.get(&waiting).copied();
        }
        self.note("a wait for a lock");
        self.waits.insert(mine, holder);
        Err(Refused::Held)
    }

    /// Takes locks in the order given.
    pub fn lock_all(
        &mut self,
        mine: TransactionId,
        locks: impl IntoIterator<Item = Lock>,
    ) -> Result<(), Refused> {
        locks.into_iter().try_for_each(|lock| self.lock(mine, lock))
    }

    /// Ends a transaction: its locks are free.
    pub fn release(&mut self, mine: TransactionId) {
        self.locks.retain(|_, holder| *holder != mine);
        self.waits.retain(|waiting, holder| *waiting != mine && *holder != mine);
    }

    pub fn is_quiet(&self) -> bool {
        self.locks.is_empty()
    }
}
