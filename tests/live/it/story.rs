//! The main job: a demo request becomes a routed lead and is won; others are rejected, each code with its consequence;
//! everything produced again, shuffled, changes nothing.

use super::again;
use crate::harness::{Event, Installation, Reader, ask, crm, demo_request, form, produce, token};
use serde_json::json;

fn routed(leads: &mut Reader, email: &str) -> (String, String) {
    let record = leads.wait(email, |record| {
        (record.event_type == "lead.routed.v1" || record.event_type == "lead.reassigned.v1")
            && record.data["person"]["email"] == email
    });
    let rep = record.data["holder"]["crm"]["id"].as_str().expect("the holder has a CRM user").to_owned();
    (record.key, rep)
}

/// A demo request is routed, accepted, contacted, qualified, made a deal of and won: the lead, and what was produced.
fn won(installation: &Installation, leads: &mut Reader, email: &str) -> (String, Vec<Event>) {
    let mut produced: Vec<Event> = Vec::new();
    let mut step = |event: Event| {
        produce(installation, &topic(&event.event_type), &event);
        produced.push(event);
    };
    step(demo_request(email));
    let (lead, rep) = routed(leads, email);
    step(crm("crm.lead.accepted.v1", &lead, &rep, json!({})));
    leads.wait("accepted", |record| record.event_type == "lead.accepted.v1" && record.key == lead);
    step(crm(
        "crm.lead.contacted.v1",
        &lead,
        &rep,
        json!({"attempt_id": "a-1", "channel": "phone", "direction": "outbound", "outcome": "conversation", "automated": false}),
    ));
    let soon = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48)).to_string()[..10].to_owned();
    step(crm(
        "crm.lead.qualified.v1",
        &lead,
        &rep,
        json!({"facts": {"need": "yes", "authority": "decides", "budget": "plausible", "timeline_months": 3}, "next_step_on": soon}),
    ));
    leads.wait("qualified", |record| record.event_type == "lead.sales_qualified.v1" && record.key == lead);
    for (change, revision) in [("opened", 1), ("won", 2)] {
        let event_type = format!("crm.opportunity.{change}.v1");
        let today = jiff::Timestamp::now().to_string()[..10].to_owned();
        let data = json!({
            "opportunity": {"system": "crm", "id": "o-1"}, "revision": revision, "kind": "new_business",
            "contacts": [{"lead_id": lead, "role": "buyer", "primary": true}],
            "opened_at": jiff::Timestamp::now().to_string(), "amount": "12000.00", "currency": "USD",
            "close_date": soon, "closed_on": today,
            "owner": {"system": "crm", "object": "user", "id": rep},
        });
        step(Event::new(&event_type, "/crm", &lead, data));
        let wanted = if change == "won" { "lead.won.v1" } else { "lead.opportunity_opened.v1" };
        leads.wait(wanted, |record| record.event_type == wanted && record.key == lead);
    }
    (lead, produced)
}

#[test]
fn a_demo_request_is_routed_worked_and_won() {
    let installation = Installation::new();
    let _serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let mut feedback = Reader::of(&installation, "handoff.feedback.v1");
    let (lead, _) = won(&installation, &mut leads, "vera@vega.example");
    let record = leads.of_type("lead.routed.v1", Some(&lead))[0].clone();
    assert_eq!(record.data["lead_id"], lead.as_str(), "keyed by lead id");
    assert_eq!(record.data["priority"], 1);
    assert!(record.data["deadline"].is_string());
    let points = record.data["score"]["points"].as_i64().unwrap();
    let sum: i64 = record.data["score"]["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["points"].as_i64().unwrap())
        .sum();
    assert_eq!(points, sum, "the reasons sum to the points");
    assert!(points >= 60);
    for wanted in ["accepted", "qualified", "opportunity_opened", "won"] {
        let event_type = format!("feedback.{wanted}.v1");
        feedback.wait(&event_type, |record| record.event_type == event_type && record.key == lead);
    }
    installation.check();
}

#[test]
fn students_tests_and_bots_are_told_apart() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let topic = "marketing.form-fills.v1";
    produce(&installation, topic, &form("demo", "stu@campus.example", "student"));
    let mut test = demo_request("tess@tested.example");
    test.data["test"] = json!(true);
    produce(&installation, topic, &test);
    let mut bot = demo_request("bot@crawler.example");
    bot.data["bot_score"] = json!(95);
    produce(&installation, topic, &bot);
    produce(&installation, topic, &demo_request("last@marker.example"));
    let (student, _) = routed(&mut leads, "stu@campus.example");
    routed(&mut leads, "last@marker.example");
    let record = leads.of_type("lead.routed.v1", Some(&student))[0];
    assert_eq!(record.data["score"]["grade"], "D");
    assert_eq!(record.data["priority"], 4);
    let of = |person: &str| {
        let records = leads.seen.iter().filter(|record| record.data["person"]["email"] == person);
        records
            .map(|record| (record.event_type.clone(), record.data["reason_code"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("tess@tested.example"), [], "a test reaches nobody");
    let review = ("lead.updated.v1".to_owned(), json!("review_asked"));
    let bot = of("bot@crawler.example");
    assert!(bot.iter().all(|told| *told == review), "a bot reaches a steward's review alone: {bot:?}");
    let (status, steward) = ask(&serving, &token(&installation, "maya-cohen"), "my", None);
    assert_eq!((status, &steward["reviews_total"]), (200, &json!(1)), "{steward}");
    assert_eq!(steward["reviews"].as_array().unwrap().len(), 1);
    installation.check();
}

/// Code, extra fields of the rejection, and the wire stage that follows.
fn rejections() -> Vec<(&'static str, serde_json::Value, &'static str)> {
    let later =
        (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 40)).to_string()[..10].to_owned();
    vec![
        ("unreachable", json!({"attempts": 5}), "recycled"),
        ("bad_timing", json!({"retry_on": later}), "recycled"),
        ("no_need", json!({}), "recycled"),
        ("no_budget", json!({}), "recycled"),
        ("no_authority", json!({}), "recycled"),
        ("no_fit", json!({"sub_reason": "size"}), "disqualified"),
        ("competitor_chosen", json!({"competitor": "Rival"}), "recycled"),
        ("bad_data", json!({"fields": ["phone"]}), "captured"),
        ("existing_customer", json!({}), "mql"),
        ("existing_opportunity", json!({}), "mql"),
        (
            "wrong_territory",
            json!({"proposed_owner": {"system": "crm", "object": "user", "id": "u-emma-larsen"}}),
            "mql",
        ),
        ("wrong_segment", json!({"proposed_pool": "enterprise"}), "mql"),
        ("duplicate", json!({"duplicate_of": {"lead_id": "00000000-0000-4000-8000-000000000001"}}), "mql"),
        ("junk", json!({}), "disqualified"),
        ("opt_out", json!({"scope": "all"}), "suppressed"),
        ("other", json!({"note": "nothing else describes it well"}), "mql"),
    ]
}

#[test]
fn every_rejection_has_its_consequence_and_everything_again_in_another_order_has_none() {
    let installation = Installation::new();
    let _serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let mut feedback = Reader::of(&installation, "handoff.feedback.v1");
    let mut produced: Vec<Event> = Vec::new();
    let mut step = |event: Event| {
        produce(&installation, &topic(&event.event_type), &event);
        produced.push(event);
    };
    let codes = rejections();
    for (code, _, _) in &codes {
        step(demo_request(&format!("lead@{}.example", code.replace('_', "-"))));
    }
    for (code, extra, _) in &codes {
        let (lead, rep) = routed(&mut leads, &format!("lead@{}.example", code.replace('_', "-")));
        let mut data = extra.clone();
        data["reason"] = json!(code);
        step(crm("sales.lead.rejected.v1", &lead, &rep, data));
        let answer =
            feedback.wait(code, |record| record.event_type == "feedback.rejected.v1" && record.key == lead);
        assert_eq!(answer.data["reason"], *code);
    }
    let mut states = Reader::of(&installation, "handoff.lead-state.v1");
    for (code, _, stage) in &codes {
        let (lead, _) = routed(&mut leads, &format!("lead@{}.example", code.replace('_', "-")));
        states.wait(code, |record| record.key == lead && record.data["stage"] == *stage);
    }
    let (won, of_won) = won(&installation, &mut leads, "vera@vega.example");
    produced.extend(of_won);
    again::changes_nothing(&installation, produced, &won);
    installation.check();
}

/// Where a type belongs.
pub(super) fn topic(event_type: &str) -> String {
    let topic = match event_type.split('.').next() {
        Some("form") => "marketing.form-fills.v1",
        Some("sales") => "sales.feedback.v1",
        _crm => "crm.lead-events.v1",
    };
    topic.to_owned()
}
