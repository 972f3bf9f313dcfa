//! A producer that tells a record again and stamps it with another time: the first wall, the duplicate key, lets it pass,
//! and the lead's own memory is the second (DELIVERY 1). Nothing here knows a database.

use super::desk::Desk;
use baton::domain::lead::StageKind;
use baton::transaction::batch::Outcome;
use serde_json::{Value, json};

const PRIYA: &str = "priya@northwind-robotics.example";
/// Minutes before now at which the same record says that it happened; the first is told first.
const STAMPS: [i64; 3] = [5, 2, 9];

/// The same record, id and content, at another minute.
fn stamped(desk: &Desk, event: &Value, minutes_ago: i64) -> Value {
    let mut again = event.clone();
    again["time"] = json!(desk.minutes_ago(minutes_ago));
    again
}

fn called() -> Value {
    json!({ "person": { "email": PRIYA }, "actor": { "system": "crm", "object": "user", "id": "u-dev-patel" },
        "attempt_id": "call-1", "channel": "phone", "direction": "outbound", "outcome": "conversation",
        "automated": false })
}

fn won(desk: &Desk) -> Value {
    json!({ "revision": 2, "kind": "new_business", "opened_at": desk.minutes_ago(20), "closed_on": "2026-06-01",
        "opportunity": { "system": "crm", "id": "006" }, "amount": "84000.00", "currency": "EUR",
        "contacts": [{ "email": PRIYA }] })
}

#[test]
fn a_retry_that_restamps_its_time_counts_once() {
    let mut desk = Desk::new();
    let form = desk.form("form-0", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    let person = json!({ "email": PRIYA });
    let asked = json!({ "form_id": "form-demo-en", "form_kind": "demo", "campaign_id": "c-1", "person":
        { "email": PRIYA, "job_title": "VP Engineering", "country": "DE" } });
    let attended = json!({ "kind": "webinar_attended", "campaign_id": "c-1", "person": person });
    let clicked = json!({ "message_id": "m-1", "person": person });
    let deal = won(&desk);
    for (topic, kind, data) in [
        ("marketing.form-fills.v1", "form.submitted.v1", asked),
        ("marketing.signals.v1", "signal.recorded.v1", attended),
        ("marketing.email-events.v1", "email.clicked.v1", clicked),
        ("crm.lead-events.v1", "crm.lead.contacted.v1", called()),
        ("crm.lead-events.v1", "crm.opportunity.won.v1", deal),
    ] {
        let event = desk.event(kind, kind, data);
        let mut told = Vec::new();
        for minutes_ago in STAMPS {
            let entry = desk.entry(topic, &stamped(&desk, &event, minutes_ago));
            told.push((entry.duplicate, entry.content));
            let before = desk.lead(PRIYA).clone();
            let planned = desk.run(vec![entry]);
            if told.len() == 1 {
                assert_eq!(planned.outcomes[0].code(), "applied", "{kind}");
                continue;
            }
            assert_eq!(planned.outcomes, vec![Outcome::Filtered("no_change")], "{kind}");
            assert_eq!(*desk.lead(PRIYA), before, "{kind} counts twice");
            let write = &planned.write;
            assert!(write.touches.is_empty() && write.audit.is_empty() && write.outbox.is_empty(), "{kind}");
        }
        assert!(told.iter().all(|(_, content)| *content == told[0].1), "{kind}: the same content");
        assert!(told[1..].iter().all(|(key, _)| *key != told[0].0), "{kind}: no duplicate by its key");
    }
    let lead = desk.lead(PRIYA);
    assert_eq!((lead.signals.signals().len(), lead.cycle.attempts.len(), lead.cycle.wins), (4, 1, 1));
    assert_eq!(lead.stage.kind(), StageKind::Won);
    assert_eq!(desk.types().iter().filter(|it| **it == "feedback.won.v1").count(), 1);
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
