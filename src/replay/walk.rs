//! One lead through a policy's routes and a team's pools, as the router would take it. It makes no offer.

use crate::contract::policy_text::MadeUp;
use crate::domain::policy::{Grade, Policy, Priority, Segment};
use crate::domain::profile::{Profile, ProfilePatch, Stamp};
use crate::domain::routing::{
    AccountMatch, CANDIDATES_MAX, Candidate, CompanyNames, Knows, Load, PassedOver, Rotation, RouteStep,
    RouteSubject, Seats, chain, destination, knowing, seated, unfit,
};
use crate::domain::team::{MemberId, PoolId, Team};
use crate::domain::time::Moment;
use std::collections::BTreeMap;

/// Where a lead goes, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    pub step: RouteStep,
    pub rule: String,
    /// The pool that has it in the end; `None`: the steward of leads without a route.
    pub pool: Option<PoolId>,
    /// The pool that the rules gave.
    pub first_pool: Option<PoolId>,
    /// `None`: nobody is free, the pool's steward keeps it.
    pub rep: Option<MemberId>,
    pub by_turn: bool,
    pub passed_over: Vec<PassedOver>,
    pub passed_over_more: u32,
    /// At most [`CANDIDATES_MAX`], the chosen one among them.
    pub candidates: Vec<Candidate>,
    pub candidates_more: u32,
    pub account: Option<AccountMatch>,
}

/// Pools as they stand while leads are played.
#[derive(Clone, Debug)]
pub struct Ground<'a> {
    pub policy: &'a Policy,
    pub team: &'a Team,
    pub rotations: BTreeMap<PoolId, Rotation>,
    pub load: Load,
}

impl<'a> Ground<'a> {
    /// Pools in which nobody holds anything and everybody's credit is at par.
    #[must_use]
    pub fn new(policy: &'a Policy, team: &'a Team) -> Self {
        Self { policy, team, rotations: BTreeMap::new(), load: Load::default() }
    }

    /// Takes one lead through persons, named accounts, rules and pools; turns that are taken count for the next.
    pub fn walk(&mut self, subject: &RouteSubject, knows: &Knows, now: Moment) -> Walked {
        let mut tried: Vec<Candidate> = Vec::new();
        let destination = destination(self.policy, subject, knows);
        let none = Rotation::default();
        let pools = destination.pool.as_ref().map_or_else(Vec::new, |first| chain(self.team, first));
        let seats = pools.into_iter().map(|pool| Seats::new(self.team, pool, &none, &self.load, now));
        let seated = seated(subject, seats);
        for (step, rule, member) in knowing(self.policy, subject, knows) {
            if tried.iter().any(|it| it.rep == member) {
                continue;
            }
            let why_not = unfit(self.team, &seated, &member, now);
            tried.push(Candidate { rep: member.clone(), why_not });
            if why_not.is_none() {
                self.took(&member);
                return Walked {
                    step,
                    rule,
                    pool: self.team.pool_of(&member).map(|pool| pool.id.clone()),
                    first_pool: None,
                    rep: Some(member),
                    by_turn: false,
                    passed_over: Vec::new(),
                    passed_over_more: 0,
                    candidates: tried,
                    candidates_more: 0,
                    account: knows.account,
                };
            }
        }
        let mut walked = Walked {
            step: destination.step,
            rule: destination.rule,
            pool: destination.pool.clone(),
            first_pool: destination.pool,
            rep: None,
            by_turn: true,
            passed_over: destination.passed_over,
            passed_over_more: destination.passed_over_more,
            candidates: tried,
            candidates_more: 0,
            account: knows.account,
        };
        self.turn(&seated, now, &mut walked);
        walked
    }

    /// Whose turn it is in the pool, or in the first after it that has somebody.
    fn turn(&mut self, subject: &RouteSubject, now: Moment, walked: &mut Walked) {
        let Some(first) = walked.first_pool.clone() else { return };
        let team = self.team;
        for pool in chain(team, &first) {
            let rotation = self.rotations.entry(pool.id.clone()).or_default();
            let mut seats = Seats::new(team, pool, rotation, &self.load, now);
            let choice = seats.choose(subject);
            let room = CANDIDATES_MAX.saturating_sub(walked.candidates.len());
            let shown = choice.candidates.len();
            let (chosen, others): (Vec<Candidate>, Vec<Candidate>) =
                choice.candidates.into_iter().partition(|it| it.why_not.is_none());
            let kept = others.into_iter().take(room.saturating_sub(chosen.len()));
            let before = walked.candidates.len();
            walked.candidates.extend(kept);
            walked.candidates.extend(chosen);
            let left = shown.saturating_sub(walked.candidates.len() - before);
            walked.candidates_more += choice.more + u32::try_from(left).unwrap_or(0);
            if let Some(rep) = choice.rep {
                *rotation = seats.rotation();
                walked.pool = Some(pool.id.clone());
                walked.rep = Some(rep.clone());
                self.took(&rep);
                return;
            }
        }
    }

    fn took(&mut self, rep: &MemberId) {
        *self.load.today.entry(rep.clone()).or_insert(0) += 1;
        *self.load.open.entry(rep.clone()).or_insert(0) += 1;
    }
}

/// What routing sees of a made-up lead, and who knows it.
#[must_use]
pub fn subject_of(lead: &MadeUp, policy: &Policy) -> (RouteSubject, Knows) {
    let patch = ProfilePatch { employees: lead.employees, ..ProfilePatch::default() };
    let segment: Segment =
        lead.segment.unwrap_or_else(|| policy.segment(&Profile::default().patched(&patch, Stamp::default())));
    let subject = RouteSubject {
        grade: lead.grade.unwrap_or(Grade::C),
        priority: lead.priority.unwrap_or(Priority::P3),
        country: lead.country.clone(),
        region: lead.region.clone(),
        segment,
        motion: lead.motion,
        product: lead.product.clone(),
        origin: lead.origin.unwrap_or(crate::domain::lead::Origin::Marketing),
        campaign: lead.campaign.clone(),
        source: lead.source.clone(),
        wanted: lead.wanted.clone(),
        excluded: lead.had_it.clone(),
    };
    let knows = Knows {
        opportunity_owner: lead.opportunity_owner.clone(),
        cycle_holder: lead.cycle_holder.clone(),
        account_owner: lead.account_owner.clone(),
        account: None,
        names: CompanyNames {
            domain: lead.domain.clone(),
            name: lead.company.clone(),
            crm: lead.crm.iter().cloned().collect(),
        },
    };
    (subject, knows)
}
