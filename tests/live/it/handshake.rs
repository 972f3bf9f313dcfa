//! The handshake in both directions: marketing contests a rejection and an arbiter decides over the API; a closer takes a
//! qualified lead over and gives it back; a pattern of rejections is answered. Feedback and figures follow.

use crate::harness::{Event, Installation, Reader, ask, crm, demo_request, produce, token};
use serde_json::{Value, json};

fn routed(leads: &mut Reader, email: &str) -> (String, String) {
    let record = leads.wait(email, |record| {
        record.event_type == "lead.routed.v1" && record.data["person"]["email"] == email
    });
    (record.key, record.data["holder"]["crm"]["id"].as_str().unwrap().to_owned())
}

fn rejected(installation: &Installation, lead: &str, rep: &str, reason: &str) {
    produce(
        installation,
        "sales.feedback.v1",
        &crm("sales.lead.rejected.v1", lead, rep, json!({"reason": reason})),
    );
}

fn tally<'a>(sla: &'a Value, name: &str) -> &'a Value {
    let figures = sla["figures"].as_array().unwrap();
    &figures.iter().find(|figure| figure["name"] == name).unwrap_or_else(|| panic!("no figure {name}"))["all"]
}

#[test]
fn an_overturned_rejection_reopens_the_same_handoff_and_counts_no_more() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let mut feedback = Reader::of(&installation, "handoff.feedback.v1");
    produce(&installation, "marketing.form-fills.v1", &demo_request("cora@contest.example"));
    let (lead, rep) = routed(&mut leads, "cora@contest.example");
    rejected(&installation, &lead, &rep, "no_budget");
    let returned = feedback.wait("rejected", |record| record.event_type == "feedback.rejected.v1");
    assert!(returned.data["contest_until"].is_string(), "marketing learns until when it may contest");
    assert_eq!(returned.data["consequence"]["stage"], "recycled");
    assert_eq!(
        (&returned.data["form_id"], &returned.data["campaign_id"]),
        (&json!("form-demo"), &json!("c-autumn"))
    );
    let handoff = returned.data["handoff_id"].clone();

    let (noah, rosa) = (token(&installation, "noah-fischer"), token(&installation, "rosa-lind"));
    let contest = json!({"handoff_id": handoff, "note": "Their budget is confirmed in the form."});
    let path = format!("leads/{lead}/contest");
    let rep_token = token(&installation, rep.trim_start_matches("u-"));
    assert_eq!(ask(&serving, &rep_token, &path, Some(&contest)).1["code"], "not_marketing");
    let (status, body) = ask(&serving, &noah, &path, Some(&contest));
    assert_eq!(status, 200, "{body}");
    assert_eq!(ask(&serving, &noah, &path, Some(&contest)).1["code"], "already_contested");
    let contested = feedback.wait("contested", |record| record.event_type == "feedback.contested.v1");
    assert_eq!((&contested.data["reason"], &contested.data["handoff_id"]), (&json!("no_budget"), &handoff));
    let (_, shown) = ask(&serving, &rosa, &format!("leads/{lead}"), None);
    assert_eq!((&shown["holder"]["kind"], &shown["stage"]), (&json!("arbiter"), &json!("recycled")));
    assert_eq!(shown["returned"][0]["contest"]["arbiter"], "rosa-lind");
    assert_eq!(shown["notes"][0]["theme"], "contest");

    let verdict = json!({"handoff_id": handoff, "verdict": "overturn"});
    let path = format!("leads/{lead}/verdict");
    assert_eq!(ask(&serving, &noah, &path, Some(&verdict)).0, 403, "no party decides");
    let (status, body) = ask(&serving, &rosa, &path, Some(&verdict));
    assert_eq!(status, 200, "{body}");
    let resolved = feedback.wait("resolved", |record| record.event_type == "feedback.resolved.v1");
    assert_eq!(resolved.data["verdict"], "overturned");
    feedback.wait("voided", |record| record.event_type == "feedback.rejection_voided.v1");
    let again =
        leads.wait("another rep", |record| record.event_type == "lead.reassigned.v1" && record.key == lead);
    assert_ne!(again.data["holder"]["crm"]["id"], rep.as_str(), "another rep");
    assert_eq!((&again.data["handoff_id"], &again.data["cycle"]), (&handoff, &json!(1)), "the same handoff");

    let (_, sla) = ask(&serving, &noah, "sla", None);
    assert_eq!(tally(&sla, "acceptance")["missed"], 0, "an overturned rejection counts no more: {sla}");
    assert_eq!(tally(&sla, "completeness")["met_leads"], json!([lead]));
    assert_eq!(tally(&sla, "reason_given")["met_leads"], json!([lead]));
    let contests = &sla["contests"];
    assert_eq!(
        (&contests["all"]["raised"], &contests["all"]["overturned"]),
        (&json!([lead]), &json!([lead]))
    );
    assert_eq!(contests["all"]["moot"], json!([]), "the lead still rested under the rejection");
    assert!(contests["by_pool"].as_object().unwrap().len() == 1, "the rejecter's side: {contests}");
    let own: Vec<&String> = contests["by_person"].as_object().unwrap().keys().collect();
    assert_eq!(own, ["noah-fischer"], "others' figures are theirs: {contests}");
    let week = sla["week"].as_str().unwrap();
    let digest: Value =
        serde_json::from_str(&installation.run(&["report", "digest", "--week", week, "--json"])).unwrap();
    let campaign = &digest["campaigns"][0];
    assert_eq!(campaign["campaign"], "c-autumn");
    let counts = ["mql", "rejected", "contested", "overturned"].map(|name| campaign[name].as_i64().unwrap());
    assert_eq!(counts, [1, 1, 1, 1]);
    assert_eq!(campaign["reasons"], json!({"no_budget": 1}));
    installation.check();
}

#[test]
fn a_closer_takes_a_qualified_lead_over_and_gives_it_back_to_the_first_rep() {
    let installation = Installation::new();
    let _serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let mut feedback = Reader::of(&installation, "handoff.feedback.v1");
    produce(&installation, "marketing.form-fills.v1", &demo_request("clea@closer.example"));
    let (lead, rep) = routed(&mut leads, "clea@closer.example");
    let step = |event: Event| produce(&installation, "crm.lead-events.v1", &event);
    step(crm("crm.lead.accepted.v1", &lead, &rep, json!({})));
    let soon = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(72)).to_string()[..10].to_owned();
    let next = json!({"system": "crm", "object": "user", "id": "u-ana-ruiz"});
    step(crm(
        "crm.lead.qualified.v1",
        &lead,
        &rep,
        json!({"facts": {"need": "yes", "authority": "decides", "budget": "plausible", "timeline_months": 3},
            "next_step_on": soon, "next_owner": next}),
    ));
    let offered = leads.wait("the closer's offer", |record| {
        record.event_type == "lead.reassigned.v1" && record.data["reason_code"] == "to_closer"
    });
    assert_eq!(offered.data["holder"]["id"], "ana-ruiz");
    assert_eq!(offered.data["stage"], "sql");
    let kinds: Vec<&str> =
        offered.data["deadlines"].as_array().unwrap().iter().filter_map(|it| it["kind"].as_str()).collect();
    assert!(kinds.contains(&"accept_by") && kinds.contains(&"next_step_by"), "{kinds:?}");
    step(crm("crm.lead.accepted.v1", &lead, "u-ana-ruiz", json!({})));
    leads.wait("the closer works it", |record| record.data["reason_code"] == "closer_accepted");
    produce(
        &installation,
        "sales.feedback.v1",
        &crm(
            "sales.lead.rejected.v1",
            &lead,
            "u-ana-ruiz",
            json!({"reason": "return", "fields": ["budget"]}),
        ),
    );
    let back = leads.wait("back to the first rep", |record| {
        record.data["reason_code"] == "returned_to_first_rep" && record.key == lead
    });
    assert_eq!((&back.data["holder"]["crm"]["id"], &back.data["stage"]), (&json!(rep), &json!("sal")));
    let reversed =
        feedback.wait("the SQL is netted", |record| record.event_type == "feedback.sql_reversed.v1");
    assert_eq!(reversed.data["reason"], "return");
    installation.check();
}

#[test]
fn marketing_answers_a_pattern_of_rejections_once() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let mut feedback = Reader::of(&installation, "handoff.feedback.v1");
    let mut behind = Vec::new();
    for number in 0..5 {
        let email = format!("pat@pattern-{number}.example");
        produce(&installation, "marketing.form-fills.v1", &demo_request(&email));
        let (lead, rep) = routed(&mut leads, &email);
        rejected(&installation, &lead, &rep, "no_need");
        feedback.wait("rejected", |record| record.event_type == "feedback.rejected.v1" && record.key == lead);
        behind.push(lead);
    }
    let (noah, rosa) = (token(&installation, "noah-fischer"), token(&installation, "rosa-lind"));
    let (_, sla) = ask(&serving, &noah, "sla", None);
    let pattern = &sla["patterns"][0];
    assert_eq!((&pattern["code"], &pattern["campaign"]), (&json!("no_need"), &json!("c-autumn")), "{sla}");
    assert_eq!(pattern["answered_at"], Value::Null);
    let mut found: Vec<String> = serde_json::from_value(pattern["leads"].clone()).unwrap();
    found.sort_unstable();
    behind.sort_unstable();
    assert_eq!(found, behind, "the leads behind the pattern");
    assert_eq!(tally(&sla, "acceptance")["missed"], 5);
    let mut answer = json!({"code": "no_need", "campaign": "c-autumn", "begun_at": pattern["begun_at"],
        "note": "The form now asks for the project."});
    assert_eq!(ask(&serving, &rosa, "pattern-answer", Some(&answer)).1["code"], "not_marketing");
    let (status, body) = ask(&serving, &noah, "pattern-answer", Some(&answer));
    assert_eq!((status, &body["outcome"]), (200, &json!("applied")), "{body}");
    answer["campaign"] = json!("c-spring");
    assert_eq!(ask(&serving, &noah, "pattern-answer", Some(&answer)).0, 404, "no such pattern");
    let (_, sla) = ask(&serving, &noah, "sla", None);
    assert_eq!(sla["patterns"][0]["answered_by"], "noah-fischer");
    assert_eq!(sla["patterns"][0]["on_time"], true);
    let written = "SELECT count(*) FROM note JOIN pattern_answer ON pattern_answer.note_id = note.id";
    assert_eq!(installation.number(written), 1);
    assert_eq!(installation.number("SELECT count(*) FROM audit WHERE event = 'pattern_answered'"), 1);
    let (_, shown) = ask(&serving, &noah, "campaigns", None);
    assert_eq!(
        shown["patterns"][0]["answered_by"], "noah-fischer",
        "marketing's page counts as the policy does: {shown}"
    );
    installation.check();
}
