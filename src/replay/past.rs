//! Past leads through other rules: who would have had how many, who would have waited and how long, and how many offers
//! would have been missed at each rep's own rate. Absences, daily bounds and bounds on open leads are played as the router
//! keeps them: the team goes by what had been said by then, and a lead stays open with whoever gets it as long as it
//! really stayed open with sales. Whole numbers only, and no clock but the leads' own.

use super::then::TeamThen;
use super::walk::{Ground, Walked};
use crate::domain::ids::LeadId;
use crate::domain::lead::Lead;
use crate::domain::policy::{Policy, Priority};
use crate::domain::profile::Profile;
use crate::domain::routing::{
    CompanyNames, Knows, Load, Rotation, RouteStep, RouteSubject, chain, day_start, destination, knowing,
};
use crate::domain::team::{MemberId, Pool, PoolId, Team};
use crate::domain::time::{DAY, HOUR, Moment};
use crate::store::read::offers::PastOffer;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Offers of so many days before the first are read for who held what then; a lead that is open longer is no load.
pub const CARRIED_DAYS: u32 = 90;
/// Leads that wait are tried again with every lead that comes, and so often where none does. The router looks every five
/// seconds; who has room changes by the day and by leads that end.
const TRIED_AGAIN: i64 = HOUR;
/// A day's count looks back no further than this, whatever the zone.
const DAY_COUNT_REACH: i64 = 2 * DAY;

/// Before and after for one rep or pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    pub before: u32,
    pub after: u32,
    /// Offers that were neither accepted nor worked in time.
    pub missed_before: u32,
    /// The same to be expected, in thousandths of an offer.
    pub missed_after_permille: u64,
    /// The most leads that a rep would have had open at once; 0 for pools.
    pub open_most: u32,
}

/// What a play came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub played: u32,
    /// Left out: taken by sales without ever having been handed over.
    pub skipped: u32,
    /// Open with reps when the play began.
    pub carried: u32,
    /// Had to wait: nobody was free, or no route took them.
    pub waited: u32,
    /// Of these, so many still waited at the end.
    pub waiting: u32,
    /// Of these, so many longer than the policy gives the router.
    pub late: u32,
    /// Microseconds.
    pub longest_wait: i64,
    /// Would have gone to another rep.
    pub moved: u32,
    pub reps: BTreeMap<MemberId, Compared>,
    pub pools: BTreeMap<PoolId, Compared>,
}

/// A lead that is to be offered.
#[derive(Debug)]
struct Queued {
    offer: PastOffer,
    subject: RouteSubject,
    knows: Knows,
    /// Until when the policy gives the router.
    route_by: Moment,
    /// It was tried in vain.
    tried: bool,
    /// Where it waits.
    pool: Option<PoolId>,
}

impl Queued {
    fn order(&self) -> (Priority, Moment, LeadId) {
        (self.subject.priority, self.offer.at, self.offer.lead.id)
    }
}

/// A play under way.
#[derive(Debug)]
pub struct Play<'a> {
    policy: &'a Policy,
    team: TeamThen,
    from: Moment,
    now: Moment,
    rotations: BTreeMap<PoolId, Rotation>,
    /// Whose each open lead is, and until when.
    open: BTreeMap<LeadId, (MemberId, Option<Moment>)>,
    ends: BTreeSet<(Moment, LeadId)>,
    held: BTreeMap<MemberId, u32>,
    /// When each rep was given leads lately.
    given: BTreeMap<MemberId, VecDeque<Moment>>,
    queue: Vec<Queued>,
    outcome: Outcome,
    /// Offers and misses of each rep as they were.
    history: BTreeMap<MemberId, (u32, u32)>,
    /// Who got each lead, of which pool, and whether too late.
    taken: Vec<(Option<MemberId>, Option<PoolId>, bool)>,
}

impl<'a> Play<'a> {
    /// A play of this policy and team from a moment on, before its first lead.
    #[must_use]
    pub fn new(policy: &'a Policy, team: TeamThen, from: Moment) -> Self {
        Self {
            policy,
            team,
            from,
            now: from,
            rotations: BTreeMap::new(),
            open: BTreeMap::new(),
            ends: BTreeSet::new(),
            held: BTreeMap::new(),
            given: BTreeMap::new(),
            queue: Vec::new(),
            outcome: Outcome::default(),
            history: BTreeMap::new(),
            taken: Vec::new(),
        }
    }

    /// Plays one past offer; they come in order of time, those from before the play's first moment for who held what.
    pub fn add(&mut self, offer: PastOffer) {
        if offer.at < self.from {
            self.carry(&offer);
            return;
        }
        // Later offers of a passage go by what came before them.
        if offer.offer_no > 1 {
            return;
        }
        if offer.lead.cycle.terms.is_none() {
            self.outcome.skipped += 1;
            return;
        }
        self.pass_time(offer.at);
        let subject = RouteSubject {
            source: offer.source.clone(),
            wanted: None,
            excluded: Vec::new(),
            ..RouteSubject::of(&offer.lead, self.policy)
        };
        let knows = knows(&offer, &offer.lead);
        self.count(&offer);
        let pool = destination(self.policy, &subject, &knows).pool;
        let team = self.team.at(offer.at);
        let steward = pool.as_ref().map_or_else(|| team.queue_steward(), |pool| team.steward_of(pool));
        let hours = team.hours(team.acting(steward, offer.at));
        let route_by = hours.after(offer.at, self.policy.sla(subject.priority).route);
        let at = offer.at;
        self.queue.push(Queued { offer, subject, knows, route_by, tried: false, pool });
        self.turn(at);
    }

    /// The figures as of the end; what is expected rests on each rep's own rate, of somebody new on everybody's.
    #[must_use]
    pub fn finish(mut self, until: Moment) -> Outcome {
        self.pass_time(until);
        self.turn(until);
        for queued in std::mem::take(&mut self.queue) {
            self.outcome.waiting += 1;
            self.outcome.moved += 1;
            self.waited(&queued, until);
            if until > queued.route_by {
                self.taken.push((None, queued.pool, true));
            }
        }
        let all = self.history.values().fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        let permille = |(offers, missed): (u32, u32)| u64::from(missed) * 1_000 / u64::from(offers.max(1));
        for (rep, pool, late) in self.taken {
            // What waits beyond its time is missed for sure.
            let own = rep.as_ref().map_or(1_000, |rep| permille(*self.history.get(rep).unwrap_or(&all)));
            let rate = if late { 1_000 } else { own };
            let given = u32::from(rep.is_some());
            for compared in [
                rep.map(|rep| self.outcome.reps.entry(rep).or_default()),
                pool.map(|pool| self.outcome.pools.entry(pool).or_default()),
            ]
            .into_iter()
            .flatten()
            {
                compared.after += given;
                compared.missed_after_permille += rate;
            }
        }
        self.outcome
    }

    /// Who held the lead when the play began, if somebody did.
    fn carry(&mut self, offer: &PastOffer) {
        self.given.entry(offer.rep.clone()).or_default().push_back(offer.at);
        self.release(offer.lead.id);
        if offer.ended_at.is_none_or(|ended| ended > self.from) {
            self.hold(offer.lead.id, &offer.rep, offer.ended_at);
        }
        self.outcome.carried = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
    }

    fn count(&mut self, offer: &PastOffer) {
        let outcome = &mut self.outcome;
        outcome.played += 1;
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
    }

    /// Leads that wait are tried again, hour by hour, up to that moment and without it.
    fn pass_time(&mut self, to: Moment) {
        while !self.queue.is_empty() {
            let next = Moment((self.now.0.div_euclid(TRIED_AGAIN) + 1) * TRIED_AGAIN);
            if next >= to {
                break;
            }
            self.turn(next);
        }
    }

    /// One turn of the router over everything that waits, by priority, then age.
    fn turn(&mut self, now: Moment) {
        self.now = now;
        while let Some((_, lead)) = self.ends.first().copied().filter(|(ends, _)| *ends <= now) {
            self.release(lead);
        }
        let mut queue = std::mem::take(&mut self.queue);
        queue.sort_by_key(Queued::order);
        let mut full: BTreeSet<Option<PoolId>> = BTreeSet::new();
        for mut queued in queue {
            let known = !knowing(self.policy, &queued.subject, &queued.knows).is_empty();
            let is_full = !known && full.contains(&queued.pool);
            let walked = (!is_full).then(|| self.walk(&queued, now));
            if let Some((rep, walked)) = walked.and_then(|walked| Some((walked.rep.clone()?, walked))) {
                self.take(&queued, rep, walked.pool, now);
                continue;
            }
            if !known {
                full.insert(queued.pool.clone());
            }
            self.outcome.waited += u32::from(!queued.tried);
            queued.tried = true;
            self.queue.push(queued);
        }
    }

    fn walk(&mut self, queued: &Queued, now: Moment) -> Walked {
        let team = self.team.at(now);
        let today =
            queued.pool.as_ref().map_or_else(BTreeMap::new, |first| today(team, first, &self.given, now));
        let load = Load { open: self.held.clone(), today };
        let rotations = std::mem::take(&mut self.rotations);
        let mut ground = Ground { policy: self.policy, team, rotations, load };
        let walked = ground.walk(&queued.subject, &queued.knows, now);
        self.rotations = ground.rotations;
        walked
    }

    /// A rep gets the lead, and keeps it open as long as it really was.
    fn take(&mut self, queued: &Queued, rep: MemberId, pool: Option<PoolId>, now: Moment) {
        let offer = &queued.offer;
        self.outcome.moved += u32::from(rep != offer.rep);
        if queued.tried {
            self.waited(queued, now);
        }
        let given = self.given.entry(rep.clone()).or_default();
        given.push_back(now);
        while given.pop_front_if(|at| now.since(*at) > DAY_COUNT_REACH).is_some() {}
        let ends = offer.ended_at.map(|ended| now.plus(ended.since(offer.at)));
        self.hold(offer.lead.id, &rep, ends);
        self.taken.push((Some(rep), pool, queued.tried && now > queued.route_by));
    }

    fn waited(&mut self, queued: &Queued, until: Moment) {
        self.outcome.longest_wait = self.outcome.longest_wait.max(until.since(queued.offer.at));
        self.outcome.late += u32::from(until > queued.route_by);
    }

    fn hold(&mut self, lead: LeadId, rep: &MemberId, ends: Option<Moment>) {
        self.release(lead);
        self.open.insert(lead, (rep.clone(), ends));
        self.ends.extend(ends.map(|ends| (ends, lead)));
        let held = self.held.entry(rep.clone()).or_insert(0);
        *held += 1;
        let compared = self.outcome.reps.entry(rep.clone()).or_default();
        compared.open_most = compared.open_most.max(*held);
    }

    fn release(&mut self, lead: LeadId) {
        let Some((rep, ends)) = self.open.remove(&lead) else { return };
        if let Some(ends) = ends {
            self.ends.remove(&(ends, lead));
        }
        if let Some(held) = self.held.get_mut(&rep) {
            *held = held.saturating_sub(1);
        }
    }
}

/// What reps got since midnight of the first pool of the way that has a daily bound, as the router counts it.
fn today(
    team: &Team,
    first: &PoolId,
    given: &BTreeMap<MemberId, VecDeque<Moment>>,
    now: Moment,
) -> BTreeMap<MemberId, u32> {
    let pools = chain(team, first);
    let is_bounded =
        |pool: &&&Pool| pool.members.iter().any(|(rep, _)| team.caps(pool, rep).daily_leads_max.is_some());
    let Some(pool) = pools.iter().find(is_bounded) else { return BTreeMap::new() };
    let start = day_start(pool, now);
    let since = |at: &VecDeque<Moment>| at.iter().filter(|at| **at >= start).count();
    given.iter().map(|(rep, at)| (rep.clone(), u32::try_from(since(at)).unwrap_or(u32::MAX))).collect()
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
