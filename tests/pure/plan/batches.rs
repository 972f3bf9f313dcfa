//! What becomes of the records of a batch: one outcome each, whatever they are and in whatever company.

use super::desk::Desk;
use super::examples::examples;
use baton::domain::lead::StageKind;
use baton::store::rows::OutTopic;
use baton::transaction::batch::Outcome;
use serde_json::json;

const PRIYA: &str = "priya@northwind-robotics.example";

#[test]
fn a_form_fill_is_queued_announced_and_counted() {
    let mut desk = Desk::new();
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let planned = desk.run(vec![form]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("record_signal")]);
    assert!(planned.queued, "the router has work");
    assert_eq!(desk.lead(PRIYA).stage.kind(), StageKind::Queued);
    assert!(desk.types().contains(&"lead.marketing_qualified.v1"), "{:?}", desk.types());
    assert_eq!(planned.write.persons.len(), 1);
    assert_eq!(planned.write.touches.len(), 1);
    assert_eq!(planned.write.handoffs.len(), 1);
    assert!(planned.write.outbox.iter().any(|row| row.topic == OutTopic::State), "the state topic follows");
}

#[test]
fn the_same_record_twice_is_a_duplicate_in_one_batch_and_in_the_next() {
    let mut desk = Desk::new();
    let first = desk.form("form-1", PRIYA, "VP Engineering");
    let again = baton::transaction::batch::Entry {
        record: first
            .record
            .clone()
            .map(|record| baton::transaction::batch::RecordRef { offset: record.offset + 1, ..record }),
        ..first.clone()
    };
    let planned = desk.run(vec![first.clone(), again]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("record_signal"), Outcome::Duplicate]);
    let before = desk.lead(PRIYA).clone();
    let mut third = first;
    third.record = third.record.map(|record| baton::transaction::batch::RecordRef { offset: 2, ..record });
    let planned = desk.run(vec![third]);
    assert_eq!(planned.outcomes, vec![Outcome::Duplicate]);
    assert!(
        planned.write.leads.is_empty() && planned.write.audit.is_empty() && planned.write.outbox.is_empty()
    );
    assert_eq!(*desk.lead(PRIYA), before);
}

#[test]
fn the_same_id_with_another_body_is_a_conflict_and_kept() {
    let mut desk = Desk::new();
    let first = desk.form("form-1", PRIYA, "VP Engineering");
    let other = desk.form("form-1", PRIYA, "Student");
    let planned = desk.run(vec![first, other]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("record_signal"), Outcome::Quarantined("conflict")]);
    assert_eq!(planned.write.quarantine.len(), 1);
    assert_eq!(planned.write.leads.len(), 1);
}

#[test]
fn bytes_that_nobody_can_read_are_quarantined_and_the_rest_of_the_batch_is_applied() {
    let mut desk = Desk::new();
    let entries = vec![
        desk.bytes("marketing.form-fills.v1", b"not json".to_vec()),
        desk.bytes("marketing.form-fills.v1", vec![0xff, 0xfe, 0x00]),
        desk.form("form-1", PRIYA, "VP Engineering"),
        desk.bytes("marketing.form-fills.v1", b"{}".to_vec()),
        desk.bytes("marketing.form-fills.v1", b"".to_vec()),
    ];
    let raw = entries[0].raw.value.clone();
    let planned = desk.run(entries);
    let codes: Vec<&str> = planned.outcomes.iter().map(Outcome::code).collect();
    assert_eq!(codes, vec!["quarantined", "quarantined", "applied", "quarantined", "quarantined"]);
    assert_eq!(planned.write.quarantine.len(), 4);
    assert!(planned.write.quarantine.iter().any(|row| row.value == raw), "raw bytes are kept");
    assert!(planned.write.quarantine.iter().all(|row| !row.detail.is_empty()), "a person reads why");
}

#[test]
fn a_fact_about_nobody_waits_and_acts_when_the_form_comes() {
    let mut desk = Desk::new();
    let attempt = json!({ "attempt_id": "call-1", "channel": "phone", "direction": "outbound",
        "outcome": "conversation", "automated": false });
    let called = desk.crm("crm.lead.contacted.v1", "call-1", PRIYA, "u-dev-patel", attempt);
    let planned = desk.run(vec![called]);
    assert_eq!(planned.outcomes, vec![Outcome::Parked("awaiting_identity")]);
    assert_eq!(planned.write.parked.len(), 1);
    assert!(planned.write.leads.is_empty());
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let planned = desk.run(vec![form]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("record_signal")]);
    assert_eq!(planned.write.parked_resolved.len(), 1, "what waited was replayed");
    assert!(planned.write.parked_resolved[0].1.starts_with("applied"), "{:?}", planned.write.parked_resolved);
    let lead = desk.lead(PRIYA);
    assert_eq!(
        lead.stage.kind(),
        StageKind::SalesAccepted,
        "the call of a rep of the pool implies acceptance"
    );
    assert_eq!(lead.cycle.attempts.len(), 1);
    assert!(desk.loaded.waiting.is_empty());
}

#[test]
fn a_rejection_of_nobody_waits_and_acts_as_the_offerees_would_when_the_form_comes() {
    let mut desk = Desk::new();
    let rejected =
        desk.crm("sales.lead.rejected.v1", "r-1", PRIYA, "u-dev-patel", json!({ "reason": "no_need" }));
    assert_eq!(desk.run(vec![rejected]).outcomes, vec![Outcome::Parked("awaiting_identity")]);
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let planned = desk.run(vec![form]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("record_signal")]);
    let resolved: Vec<&str> = planned.write.parked_resolved.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(resolved, ["applied/reject_lead"]);
    assert!(planned.write.disagreements.is_empty(), "nobody has to settle what is no dispute");
    let lead = desk.lead(PRIYA);
    assert_eq!((lead.stage.kind(), lead.cycle.number), (StageKind::Recycled, 1));
    assert!(lead.cycle.terms.as_ref().unwrap().mql_at.is_some(), "it was marketing's");
    let told = |name: &str| desk.types().iter().filter(|it| **it == name).count();
    assert_eq!((told("feedback.rejected.v1"), told("lead.diverged.v1")), (1, 0));
}

#[test]
fn signals_of_an_anonymous_visitor_attach_when_a_form_binds_the_id() {
    let mut desk = Desk::new();
    let seen = json!({ "kind": "session", "page_kind": "pricing", "anonymous_id": "v-1" });
    let event = desk.event("signal.recorded.v1", "session-1", seen);
    let session = desk.entry("marketing.signals.v1", &event);
    let planned = desk.run(vec![session]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("anonymous")]);
    assert_eq!(planned.write.anonymous.len(), 1);
    assert!(planned.write.leads.is_empty(), "an anonymous id makes no lead");
    let mut event = desk.event(
        "form.submitted.v1",
        "form-1",
        json!({
        "form_id": "f", "form_kind": "content", "person": { "email": PRIYA }, "anonymous_id": "v-1" }),
    );
    event["time"] = json!(desk.minutes_ago(0));
    let form = desk.entry("marketing.form-fills.v1", &event);
    let planned = desk.run(vec![form]);
    assert_eq!(planned.write.anonymous_bound.len(), 1);
    assert_eq!(desk.lead(PRIYA).signals.signals().len(), 2);
}

#[test]
fn every_contact_of_a_deal_moves_on_its_own_and_the_deal_is_one_row() {
    let mut desk = Desk::new();
    let entries = vec![
        desk.form("form-1", PRIYA, "VP Engineering"),
        desk.form("form-2", "daniel@northwind-robotics.example", "Director of Sales"),
    ];
    let _planned = desk.run(entries);
    let deal = json!({
        "revision": 1, "kind": "new_business", "opened_at": desk.minutes_ago(1),
        "opportunity": { "system": "crm", "id": "006" }, "amount": "84000.00", "currency": "EUR",
        "owner": { "system": "crm", "object": "user", "id": "u-dev-patel" },
        "contacts": [{ "email": PRIYA, "primary": true }, { "email": "daniel@northwind-robotics.example" }],
    });
    let event = desk.event("crm.opportunity.opened.v1", "deal-1", deal.clone());
    let opened = desk.entry("crm.lead-events.v1", &event);
    let planned = desk.run(vec![opened]);
    assert_eq!(planned.outcomes.len(), 1);
    assert_eq!(planned.write.opportunities.len(), 1);
    assert_eq!(planned.write.contacts.len(), 2);
    assert_eq!(planned.write.leads.len(), 2);
    for email in [PRIYA, "daniel@northwind-robotics.example"] {
        assert_eq!(desk.lead(email).stage.kind(), StageKind::Opportunity, "{email}");
    }
    // The same deal, told again under another id in an older revision, moves nobody.
    let mut older = deal;
    older["revision"] = json!(0);
    let event = desk.event("crm.opportunity.opened.v1", "deal-0", older);
    let late = desk.entry("crm.lead-events.v1", &event);
    let planned = desk.run(vec![late]);
    assert!(planned.write.leads.is_empty(), "an older revision moves nobody: {:?}", planned.outcomes);
}

#[test]
fn somebody_whom_the_team_does_not_know_is_applied_and_listed() {
    let mut desk = Desk::new();
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    let accepted = desk.crm("crm.lead.accepted.v1", "accept-1", PRIYA, "u-nobody", json!({}));
    let planned = desk.run(vec![accepted]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("accept_lead")]);
    assert_eq!(planned.write.disagreements.len(), 1);
    assert_eq!(planned.write.disagreements[0].code, "unknown_actor");
    let lead = desk.lead(PRIYA);
    assert_eq!(lead.stage.kind(), StageKind::SalesAccepted);
    assert_eq!(lead.holder().unwrap().member().0, "maya-cohen", "the pool's steward holds it");
}

#[test]
fn what_happened_before_the_service_went_live_is_not_published() {
    let mut desk = Desk::new();
    desk.live_from = desk.now.plus(baton::domain::time::DAY * 30);
    let content = desk.event(
        "form.submitted.v1",
        "old-1",
        json!({
        "form_id": "f", "form_kind": "content", "person": { "email": PRIYA } }),
    );
    let old = desk.entry("marketing.form-fills.v1", &content);
    let demo = desk.form("old-2", "daniel@northwind-robotics.example", "VP Engineering");
    let accepted = desk.crm("crm.lead.accepted.v1", "old-3", PRIYA, "u-dev-patel", json!({}));
    let planned = desk.run(vec![old, demo, accepted]);
    assert_eq!(planned.write.leads.len(), 2);
    assert!(planned.write.audit.len() > 2, "state and figures are built");
    assert!(desk.types().is_empty(), "nothing of it is published: {:?}", desk.types());
    let lead = desk.lead("daniel@northwind-robotics.example");
    assert_eq!(
        lead.stage.kind(),
        StageKind::Captured,
        "a hand-raise older than 72 hours before is not offered"
    );
}

#[test]
fn test_records_and_echoes_of_our_own_changes_are_filtered() {
    let mut desk = Desk::new();
    let mut event = desk.event(
        "form.submitted.v1",
        "t-1",
        json!({
        "form_id": "f", "form_kind": "demo", "person": { "email": PRIYA }, "test": true }),
    );
    let test = desk.entry("marketing.form-fills.v1", &event);
    event["id"] = json!("t-2");
    event["data"]["test"] = json!(false);
    let real = desk.entry("marketing.form-fills.v1", &event);
    let echo = desk.crm(
        "crm.lead.accepted.v1",
        "e-1",
        PRIYA,
        "u-dev-patel",
        json!({
        "change": { "by": "integration", "caused_by": "d0b51723-5473-5a5a-9057-51e64ff54871" } }),
    );
    let planned = desk.run(vec![test, real, echo]);
    assert_eq!(planned.outcomes[0], Outcome::Filtered("test"));
    assert_eq!(planned.outcomes[1].code(), "applied");
    assert_eq!(planned.outcomes[2], Outcome::Filtered("no_change"));
}

#[test]
fn every_example_of_the_contract_has_one_outcome_alone_and_in_one_batch() {
    let mut together = Desk::new();
    together.now = baton::domain::time::Moment::parse("2026-06-10T00:00:00Z").unwrap();
    let mut entries = Vec::new();
    let (mut applied, mut all) = (0, 0);
    for (topic, path, event) in examples() {
        let mut alone = Desk::new();
        alone.now = together.now;
        let entry = alone.entry(&topic, &event);
        let planned = alone.run(vec![entry]);
        assert!(planned.outcomes[0].code() != "quarantined", "{path}: {:?}", planned.outcomes[0]);
        entries.push(together.entry(&topic, &event));
        all += 1;
    }
    let planned = together.run(entries);
    for outcome in &planned.outcomes {
        applied += usize::from(outcome.code() == "applied");
        assert!(outcome.reason() != "impossible_event", "{outcome:?}");
    }
    assert!(applied > all / 3, "{applied} of {all} examples apply");
}
