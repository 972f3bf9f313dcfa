//! How fairly pools share: from counts and the team, per pool. It reads nothing.

use crate::domain::routing::{Share, deviation_hundredths, jain_permille};
use crate::domain::team::{MemberId, Team};
use crate::store::read::fairness::Got;

/// One rep of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FairRep {
    pub member: String,
    pub name: String,
    pub weight: u32,
    /// Leads that the rotation gave.
    pub by_turn: u32,
    /// Leads got by name, beside the rotation.
    pub by_name: u32,
    /// The exact share by weight, in hundredths of a lead.
    pub ideal_hundredths: u64,
}

/// One pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FairPool {
    pub pool: String,
    pub name: String,
    pub leads: u32,
    /// Jain's index in thousandths; `None` before the first lead.
    pub jain_permille: Option<u32>,
    /// The largest distance of anybody from the exact share, in hundredths of a lead.
    pub deviation_hundredths: u64,
    pub reps: Vec<FairRep>,
}

/// Every pool of the team, with its present members by their present weights.
#[must_use]
pub fn fair_pools(got: &[Got], team: &Team) -> Vec<FairPool> {
    team.pools()
        .map(|pool| {
            let of = |rep: &MemberId| got.iter().find(|it| it.pool == pool.id && it.member == *rep);
            let shares: Vec<Share> = pool
                .members
                .iter()
                .map(|(rep, weight)| Share {
                    rep: rep.clone(),
                    weight: *weight,
                    leads: of(rep).map_or(0, |it| it.by_turn),
                })
                .collect();
            let leads: u32 = shares.iter().map(|it| it.leads).sum();
            let weights: u64 = shares.iter().map(|it| u64::from(it.weight)).sum();
            let reps = shares.iter().map(|it| FairRep {
                member: it.rep.0.clone(),
                name: team.member(&it.rep).map_or_else(|| it.rep.0.clone(), |member| member.name.clone()),
                weight: it.weight,
                by_turn: it.leads,
                by_name: of(&it.rep).map_or(0, |got| got.by_name),
                ideal_hundredths: u64::from(leads) * 100 * u64::from(it.weight) / weights.max(1),
            });
            FairPool {
                pool: pool.id.0.clone(),
                name: pool.name.clone(),
                leads,
                jain_permille: jain_permille(&shares),
                deviation_hundredths: deviation_hundredths(&shares),
                reps: reps.collect(),
            }
        })
        .collect()
}
