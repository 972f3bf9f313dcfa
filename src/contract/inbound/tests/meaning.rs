//! What fields mean: keys, features, guards, who makes leads, and one command per person.

use super::{DECODER, decode, event, request, request_with};
use crate::contract::request::{Creates, CrmKey, Decoded, Request, Subject, Who};
use crate::domain::command::{Command, DealChange, Report};
use crate::domain::ids::{KeyKind, LeadId};
use crate::domain::lead::{Channel, Origin, Permission};
use crate::domain::policy::reference::StatusMeaning;
use crate::domain::policy::{Need, Reference, RejectionCode};
use crate::domain::profile::MailKind;
use crate::domain::signal::{FormKind, Signal, SignalKind};
use serde_json::{Value, json};

const FORMS: &str = "marketing.form-fills.v1";
const EMAILS: &str = "marketing.email-events.v1";
const SIGNALS: &str = "marketing.signals.v1";
const CRM: &str = "crm.lead-events.v1";
const SALES: &str = "sales.feedback.v1";

fn signal(request: &Request) -> (&Signal, &Report) {
    let Some(Command::RecordSignal { signal, report }) = &request.command else {
        panic!("{:?}", request.command)
    };
    (signal, report)
}

fn form(person: &Value, more: &Value) -> Value {
    let mut form = json!({ "form_id": "form-7", "person": person });
    form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    form
}

fn reference() -> Reference {
    let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Reference {
        own_domains: set(&["baton.example"]),
        competitor_domains: set(&["rival.example"]),
        free_mail_domains: set(&["gmail.example"]),
        disposable_domains: set(&["trash.example"]),
        campaigns: [("foreign-1".to_owned(), "ours-1".to_owned())].into(),
        forms_by_id: [("form-7".to_owned(), FormKind::Pricing)].into(),
        statuses: [
            (("working".to_owned(), None), StatusMeaning::Accepted),
            (("dead".to_owned(), Some("spam".to_owned())), StatusMeaning::Rejected(RejectionCode::Junk)),
            (("sql".to_owned(), None), StatusMeaning::Qualified),
        ]
        .into(),
        ..Reference::default()
    }
}

#[test]
fn a_form_names_its_person_by_every_key_strongest_first() {
    let crm = json!({ "system": "crm", "object": "lead", "id": "00Q1" });
    let person = json!({ "email": " Ann@ACME.example ".trim(), "first_name": "Ann", "crm": [crm, crm] });
    let request = request(FORMS, "form.submitted.v1", &form(&person, &json!({ "anonymous_id": "v-1" })));
    let kinds: Vec<KeyKind> = request.people[0].keys.iter().map(|key| key.kind).collect();
    assert_eq!(kinds, [KeyKind::Crm, KeyKind::Email, KeyKind::Anonymous]);
    assert_eq!(request.people[0].keys[1], DECODER.keys().email("ann@acme.EXAMPLE"));
    assert_eq!(request.people[0].patch.email.as_deref(), Some("ann@acme.example"));
    assert_eq!(request.creates, Creates::WithEmail);
    assert!(!request.people[0].role_mailbox && !request.test);
    let role = json!({ "email": "Sales+eu@acme.example" });
    assert!(super::request(FORMS, "form.submitted.v1", &form(&role, &json!({}))).people[0].role_mailbox);
}

#[test]
fn a_form_gives_features_kind_consent_and_touch() {
    let person = json!({ "email": "ann@mail.acme.example", "country": "de", "region": "Berlin", "job_title": "VP Sales",
        "company": { "domain": "https://www.Acme.example/about", "employees": 500, "industry": "Manufacturing" } });
    let more = json!({ "form_kind": "Request", "campaign_id": "foreign-1", "utm": { "source": "linkedin" },
        "consent": { "email": "given", "phone": "withdrawn" }, "bot_score": 79 });
    let request = request_with(FORMS, "form.submitted.v1", &form(&person, &more), &reference());
    let (signal, report) = signal(&request);
    assert_eq!(signal.kind, SignalKind::Form(FormKind::Pricing), "mapped by the form's id");
    assert_eq!(report.patch.company_domain.as_deref(), Some("acme.example"));
    assert_eq!(
        (report.patch.country.as_deref(), report.patch.region.as_deref()),
        (Some("DE"), Some("berlin"))
    );
    assert_eq!((report.patch.employees, report.patch.mail), (Some(500), Some(MailKind::Company)));
    assert!(report.patch.known.email && report.patch.known.job_title && !report.patch.known.name);
    assert_eq!((report.consent.email, report.consent.phone), (Permission::Given, Permission::Withdrawn));
    assert_eq!((report.campaign.as_deref(), report.origin), (Some("ours-1"), Some(Origin::Marketing)));
    assert_eq!(request.touch.as_ref().unwrap().source.as_deref(), Some("linkedin"));
    assert!(!report.guards.bot);
    assert_eq!(report.stamp.at, request.cause.occurred_at);
}

#[test]
fn guards_and_tests_follow_from_domains_and_flags() {
    let of = |email: &str, more: Value| {
        request_with(FORMS, "form.submitted.v1", &form(&json!({ "email": email }), &more), &reference())
    };
    assert!(of("me@eu.baton.example", json!({})).test);
    assert!(of("ann@acme.example", json!({ "test": true })).test);
    assert!(signal(&of("x@rival.example", json!({}))).1.guards.competitor);
    assert!(signal(&of("x@trash.example", json!({}))).1.guards.disposable);
    assert!(signal(&of("x@acme.example", json!({ "bot_score": 80 }))).1.guards.bot);
    let free = of("x@gmail.example", json!({}));
    assert_eq!(signal(&free).1.patch.mail, Some(MailKind::Free));
    assert_eq!(signal(&free).1.patch.company_domain, None);
}

#[test]
fn only_human_clicks_and_replies_of_email_events_make_leads() {
    for (name, more, creates, automated) in [
        ("email.clicked.v1", json!({}), Creates::WithEmail, false),
        ("email.replied.v1", json!({}), Creates::WithEmail, false),
        ("email.clicked.v1", json!({ "automated": true }), Creates::NeverFiltered, true),
        ("email.replied.v1", json!({ "out_of_office": true }), Creates::NeverFiltered, true),
        ("email.opened.v1", json!({}), Creates::NeverFiltered, false),
    ] {
        let mut data = json!({ "person": { "email": "ann@acme.example" }, "message_id": "m-1" });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let request = request(EMAILS, name, &data);
        let (signal, _) = signal(&request);
        assert_eq!((request.creates, signal.automated), (creates, automated), "{name} {more}");
        assert_ne!(signal.about, 0);
    }
}

#[test]
fn a_hard_bounce_guards_and_only_wide_opt_outs_are_opt_outs() {
    let bounced = |kind: &str| {
        let data = json!({ "person": { "email": "ann@acme.example" }, "bounce_type": kind });
        let request = request(EMAILS, "email.bounced.v1", &data);
        let (signal, report) = signal(&request);
        (signal.kind, report.guards.hard_bounce, request.creates)
    };
    assert_eq!(bounced("hard"), (SignalKind::HardBounce, true, Creates::NeverFiltered));
    assert_eq!(bounced("soft"), (SignalKind::SoftBounce, false, Creates::NeverFiltered));
    for name in ["email.unsubscribed.v1", "email.complained.v1"] {
        let data = |scope: &str| json!({ "person": { "email": "ann@acme.example" }, "scope": scope });
        let list = decode(EMAILS, &event(name, &data("list"))).decoded.unwrap();
        assert!(matches!(list, Decoded::Ignored(ignored) if ignored.reason == "left_one_list"));
        for scope in ["marketing", "all"] {
            let command = request(EMAILS, name, &data(scope)).command;
            assert!(matches!(command, Some(Command::OptOutEmail { .. })), "{scope}");
        }
    }
}

#[test]
fn signals_make_leads_by_kind_and_key() {
    let email = json!({ "person": { "email": "ann@acme.example" } });
    let crm = json!({ "crm": { "system": "crm", "object": "contact", "id": "1" } });
    for (kind, keys, creates) in [
        ("webinar_attended", &email, Creates::WithEmail),
        ("chat", &email, Creates::WithEmail),
        ("ad_click", &email, Creates::NeverFiltered),
        ("page_view", &email, Creates::NeverFiltered),
        ("intent", &crm, Creates::NeverParked),
    ] {
        let mut data = json!({ "kind": kind, "page_kind": "pricing" });
        data.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        assert_eq!(request(SIGNALS, "signal.recorded.v1", &data).creates, creates, "{kind}");
    }
    let (reason, _) =
        super::refusal(SIGNALS, "signal.recorded.v1", &json!({ "kind": "session", "anonymous_id": "v" }));
    assert_eq!(reason, "schema", "a session needs its page kind");
    let derived = json!({ "kind": "colleague_active", "anonymous_id": "v" });
    assert_eq!(super::refusal(SIGNALS, "signal.recorded.v1", &derived).0, "schema");
}

fn updated(more: &Value) -> Request {
    let mut data = json!({ "crm": { "system": "crm", "object": "lead", "id": "1" }, "changed_fields": ["Status"],
        "owner": { "system": "crm", "object": "user", "id": "u2" }, "change": { "by": "human", "actor_id": "u1" } });
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request_with(CRM, "crm.lead.updated.v1", &data, &reference())
}

#[test]
fn an_update_is_one_command_status_before_owner_before_profile() {
    let name = |more: Value| updated(&more).command.unwrap().name();
    assert_eq!(name(json!({ "status": "Working" })), "accept_lead");
    assert_eq!(name(json!({ "status": "SQL" })), "qualify_lead");
    assert_eq!(name(json!({ "status": "Dead", "status_reason": "Spam" })), "reject_lead");
    assert_eq!(name(json!({ "status": "Dead" })), "report_profile", "not mapped without its reason");
    assert_eq!(name(json!({ "status": "Working", "previous": { "status": "Working" } })), "report_profile");
    assert_eq!(name(json!({ "changed_fields": ["OwnerId"], "status": "Working" })), "reassign_lead");
    assert_eq!(name(json!({ "changed_fields": ["Phone"] })), "report_profile");
    let other = json!({ "previous": { "owner": { "system": "crm", "object": "user", "id": "u9" } } });
    assert_eq!(name(other), "reassign_lead");
    let request = updated(&json!({ "status": "Working", "person": { "phone": "+49 30 1" } }));
    assert_eq!(request.cause.actor, Who::CrmUser { system: "crm".into(), id: "u1".into() });
    assert_eq!(request.named, Some(CrmKey { system: "crm".into(), object: "user".into(), id: "u2".into() }));
    assert_eq!(
        request.people[0].patch.phone.as_deref(),
        Some("+49 30 1"),
        "particulars travel with any command"
    );
    assert!(updated(&json!({ "change": { "caused_by": "e-1" } })).caused_by_us);
    let creates = |more: Value| updated(&more).creates;
    assert_eq!(creates(json!({ "status": "Working" })), Creates::NeverParked);
    assert_eq!(creates(json!({ "changed_fields": ["Phone"] })), Creates::WithEmail);
}

fn fact(more: &Value) -> Value {
    let mut data = json!({ "lead_id": "3cf730e4-8da7-5ede-a045-31f37a2b3b0b",
        "actor": { "system": "crm", "object": "user", "id": "u1" } });
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    data
}

#[test]
fn a_rejection_keeps_its_code_and_an_unknown_reason_stands_as_other() {
    let rejection = |more: Value| {
        let command = request(SALES, "sales.lead.rejected.v1", &fact(&more)).command;
        let Some(Command::RejectLead(rejection)) = command else { panic!("{command:?}") };
        rejection
    };
    for code in RejectionCode::ALL {
        let rejection = rejection(json!({ "reason": code.code() }));
        assert_eq!((rejection.code, rejection.unmapped), (*code, false));
    }
    for reason in [json!("tired"), json!(""), json!(null)] {
        let rejection = rejection(json!({ "reason": reason, "note": "  twelve chars  " }));
        assert_eq!(
            (rejection.code, rejection.unmapped, rejection.note_chars),
            (RejectionCode::Other, true, 12)
        );
    }
    let full = rejection(json!({ "reason": "bad_timing", "retry_on": "2026-09-01", "attempts": 4,
        "duplicate_of": { "lead_id": "3cf730e4-8da7-5ede-a045-31f37a2b3b0b" }, "fields": ["phone"] }));
    assert_eq!(full.retry_on.unwrap().to_string(), "2026-09-01T00:00:00Z");
    assert_eq!((full.attempts, full.names_duplicate, full.fields.len()), (Some(4), true, 1));
}

#[test]
fn attempts_qualifications_and_notes_carry_what_was_said() {
    let more = json!({ "attempt_id": "a-1", "channel": "LinkedIn", "direction": "inbound", "outcome": "conversation",
        "automated": false, "note": "Spoke for an hour." });
    let contacted = request(CRM, "crm.lead.contacted.v1", &fact(&more));
    assert_eq!(contacted.people[0].keys[0].kind, KeyKind::Lead);
    assert_eq!(contacted.note.as_ref().unwrap().theme, "attempt");
    let Some(Command::RecordAttempt(attempt)) = contacted.command else { panic!("an attempt") };
    assert!(attempt.channel == Channel::Social && attempt.inbound && attempt.is_two_way());
    let more = json!({ "facts": { "need": "yes", "timeline_months": 3 }, "next_step_on": "2026-06-05",
        "handoff_id": "71b08438-c80d-508e-92b6-25c1fc59d4c7" });
    let qualified = request(CRM, "crm.lead.qualified.v1", &fact(&more));
    assert!(qualified.view.unwrap().handoff.is_some());
    let Some(Command::QualifyLead { facts, .. }) = qualified.command else { panic!("facts") };
    assert_eq!((facts.need, facts.timeline_months, facts.next_step_on), (Need::Yes, Some(3), Some(20_609)));
    let note = json!({ "opportunity": { "system": "crm", "id": "1" }, "theme": "objection", "note": "Too dear",
        "actor": { "system": "crm", "object": "user", "id": "u1" } });
    let noted = request(SALES, "sales.feedback.noted.v1", &note);
    assert!(noted.people.is_empty() && noted.note.is_some());
}

#[test]
fn a_deal_names_its_contacts_and_leaves_our_own_staff_out() {
    let lead = "3cf730e4-8da7-5ede-a045-31f37a2b3b0b";
    let data = json!({ "opportunity": { "system": "crm", "id": "006" }, "revision": 3, "kind": "renewal",
        "contacts": [{ "email": "me@baton.example" }, { "lead_id": lead, "role": "buyer", "primary": true }],
        "opened_at": "2026-05-20T10:00:00Z", "closed_on": "2026-05-30", "amount": "-84000.5", "currency": "EUR",
        "reason": "Price", "owner": { "system": "crm", "object": "user", "id": "u1" } });
    let request = request_with(CRM, "crm.opportunity.lost.v1", &data, &reference());
    assert_eq!((request.people.len(), request.creates, request.test), (1, Creates::WithEmail, false));
    assert_eq!(request.people[0].keys, [DECODER.keys().lead(LeadId(lead.parse().unwrap()))]);
    let Subject::Opportunity(deal) = &request.subject else { panic!("a deal") };
    assert_eq!(deal.amount.as_ref().unwrap().ten_thousandths, -840_005_000);
    assert_eq!((deal.contacts.len(), deal.contacts[0].primary), (1, true));
    let Some(Command::ReportDeal(report)) = &request.command else { panic!("a report") };
    assert_eq!(report.change, DealChange::Lost { reason: Some("price".into()) });
    assert!(report.renewal && report.closed_at == Some(request.cause.occurred_at));
}

#[test]
fn an_account_is_known_by_crm_key_and_company_domains() {
    let data = json!({ "account_id": "001", "owner": { "system": "crm", "object": "user", "id": "u1" },
        "domains": ["WWW.Acme.example", "gmail.example"], "kind": "customer", "customer_since": "2026-05-27" });
    let request = request_with(CRM, "crm.account.updated.v1", &data, &reference());
    let Subject::Account(account) = &request.subject else { panic!("an account") };
    assert_eq!(account.keys, ["crm:crm:001", "crm:/test:001", "domain:acme.example"]);
    assert!(request.command.is_none() && request.people.is_empty());
}
