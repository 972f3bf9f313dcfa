//! A fault of ours stops one lead and nobody else: it is parked, what comes for it queues in order, a redrive lets it go on.

use super::desk::{Desk, loop_batch};
use super::journey::{ask, member, route};
use baton::contract::request::Who;
use baton::domain::command::{Command, DueClock};
use baton::domain::custody::{ClockKind, Holder};
use baton::domain::lead::{Stage, StageKind};
use baton::transaction::batch::{Batch, Intake, Outcome, Redrive, Stream};
use baton::transaction::plan::Planned;
use serde_json::json;

const PRIYA: &str = "priya@northwind-robotics.example";
const DANIEL: &str = "daniel@northwind-robotics.example";

/// A known lead whose stored stage is damaged: nothing that makes a lead can happen to it again. Gives the true stage.
fn damaged(desk: &mut Desk) -> Stage {
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    std::mem::replace(&mut desk.state(PRIYA).stage, Stage::Unseen)
}

/// Parked by a second form; gives the stage to mend it with.
fn parked(desk: &mut Desk) -> (Stage, Planned) {
    let stage = damaged(desk);
    let again = desk.form("form-2", PRIYA, "VP Engineering");
    let planned = desk.run(vec![again]);
    (stage, planned)
}

fn accepted(desk: &mut Desk, id: &str, email: &str) -> Outcome {
    let entry = desk.crm("crm.lead.accepted.v1", id, email, "u-dev-patel", json!({}));
    desk.run(vec![entry]).outcomes.remove(0)
}

fn events(planned: &Planned) -> Vec<&'static str> {
    planned.write.audit.iter().map(|row| row.event).collect()
}

#[test]
fn an_impossible_event_parks_the_lead_with_operations_and_keeps_the_record() {
    let mut desk = Desk::new();
    let (_, planned) = parked(&mut desk);
    assert_eq!(planned.outcomes, vec![Outcome::Parked("impossible_event")]);
    assert_eq!(events(&planned), ["lead_parked"], "nothing of the record was decided");
    assert!(planned.write.touches.is_empty() && planned.write.persons.is_empty());
    assert_eq!(planned.write.parked.len(), 1);
    assert!(planned.write.parked[0].kept.detail.contains("cannot happen"), "a person reads why");
    assert!(planned.write.quarantine.is_empty());
    let lead = desk.lead(PRIYA);
    let custody = lead.custody().unwrap();
    assert_eq!(lead.parked.as_ref().unwrap().reason, "impossible_event");
    assert_eq!(custody.holder, Holder::Operations(baton::domain::team::MemberId("olga-petrov".to_owned())));
    assert!(custody.clock(ClockKind::RedriveBy).is_some());
    assert_eq!(custody.clocks().count(), 1, "the lead's own clocks are held");
}

#[test]
fn what_comes_for_a_parked_lead_queues_in_order_and_asks_and_loops_are_told() {
    let mut desk = Desk::new();
    let entries = {
        damaged(&mut desk);
        vec![
            desk.form("form-2", PRIYA, "VP Engineering"),
            desk.crm("crm.lead.accepted.v1", "a-1", PRIYA, "u-dev-patel", json!({})),
            desk.form("form-3", DANIEL, "VP Sales"),
        ]
    };
    let planned = desk.run(entries);
    let wanted = [
        Outcome::Parked("impossible_event"),
        Outcome::Parked("lead_parked"),
        Outcome::Applied("record_signal"),
    ];
    assert_eq!(planned.outcomes, wanted, "the same batch already, and nobody else's records");
    assert_eq!(accepted(&mut desk, "a-2", PRIYA), Outcome::Parked("lead_parked"));
    let topics: Vec<(String, i64)> = desk
        .queue
        .iter()
        .filter_map(|row| row.entry.record.as_ref())
        .map(|record| (record.topic.to_string(), record.offset))
        .collect();
    let crm = "crm.lead-events.v1".to_owned();
    assert_eq!(topics, [("marketing.form-fills.v1".to_owned(), 1), (crm.clone(), 0), (crm, 1)]);

    let claim = ask(&desk, member("maya-cohen"), Some(Command::ClaimLead), None);
    let planned = desk.take(loop_batch(Stream::Web(1), claim));
    assert_eq!(planned.outcomes, vec![Outcome::Refused("lead_parked".to_owned())]);
    assert_eq!(events(&planned), ["ask_refused"]);
    assert_eq!(route(&mut desk, "mid-market"), Outcome::Filtered("lead_parked"));
    let told = ask(&desk, Who::Sweeper, Some(Command::ScoreAgain), None);
    let told = baton::transaction::batch::Entry { record: None, ..told };
    let mut fact = told.clone();
    if let Ok(baton::contract::request::Decoded::Request(request)) = &mut fact.decoded {
        request.nature = baton::domain::command::Nature::Fact;
    }
    let planned = desk.take(loop_batch(Stream::Sweep(1), fact));
    assert_eq!(planned.outcomes, vec![Outcome::Filtered("lead_parked")], "wide changes pass it by");
}

#[test]
fn whoever_is_named_together_with_a_parked_lead_is_parked_too_and_nothing_of_the_record_stands() {
    let mut desk = Desk::new();
    let other = desk.form("form-0", DANIEL, "Director of Sales");
    let _planned = desk.run(vec![other]);
    let (stage, _) = parked(&mut desk);
    let deal = json!({
        "revision": 1, "kind": "new_business", "opened_at": desk.minutes_ago(1),
        "opportunity": { "system": "crm", "id": "006" }, "amount": "84000.00", "currency": "EUR",
        "owner": { "system": "crm", "object": "user", "id": "u-dev-patel" },
        "contacts": [{ "email": DANIEL, "primary": true }, { "email": PRIYA }],
    });
    let event = desk.event("crm.opportunity.opened.v1", "deal-1", deal);
    let opened = desk.entry("crm.lead-events.v1", &event);
    let planned = desk.run(vec![opened]);
    assert_eq!(planned.outcomes, vec![Outcome::Parked("lead_parked")]);
    assert!(planned.write.opportunities.is_empty() && planned.write.contacts.is_empty());
    assert_eq!(desk.lead(DANIEL).parked.as_ref().unwrap().reason, "with_another");
    assert_eq!(desk.types().last(), Some(&"lead.updated.v1"), "whoever follows the lead hears of it");
    assert_eq!(accepted(&mut desk, "a-1", DANIEL), Outcome::Parked("lead_parked"));

    desk.state(PRIYA).stage = stage;
    let planned = desk.redrive(200);
    let codes: Vec<&str> = planned.outcomes.iter().map(Outcome::code).collect();
    assert_eq!(codes, ["applied", "applied", "filtered"], "the acceptance came after the deal");
    for email in [PRIYA, DANIEL] {
        assert_eq!(desk.lead(email).parked, None, "{email}");
        assert_eq!(desk.lead(email).stage.kind(), StageKind::Opportunity, "{email}");
    }
    assert!(desk.queue.is_empty());
}

#[test]
fn a_redrive_applies_everything_in_order_and_lets_the_lead_go_on() {
    let mut desk = Desk::new();
    let (stage, _) = parked(&mut desk);
    assert_eq!(accepted(&mut desk, "a-1", PRIYA), Outcome::Parked("lead_parked"));
    let rejected =
        desk.crm("sales.lead.rejected.v1", "r-1", PRIYA, "u-dev-patel", json!({ "reason": "no_need" }));
    assert_eq!(desk.run(vec![rejected]).outcomes, vec![Outcome::Parked("lead_parked")]);
    desk.state(PRIYA).stage = stage;
    let planned = desk.redrive(200);
    let codes: Vec<&str> = planned.outcomes.iter().map(Outcome::code).collect();
    assert_eq!(codes, ["applied"; 3]);
    assert_eq!(events(&planned).first(), Some(&"lead_unparked"));
    let lines: Vec<&str> = planned.write.parked_resolved.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(lines, ["applied/record_signal", "applied/accept_lead", "applied/reject_lead"]);
    let lead = desk.lead(PRIYA);
    assert_eq!(lead.parked, None);
    assert_eq!(lead.stage.kind(), StageKind::Recycled, "accepted first, rejected after it");
    assert!(desk.queue.is_empty());
    let reasons: Vec<_> = planned.write.outbox.iter().map(|row| row.event_type.as_str()).collect();
    assert!(reasons.contains(&"lead.updated.v1"), "whoever holds it now hears: {reasons:?}");
}

#[test]
fn what_fails_again_keeps_the_lead_parked_with_its_reason_its_duty_and_its_order() {
    let mut desk = Desk::new();
    let (_, _) = parked(&mut desk);
    assert_eq!(accepted(&mut desk, "a-1", PRIYA), Outcome::Parked("lead_parked"));
    let before = desk.lead(PRIYA).parked.clone();
    let queue: Vec<_> = desk.queue.iter().map(|row| row.id).collect();
    let planned = desk.redrive(200);
    assert_eq!(planned.outcomes, vec![Outcome::Parked("impossible_event"), Outcome::Parked("lead_parked")]);
    assert!(planned.write.parked_resolved.is_empty());
    assert_eq!(events(&planned), ["lead_unparked", "lead_parked"]);
    assert_eq!(desk.lead(PRIYA).parked, before, "a redrive that fails does not restart the duty");
    assert_eq!(desk.queue.iter().map(|row| row.id).collect::<Vec<_>>(), queue);
}

#[test]
fn a_long_queue_is_redriven_in_steps_and_the_lead_stays_parked_between_them() {
    let mut desk = Desk::new();
    let (stage, _) = parked(&mut desk);
    for number in 0..4 {
        let content = desk.form(&format!("more-{number}"), PRIYA, "VP Engineering");
        assert_eq!(desk.run(vec![content]).outcomes, vec![Outcome::Parked("lead_parked")]);
    }
    desk.state(PRIYA).stage = stage;
    for (left, parked) in [(3, true), (1, true), (0, false)] {
        let _planned = desk.redrive(2);
        assert_eq!((desk.queue.len(), desk.lead(PRIYA).parked.is_some()), (left, parked));
    }
}

#[test]
fn a_key_that_a_queued_record_introduces_leads_to_the_queue_and_brings_what_waited_for_it() {
    let mut desk = Desk::new();
    let lead = {
        damaged(&mut desk);
        desk.lead(PRIYA).id.to_string()
    };
    let crm = json!({ "system": "crm", "object": "lead", "id": "00Q9" });
    let by_crm = |desk: &mut Desk, event_type: &str, id: &str| {
        let data = json!({ "crm": crm, "actor": { "system": "crm", "object": "user", "id": "u-dev-patel" } });
        let event = desk.event(event_type, id, data);
        desk.entry("crm.lead-events.v1", &event)
    };
    let early = by_crm(&mut desk, "crm.lead.accepted.v1", "early");
    assert_eq!(desk.run(vec![early]).outcomes, vec![Outcome::Parked("awaiting_identity")]);
    let again = desk.form("form-2", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![again]);
    let created =
        json!({ "lead_id": lead, "crm": crm, "person": { "email": PRIYA }, "record_origin": "integration" });
    let event = desk.event("crm.lead.created.v1", "created", created);
    let created = desk.entry("crm.lead-events.v1", &event);
    let later = by_crm(&mut desk, "crm.lead.accepted.v1", "later");
    let planned = desk.run(vec![created, later]);
    assert_eq!(planned.outcomes, vec![Outcome::Parked("lead_parked"); 2]);
    assert_eq!(planned.write.parked_anew.len(), 1, "what waited for the key queues after what brought it");
    assert!(planned.write.parked_resolved.is_empty());
    assert!(desk.loaded.waiting.is_empty());
    let offsets: Vec<_> =
        desk.queue.iter().filter_map(|row| row.entry.record.as_ref()).map(|record| record.offset).collect();
    assert_eq!(offsets, [1, 1, 0, 2], "form, created, what had waited, what came later");
}

#[test]
fn a_record_that_makes_planning_panic_parks_whom_it_names_and_is_quarantined_when_it_names_nobody() {
    let mut desk = Desk::new();
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    let suspect = |desk: &mut Desk, entry| {
        let batch = Batch { suspect: true, ..Batch::default() };
        desk.run_as(batch, vec![entry])
    };
    let again = desk.form("form-2", PRIYA, "VP Engineering");
    let planned = suspect(&mut desk, again);
    assert_eq!(planned.outcomes, vec![Outcome::Parked("panicked")]);
    assert_eq!(events(&planned), ["lead_parked"]);
    assert_eq!(desk.lead(PRIYA).parked.as_ref().unwrap().reason, "panicked");
    let stranger = desk.form("form-3", DANIEL, "VP Engineering");
    let planned = suspect(&mut desk, stranger);
    assert_eq!(planned.outcomes, vec![Outcome::Quarantined("panicked")]);
    assert!(planned.write.leads.is_empty());
    let planned = desk.redrive(200);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("record_signal")], "mended by another program");
    assert_eq!(desk.lead(PRIYA).parked, None);
}

#[test]
fn a_quarantined_record_is_settled_with_its_decision_and_never_parks_anybody() {
    let mut desk = Desk::new();
    let stage = damaged(&mut desk);
    let again = desk.form("form-2", PRIYA, "VP Engineering");
    let row = uuid::Uuid::from_u128(7);
    let redrive = |desk: &mut Desk| {
        desk.loaded.kept = [row].into();
        let entry = baton::transaction::batch::Entry { duplicate: None, ..again.clone() };
        let act = Box::new(entry.clone());
        let again = Redrive { from: Intake::Quarantined, rows: vec![row], leads: [].into(), act };
        desk.take(Batch {
            stream: Some(Stream::Web(0)),
            entries: vec![entry],
            redrive: Some(again),
            ..Batch::default()
        })
    };
    let planned = redrive(&mut desk);
    assert_eq!(planned.outcomes, vec![Outcome::Quarantined("impossible_event")]);
    assert!(planned.write.audit.is_empty() && planned.write.quarantine_resolved.is_empty());
    desk.state(PRIYA).stage = stage;
    let planned = redrive(&mut desk);
    assert_eq!(planned.write.quarantine_resolved, vec![(row, "applied/record_signal".to_owned())]);
    desk.loaded.kept.clear();
}

#[test]
fn nobody_redriving_in_time_is_a_breach_of_operations() {
    let mut desk = Desk::new();
    let _parked = parked(&mut desk);
    let lead = desk.lead(PRIYA);
    let clock = lead.custody().unwrap().clock(ClockKind::RedriveBy).unwrap().clone();
    let due = DueClock {
        kind: ClockKind::RedriveBy,
        rung_at: clock.rung_at,
        cycle: lead.cycle.number,
        custody_version: lead.custody_version,
    };
    desk.now = clock.rung_at;
    let mut passing = ask(&desk, Who::Sweeper, Some(Command::PassDeadline(due)), None);
    if let Ok(baton::contract::request::Decoded::Request(request)) = &mut passing.decoded {
        request.nature = baton::domain::command::Nature::Fact;
    }
    let planned = desk.take(loop_batch(Stream::Sweep(1), passing));
    assert_eq!(planned.outcomes, vec![Outcome::Applied("pass_deadline")]);
    assert_eq!(events(&planned), ["clock_breached"]);
    let lead = desk.lead(PRIYA);
    assert!(lead.parked.is_some());
    assert!(lead.custody().unwrap().next_due_at() > clock.rung_at, "and it goes on asking");
}

#[test]
fn what_waited_for_a_newcomer_and_names_a_parked_lead_parks_the_newcomer_and_is_kept() {
    let mut desk = Desk::new();
    let stage = damaged(&mut desk);
    let damage = std::mem::replace(&mut desk.state(PRIYA).stage, stage);
    let contact = json!({ "system": "crm", "object": "contact", "id": "003K" });
    let deal = json!({
        "revision": 1, "kind": "new_business", "opened_at": desk.minutes_ago(1),
        "opportunity": { "system": "crm", "id": "006" },
        "contacts": [{ "email": PRIYA, "primary": true }, { "crm": contact }],
    });
    let event = desk.event("crm.opportunity.opened.v1", "deal-1", deal);
    let opened = desk.entry("crm.lead-events.v1", &event);
    assert_eq!(desk.run(vec![opened]).outcomes, vec![Outcome::Parked("awaiting_identity")]);
    let stage = std::mem::replace(&mut desk.state(PRIYA).stage, damage);
    let again = desk.form("form-2", PRIYA, "VP Engineering");
    assert_eq!(desk.run(vec![again]).outcomes, vec![Outcome::Parked("impossible_event")]);

    let data = json!({ "crm": contact, "person": { "email": DANIEL }, "record_origin": "integration" });
    let event = desk.event("crm.lead.created.v1", "created", data);
    let created = desk.entry("crm.lead-events.v1", &event);
    let planned = desk.run(vec![created]);
    assert_eq!(planned.outcomes[0].code(), "applied", "{:?}", planned.outcomes);
    assert_eq!(desk.lead(DANIEL).parked.as_ref().unwrap().reason, "with_another");
    assert_eq!(
        (planned.write.parked.len(), planned.write.parked_anew.len()),
        (1, 1),
        "kept, under other keys"
    );
    assert!(planned.write.parked_resolved.is_empty());
    assert_eq!(desk.queue.len(), 2);

    desk.state(PRIYA).stage = stage;
    let _planned = desk.redrive(200);
    assert!(desk.queue.is_empty() && desk.lead(DANIEL).parked.is_none());
    assert_eq!(desk.lead(DANIEL).stage.kind(), StageKind::Opportunity);
}
