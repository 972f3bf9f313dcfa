//! Fair rotation by deficit: whose turn it is. It never looks at a clock, and draws nothing.

use crate::domain::team::MemberId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Credit and debt beyond so many leads are forgotten: what facts took past the router is paid back, but a mistake of months
/// ago neither starves nor floods anybody.
pub const CREDIT_TURNS_MAX: i64 = 10;

/// Credit of each rep of one pool: what is due to them, in parts of a lead by the sum of all weights.
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

/// Whose turn it is. Everybody who may take the lead gains their weight; the one chosen pays the sum of the weights. Those
/// who cannot take it gain nothing, so that nobody returns to a flood.
///
/// Of those whose share is due the one whose next lead would be late first is chosen, which keeps everybody within one
/// lead of their exact share at every moment (Tijdeman, "The chairman assignment problem", Discrete Mathematics 32, 1980);
/// taking the largest deficit alone would not.
pub(super) fn turn(runners: &mut [Runner]) -> Option<usize> {
    let sum: i64 = runners.iter().map(|it| it.weight).sum();
    let count = i64::try_from(runners.len()).unwrap_or(i64::MAX);
    let spread = (2 * count - 2).max(1);
    for runner in runners.iter_mut() {
        runner.credit += runner.weight;
    }
    let is_due = |it: &&Runner| i128::from(it.credit) * i128::from(spread) >= i128::from(sum);
    // When the runner's next lead would be late: (spread * (sum - credit) - sum) / weight, compared crosswise.
    let slack = |it: &Runner| i128::from(spread) * i128::from(sum - it.credit) - i128::from(sum);
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
    payer.credit -= sum;
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
        let sum: i64 = members.iter().map(|(_, weight)| i64::from(*weight)).sum();
        for taker in takers {
            if !members.iter().any(|(member, _)| *member == taker) {
                continue;
            }
            for (member, weight) in members {
                *counters.entry(member.clone()).or_insert(0) += i64::from(*weight);
            }
            *counters.entry(taker).or_insert(0) -= sum;
        }
        Self { counters }
    }
}

/// The credits of the present members: a newcomer begins at par, which is nought, and what leavers took along is shared
/// out, so that par stays nought.
#[must_use]
pub fn settled(members: &[(MemberId, u32)], rotation: &Rotation) -> Vec<i64> {
    let sum: i64 = members.iter().map(|(_, weight)| i64::from(*weight)).sum();
    let bound = sum.saturating_mul(CREDIT_TURNS_MAX);
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
