//! Who answers for what no rep holds: stewards, owners, the arbiter. It never says who is there now.

use super::{MemberId, PoolId, Role, Team};
use crate::domain::policy::Segment;

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

    /// Whether the person keeps order among leads that are not theirs: managers, operations, the stewards of queues and
    /// their deputies. They alone name other holders, unite and take apart, and settle what the CRM says otherwise.
    #[must_use]
    pub fn keeps_order(&self, member: &MemberId) -> bool {
        let by_role = self.members.get(member).is_some_and(|it| {
            it.roles.iter().any(|role| match role {
                Role::Manager | Role::Operations => true,
                Role::Rep | Role::Sales | Role::Marketing | Role::Arbiter => false,
            })
        });
        let mut stewards = self.pools.values().map(|pool| &pool.steward).chain([&self.offices.queue_steward]);
        let deputy = |id: &MemberId| self.members.get(id).and_then(|it| it.deputy.as_ref());
        by_role || stewards.any(|steward| steward == member || deputy(steward) == Some(member))
    }

    /// Who settles contests.
    #[must_use]
    pub fn arbiter(&self) -> &MemberId {
        &self.offices.arbiter
    }
}
