//! Stories of contests, verdicts and the closer's leg, through every event of theirs.

use super::story::{START, lead_id, member, owner, pool, rep, steps, steward, terms};
use crate::contract::outbound::records;
use crate::domain::calendar::Hours;
use crate::domain::contest::Verdict;
use crate::domain::custody::{Clock, ClockKind, Custody, Holder, Rung};
use crate::domain::event::{Event, Withdrawal};
use crate::domain::evolve::evolve;
use crate::domain::ids::HandoffId;
use crate::domain::lead::{Lead, RestReason, Stage};
use crate::domain::policy::{RejectionCode, SqlFacts};
use crate::domain::routing::{RouteReceipt, RouteStep, RouteTried};
use crate::domain::time::DAY;
use serde_json::{Value, json};

fn handoff() -> HandoffId {
    HandoffId::derived(lead_id(), 1)
}

fn rejection() -> Vec<Event> {
    vec![
        Event::LeadRejected {
            code: RejectionCode::NoNeed,
            sub_reason: None,
            unmapped: false,
            flagged: false,
            counts: true,
            by: Some(member("ann")),
        },
        Event::ContestAllowed {
            until: START.plus(5 * DAY),
            code: RejectionCode::NoNeed,
            by: Some(member("ann")),
            version: 6,
        },
        Event::LeadRecycled { reason: RestReason::Rejected(RejectionCode::NoNeed), custody: owner() },
    ]
}

fn contested() -> Event {
    let clock = Clock::until(ClockKind::VerdictBy, Hours::Wall, START, START.plus(3 * DAY));
    Event::RejectionContested {
        handoff: handoff(),
        by: member("owner"),
        arbiter: member("steward"),
        custody: Some(Custody::new(Holder::Arbiter(member("steward")), clock.clone())),
        clock,
    }
}

fn resolved(verdict: Verdict, custody: Option<Custody>) -> Event {
    Event::ContestResolved { handoff: handoff(), verdict, moot: false, by: Some(member("steward")), custody }
}

fn qualified() -> Vec<Event> {
    let facts = SqlFacts::default();
    vec![
        Event::LeadAccepted {
            by: member("ann"),
            at: START,
            implied: false,
            early: Some(terms()),
            custody: rep(ClockKind::DispositionBy),
        },
        Event::LeadSalesQualified {
            facts,
            at: START,
            by: Some(member("ann")),
            implied: false,
            custody: rep(ClockKind::NextStepBy),
        },
        Event::CloserWanted {
            first: member("ann"),
            wanted: Some(member("bob")),
            pool: pool(),
            held: false,
            custody: steward(),
        },
        Event::CloserOffered {
            rep: member("bob"),
            pool: pool(),
            rule: "closer".to_owned(),
            candidates: Vec::new(),
            custody: Custody::new(
                Holder::Rep(member("bob")),
                Clock::until(ClockKind::AcceptBy, Hours::Wall, START, START.plus(DAY)),
            ),
            receipt: Some(Box::new(RouteReceipt {
                step: RouteStep::Wanted,
                by_turn: false,
                passed_over: Vec::new(),
                passed_over_more: 0,
                account: None,
                first_pool: None,
                candidates_more: 0,
            })),
        },
        Event::NobodyFree(Box::new(RouteTried { pool: pool(), candidates: Vec::new(), more: 0 })),
    ]
}

/// Contested and overturned; contested and upheld; a closer who passes; a closer who gives back.
pub(super) fn events() -> Vec<Vec<Event>> {
    let mut overturned = rejection();
    overturned.extend([
        contested(),
        resolved(Verdict::Overturned, None),
        Event::RejectionVoided { handoff: handoff(), code: RejectionCode::NoNeed, version: 6 },
    ]);
    let mut upheld = rejection();
    upheld.extend([contested(), resolved(Verdict::Upheld, Some(owner()))]);
    let mut passed = qualified();
    passed.push(Event::CloserWithdrawn {
        from: member("bob"),
        why: Withdrawal::Declined,
        pool: pool(),
        held: false,
        custody: steward(),
    });
    let mut given_back = qualified();
    given_back.extend([
        Event::CloserAccepted {
            by: member("bob"),
            at: START,
            implied: false,
            custody: rep(ClockKind::NextStepBy),
        },
        Event::ReturnedToFirst { to: member("ann"), custody: rep(ClockKind::DispositionBy) },
    ]);
    let reclaimed = vec![
        Event::LeadOffered {
            rep: member("ann"),
            pool: pool(),
            rule: "everyone".to_owned(),
            candidates: Vec::new(),
            offer_no: 1,
            custody: rep(ClockKind::AcceptBy),
            receipt: None,
        },
        Event::OfferWithdrawn {
            from: member("ann"),
            why: Withdrawal::NotAccepted,
            wanted: None,
            pool: pool(),
            held: false,
            custody: steward(),
        },
        Event::OfferMissed {
            rep: member("ann"),
            accept_by: Some(START.plus(DAY)),
            why: Withdrawal::NotAccepted,
        },
        Event::BreachVoided { rep: member("ann"), accept_by: START.plus(DAY) },
    ];
    vec![overturned, upheld, passed, given_back, reclaimed]
}

#[test]
fn a_contest_names_the_rejection_its_window_and_its_verdict() {
    let world = super::story::World::new();
    let said = |name: &str, field: &str| -> Vec<Value> {
        let of_name = |step: &&(_, Event, _)| step.1.name() == name;
        let steps = steps();
        let records = steps.iter().filter(of_name).flat_map(|step| records(&world.handed(step, true)));
        let feedback = records.filter(|record| record.event_type.starts_with("feedback."));
        feedback.map(|record| record.payload[field].clone()).collect()
    };
    assert_eq!(said("rejection_contested", "verdict"), [Value::Null, Value::Null]);
    let until = json!(START.plus(5 * DAY).to_string());
    assert_eq!(said("rejection_contested", "contest_until"), [until.clone(), until]);
    assert_eq!(said("rejection_contested", "tells"), [json!(["steward"]), json!(["steward"])]);
    let due_by = json!(START.plus(3 * DAY).to_string());
    assert_eq!(said("rejection_contested", "due_by"), [due_by.clone(), due_by]);
    assert_eq!(said("contest_resolved", "verdict"), [json!("overturned"), json!("upheld")]);
    assert_eq!(said("contest_resolved", "reason"), [json!("no_need"), json!("no_need")]);
    assert_eq!(said("rejection_voided", "verdict"), [json!("overturned")]);
    assert_eq!(said("rejection_voided", "handoff_id"), [json!(handoff().to_string())]);
}

#[test]
fn whoever_holds_a_contested_lead_the_arbiter_is_reminded_of_the_verdict() {
    let (world, steps) = (super::story::World::new(), steps());
    let contested = steps.iter().find(|step| step.1.name() == "rejection_contested").unwrap();
    let custody = contested.2.custody().unwrap().clone().held_by(Holder::Rep(member("ann")));
    let event = Event::ClockReminded { kind: ClockKind::VerdictBy, rung: Rung::RemindHalf, custody };
    let after = evolve(contested.2.clone(), &event).unwrap();
    let reminded = records(&world.handed(&(contested.2.clone(), event, after), true));
    assert_eq!(reminded[0].payload["holder"]["id"], "ann");
    assert_eq!(reminded[0].payload["tells"], json!(["steward"]));
    super::assert_valid(
        "handoff.feedback.v1",
        reminded[0].event_type,
        &Value::Object(reminded[0].payload.clone()),
    );
}

#[test]
fn a_missed_disposition_next_step_answer_or_deal_review_is_told_to_the_manager_at_once() {
    let world = super::story::World::new();
    let with = |kind: ClockKind| rep(kind).held_by(Holder::Rep(member("steward")));
    let told = |stage: fn(Custody) -> Stage, kind: ClockKind| {
        let mut lead = Lead { version: 7, stage: stage(with(kind)), ..Lead::unseen(lead_id()) };
        lead.cycle.number = 1;
        lead.cycle.terms = Some(terms());
        let custody = lead.custody().unwrap().clone();
        let event = Event::ClockBreached { kind, due_by: START, custody };
        let records = records(&world.handed(&(lead.clone(), event, lead), true));
        let breached = records.iter().find(|it| it.event_type == "feedback.sla_breached.v1").unwrap();
        breached.payload["tells"].clone()
    };
    let (holder, both) = (json!(["steward"]), json!(["steward", "bob"]));
    assert_eq!(told(Stage::SalesAccepted, ClockKind::DispositionBy), both);
    assert_eq!(told(Stage::SalesQualified, ClockKind::NextStepBy), both);
    assert_eq!(told(Stage::SalesAccepted, ClockKind::RespondBy), both);
    assert_eq!(told(Stage::Opportunity, ClockKind::ReviewBy), both);
    assert_eq!(told(Stage::SalesAccepted, ClockKind::ContactBy), holder, "it goes to the next rep");
    assert_eq!(told(Stage::SalesQualified, ClockKind::FactsBy), holder, "the manager has a list of these");
}
