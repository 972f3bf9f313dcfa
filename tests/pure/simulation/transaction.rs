//! One transaction of the simulation, statement by statement: it locks and reads in the order of `transaction::load`,
//! plans with the real `plan`, and commits whole. It can be left at any statement, as a killed service leaves it.

use super::store::{Lock, Store, TransactionId};
use super::{DECODER, REFERENCE};
use crate::story::{POLICY, TEAM, start};
use baton::domain::ids::{IdentityKey, LeadId};
use baton::domain::time::{DAY, Moment};
use baton::transaction::batch::{Batch, DuplicateKey};
use baton::transaction::collect::Named;
use baton::transaction::loaded::{Loaded, World};
use baton::transaction::plan::{Planned, plan};
use std::collections::{BTreeMap, BTreeSet};

/// The statement that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Fence,
    Duplicates,
    Identities,
    Waiting,
    WaitingIdentities,
    Accounts,
    Heads,
    Opportunities,
    Leads,
    Pool,
    Parked,
    Streams,
    Clock,
    Plan,
    Apply,
    Commit,
}

/// What one statement came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Went {
    On,
    /// It waits for a lock.
    Held,
    /// Rolled back: begin again.
    Again,
    /// Rolled back: somebody else owns a position.
    Fenced,
    /// Rolled back: the ask has an answer already.
    Answered,
    Committed,
}

/// A finding: a promise of the database or the plan is broken.
pub type Finding = String;

pub struct Transaction {
    pub id: TransactionId,
    pub batch: Batch,
    pub stage: Stage,
    pub loaded: Loaded,
    pub named: Named,
    pub leads_of_keys: BTreeMap<IdentityKey, LeadId>,
    pub unbound: BTreeSet<IdentityKey>,
    /// Keys under which what waits was read.
    pub asked: BTreeSet<IdentityKey>,
    /// Keys of the batch's records, new to the table.
    pub fresh: BTreeMap<DuplicateKey, [u8; 16]>,
    now: Moment,
    planned: Option<Planned>,
    /// The fence is left out, to see that its absence is found.
    pub unfenced: bool,
}

impl Transaction {
    pub fn begin(store: &mut Store, batch: Batch, unfenced: bool) -> Self {
        Self {
            id: store.begin(),
            named: Named::of(&batch.entries),
            batch,
            stage: Stage::Fence,
            loaded: Loaded::default(),
            leads_of_keys: BTreeMap::new(),
            unbound: BTreeSet::new(),
            asked: BTreeSet::new(),
            fresh: BTreeMap::new(),
            now: Moment::EVER,
            planned: None,
            unfenced,
        }
    }

    /// Leaves everything as it was before.
    pub fn roll_back(self, store: &mut Store) {
        store.release(self.id);
    }

    /// The next statement.
    pub fn step(&mut self, store: &mut Store) -> Result<Went, Finding> {
        let went = match self.stage {
            Stage::Fence => self.fence(store),
            Stage::Duplicates => self.duplicates(store),
            Stage::Identities => self.resolve(store, self.named.keys.clone()),
            Stage::Waiting => self.waiting(store),
            Stage::WaitingIdentities => self.resolve(store, self.named.keys.clone()),
            Stage::Accounts => self.accounts(store),
            Stage::Heads => self.heads(store),
            Stage::Opportunities => self.opportunities(store),
            Stage::Leads => self.leads(store),
            Stage::Pool => self.pool(store),
            Stage::Parked => self.parked(store),
            Stage::Streams => self.streams(store),
            Stage::Clock => {
                self.now = store.now;
                Went::On
            }
            Stage::Plan => self.plan()?,
            Stage::Apply => self.apply(store),
            Stage::Commit => return self.commit(store).map(|()| Went::Committed),
        };
        match went {
            Went::On => self.stage = self.after(),
            Went::Held => {}
            Went::Again | Went::Fenced | Went::Answered | Went::Committed => store.release(self.id),
        }
        Ok(went)
    }

    fn after(&self) -> Stage {
        const ORDER: [Stage; 16] = [
            Stage::Fence,
            Stage::Duplicates,
            Stage::Identities,
            Stage::Waiting,
            Stage::WaitingIdentities,
            Stage::Accounts,
            Stage::Heads,
            Stage::Opportunities,
            Stage::Leads,
            Stage::Pool,
            Stage::Parked,
            Stage::Streams,
            Stage::Clock,
            Stage::Plan,
            Stage::Apply,
            Stage::Commit,
        ];
        if self.stage == Stage::WaitingIdentities && self.unbound != self.asked {
            return Stage::Waiting;
        }
        ORDER.into_iter().find(|stage| *stage > self.stage).unwrap_or(Stage::Commit)
    }

    fn plan(&mut self) -> Result<Went, Finding> {
        let world = World {
            now: self.now,
            policy: &POLICY,
            team: &TEAM,
            reference: &REFERENCE,
            keys: DECODER.keys(),
            live_from: start().plus(-365 * DAY),
            timeline: 0,
            board_url: None,
        };
        let planned = plan(&self.batch, &self.loaded, &world).map_err(|error| error.to_string())?;
        let again = plan(&self.batch, &self.loaded, &world).map_err(|error| error.to_string())?;
        if planned.write != again.write || planned.outcomes != again.outcomes {
            return Err("the same batch plans other rows the second time".to_owned());
        }
        if planned.outcomes.len() != self.batch.entries.len() {
            return Err("I1: not one outcome for each entry".to_owned());
        }
        self.planned = Some(planned);
        Ok(Went::On)
    }

    /// Inserts wait for whoever inserts the same; an answer that is there ends the transaction.
    fn apply(&mut self, store: &mut Store) -> Went {
        let Some(planned) = &self.planned else { return Went::Again };
        let write = &planned.write;
        let locks: Vec<Lock> = write
            .accounts
            .iter()
            .map(|row| Lock::Account(row.id))
            .chain(write.opportunities.iter().map(|row| Lock::Opportunity(row.id)))
            .chain(write.leads.iter().map(|row| Lock::Lead(row.lead.id)))
            .chain(write.idempotency.iter().map(|row| Lock::Answer(row.key.clone())))
            .collect();
        let answered = write.idempotency.as_ref().map(|row| row.key.clone());
        let went = self.lock_all(store, locks);
        match answered {
            Some(key) if went == Went::On && store.tables.answers.contains_key(&key) => Went::Answered,
            Some(_) | None => went,
        }
    }

    fn commit(&mut self, store: &mut Store) -> Result<(), Finding> {
        let planned = self.planned.as_ref().ok_or("committed without a plan")?;
        store.tables.commit(
            &self.batch,
            &self.fresh,
            &self.unbound,
            (&planned.write, &planned.outcomes),
            self.now,
        )?;
        store.release(self.id);
        Ok(())
    }
}
