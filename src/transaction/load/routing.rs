//! What the router's batch needs beside its leads: the pool under its lock, what reps hold, who knows the people. It decides
//! nothing.

use super::{Interrupted, Loading};
use crate::domain::ids::LeadId;
use crate::domain::routing::{Rotation, chain, counted_since};
use crate::domain::team::{MemberId, PoolId};
use crate::domain::time::Moment;
use crate::store::connect::Connection;
use crate::store::route_facts::{self, Asked};
use crate::store::{assignment, rotation, world};
use crate::transaction::failpoint::Failpoint;
use crate::transaction::loaded::{Loaded, LoadedPool};

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
        let load = assignment::load(conn, &counted_since(&self.texts.team, &pools, now)).await?;
        let folded = stored.entries.iter().map(|(entry, _)| *entry).collect();
        let members: &[(MemberId, u32)] = pools.first().map_or(&[], |pool| pool.members.as_slice());
        let takers = stored.entries.into_iter().map(|(_, taker)| taker);
        let rotation = Rotation::folded(stored.credits, takers, members);
        loaded.pool = Some(LoadedPool { pool: Some(id.clone()), rotation, folded, load });
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
