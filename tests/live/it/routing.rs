//! Routing on the real service: a named account, an open deal's owner, the receipt on the wire and in the API, the figures
//! of fairness, and the commands that explain and replay it.

use crate::harness::{Event, Installation, Reader, ask, demo_request, produce, token, until};
use baton::contract::policy_text;
use baton::store::connect::{Timeouts, connect};
use baton::store::text::TextKind;
use baton::transaction::operation;
use serde_json::{Value, json};

/// Publishes a policy by the way that every text goes.
fn publish(installation: &Installation, text: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut conn = connect(&installation.owner_url, "tests", Timeouts::default()).await.unwrap();
        let hash = policy_text::hash(text);
        assert!(operation::publish_text(&mut conn, TextKind::Policy, hash, text, "tests").await.unwrap());
    });
}

/// What `lead.routed.v1` says of whom an e-mail names.
fn routed(leads: &mut Reader, email: &str) -> Value {
    let record = leads.wait(email, |record| {
        record.event_type == "lead.routed.v1" && record.data["person"]["email"] == email
    });
    record.data
}

#[test]
fn a_lead_goes_to_the_owner_of_the_companys_open_deal_and_the_account_and_the_receipt_says_why() {
    let installation = Installation::new();
    let _serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let user = |id: &str| json!({"system": "crm", "object": "user", "id": id});
    let account = json!({"account_id": "a-1", "domains": ["vega.example"], "kind": "prospect", "name": "Vega Inc.", "owner": user("u-hugo-silva")});
    produce(
        &installation,
        "crm.lead-events.v1",
        &Event::new("crm.account.updated.v1", "/crm", "a-1", account),
    );
    until("the company is known", || {
        installation.number("SELECT count(*) FROM account WHERE name_key = 'vega'") == 1
    });

    produce(&installation, "marketing.form-fills.v1", &demo_request("vera@vega.example"));
    let owned = routed(&mut leads, "vera@vega.example");
    let route = &owned["receipt"]["route"];
    assert_eq!(owned["holder"]["id"], "hugo-silva", "the account's owner, whatever pool the rules give");
    assert_eq!((&route["step"], &route["account_match"]), (&json!("account_owner"), &json!("account_owner")));
    assert_eq!(route["account"]["by"], "domain");
    assert!(route["sla"]["contact_by"].is_string());

    let deal = json!({"opportunity": {"system": "crm", "id": "o-1"}, "revision": 1, "kind": "new_business",
        "account": {"system": "crm", "object": "account", "id": "a-1"},
        "contacts": [{"email": "boss@vega.example"}], "opened_at": jiff::Timestamp::now().to_string(),
        "owner": user("u-ana-ruiz")});
    produce(
        &installation,
        "crm.lead-events.v1",
        &Event::new("crm.opportunity.opened.v1", "/crm", "o-1", deal),
    );
    until("the deal is known", || {
        installation
            .number("SELECT count(*) FROM opportunity WHERE owner = 'ana-ruiz' AND account_id IS NOT NULL")
            == 1
    });
    produce(&installation, "marketing.form-fills.v1", &demo_request("otto@vega.example"));
    let dealt = routed(&mut leads, "otto@vega.example");
    assert_eq!(dealt["holder"]["id"], "ana-ruiz", "who has an open deal comes before the account's owner");
    assert_eq!(dealt["receipt"]["route"]["rule"], "open_opportunity");

    produce(&installation, "marketing.form-fills.v1", &demo_request("nina@elsewhere.example"));
    let ruled = routed(&mut leads, "nina@elsewhere.example");
    let route = &ruled["receipt"]["route"];
    assert_eq!((&route["rule"], &route["step"]), (&json!("mid_market"), &json!("rule")));
    assert_eq!(route["passed_over"][0], json!({"rule": "low_touch", "field": "grade"}));
    assert_eq!(installation.number("SELECT count(*) FROM assignment WHERE by_turn"), 1);
    assert_eq!(installation.number("SELECT count(*) FROM assignment WHERE NOT by_turn"), 2);

    let replayed: Value =
        serde_json::from_str(&installation.run(&["route", "simulate", "--days", "1", "--json"])).unwrap();
    assert_eq!(
        (&replayed["played"], &replayed["moved"]),
        (&json!(3), &json!(0)),
        "the same rules, the same reps"
    );

    let said = json!({"person": {"email": "vera@vega.example"}, "actor": user("u-hugo-silva"), "reason": "existing_opportunity"});
    let returned = Event::new("sales.lead.rejected.v1", "/crm", "r-1", said);
    produce(&installation, "sales.feedback.v1", &returned);
    let attached = leads.wait("which deal vera belongs to", |record| {
        record.event_type == "lead.updated.v1" && record.data["reason_code"] == "belongs_to_opportunity"
    });
    assert_eq!(
        (&attached.data["person"]["email"], &attached.data["opportunity"]["id"], &attached.data["stage"]),
        (&json!("vera@vega.example"), &json!("o-1"), &json!("mql")),
    );
    let given = leads.wait("vera's second offer", |record| {
        record.event_type == "lead.reassigned.v1" && record.data["person"]["email"] == "vera@vega.example"
    });
    assert_eq!(given.data["holder"]["id"], "ana-ruiz", "the owner of the company's open deal is asked first");
    installation.check();
}

#[test]
fn a_named_account_of_the_policy_goes_to_its_rep_and_the_shipped_cases_hold_against_the_database() {
    let installation = Installation::new();
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/policy/route-tests.toml");
    assert!(installation.run(&["route", "test", cases]).contains("0 do not hold"));
    let policy = format!(
        "{}\n[[named_account]]\nid = \"vega\"\ndomain = \"vega.example\"\nrep = \"ben-okafor\"\n",
        include_str!("../../../policy/default.toml")
    );
    let file = std::env::temp_dir().join(format!("baton-named-{}.toml", std::process::id()));
    std::fs::write(&file, &policy).unwrap();
    let explained = installation.run(&[
        "route",
        "explain",
        "--domain",
        "vega.example",
        "--employees",
        "500",
        "--policy",
        file.to_str().unwrap(),
        "--json",
    ]);
    std::fs::remove_file(&file).unwrap();
    let explained: Value = serde_json::from_str(&explained).unwrap();
    assert_eq!((&explained["rep"], &explained["rule"]), (&json!("ben-okafor"), &json!("named_account:vega")));

    publish(&installation, &policy);
    let _serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, "marketing.form-fills.v1", &demo_request("vera@vega.example"));
    let named = routed(&mut leads, "vera@vega.example");
    assert_eq!(named["holder"]["id"], "ben-okafor");
    assert_eq!(named["receipt"]["route"]["rule"], "named_account:vega");
    installation.check();
}

#[test]
fn explain_finds_a_made_up_leads_company_as_the_router_would_and_changes_nothing() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let user = |id: &str| json!({"system": "crm", "object": "user", "id": id});
    let account = json!({"account_id": "a-1", "domains": ["vega.example"], "kind": "prospect", "name": "Vega Inc.", "owner": user("u-hugo-silva")});
    let event = Event::new("crm.account.updated.v1", "/crm", "a-1", account);
    produce(&installation, "crm.lead-events.v1", &event);
    until("the company is known", || {
        installation.number("SELECT count(*) FROM account WHERE name_key = 'vega'") == 1
    });
    let audited = || installation.number("SELECT count(*) FROM audit");
    let before = audited();
    let explained = |flags: &[&str]| -> Value {
        let arguments = [&["route", "explain"], flags, &["--json"]].concat();
        serde_json::from_str(&installation.run(&arguments)).unwrap()
    };
    let owned = explained(&["--domain", "vega.example", "--employees", "500"]);
    assert_eq!((&owned["step"], &owned["rep"]), (&json!("account_owner"), &json!("hugo-silva")));
    assert_eq!((&owned["account"]["by"], &owned["looked_up"]), (&json!("domain"), &json!(true)));
    let named = explained(&["--company", "VEGA GmbH", "--domain", "gmail.com"]);
    assert_eq!((&named["account"]["by"], &named["rep"]), (&json!("name"), &json!("hugo-silva")));
    let told = installation.run(&["route", "explain", "--employees", "500"]);
    assert!(told.contains("company    none that is known") && told.contains("names nobody"), "{told}");

    let asking = token(&installation, "ana-ruiz");
    let lead = json!({"domain": "vega.example", "employees": 500});
    let (status, over_api) = ask(&serving, &asking, "routing/explain", Some(&lead));
    assert_eq!((status, &over_api["rep"], &over_api["account"]), (200, &owned["rep"], &owned["account"]));
    let (status, problem) = ask(&serving, &asking, "routing/explain", Some(&json!({"domian": "x"})));
    assert_eq!((status, &problem["errors"][0]["code"]), (422, &json!("lead")));
    assert_eq!((audited(), installation.number("SELECT count(*) FROM assignment")), (before, 0));

    // Whose turn it is stands in the pool's credits: the next to be named is the next to be offered.
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, "marketing.form-fills.v1", &demo_request("nina@elsewhere.example"));
    let first = routed(&mut leads, "nina@elsewhere.example");
    let next = explained(&["--employees", "500", "--grade", "A"]);
    assert_ne!(next["rep"], first["holder"]["id"], "the first has had their turn");
    let show: Value = serde_json::from_str(&installation.run(&["team", "show", "--json"])).unwrap();
    let pools = show["pools"].as_array().unwrap().iter().find(|pool| pool["id"] == "mid-market").unwrap();
    let holder =
        pools["members"].as_array().unwrap().iter().find(|it| it["id"] == first["holder"]["id"]).unwrap();
    assert_eq!((&holder["open"], &holder["today"]), (&json!(1), &json!(1)));
    installation.check();
}
