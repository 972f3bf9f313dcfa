//! What people ask, and what the CRM undoes: consent, no contact, conversion, deletion.

use super::{DECODER, request};
use crate::contract::request::{Creates, CrmKey, Request, Subject, Who};
use crate::domain::command::{Command, DealChange};
use crate::domain::ids::{KeyKind, OpportunityId};
use crate::domain::lead::{Consent, Permission, SuppressedFor};
use serde_json::{Value, json};

const CRM: &str = "crm.lead-events.v1";
const PRIVACY: &str = "privacy.requests.v1";

fn asked(name: &str, more: &Value) -> Request {
    let mut data =
        json!({ "person": { "email": "ann@acme.example" }, "requested_at": "2026-05-29T08:00:00Z" });
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request(PRIVACY, name, &data)
}

#[test]
fn e_mail_that_is_withdrawn_alone_is_an_opt_out_and_all_else_is_consent() {
    let of = |consent: Value| asked("consent.changed.v1", &json!({ "consent": consent }));
    let Some(Command::OptOutEmail { signal }) = of(json!({ "email": "withdrawn" })).command else {
        panic!("an opt-out")
    };
    assert_eq!(signal.at.to_string(), "2026-05-29T08:00:00Z", "when the person asked");
    for (said, email, phone) in [
        (json!({ "email": "given" }), Permission::Given, Permission::Unknown),
        (json!({ "phone": "withdrawn" }), Permission::Unknown, Permission::Withdrawn),
        (json!({ "email": "withdrawn", "phone": "given" }), Permission::Withdrawn, Permission::Given),
    ] {
        let request = of(said);
        assert_eq!(request.command, Some(Command::GiveConsent { consent: Consent { email, phone } }));
        assert_eq!(request.creates, Creates::NeverFiltered, "a request makes nobody a lead");
        assert_eq!(request.cause.occurred_at.to_string(), "2026-05-29T08:00:00Z");
    }
}

#[test]
fn a_request_dated_ahead_of_its_record_is_taken_as_of_the_record() {
    let more = json!({ "consent": { "email": "given" }, "requested_at": "2026-05-31T08:00:00Z" });
    assert_eq!(asked("consent.changed.v1", &more).cause.occurred_at.to_string(), "2026-05-30T10:00:00Z");
}

#[test]
fn no_contact_is_the_widest_unless_the_scope_is_marketing() {
    let of = |more: Value| asked("contact.suppressed.v1", &more).command;
    let suppressed = |reason| Some(Command::SuppressLead { reason });
    assert_eq!(of(json!({})), suppressed(SuppressedFor::OptOut));
    assert_eq!(of(json!({ "scope": "all", "reason": "by phone" })), suppressed(SuppressedFor::OptOut));
    assert_eq!(of(json!({ "scope": "all", "reason": "Legal_Hold" })), suppressed(SuppressedFor::Legal));
    assert!(matches!(of(json!({ "scope": "marketing" })), Some(Command::OptOutEmail { .. })));
}

#[test]
fn a_converted_record_names_contact_account_and_deal() {
    let key = |object: &str, id: &str| json!({ "system": "crm", "object": object, "id": id });
    let mut data = json!({ "person": { "email": "ann@acme.example" }, "crm": key("lead", "00Q1"),
        "converted": { "contact": key("contact", "0031"), "account": key("account", "0011") },
        "change": { "by": "human", "actor_id": "u1" } });
    let alone = request(CRM, "crm.lead.converted.v1", &data);
    assert!(matches!(alone.subject, Subject::Lead) && alone.creates == Creates::AnyKey);
    let kinds: Vec<KeyKind> = alone.people[0].keys.iter().map(|key| key.kind).collect();
    assert_eq!(kinds, [KeyKind::Crm, KeyKind::Crm, KeyKind::Email], "an account names no person");
    let contact = CrmKey { system: "crm".into(), object: "contact".into(), id: "0031".into() };
    assert_eq!(alone.people[0].keys[1], DECODER.keys().crm(&contact));
    assert!(alone.people[0].patch.crm.iter().any(|key| key.object == "account"));
    assert_eq!(alone.cause.actor, Who::CrmUser { system: "crm".into(), id: "u1".into() });
    data["converted"]["opportunity"] = json!({ "system": "crm", "id": "006" });
    let with_deal = request(CRM, "crm.lead.converted.v1", &data);
    let Subject::Opportunity(deal) = &with_deal.subject else { panic!("a deal") };
    assert_eq!((deal.id, deal.change), (OpportunityId::derived("crm", "006"), "opened"));
    assert!(deal.revision < 0 && deal.contacts.len() == 1, "any record of the deal itself says more");
    assert!(matches!(with_deal.command, Some(Command::ConvertCrmRecord { .. })));
}

#[test]
fn a_deleted_record_and_a_deleted_deal_make_nobody_a_lead() {
    let key = json!({ "system": "crm", "object": "lead", "id": "00Q1" });
    let data = json!({ "crm": key, "deleted_by": { "system": "crm", "object": "user", "id": "u1" } });
    let deleted = request(CRM, "crm.lead.deleted.v1", &data);
    assert_eq!(
        (&deleted.command, deleted.creates),
        (&Some(Command::UnlinkCrmRecord), Creates::NeverFiltered)
    );
    assert_eq!(deleted.cause.actor, Who::CrmUser { system: "crm".into(), id: "u1".into() });
    let deal = |name: &str| {
        let data = json!({ "opportunity": { "system": "crm", "id": "006" }, "revision": 3, "kind": "new_business",
            "contacts": [{ "email": "ann@acme.example" }], "opened_at": "2026-05-20T10:00:00Z" });
        let request = request(CRM, name, &data);
        let Some(Command::ReportDeal(report)) = request.command else { panic!("a report") };
        (report.change, request.creates)
    };
    assert_eq!(deal("crm.opportunity.deleted.v1"), (DealChange::Deleted, Creates::NeverFiltered));
    assert_eq!(deal("crm.opportunity.reopened.v1"), (DealChange::Reopened, Creates::WithEmail));
}
