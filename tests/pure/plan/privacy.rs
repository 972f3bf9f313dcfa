//! Erasure and what people said before they were known, through the real plan: nothing comes back but by their own wish.

use crate::plan::desk::Desk;
use baton::domain::ids::{KeyKind, LeadId};
use baton::domain::lead::{Permission, Stage, StageKind, SuppressedFor};
use baton::store::rows::{OutTopic, OutboxRow};
use baton::transaction::batch::{Entry, Outcome};
use baton::transaction::plan::Planned;
use serde_json::{Value, json};

const ADA: &str = "ada@quist.example";

fn erasure(desk: &mut Desk, who: Value) -> Entry {
    let mut data = json!({ "requested_at": desk.minutes_ago(1) });
    data.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
    let id = format!("erase-{}", desk.now.0);
    let event = desk.event("person.erasure_requested.v1", &id, data);
    desk.entry("privacy.requests.v1", &event)
}

fn by_email() -> Value {
    json!({ "person": { "email": ADA } })
}

/// A CRM record of the person.
fn created(desk: &mut Desk, id: &str) -> Entry {
    let data = json!({
        "crm": { "system": "crm", "object": "lead", "id": "00Q-ada" },
        "person": { "email": ADA, "first_name": "Ada", "phone": "+49 30 1234567" },
        "record_origin": "integration",
    });
    let event = desk.event("crm.lead.created.v1", id, data);
    desk.entry("crm.lead-events.v1", &event)
}

fn agreeing_form(desk: &mut Desk, id: &str) -> Entry {
    let data = json!({
        "form_id": "form-demo-en", "form_kind": "demo", "consent": { "email": "given" },
        "person": { "email": ADA, "first_name": "Ada", "country": "DE",
            "company": { "name": "Quist", "domain": "quist.example", "employees": 500 } },
    });
    let event = desk.event("form.submitted.v1", id, data);
    desk.entry("marketing.form-fills.v1", &event)
}

/// Known by form and CRM record, then erased.
fn erased() -> (Desk, LeadId, Planned) {
    let mut desk = Desk::new();
    let form = desk.form("f-1", ADA, "VP Sales");
    let record = created(&mut desk, "c-1");
    let _known = desk.run(vec![form, record]);
    let lead = desk.lead(ADA).id;
    let entry = erasure(&mut desk, by_email());
    let planned = desk.run(vec![entry]);
    (desk, lead, planned)
}

fn of_topic(planned: &Planned, topic: OutTopic) -> Vec<&OutboxRow> {
    planned.write.outbox.iter().filter(|row| row.topic == topic).collect()
}

#[test]
fn one_sealed_record_and_a_tombstone_go_out_and_every_key_is_remembered() {
    let (desk, lead, planned) = erased();
    assert_eq!(planned.outcomes, [Outcome::Applied("erase_lead")]);
    let told = of_topic(&planned, OutTopic::Handoff);
    assert_eq!(told.iter().map(|row| row.event_type.as_str()).collect::<Vec<_>>(), ["lead.erased.v1"]);
    let sealed = told[0].sealed.as_ref().unwrap();
    let opened = Desk::keys().open(lead.0.as_bytes(), sealed).unwrap();
    assert_eq!(opened, br#"["crm:lead:00Q-ada"]"#);
    let payload = String::from_utf8(told[0].payload.clone().unwrap()).unwrap();
    assert!(!payload.contains("00Q-ada") && !payload.contains("quist"), "{payload}");
    let states = of_topic(&planned, OutTopic::State);
    assert_eq!(states.len(), 1);
    assert_eq!(states[0].payload, None, "a tombstone");
    let [row] = &planned.write.erasures[..] else { panic!("one person goes") };
    assert_eq!((row.lead, row.leads.as_slice()), (Some(lead), &[lead][..]));
    let kinds: Vec<KeyKind> = row.keys.iter().map(|key| key.kind).collect();
    assert_eq!(kinds, [KeyKind::Email, KeyKind::Crm]);
    assert!(row.account.is_some());
    assert!(planned.write.causes.is_empty(), "the request itself may name the person");
    let stage = &desk.loaded.leads[&lead].lead.stage;
    assert!(matches!(stage, Stage::Suppressed { reason: SuppressedFor::Erased, custody: None }));
}

#[test]
fn the_crm_sending_the_person_again_changes_nothing_and_is_listed() {
    let (mut desk, lead, _) = erased();
    let again = created(&mut desk, "c-2");
    let planned = desk.run(vec![again]);
    assert_eq!(planned.outcomes, [Outcome::Filtered("erased")]);
    let write = &planned.write;
    assert!(write.persons.is_empty() && write.identities.is_empty() && write.causes.is_empty());
    assert_eq!(write.disagreements.len(), 1);
    assert_eq!((write.disagreements[0].lead, write.disagreements[0].code.as_str()), (lead, "erased"));
    let types: Vec<&str> = write.outbox.iter().map(|row| row.event_type.as_str()).collect();
    assert_eq!(types, ["lead.diverged.v1"], "and no state: the tombstone stands");
    assert_eq!(write.audit.len(), 1);
}

#[test]
fn what_happened_before_is_left_out_without_a_word() {
    let (mut desk, _, _) = erased();
    let mut event = desk.event("email.clicked.v1", "m-1", json!({ "person": { "email": ADA } }));
    event["time"] = json!(desk.minutes_ago(60));
    let late = desk.entry("marketing.email-events.v1", &event);
    let planned = desk.run(vec![late]);
    assert_eq!(planned.outcomes, [Outcome::Filtered("erased")]);
    assert!(planned.write.outbox.is_empty() && planned.write.audit.is_empty());
}

#[test]
fn only_a_form_with_consent_makes_a_new_lead_and_it_has_no_history() {
    let (mut desk, old, _) = erased();
    let silent = desk.form("f-2", ADA, "VP Sales");
    assert_eq!(desk.run(vec![silent]).outcomes, [Outcome::Filtered("erased")]);
    let agreeing = agreeing_form(&mut desk, "f-3");
    let planned = desk.run(vec![agreeing]);
    assert!(matches!(planned.outcomes[..], [Outcome::Applied(_)]));
    let new = desk.lead(ADA).clone();
    assert_ne!(new.id, old);
    assert_eq!(new.signals.signals().len(), 1);
    assert!(planned.write.identities.iter().all(|row| row.not_before.is_some()));
    // The key names somebody now; what is older than the erasure still does not count.
    let mut event = desk.event("email.clicked.v1", "m-2", json!({ "person": { "email": ADA } }));
    event["time"] = json!(desk.minutes_ago(90));
    let late = desk.entry("marketing.email-events.v1", &event);
    assert_eq!(desk.run(vec![late]).outcomes, [Outcome::Filtered("erased")]);
    let fresh = desk.event("email.clicked.v1", "m-3", json!({ "person": { "email": ADA } }));
    let fresh = desk.entry("marketing.email-events.v1", &fresh);
    assert_eq!(desk.run(vec![fresh]).outcomes, [Outcome::Applied("record_signal")]);
}

#[test]
fn an_erasure_and_the_form_after_it_in_one_batch_leave_the_key_with_the_new_lead() {
    let mut desk = Desk::new();
    let form = desk.form("f-1", ADA, "VP Sales");
    let _known = desk.run(vec![form]);
    let old = desk.lead(ADA).id;
    let gone = erasure(&mut desk, by_email());
    desk.now = desk.now.plus(60_000_000);
    let back = agreeing_form(&mut desk, "f-2");
    let planned = desk.run(vec![gone, back]);
    let named: Vec<LeadId> = planned.write.identities.iter().map(|row| row.lead).collect();
    assert!(!named.is_empty() && !named.contains(&old), "{named:?}");
    assert_ne!(desk.lead(ADA).id, old);
}

#[test]
fn somebody_unknown_is_erased_too_and_stays_away() {
    let mut desk = Desk::new();
    let entry = erasure(&mut desk, by_email());
    let planned = desk.run(vec![entry]);
    assert_eq!(planned.outcomes, [Outcome::Applied("erased_list")]);
    assert_eq!(planned.write.erasures.len(), 1);
    let record = created(&mut desk, "c-1");
    let planned = desk.run(vec![record]);
    assert_eq!(planned.outcomes, [Outcome::Filtered("erased")]);
    assert!(planned.write.leads.is_empty() && planned.write.persons.is_empty());
}

#[test]
fn facts_about_the_passage_count_for_an_erased_lead_and_bring_nobody_back() {
    let (mut desk, lead, _) = erased();
    let data = json!({
        "opportunity": { "system": "crm", "id": "o-1" }, "revision": 1, "kind": "new_business",
        "contacts": [{ "lead_id": lead.to_string(), "role": "buyer", "primary": true }],
        "opened_at": desk.minutes_ago(1),
    });
    let event = desk.event("crm.opportunity.opened.v1", "o-1", data);
    let deal = desk.entry("crm.lead-events.v1", &event);
    let planned = desk.run(vec![deal]);
    assert!(matches!(planned.outcomes[..], [Outcome::Applied(_)]), "{:?}", planned.outcomes);
    assert_eq!(planned.write.opportunities.len(), 1);
    assert!(planned.write.causes.is_empty() && planned.write.persons.is_empty());
    let data =
        json!({ "lead_id": lead.to_string(), "person": { "first_name": "Ada" }, "changed_fields": ["name"] });
    let event = desk.event("crm.lead.updated.v1", "u-1", data);
    let update = desk.entry("crm.lead-events.v1", &event);
    let planned = desk.run(vec![update]);
    assert_eq!(planned.outcomes, [Outcome::Filtered("erased")]);
    assert!(planned.write.persons.is_empty());
}

#[test]
fn an_opt_out_of_somebody_unknown_is_honoured_when_they_appear() {
    let mut desk = Desk::new();
    let data = json!({ "person": { "email": ADA }, "scope": "all" });
    let event = desk.event("email.unsubscribed.v1", "m-1", data);
    let entry = desk.entry("marketing.email-events.v1", &event);
    let planned = desk.run(vec![entry]);
    assert_eq!(planned.outcomes, [Outcome::Applied("consent_list")]);
    assert_eq!(planned.write.consents.len(), 1);
    assert!(planned.write.leads.is_empty());
    let form = desk.form("f-1", ADA, "VP Sales");
    let planned = desk.run(vec![form]);
    let events: Vec<&str> = planned.write.audit.iter().map(|row| row.event).collect();
    assert_eq!(events.first(), Some(&"lead_captured"));
    assert!(events.contains(&"email_opted_out"), "{events:?}");
    assert_eq!(desk.lead(ADA).consent.email, Permission::Withdrawn);
    assert_ne!(desk.lead(ADA).stage.kind(), StageKind::Suppressed, "an opt-out is no suppression");
}

#[test]
fn a_form_that_agrees_anew_is_newer_than_an_old_opt_out() {
    let mut desk = Desk::new();
    let data = json!({ "person": { "email": ADA }, "scope": "marketing" });
    let event = desk.event("email.unsubscribed.v1", "m-1", data);
    let entry = desk.entry("marketing.email-events.v1", &event);
    let _listed = desk.run(vec![entry]);
    let form = agreeing_form(&mut desk, "f-1");
    let _known = desk.run(vec![form]);
    assert_eq!(desk.lead(ADA).consent.email, Permission::Given);
}

#[test]
fn a_record_that_nobody_can_read_remembers_whom_it_names() {
    let mut desk = Desk::new();
    let entry =
        desk.bytes("marketing.form-fills.v1", format!("{{\"person\": \"{ADA}\", broken").into_bytes());
    let planned = desk.run(vec![entry]);
    assert_eq!(planned.write.quarantine[0].names, [Desk::keys().email(ADA)]);
}
