//! A producer that tells a record again and stamps it with another time: the first wall, the duplicate key, lets it pass,
//! and what the lead and its audit remember is the second (DELIVERY 1). Nothing here knows a database.

use super::desk::Desk;
use super::journey::route;
use baton::domain::custody::Holder;
use baton::domain::lead::{Stage, StageKind};
use baton::domain::policy::RejectionCode;
use baton::domain::time::{DAY, MINUTE};
use baton::store::audit::Told;
use baton::store::write_set::WriteSet;
use baton::transaction::batch::Outcome;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PRIYA: &str = "priya@northwind-robotics.example";
const DEV: &str = "u-dev-patel";
const EMMA: &str = "u-emma-larsen";
/// Minutes before now at which the same record says that it happened; the first is told first.
const STAMPS: [i64; 3] = [5, 2, 9];
const CRM: &str = "crm.lead-events.v1";

/// What a transaction would find of these records in the audit; that one parked its lead is no decision on it.
pub fn told(write: &WriteSet) -> BTreeSet<Told> {
    let named: BTreeSet<[u8; 32]> = write.causes.iter().map(|row| row.cause).collect();
    let decided = write.audit.iter().filter(|row| named.contains(&row.cause) && row.event != "lead_parked");
    decided.map(|row| (row.cause, row.input)).collect()
}

/// The same record, id and content, at another minute.
fn stamped(desk: &Desk, event: &Value, minutes_ago: i64) -> Value {
    let mut again = event.clone();
    again["time"] = json!(desk.minutes_ago(minutes_ago));
    again
}

/// A lead in its pool's queue, since before anything that is told of it.
fn queued() -> Desk {
    let mut desk = Desk::new();
    let form = desk.form("form-0", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    desk.now = desk.now.plus(10 * MINUTE);
    desk
}

/// What a person of sales says of her, by the CRM or by the form for feedback.
fn said(desk: &Desk, kind: &str, by: &str, more: Value) -> Value {
    let mut data =
        json!({ "person": { "email": PRIYA }, "actor": { "system": "crm", "object": "user", "id": by } });
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    desk.event(kind, &format!("{kind} by {by}"), data)
}

fn topic(kind: &str) -> &'static str {
    match kind.split('.').next().unwrap() {
        "crm" => CRM,
        "sales" => "sales.feedback.v1",
        "email" => "marketing.email-events.v1",
        "form" => "marketing.form-fills.v1",
        "signal" => "marketing.signals.v1",
        _ => "privacy.requests.v1",
    }
}

fn tell(desk: &mut Desk, event: &Value, minutes_ago: i64) -> Outcome {
    let kind = event["type"].as_str().unwrap().trim_start_matches("io.baton.").to_owned();
    let entry = desk.entry(topic(&kind), &stamped(desk, event, minutes_ago));
    desk.run(vec![entry]).outcomes.remove(0)
}

/// Tells it three times, each stamped anew: the first does what it does, and the others nothing.
fn counts_once(desk: &mut Desk, event: &Value, first: &str, what: &str) {
    let kind = event["type"].as_str().unwrap().trim_start_matches("io.baton.").to_owned();
    let mut told = Vec::new();
    for minutes_ago in STAMPS {
        let entry = desk.entry(topic(&kind), &stamped(desk, event, minutes_ago));
        told.push((entry.duplicate, entry.content));
        let before = desk.lead(PRIYA).clone();
        let planned = desk.run(vec![entry]);
        if told.len() == 1 {
            assert_eq!(planned.outcomes[0].code(), first, "{what}: {:?}", planned.outcomes);
            continue;
        }
        assert_eq!(planned.outcomes, vec![Outcome::Filtered("no_change")], "{what}");
        assert_eq!(*desk.lead(PRIYA), before, "{what} counts twice");
        let write = &planned.write;
        assert!(write.touches.is_empty() && write.audit.is_empty() && write.outbox.is_empty(), "{what}");
        assert!(write.handoff_facts.is_empty() && write.disagreements.is_empty(), "{what}");
        assert!(write.notes.is_empty() && write.fan_outs.is_empty(), "{what}");
    }
    assert!(told.iter().all(|(_, content)| *content == told[0].1), "{what}: the same content");
    assert!(told[1..].iter().all(|(key, _)| *key != told[0].0), "{what}: no duplicate by its key");
}

fn deal(desk: &Desk, change: &str, revision: u32, more: Value) -> Value {
    let mut data = json!({ "revision": revision, "kind": "new_business", "opened_at": desk.minutes_ago(20),
        "opportunity": { "system": "crm", "id": "006" }, "amount": "84000.00", "currency": "EUR",
        "contacts": [{ "email": PRIYA }] });
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    desk.event(&format!("crm.opportunity.{change}.v1"), &format!("deal-{revision}"), data)
}

fn called() -> Value {
    json!({ "attempt_id": "call-1", "channel": "phone", "direction": "outbound", "outcome": "conversation",
        "automated": false })
}

fn rejected(desk: &Desk, by: &str, code: &str) -> Value {
    said(desk, "sales.lead.rejected.v1", by, json!({ "reason": code }))
}

fn accepted(desk: &Desk, by: &str) -> Value {
    said(desk, "crm.lead.accepted.v1", by, json!({}))
}

#[test]
fn a_retry_that_restamps_its_time_counts_once() {
    let mut desk = queued();
    let person = json!({ "email": PRIYA });
    let asked = json!({ "form_id": "form-demo-en", "form_kind": "demo", "campaign_id": "c-1", "person":
        { "email": PRIYA, "job_title": "VP Engineering", "country": "DE" } });
    let attended = json!({ "kind": "webinar_attended", "campaign_id": "c-1", "person": person });
    let clicked = json!({ "message_id": "m-1", "person": person });
    let scanned = json!({ "message_id": "m-1", "person": person, "automated": true });
    let told = [
        desk.event("form.submitted.v1", "form-1", asked),
        desk.event("signal.recorded.v1", "webinar-1", attended),
        desk.event("email.clicked.v1", "click-1", clicked),
        desk.event("email.clicked.v1", "click-2", scanned),
        desk.event("email.bounced.v1", "bounce-1", json!({ "bounce_type": "hard", "person": person })),
        said(&desk, "crm.lead.contacted.v1", DEV, called()),
        deal(&desk, "won", 2, json!({ "closed_on": "2026-06-01" })),
    ];
    for event in &told {
        counts_once(&mut desk, event, "applied", event["type"].as_str().unwrap());
    }
    let lead = desk.lead(PRIYA);
    assert_eq!((lead.signals.signals().len(), lead.cycle.attempts.len(), lead.cycle.wins), (5, 1, 1));
    assert_eq!(lead.signals.automated(), 1, "and a machine's click");
    assert_eq!(lead.stage.kind(), StageKind::Won);
    assert_eq!(desk.types().iter().filter(|it| **it == "feedback.won.v1").count(), 1);
}

#[test]
fn each_change_of_a_deal_counts_once_however_often_it_is_stamped() {
    let mut desk = queued();
    let closed = json!({ "closed_on": "2026-06-01" });
    for (revision, (change, more)) in
        [("opened", json!({})), ("updated", json!({ "stage": "Proposal" })), ("lost", closed.clone())]
            .into_iter()
            .chain([("reopened", json!({})), ("won", closed), ("deleted", json!({}))])
            .enumerate()
    {
        let event = deal(&desk, change, u32::try_from(revision).unwrap() + 1, more);
        counts_once(&mut desk, &event, "applied", change);
    }
    let types = desk.types();
    for once in ["feedback.lost.v1", "feedback.won.v1", "feedback.win_reversed.v1"] {
        assert_eq!(types.iter().filter(|it| **it == once).count(), 1, "{once}: {types:?}");
    }
}

#[test]
fn what_a_person_says_of_their_mail_and_their_privacy_counts_once() {
    let person = json!({ "email": PRIYA });
    for (kind, data) in [
        ("email.unsubscribed.v1", json!({ "person": person, "scope": "marketing" })),
        ("email.complained.v1", json!({ "person": person, "scope": "marketing" })),
        (
            "consent.changed.v1",
            json!({ "person": person, "consent": { "email": "given", "phone": "given" } }),
        ),
        ("contact.suppressed.v1", json!({ "person": person, "scope": "all" })),
    ] {
        let mut desk = queued();
        let mut event = desk.event(kind, kind, data);
        if !kind.starts_with("email") {
            event["data"]["requested_at"] = json!(desk.minutes_ago(30));
        }
        counts_once(&mut desk, &event, "applied", kind);
    }
}

#[test]
fn every_fact_of_the_crm_and_of_sales_counts_once_wherever_the_lead_stands() {
    let named = |id: &str| json!({ "system": "crm", "object": "lead", "id": id });
    let student = json!({ "email": PRIYA, "job_title": "Student" });
    let user = |id: &str| json!({ "system": "crm", "object": "user", "id": id });
    let mut next = Desk::new();
    next.now = next.now.plus(5 * DAY);
    let next_step = next.now.to_string()[..10].to_owned();
    let facts = json!({ "need": "yes", "authority": "decides", "budget": "plausible", "timeline_months": 3 });
    let rows: [(&str, &str, Value); 14] = [
        ("Q", "crm.lead.created.v1", json!({ "crm": named("l-1"), "record_origin": "integration" })),
        ("Q", "crm.lead.created.v1", json!({ "crm": named("l-1"), "record_origin": "human" })),
        ("Q", "crm.lead.updated.v1", json!({ "person": student, "changed_fields": ["Title"] })),
        ("A", "crm.lead.updated.v1", json!({ "owner": user(EMMA), "changed_fields": ["Owner"] })),
        ("Q", "crm.lead.updated.v1", json!({ "owner": user(EMMA), "changed_fields": ["Owner"] })),
        ("Q", "crm.lead.accepted.v1", json!({})),
        ("A", "crm.lead.qualified.v1", json!({ "facts": facts, "next_step_on": next_step })),
        ("Q", "crm.lead.qualified.v1", json!({ "facts": { "need": "yes" } })),
        ("Q", "crm.lead.contacted.v1", called()),
        ("Q", "crm.lead.converted.v1", json!({ "crm": named("l-1") })),
        ("Q", "crm.lead.deleted.v1", json!({})),
        ("A", "crm.lead.deleted.v1", json!({})),
        ("A", "sales.feedback.noted.v1", json!({ "theme": "content_gap", "note": "No comparison." })),
        ("W", "sales.feedback.noted.v1", json!({ "theme": "praise", "note": "Loved the demo." })),
    ];
    for (stage, kind, more) in rows {
        let mut desk = queued();
        let _before = match stage {
            "A" => Some(tell_new(&mut desk, |desk| accepted(desk, DEV))),
            "W" => {
                Some(tell_new(&mut desk, |desk| deal(desk, "won", 1, json!({ "closed_on": "2026-06-01" }))))
            }
            _ => None,
        };
        let event = said(&desk, kind, DEV, more);
        counts_once(&mut desk, &event, "applied", &format!("{stage} {kind}"));
        let noted = desk.types().iter().filter(|it| **it == "feedback.noted.v1").count();
        assert_eq!(noted, usize::from(kind == "sales.feedback.noted.v1"), "{kind}");
    }
}

fn tell_new(desk: &mut Desk, event: impl Fn(&Desk) -> Value) -> Outcome {
    let event = event(desk);
    tell(desk, &event, 1)
}

#[test]
fn a_rejection_counts_once_for_every_code_and_a_refused_one_diverges_once() {
    for code in RejectionCode::ALL {
        let mut desk = queued();
        let _accepted = tell_new(&mut desk, |desk| accepted(desk, DEV));
        let event = rejected(&desk, DEV, code.code());
        // Nobody but a closer returns a lead.
        let first = if *code == RejectionCode::Return { "refused" } else { "applied" };
        counts_once(&mut desk, &event, first, code.code());
        let rejected = desk.types().iter().filter(|it| **it == "feedback.rejected.v1").count();
        assert_eq!(rejected, usize::from(first == "applied"), "{}", code.code());
    }
    for code in ["junk", "bad_data", "opt_out", "no_budget"] {
        let mut desk = Desk::new();
        let data = json!({ "form_id": "f", "form_kind": "content", "person": { "email": PRIYA } });
        let form = desk.event("form.submitted.v1", "form-0", data);
        let _captured = tell(&mut desk, &form, 1);
        assert_eq!(desk.lead(PRIYA).stage.kind(), StageKind::Captured);
        let event = rejected(&desk, DEV, code);
        counts_once(&mut desk, &event, "applied", &format!("{code} before the handoff"));
    }
    let mut desk = queued();
    let _won = tell_new(&mut desk, |desk| deal(desk, "won", 1, json!({ "closed_on": "2026-06-01" })));
    let event = rejected(&desk, DEV, "no_need");
    counts_once(&mut desk, &event, "refused", "a rejection of a customer");
}

#[test]
fn a_pass_that_is_told_again_takes_no_turn_from_the_next() {
    let mut desk = queued();
    assert_eq!(route(&mut desk, "mid-market"), Outcome::Applied("offer_lead"));
    let by = match &desk.lead(PRIYA).stage {
        Stage::Offered { rep, .. } => format!("u-{}", rep.0),
        other => panic!("not on offer: {other:?}"),
    };
    let passed = said(&desk, "crm.lead.declined.v1", &by, json!({}));
    counts_once(&mut desk, &passed, "applied", "a pass");
    assert_eq!(route(&mut desk, "mid-market"), Outcome::Applied("offer_lead"));
    assert_eq!(tell(&mut desk, &passed, 0), Outcome::Filtered("no_change"));
    assert_eq!(desk.lead(PRIYA).stage.kind(), StageKind::Offered);
}

#[test]
fn a_retry_that_comes_when_the_lead_has_moved_on_moves_it_no_more() {
    // Accepted, handed to somebody else, and the acceptance is told again.
    let mut desk = queued();
    let mine = accepted(&desk, DEV);
    let _accepted = tell(&mut desk, &mine, 2);
    let emmas = json!({ "system": "crm", "object": "user", "id": EMMA });
    let owner = json!({ "owner": emmas, "changed_fields": ["Owner"] });
    let _moved = tell_new(&mut desk, |desk| said(desk, "crm.lead.updated.v1", "u-maya-cohen", owner.clone()));
    let emma = desk.lead(PRIYA).holder().cloned();
    assert!(matches!(&emma, Some(Holder::Rep(rep)) if rep.0 == "emma-larsen"));
    assert_eq!(tell(&mut desk, &mine, 0), Outcome::Filtered("no_change"));
    assert_eq!(desk.lead(PRIYA).holder().cloned(), emma, "she keeps it");

    // Rejected for its place, taken by who is right, and the rejection is told again.
    let mut desk = queued();
    let _accepted = tell_new(&mut desk, |desk| accepted(desk, DEV));
    let misrouted = rejected(&desk, DEV, "wrong_territory");
    assert_eq!(tell(&mut desk, &misrouted, 1), Outcome::Applied("reject_lead"));
    let _taken = tell_new(&mut desk, |desk| accepted(desk, EMMA));
    assert_eq!(tell(&mut desk, &misrouted, 0), Outcome::Filtered("no_change"));
    assert_eq!(desk.lead(PRIYA).stage.kind(), StageKind::SalesAccepted);

    // Qualified and lost: told again, it opens no other passage.
    let mut desk = queued();
    let qualified = said(&desk, "crm.lead.qualified.v1", DEV, json!({ "facts": { "need": "yes" } }));
    let _qualified = tell(&mut desk, &qualified, 1);
    let _lost = tell_new(&mut desk, |desk| deal(desk, "lost", 1, json!({ "closed_on": "2026-06-01" })));
    assert_eq!(tell(&mut desk, &qualified, 0), Outcome::Filtered("no_change"));
    assert_eq!((desk.lead(PRIYA).stage.kind(), desk.lead(PRIYA).cycle.number), (StageKind::Lost, 1));
}

#[test]
fn another_rejection_is_refused_as_ever_and_one_of_a_later_handoff_counts() {
    let mut desk = queued();
    let _accepted = tell_new(&mut desk, |desk| accepted(desk, DEV));
    let first = rejected(&desk, DEV, "no_budget");
    assert_eq!(tell(&mut desk, &first, 1), Outcome::Applied("reject_lead"));
    for (by, code) in [(EMMA, "no_need"), (DEV, "no_budget")] {
        // The same person may say the same again: it is another record, and so another fact.
        let mut other = rejected(&desk, by, code);
        other["id"] = json!(format!("another by {by}"));
        let entry = desk.entry("sales.feedback.v1", &other);
        let planned = desk.run(vec![entry]);
        assert_eq!(planned.outcomes, vec![Outcome::Refused("already_rejected".to_owned())]);
        assert_eq!(planned.write.disagreements.len(), 1, "a steward hears of it");
    }
    let form = desk.form("form-2", PRIYA, "VP Engineering");
    let _again = desk.run(vec![form]);
    assert_eq!(desk.lead(PRIYA).cycle.number, 2, "she asks again");
    let _accepted = tell_new(&mut desk, |desk| accepted(desk, EMMA));
    assert_eq!(tell(&mut desk, &first, 0), Outcome::Filtered("no_change"), "the old one says nothing of it");
    let mut later = rejected(&desk, DEV, "no_budget");
    later["id"] = json!("of the second handoff");
    assert_eq!(tell(&mut desk, &later, 0), Outcome::Applied("reject_lead"));
    assert_eq!(desk.types().iter().filter(|it| **it == "feedback.rejected.v1").count(), 2);
}

#[test]
fn the_same_id_at_another_time_with_another_content_is_heard() {
    let mut desk = queued();
    let note = |text: &str| json!({ "theme": "content_gap", "note": text });
    for text in ["No comparison.", "No prices either."] {
        let told = tell_new(&mut desk, |desk| said(desk, "sales.feedback.noted.v1", DEV, note(text)));
        assert_eq!(told, Outcome::Applied("take_note"), "what was never said is not taken for a retry");
    }
}

#[test]
fn a_retry_counts_once_within_a_batch_and_while_both_wait_for_the_person() {
    for first in ["batch", "waits"] {
        let mut desk = if first == "batch" { queued() } else { Desk::new() };
        let note = said(&desk, "sales.feedback.noted.v1", DEV, json!({ "theme": "praise", "note": "Good." }));
        let told: Vec<_> = STAMPS
            .iter()
            .map(|minutes_ago| desk.entry("sales.feedback.v1", &stamped(&desk, &note, *minutes_ago)))
            .collect();
        let mut planned = desk.run(told);
        if first == "waits" {
            assert!(planned.outcomes.iter().all(|outcome| outcome.code() == "parked"));
            let form = desk.form("form-0", PRIYA, "VP Engineering");
            planned = desk.run(vec![form]);
        }
        let taken = planned.write.audit.iter().filter(|row| row.event == "note_taken").count();
        assert_eq!(taken, 1, "{first}");
        assert_eq!(planned.write.notes.len(), 1, "{first}");
    }
}

#[test]
fn a_retry_of_a_visitor_that_restamps_its_time_counts_once_when_the_visitor_is_named() {
    let mut desk = Desk::new();
    let seen = json!({ "kind": "session", "page_kind": "pricing", "anonymous_id": "v-1" });
    let event = desk.event("signal.recorded.v1", "session-1", seen);
    for minutes_ago in STAMPS {
        let entry = desk.entry("marketing.signals.v1", &stamped(&desk, &event, minutes_ago));
        let _planned = desk.run(vec![entry]);
    }
    let data = json!({ "form_id": "f", "form_kind": "content", "person": { "email": PRIYA }, "anonymous_id": "v-1" });
    let event = desk.event("form.submitted.v1", "form-1", data);
    let form = desk.entry("marketing.form-fills.v1", &event);
    let planned = desk.run(vec![form]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("record_signal")]);
    assert_eq!(desk.lead(PRIYA).signals.signals().len(), 2, "the visit once, and the form");
    let recorded = planned.write.audit.iter().filter(|row| row.event == "signal_recorded").count();
    assert_eq!(recorded, 2, "the trail says each once, too");
}
