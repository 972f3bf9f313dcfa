//! What the CRM hears when a clock moves a lead: whoever holds it from then on, by when they must act, and what is told to
//! people about it.

use super::desk::{Desk, loop_batch};
use super::journey::{ask, route};
use baton::contract::policy_text;
use baton::contract::request::Who;
use baton::domain::command::{Command, DueClock};
use baton::domain::custody::{Basis, ClockKind, Custody, Holder, Rung};
use baton::domain::lead::{Lead, Stage};
use baton::domain::time::Moment;
use baton::store::rows::{OutTopic, OutboxRow};
use baton::transaction::batch::{Outcome, Stream};
use serde_json::Value;

const PRIYA: &str = "priya@northwind-robotics.example";
/// A lead that nobody ever takes has climbed every ladder long before.
const RUNGS_MAX: usize = 60;

fn payload(row: &OutboxRow) -> Value {
    serde_json::from_slice(row.payload.as_ref().unwrap()).unwrap()
}

/// Passes the rung that comes first; what that published.
fn pass(desk: &mut Desk) -> Vec<OutboxRow> {
    let lead = desk.lead(PRIYA);
    let clock = lead.custody().unwrap().clocks().min_by_key(|clock| clock.rung_at).unwrap();
    let due = DueClock {
        kind: clock.kind,
        rung_at: clock.rung_at,
        cycle: lead.cycle.number,
        custody_version: lead.custody_version,
    };
    desk.now = desk.now.max(clock.rung_at);
    let passing = ask(desk, Who::Sweeper, Some(Command::PassDeadline(due)), None);
    let planned = desk.take(loop_batch(Stream::Sweep(1), passing));
    assert_eq!(planned.outcomes, vec![Outcome::Applied("pass_deadline")]);
    planned.write.outbox
}

fn held_by(lead: &Lead) -> Option<(Holder, String)> {
    lead.custody().map(|custody: &Custody| (custody.holder.clone(), custody.deadline().to_string()))
}

/// Climbs until a rung hands the lead to somebody else; checks what the CRM is told, and gives it.
fn until_moved(desk: &mut Desk) -> Value {
    for _ in 0..RUNGS_MAX {
        let before = held_by(desk.lead(PRIYA)).unwrap().0;
        let published = pass(desk);
        let (holder, deadline) = held_by(desk.lead(PRIYA)).unwrap();
        if holder == before {
            continue;
        }
        let told: Vec<Value> =
            published.iter().filter(|row| row.topic == OutTopic::Handoff).map(payload).collect();
        let last = told.last().unwrap_or_else(|| panic!("the CRM hears nothing of {holder:?}")).clone();
        assert_eq!(last["holder"]["id"], holder.member().0);
        assert_eq!(last["deadline"], deadline);
        return last;
    }
    panic!("no clock moved the lead");
}

#[test]
fn every_move_by_a_clock_tells_the_crm_who_holds_the_lead_and_until_when() {
    let mut desk = Desk::new();
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    // Nobody routes it: the queue is the manager's.
    let moved = until_moved(&mut desk);
    assert_eq!((&moved["reason_code"], &moved["held"]), (&"not_routed".into(), &false.into()));
    assert_eq!(moved["holder"]["id"], "paul-dupont");
    assert_eq!(moved["previous_holder"]["id"], "maya-cohen");
    // Nobody accepts it: back to the queue, and after the third offer it is the steward's to decide.
    for offer in 1..=3 {
        assert_eq!(route(&mut desk, "mid-market"), Outcome::Applied("offer_lead"));
        let moved = until_moved(&mut desk);
        assert_eq!(moved["offer_no"], offer);
        assert_eq!(moved["previous_holder"]["kind"], "rep");
        assert_eq!(moved["held"], offer == 3, "{moved}");
    }
    assert!(matches!(desk.lead(PRIYA).stage, Stage::Queued { held: true, .. }));
}

#[test]
fn rungs_tell_the_holder_and_then_the_manager_or_the_deputy() {
    let mut desk = Desk::new();
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    assert_eq!(route(&mut desk, "mid-market"), Outcome::Applied("offer_lead"));
    let rep = held_by(desk.lead(PRIYA)).unwrap().0.member().0.clone();
    let reminded = payload(&pass(&mut desk)[0]);
    assert_eq!((&reminded["rung"], &reminded["reason"]), (&"half".into(), &"accept_by".into()));
    assert_eq!(reminded["tells"], serde_json::json!([rep]));
    let mut escalated = Value::Null;
    for _ in 0..RUNGS_MAX {
        let published = pass(&mut desk);
        if let Some(row) = published.iter().find(|row| row.event_type == "feedback.escalated.v1") {
            escalated = payload(row);
            break;
        }
    }
    // Nobody routed it again, so the manager holds it; who has no manager hears it.
    assert_eq!(escalated["holder"]["id"], "paul-dupont");
    assert_eq!(escalated["tells"], serde_json::json!(["paul-dupont"]), "{escalated}");
}

#[test]
fn a_p1_lead_out_of_hours_is_said_to_wait_and_until_when_beside_its_mql() {
    let published = |at: &str| {
        let mut desk = Desk::new();
        desk.now = Moment::parse(at).unwrap();
        let form = desk.form("form-1", PRIYA, "VP Engineering");
        desk.run(vec![form]);
        let told = desk.published.iter().filter(|row| row.topic == OutTopic::Handoff);
        told.map(|row| (row.event_type.clone(), payload(row))).collect::<Vec<_>>()
    };
    // Sunday noon: the quarter of an hour runs from Monday's opening.
    let night = published("2026-05-31T12:00:00Z");
    let types: Vec<&str> = night.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(types, ["lead.marketing_qualified.v1", "lead.queued.v1"]);
    let [mql, queued] = [&night[0].1, &night[1].1];
    assert_eq!((&queued["reason_code"], &queued["held"]), (&"out_of_hours".into(), &false.into()));
    assert_eq!(queued["deadline"], "2026-06-01T09:15:00Z", "{queued}");
    assert_eq!(queued["lead_version"], mql["lead_version"], "one event");
    assert_eq!((&mql["topic_sequence"], &queued["topic_sequence"]), (&1.into(), &2.into()), "no gap");
    let day = published("2026-06-01T10:00:00Z");
    assert_eq!(day.len(), 1, "in hours the router offers it at once: {day:?}");
}

#[test]
fn a_lead_that_is_raised_to_p1_out_of_hours_is_said_to_wait_as_one_that_comes_as_p1() {
    let raised = |at: &str| {
        let mut desk = Desk::new();
        desk.now = Moment::parse(at).unwrap();
        // A student waits low-touch; that it is somebody of weight shows with the second form.
        for (id, title) in [("form-1", "Student"), ("form-2", "VP Engineering")] {
            desk.published.clear();
            let form = desk.form(id, PRIYA, title);
            desk.run(vec![form]);
        }
        let told = desk.published.iter().filter(|row| row.topic == OutTopic::Handoff).map(payload);
        told.collect::<Vec<Value>>()
    };
    // Sunday noon.
    let night = raised("2026-05-31T12:00:00Z");
    let [.., up, queued] = &night[..] else { panic!("two records: {night:?}") };
    assert_eq!(
        (&up["reason_code"], &queued["reason_code"]),
        (&"priority_raised".into(), &"out_of_hours".into())
    );
    assert_eq!(queued["deadline"], "2026-06-01T09:15:00Z", "{queued}");
    assert_eq!(queued["lead_version"], up["lead_version"], "one event");
    let [first, second] = [up, queued].map(|told| told["topic_sequence"].as_i64().unwrap());
    assert_eq!(second, first + 1, "no gap");
    let day = raised("2026-06-01T10:00:00Z");
    assert_eq!(day.last().unwrap()["reason_code"], "priority_raised", "{day:?}");
}

#[test]
fn a_clock_climbs_the_ladder_of_the_policy_under_which_it_started() {
    let other = policy_text::DEFAULT_POLICY
        .replace("reminder_percents = [50, 80]", "reminder_percents = [40]")
        .replace("escalate_percent = 150", "escalate_percent = 120");
    let mut desk = Desk::new();
    desk.policy = Some(policy_text::policy(&other).unwrap());
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    assert_eq!(route(&mut desk, "mid-market"), Outcome::Applied("offer_lead"));
    let accept =
        |desk: &Desk| desk.lead(PRIYA).custody().unwrap().clock(ClockKind::AcceptBy).unwrap().clone();
    let clock = accept(&desk);
    let at = |percent| clock.started_at.plus(clock.due_by.since(clock.started_at) / 100 * percent);
    assert_eq!((clock.rung, clock.rung_at), (Rung::RemindHalf, at(40)));
    assert!(matches!(clock.basis, Basis::Hours(ladder) if ladder.escalate_at == at(120)), "{clock:?}");
    // Another policy in force moves no running clock.
    desk.policy = None;
    let reminded = payload(&pass(&mut desk)[0]);
    assert_eq!((&reminded["rung"], &reminded["reason"]), (&"half".into(), &"accept_by".into()));
    assert_eq!((accept(&desk).rung, accept(&desk).rung_at), (Rung::Due, clock.due_by), "the one reminder");
}
