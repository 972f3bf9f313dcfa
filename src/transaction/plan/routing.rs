//! The router's batch: who of the pool gets each queued lead, and the pool's counters afterwards. It never reads a queue.

use super::Planner;
use crate::contract::keys::Keys;
use crate::contract::request::Request;
use crate::domain::command::{Command, Offer};
use crate::domain::decide::Refusal;
use crate::domain::event::Event;
use crate::domain::lead::Lead;
use crate::domain::leg::Leg;
use crate::domain::profile::{MailKind, Profile};
use crate::domain::routing::{
    CANDIDATES_MAX, Candidate, CompanyFacts, Destination, Knows, RouteReceipt, RouteStep, RouteSubject,
    RouteTried, Seats, chain, destination, knowing, seated, unfit,
};
use crate::domain::team::{MemberId, PoolId};
use crate::store::StoreError;
use crate::store::route_facts::RouteFacts;
use crate::store::rows::{AssignmentRow, RotationRow};
use crate::transaction::batch::{Entry, Outcome};
use crate::transaction::busy::BUSY;
use crate::transaction::loaded::{Loaded, World};

/// The pool of the router's batch and those after it; empty where no pool is locked.
pub(super) fn seats(loaded: &Loaded, world: &World<'_>) -> Vec<Seats> {
    let Some((pool, id)) = loaded.pool.as_ref().and_then(|pool| Some((pool, pool.pool.as_ref()?))) else {
        return Vec::new();
    };
    let none = crate::domain::routing::Rotation::default();
    let pools = chain(world.team, id).into_iter().enumerate();
    pools
        .map(|(place, it)| {
            // Only the first is locked; of the others it matters alone whether anybody is free.
            let rotation = if place == 0 { &pool.rotation } else { &none };
            Seats::new(world.team, it, rotation, &pool.load, world.now)
        })
        .collect()
}

/// The reason of an entry whose lead waits until somebody can take it.
const NOBODY_FREE: &str = "nobody_free";
/// The rule that an offer to a closer names.
const CLOSER: &str = "closer";

/// What a lead's way rests on.
struct Way {
    subject: RouteSubject,
    knows: Knows,
    /// Persons who were tried before any rule.
    tried: Vec<Candidate>,
}

impl Planner<'_> {
    /// Offers one queued lead to a rep, or hands it to the queue of the pool that it belongs to.
    pub(super) fn route(&mut self, entry: &Entry, request: &Request) -> Result<Outcome, StoreError> {
        let Some((id, pool)) = request.lead.zip(self.batch.routing.clone()) else {
            return Ok(Outcome::Filtered("stale"));
        };
        if self.loaded.busy.contains(&id) {
            return Ok(Outcome::Filtered(BUSY));
        }
        let Some(lead) = self.work(id).map(|work| work.row.lead.clone()) else {
            return Ok(Outcome::Filtered("stale"));
        };
        if !matches!(lead.queue(), Some((at, false)) if *at == pool) {
            return Ok(Outcome::Filtered("stale"));
        }
        let Some(command) = self.choice(&lead, &pool) else { return Ok(Outcome::Filtered("stale")) };
        let chosen = if let Command::OfferLead(offer) = &command { Some(offer.rep.clone()) } else { None };
        match self.decided(entry, request, id, &command, self.world.now)? {
            Ok(()) if matches!(command, Command::NoteNobodyFree(_)) => Ok(Outcome::Filtered(NOBODY_FREE)),
            Ok(()) => {
                if let Some(rep) = &chosen {
                    self.seats.iter_mut().for_each(|seats| seats.took(rep));
                }
                Ok(Outcome::Applied(command.name()))
            }
            Err(Refusal::NothingChanges) => Ok(Outcome::Filtered(NOBODY_FREE)),
            Err(refusal) => Ok(Outcome::Filtered(refusal.code())),
        }
    }

    /// Who knows the person, then the named accounts and the rules, then whose turn it is.
    fn choice(&mut self, lead: &Lead, pool: &PoolId) -> Option<Command> {
        if let Some(leg) = &lead.leg {
            return self.closer(lead, leg, pool);
        }
        let world = *self.world;
        let none = RouteFacts::default();
        let facts = self.loaded.route_facts.get(&lead.id).unwrap_or(&none);
        let mut way = Way {
            subject: RouteSubject { source: facts.source.clone(), ..RouteSubject::of(lead, world.policy) },
            knows: knows(lead, facts, world.keys),
            tried: Vec::new(),
        };
        // The owner may have changed in this batch.
        way.knows.account_owner = way.knows.account_owner.or_else(|| self.account_state(lead.account?).owner);
        let seated = seated(&way.subject, &self.seats);
        for (step, rule, member) in knowing(world.policy, &way.subject, &way.knows) {
            if way.tried.iter().any(|it| it.rep == member) {
                continue;
            }
            let why_not = unfit(world.team, &seated, &member, world.now);
            way.tried.push(Candidate { rep: member.clone(), why_not });
            if why_not.is_none() {
                return Some(known(&way, step, rule, member, pool));
            }
        }
        let destination = destination(world.policy, &way.subject, &way.knows);
        if let Some(to) = self.elsewhere(lead, pool, &destination) {
            return Some(Command::PassPool { to });
        }
        let Some((here, after)) = self.seats.split_first_mut() else {
            return Some(passed_on(pool, &[], &seated, way.tried.into_iter()));
        };
        let choice = here.choose(&seated);
        let Some(rep) = choice.rep else {
            return Some(passed_on(pool, after, &seated, way.tried.into_iter().chain(here.why_not(&seated))));
        };
        let mut candidates = way.tried;
        candidates.extend(choice.candidates);
        let more = choice.more + shorten(&mut candidates);
        let receipt = RouteReceipt {
            step: destination.step,
            by_turn: true,
            passed_over: destination.passed_over,
            passed_over_more: destination.passed_over_more,
            account: way.knows.account,
            first_pool: destination.pool.filter(|first| first != pool),
            candidates_more: more,
        };
        Some(Command::OfferLead(Offer {
            rep,
            pool: pool.clone(),
            rule: destination.rule,
            candidates,
            receipt: Some(Box::new(receipt)),
        }))
    }

    /// Whose turn it is among the closers, after the one whom the record named; the first rep does not close what they have
    /// just handed on.
    fn closer(&mut self, lead: &Lead, leg: &Leg, pool: &PoolId) -> Option<Command> {
        let world = *self.world;
        let first = std::iter::once(leg.first.clone());
        let subject = RouteSubject {
            wanted: leg.wanted.clone(),
            excluded: first.chain(leg.offered_to.iter().cloned()).collect(),
            ..RouteSubject::of(lead, world.policy)
        };
        let subject = seated(&subject, &self.seats);
        let offer = |rep: MemberId, candidates: Vec<Candidate>, step: RouteStep, more: u32| {
            let (pool, rule) = (pool.clone(), CLOSER.to_owned());
            let receipt = RouteReceipt {
                step,
                by_turn: step.is_by_turn(true),
                passed_over: Vec::new(),
                passed_over_more: 0,
                account: None,
                first_pool: None,
                candidates_more: more,
            };
            let receipt = Some(Box::new(receipt));
            Some(Command::OfferLead(Offer { rep, pool, rule, candidates, receipt }))
        };
        let named = leg.wanted.clone().map(|rep| {
            let why_not = unfit(world.team, &subject, &rep, world.now);
            Candidate { rep, why_not }
        });
        if let Some(named) = named.clone().filter(|named| named.why_not.is_none()) {
            return offer(named.rep.clone(), vec![named], RouteStep::Wanted, 0);
        }
        let Some((here, after)) = self.seats.split_first_mut() else {
            return Some(passed_on(pool, &[], &subject, named.into_iter()));
        };
        let choice = here.choose(&subject);
        if let Some(rep) = choice.rep {
            let mut candidates: Vec<Candidate> = named.into_iter().chain(choice.candidates).collect();
            let more = choice.more + shorten(&mut candidates);
            return offer(rep, candidates, RouteStep::Closer, more);
        }
        Some(passed_on(pool, after, &subject, named.into_iter().chain(here.why_not(&subject))))
    }

    /// The pool that the lead belongs to, unless it stands there, was handed on from there, or sales said that the rules
    /// are wrong about it.
    fn elsewhere(&self, lead: &Lead, pool: &PoolId, destination: &Destination) -> Option<PoolId> {
        let first = destination.pool.as_ref().filter(|_| lead.cycle.misroutes == 0)?;
        let pools = chain(self.world.team, first);
        (!pools.is_empty() && pools.iter().all(|it| it.id != *pool)).then(|| first.clone())
    }

    /// The pool's counters as rows; entries that were folded into them go.
    pub(super) fn fold_rotation(&mut self) {
        let Some(pool) = self.loaded.pool.as_ref() else { return };
        let Some((id, seats)) = pool.pool.as_ref().zip(self.seats.first()) else { return };
        if !seats.is_moved() && pool.folded.is_empty() {
            return;
        }
        self.write.rotation = seats
            .rotation()
            .counters
            .into_iter()
            .map(|(member, credit)| RotationRow { pool: id.clone(), member, credit })
            .collect();
        self.write.rotation_folded.clone_from(&pool.folded);
    }

    /// Every offer is counted, for the day's bounds and for fairness.
    pub(super) fn assigned(&mut self, after: &Lead, event: &Event) {
        let (Event::LeadOffered { rep, pool, rule, receipt, .. }
        | Event::CloserOffered { rep, pool, rule, receipt, .. }) = event
        else {
            return;
        };
        self.write.assignments.push(AssignmentRow {
            lead: after.id,
            version: i64::try_from(after.version).unwrap_or(i64::MAX),
            at: after.decided_at,
            pool: pool.clone(),
            member: rep.clone(),
            rule: rule.clone(),
            by_turn: receipt.as_ref().is_none_or(|it| it.by_turn),
        });
    }
}

/// Nobody of the pool takes it: on to the queue of the first pool after it in which somebody can, else it waits, and why is
/// kept.
fn passed_on(
    pool: &PoolId,
    after: &[Seats],
    subject: &RouteSubject,
    looked_at: impl Iterator<Item = Candidate>,
) -> Command {
    if let Some(next) = after.iter().find(|seats| seats.has_room(subject)) {
        return Command::PassPool { to: next.pool.clone() };
    }
    let mut candidates: Vec<Candidate> =
        looked_at.chain(after.iter().flat_map(|seats| seats.why_not(subject))).collect();
    let more = shorten(&mut candidates);
    Command::NoteNobodyFree(Box::new(RouteTried { pool: pool.clone(), candidates, more }))
}

/// An offer to somebody who knows the person or the company.
fn known(way: &Way, step: RouteStep, rule: String, rep: MemberId, pool: &PoolId) -> Command {
    let receipt = RouteReceipt {
        step,
        by_turn: false,
        passed_over: Vec::new(),
        passed_over_more: 0,
        account: way.knows.account,
        first_pool: None,
        candidates_more: 0,
    };
    Command::OfferLead(Offer {
        rep,
        pool: pool.clone(),
        rule,
        candidates: way.tried.clone(),
        receipt: Some(Box::new(receipt)),
    })
}

/// Takes out what a receipt has no room for, never the one who was chosen; says how many.
fn shorten(candidates: &mut Vec<Candidate>) -> u32 {
    let mut seen: Vec<MemberId> = Vec::new();
    candidates.retain(|it| {
        let first = it.why_not.is_none() || !seen.contains(&it.rep);
        seen.push(it.rep.clone());
        first
    });
    let mut more = 0;
    while candidates.len() > CANDIDATES_MAX {
        let Some(last) = candidates.iter().rposition(|it| it.why_not.is_some()) else { break };
        candidates.remove(last);
        more += 1;
    }
    more
}

/// Who knows the person or the company, from what was read.
fn knows(lead: &Lead, facts: &RouteFacts, keys: &Keys) -> Knows {
    let domain = Profile::value(lead.profile.company_domain.as_ref()).map(String::as_str);
    let company = CompanyFacts {
        bound: facts.company.as_ref(),
        namesakes: &facts.namesakes,
        domain,
        name: facts.company_name.as_deref(),
        company_mail: matches!(Profile::value(lead.profile.mail.as_ref()), Some(MailKind::Company)),
    };
    // Leads know their company's domain by its HMAC only.
    let is_domain = |its: &str| domain.is_some_and(|mine| keys.company(its) == mine);
    company.knows(facts.deal_owner.clone(), &is_domain)
}
