//! Past offers through other rules: who would have had how many, who would have waited, and how many offers would have been
//! missed at each rep's own rate. Whole numbers only; open leads are not played, since nobody knows how long another rep
//! would have kept them.

use super::walk::{Ground, Walked};
use crate::domain::lead::Lead;
use crate::domain::policy::Policy;
use crate::domain::profile::Profile;
use crate::domain::routing::{CompanyNames, Knows, Load, RouteStep, RouteSubject};
use crate::domain::team::{MemberId, PoolId, Team};
use crate::domain::time::{DAY, Moment};
use crate::store::read::offers::PastOffer;
use std::collections::BTreeMap;

/// Before and after for one rep or pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    pub before: u32,
    pub after: u32,
    /// Offers that were neither accepted nor worked in time.
    pub missed_before: u32,
    /// The same to be expected, in thousandths of an offer.
    pub missed_after_permille: u64,
}

/// What a play came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub played: u32,
    /// Left out: taken by sales without ever having been handed over.
    pub skipped: u32,
    /// Would have waited with a steward: nobody was free, or no route took them.
    pub waiting: u32,
    /// Would have gone to another rep.
    pub moved: u32,
    pub reps: BTreeMap<MemberId, Compared>,
    pub pools: BTreeMap<PoolId, Compared>,
}

/// A play under way.
#[derive(Debug)]
pub struct Play<'a> {
    ground: Ground<'a>,
    /// The day that daily bounds count.
    day: i64,
    outcome: Outcome,
    /// Offers and misses of each rep as they were.
    history: BTreeMap<MemberId, (u32, u32)>,
    taken: Vec<(Option<MemberId>, Option<PoolId>)>,
}

impl<'a> Play<'a> {
    /// A play of these texts, before its first lead.
    #[must_use]
    pub fn new(policy: &'a Policy, team: &'a Team) -> Self {
        Self {
            ground: Ground::new(policy, team),
            day: i64::MIN,
            outcome: Outcome::default(),
            history: BTreeMap::new(),
            taken: Vec::new(),
        }
    }

    /// Plays one past offer; they come in order of time.
    pub fn add(&mut self, offer: &PastOffer) -> Option<Walked> {
        if offer.lead.cycle.terms.is_none() {
            self.outcome.skipped += 1;
            return None;
        }
        let day = offer.at.0.div_euclid(DAY);
        if day != self.day {
            self.day = day;
            self.ground.load = Load::default();
        }
        let subject = RouteSubject {
            source: offer.source.clone(),
            wanted: None,
            excluded: Vec::new(),
            ..RouteSubject::of(&offer.lead, self.ground.policy)
        };
        let walked = self.ground.walk(&subject, &knows(offer, &offer.lead), offer.at);
        self.count(offer, &walked);
        Some(walked)
    }

    fn count(&mut self, offer: &PastOffer, walked: &Walked) {
        let outcome = &mut self.outcome;
        outcome.played += 1;
        outcome.waiting += u32::from(walked.rep.is_none());
        outcome.moved += u32::from(walked.rep.as_ref() != Some(&offer.rep));
        let missed = u32::from(offer.missed);
        for compared in [
            outcome.reps.entry(offer.rep.clone()).or_default(),
            outcome.pools.entry(offer.pool.clone()).or_default(),
        ] {
            compared.before += 1;
            compared.missed_before += missed;
        }
        let history = self.history.entry(offer.rep.clone()).or_default();
        history.0 += 1;
        history.1 += missed;
        self.taken.push((walked.rep.clone(), walked.pool.clone()));
    }

    /// The figures; what is expected rests on each rep's own rate, of somebody new on everybody's.
    #[must_use]
    pub fn finish(mut self) -> Outcome {
        let all = self.history.values().fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        let permille = |(offers, missed): (u32, u32)| u64::from(missed) * 1_000 / u64::from(offers.max(1));
        for (rep, pool) in self.taken {
            // Who waits for nobody is missed for sure.
            let rate = rep.as_ref().map_or(1_000, |rep| permille(*self.history.get(rep).unwrap_or(&all)));
            if let Some(rep) = rep {
                let compared = self.outcome.reps.entry(rep).or_default();
                compared.after += 1;
                compared.missed_after_permille += rate;
            }
            if let Some(pool) = pool {
                let compared = self.outcome.pools.entry(pool).or_default();
                compared.after += 1;
                compared.missed_after_permille += rate;
            }
        }
        self.outcome
    }
}

/// Who knew the person then: rules do not change that.
fn knows(offer: &PastOffer, lead: &Lead) -> Knows {
    let of = |step: RouteStep| (offer.step == Some(step)).then(|| offer.rep.clone());
    let crm = offer.account_keys.iter().filter_map(|key| key.strip_prefix("crm:"));
    Knows {
        opportunity_owner: of(RouteStep::Wanted).or_else(|| of(RouteStep::OpenOpportunity)),
        cycle_holder: of(RouteStep::OpenCycle),
        account_owner: of(RouteStep::AccountOwner).or_else(|| offer.account_owner.clone()),
        account: offer.account,
        names: CompanyNames {
            domain: Profile::value(lead.profile.company_domain.as_ref()).cloned(),
            name: offer.account_name.clone(),
            crm: crm.map(str::to_owned).collect(),
        },
    }
}

/// The first moment of so many days before now.
#[must_use]
pub fn since(now: Moment, days: u32) -> Moment {
    now.plus(-i64::from(days) * DAY)
}
