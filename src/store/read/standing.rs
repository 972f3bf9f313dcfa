//! What routing rests on as it stands now, for those who only look: a made-up lead's company, and pools with their credits
//! and loads. Nothing is locked, and nobody is chosen.

use super::Reader;
use crate::domain::routing::{Load, Rotation, chain, counted_since, day_start};
use crate::domain::team::{PoolId, Team};
use crate::domain::time::Moment;
use crate::store::error::StoreError;
use crate::store::route_facts::{self, CompanyRead};
use crate::store::{assignment, rotation};
use std::collections::BTreeMap;

/// Pools as they stand: whose turn it is, what their reps hold and got today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub rotations: BTreeMap<PoolId, Rotation>,
    pub load: Load,
}

impl Reader {
    /// The company that these keys (`domain:...`, `crm:system:id`) name, those of this name, and the campaign's source.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn made_up_company(
        &self,
        keys: &[String],
        name: Option<&str>,
        campaign: Option<&str>,
    ) -> Result<CompanyRead, StoreError> {
        let mut conn = self.connection().await?;
        route_facts::made_up(&mut conn, keys, name, campaign).await
    }

    /// A pool and those after it, as the router would find them now.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn standing(&self, team: &Team, first: &PoolId, now: Moment) -> Result<Standing, StoreError> {
        let pools = chain(team, first);
        let mut conn = self.connection().await?;
        let mut rotations = BTreeMap::new();
        for pool in &pools {
            let stored = rotation::read_pool(&mut conn, &pool.id).await?;
            let takers = stored.entries.into_iter().map(|(_, taker)| taker);
            rotations.insert(pool.id.clone(), Rotation::folded(stored.credits, takers, &pool.members));
        }
        let load = assignment::load(&mut conn, &counted_since(team, &pools, now)).await?;
        Ok(Standing { rotations, load })
    }

    /// What reps hold and got today, pool by pool, as the router counts it against their bounds.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn loads(&self, team: &Team, now: Moment) -> Result<BTreeMap<PoolId, Load>, StoreError> {
        let mut conn = self.connection().await?;
        let mut loads = BTreeMap::new();
        for pool in team.pools() {
            let midnight = Some(day_start(pool, now));
            let reps = pool.members.iter().map(|(rep, _)| (rep.clone(), midnight)).collect();
            loads.insert(pool.id.clone(), assignment::load(&mut conn, &reps).await?);
        }
        Ok(loads)
    }
}
