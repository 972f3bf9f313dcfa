//! The steps that several commands share: captured, the next cycle, into the queue, into a rep's hands.

use super::Refusal;
use super::draft::{Draft, UNROUTED};
use crate::domain::calendar::Calendar;
use crate::domain::custody::{ClockKind, Custody, Holder};
use crate::domain::event::{Event, Withdrawal};
use crate::domain::ids::HandoffId;
use crate::domain::lead::{Motion, Origin, StageKind, Terms};
use crate::domain::policy::{MqlVerdict, Priority};
use crate::domain::team::{MemberId, PoolId};
use crate::domain::time::{DAY, HOUR, Moment};

/// Days in a month for the cycle limit: a year of twelve has 360, which only makes the limit a touch stricter.
const MONTH_DAYS: i64 = 30;
/// Why a lead that meets the definition is looked at instead of handed off: it had its passages (LIFECYCLE idea 9).
const CYCLE_LIMIT: &str = "cycle_limit";

impl Draft<'_> {
    /// The first event of a lead.
    pub fn capture(&mut self, origin: Origin) -> Result<(), Refusal> {
        self.push(Event::LeadCaptured {
            first_seen_at: self.inputs.occurred_at,
            started_at: Moment::EVER,
            origin,
            custody: self.captured(),
        })
    }

    /// The next passage of the same person.
    pub fn start_cycle(
        &mut self,
        motion: Motion,
        hand_raised: bool,
        started_at: Moment,
    ) -> Result<(), Refusal> {
        let custody = self.captured();
        self.start_cycle_with(motion, hand_raised, started_at, custody)
    }

    pub fn start_cycle_with(
        &mut self,
        motion: Motion,
        hand_raised: bool,
        started_at: Moment,
        custody: Custody,
    ) -> Result<(), Refusal> {
        let number = self.lead.cycle.number + 1;
        self.push(Event::CycleStarted { number, started_at, motion, hand_raised, custody })
    }

    /// Into the queue, if the captured lead meets the MQL definition; a blocked hand-raise waits with a steward, and so does
    /// whoever had as many passages as the policy allows.
    pub fn try_mql(&mut self, hand_raise: Option<Moment>) -> Result<(), Refusal> {
        let late_micros = i64::from(self.inputs.policy.durations().late_hand_raise_hours) * HOUR;
        if self.is_history() {
            let recent = hand_raise.is_some_and(|at| self.inputs.live_from.since(at) <= late_micros);
            if !recent {
                return Ok(());
            }
        }
        if hand_raise.is_none() && self.lead.no_contact {
            return Ok(());
        }
        match self.inputs.policy.mql(&self.standing(), hand_raise) {
            MqlVerdict::NotYet { .. } | MqlVerdict::Blocked { hand_raise: false, .. } => Ok(()),
            MqlVerdict::Blocked { by, hand_raise: true } => self.ask_review(by.code()),
            MqlVerdict::Qualifies { .. } if hand_raise.is_none() && self.is_past_cycle_limit() => {
                self.ask_review(CYCLE_LIMIT)
            }
            MqlVerdict::Qualifies { priority, score, late, .. } => {
                let late = late || self.is_history();
                let priority = if late { Priority::P4 } else { priority };
                let from = if late { None } else { hand_raise };
                let motion = if self.lead.customer { Motion::Expansion } else { self.lead.cycle.motion };
                let pool = self.shift_of(self.pool_for(priority, score.grade, motion), priority);
                let hours = self.pool_hours(&pool);
                let terms = self.terms(hours, priority, score.grade, score.points, from, true);
                self.enqueue(terms, motion, pool)
            }
        }
    }

    /// A steward looks at the captured lead within a business day; once, however often it is scored meanwhile.
    fn ask_review(&mut self, reason: &str) -> Result<(), Refusal> {
        let steward = Holder::Steward(self.acting(self.inputs.team.queue_steward()));
        if self.lead.holder() == Some(&steward) {
            return Ok(());
        }
        let days = self.inputs.policy.durations().blocked_hand_raise_business_days;
        let custody = self.reviewed_by(steward, days);
        self.push(Event::ReviewAsked { reason: reason.to_owned(), custody })
    }

    /// The pool, or for what cannot wait the next region on shift; where everybody sleeps, the pool itself at its opening.
    pub fn shift_of(&self, pool: PoolId, priority: Priority) -> PoolId {
        let team = self.inputs.team;
        if priority != Priority::P1 || self.is_history() {
            return pool;
        }
        team.on_shift(&pool, self.inputs.now).map_or(pool, |awake| awake.id.clone())
    }

    fn enqueue(&mut self, terms: Terms, motion: Motion, pool: PoolId) -> Result<(), Refusal> {
        if let Some(owner) = self.inputs.account_owner
            && self.lead.customer
        {
            self.push(Event::PreferenceNoted(owner.clone()))?;
        }
        let contact = self.contact_of(&terms, self.pool_hours(&pool));
        let custody = self.queued(&pool, terms.priority, Some(contact));
        self.push(Event::LeadMarketingQualified { terms, motion, pool, custody })
    }

    /// What the cycle is given: contact time counts from the hand-raise's own time, else from the decision, in the hours of
    /// whoever is to call; a P1 that comes out of hours has a time of its own from the opening on.
    pub fn terms(
        &self,
        hours: &Calendar,
        priority: Priority,
        grade: crate::domain::policy::Grade,
        points: u16,
        contact_from: Option<Moment>,
        qualified: bool,
    ) -> Terms {
        let contact_from = contact_from.unwrap_or(self.inputs.now).min(self.inputs.now);
        let span = if priority == Priority::P1 && !hours.is_open(contact_from) {
            self.inputs.policy.durations().out_of_hours_contact
        } else {
            self.inputs.policy.sla(priority).contact
        };
        Terms {
            handoff: HandoffId::derived(self.lead.id, self.lead.cycle.number),
            mql_at: qualified.then_some(contact_from),
            priority,
            grade,
            points,
            contact_from,
            contact_by: hours.after(contact_from, span),
        }
    }

    /// Terms for a lead that sales took before it was MQL.
    fn early_terms(&self, holder: &Holder) -> Terms {
        let score = self.score();
        let hours = self.hours(holder.member());
        self.terms(hours, Priority::P3, score.grade, score.points, None, false)
    }

    /// Only a hand-raise opens more than the policy's cycles in its months.
    fn is_past_cycle_limit(&self) -> bool {
        let durations = self.inputs.policy.durations();
        let since = self.inputs.now.plus(-i64::from(durations.cycles_months) * MONTH_DAYS * DAY);
        let earlier =
            self.lead.past.iter().filter(|past| !past.hand_raised && past.ended_at >= since).count();
        !self.lead.cycle.hand_raised && earlier >= durations.cycles_max as usize
    }

    /// Brings a lead into somebody's hands from wherever it is before that; nothing where it already is.
    pub fn take(&mut self, implied: bool) -> Result<(), Refusal> {
        let (holder, by) = self.taker();
        self.take_for(&holder, by, implied)
    }

    pub fn take_for(&mut self, holder: &Holder, by: MemberId, implied: bool) -> Result<(), Refusal> {
        match self.stage() {
            StageKind::Captured | StageKind::Queued | StageKind::Offered => {
                self.accept_as(holder, by, implied)
            }
            StageKind::Unseen
            | StageKind::SalesAccepted
            | StageKind::SalesQualified
            | StageKind::Opportunity
            | StageKind::Won
            | StageKind::Lost
            | StageKind::Recycled
            | StageKind::Disqualified
            | StageKind::Suppressed
            | StageKind::Merged => Ok(()),
        }
    }

    /// Into somebody's hands in the present cycle, wherever it stands.
    pub fn accept_as(&mut self, holder: &Holder, by: MemberId, implied: bool) -> Result<(), Refusal> {
        let early = if self.lead.cycle.terms.is_none() { Some(self.early_terms(holder)) } else { None };
        let mut custody = self.accepted(holder.clone());
        if let Some(terms) = &early {
            custody = custody.with(self.contact_of(terms, self.hours(holder.member())));
        }
        self.push(Event::LeadAccepted { by, at: self.inputs.occurred_at, implied, early, custody })
    }

    /// The next cycle, opened by sales: captured for a moment, then taken.
    pub fn take_again(&mut self, implied: bool) -> Result<(), Refusal> {
        self.start_cycle(self.lead.cycle.motion, false, self.inputs.occurred_at)?;
        self.take(implied)
    }

    /// The offer (or the accepted lead) goes back to the queue for at most one turn of the router.
    pub fn withdraw(&mut self, why: Withdrawal, wanted: Option<MemberId>) -> Result<(), Refusal> {
        let from = self.holder_member().unwrap_or_else(|| self.inputs.team.queue_steward().clone());
        let pool = match &wanted {
            Some(wanted) => {
                self.inputs.team.pool_of(wanted).map_or_else(|| self.pool(), |pool| pool.id.clone())
            }
            None => self.pool(),
        };
        let held = wanted.is_none() && self.lead.cycle.offers >= self.inputs.policy.durations().offers_max;
        let custody = self.queue_custody(&pool, held);
        if matches!(why, Withdrawal::NotAccepted | Withdrawal::NotContacted) {
            let accept_by = self.running(ClockKind::AcceptBy).map(|clock| clock.due_by);
            self.push(Event::OfferMissed { rep: from.clone(), accept_by, why })?;
        }
        self.push(Event::OfferWithdrawn { from, why, wanted, pool, held, custody })
    }

    /// Back in a queue, by a rejection or by hand.
    pub fn requeue(
        &mut self,
        wanted: Option<MemberId>,
        pool: PoolId,
        held: bool,
        misrouted: bool,
    ) -> Result<(), Refusal> {
        let held = held || pool.0 == UNROUTED;
        let custody = self.queue_custody(&pool, held);
        self.push(Event::LeadQueued { wanted, pool, held, misrouted, custody })
    }

    pub fn queue_custody(&self, pool: &PoolId, held: bool) -> Custody {
        let priority = self.lead.cycle.terms.as_ref().map_or(Priority::P3, |terms| terms.priority);
        if held { self.held_queue(pool, 1) } else { self.queued(pool, priority, self.contact_clock(None)) }
    }
}
