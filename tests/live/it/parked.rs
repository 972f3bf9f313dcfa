//! A fault of ours on one lead: it is parked with what comes for it, and a redrive applies everything in order. What was
//! quarantined is settled in the transaction that decides on it.

use crate::harness::{
    Browser, Event, Installation, Reader, ask, crm, demo_request, form, produce, token, until,
};
use baton::domain::ids::LeadId;
use baton::domain::lead::{Lead, Stage};
use baton::store::connect::{self, Timeouts};
use baton::store::lead;
use serde_json::json;
use std::collections::BTreeSet;

const FORMS: &str = "marketing.form-fills.v1";
const CRM: &str = "crm.lead-events.v1";

/// Damages or mends a stored lead, under its lock as the service would write it.
fn change(installation: &Installation, id: &str, change: impl FnOnce(&mut Lead)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut conn = connect::connect(&installation.owner_url, "tests", Timeouts::default()).await.unwrap();
        connect::begin(&mut conn).await.unwrap();
        let id = LeadId(id.parse().unwrap());
        let mut row = lead::lock(&mut conn, &BTreeSet::from([id])).await.unwrap().remove(&id).unwrap();
        change(&mut row.lead);
        lead::upsert(&mut conn, &[row]).await.unwrap();
        connect::commit(&mut conn).await.unwrap();
    });
}

fn parked(installation: &Installation) -> i64 {
    installation.number("SELECT count(*) FROM parked WHERE reason = 'lead_parked'")
}

#[test]
fn a_damaged_lead_is_parked_its_records_queue_and_a_redrive_applies_them_in_order() {
    let installation = Installation::new();
    let _serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, FORMS, &demo_request("ada@acme.example"));
    let routed = leads.wait("the routed lead", |record| record.event_type == "lead.routed.v1");
    let id = routed.key.clone();
    let rep = routed.data["holder"]["crm"]["id"].as_str().unwrap().to_owned();
    let mut stage = Stage::Unseen;
    change(&installation, &id, |lead| stage = std::mem::take(&mut lead.stage));

    produce(&installation, FORMS, &form("pricing", "ada@acme.example", "VP Sales"));
    until("the lead is parked", || parked(&installation) == 1);
    produce(&installation, CRM, &crm("crm.lead.accepted.v1", &id, &rep, json!({})));
    let call = json!({"attempt_id": "call-1", "channel": "phone", "direction": "outbound",
        "outcome": "conversation", "automated": false});
    produce(&installation, CRM, &crm("crm.lead.contacted.v1", &id, &rep, call));
    produce(&installation, FORMS, &demo_request("bob@other.example"));
    until("its later records queue", || parked(&installation) == 3);
    until("everybody else goes on", || installation.read() == 5);
    assert_eq!(installation.number("SELECT sum(applied)::bigint FROM ledger"), 2);
    assert_eq!(
        installation.texts("SELECT holder_kind || ' ' || parked FROM lead WHERE parked"),
        ["operations true"]
    );
    let list = installation.run(&["parked", "list"]);
    assert!(list.contains(&id) && list.contains("cannot happen"), "{list}");
    assert!(installation.run(&["quarantine", "list"]).contains("nothing in quarantine"));

    let output = installation.output(&["parked", "redrive", "--lead", &id]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("stays: parked impossible_event") && text.contains("stays parked"), "{text}");
    assert_eq!(parked(&installation), 3);

    change(&installation, &id, |lead| lead.stage = stage);
    let text = installation.run(&["parked", "redrive", "--all"]);
    assert!(text.contains(&format!("lead {id} goes on")), "{text}");
    assert_eq!(parked(&installation), 0);
    assert_eq!(
        installation
            .texts("SELECT DISTINCT outcome FROM ledger_resolution WHERE intake = 'parked' ORDER BY 1"),
        ["applied/accept_lead", "applied/record_attempt", "applied/record_signal"]
    );
    let decided = installation.texts(
        "SELECT event FROM audit WHERE event IN ('lead_accepted', 'attempt_recorded', 'lead_unparked') ORDER BY subject_id, version",
    );
    assert_eq!(decided.last().map(String::as_str), Some("attempt_recorded"));
    assert!(decided.ends_with(&["lead_accepted".to_owned(), "attempt_recorded".to_owned()]), "{decided:?}");
    assert!(installation.run(&["parked", "list"]).contains("nothing in parked"));
    leads.wait("the parking and the going on are told", |record| {
        record.event_type == "lead.updated.v1" && record.data["reason_code"] == "unparked"
    });
    installation.check();
}

#[test]
fn a_record_that_makes_planning_panic_parks_its_lead_and_stops_nobody() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, FORMS, &demo_request("ada@acme.example"));
    let id = leads.wait("the routed lead", |record| record.event_type == "lead.routed.v1").key;
    change(&installation, &id, |lead| lead.cycle.wins = u32::MAX);
    let won = json!({"opportunity": {"system": "crm", "id": "o-1"}, "revision": 1, "kind": "new_business",
        "opened_at": jiff::Timestamp::now().to_string(), "closed_on": "2026-05-27",
        "contacts": [{"email": "ada@acme.example"}]});
    produce(&installation, CRM, &Event::new("crm.opportunity.won.v1", "/crm", "o-1", won));
    until("one win too many is too many for this program", || parked(&installation) == 1);
    produce(&installation, FORMS, &demo_request("bob@other.example"));
    until("the next one is applied", || installation.read() == 3);
    assert_eq!(
        installation.texts("SELECT DISTINCT unnest(reasons) FROM ledger WHERE parked > 0"),
        ["parked/panicked"]
    );
    assert!(serving.log().contains("whom it names is parked"));
    let output = installation.output(&["parked", "redrive", "--all"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("cannot be decided") && text.contains("baton parked discard"), "{text}");
    assert_eq!(
        (output.status.code(), parked(&installation)),
        (Some(1), 1),
        "a step that panics changes nothing"
    );

    change(&installation, &id, |lead| lead.cycle.wins = 0);
    installation.run(&["parked", "redrive", "--all"]);
    assert_eq!(installation.number("SELECT count(*) FROM lead WHERE stage = 7"), 1, "won");
    installation.check();
}

#[test]
fn a_quarantined_record_is_decided_and_settled_in_one_transaction_and_in_order() {
    let installation = Installation::new();
    let owner = |statement| installation.execute(&installation.owner_url, statement).unwrap();
    owner("ALTER TABLE person ADD CONSTRAINT refused_for_the_test CHECK (email <> 'ada@acme.example')");
    let _serving = installation.serve(&[]);
    for _ in 0..2 {
        produce(&installation, FORMS, &demo_request("ada@acme.example"));
    }
    produce(&installation, FORMS, &Event::new("form.exploded.v1", "/forms", "x", json!({})));
    until("all three are kept", || installation.number("SELECT count(*) FROM quarantine") == 3);
    let in_order = "SELECT id::text FROM quarantine WHERE reason = 'database_refused' ORDER BY quarantined_at, record_offset";
    let ids = installation.texts(in_order);

    owner("ALTER TABLE person DROP CONSTRAINT refused_for_the_test");
    owner(
        "ALTER TABLE ledger_resolution ADD CONSTRAINT refused_for_the_test CHECK (intake <> 'quarantined')",
    );
    let output = installation.output(&["quarantine", "redrive", "--reason", "database_refused"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        installation.number("SELECT count(*) FROM lead"),
        0,
        "without its line, nothing of a decision stands"
    );
    owner("ALTER TABLE ledger_resolution DROP CONSTRAINT refused_for_the_test");

    let text = installation.run(&["quarantine", "redrive", "--reason", "database_refused", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let records: Vec<(&str, &str)> = told["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| (record["id"].as_str().unwrap(), record["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(records, [(ids[0].as_str(), "applied"), (ids[1].as_str(), "applied")]);
    assert_eq!(installation.number("SELECT count(*) FROM ledger_resolution WHERE intake = 'quarantined'"), 2);
    let again = installation.output(&["quarantine", "redrive", &ids[0]]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("baton quarantine list"), "settled once");

    let output = installation.output(&["quarantine", "redrive", "--all"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("stays: quarantined unknown_type"));
    let left = installation.texts("SELECT id::text FROM quarantine WHERE reason = 'unknown_type'").remove(0);
    let refused = installation.output(&["quarantine", "discard", &left, "--reason", "Ada said so"]);
    assert_eq!(refused.status.code(), Some(2), "a reason is a word");
    installation.run(&["quarantine", "discard", &left, "--reason", "test_data"]);
    assert!(installation.run(&["quarantine", "list"]).contains("nothing in quarantine"));
    installation.check();
}

#[test]
fn operations_lets_kept_records_be_decided_again_by_a_button_in_their_own_name() {
    let installation = Installation::new();
    let owner = |statement| installation.execute(&installation.owner_url, statement).unwrap();
    owner("ALTER TABLE person ADD CONSTRAINT refused_for_the_test CHECK (email <> 'ada@acme.example')");
    let serving = installation.serve(&[]);
    produce(&installation, FORMS, &demo_request("ada@acme.example"));
    produce(&installation, FORMS, &Event::new("form.exploded.v1", "/forms", "x", json!({})));
    until("both are kept", || installation.number("SELECT count(*) FROM quarantine") == 2);
    owner("ALTER TABLE person DROP CONSTRAINT refused_for_the_test");
    let [olga, noah] = ["olga-petrov", "noah-fischer"].map(|it| Browser::of(&installation, &serving, it));
    let page = olga.get("/intake").body;
    let csrf = Browser::field(&page, "csrf");
    let of = |from: &'static str, reason: &'static str| [("from", from), ("reason", reason)];
    let press = |from, reason| {
        olga.post("/intake/redrive", &[&[("csrf", csrf.as_str())], &of(from, reason)[..]].concat())
    };
    assert!(page.contains("value=\"database_refused\"") && page.contains("Decide again"), "{page}");
    let seen = noah.get("/intake").body;
    assert!(seen.contains("database refused") && !seen.contains("Decide again"), "marketing looks on");
    let own = Browser::field(&seen, "csrf");
    let theirs = [&[("csrf", own.as_str())], &of("quarantined", "database_refused")[..]].concat();
    assert_eq!(noah.post("/intake/redrive", &theirs).status, 403);
    assert_eq!(olga.post("/intake/redrive", &of("quarantined", "database_refused")).status, 403, "no csrf");
    assert_eq!(installation.number("SELECT count(*) FROM lead"), 0, "nothing was decided so far");
    let done = press("quarantined", "database_refused").body;
    assert!(done.contains("1 record decided again, none stays."), "{done}");
    assert!(!done.contains("value=\"database_refused\""), "it is kept no longer");
    assert!(press("quarantined", "database_refused").body.contains("Nothing is kept for this reason"));

    let manager = token(&installation, "paul-dupont");
    let body = json!({"from": "quarantined", "reason": "unknown_type"});
    let (status, answer) = ask(&serving, &manager, "intake/redrive", Some(&body));
    assert_eq!((status, &answer["settled"], &answer["kept"]), (200, &json!(0), &json!(1)), "{answer}");
    let rep = token(&installation, "ana-ruiz");
    assert_eq!(ask(&serving, &rep, "intake/redrive", Some(&body)).1["code"], "role");

    let id = installation.texts("SELECT id::text FROM lead").remove(0);
    let mut stage = Stage::Unseen;
    change(&installation, &id, |lead| stage = std::mem::take(&mut lead.stage));
    produce(&installation, FORMS, &form("pricing", "ada@acme.example", "VP Sales"));
    until("the lead is parked", || parked(&installation) == 1);
    let stays = press("parked", "lead_parked").body;
    assert!(stays.contains("1 record looked at again: 0 decided, 1 stay."), "{stays}");
    change(&installation, &id, |lead| lead.stage = stage);
    let done = press("parked", "lead_parked").body;
    assert!(done.contains("1 record decided again, none stays. 1 lead goes on."), "{done}");
    let by = "SELECT actor FROM audit WHERE event = 'lead_unparked'";
    assert!(installation.texts(by).contains(&"member:olga-petrov".to_owned()));
    assert!(!done.contains("ada@acme.example"), "the page shows no content");
    installation.check();
}
