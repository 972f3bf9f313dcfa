//! What is published: types by event, schemas, sums, identifiers and sequences.

use super::assert_valid;
use super::story::{START, World, steps};
use crate::contract::keys;
use crate::contract::outbound::{
    Handed, Head, OutRecord, PersonFill, Topic, crm_text, fill, headers, parse_crm, records, state,
};
use crate::contract::request::CrmKey;
use crate::domain::custody::Holder;
use crate::domain::event::Event;
use crate::domain::lead::Lead;
use crate::domain::team::MemberId;
use crate::domain::time::HOUR;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn person() -> PersonFill {
    let some = |text: &str| Some(text.to_owned());
    PersonFill {
        email: some("ann@acme.example"),
        first_name: some("Ann"),
        last_name: some("Example"),
        phone: some("+49 30 1"),
        job_title: some("VP Sales"),
        country: some("DE"),
        region: some("Berlin"),
        company_name: some("Acme"),
        company_domain: some("acme.example"),
        domains: vec![("hmac:00".to_owned(), "acme.example".to_owned())],
        employees: Some(500),
        industry: some("software"),
        crm: (0..12)
            .map(|id| CrmKey { system: "crm".into(), object: "lead".into(), id: id.to_string() })
            .collect(),
        anonymous_id: some("v-1"),
        submission_id: some("sub-1"),
        form_id: some("form-1"),
        source: some("linkedin"),
    }
}

fn filled(record: &OutRecord, person: &PersonFill) -> Value {
    let cause = Some(("/test", "record-1"));
    let bytes = fill(record.topic, record.event_type, &record.bytes(), person, cause).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn every_record_holds_against_its_schema_full_and_bare() {
    let world = World::new();
    let mut published = 0;
    for step in &steps() {
        for full in [true, false] {
            for record in records(&world.handed(step, full)) {
                assert_valid(record.topic.name(), record.event_type, &Value::Object(record.payload.clone()));
                for person in [person(), PersonFill::default()] {
                    assert_valid(record.topic.name(), record.event_type, &filled(&record, &person));
                }
                published += 1;
            }
        }
    }
    assert!(published > 60, "{published}");
}

#[test]
fn the_present_state_holds_against_its_schema_at_every_step() {
    let world = World::new();
    for (_, _, after) in &steps() {
        for receipt in [Some(&world.receipt), None] {
            let record = state(after, &world.team, receipt, 1, START);
            assert_valid(record.topic.name(), record.event_type, &filled(&record, &person()));
            assert_eq!(record.topic_sequence, 0);
        }
    }
}

/// What each event publishes; events that are not named publish nothing.
const PUBLISHED: &[(&str, &[&str])] = &[
    ("attempt_recorded", &["lead.activity_noted.v1"]),
    ("breach_voided", &["lead.updated.v1"]),
    ("clock_breached", &["feedback.sla_breached.v1", "lead.queued.v1"]),
    ("clock_escalated", &["feedback.escalated.v1"]),
    ("clock_reminded", &["feedback.sla_reminded.v1"]),
    ("closer_accepted", &["lead.updated.v1"]),
    ("closer_offered", &["lead.reassigned.v1"]),
    ("closer_wanted", &["lead.queued.v1"]),
    ("closer_withdrawn", &["lead.offer_withdrawn.v1"]),
    ("contact_forbidden", &["lead.updated.v1"]),
    ("contact_left", &["lead.updated.v1"]),
    ("contest_resolved", &["lead.updated.v1", "feedback.resolved.v1"]),
    ("crm_unlinked", &["lead.updated.v1"]),
    ("customer_noted", &["lead.updated.v1"]),
    ("cycle_started", &["lead.reopened.v1"]),
    ("data_fix_asked", &["lead.updated.v1"]),
    ("data_fixed", &["lead.queued.v1"]),
    ("deal_recorded", &["feedback.won.v1"]),
    ("email_opted_out", &["lead.activity_noted.v1"]),
    ("fact_diverged", &["lead.diverged.v1"]),
    ("facts_added", &["lead.updated.v1"]),
    ("holder_replaced", &["lead.updated.v1"]),
    ("lead_absorbed", &["lead.updated.v1"]),
    ("lead_accepted", &["lead.accepted.v1", "feedback.accepted.v1"]),
    ("lead_closed_as_won", &["lead.won.v1"]),
    ("lead_disqualified", &["lead.disqualified.v1"]),
    ("lead_lost", &["lead.lost.v1", "feedback.lost.v1"]),
    ("lead_marketing_qualified", &["lead.marketing_qualified.v1", "lead.queued.v1"]),
    ("lead_merged", &["lead.merged.v1"]),
    ("lead_offered", &["lead.routed.v1", "lead.reassigned.v1"]),
    ("lead_parked", &["lead.updated.v1"]),
    ("lead_queued", &["lead.queued.v1"]),
    ("lead_reassigned", &["lead.reassigned.v1"]),
    ("lead_recycled", &["lead.recycled.v1"]),
    ("lead_rejected", &["feedback.rejected.v1"]),
    ("lead_reopened", &["lead.queued.v1"]),
    ("lead_sales_qualified", &["lead.sales_qualified.v1", "feedback.qualified.v1"]),
    ("lead_split", &["lead.updated.v1"]),
    ("lead_suppressed", &["lead.suppressed.v1"]),
    ("lead_unparked", &["lead.updated.v1"]),
    ("lead_won", &["lead.won.v1", "feedback.won.v1"]),
    ("nobody_free", &["lead.updated.v1"]),
    ("note_taken", &["feedback.noted.v1"]),
    ("offer_withdrawn", &["lead.offer_withdrawn.v1"]),
    ("opportunity_attached", &["lead.updated.v1"]),
    ("opportunity_opened", &["lead.opportunity_opened.v1", "feedback.opportunity_opened.v1"]),
    ("origin_credited", &["lead.updated.v1"]),
    ("priority_raised", &["lead.updated.v1", "lead.queued.v1"]),
    ("profile_reported", &["lead.updated.v1"]),
    ("rejection_contested", &["lead.updated.v1", "feedback.contested.v1"]),
    ("rejection_voided", &["feedback.rejection_voided.v1"]),
    ("reply_owed", &["lead.updated.v1"]),
    ("returned_to_first", &["lead.reassigned.v1"]),
    ("returned_to_sql", &["lead.updated.v1"]),
    ("review_asked", &["lead.updated.v1"]),
    ("signal_recorded", &["lead.activity_noted.v1"]),
    ("sql_reversed", &["feedback.sql_reversed.v1"]),
    ("win_reversed", &["feedback.win_reversed.v1"]),
];

#[test]
fn each_event_publishes_what_the_contract_says() {
    let world = World::new();
    let mut published: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for step in &steps() {
        for record in records(&world.handed(step, true)) {
            let types = published.entry(step.1.name()).or_default();
            if !types.contains(&record.event_type) {
                types.push(record.event_type);
            }
        }
    }
    let expected: BTreeMap<&str, Vec<&str>> =
        PUBLISHED.iter().map(|(name, types)| (*name, types.to_vec())).collect();
    assert_eq!(published, expected);
}

fn routed<'a>(
    world: &'a World,
    steps: &'a [(crate::domain::lead::Lead, Event, crate::domain::lead::Lead)],
) -> Handed<'a> {
    let step = steps.iter().find(|(_, event, _)| matches!(event, Event::LeadOffered { .. })).unwrap();
    world.handed(step, true)
}

#[test]
fn reasons_of_a_routed_lead_sum_to_its_points() {
    let (world, steps) = (World::new(), steps());
    let [record] = &records(&routed(&world, &steps))[..] else { panic!("one record") };
    assert_eq!(record.event_type, "lead.routed.v1");
    let score = &record.payload["score"];
    let reasons = score["reasons"].as_array().unwrap();
    let sum: i64 = reasons.iter().map(|reason| reason["points"].as_i64().unwrap()).sum();
    assert_eq!(Some(sum), score["points"].as_i64());
    assert_eq!(reasons.len(), 4, "a rule without points is no reason");
    assert_eq!(record.payload["holder"]["name"], "Name of ann");
    assert_eq!(record.payload["holder"]["crm"]["id"], "user-ann");
    assert_eq!(record.payload["previous_holder"]["kind"], "steward");
    assert_eq!(record.payload["deadlines"][0]["kind"], "accept_by");
    assert_eq!(record.payload["deadline"], record.payload["deadlines"][0]["at"]);
    assert_eq!(record.payload["receipt"]["route"]["candidates"].as_array().unwrap().len(), 20);
    let points = record.payload["talking_points"].as_array().unwrap();
    assert_eq!(points.len(), 3);
    assert_eq!(points[2], "Company: 500 employees, software, DE");
}

#[test]
fn stored_payloads_hold_no_identifier_and_filled_ones_do() {
    let world = World::new();
    for step in &steps() {
        for record in records(&world.handed(step, true)) {
            for name in ["person", "crm", "submission_id", "anonymous_id", "cause", "form_id", "source"] {
                assert!(!record.payload.contains_key(name), "{} stores {name}", record.event_type);
            }
            let filled = filled(&record, &person());
            match record.topic {
                Topic::Handoff => {
                    assert_eq!(filled["person"]["email"], "ann@acme.example");
                    assert_eq!(filled["crm"].as_array().unwrap().len(), 10);
                }
                Topic::Feedback => {
                    assert_eq!(filled["submission_id"], "sub-1");
                    assert!(filled.get("person").is_none() && filled.get("crm").is_none());
                    assert_eq!(filled["cause"]["id"], "record-1");
                }
                Topic::State => panic!("an event publishes no state"),
            }
            assert_eq!(
                self::filled(&record, &PersonFill::default()).get("person").unwrap_or(&Value::Null),
                &Value::Null
            );
        }
    }
}

#[test]
fn ids_and_sequences_follow_lead_version_and_topic() {
    let world = World::new();
    assert_eq!(Topic::named(Topic::State.name()), Some(Topic::State));
    let mut ids = Vec::new();
    for step in steps().iter().take(30) {
        let mut history = world.handed(step, true);
        let all = records(&history);
        let of_leads = all.iter().filter(|record| record.topic == Topic::Handoff);
        assert!(of_leads.zip(5..).all(|(record, next)| record.topic_sequence == next), "no gap: {all:?}");
        for record in all {
            assert!(record.topic == Topic::Handoff || record.topic_sequence == 1);
            assert_eq!(record.payload["topic_sequence"], record.topic_sequence);
            ids.push(record.id);
        }
        history.historic = true;
        assert!(records(&history).is_empty(), "what lies before the start publishes nothing");
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert!(ids.len() > 12 && ids.len() < all + 1);
}

#[test]
fn a_rejection_shows_where_it_left_the_lead() {
    let (world, steps) = (World::new(), steps());
    let place = steps.iter().position(|(_, event, _)| matches!(event, Event::LeadRejected { .. })).unwrap();
    let mut handed = world.handed(&steps[place], true);
    handed.settled = &steps[place + 1].2;
    let [record] = &records(&handed)[..] else { panic!("one record") };
    assert_eq!(record.payload["reason"], "bad_timing");
    let consequence = &record.payload["consequence"];
    assert_eq!(
        (&consequence["stage"], &consequence["holder"]),
        (&"recycled".into(), &"segment_owner".into())
    );
    assert_eq!(consequence["clock"], "recycle_at");
    assert_eq!(record.payload["points_at_mql"], 86);
}

#[test]
fn a_rung_of_a_clock_says_whom_it_tells_and_where_they_act() {
    let (world, steps) = (World::new(), steps());
    let published = |wanted: &str| {
        let records = steps.iter().flat_map(|step| records(&world.handed(step, true)));
        let found: Vec<OutRecord> = records.filter(|record| record.event_type == wanted).collect();
        found
    };
    let reminded = &published("feedback.sla_reminded.v1")[0].payload;
    assert_eq!((&reminded["reason"], &reminded["rung"]), (&"route_by".into(), &"half".into()));
    assert_eq!(reminded["due_by"], START.plus(4 * HOUR).to_string());
    assert_eq!(reminded["holder"], json!({ "kind": "steward", "id": "steward" }));
    assert_eq!(reminded["tells"], json!(["steward"]), "the holder");
    assert!(reminded["action_url"].as_str().unwrap().contains("/leads/"));
    let breached = &published("feedback.sla_breached.v1")[0].payload;
    assert_eq!((&breached["rung"], &breached["tells"]), (&"due".into(), &json!(["steward"])));
    let escalated = published("feedback.escalated.v1");
    let tells: Vec<&Value> = escalated.iter().map(|record| &record.payload["tells"]).collect();
    assert_eq!(tells, [&json!(["bob"]), &json!(["ann"])], "the manager; in marketing the deputy");
}

#[test]
fn a_queue_that_the_manager_holds_from_now_on_is_told_to_the_crm() {
    let (world, steps) = (World::new(), steps());
    let all: Vec<OutRecord> = steps.iter().flat_map(|step| records(&world.handed(step, true))).collect();
    let queued =
        all.iter().find(|record| record.payload.get("reason_code") == Some(&json!("not_routed"))).unwrap();
    assert_eq!(queued.event_type, "lead.queued.v1");
    assert_eq!((&queued.payload["holder"]["id"], &queued.payload["held"]), (&"bob".into(), &json!(false)));
    assert_eq!(queued.payload["previous_holder"]["id"], "steward");
    assert!(queued.payload["deadline"].is_string());
}

#[test]
fn who_stands_in_for_a_leaver_is_told_to_the_crm_but_not_for_the_leads_of_a_segment() {
    let (world, steps) = (World::new(), steps());
    let is_replaced = |step: &&(Lead, Event, Lead)| matches!(step.1, Event::HolderReplaced { .. });
    let step = steps.iter().find(is_replaced).unwrap();
    let told = records(&world.handed(step, true));
    assert_eq!(told[0].payload["reason_code"], "holder_left");
    assert_eq!(told[0].payload["previous_holder"]["id"], "steward");
    assert_eq!(told[0].payload["holder"]["id"], "bob");
    let mut reviewed = step.clone();
    if let Event::HolderReplaced { custody, .. } = &mut reviewed.1 {
        *custody = custody.clone().held_by(Holder::SegmentOwner(MemberId("bob".into())));
    }
    assert_eq!(records(&world.handed(&reviewed, true)), [], "they are reviewed in bulk");
}

#[test]
fn a_deal_is_shown_with_exact_amounts_and_dates() {
    let (world, steps) = (World::new(), steps());
    let step = steps.iter().find(|(_, event, _)| matches!(event, Event::LeadWon { .. })).unwrap();
    let [won, feedback] = &records(&world.handed(step, true))[..] else { panic!("two records") };
    let deal = &won.payload["opportunity"];
    assert_eq!((&deal["amount"], &deal["recurring_amount"]), (&"84000.00".into(), &"42000.0001".into()));
    assert_eq!((&deal["closed_on"], &won.payload["holder"]), (&"2026-05-28".into(), &Value::Null));
    assert_eq!(feedback.payload["amount_reporting"], "91560.00");
    let told = &feedback.payload["opportunity"];
    assert_eq!((&told["system"], &told["id"]), (&deal["system"], &deal["id"]), "which deal's money it is");
}

#[test]
fn headers_are_cloudevents_in_binary_mode() {
    let (world, steps) = (World::new(), steps());
    let record = &records(&routed(&world, &steps))[0];
    let trace = "00-27c0902d63a6f7bbbdb449a5815bb0a7-8f739245aa88f8a0-01";
    let lead = steps[0].0.id;
    let head = Head {
        id: record.id,
        lead,
        event_type: record.event_type,
        occurred_at: START,
        traceparent: Some(trace),
    };
    let headers: BTreeMap<&str, String> = headers(&head).into_iter().collect();
    assert_eq!(headers["ce_type"], "io.baton.lead.routed.v1");
    assert_eq!(headers["ce_id"], record.id.to_string());
    assert_eq!((headers["ce_specversion"].as_str(), headers["traceparent"].as_str()), ("1.0", trace));
    assert_eq!(headers["ce_time"], START.to_string());
}

#[test]
fn crm_keys_survive_being_kept_as_text() {
    for (system, id) in [("crm", "1"), ("crm:emea", "a:lead:b"), ("", "")] {
        let key = CrmKey { system: system.into(), object: "contact".into(), id: id.into() };
        assert_eq!(parse_crm(&crm_text(&key)), Some(key));
    }
    assert_eq!(parse_crm("no key"), None);
    assert_eq!(keys::email_domain("no address"), None);
}
