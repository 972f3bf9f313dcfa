//! A decision in the making: the lead as it will be, and the events so far. It knows duties, not commands.

use super::Refusal;
use crate::domain::calendar::{Calendar, Hours, Span};
use crate::domain::command::{Actor, Inputs, Nature};
use crate::domain::custody::{Clock, ClockKind, Custody, Holder};
use crate::domain::event::Event;
use crate::domain::evolve::evolve;
use crate::domain::lead::{Attempt, Lead, Motion, Stage, StageKind, Terms};
use crate::domain::policy::{Grade, Priority, Segment};
use crate::domain::routing::{RouteSubject, choose_pool};
use crate::domain::scoring::{Score, Standing};
use crate::domain::team::{MemberId, PoolId};
use crate::domain::time::{DAY, Moment};

/// The queue of leads that no route takes; its steward is the team's queue steward.
pub const UNROUTED: &str = "unrouted";

/// Seconds in an hour.
const SECONDS_OF_HOUR: u32 = 3_600;

/// What is being decided.
pub(super) struct Draft<'a> {
    pub lead: Lead,
    pub inputs: Inputs<'a>,
    events: Vec<Event>,
}

impl<'a> Draft<'a> {
    pub fn new(lead: &Lead, inputs: &Inputs<'a>) -> Self {
        // As the one who applies the events will have it: what is decided happens now.
        let lead = Lead { decided_at: inputs.now, ..lead.clone() };
        Self { lead, inputs: *inputs, events: Vec::new() }
    }

    /// Decides one event and stands on the lead after it.
    pub fn push(&mut self, event: Event) -> Result<(), Refusal> {
        let unseen = Lead::unseen(self.lead.id);
        let lead = std::mem::replace(&mut self.lead, unseen);
        self.lead = evolve(lead, &event).map_err(Refusal::Impossible)?;
        self.events.push(event);
        Ok(())
    }

    /// The events; none is a refusal.
    pub fn finish(self) -> Result<Vec<Event>, Refusal> {
        if self.events.is_empty() { Err(Refusal::NothingChanges) } else { Ok(self.events) }
    }

    pub fn decided_nothing(&self) -> bool {
        self.events.is_empty()
    }

    pub fn stage(&self) -> StageKind {
        self.lead.stage.kind()
    }

    pub fn is_fact(&self) -> bool {
        self.inputs.nature == Nature::Fact
    }

    /// What happened before the service went live builds state and figures only.
    pub fn is_history(&self) -> bool {
        self.inputs.occurred_at < self.inputs.live_from
    }

    pub fn member(&self) -> Option<&'a MemberId> {
        self.inputs.actor.member()
    }

    pub fn holder_member(&self) -> Option<MemberId> {
        self.lead.holder().map(|holder| holder.member().clone())
    }

    /// Whether the acting person may take leads of this pool.
    pub fn is_of_pool(&self, pool: &PoolId) -> bool {
        self.member().is_some_and(|member| {
            self.inputs.team.pool(pool).is_some_and(|pool| {
                pool.steward == *member || pool.members.iter().any(|(rep, _)| rep == member)
            })
        })
    }

    /// Whether the acting person holds the lead.
    pub fn is_holder(&self) -> bool {
        self.member().is_some() && self.member().cloned() == self.holder_member()
    }

    /// Whether whoever acts keeps order among leads that are not theirs.
    pub fn keeps_order(&self) -> bool {
        self.member().is_some_and(|member| self.inputs.team.keeps_order(member))
    }

    /// Somebody who works the lead from now on; for who is switched off, whatever the CRM says, the steward of its pool.
    pub fn rep(&self, member: &MemberId) -> Holder {
        if self.inputs.team.member(member).is_some_and(|member| member.active) {
            return Holder::Rep(member.clone());
        }
        self.steward_holder(&self.pool())
    }

    /// Who takes the lead over: the acting person; for a stranger the steward of the lead's pool.
    pub fn taker(&self) -> (Holder, MemberId) {
        match self.inputs.actor {
            Actor::Member(member) => (self.rep(member), member.clone()),
            Actor::Stranger | Actor::Feed | Actor::Router | Actor::Sweeper | Actor::Operator => {
                let steward = self.acting(self.inputs.team.steward_of(&self.pool()));
                (Holder::Steward(steward.clone()), steward)
            }
        }
    }

    /// A stranger's fact is applied, and stands on the disagreement list (LIFECYCLE idea 19).
    pub fn note_stranger(&mut self) -> Result<(), Refusal> {
        if *self.inputs.actor == Actor::Stranger {
            self.push(Event::FactDiverged { code: "unknown_actor".to_owned() })?;
        }
        Ok(())
    }

    pub fn diverge(&mut self, code: &str) -> Result<(), Refusal> {
        self.push(Event::FactDiverged { code: code.to_owned() })
    }

    // ---- what routes and rules read

    pub fn standing(&self) -> Standing<'_> {
        Standing {
            profile: &self.lead.profile,
            signals: &self.lead.signals,
            cycle_started_at: self.lead.cycle.started_at,
            as_of: self.inputs.now,
            guards: self.lead.guards,
            customer: self.lead.customer,
            other_open_handoff: false,
        }
    }

    pub fn score(&self) -> Score {
        self.inputs.policy.score(&self.standing())
    }

    pub fn segment(&self) -> Segment {
        self.inputs.policy.segment(&self.lead.profile)
    }

    /// The pool that the lead stands in, or would go to now.
    pub fn pool(&self) -> PoolId {
        match &self.lead.stage {
            Stage::Queued { pool, .. } | Stage::Offered { pool, .. } => pool.clone(),
            Stage::Unseen
            | Stage::Captured(_)
            | Stage::SalesAccepted(_)
            | Stage::SalesQualified(_)
            | Stage::Opportunity(_)
            | Stage::Won { .. }
            | Stage::WonUnderReview { .. }
            | Stage::Lost { .. }
            | Stage::Recycled { .. }
            | Stage::Disqualified { .. }
            | Stage::Suppressed { .. }
            | Stage::Merged { .. } => {
                let terms = self.lead.cycle.terms.as_ref();
                let score = self.score();
                self.pool_for(
                    terms.map_or(Priority::P3, |terms| terms.priority),
                    terms.map_or(score.grade, |terms| terms.grade),
                    self.lead.cycle.motion,
                )
            }
        }
    }

    pub fn pool_for(&self, priority: Priority, grade: Grade, motion: Motion) -> PoolId {
        let subject =
            RouteSubject { grade, priority, motion, ..RouteSubject::of(&self.lead, self.inputs.policy) };
        choose_pool(self.inputs.policy, &subject).cloned().unwrap_or_else(|| PoolId(UNROUTED.to_owned()))
    }

    // ---- duties: who owes what by when, from the policy's durations

    /// The person, or who acts for them now.
    pub fn acting(&self, member: &MemberId) -> MemberId {
        self.inputs.team.acting(member, self.inputs.now).clone()
    }

    /// The person's manager, or who acts for them now; nobody where all of these have left.
    pub fn manager_of(&self, member: &MemberId) -> Option<MemberId> {
        let team = self.inputs.team;
        let manager = self.acting(team.manager_of(member)?);
        team.member(&manager).is_some_and(|member| member.active).then_some(manager)
    }

    /// A clock over a span of somebody's working time, on the policy's ladder.
    pub fn clock(&self, kind: ClockKind, hours: &Calendar, started_at: Moment, span: Span) -> Clock {
        self.clock_until(kind, Hours::Of(hours), started_at, hours.after(started_at, span))
    }

    /// A clock that is due at a given moment, on the policy's ladder.
    pub fn clock_until(
        &self,
        kind: ClockKind,
        hours: Hours<'_>,
        started_at: Moment,
        due_by: Moment,
    ) -> Clock {
        let percents = self.inputs.policy.durations().percents;
        Clock::climbing(percents, kind, hours, started_at, due_by)
    }

    /// When a person works.
    pub fn hours(&self, member: &MemberId) -> &'a Calendar {
        self.inputs.team.hours(member)
    }

    /// When whoever holds the lead works; of a lead that nobody holds, the steward of leads without a route.
    pub fn holder_hours(&self) -> &'a Calendar {
        let team = self.inputs.team;
        team.hours(self.lead.holder().map_or_else(|| team.queue_steward(), Holder::member))
    }

    pub fn steward_holder(&self, pool: &PoolId) -> Holder {
        Holder::Steward(self.acting(self.inputs.team.steward_of(pool)))
    }

    pub fn segment_owner(&self) -> Holder {
        Holder::SegmentOwner(self.acting(self.inputs.team.segment_owner(self.segment())))
    }

    /// Captured, with the owner of its segment.
    pub fn captured(&self) -> Custody {
        let durations = self.inputs.policy.durations();
        let clock = if self.is_history() {
            let due = self.inputs.live_from.plus(i64::from(durations.history_review_days) * DAY);
            Clock::until(ClockKind::ReviewBy, Hours::Wall, self.inputs.now, due.max(self.inputs.now))
        } else {
            Clock::wall(ClockKind::ReviewBy, self.inputs.now, i64::from(durations.review_days) * DAY)
        };
        Custody::new(self.segment_owner(), clock)
    }

    /// A person's own review: captured, but somebody must look within so many business days.
    pub fn reviewed_by(&self, holder: Holder, days: u32) -> Custody {
        let hours = self.hours(holder.member());
        let clock = self.clock(ClockKind::ReviewBy, hours, self.inputs.now, Span::business_days(days));
        Custody::new(holder, clock)
    }

    /// In a pool's queue; the lead's own contact clock runs on.
    pub fn queued(&self, pool: &PoolId, priority: Priority, contact: Option<Clock>) -> Custody {
        let steward = self.steward_holder(pool);
        let route = self.inputs.policy.sla(priority).route;
        let clock = self.clock(ClockKind::RouteBy, self.hours(steward.member()), self.inputs.now, route);
        Custody::new(steward, clock).with_some(contact)
    }

    /// In a steward's own hands for some business days.
    pub fn held_queue(&self, pool: &PoolId, days: u32) -> Custody {
        let steward = self.steward_holder(pool);
        let hours = self.hours(steward.member());
        let clock = self.clock(ClockKind::RouteBy, hours, self.inputs.now, Span::business_days(days));
        Custody::new(steward, clock).with_some(self.contact_clock(None))
    }

    /// The lead's contact clock: what runs already, else from the cycle's terms; none once a person was reached for.
    /// `rep`: who is to call, and since when it is theirs to.
    pub fn contact_clock(&self, rep: Option<(&MemberId, Moment)>) -> Option<Clock> {
        let terms = self.lead.cycle.terms.as_ref()?;
        // An attempt from before the person raised a hand does not answer it.
        let met = |attempt: &Attempt| attempt.is_human() && attempt.at >= terms.contact_from;
        if self.lead.cycle.attempts.iter().any(met) {
            return None;
        }
        let running = self.running(ClockKind::ContactBy);
        if running.is_none() && self.stage().is_handed_off() {
            return None;
        }
        let clock = running.unwrap_or_else(|| self.contact_of(terms, self.pool_hours(&self.pool())));
        let take_back = rep.map(|(rep, since)| {
            let (sla, hours) = (self.inputs.policy.sla(terms.priority), self.hours(rep));
            hours.after(hours.after(since, sla.contact).max(terms.contact_by), sla.grace)
        });
        let hours = rep.map_or_else(|| self.holder_hours(), |(rep, _)| self.hours(rep));
        Some(clock.passed_on(take_back, Hours::Of(hours).day_after(self.inputs.now)))
    }

    /// The clock that a cycle's terms start.
    pub fn contact_of(&self, terms: &Terms, hours: &Calendar) -> Clock {
        self.clock_until(ClockKind::ContactBy, Hours::Of(hours), terms.contact_from, terms.contact_by)
    }

    /// When a pool works.
    pub fn pool_hours(&self, pool: &PoolId) -> &'a Calendar {
        self.inputs.team.pool_hours(pool)
    }

    /// Offered to a rep: accept by, contact by.
    pub fn offered(&self, rep: &MemberId) -> Custody {
        let priority = self.lead.cycle.terms.as_ref().map_or(Priority::P3, |terms| terms.priority);
        let sla = self.inputs.policy.sla(priority);
        let hours = self.hours(rep);
        let accept = self.clock(ClockKind::AcceptBy, hours, self.inputs.now, sla.accept);
        let take_back = hours.after(accept.due_by, sla.grace);
        Custody::new(Holder::Rep(rep.clone()), accept.retaken_at(take_back))
            .with_some(self.contact_clock(Some((rep, self.inputs.now))))
    }

    /// Accepted: a disposition by, and contact by while nobody has called.
    pub fn accepted(&self, holder: Holder) -> Custody {
        let days = self.inputs.policy.durations().disposition_business_days;
        let hours = self.hours(holder.member());
        let clock = self.clock(ClockKind::DispositionBy, hours, self.inputs.now, Span::business_days(days));
        let running = self.lead.stage.custody();
        let since = running
            .and_then(|custody| custody.clock(ClockKind::AcceptBy))
            .map_or(self.inputs.now, |clock| clock.started_at);
        let contact = self.contact_clock(Some((holder.member(), since)));
        Custody::new(holder, clock).with_some(contact).with_some(self.reply_clock())
    }

    /// A reply that is owed goes along with the lead.
    fn reply_clock(&self) -> Option<Clock> {
        self.running(ClockKind::RespondBy)
    }

    /// The running clock of a kind.
    pub fn running(&self, kind: ClockKind) -> Option<Clock> {
        self.lead.stage.custody().and_then(|custody| custody.clock(kind)).cloned()
    }

    /// Qualified: the next step plus a day, and at most ten business days; facts by, where some are missing.
    pub fn qualified(&self, holder: Holder, next_step_on: Option<i32>, facts_missing: bool) -> Custody {
        let durations = self.inputs.policy.durations();
        let (hours, now) = (self.hours(holder.member()), self.inputs.now);
        let latest = hours.after(now, Span::business_days(durations.next_step_max_business_days));
        let due = next_step_on.map_or(latest, |day| {
            let extra = Span::business_days(durations.next_step_extra_business_days);
            hours.after(hours.day(day).max(now), extra).min(latest)
        });
        let clock = self.clock_until(ClockKind::NextStepBy, Hours::Of(hours), now, due);
        let custody = Custody::new(holder, clock).with_some(self.reply_clock());
        if facts_missing {
            let span = Span::business_days(durations.facts_business_days);
            return custody.with(self.clock(ClockKind::FactsBy, hours, now, span));
        }
        custody
    }

    /// Resting with the segment's owner until a date.
    pub fn resting_until(&self, date: Moment) -> Custody {
        let due = date.max(self.inputs.now);
        Custody::new(
            self.segment_owner(),
            Clock::until(ClockKind::RecycleAt, Hours::Wall, self.inputs.now, due),
        )
    }

    pub fn resting_for(&self, days: u32) -> Custody {
        self.resting_until(self.inputs.now.plus(i64::from(days) * DAY))
    }

    pub fn respond_clock(&self) -> Clock {
        let hours = self.inputs.policy.durations().respond_hours;
        let span = Span::seconds(hours.saturating_mul(SECONDS_OF_HOUR));
        self.clock(ClockKind::RespondBy, self.holder_hours(), self.inputs.now, span)
    }
}
