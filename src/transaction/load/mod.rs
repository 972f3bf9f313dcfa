//! Reads and locks what a batch needs, in the one order that all transactions keep. It decides nothing; its SQL is the
//! store's.

mod names;
mod routing;

use super::batch::{Batch, DuplicateKey, Entry, Stream};
use super::collect::{self, Named};
use super::failpoint::Failpoint;
use super::loaded::{AccountState, Loaded, Texts, Waiting};
use super::trouble::CommitError;
use super::{redrive, reread};
use crate::contract::Decoder;
use crate::domain::ids::{AccountId, IdentityKey, LeadId};
use crate::domain::lead::StageKind;
use crate::store::connect::Connection;
use crate::store::error::StoreError;
use crate::store::identity::Resolved;
use crate::store::rows::LeadRow;
use crate::store::world::WorldRow;
use crate::store::{
    account, anonymous, audit, duplicate, erasure, facts, identity, kept, lead, merge, opportunity, person,
    position, world,
};
use names::{heads, lists, resolve};
use std::collections::BTreeSet;

/// What waits may name more keys, under which more waits; a person has a few keys, so this many times is plenty.
const WAITING_ROUNDS_MAX: usize = 8;
/// Parked records that one transaction replays at most (DELIVERY, Kafka in).
const WAITING_MAX: i64 = 200;

/// Why a transaction has to be begun again, or can't be.
pub(in crate::transaction) enum Interrupted {
    /// A key named somebody else once the locks were held.
    Moved,
    /// Another policy, team or reference is active than the one at hand.
    OtherTexts(WorldRow),
    Error(CommitError),
}

impl From<StoreError> for Interrupted {
    fn from(error: StoreError) -> Self {
        Self::Error(CommitError::Store(error))
    }
}

/// What stays the same over a session.
pub(in crate::transaction) struct Loading<'a> {
    pub batch: &'a Batch,
    pub texts: &'a Texts,
    pub decoder: &'a Decoder,
}

impl Loading<'_> {
    /// Locks and reads everything, in the order of the locks; last the world.
    pub(in crate::transaction) async fn load(
        &self,
        conn: &mut Connection,
        step: &mut Failpoint,
    ) -> Result<(Loaded, WorldRow), Interrupted> {
        let mut loaded = Loaded::default();
        self.fence(conn, step, &mut loaded).await?;
        self.duplicates(conn, step, &mut loaded).await?;
        let mut named = Named::of(&self.batch.entries);
        named.leads.extend(self.batch.redrive.iter().flat_map(|again| &again.leads));
        let resolved = self.identities(conn, step, &mut named, &mut loaded).await?;
        lists(conn, step, &mut named, &resolved, &mut loaded).await?;
        self.accounts(conn, step, &named, &mut loaded).await?;
        // Before the deals are read: a deal that is not there yet can't be locked, its audit can; two lanes that first hear
        // of one at once come one after the other.
        heads(conn, step, &named, &mut loaded).await?;
        if !named.opportunities.is_empty() {
            loaded.opportunities = opportunity::lock(conn, &named.opportunities).await?;
            loaded.contacts = opportunity::contacts(conn, &named.opportunities).await?;
            step.passed();
        }
        if !named.campaigns.is_empty() {
            loaded.campaigns = facts::campaign_origins(conn, &named.campaigns).await?;
            step.passed();
        }
        self.leads(conn, step, &named, &resolved, &mut loaded).await?;
        self.open_deals(conn, step, &mut loaded).await?;
        for lead in collect::erased(&self.batch.entries, &resolved.leads) {
            loaded.belongings.insert(lead, erasure::belongings(conn, lead).await?);
            step.passed();
        }
        if let Some(pool) = &self.batch.routing {
            self.routing(conn, step, pool, &mut loaded).await?;
        }
        self.waiting(conn, step, &named, &resolved, &mut loaded).await?;
        // With the leads locked, so that a repetition on another lane has committed or waits.
        let waiting = loaded.waiting.iter().map(|waiting| &waiting.entry);
        let causes = collect::causes(self.batch.entries.iter().chain(waiting));
        if !causes.is_empty() {
            loaded.told = audit::told(conn, &causes).await?;
            step.passed();
        }
        redrive::lock(conn, self.batch, &mut loaded).await?;
        let counted = self.batch.stream.as_ref().filter(|it| !matches!(it, Stream::Record { .. }));
        if let Some(stream) = counted {
            loaded.streams = audit::lock_streams(conn, &BTreeSet::from([stream.name()])).await?;
            step.passed();
        }
        let world = world::read(conn).await?;
        step.passed();
        Ok((loaded, world))
    }

    async fn fence(
        &self,
        conn: &mut Connection,
        step: &mut Failpoint,
        loaded: &mut Loaded,
    ) -> Result<(), Interrupted> {
        if self.batch.moves.is_empty() {
            return Ok(());
        }
        let mine: Vec<(String, i32)> =
            self.batch.moves.iter().map(|moved| (moved.topic.to_string(), moved.partition)).collect();
        let stored = position::fence(conn, &mine).await?;
        step.passed();
        for moved in &self.batch.moves {
            let row = stored.iter().find(|row| row.topic == *moved.topic && row.partition == moved.partition);
            let ours = row.filter(|row| row.epoch == moved.epoch && row.next_offset == moved.from);
            let Some(row) = ours else {
                return Err(Interrupted::Error(CommitError::Fenced {
                    topic: moved.topic.to_string(),
                    partition: moved.partition,
                }));
            };
            loaded.positions.insert((row.topic.clone(), row.partition), row.audit_sequence);
        }
        Ok(())
    }

    async fn duplicates(
        &self,
        conn: &mut Connection,
        step: &mut Failpoint,
        loaded: &mut Loaded,
    ) -> Result<(), Interrupted> {
        let keys = collect::duplicate_keys(self.batch);
        if keys.is_empty() {
            return Ok(());
        }
        let seen = duplicate::record(conn, &keys).await?;
        step.passed();
        loaded.seen = seen
            .into_iter()
            .map(|row| (DuplicateKey { minute: row.minute, digest: row.digest }, row.content))
            .collect();
        Ok(())
    }

    /// Resolves keys; what waits under keys that name nobody is decoded and names more.
    async fn identities(
        &self,
        conn: &mut Connection,
        step: &mut Failpoint,
        named: &mut Named,
        loaded: &mut Loaded,
    ) -> Result<Resolved, Interrupted> {
        let mut resolved = resolve(conn, step, &named.keys).await?;
        let mut asked: BTreeSet<IdentityKey> = BTreeSet::new();
        for _ in 0..WAITING_ROUNDS_MAX {
            let unbound: BTreeSet<IdentityKey> = resolved.unbound.difference(&asked).copied().collect();
            if unbound.is_empty() {
                break;
            }
            let rows = kept::waiting(conn, &unbound, WAITING_MAX).await?;
            step.passed();
            asked.extend(unbound);
            let known: BTreeSet<uuid::Uuid> = loaded.waiting.iter().map(|waiting| waiting.id).collect();
            let found: Vec<Waiting> = rows
                .into_iter()
                .filter(|row| !known.contains(&row.id))
                .map(|row| reread::waiting(self.decoder, &self.texts.reference, row))
                .collect();
            let waiting = Named::of(found.iter().map(|waiting| &waiting.entry));
            loaded.waiting.extend(found);
            let more: BTreeSet<IdentityKey> = waiting.keys.difference(&named.keys).copied().collect();
            if !more.is_empty() {
                let added = resolve(conn, step, &more).await?;
                resolved.leads.extend(added.leads);
                resolved.unbound.extend(added.unbound);
                resolved.not_before.extend(added.not_before);
            }
            named.extend(waiting);
        }
        loaded.identities.clone_from(&resolved.leads);
        Ok(resolved)
    }

    /// Companies: those that records are about are locked, all that are named are read.
    async fn accounts(
        &self,
        conn: &mut Connection,
        step: &mut Failpoint,
        named: &Named,
        loaded: &mut Loaded,
    ) -> Result<(), Interrupted> {
        if named.account_keys.is_empty() {
            return Ok(());
        }
        loaded.accounts_by_key = account::by_key(conn, &named.account_keys).await?;
        step.passed();
        if !named.accounts.is_empty() {
            let by_key = named.written_account_keys.iter().filter_map(|key| loaded.accounts_by_key.get(key));
            let written: BTreeSet<AccountId> = named.accounts.iter().chain(by_key).copied().collect();
            account::lock(conn, &written).await?;
            step.passed();
        }
        Ok(())
    }

    /// Locks the leads, then makes sure that the keys still name them.
    async fn leads(
        &self,
        conn: &mut Connection,
        step: &mut Failpoint,
        named: &Named,
        resolved: &Resolved,
        loaded: &mut Loaded,
    ) -> Result<(), Interrupted> {
        if !named.leads.is_empty() {
            loaded.survivors = lead::survivors(conn, &named.leads).await?;
            step.passed();
        }
        let named_and_survivors = named.leads.iter().chain(loaded.survivors.values());
        let ids: BTreeSet<LeadId> = resolved.leads.values().chain(named_and_survivors).copied().collect();
        if !ids.is_empty() {
            loaded.leads = if self.batch.passes_by {
                let free = lead::lock_free(conn, &ids).await?;
                loaded.busy = ids.into_iter().filter(|id| !free.contains_key(id)).collect();
                free
            } else {
                lead::lock(conn, &ids).await?
            };
            step.passed();
            // Merged while we waited for its lock.
            let merged = |row: &LeadRow| row.lead.stage.kind() == StageKind::Merged;
            if loaded.leads.values().any(|row| merged(row) && !loaded.survivors.contains_key(&row.lead.id)) {
                return Err(Interrupted::Moved);
            }
            if !resolved.leads.is_empty() {
                let again = identity::read(conn, &named.keys).await?;
                step.passed();
                if again != *resolved {
                    return Err(Interrupted::Moved);
                }
            }
        }
        self.merging(conn, step, resolved, loaded).await?;
        let of_leads = loaded.leads.values().filter_map(|row| row.lead.account);
        let accounts: BTreeSet<AccountId> = of_leads
            .chain(loaded.accounts_by_key.values().copied())
            .chain(named.accounts.iter().copied())
            .collect();
        if !accounts.is_empty() {
            let facts = account::read(conn, &accounts).await?;
            step.passed();
            loaded.accounts = facts
                .into_iter()
                .map(|(id, it)| (id, AccountState { kind: it.kind, owner: it.owner, segment: it.segment }))
                .collect();
        }
        Ok(())
    }

    /// The open deals that rejections of the batch say are there already.
    async fn open_deals(
        &self,
        conn: &mut Connection,
        step: &mut Failpoint,
        loaded: &mut Loaded,
    ) -> Result<(), Interrupted> {
        let waiting = loaded.waiting.iter().map(|waiting| &waiting.entry);
        if collect::names_open_deal(self.batch.entries.iter().chain(waiting)) {
            let leads = loaded.leads.values().map(|row| (row.lead.id, row.lead.account)).collect();
            loaded.open_deals = opportunity::open_of(conn, &leads).await?;
            step.passed();
        }
        Ok(())
    }

    /// What a merge needs to know of leads that one record names together.
    async fn merging(
        &self,
        conn: &mut Connection,
        step: &mut Failpoint,
        resolved: &Resolved,
        loaded: &mut Loaded,
    ) -> Result<(), Interrupted> {
        let waiting = loaded.waiting.iter().map(|waiting| &waiting.entry);
        let entries: Vec<&Entry> = self.batch.entries.iter().chain(waiting).collect();
        let merging = collect::merging(&entries, &resolved.leads, &loaded.survivors);
        if merging.is_empty() {
            return Ok(());
        }
        loaded.keys_of = merge::keys(conn, &merging).await?;
        loaded.people_of = person::read(conn, &merging).await?;
        loaded.proposed = merge::proposed(conn, &merging).await?;
        step.passed();
        Ok(())
    }

    /// Locks what waits and reads the signals of anonymous ids that the batch may bind.
    async fn waiting(
        &self,
        conn: &mut Connection,
        step: &mut Failpoint,
        named: &Named,
        resolved: &Resolved,
        loaded: &mut Loaded,
    ) -> Result<(), Interrupted> {
        if !loaded.waiting.is_empty() {
            let mut ids: Vec<uuid::Uuid> = loaded.waiting.iter().map(|waiting| waiting.id).collect();
            ids.sort_unstable();
            let there = kept::lock(conn, &ids).await?;
            step.passed();
            loaded.waiting.retain(|waiting| there.contains(&waiting.id));
        }
        let binding: BTreeSet<IdentityKey> = named.binding.intersection(&resolved.unbound).copied().collect();
        if !binding.is_empty() {
            loaded.anonymous = anonymous::read(conn, &binding).await?;
            step.passed();
        }
        Ok(())
    }
}
