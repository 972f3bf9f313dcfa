//! Changes beside a lead's own records: colleagues, companies, reference data; each stands in the audit.

use crate::harness::{Event, Installation, Reader, demo_request, form, produce, until};
use serde_json::{Value, json};

fn crm_record(event_type: &str, key: &str, data: Value) -> Event {
    Event::new(event_type, "/crm", key, data)
}

#[test]
fn colleagues_hear_of_each_other_and_every_subject_has_its_audit() {
    let installation = Installation::new();
    let _serving = installation.serve(&[]);
    produce(&installation, "marketing.form-fills.v1", &demo_request("ada@union.example"));
    produce(&installation, "marketing.form-fills.v1", &form("content", "ben@union.example", "manager"));
    produce(&installation, "marketing.form-fills.v1", &demo_request("eve@alone.example"));
    let told = "SELECT count(*) FROM audit WHERE actor = 'sweeper' AND event = 'signal_recorded'";
    until("both colleagues have heard", || installation.number(told) == 2);
    until("nobody is left to tell", || {
        installation.number("SELECT count(*) FROM fan_out WHERE done_at IS NULL") == 0
            && installation.number("SELECT count(*) FROM fan_out") == 3
    });
    assert_eq!(installation.number(told), 2, "whoever is alone hears of nobody");

    let records = [
        (
            "crm.account.updated.v1",
            "a-1",
            json!({"account_id": "a-1", "domains": ["union.example"], "kind": "prospect"}),
        ),
        (
            "crm.user.updated.v1",
            "u-9",
            json!({"user": {"system": "crm", "object": "user", "id": "u-9"}, "active": true}),
        ),
        (
            "crm.opportunity.opened.v1",
            "o-9",
            json!({"opportunity": {"system": "crm", "id": "o-9"}, "revision": 1, "kind": "new_business",
                "contacts": [{"email": "ada@union.example"}], "opened_at": jiff::Timestamp::now().to_string()}),
        ),
    ];
    for (event_type, key, data) in records {
        produce(&installation, "crm.lead-events.v1", &crm_record(event_type, key, data));
    }
    let campaign = json!({"campaign_id": "c-1", "name": "Autumn", "channel": "web", "source": "search", "origin": "marketing"});
    produce(
        &installation,
        "marketing.campaigns.v1",
        &Event::new("campaign.updated.v1", "/campaigns", "c-1", campaign),
    );
    let spend = json!({"spend_id": "s-1", "revision": 1, "period_start": "2026-10-01", "period_end": "2026-10-31",
        "amount": "120.50", "currency": "EUR", "department": "marketing", "kind": "media"});
    produce(&installation, "marketing.spend.v1", &Event::new("spend.recorded.v1", "/finance", "s-1", spend));
    until("the record of every subject is audited", || {
        installation.texts("SELECT DISTINCT subject_kind::text FROM audit ORDER BY 1")
            == ["1", "2", "3", "4", "6", "7", "8"]
    });
    let exported = installation.run(&["export", "audit"]);
    let rows = exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert!(rows.clone().all(|row| row["payload"] != Value::Null), "every decision can be read");
    assert_eq!(i64::try_from(rows.count()).unwrap(), installation.number("SELECT count(*) FROM audit"));
    assert_eq!(installation.run(&["export", "leads"]).lines().count(), 3);
    installation.check();
}

#[test]
fn the_first_form_after_new_reference_data_is_read_under_it() {
    let installation = Installation::new();
    let _serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, "marketing.form-fills.v1", &demo_request("old@house.example"));
    leads.wait("a lead", |record| record.data["person"]["email"] == "old@house.example");
    let text = include_str!("../../../policy/reference.toml");
    let changed = text.replace("own = [", "own = [\"house.example\", ");
    assert!(changed != text, "the shipped reference data names our own domains");
    let file = std::env::temp_dir().join(format!("baton-reference-{}.toml", std::process::id()));
    std::fs::write(&file, changed).unwrap();
    installation.run(&["reference", "publish", file.to_str().unwrap(), "--by", "tests"]);
    std::fs::remove_file(&file).unwrap();
    produce(&installation, "marketing.form-fills.v1", &demo_request("new@house.example"));
    let read = installation.read();
    until("it is read", || {
        installation.read() > read - 1
            && installation.number(
                "SELECT coalesce(sum(filtered), 0)::bigint FROM ledger WHERE 'filtered/test' = ANY (reasons)",
            ) == 1
    });
    assert_eq!(installation.number("SELECT count(*) FROM lead"), 1, "our own people make no leads");
    let named = "SELECT count(*) FROM audit WHERE subject_kind = 1 AND NOT EXISTS (
        SELECT FROM published_text WHERE kind = 'reference' AND published_text.hash = audit.reference)";
    assert_eq!(installation.number(named), 0);
    installation.check();
}

#[test]
fn a_contact_who_leaves_a_deal_and_a_campaign_that_changes_sides_reach_their_leads() {
    let installation = Installation::new();
    let _serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, "marketing.form-fills.v1", &demo_request("ada@deal.example"));
    produce(&installation, "marketing.form-fills.v1", &demo_request("ben@deal.example"));
    until("both are leads", || installation.number("SELECT count(*) FROM lead") == 2);
    for (revision, contacts) in
        [(1, vec!["ada@deal.example", "ben@deal.example"]), (2, vec!["ada@deal.example"])]
    {
        let contacts: Vec<Value> = contacts.into_iter().map(|email| json!({ "email": email })).collect();
        let data = json!({"opportunity": {"system": "crm", "id": "o-7"}, "revision": revision, "kind": "new_business",
            "contacts": contacts, "opened_at": jiff::Timestamp::now().to_string()});
        let id = format!("o-7-{revision}");
        produce(&installation, "crm.lead-events.v1", &crm_record("crm.opportunity.updated.v1", &id, data));
    }
    leads.wait("whoever holds Ben hears of it", |record| {
        record.data["reason_code"] == "contact_left_opportunity"
            && record.data["person"]["email"] == "ben@deal.example"
    });
    assert_eq!(installation.number("SELECT count(*) FROM opportunity_contact"), 1);

    let campaign = json!({"campaign_id": "c-autumn", "name": "Autumn", "channel": "partners", "source": "resale",
        "origin": "partner"});
    produce(
        &installation,
        "marketing.campaigns.v1",
        &Event::new("campaign.updated.v1", "/campaigns", "c-autumn", campaign),
    );
    until("both leads are the partner's", || {
        installation.number("SELECT count(*) FROM lead WHERE origin = 'partner'") == 2
            && installation.number("SELECT count(*) FROM touch WHERE origin <> 'partner'") == 0
    });
    produce(&installation, "marketing.form-fills.v1", &demo_request("eve@later.example"));
    until("who comes later is so at once", || {
        installation.number("SELECT count(*) FROM lead WHERE origin = 'partner'") == 3
    });
    installation.check();
}
