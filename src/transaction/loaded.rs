//! What a transaction has read and locked before it plans. Data only.

use super::batch::{DuplicateKey, Entry};
use crate::contract::keys::Keys;
use crate::domain::ids::{AccountId, IdentityKey, LeadId, OpportunityId};
use crate::domain::lead::Origin;
use crate::domain::policy::{Policy, Reference};
use crate::domain::routing::{Load, Rotation};
use crate::domain::signal::Signal;
use crate::domain::team::{MemberId, PoolId, Team};
use crate::domain::time::Moment;
use crate::store::audit::Told;
use crate::store::audit_head::Heads;
use crate::store::erasure::{Belongings, Listed};
use crate::store::route_facts::RouteFacts;
use crate::store::rows::{LeadRow, OpportunityRow, PersonRow};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// What stands behind every decision of the batch.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// Database time, read with the leads locked.
    pub now: Moment,
    pub policy: &'a Policy,
    pub team: &'a Team,
    pub reference: &'a Reference,
    pub live_from: Moment,
    pub timeline: i32,
    /// Names whom raw bytes mention, and seals what outlives a person by minutes.
    pub keys: &'a Keys,
    /// The board's address for `action_url`; `None` leaves it out.
    pub board_url: Option<&'a str>,
}

/// The versions of the three texts that a batch is decided under, shared between sessions by hash.
#[derive(Clone, Debug)]
pub struct Texts {
    pub policy: Arc<Policy>,
    pub team: Arc<Team>,
    pub reference: Arc<Reference>,
}

impl Texts {
    /// Whether these are the same values, not others that read alike.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.policy, &other.policy)
            && Arc::ptr_eq(&self.team, &other.team)
            && Arc::ptr_eq(&self.reference, &other.reference)
    }
}

/// What is known of a company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    pub kind: Option<String>,
    pub owner: Option<MemberId>,
    pub segment: Option<String>,
}

/// A record that waited, decoded again.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub id: Uuid,
    pub keys: Vec<IdentityKey>,
    pub entry: Entry,
}

/// Everything that was read under locks.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Keys of the batch that an earlier batch has recorded, with the content it had then.
    pub seen: BTreeMap<DuplicateKey, [u8; 16]>,
    /// Records of the batch that bring no id which a lead keeps, and that were decided on before, at whatever time.
    pub told: BTreeSet<Told>,
    /// Keys that name a lead already (merged leads resolved to their survivor).
    pub identities: BTreeMap<IdentityKey, LeadId>,
    /// Leads that go on as others.
    pub survivors: BTreeMap<LeadId, LeadId>,
    /// Of leads that may turn out to be one person: every key that names them, who they are, and whether a steward has
    /// been asked already.
    pub keys_of: BTreeMap<LeadId, Vec<IdentityKey>>,
    pub people_of: BTreeMap<LeadId, PersonRow>,
    pub proposed: BTreeSet<LeadId>,
    /// Keys that name nobody, and records wait under some of them.
    pub waiting: Vec<Waiting>,
    pub leads: BTreeMap<LeadId, LeadRow>,
    /// Leads that the batch passes by, since another transaction holds them.
    pub busy: BTreeSet<LeadId>,
    pub accounts_by_key: BTreeMap<String, AccountId>,
    pub accounts: BTreeMap<AccountId, AccountState>,
    pub opportunities: BTreeMap<OpportunityId, OpportunityRow>,
    /// Open deals, the person's own before the company's; read, without a lock, where a rejection says that there is one.
    pub open_deals: BTreeMap<LeadId, OpportunityRow>,
    /// To whose credit the campaigns that the batch names are, and since when.
    pub campaigns: BTreeMap<String, (Origin, Moment)>,
    /// Where the audit of the batch's other subjects stands.
    pub heads: Heads,
    /// Leads that are contacts of the batch's deals already.
    pub contacts: BTreeSet<(OpportunityId, LeadId)>,
    /// Stored signals of anonymous keys that the batch binds.
    pub anonymous: BTreeMap<IdentityKey, Vec<Signal>>,
    /// What the erased list and the consent list hold under keys that name nobody; of keys that name somebody anew, since
    /// when.
    pub listed: Listed,
    /// What belongs to leads that the batch erases.
    pub belongings: BTreeMap<LeadId, Belongings>,
    /// (topic, partition) to the last audit number of its stream and the stored epoch and offset.
    pub positions: BTreeMap<(String, i32), i64>,
    /// Streams that are no records, to their last number.
    pub streams: BTreeMap<String, i64>,
    /// The router's one pool: its counters with entries folded in, the entries' ids, and what reps hold.
    pub pool: Option<LoadedPool>,
    /// What is known beside the leads that the router's batch offers.
    pub route_facts: BTreeMap<LeadId, RouteFacts>,
    /// Rows of a redrive that are still kept, and its leads behind which more rows queue than the batch takes.
    pub kept: BTreeSet<Uuid>,
    pub queued_behind: BTreeSet<LeadId>,
}

/// A pool under the router's lock.
#[derive(Clone, Debug, Default)]
pub struct LoadedPool {
    pub pool: Option<PoolId>,
    pub rotation: Rotation,
    pub folded: Vec<i64>,
    /// What the reps of this pool and of those after it hold now and got today.
    pub load: Load,
}
