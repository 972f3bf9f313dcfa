//! Fair rotation by deficit: whose turn it is. It never looks at a clock, and draws nothing.

use crate::domain::team::MemberId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Credit and debt beyond so many leads are forgotten: what facts took past the router is paid back, but a mistake of months
/// ago neither starves nor floods anybody.
pub const CREDIT_TURNS_MAX: i64 = 10;

/// Credit is counted in so many parts of a lead, whoever shares it: one lead costs the same while two can take it as while
/// ten can, so that nobody falls behind where others go on vacation or are full.
pub const LEAD_PARTS: i64 = 1_000_000_000;

/// Credit of each rep of one pool: what is due to them, in [`LEAD_PARTS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    pub counters: BTreeMap<MemberId, i64>,
}

/// One who may take the lead now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Runner {
    /// The place in the pool's list, which breaks ties.
    pub place: usize,
    pub weight: i64,
    /// Before the turn.
    pub credit: i64,
}

/// Whose turn it is. Everybody who may take the lead gains their share of it; the one chosen pays what all have gained.
/// Those who cannot take it gain nothing, so that nobody returns to a flood.
///
/// Of those whose share is due the one whose next lead would be late first is chosen, which keeps everybody within one
/// lead of their exact share at every moment (Tijdeman, "The chairman assignment problem", Discrete Mathematics 32, 1980);
/// taking the largest deficit alone would not.
pub(super) fn turn(runners: &mut [Runner]) -> Option<usize> {
    let weights: i64 = runners.iter().map(|it| it.weight).sum();
    let count = i64::try_from(runners.len()).unwrap_or(i64::MAX);
    let spread = (2 * count - 2).max(1);
    let mut cost = 0;
    for runner in runners.iter_mut() {
        let gain = share(runner.weight, weights);
        runner.credit += gain;
        cost += gain;
    }
    let is_due = |it: &&Runner| i128::from(it.credit) * i128::from(spread) >= i128::from(cost);
    // When the runner's next lead would be late: (spread * (cost - credit) - cost) / weight, compared crosswise.
    let slack = |it: &Runner| i128::from(spread) * i128::from(cost - it.credit) - i128::from(cost);
    let sooner = |one: &&Runner, other: &&Runner| {
        let left = slack(one) * i128::from(other.weight);
        let right = slack(other) * i128::from(one.weight);
        left.cmp(&right).then(one.place.cmp(&other.place))
    };
    let chosen = runners
        .iter()
        .filter(is_due)
        .min_by(sooner)
        .or_else(|| runners.iter().min_by_key(|it| (std::cmp::Reverse(it.credit), it.place)))?
        .place;
    let payer = runners.iter_mut().find(|it| it.place == chosen)?;
    payer.credit -= cost;
    Some(chosen)
}

impl Rotation {
    /// Stored credits, with leads that facts took past the router paid for as if it had been the taker's turn.
    #[must_use]
    pub fn folded(
        mut counters: BTreeMap<MemberId, i64>,
        takers: impl IntoIterator<Item = MemberId>,
        members: &[(MemberId, u32)],
    ) -> Self {
        for taker in takers {
            take_down(members, &mut counters, &taker);
        }
        Self { counters }
    }
}

/// What a weight gains of one lead; the shares of all add up to a lead but for a few parts.
fn share(weight: i64, weights: i64) -> i64 {
    LEAD_PARTS.saturating_mul(weight) / weights.max(1)
}

/// Takes down that somebody took a lead past the router, as if it had been their turn; nothing for who is no member.
pub fn take_down(members: &[(MemberId, u32)], counters: &mut BTreeMap<MemberId, i64>, taker: &MemberId) {
    if !members.iter().any(|(member, _)| member == taker) {
        return;
    }
    let weights: i64 = members.iter().map(|(_, weight)| i64::from(*weight)).sum();
    let mut cost = 0;
    for (member, weight) in members {
        let gain = share(i64::from(*weight), weights);
        *counters.entry(member.clone()).or_insert(0) += gain;
        cost += gain;
    }
    *counters.entry(taker.clone()).or_insert(0) -= cost;
}

/// The credits of the present members: a newcomer begins at par, which is nought, and what leavers took along is shared
/// out, so that par stays nought.
#[must_use]
pub fn settled(members: &[(MemberId, u32)], rotation: &Rotation) -> Vec<i64> {
    let bound = LEAD_PARTS * CREDIT_TURNS_MAX;
    let mut credits: Vec<Option<i64>> = members
        .iter()
        .map(|(member, _)| rotation.counters.get(member).map(|credit| (*credit).clamp(-bound, bound)))
        .collect();
    let known = i64::try_from(credits.iter().flatten().count()).unwrap_or(0);
    if known > 0 {
        let over: i64 = credits.iter().flatten().sum();
        let (each, rest) = (over.div_euclid(known), over.rem_euclid(known));
        for (place, credit) in (0_i64..).zip(credits.iter_mut().flatten()) {
            *credit -= each + i64::from(place < rest);
        }
    }
    credits.into_iter().map(|credit| credit.unwrap_or(0)).collect()
}
