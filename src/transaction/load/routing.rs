//! What the router's batch needs beside its leads: the pool under its lock, what reps hold, who knows the people. It decides
//! nothing.

use super::{Interrupted, Loading};
use crate::domain::ids::LeadId;
use crate::domain::routing::{Load, Rotation, chain, day_start, take_down};
use crate::domain::team::{MemberId, Pool, PoolId};
use crate::domain::time::Moment;
use crate::store::connect::Connection;
use crate::store::rotation::StoredPool;
use crate::store::route_facts::{self, Asked};
use crate::store::{assignment, lead, rotation, world};
use crate::transaction::failpoint::Failpoint;
use crate::transaction::loaded::{Loaded, LoadedPool};
use std::collections::BTreeMap;

impl Loading<'_> {
    /// Locks the batch's pool and reads what its leads are known by.
    pub(super) async fn routing(
        &self,
        conn: &mut Connection,
        step: &mut Failpoint,
        id: &PoolId,
        loaded: &mut Loaded,
    ) -> Result<(), Interrupted> {
        let stored = rotation::lock_pool(conn, id).await?;
        let now = Moment(world::read(conn).await?.now);
        let pools = chain(&self.texts.team, id);
        let mut reps: Vec<MemberId> =
            pools.iter().flat_map(|pool| &pool.members).map(|(member, _)| member.clone()).collect();
        reps.sort_unstable();
        reps.dedup();
        let open = lead::open_of_reps(conn, &reps).await?;
        let is_bounded = |pool: &&&Pool| {
            pool.members.iter().any(|(rep, _)| self.texts.team.caps(pool, rep).daily_leads_max.is_some())
        };
        let today = match pools.iter().find(is_bounded) {
            Some(pool) => assignment::since(conn, &reps, day_start(pool, now)).await?,
            None => BTreeMap::new(),
        };
        let folded = stored.entries.iter().map(|(entry, _)| *entry).collect();
        let rotation = folded_rotation(stored, pools.first().copied());
        loaded.pool =
            Some(LoadedPool { pool: Some(id.clone()), rotation, folded, load: Load { open, today } });
        step.passed();
        let asked: Vec<Asked> = self
            .batch
            .routed_leads()
            .filter_map(|lead: LeadId| loaded.leads.get(&lead))
            .map(|row| Asked {
                lead: row.lead.id,
                account: row.lead.account,
                campaign: row.lead.last_campaign.clone(),
            })
            .collect();
        loaded.route_facts = route_facts::read(conn, &asked).await?;
        step.passed();
        Ok(())
    }
}

/// The stored credits, with leads that facts took past the router paid for as if it had been the taker's turn.
pub fn folded_rotation(stored: StoredPool, pool: Option<&Pool>) -> Rotation {
    let mut counters: BTreeMap<MemberId, i64> = stored.credits;
    let weights: &[(MemberId, u32)] = pool.map_or(&[], |pool| pool.members.as_slice());
    for (_, taker) in stored.entries {
        take_down(weights, &mut counters, &taker);
    }
    Rotation { counters }
}
