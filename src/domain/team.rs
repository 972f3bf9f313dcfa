//! Who is there: people, pools, stewards, owners and deputies. It never knows who holds which lead.

use super::policy::Segment;
use super::time::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A person of the team, by the id that the team file gives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MemberId(pub String);

/// A pool of reps who share leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PoolId(pub String);

impl fmt::Display for MemberId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for PoolId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The person's user record in a CRM.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CrmUser {
    pub system: String,
    pub id: String,
}

/// What a person may be asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    Rep,
    Sales,
    Marketing,
    Operations,
    Manager,
    Arbiter,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] =
        &[Self::Rep, Self::Sales, Self::Marketing, Self::Operations, Self::Manager, Self::Arbiter];

    /// The word of the team file.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Rep => "rep",
            Self::Sales => "sales",
            Self::Marketing => "marketing",
            Self::Operations => "operations",
            Self::Manager => "manager",
            Self::Arbiter => "arbiter",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }
}

/// Why nobody may be offered to somebody now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Not in the team any more, or switched off.
    Inactive,
    /// On vacation or off sick; `until` when they are back, if it is known.
    Away { until: Option<Moment> },
    /// Outside their working hours, which begin again then.
    OffShift { opens: Moment },
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub id: MemberId,
    pub name: String,
    pub crm: CrmUser,
    pub roles: Vec<Role>,
    pub manager: Option<MemberId>,
    pub active: bool,
    /// Who acts while this person is away; there for everybody who holds leads by office.
    pub deputy: Option<MemberId>,
}

/// Reps who share leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    pub id: PoolId,
    pub name: String,
    /// In the order that breaks ties; the weight is the share of leads, at least 1.
    pub members: Vec<(MemberId, u32)>,
    pub steward: MemberId,
    /// Where leads go when nobody of this pool can take one.
    pub next_pool: Option<PoolId>,
    /// Where leads go once a rep of this pool has qualified them; `None`: the rep closes them.
    pub closer_pool: Option<PoolId>,
    /// A rep with so many open leads gets no more.
    pub open_leads_max: Option<u32>,
    /// IANA name of the pool's time zone.
    pub time_zone: String,
    /// Working hours, in minutes after midnight.
    pub opens_minute: u32,
    pub closes_minute: u32,
}

/// Everybody, compiled: every id in it is known, every office is held by a person with a deputy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// SHA-256 of the text: the version.
    pub hash: [u8; 32],
    members: BTreeMap<MemberId, Member>,
    by_crm: BTreeMap<CrmUser, MemberId>,
    pools: BTreeMap<PoolId, Pool>,
    offices: Offices,
}

/// Who answers for what no rep holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offices {
    /// Owners of captured and recycled leads: enterprise, mid-market, small.
    pub segment_owners: [MemberId; 3],
    /// Fixes data for marketing.
    pub marketing_owner: MemberId,
    pub operations: MemberId,
    pub arbiter: MemberId,
    /// Steward of leads that no route takes.
    pub queue_steward: MemberId,
}

impl Team {
    /// Puts a team together; the reader of the team file has checked that every id is known.
    #[must_use]
    pub fn new(hash: [u8; 32], members: Vec<Member>, pools: Vec<Pool>, offices: Offices) -> Self {
        Self {
            hash,
            by_crm: members.iter().map(|member| (member.crm.clone(), member.id.clone())).collect(),
            members: members.into_iter().map(|member| (member.id.clone(), member)).collect(),
            pools: pools.into_iter().map(|pool| (pool.id.clone(), pool)).collect(),
            offices,
        }
    }

    /// A person by id.
    #[must_use]
    pub fn member(&self, id: &MemberId) -> Option<&Member> {
        self.members.get(id)
    }

    /// Everybody, by id.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// A person by CRM user.
    #[must_use]
    pub fn by_crm(&self, system: &str, id: &str) -> Option<&Member> {
        let user = CrmUser { system: system.to_owned(), id: id.to_owned() };
        self.by_crm.get(&user).and_then(|it| self.members.get(it))
    }

    /// A pool by id.
    #[must_use]
    pub fn pool(&self, id: &PoolId) -> Option<&Pool> {
        self.pools.get(id)
    }

    /// Every pool, by id.
    pub fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.pools.values()
    }

    /// The first pool, by id, that the person is in.
    #[must_use]
    pub fn pool_of(&self, member: &MemberId) -> Option<&Pool> {
        self.pools.values().find(|pool| pool.members.iter().any(|(id, _)| id == member))
    }

    /// The steward of a pool's queue; of an unknown pool, the steward of leads without a route.
    #[must_use]
    pub fn steward_of(&self, pool: &PoolId) -> &MemberId {
        self.pools.get(pool).map_or(&self.offices.queue_steward, |pool| &pool.steward)
    }

    /// The steward of leads that no route takes.
    #[must_use]
    pub fn queue_steward(&self) -> &MemberId {
        &self.offices.queue_steward
    }

    /// The owner in marketing of captured and recycled leads of a segment.
    #[must_use]
    pub fn segment_owner(&self, segment: Segment) -> &MemberId {
        &self.offices.segment_owners[segment as usize]
    }

    /// The person in marketing who fixes data.
    #[must_use]
    pub fn marketing_owner(&self) -> &MemberId {
        &self.offices.marketing_owner
    }

    /// The operations steward.
    #[must_use]
    pub fn operations(&self) -> &MemberId {
        &self.offices.operations
    }

    /// Who settles contests.
    #[must_use]
    pub fn arbiter(&self) -> &MemberId {
        &self.offices.arbiter
    }

    /// The person's manager.
    #[must_use]
    pub fn manager_of(&self, member: &MemberId) -> Option<&MemberId> {
        self.members.get(member)?.manager.as_ref()
    }

    /// Why the person cannot take a lead at this moment; nobody who is unknown can.
    #[must_use]
    pub fn absence(&self, member: &MemberId, _at: Moment) -> Option<Absence> {
        let active = self.members.get(member).is_some_and(|member| member.active);
        (!active).then_some(Absence::Inactive)
    }

    /// The person, or while inactive the deputy, and the deputy's; the last one where all are inactive.
    #[must_use]
    pub fn acting<'a>(&'a self, member: &'a MemberId) -> &'a MemberId {
        let mut id = member;
        for _ in 0..self.members.len() {
            match self.members.get(id) {
                Some(Member { active: false, deputy: Some(deputy), .. }) => id = deputy,
                Some(_) | None => return id,
            }
        }
        id
    }
}
