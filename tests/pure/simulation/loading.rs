//! The reading half of a transaction of the simulation: what `transaction::load` locks and reads, in its order. It
//! decides nothing and writes nothing.

use super::store::{Lock, Refused, Store, Tables};
use super::transaction::{Transaction, Went};
use super::{DECODER, REFERENCE};
use crate::story::TEAM;
use baton::domain::ids::{AccountId, IdentityKey, LeadId};
use baton::domain::lead::StageKind;
use baton::domain::routing::{Load, Rotation};
use baton::domain::team::{MemberId, Pool};
use baton::store::rotation::StoredPool;
use baton::store::rows::{AuditSubject, LeadRow, ParkedRow};
use baton::transaction::batch::{DuplicateKey, Entry, Raw, RecordRef, Stream};
use baton::transaction::collect::{self, Named};
use baton::transaction::loaded::{LoadedPool, Waiting};
use baton::transaction::reread;
use std::collections::{BTreeMap, BTreeSet};

/// Parked records that one transaction replays at most, as in `transaction::load`.
const WAITING_MAX: usize = 200;

impl Transaction {
    pub fn lock_all(&self, store: &mut Store, locks: impl IntoIterator<Item = Lock>) -> Went {
        match store.lock_all(self.id, locks) {
            Ok(()) => Went::On,
            Err(Refused::Held) => Went::Held,
            Err(Refused::Deadlock) => Went::Again,
        }
    }

    pub fn fence(&mut self, store: &mut Store) -> Went {
        let mut places: Vec<_> =
            self.batch.moves.iter().map(|moved| (moved.topic.to_string(), moved.partition)).collect();
        places.sort();
        let went = self.lock_all(store, places.into_iter().map(Lock::Position));
        if went != Went::On {
            return went;
        }
        for moved in &self.batch.moves {
            let place = (moved.topic.to_string(), moved.partition);
            let Some(row) = store.tables.positions.get(&place) else { return Went::Fenced };
            if !self.unfenced && (row.epoch, row.next_offset) != (moved.epoch, moved.from) {
                return Went::Fenced;
            }
            self.loaded.positions.insert(place, row.audit_sequence);
        }
        Went::On
    }

    pub fn duplicates(&mut self, store: &mut Store) -> Went {
        let rows = collect::duplicate_keys(&self.batch);
        let key = |minute, digest| DuplicateKey { minute, digest };
        for row in &rows {
            let key = key(row.minute, row.digest);
            // A key that is committed is no conflict to wait for.
            if !store.tables.duplicates.contains_key(&key) {
                let went = self.lock_all(store, [Lock::Duplicate(key)]);
                if went != Went::On {
                    return went;
                }
            }
        }
        for row in rows {
            let key = key(row.minute, row.digest);
            match store.tables.duplicates.get(&key) {
                Some(content) => self.loaded.seen.insert(key, *content),
                None => self.fresh.insert(key, row.content),
            };
        }
        Went::On
    }

    /// Locks the keys that name nobody and reads all.
    pub fn resolve(&mut self, store: &mut Store, keys: BTreeSet<IdentityKey>) -> Went {
        let unnamed: Vec<IdentityKey> = keys
            .iter()
            .filter(|key| !matches!(store.tables.keys.get(key), Some(Some(_))))
            .filter(|key| !self.unbound.contains(key))
            .copied()
            .collect();
        let went = self.lock_all(store, unnamed.into_iter().map(Lock::Key));
        if went == Went::On {
            (self.leads_of_keys, self.unbound) = read(&store.tables, &keys);
            self.loaded.identities.clone_from(&self.leads_of_keys);
        }
        went
    }

    /// What waits under keys that name nobody is decoded, and may name more keys: those are resolved, and asked for next.
    pub fn waiting(&mut self, store: &mut Store) -> Went {
        let known: BTreeSet<_> = self.loaded.waiting.iter().map(|waiting| waiting.id).collect();
        let unasked = |row: &&ParkedRow| {
            !known.contains(&row.kept.id)
                && row.keys.iter().any(|key| self.unbound.contains(key) && !self.asked.contains(key))
        };
        let mut rows: Vec<&ParkedRow> = store.tables.parked.values().filter(unasked).collect();
        rows.sort_by_key(|row| (row.occurred_at, row.kept.id));
        rows.truncate(WAITING_MAX);
        let found: Vec<Waiting> = rows.into_iter().map(decoded_again).collect();
        self.asked.clone_from(&self.unbound);
        self.named.extend(Named::of(found.iter().map(|waiting| &waiting.entry)));
        self.loaded.waiting.extend(found);
        Went::On
    }

    pub fn accounts(&mut self, store: &mut Store) -> Went {
        let by_key: BTreeMap<String, AccountId> = self
            .named
            .account_keys
            .iter()
            .filter_map(|key| Some((key.clone(), *store.tables.account_keys.get(key)?)))
            .collect();
        let written: BTreeSet<AccountId> = self
            .named
            .written_account_keys
            .iter()
            .filter_map(|key| by_key.get(key))
            .chain(&self.named.accounts)
            .filter(|id| store.tables.accounts.contains_key(id))
            .copied()
            .collect();
        let went = if self.named.accounts.is_empty() {
            Went::On
        } else {
            self.lock_all(store, written.into_iter().map(Lock::Account))
        };
        if went == Went::On {
            self.loaded.accounts_by_key = by_key;
        }
        went
    }

    /// The audit of every subject that is no lead; a new one is made, and so meets whoever makes it too.
    pub fn heads(&mut self, store: &mut Store) -> Went {
        let named = &self.named;
        let by_key =
            named.written_account_keys.iter().filter_map(|key| self.loaded.accounts_by_key.get(key)).copied();
        let derived = named.written_account_keys.iter().map(|key| AccountId::derived(key));
        let companies =
            named.accounts.iter().copied().chain(by_key).chain(derived).map(AuditSubject::Account);
        let deals = named.opportunities.iter().copied().map(AuditSubject::Opportunity);
        let subjects: BTreeSet<AuditSubject> =
            companies.chain(deals).chain(named.subjects.iter().copied()).collect();
        let went = self.lock_all(store, subjects.iter().copied().map(Lock::Head));
        if went == Went::On {
            let head = |subject| (subject, store.tables.heads.get(&subject).copied().unwrap_or_default());
            self.loaded.heads = subjects.into_iter().map(head).collect();
        }
        went
    }

    /// A deal that is not there can't be locked.
    pub fn opportunities(&mut self, store: &mut Store) -> Went {
        let named = &self.named.opportunities;
        let there: Vec<_> =
            named.iter().filter(|id| store.tables.opportunities.contains_key(id)).copied().collect();
        let went = self.lock_all(store, there.into_iter().map(Lock::Opportunity));
        if went == Went::On {
            let tables = &store.tables;
            self.loaded.opportunities =
                named.iter().filter_map(|id| Some((*id, tables.opportunities.get(id)?.clone()))).collect();
            self.loaded.contacts =
                tables.contacts.iter().filter(|(deal, _)| named.contains(deal)).copied().collect();
        }
        went
    }

    pub fn leads(&mut self, store: &mut Store) -> Went {
        let tables = &store.tables;
        let survivor = |id: &LeadId| Some((*id, *tables.survivors.get(id)?));
        self.loaded.survivors = self.named.leads.iter().filter_map(survivor).collect();
        let named = self.named.leads.iter().chain(self.loaded.survivors.values());
        let ids: BTreeSet<LeadId> = self.leads_of_keys.values().chain(named).copied().collect();
        let there: Vec<LeadId> = ids.into_iter().filter(|id| store.tables.leads.contains_key(id)).collect();
        let went = self.lock_all(store, there.iter().copied().map(Lock::Lead));
        if went != Went::On {
            return went;
        }
        self.loaded.leads = there.into_iter().map(|id| (id, store.tables.leads[&id].clone())).collect();
        if read(&store.tables, &self.named.keys).0 != self.leads_of_keys {
            return Went::Again;
        }
        let merged = |row: &&LeadRow| row.lead.stage.kind() == StageKind::Merged;
        let news = |row: &LeadRow| !self.loaded.survivors.contains_key(&row.lead.id);
        if self.loaded.leads.values().filter(merged).any(news) {
            return Went::Again;
        }
        self.merging(&store.tables);
        let waiting = self.loaded.waiting.iter().map(|waiting| &waiting.entry);
        let causes = collect::causes(self.batch.entries.iter().chain(waiting));
        let decided = store.tables.audit.iter().filter(|row| row.event != "lead_parked");
        let told = decided.filter(|row| causes.contains(&row.cause)).map(|row| (row.cause, row.input));
        self.loaded.told = told.collect();
        let of_leads = self.loaded.leads.values().filter_map(|row| row.lead.account);
        let accounts: BTreeSet<AccountId> = of_leads
            .chain(self.loaded.accounts_by_key.values().copied())
            .chain(self.named.accounts.iter().copied())
            .collect();
        self.loaded.accounts = accounts
            .into_iter()
            .filter_map(|id| Some((id, store.tables.accounts.get(&id)?.clone())))
            .collect();
        Went::On
    }

    /// What a merge needs to know of leads that one record names together.
    fn merging(&mut self, tables: &Tables) {
        let waiting = self.loaded.waiting.iter().map(|waiting| &waiting.entry);
        let entries: Vec<&Entry> = self.batch.entries.iter().chain(waiting).collect();
        for lead in collect::merging(&entries, &self.leads_of_keys, &self.loaded.survivors) {
            let keys = tables.keys.iter().filter(|(_, named)| **named == Some(lead)).map(|(key, _)| *key);
            self.loaded.keys_of.insert(lead, keys.collect());
            if let Some(person) = tables.person(lead) {
                self.loaded.people_of.insert(lead, person);
            }
            if tables.proposed.contains(&lead) {
                self.loaded.proposed.insert(lead);
            }
        }
    }

    pub fn pool(&mut self, store: &mut Store) -> Went {
        let Some(id) = self.batch.routing.clone() else { return Went::On };
        let went = self.lock_all(store, [Lock::Pool(id.clone())]);
        if went != Went::On {
            return went;
        }
        let pool = TEAM.pool(&id);
        let next = pool.and_then(|pool| pool.next_pool.as_ref()).and_then(|next| TEAM.pool(next));
        let reps: Vec<MemberId> = [pool, next].into_iter().flatten().flat_map(members).collect();
        let credits = store
            .tables
            .rotation
            .iter()
            .filter(|((pool, _), _)| *pool == id)
            .map(|((_, who), credit)| (who.clone(), *credit));
        let entries = store
            .tables
            .rotation_entries
            .iter()
            .filter(|(_, (pool, _))| *pool == id)
            .map(|(number, (_, who))| (*number, who.clone()));
        let stored = StoredPool { credits: credits.collect(), entries: entries.collect() };
        let folded = stored.entries.iter().map(|(entry, _)| *entry).collect();
        let members = pool.map_or(&[][..], |pool| pool.members.as_slice());
        let takers = stored.entries.into_iter().map(|(_, taker)| taker);
        let rotation = Rotation::folded(stored.credits, takers, members);
        let open_leads = open_of_reps(&store.tables, &reps);
        self.loaded.pool = Some(LoadedPool {
            pool: Some(id),
            rotation,
            folded,
            load: Load { open: open_leads, ..Load::default() },
        });
        Went::On
    }

    pub fn parked(&mut self, store: &mut Store) -> Went {
        let mut ids: Vec<_> = self.loaded.waiting.iter().map(|waiting| waiting.id).collect();
        ids.sort_unstable();
        let went = self.lock_all(store, ids.into_iter().map(Lock::Parked));
        if went == Went::On {
            self.loaded.waiting.retain(|waiting| store.tables.parked.contains_key(&waiting.id));
            let binding = self.named.binding.intersection(&self.unbound).copied().collect();
            self.loaded.anonymous = store.tables.anonymous_of(&binding);
        }
        went
    }

    pub fn streams(&mut self, store: &mut Store) -> Went {
        let Some(stream) = &self.batch.stream else { return Went::On };
        if matches!(stream, Stream::Record { .. }) {
            return Went::On;
        }
        let name = stream.name();
        let went = self.lock_all(store, [Lock::Stream(name.clone())]);
        if went == Went::On {
            let last = store.tables.streams.get(&name).copied().unwrap_or(0);
            self.loaded.streams = BTreeMap::from([(name, last)]);
        }
        went
    }
}

/// What keys name; what names nobody is there once somebody asked for it.
fn read(
    tables: &Tables,
    keys: &BTreeSet<IdentityKey>,
) -> (BTreeMap<IdentityKey, LeadId>, BTreeSet<IdentityKey>) {
    let mut leads = BTreeMap::new();
    let mut unbound = BTreeSet::new();
    for key in keys {
        match tables.keys.get(key) {
            Some(Some(lead)) => {
                leads.insert(*key, *lead);
            }
            Some(None) | None => {
                unbound.insert(*key);
            }
        }
    }
    (leads, unbound)
}

fn decoded_again(row: &ParkedRow) -> Waiting {
    let kept = &row.kept;
    let record = RecordRef {
        topic: kept.topic.as_str().into(),
        partition: kept.partition,
        offset: kept.offset,
        timestamp: kept.timestamp,
    };
    let raw =
        Raw { key: kept.key.clone(), headers: reread::headers(&kept.headers), value: kept.value.clone() };
    let mut entry = reread::entry(&DECODER, &REFERENCE, record, raw, row.occurred_at.max(kept.timestamp));
    entry.duplicate = None;
    Waiting { id: kept.id, keys: row.keys.clone(), entry }
}

fn members(pool: &Pool) -> Vec<MemberId> {
    pool.members.iter().map(|(member, _)| member.clone()).collect()
}

fn open_of_reps(tables: &Tables, reps: &[MemberId]) -> BTreeMap<MemberId, u32> {
    let mut open = BTreeMap::new();
    let works = |row: &&LeadRow| {
        matches!(
            row.lead.stage.kind(),
            StageKind::Offered | StageKind::SalesAccepted | StageKind::SalesQualified
        )
    };
    for row in tables.leads.values().filter(works) {
        let Some(holder) = row.lead.holder() else { continue };
        if holder.kind() == "rep" && reps.contains(holder.member()) {
            *open.entry(holder.member().clone()).or_insert(0) += 1;
        }
    }
    open
}
