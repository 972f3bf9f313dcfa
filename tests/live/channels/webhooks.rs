//! Webhooks over kills and faults: every event under one id with one content, the schedule and its end, and who is refused.

use super::receiver::{Answer, Receiver};
use super::{FORMS, SECRET, Settings, WAITING, endpoint, until_told};
use crate::harness::{Installation, client, demo_request, produce, until};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const EVENTS: &str = "SELECT id::text FROM outbox WHERE topic IN (1, 2)";
const ROUTED: &str = "SELECT count(*) FROM outbox WHERE event_type = 'lead.routed.v1'";

/// Contents by id.
fn contents(receiver: &Receiver) -> BTreeMap<String, BTreeSet<Vec<u8>>> {
    let mut all: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for request in receiver.received("/hook") {
        all.entry(request.id().to_owned()).or_default().insert(request.body);
    }
    all
}

#[test]
fn a_killed_service_tells_every_event_under_one_id_with_one_content() {
    let installation = Installation::new();
    let receiver = Receiver::start();
    receiver.answer("/hook", Answer::Slowly(150));
    let settings = endpoint(&receiver.url("/hook"), "[1, 1, 1]");
    let leads = 12;
    for number in 0..leads {
        produce(&installation, FORMS, &demo_request(&format!("w{number}@firm{number}.example")));
    }
    // Killed between commit and publication, between publication and telling, and in the midst of telling.
    for wanted in [
        ROUTED,
        "SELECT count(*) FROM delivery_waiting",
        "SELECT count(*) FROM delivery WHERE ended_at IS NULL",
        "SELECT count(*) FROM delivery WHERE state = 'done'",
    ] {
        let mut serving = settings.serve(&installation);
        let mut looks = 0;
        until("there is something to be lost", || {
            looks += 1;
            // What waits to become a delivery does so for a moment only: it may be missed.
            installation.number(wanted) > 0 || looks > 40
        });
        serving.kill();
    }
    let _serving = settings.serve(&installation);
    until("every lead is routed", || installation.number(ROUTED) == leads);
    until_told(&installation);
    let events: BTreeSet<String> = installation.texts(EVENTS).into_iter().collect();
    let contents = contents(&receiver);
    assert_eq!(contents.keys().cloned().collect::<BTreeSet<_>>(), events, "each event, and nothing else");
    assert!(contents.values().all(|bodies| bodies.len() == 1), "one id, one content");
    for body in contents.values().flatten() {
        let event: Value = serde_json::from_slice(body).unwrap();
        let data = event["data"].as_object().unwrap();
        assert!(!data.contains_key("person") && !data.contains_key("crm"), "{event}");
        let text = event.to_string();
        assert!(!text.contains("firm") && !text.contains("Quist") && !text.contains("hmac:"), "{text}");
    }
    installation.check();
}

#[test]
fn a_failing_endpoint_is_tried_by_the_schedule_then_told_nothing_until_it_is_enabled() {
    let installation = Installation::new();
    let receiver = Receiver::start();
    receiver.answer("/hook", Answer::Status(503));
    let settings = endpoint(&receiver.url("/hook"), "[1, 1]");
    let serving = settings.serve(&installation);
    produce(&installation, FORMS, &demo_request("late@acme.example"));
    until("the endpoint is stopped", || installation.number("SELECT count(*) FROM endpoint_stop") == 1);
    until("nothing waits for it", || installation.number(WAITING) == 0);
    let tried = installation.number("SELECT max(attempts)::bigint FROM delivery");
    assert_eq!(tried, 3, "the first attempt and two of the schedule");
    let first = contents(&receiver);
    let (_, listed) = settings.run(&installation, &["webhook", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["endpoint"], "webhook:crm");
    assert_eq!(listed[0]["stopped_reason"], "failed to the end of the schedule");
    let (done, said) = settings.run(&installation, &["webhook", "redeliver", "crm"]);
    assert!(!done && said.contains("baton webhook enable webhook:crm"), "{said}");
    // No clock waited for it, and the instance is as ready as before.
    assert_eq!(
        installation.number("SELECT count(*) FROM lead WHERE stage = 3 AND next_due_at IS NOT NULL"),
        1
    );
    let metrics = client().get(format!("{}/metrics", serving.address)).send().unwrap().text().unwrap();
    assert!(metrics.contains("baton_deliveries") && metrics.contains("outcome=\"failed\""), "{metrics}");
    assert!(!metrics.contains("acme"), "no label names anybody");

    receiver.answer("/hook", Answer::Status(204));
    settings.run(&installation, &["webhook", "enable", "crm"]);
    let (done, said) = settings.run(&installation, &["webhook", "redeliver", "crm"]);
    assert!(done, "{said}");
    let events: BTreeSet<String> = installation.texts(EVENTS).into_iter().collect();
    until("every event is told", || {
        installation.number("SELECT count(*) FROM delivery WHERE state = 'done'").unsigned_abs()
            == events.len() as u64
    });
    let again = contents(&receiver);
    assert!(again.values().all(|bodies| bodies.len() == 1), "the same content as at first");
    assert!(first.keys().all(|id| again.contains_key(id)));
    let (_, listed) = settings.run(&installation, &["webhook", "list", "--endpoint", "crm"]);
    assert!(
        listed.contains("http_204") && !listed.contains("whsec") && !listed.contains("/hook"),
        "{listed}"
    );
    installation.check();
}

#[test]
fn gone_ends_an_endpoint_and_what_never_answers_or_leads_elsewhere_fails() {
    let installation = Installation::new();
    let receiver = Receiver::start();
    receiver.answer("/gone", Answer::Status(410));
    receiver.answer("/moved", Answer::Redirect);
    receiver.answer("/silent", Answer::Silence);
    let mut text =
        "[webhooks]\nallow_private = true\ntimeout_seconds = 1\nretry_seconds = [600]\n".to_owned();
    for name in ["gone", "moved", "silent", "well", "wins"] {
        let url = receiver.url(&format!("/{name}"));
        let types =
            if name == "wins" { "types = [\"lead.won.v1\"]\n" } else { "types = [\"lead.routed.v1\"]\n" };
        write!(text, "[webhooks.endpoint.{name}]\nurl = \"{url}\"\nsecrets = [\"{SECRET}\"]\n{types}")
            .unwrap();
    }
    let settings = Settings::of(&text);
    let _serving = settings.serve(&installation);
    produce(&installation, FORMS, &demo_request("one@acme.example"));
    for (name, state, status) in [
        ("gone", "failed", "http_410"),
        ("moved", "waiting", "http_302_not_followed"),
        ("silent", "waiting", "timeout"),
        ("well", "done", "http_204"),
    ] {
        until(&format!("{name} is {state}"), || {
            let found = installation.texts(
                "SELECT endpoint || ' ' || state || ' ' || last_status FROM delivery
                WHERE last_status IS NOT NULL",
            );
            found.contains(&format!("webhook:{name} {state} {status}"))
        });
    }
    assert_eq!(
        installation.texts("SELECT endpoint || ': ' || reason FROM endpoint_stop"),
        ["webhook:gone: answered 410"]
    );
    assert!(receiver.received("/elsewhere").is_empty(), "no redirect is followed");
    assert!(receiver.received("/wins").is_empty(), "nobody hears what is not for them");
    produce(&installation, FORMS, &demo_request("two@acme.example"));
    until("the second is told to whom it may be", || receiver.received("/well").len() == 2);
    until("and stands as missed where the endpoint is stopped", || {
        installation.texts(
            "SELECT coalesce(last_status, 'none') FROM delivery WHERE endpoint = 'webhook:gone' ORDER BY id",
        ) == ["http_410", "endpoint_stopped"]
    });
    assert_eq!(receiver.received("/gone").len(), 1);
}

#[test]
fn a_private_address_is_refused_whether_it_is_a_number_or_a_name() {
    let installation = Installation::new();
    let receiver = Receiver::start();
    let port = receiver.address.rsplit_once(':').unwrap().1;
    let mut text = "[webhooks]\ntimeout_seconds = 1\nretry_seconds = [600]\n".to_owned();
    let places =
        [("number", "127.0.0.1"), ("six", "[::1]"), ("name", "localhost"), ("metadata", "169.254.169.254")];
    for (name, host) in places {
        write!(
            text,
            "[webhooks.endpoint.{name}]\nurl = \"https://{host}:{port}/\"\nsecrets = [\"{SECRET}\"]\n"
        )
        .unwrap();
    }
    let settings = Settings::of(&text);
    for (name, _) in places {
        let (done, said) = settings.run(&installation, &["webhook", "test", name]);
        assert!(
            !done && said.contains("address_private") && said.contains("allow_private"),
            "{name}: {said}"
        );
    }
    let _serving = settings.serve(&installation);
    produce(&installation, FORMS, &demo_request("one@acme.example"));
    until("every attempt is refused", || {
        installation.texts("SELECT DISTINCT coalesce(last_status, 'none') FROM delivery")
            == ["address_private"]
    });
    assert!(receiver.received("/").is_empty(), "nothing was connected to");
    let open = Settings::of(&text.replace("https://localhost", "http://localhost"));
    let (done, said) = open.run(&installation, &["webhook", "list"]);
    assert!(!done && said.contains("webhooks.endpoint.name.url"), "http needs allow_private: {said}");
    let allowed = endpoint(&receiver.url("/hook"), "[1]");
    let (done, said) = allowed.run(&installation, &["webhook", "test", "crm"]);
    assert!(done && said.contains("http_204"), "{said}");
    assert_eq!(receiver.received("/hook")[0].json()["type"], "io.baton.webhook.tested.v1");
}
