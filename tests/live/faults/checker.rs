//! The checker itself: it names each promise that a superuser broke on purpose, and says what it could not look at.

use crate::harness::{Event, Installation, demo_request, produce, raw, until};
use serde_json::{Value, json};
use std::process::Output;

/// A promise, and what breaks it in a copy of the database.
const BROKEN: &[(&str, &str)] = &[
    // More was read than stands on Kafka: the row adds up, only the topic can tell.
    (
        "I1",
        "UPDATE ledger SET read = read + 1, applied = applied + 1 WHERE id = (SELECT max(id) FROM ledger)",
    ),
    (
        "I1",
        "INSERT INTO ledger_resolution SELECT id, 'parked', 'applied', 1 FROM parked;
         INSERT INTO ledger_resolution VALUES (gen_random_uuid(), 'parked', 'applied', 1)",
    ),
    (
        "I2",
        "ALTER TABLE handoff DROP CONSTRAINT one_handoff_per_cycle;
         INSERT INTO handoff (id, lead_id, cycle, priority)
             SELECT gen_random_uuid(), lead_id, cycle, priority FROM handoff LIMIT 1",
    ),
    (
        "I3 I7",
        "UPDATE lead SET state = (SELECT other.state FROM lead AS other WHERE other.id <> lead.id LIMIT 1)
         WHERE id = (SELECT id FROM lead LIMIT 1)",
    ),
    ("I4", "UPDATE lead SET version = version + 1 WHERE id = (SELECT id FROM lead LIMIT 1)"),
    (
        "I5",
        "UPDATE outbox SET id = gen_random_uuid() WHERE seq = (SELECT min(seq) FROM outbox WHERE topic = 1)",
    ),
    (
        "I5",
        "UPDATE outbox SET id = gen_random_uuid() WHERE seq = (SELECT max(seq) FROM outbox WHERE topic = 3)",
    ),
    ("I5", "DELETE FROM outbox WHERE topic = 1 AND topic_sequence = 2"),
    ("I6", "UPDATE input_position SET next_offset = next_offset + 1 WHERE last_hash IS NOT NULL"),
    ("I6", "UPDATE ledger SET to_offset = to_offset + 1 WHERE id = (SELECT min(id) FROM ledger)"),
    ("I8", "UPDATE outbox SET sent_at = NULL, created_at = created_at - 60000000 WHERE topic = 3"),
    (
        "I8",
        "UPDATE identity_key SET lead_id = (SELECT id FROM lead LIMIT 1); UPDATE parked SET parked_at = 1",
    ),
    ("I8", "UPDATE lead SET next_due_at = 1 WHERE next_due_at IS NOT NULL"),
    ("I9", "UPDATE lead SET next_due_at = next_due_at + 1 WHERE next_due_at IS NOT NULL"),
    ("I9", "UPDATE lead SET holder_id = 'somebody' WHERE holder_id IS NOT NULL"),
];

const CHECK: &[&str] = &["ledger", "check", "--settled"];

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Leads that were offered, page views, somebody who waits; and everything stopped.
fn told() -> Installation {
    let installation = Installation::new();
    let mut serving = installation.serve(&[]);
    for person in ["ann", "bob", "cleo"] {
        let email = format!("{person}@{person}.example");
        produce(&installation, "marketing.form-fills.v1", &demo_request(&email));
        let view = json!({"kind": "page_view", "page_kind": "pricing", "person": {"email": email}});
        produce(
            &installation,
            "marketing.signals.v1",
            &Event::new("signal.recorded.v1", "/site", &email, view),
        );
    }
    let accepted = json!({"actor": {"system": "crm", "object": "user", "id": "u-ana-ruiz"},
        "person": {"email": "nobody@yet.example"}});
    let accepted = Event::new("crm.lead.accepted.v1", "/crm", "nobody@yet.example", accepted);
    produce(&installation, "crm.lead-events.v1", &accepted);
    until("everybody is offered and everything is published", || {
        installation.read() == 7
            && installation
                .number("SELECT count(DISTINCT lead_id) FROM outbox WHERE event_type = 'lead.routed.v1'")
                == 3
            && installation.number("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0
    });
    serving.stop();
    installation
}

#[test]
fn each_promise_that_is_broken_is_named() {
    let installation = told();
    assert!(installation.run(CHECK).contains("counted 7 records"));
    let (server, original) = installation.owner_url.rsplit_once('/').unwrap();
    for (number, (id, statement)) in BROKEN.iter().enumerate() {
        let copy = format!("{original}_{number}");
        // The server refuses while a connection of before is still going.
        until("the database is copied", || {
            let made = format!("CREATE DATABASE {copy} TEMPLATE {original}");
            installation.execute_text(&format!("{server}/postgres"), made).is_ok()
        });
        let url = format!("{server}/{copy}");
        let done =
            installation.execute_text(&url, format!("SET session_replication_role = replica; {statement}"));
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
        let output = installation.command().env("DATABASE_URL", &url).args(CHECK).output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(4), "{statement}: {said}");
        let broken = said.lines().last().unwrap();
        assert!(broken.contains("do not hold") && broken.contains(id), "{id}: {statement}: {said}");
    }
}

#[test]
fn what_waits_is_a_fault_only_at_rest_and_what_is_foreign_always() {
    let installation = told();
    let unread = demo_request("dora@dora.example");
    produce(&installation, "marketing.form-fills.v1", &unread);
    assert!(installation.run(&["ledger", "check"]).contains("not read yet 1"));
    let output = installation.output(CHECK);
    assert_eq!(output.status.code(), Some(4));
    assert!(said(&output).contains("do not hold: I8"), "{}", said(&output));

    let lead = installation.texts("SELECT id::text FROM lead LIMIT 1").remove(0);
    let foreign = Event::new("lead.routed.v1", "/baton", &lead, json!({"topic_sequence": 99}));
    let mut headers = foreign.headers();
    headers[1].1 = "4b3f1d5e-0000-4000-8000-000000000001".to_owned();
    raw(&installation, "handoff.leads.v1", &lead, &headers, foreign.data.to_string().as_bytes());
    let output = installation.output(&["ledger", "check"]);
    assert!(said(&output).contains("do not hold: I5"), "{}", said(&output));
}

#[test]
fn what_was_not_looked_at_is_said() {
    let installation = told();
    let unknown = |output: &Output| {
        assert!(output.status.success(), "{}", said(output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(report["holds"].as_bool().unwrap());
        let ids =
            report["unchecked"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let without = installation.output(&["ledger", "check", "--no-kafka", "--json"]);
    assert_eq!(unknown(&without), ["I1", "I5", "I8"]);
    let away = installation
        .command()
        .env("KAFKA_BROKERS", "127.0.0.1:1")
        .args(["ledger", "check", "--json"])
        .output();
    assert_eq!(unknown(&away.unwrap()), ["I1", "I5", "I8"]);
    let text = installation.run(&["ledger", "check", "--no-kafka"]);
    assert!(text.contains("UNKNOWN"), "{text}");
}
