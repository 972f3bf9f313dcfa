//! Fair rotation by deficit: who of a pool is next. It never looks at a clock, and draws nothing.

use super::RouteSubject;
use crate::domain::team::{Member, MemberId, Pool, PoolId, Team};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A lead is handed from pool to next pool at most so often, so that a ring of full pools ends.
pub const POOL_STEPS_MAX: usize = 8;

/// Credit of each rep of one pool; the highest is next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    pub counters: BTreeMap<MemberId, i64>,
}

/// Why a rep was not chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum WhyNot {
    /// Not in the team.
    Unknown,
    Inactive,
    /// Had the lead before in this cycle.
    HadItBefore,
    /// Holds as many open leads as the pool allows.
    Full,
    /// Another's turn.
    NotNext,
}

impl WhyNot {
    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Inactive => "inactive",
            Self::HadItBefore => "had_it_before",
            Self::Full => "full",
            Self::NotNext => "not_next",
        }
    }
}

/// One rep who was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub rep: MemberId,
    /// `None` for the one who was chosen.
    pub why_not: Option<WhyNot>,
}

/// Who gets the lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepChoice {
    pub rep: Option<MemberId>,
    pub candidates: Vec<Candidate>,
    /// The pool's rotation afterwards; unchanged where nobody or the wanted holder was chosen.
    pub rotation: Rotation,
}

/// Chooses a rep of one pool: the wanted holder, the account's owner, else the highest credit.
///
/// Those who can't take the lead are no candidates and gain no credit, so that nobody returns to a flood.
#[must_use]
pub fn choose_rep(
    team: &Team,
    pool: &Pool,
    subject: &RouteSubject,
    rotation: &Rotation,
    open_leads: &BTreeMap<MemberId, u32>,
) -> RepChoice {
    let mut candidates = Vec::new();
    let named = [&subject.wanted, &subject.account_owner];
    for named in named.into_iter().flatten() {
        if candidates.iter().any(|it: &Candidate| it.rep == *named) {
            continue;
        }
        let why_not = unfit(team.member(named), subject, named);
        candidates.push(Candidate { rep: named.clone(), why_not });
        if why_not.is_none() {
            return RepChoice { rep: Some(named.clone()), candidates, rotation: rotation.clone() };
        }
    }
    let mut eligible: Vec<(&MemberId, i64)> = Vec::new();
    for (rep, weight) in &pool.members {
        let full = pool.open_leads_max.is_some_and(|max| open_leads.get(rep).copied().unwrap_or(0) >= max);
        let why_not = unfit(team.member(rep), subject, rep).or(full.then_some(WhyNot::Full));
        if why_not.is_none() {
            eligible.push((rep, i64::from(*weight)));
        }
        if !candidates.iter().any(|it| it.rep == *rep) {
            candidates.push(Candidate { rep: rep.clone(), why_not: why_not.or(Some(WhyNot::NotNext)) });
        }
    }
    let (rep, rotation) = next(&eligible, rotation, pool);
    if let Some(chosen) = candidates.iter_mut().find(|it| Some(&it.rep) == rep.as_ref()) {
        chosen.why_not = None;
    }
    RepChoice { rep, candidates, rotation }
}

/// Chooses a rep of the first pool, along the chain of next pools, that has one; the pool asked last where none has.
#[must_use]
pub fn choose_rep_of_pools(
    team: &Team,
    first: &PoolId,
    subject: &RouteSubject,
    rotations: &BTreeMap<PoolId, Rotation>,
    open_leads: &BTreeMap<MemberId, u32>,
) -> Option<(PoolId, RepChoice)> {
    let mut looked_at = Vec::new();
    let mut pool = team.pool(first)?;
    for _ in 0..POOL_STEPS_MAX {
        let rotation = rotations.get(&pool.id).cloned().unwrap_or_default();
        let mut choice = choose_rep(team, pool, subject, &rotation, open_leads);
        looked_at.append(&mut choice.candidates);
        let next = pool.next_pool.as_ref().and_then(|id| team.pool(id));
        match next {
            Some(next) if choice.rep.is_none() => pool = next,
            Some(_) | None => {
                choice.candidates = looked_at;
                return Some((pool.id.clone(), choice));
            }
        }
    }
    None
}

fn unfit(member: Option<&Member>, subject: &RouteSubject, id: &MemberId) -> Option<WhyNot> {
    match member {
        None => Some(WhyNot::Unknown),
        Some(member) if !member.active => Some(WhyNot::Inactive),
        Some(_) if subject.excluded.contains(id) => Some(WhyNot::HadItBefore),
        Some(_) => None,
    }
}

/// One turn: every eligible rep gains its weight, the richest (ties: order of the pool) pays the sum of all weights.
fn next(eligible: &[(&MemberId, i64)], before: &Rotation, pool: &Pool) -> (Option<MemberId>, Rotation) {
    let mut rotation = before.clone();
    rotation.counters.retain(|rep, _| pool.members.iter().any(|(id, _)| id == rep));
    let mut best: Option<(&MemberId, i64)> = None;
    let mut sum = 0;
    for (rep, weight) in eligible {
        sum += weight;
        let credit = rotation.counters.entry((*rep).clone()).or_insert(0);
        *credit += weight;
        if best.is_none_or(|(_, highest)| *credit > highest) {
            best = Some((rep, *credit));
        }
    }
    let Some((chosen, credit)) = best else {
        return (None, before.clone());
    };
    rotation.counters.insert(chosen.clone(), credit - sum);
    (Some(chosen.clone()), rotation)
}
