//! One lead, lived through by `decide` and `evolve`, with every promise about custody and versions checked on the way.

use baton::contract::policy_text;
use baton::domain::command::{Actor, Command, DueClock, Inputs, Nature, OpenDeal};
use baton::domain::custody::{ClockKind, Custody, Holder, Rung};
use baton::domain::decide::{Refusal, decide};
use baton::domain::event::Event;
use baton::domain::evolve::evolve;
use baton::domain::ids::LeadId;
use baton::domain::lead::{DealState, Lead, Stage, StageKind};
use baton::domain::leg::LegStep;
use baton::domain::policy::Policy;
use baton::domain::team::{MemberId, Team};
use baton::domain::time::{DAY, MINUTE, Moment};
use std::sync::{Arc, LazyLock};

pub static POLICY: LazyLock<Policy> =
    LazyLock::new(|| policy_text::policy(policy_text::DEFAULT_POLICY).unwrap());
pub static TEAM: LazyLock<Arc<Team>> =
    LazyLock::new(|| Arc::new(policy_text::team(policy_text::DEFAULT_TEAM).unwrap()));

/// Monday 2026-06-01, nine in the morning: when every story starts.
pub fn start() -> Moment {
    Moment::parse("2026-06-01T09:00:00Z").unwrap()
}

/// A lead and the time it lives in.
#[derive(Clone)]
pub struct Story {
    pub lead: Lead,
    pub now: Moment,
    pub live_from: Moment,
    pub account_owner: Option<MemberId>,
    pub open_deal: Option<OpenDeal>,
    /// Every event so far, with when it was decided.
    pub trail: Vec<(Moment, Event)>,
    /// Things told so far; gives each signal and attempt its own id.
    pub told: u32,
    /// The team in force.
    pub team: Arc<Team>,
}

impl Story {
    pub fn new() -> Self {
        Self {
            lead: Lead::unseen(LeadId::derived("/test", "story", 0)),
            now: start(),
            live_from: start().plus(-365 * DAY),
            account_owner: None,
            open_deal: None,
            trail: Vec::new(),
            told: 0,
            team: Arc::clone(&TEAM),
        }
    }

    pub fn stage(&self) -> StageKind {
        self.lead.stage.kind()
    }

    /// Puts a command to the lead and takes over what was decided.
    pub fn act(
        &mut self,
        actor: &Actor,
        nature: Nature,
        occurred_at: Moment,
        command: &Command,
    ) -> Result<Vec<Event>, Refusal> {
        self.now = self.now.max(self.lead.decided_at);
        let inputs = Inputs {
            now: self.now,
            occurred_at,
            nature,
            actor,
            policy: &POLICY,
            team: &self.team,
            live_from: self.live_from,
            account_owner: self.account_owner.as_ref(),
            open_deal: self.open_deal.as_ref(),
        };
        let events = decide(&self.lead, command, &inputs)?;
        assert!(!events.is_empty(), "a decision without events: {command:?}");
        let again = decide(&self.lead, command, &inputs).unwrap();
        assert_eq!(events, again, "the same inputs decide the same");
        let before = self.lead.clone();
        for event in &events {
            self.lead = self.evolved(event);
            self.trail.push((self.now, event.clone()));
        }
        assert_eq!(self.lead.version, before.version + events.len() as u64, "versions are gapless");
        check(&self.lead, &self.team);
        Ok(events)
    }

    fn evolved(&self, event: &Event) -> Lead {
        let before = &self.lead;
        let at = Lead { decided_at: self.now, ..before.clone() };
        let after = evolve(at, event).unwrap_or_else(|impossible| panic!("{impossible}; decided: {event:?}"));
        let moved = (before.stage.kind(), before.holder(), before.cycle.offers)
            != (after.stage.kind(), after.holder(), after.cycle.offers);
        assert_eq!(
            after.custody_version,
            before.custody_version + u64::from(moved),
            "custody_version rises with stage, holder or offer, and only then: {event:?}"
        );
        after
    }

    /// The lead, folded anew from the trail.
    pub fn replayed(&self) -> Lead {
        self.trail.iter().fold(Lead::unseen(self.lead.id), |lead, (decided_at, event)| {
            evolve(Lead { decided_at: *decided_at, ..lead }, event).unwrap()
        })
    }

    /// The clock of a kind as the sweeper reads it.
    pub fn due(&self, kind: ClockKind) -> Option<DueClock> {
        let clock = self.lead.stage.custody()?.clock(kind)?;
        Some(DueClock {
            kind,
            rung_at: clock.rung_at,
            cycle: self.lead.cycle.number,
            custody_version: self.lead.custody_version,
        })
    }

    /// Waits until the earliest rung and lets it pass; which clock it was.
    pub fn pass_next(&mut self) -> Option<(ClockKind, Rung)> {
        let custody = self.lead.stage.custody()?;
        let next = custody.next_due_at();
        let clock = custody.clocks().find(|clock| clock.rung_at == next)?.clone();
        self.now = self.now.max(next);
        let due = self.due(clock.kind)?;
        self.act(&Actor::Sweeper, Nature::Fact, self.now, &Command::PassDeadline(due)).unwrap();
        Some((clock.kind, clock.rung))
    }

    /// A minute goes by.
    pub fn tick(&mut self) {
        self.now = self.now.plus(MINUTE);
    }
}

/// What holds for every lead at every time.
pub fn check(lead: &Lead, team: &Team) {
    let custody = lead.stage.custody();
    let open = match lead.stage.kind() {
        StageKind::Captured
        | StageKind::Queued
        | StageKind::Offered
        | StageKind::SalesAccepted
        | StageKind::SalesQualified
        | StageKind::Opportunity
        | StageKind::Recycled => true,
        StageKind::Unseen
        | StageKind::Won
        | StageKind::Lost
        | StageKind::Disqualified
        | StageKind::Suppressed
        | StageKind::Merged => false,
    };
    assert!(!open || custody.is_some(), "an open lead without holder and clock: {:?}", lead.stage);
    if let Some(custody) = custody {
        check_custody(custody);
        let holder = custody.holder.member();
        assert!(team.member(holder).is_some(), "nobody of the team holds the lead: {holder}");
    }
    let owes = |kind| assert!(custody.unwrap().clock(kind).is_some(), "{:?} without {kind:?}", lead.stage);
    match &lead.stage {
        Stage::Captured(_) => owes(ClockKind::ReviewBy),
        Stage::Queued { .. } => owes(ClockKind::RouteBy),
        Stage::Offered { rep, custody, .. } => {
            owes(ClockKind::AcceptBy);
            assert_eq!(custody.holder, Holder::Rep(rep.clone()));
            assert_eq!(lead.cycle.offered_to.last(), Some(rep));
        }
        Stage::SalesAccepted(_) => owes(ClockKind::DispositionBy),
        Stage::SalesQualified(_) => owes(ClockKind::NextStepBy),
        Stage::Opportunity(_) => {
            owes(ClockKind::ReviewBy);
            let open = lead.deals.iter().any(|deal| deal.state == DealState::Open);
            assert!(open, "an opportunity without an open deal: {:?}", lead.deals);
        }
        Stage::Recycled { .. } => owes(ClockKind::RecycleAt),
        Stage::Lost { .. } => assert!(custody.is_none_or(|it| {
            it.clock(ClockKind::RecycleAt).is_some() || it.owes_only(ClockKind::VerdictBy)
        })),
        Stage::Won { .. } => assert!(lead.cycle.wins > 0, "won without a win"),
        Stage::WonUnderReview { .. }
        | Stage::Unseen
        | Stage::Disqualified { .. }
        | Stage::Suppressed { .. }
        | Stage::Merged { .. } => {}
    }
    let handed_off = matches!(
        lead.stage.kind(),
        StageKind::Queued
            | StageKind::Offered
            | StageKind::SalesAccepted
            | StageKind::SalesQualified
            | StageKind::Opportunity
    );
    assert!(!handed_off || lead.cycle.terms.is_some(), "with sales, but without terms: {:?}", lead.stage);
    assert_eq!(lead.cycle.offers as usize, lead.cycle.offered_to.len(), "every offer went to somebody");
    check_handshake(lead);
}

/// A contest keeps its clock wherever the lead is; the closer's leg stands only on a qualified lead, with its own duty.
fn check_handshake(lead: &Lead) {
    let owes = |kind| lead.stage.custody().is_some_and(|custody| custody.clock(kind).is_some());
    let there = !matches!(lead.stage.kind(), StageKind::Unseen | StageKind::Merged);
    let contested = lead.returned.iter().any(|returned| returned.open_contest().is_some());
    assert_eq!(there && contested, owes(ClockKind::VerdictBy), "{:?}", lead.returned);
    for returned in &lead.returned {
        let Some(contest) = &returned.contest else { continue };
        assert_ne!(returned.by.as_ref(), Some(&contest.arbiter), "the rejecter decides");
        assert_ne!(contest.by, contest.arbiter, "the contester decides");
    }
    let Some(leg) = &lead.leg else { return };
    assert_eq!(lead.stage.kind(), StageKind::SalesQualified, "a closer's leg of {:?}", lead.stage);
    match &leg.step {
        LegStep::Waiting { .. } => assert!(owes(ClockKind::RouteBy)),
        LegStep::Offered(rep) => {
            assert!(owes(ClockKind::AcceptBy));
            assert_eq!(lead.holder(), Some(&Holder::Rep(rep.clone())));
            assert_eq!(leg.offered_to.last(), Some(rep));
        }
        LegStep::Working(_) => assert!(!owes(ClockKind::AcceptBy) && !owes(ClockKind::RouteBy)),
    }
}

fn check_custody(custody: &Custody) {
    let clocks: Vec<_> = custody.clocks().collect();
    assert!(!clocks.is_empty());
    assert_eq!(custody.next_due_at(), clocks.iter().map(|clock| clock.rung_at).min().unwrap());
    for (place, clock) in clocks.iter().enumerate() {
        assert!(
            clocks[..place].iter().all(|other| other.kind != clock.kind),
            "two clocks of {:?}",
            clock.kind
        );
        assert!(clock.started_at <= clock.due_by, "due before it started: {clock:?}");
        assert!(clock.rung_at >= clock.started_at, "a rung before the start: {clock:?}");
        assert!(clock.rung != Rung::Due || clock.rung_at >= clock.due_by, "due before its time: {clock:?}");
        assert!(
            clock.rung != Rung::TakeBack || clock.take_back_at.is_some_and(|at| at <= clock.rung_at),
            "{clock:?}"
        );
    }
}
