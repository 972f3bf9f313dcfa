//! A sample team, a sample receipt, and leads that go through every event.

use super::{handshake, later};
use crate::contract::outbound::{AccountShown, DealShown, Handed};
use crate::contract::request::{CrmKey, Money};
use crate::domain::calendar::{Calendar, Hours};
use crate::domain::custody::{Clock, ClockKind, Custody, Holder, Rung};
use crate::domain::event::{Event, Withdrawal};
use crate::domain::evolve::evolve;
use crate::domain::ids::{AccountId, HandoffId, LeadId, OpportunityId};
use crate::domain::lead::{
    Attempt, AttemptOutcome, Channel, Consent, DealState, Lead, Motion, Origin, RestReason, SuppressedFor,
    Terms,
};
use crate::domain::policy::{
    DisqualifiedFor, Grade, Guards, Priority, RejectionCode, RejectionTask, SqlFacts,
};
use crate::domain::profile::{ProfilePatch, Stamp};
use crate::domain::routing::{Candidate, WhyNot};
use crate::domain::scoring::{FitField, FitLine, Receipt, ReceiptLine, ReceiptPart, Score};
use crate::domain::signal::{FormKind, Signal, SignalId, SignalKind};
use crate::domain::team::{CrmUser, Member, MemberId, Offices, PoolId, Role, Team};
use crate::domain::time::{DAY, HOUR, Moment};

pub(super) const START: Moment = Moment(1_780_000_000_000_000);

pub(super) fn member(id: &str) -> MemberId {
    MemberId(id.to_owned())
}

pub(super) fn team() -> Team {
    let person = |id: &str| Member {
        id: member(id),
        name: format!("Name of {id}"),
        crm: CrmUser { system: "crm".to_owned(), id: format!("user-{id}") },
        roles: vec![Role::Rep],
        manager: (id == "steward").then(|| member("bob")),
        active: true,
        deputy: (id == "owner").then(|| member("ann")),
        hours: std::sync::Arc::new(Calendar::office()),
        away: Vec::new(),
        caps: crate::domain::routing::Caps::default(),
    };
    let offices = Offices {
        segment_owners: [member("owner"), member("owner"), member("owner")],
        marketing_owner: member("owner"),
        operations: member("steward"),
        arbiter: member("steward"),
        queue_steward: member("steward"),
    };
    Team::new([1; 32], ["owner", "steward", "ann", "bob"].map(person).into(), Vec::new(), offices)
}

pub(super) fn receipt() -> Receipt {
    let line = |part, id: &str, points, signals| ReceiptLine {
        part,
        id: id.to_owned(),
        label: format!("Label of {id}"),
        points,
        before_cap: points,
        signals: vec![SignalId([3; 16]); signals],
        note: None,
    };
    Receipt {
        score: Score { points: 86, fit: 80, grade: Grade::A },
        lines: vec![
            line(ReceiptPart::Rule, "hand_raise_form", 60, 1),
            line(ReceiptPart::Rule, "pricing_session", 20, 2),
            line(ReceiptPart::Rule, "session", 12, 4),
            line(ReceiptPart::Rule, "nothing_left", 0, 0),
            line(ReceiptPart::GroupCap, "web", -6, 0),
        ],
        fit: vec![FitLine { field: FitField::Employees, points: 25, maximum: 25, known: true }],
        thin: false,
        excluded: false,
        missing: Vec::new(),
        automated: 2,
    }
}

pub(super) fn account() -> AccountShown {
    AccountShown {
        id: AccountId::derived("domain:acme.example"),
        crm: Some(CrmKey { system: "crm".to_owned(), object: "account".to_owned(), id: "001".to_owned() }),
        domain: Some("acme.example".to_owned()),
        name: Some("Acme".to_owned()),
        kind: Some("prospect".to_owned()),
    }
}

pub(super) fn deal() -> DealShown {
    let money = |ten_thousandths| Some(Money { ten_thousandths, currency: "EUR".to_owned() });
    DealShown {
        system: "crm".to_owned(),
        external_id: "006".to_owned(),
        revision: 4,
        kind: Some("new_business".to_owned()),
        opened_at: Some(START),
        stage: Some("Closed".to_owned()),
        amount: money(840_000_000),
        recurring: money(420_000_001),
        term_months: Some(24),
        close_date: Some(20_600),
        closed_on: Some(20_601),
        reason: Some("price".to_owned()),
        competitor: None,
        reporting_ten_thousandths: Some(915_600_000),
    }
}

fn custody(holder: Holder, kind: ClockKind) -> Custody {
    Custody::new(holder, Clock::until(kind, Hours::Of(&Calendar::office()), START, START.plus(4 * HOUR)))
        .with(Clock::until(ClockKind::ContactBy, Hours::Wall, START, START.plus(DAY)))
}

pub(super) fn rep(kind: ClockKind) -> Custody {
    custody(Holder::Rep(member("ann")), kind)
}

pub(super) fn steward() -> Custody {
    custody(Holder::Steward(member("steward")), ClockKind::RouteBy)
}

fn manager() -> Custody {
    custody(Holder::Steward(member("bob")), ClockKind::RouteBy)
}

pub(super) fn owner() -> Custody {
    custody(Holder::SegmentOwner(member("owner")), ClockKind::RecycleAt)
}

pub(super) fn pool() -> PoolId {
    PoolId("main".to_owned())
}

pub(super) fn lead_id() -> LeadId {
    LeadId::derived("/test", "1", 0)
}

fn signal() -> Signal {
    let kind = SignalKind::Form(FormKind::Demo);
    Signal { id: SignalId([7; 16]), kind, at: START, about: 0, automated: false }
}

pub(super) fn terms() -> Terms {
    Terms {
        handoff: HandoffId::derived(lead_id(), 1),
        mql_at: Some(START),
        priority: Priority::P1,
        grade: Grade::A,
        points: 86,
        contact_from: START,
        contact_by: START.plus(HOUR),
    }
}

fn offered(offer_no: u32) -> Event {
    let candidate = |rep: String, why_not| Candidate { rep: MemberId(rep), why_not };
    let mut candidates: Vec<Candidate> =
        (0..30).map(|place| candidate(format!("rep-{place}"), Some(WhyNot::NotNext))).collect();
    candidates.insert(0, candidate("ann".to_owned(), None));
    Event::LeadOffered {
        rep: member("ann"),
        pool: pool(),
        rule: "everyone".to_owned(),
        candidates,
        offer_no,
        custody: rep(ClockKind::AcceptBy),
        receipt: None,
    }
}

fn profile() -> Event {
    let patch = ProfilePatch {
        employees: Some(500),
        industry: Some("software".to_owned()),
        country: Some("DE".to_owned()),
        ..ProfilePatch::default()
    };
    Event::ProfileReported {
        patch,
        stamp: Stamp { at: START, by: 1 },
        consent: Consent::default(),
        guards: Guards::default(),
        account: None,
        customer: false,
    }
}

fn attempt() -> Event {
    let attempt = Attempt {
        id: [1; 16],
        at: START,
        channel: Channel::Phone,
        outcome: AttemptOutcome::Conversation,
        inbound: false,
        automated: false,
        by: None,
        meeting_at: None,
    };
    Event::AttemptRecorded { attempt, tell: true, custody: None }
}

/// From the form to the queue.
pub(super) fn opening() -> Vec<Event> {
    vec![
        Event::LeadCaptured {
            first_seen_at: START,
            started_at: START,
            origin: Origin::Marketing,
            custody: owner(),
        },
        Event::SignalRecorded { signal: signal(), tell: false },
        Event::TouchRecorded {
            at: START,
            origin: Some(Origin::Marketing),
            campaign: Some("cmp-1".to_owned()),
        },
        profile(),
        Event::LeadMarketingQualified {
            terms: terms(),
            motion: Motion::NewBusiness,
            pool: pool(),
            custody: steward(),
        },
    ]
}

fn won_story(deal: OpportunityId) -> Vec<Event> {
    let facts = SqlFacts { timeline_months: Some(3), ..SqlFacts::default() };
    vec![
        Event::PriorityRaised { priority: Priority::P1, contact_by: START, custody: steward() },
        Event::HolderReplaced {
            from: member("steward"),
            custody: steward().held_by(Holder::Steward(member("bob"))),
        },
        offered(1),
        Event::OfferWithdrawn {
            from: member("ann"),
            why: Withdrawal::NotAccepted,
            wanted: None,
            pool: pool(),
            held: false,
            custody: steward(),
        },
        offered(2),
        Event::LeadAccepted {
            by: member("ann"),
            at: START,
            implied: false,
            early: None,
            custody: rep(ClockKind::DispositionBy),
        },
        profile(),
        Event::SignalRecorded { signal: signal(), tell: true },
        Event::ReplyOwed(rep(ClockKind::RespondBy)),
        attempt(),
        Event::NoteTaken,
        Event::EmailOptedOut { tell: true },
        Event::FactDiverged { code: "held_by_other".to_owned() },
        Event::LeadReassigned {
            from: Some(member("ann")),
            custody: custody(Holder::Rep(member("bob")), ClockKind::ContactBy),
        },
        Event::LeadSalesQualified {
            facts,
            at: START,
            by: None,
            implied: true,
            custody: rep(ClockKind::NextStepBy),
        },
        Event::FactsAdded { facts, custody: None },
        Event::OpportunityOpened {
            opportunity: deal,
            at: START,
            implied: false,
            custody: rep(ClockKind::ReviewBy),
        },
        Event::DealRecorded {
            opportunity: OpportunityId::derived("crm", "007"),
            state: DealState::Won,
            win: true,
            custody: None,
        },
        Event::LeadWon { opportunity: deal, at: START, implied: false },
        Event::WinReversed { opportunity: deal },
    ]
}

fn other_ends(deal: OpportunityId) -> Vec<Vec<Event>> {
    let rejected = |unmapped| Event::LeadRejected {
        code: RejectionCode::BadTiming,
        sub_reason: None,
        unmapped,
        flagged: false,
        counts: true,
        by: None,
    };
    let lost = Event::LeadLost {
        opportunity: deal,
        at: START,
        reason: None,
        unmapped: true,
        implied: true,
        custody: Some(owner()),
    };
    let reopened = Event::CycleStarted {
        number: 2,
        started_at: START,
        motion: Motion::Expansion,
        hand_raised: true,
        custody: owner(),
    };
    vec![
        vec![
            Event::ClockReminded { kind: ClockKind::RouteBy, rung: Rung::RemindHalf, custody: steward() },
            Event::ClockBreached { kind: ClockKind::RouteBy, due_by: START, custody: steward() },
            Event::ClockEscalated { kind: ClockKind::RouteBy, rung: Rung::Escalate, custody: steward() },
            Event::ClockBreached { kind: ClockKind::RouteBy, due_by: START, custody: manager() },
            Event::ClockEscalated { kind: ClockKind::RecycleAt, rung: Rung::Daily, custody: owner() },
            rejected(false),
            Event::LeadRecycled { reason: RestReason::Rejected(RejectionCode::BadTiming), custody: owner() },
            reopened,
        ],
        vec![rejected(true), Event::LeadDisqualified { reason: DisqualifiedFor::Junk, custody: None }],
        vec![Event::LeadSuppressed { reason: SuppressedFor::OptOut, custody: None }],
        vec![
            Event::LeadQueued { wanted: None, pool: pool(), held: true, misrouted: true, custody: steward() },
            Event::DataFixAsked { fields: vec!["phone".to_owned()], custody: owner() },
            Event::DataFixed { pool: pool(), custody: steward() },
            Event::PreferenceNoted(member("bob")),
            Event::CrmLinked { by_person: true, conflict: false },
            Event::AskRefused { code: "stale_view".to_owned() },
            Event::SqlReversed,
            Event::LeadClosedAsWon { opportunity: deal, at: START },
        ],
        vec![lost],
    ]
}

/// Each event of each story with the lead before and after it.
pub(super) fn steps() -> Vec<(Lead, Event, Lead)> {
    let deal = OpportunityId::derived("crm", "006");
    let mut stories = vec![won_story(deal)];
    stories.extend(other_ends(deal));
    stories.extend(later::events(deal));
    stories.push(later::absorbed());
    stories.extend(handshake::events());
    let mut steps = Vec::new();
    for story in stories {
        let mut lead = Lead::unseen(lead_id());
        for event in opening().into_iter().chain(story) {
            let after = evolve(lead.clone(), &event).unwrap();
            steps.push((lead, event, after.clone()));
            lead = after;
        }
    }
    steps
}

/// What the records of one step are written from.
pub(super) struct World {
    pub team: Team,
    pub receipt: Receipt,
    pub account: AccountShown,
    pub deal: DealShown,
}

impl World {
    pub(super) fn new() -> Self {
        Self { team: team(), receipt: receipt(), account: account(), deal: deal() }
    }

    pub(super) fn handed<'a>(&'a self, step: &'a (Lead, Event, Lead), full: bool) -> Handed<'a> {
        let (before, event, after) = step;
        Handed {
            before,
            after,
            settled: after,
            event,
            rejected: None,
            task: full.then_some(RejectionTask::AnotherContact),
            policy_hash: [0xab; 32],
            team: &self.team,
            decided_at: START.plus(1),
            occurred_at: if full { START } else { Moment::EVER },
            timeline: 1,
            handoff_sequence: 4,
            feedback_sequence: 0,
            historic: false,
            receipt: full.then_some(&self.receipt),
            account: full.then_some(&self.account),
            deal: full.then_some(&self.deal),
            note_theme: full.then_some("objection"),
            board_url: full.then_some("http://localhost:8080"),
        }
    }
}
