//! Turns of the router and of the sweeper over a drawn company, each choice held against what the specification says of it,
//! worked out here by other means. Nothing of it asks the code under test who should have been chosen.

use super::live::{Company, TICK, events};
use crate::plan::desk::Desk;
use crate::property::is_date;
use baton::domain::custody::{Clock, Rung};
use baton::domain::event::{Event, Withdrawal};
use baton::domain::ids::{AccountId, LeadId};
use baton::domain::lead::{Lead, StageKind};
use baton::domain::policy::Priority;
use baton::domain::routing::{
    Company as House, Load, Rotation, RouteRule, RouteStep, RouteSubject, chain, day_start, name_key,
};
use baton::domain::team::{Absence, MemberId, Pool, PoolId};
use baton::domain::time::{MINUTE, Moment};
use baton::store::route_facts::RouteFacts;
use baton::store::work::Horizon;
use baton::transaction::batch::{Batch, Outcome, Stream};
use baton::transaction::loaded::LoadedPool;
use baton::transaction::turn;
use std::collections::{BTreeMap, BTreeSet};

/// Rounds in which one moment's clocks, or one moment's queue, must come to rest.
const ROUNDS_MAX: usize = 40;
/// Hundredths of a lead that anybody may be from the sum of their shares, whatever changes on the way (see `routing`).
const SHARE_OFF_MAX: u64 = 250;
/// Parts of a lead in which shares are counted.
const PARTS: i128 = 1_000_000;

impl Company {
    /// Passes what is due, as the sweeper's loop does at one of its looks.
    pub fn sweep(&mut self) {
        let now = self.desk.now;
        let horizon =
            Horizon { now, watermark: Some(self.feed_stands_at.unwrap_or(now)), releases: 0, silences: 0 };
        for round in 0.. {
            let until = horizon.fires_until();
            let due = |lead: &&Lead| lead.custody().is_some_and(|it| it.next_due_at() <= until);
            let leads: Vec<Lead> = self.leads().filter(due).cloned().collect();
            if leads.is_empty() {
                return;
            }
            assert!(round < ROUNDS_MAX, "a clock fires for ever at one moment: {:?}", leads[0].stage);
            let entries =
                leads.iter().filter_map(|lead| turn::pass_deadline(Desk::keys(), lead, now)).collect();
            let stream = Some(Stream::Sweep(0));
            let planned = self.taken(Batch { stream, entries, ..Batch::default() });
            let mut decided: BTreeMap<LeadId, Vec<Event>> = BTreeMap::new();
            for (lead, event) in events(&planned) {
                decided.entry(lead).or_default().push(event);
            }
            for (lead, outcome) in leads.iter().zip(&planned.outcomes) {
                assert_eq!(*outcome, Outcome::Applied("pass_deadline"), "{:?}", lead.stage);
                self.passed(lead, &decided[&lead.id], until);
            }
        }
    }

    /// One clock came due: in the holder's hours, as soon as it may, no earlier, and once.
    fn passed(&mut self, lead: &Lead, events: &[Event], until: Moment) {
        let (now, custody) = (self.desk.now, lead.custody().unwrap());
        let clock = custody.clocks().min_by_key(|clock| (clock.rung_at, clock.kind)).unwrap();
        let hours = self.team().hours(custody.holder.member());
        let date = is_date(clock.kind, lead.stage.kind(), &custody.holder);
        assert!(clock.rung_at <= until, "{clock:?} fired before the facts were in");
        if let Some(Event::ClockPutOff { until, .. }) = events.first() {
            assert!(!date && !hours.is_open(now), "put off in working time: {clock:?} at {now}");
            assert!(hours.is_open(*until) && *until > now && hours.between(now, *until) == 0, "{clock:?}");
            self.tally.put_off += 1;
            return;
        }
        assert!(date || hours.covers(now, MINUTE), "{clock:?} fired at {now}, when nobody works");
        let allowed = clock.rung_at.max(self.undisturbed_since).max(lead.decided_at);
        let first = if date || hours.covers(allowed, MINUTE) { allowed } else { hours.opening(allowed) };
        assert!(now.since(first) <= TICK, "{clock:?} fired at {now} and might have at {first}");
        let key = format!("{} {} {clock:?} {:?}", lead.id, lead.custody_version, custody.holder);
        assert!(self.fired.insert(key), "{clock:?} fired twice");
        self.tally.fired += 1;
        let missed = events.iter().any(|event| {
            matches!(
                event,
                Event::OfferWithdrawn { why: Withdrawal::NotAccepted | Withdrawal::NotContacted, .. }
                    | Event::CloserWithdrawn { why: Withdrawal::NotAccepted, .. }
            )
        });
        if missed {
            self.taken_back(lead, clock);
        }
    }

    /// Nobody loses a lead before the deadline and its grace are over.
    fn taken_back(&mut self, lead: &Lead, clock: &Clock) {
        let priority = lead.cycle.terms.as_ref().map_or(Priority::P3, |terms| terms.priority);
        let grace = i64::from(self.drawn.policy.sla(priority).grace.seconds) * 1_000_000;
        assert!(grace >= 2 * MINUTE && clock.rung == Rung::TakeBack, "{clock:?}");
        let over = clock.due_by.plus(if lead.leg.is_some() { 0 } else { grace });
        assert!(self.desk.now >= over, "{clock:?} is taken back before its grace is over");
        self.tally.taken_back += 1;
    }

    /// Offers what is queued until nothing more can be offered at this moment.
    pub fn route(&mut self) {
        for round in 0.. {
            assert!(round < ROUNDS_MAX, "leads go round between queues for ever");
            let pools: BTreeSet<PoolId> =
                self.leads().filter_map(|lead| Some(lead.queue().filter(|it| !it.1)?.0.clone())).collect();
            let moved = pools.iter().filter(|pool| self.turn(pool)).count();
            if moved == 0 {
                return;
            }
        }
    }

    /// One transaction of the router over a pool; whether anything moved.
    fn turn(&mut self, id: &PoolId) -> bool {
        let mut leads: Vec<Lead> =
            self.leads().filter(|lead| lead.queue() == Some((id, false))).cloned().collect();
        let rank = |lead: &Lead| {
            lead.cycle.terms.as_ref().map(|terms| (terms.priority.number(), terms.mql_at, lead.id))
        };
        leads.sort_by_key(rank);
        let mut held = self.held(id);
        let mine = |entry: &&(i64, PoolId, MemberId)| entry.1 == *id;
        let entries: Vec<_> = self.entries.iter().filter(mine).map(|it| (it.0, it.2.clone())).collect();
        let folded: Vec<i64> = entries.iter().map(|it| it.0).collect();
        for (_, taker) in &entries {
            self.share(id, taker, &self.members(id));
        }
        let credits = self.rotations.get(id).cloned().unwrap_or_default().counters;
        let pool = self.team().pool(id).cloned();
        let members = pool.as_ref().map_or(&[][..], |pool| pool.members.as_slice());
        let rotation = Rotation::folded(credits, entries.into_iter().map(|(_, taker)| taker), members);
        self.desk.loaded.pool =
            Some(LoadedPool { pool: Some(id.clone()), rotation, folded, load: held.clone() });
        self.desk.loaded.route_facts = leads.iter().map(|lead| (lead.id, self.facts(lead))).collect();
        let now = self.desk.now;
        let planned = self.taken(Batch {
            stream: Some(Stream::Route(0)),
            routing: Some(id.clone()),
            entries: leads.iter().map(|lead| turn::route(Desk::keys(), lead.id, now, None)).collect(),
            ..Batch::default()
        });
        self.desk.loaded.pool = None;
        if !planned.write.rotation.is_empty() {
            let counters = planned.write.rotation.iter().map(|row| (row.member.clone(), row.credit));
            self.rotations.entry(id.clone()).or_default().counters = counters.collect();
        }
        self.entries.retain(|entry| !planned.write.rotation_folded.contains(&entry.0));
        let decided: BTreeMap<LeadId, Event> = events(&planned).into_iter().collect();
        for (lead, outcome) in leads.iter().zip(&planned.outcomes) {
            match (outcome, decided.get(&lead.id)) {
                (Outcome::Filtered("nobody_free"), None | Some(Event::NobodyFree(_))) => {
                    self.nobody(lead, id, &held);
                    self.tally.nobody_free += 1;
                }
                (Outcome::Applied("pass_pool"), Some(_)) => self.tally.passed_to_next_pool += 1,
                (Outcome::Applied("offer_lead"), Some(event)) => self.offered(lead, id, event, &mut held),
                other => panic!("the router's turn came to {other:?} for {:?}", lead.stage),
            }
        }
        planned.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Applied(_)))
    }

    /// Somebody who is there, was not asked before and has room; of the pool where its turn chose.
    fn offered(&mut self, lead: &Lead, id: &PoolId, event: &Event, held: &mut Load) {
        let rep = match event {
            Event::LeadOffered { rep, rule, receipt, .. } => {
                let receipt = receipt.as_ref().unwrap();
                let named = lead.cycle.wanted.as_ref() == Some(rep);
                assert!(named || !lead.cycle.offered_to.contains(rep), "{rep} had the lead before");
                if receipt.by_turn {
                    self.by_rule(lead, id, (receipt.step, rule));
                    self.by_turn(lead, id, rep, held);
                    self.tally.offered_by_turn += 1;
                } else {
                    self.tally.offered_by_name += 1;
                }
                rep
            }
            Event::CloserOffered { rep, .. } => {
                assert_ne!(lead.leg.as_ref().map(|leg| &leg.first), Some(rep), "who qualified it closes it");
                self.tally.offered_to_closers += 1;
                rep
            }
            other => panic!("no offer: {other:?}"),
        };
        self.assigned.push((self.desk.now, rep.clone()));
        *held.open.entry(rep.clone()).or_insert(0) += 1;
        *held.today.entry(rep.clone()).or_insert(0) += 1;
    }

    fn by_turn(&mut self, lead: &Lead, id: &PoolId, rep: &MemberId, held: &Load) {
        let could = self.who_could(lead, id, held);
        assert!(
            could.iter().any(|(other, _)| other == rep),
            "{rep} was offered a lead and could not take it"
        );
        self.share(id, rep, &could);
    }

    /// Who of a pool could take the lead now, with their weights: what cannot wait goes to those who work at this moment,
    /// where anybody does along the chain of pools.
    fn who_could(&self, lead: &Lead, id: &PoolId, held: &Load) -> Vec<(MemberId, u32)> {
        let urgent = lead.cycle.terms.as_ref().is_some_and(|terms| terms.priority == Priority::P1);
        let free = |pool: &Pool, rep: &MemberId, working: bool| {
            let there = match self.team().absence(rep, self.desk.now) {
                None => true,
                Some(Absence::OffShift { .. }) => !working,
                Some(Absence::Inactive | Absence::Away { .. }) => false,
            };
            let caps = self.team().caps(pool, rep);
            let below =
                |max: Option<u32>, has: Option<&u32>| max.is_none_or(|max| has.copied().unwrap_or(0) < max);
            let asked = match &lead.leg {
                Some(leg) => leg.first == *rep || leg.offered_to.contains(rep),
                None => lead.cycle.offered_to.contains(rep),
            };
            there
                && !asked
                && below(caps.open_leads_max, held.open.get(rep))
                && below(caps.daily_leads_max, held.today.get(rep))
        };
        let awake = chain(self.team(), id)
            .into_iter()
            .any(|pool| pool.members.iter().any(|(rep, _)| free(pool, rep, true)));
        let Some(pool) = self.team().pool(id) else { return Vec::new() };
        let free = |rep: &MemberId| free(pool, rep, urgent && awake);
        pool.members.iter().filter(|(rep, _)| free(rep)).cloned().collect()
    }

    /// Nobody along the chain could take a lead that waits.
    fn nobody(&self, lead: &Lead, id: &PoolId, held: &Load) {
        for pool in chain(self.team(), id) {
            let could = self.who_could(lead, &pool.id, held);
            assert!(could.is_empty(), "{could:?} of {} could take a lead that waits in {id}", pool.id);
        }
    }

    /// The first rule that takes the lead, compared field by field.
    fn by_rule(&self, lead: &Lead, id: &PoolId, (step, fired): (RouteStep, &str)) {
        let facts = self.facts(lead);
        let subject = RouteSubject { source: facts.source, ..RouteSubject::of(lead, &self.drawn.policy) };
        let has = |list: &[String], value: &Option<String>| {
            list.is_empty() || list.iter().any(|word| Some(word) == value.as_ref())
        };
        let takes = |rule: &&RouteRule| {
            (rule.grades.is_empty() || rule.grades.contains(&subject.grade))
                && (rule.segments.is_empty() || rule.segments.contains(&subject.segment))
                && has(&rule.countries, &subject.country)
                && has(&rule.regions, &subject.region)
                && has(&rule.products, &subject.product)
                && has(&rule.sources, &subject.source)
        };
        let first = self.drawn.policy.routes().iter().find(takes);
        let to = match step {
            RouteStep::NamedAccount => {
                assert!(fired.starts_with("named_account:"), "{fired}");
                return;
            }
            RouteStep::Rule => first.map(|rule| (rule.id.as_str(), &rule.pool)),
            _no_rule => None,
        };
        assert_eq!(to.map(|to| to.0), first.map(|rule| rule.id.as_str()), "{fired} fired for {subject:?}");
        if let Some((rule, pool)) = to {
            assert_eq!(rule, fired);
            let along = chain(self.team(), pool).iter().any(|it| it.id == *id);
            assert!(along || lead.cycle.misroutes > 0, "{rule} sends to {pool:?}, and {id:?} offered");
        }
    }

    /// What everybody gained by one lead, and that one of them got it: nobody may fall far from the share by weight.
    fn share(&mut self, id: &PoolId, taker: &MemberId, among: &[(MemberId, u32)]) {
        let sum: i128 = among.iter().map(|(_, weight)| i128::from(*weight)).sum();
        if !among.iter().any(|(member, _)| member == taker) {
            return;
        }
        for (member, weight) in among {
            let gain = i128::from(*weight) * PARTS / sum - if member == taker { PARTS } else { 0 };
            let off = self.shares.entry((id.clone(), member.clone())).or_insert(0);
            *off += gain;
            let off = u64::try_from(off.abs() * 100 / PARTS).unwrap();
            self.tally.off_share_hundredths = self.tally.off_share_hundredths.max(off);
            assert!(off <= SHARE_OFF_MAX, "{member} is {off} hundredths off the share");
        }
    }

    fn members(&self, id: &PoolId) -> Vec<(MemberId, u32)> {
        self.team().pool(id).map(|pool| pool.members.clone()).unwrap_or_default()
    }

    /// What reps of the chain hold, and got since midnight where a bound counts it.
    fn held(&self, id: &PoolId) -> Load {
        let mut held = Load::default();
        for lead in self.leads() {
            let works = [StageKind::Offered, StageKind::SalesAccepted, StageKind::SalesQualified]
                .contains(&lead.stage.kind());
            let rep = lead.holder().filter(|holder| works && holder.kind() == "rep");
            if let Some(rep) = rep {
                *held.open.entry(rep.member().clone()).or_insert(0) += 1;
            }
        }
        let pools = chain(self.team(), id);
        // The day of each rep begins with that of the first pool that bounds it.
        for pool in pools.iter().rev() {
            let since = day_start(pool, self.desk.now);
            let is_bounded =
                |(rep, _): &&(MemberId, u32)| self.team().caps(pool, rep).daily_leads_max.is_some();
            for (rep, _) in pool.members.iter().filter(is_bounded) {
                let got = self.assigned.iter().filter(|(at, member)| *at >= since && member == rep).count();
                held.today.insert(rep.clone(), u32::try_from(got).unwrap_or(u32::MAX));
            }
        }
        held
    }

    /// What the router reads beside a lead.
    fn facts(&self, lead: &Lead) -> RouteFacts {
        let house = lead.account.map(|account| self.house(account));
        RouteFacts {
            source: lead.last_campaign.clone(),
            company_name: house.as_ref().and_then(|house| house.name_key.clone()),
            company: house,
            ..RouteFacts::default()
        }
    }

    /// A company, with whoever works the furthest of its open passages.
    fn house(&self, account: AccountId) -> House {
        let works = |lead: &&Lead| {
            lead.account == Some(account)
                && matches!(
                    lead.stage.kind(),
                    StageKind::SalesAccepted | StageKind::SalesQualified | StageKind::Opportunity
                )
        };
        let holder = self.leads().filter(works).find_map(|lead| lead.holder());
        let key = self.desk.loaded.accounts_by_key.iter().find(|(_, id)| **id == account);
        let key = key.map(|(key, _)| key.clone());
        let name = key.as_deref().and_then(|key| key.strip_prefix("domain:house"));
        let name = name.and_then(|rest| name_key(&format!("House {}", rest.split('.').next()?)));
        House {
            id: account,
            kind: Some("prospect".to_owned()),
            owner: None,
            name_key: name,
            keys: key.into_iter().collect(),
            deal_owner: None,
            cycle_holder: holder.filter(|it| it.kind() == "rep").map(|it| it.member().clone()),
        }
    }
}
