//! Bad input: each record gets exactly one recorded outcome with a reason, and the rest of its batch is applied.

use crate::harness::{
    Event, Installation, Reader, bare, client, crm, demo_request, produce, raw, token, until,
};
use serde_json::{Value, json};

const FORMS: &str = "marketing.form-fills.v1";
/// The good form, the one without a key, the one ahead of time, the first of two with one id.
const GOOD_LEADS: i64 = 4;

/// A value, and the reason that it must be quarantined with.
fn values() -> Vec<(&'static str, Vec<u8>)> {
    let good = demo_request("good@acme.example").data;
    let mut nul = good.clone();
    nul["person"]["first_name"] = json!("A\u{0}da");
    let deep = format!("{}1{}", "[".repeat(400), "]".repeat(400));
    let mut many = good.clone();
    for number in 0..1_000 {
        many["fields"][format!("f{number}")] = json!("x");
    }
    let mut homeless = good.clone();
    homeless["person"]["email"] = json!("nobody@");
    let mut huge = good.clone();
    huge["form_name"] = json!("x".repeat(5 << 20));
    vec![
        ("not_json", b"this is no JSON".to_vec()),
        ("not_utf8", vec![b'"', 0xff, 0xfe, b'"']),
        ("empty", Vec::new()),
        ("forbidden_character", nul.to_string().into_bytes()),
        ("too_deep", deep.into_bytes()),
        ("schema", many.to_string().into_bytes()),
        ("schema", homeless.to_string().into_bytes()),
        ("too_large", huge.to_string().into_bytes()),
        ("schema", b"{}".to_vec()),
    ]
}

fn each_has_one_outcome_and_is_kept_as_it_came(installation: &Installation, quarantined: usize) {
    assert_eq!(
        installation.texts(
            "SELECT reason || ' ' || coalesce(convert_from(key, 'UTF8'), 'no key') || ' '
                 || coalesce(convert_from(value, 'UTF8'), 'no value')
             FROM quarantine WHERE key IS NULL OR value IS NULL ORDER BY 1"
        ),
        ["not_json no key no JSON and no key", "tombstone gone@acme.example no value"],
        "a part that was not there is kept as not there"
    );
    assert_eq!(
        installation.texts(
            "SELECT reason || ' ' || octet_length(value) || ' ' || truncated FROM quarantine
             WHERE truncated OR octet_length(value) > 262144 OR reason = 'not_utf8' ORDER BY 1"
        ),
        ["not_utf8 4 false", "too_large 1048576 true"],
        "a value above 1 MiB is kept cut and marked so, another one whole"
    );
    // Of each record one outcome: the sums by outcome are what was sent, and no kept place comes twice.
    let outcomes = installation.texts(
        "SELECT format('%s applied, %s duplicate, %s filtered, %s refused, %s parked, %s quarantined', sum(applied),
             sum(duplicate), sum(filtered), sum(refused), sum(parked), sum(quarantined)) FROM ledger",
    );
    // Applied: the two good forms, the one ahead of time, the first of two with one id, and the stranger's fact.
    assert_eq!(
        outcomes,
        [format!("5 applied, 0 duplicate, 0 filtered, 0 refused, 1 parked, {quarantined} quarantined")]
    );
    assert_eq!(
        installation.number("SELECT count(DISTINCT (topic, partition, record_offset)) FROM quarantine"),
        i64::try_from(quarantined).unwrap()
    );
}

/// Every moment that a lead's rows, history or list name; none may lie ahead of the clock but deadlines.
fn what_came_from_the_future_is_stored_as_of_now(installation: &Installation) {
    let ahead = "SELECT count(*) FROM audit WHERE greatest(occurred_at, decided_at)
                     > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    assert_eq!(installation.number(ahead), 0, "an audit row says that something has happened in the future");
    let leads = "SELECT count(*) FROM lead WHERE greatest(first_seen_at, mql_at, decided_at)
                     > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    assert_eq!(installation.number(leads), 0, "a lead came in the future");
    // The one ahead of time is at the place where it was read: nobody else sent anything in the year 2036.
    assert_eq!(installation.number("SELECT count(*) FROM lead"), GOOD_LEADS);
}

#[test]
fn every_bad_record_has_one_outcome_and_the_good_ones_are_applied() {
    let installation = Installation::new();
    let _serving = installation.serve(&[]);
    let mut sent = 0;
    let mut give = |topic: &str, event: &Event, value: Option<&[u8]>| {
        let data = event.data.to_string();
        raw(&installation, topic, &event.key, &event.headers(), value.unwrap_or(data.as_bytes()));
        sent += 1;
    };
    for (_, value) in values() {
        give(FORMS, &demo_request("bad@acme.example"), Some(&value));
    }
    give(FORMS, &Event::new("form.exploded.v1", "/forms", "x", json!({})), None);
    give(FORMS, &Event::new("form.submitted.v2", "/forms", "x", demo_request("x@acme.example").data), None);
    let mut ahead = demo_request("ahead@acme.example");
    ahead.time = "2036-01-01T00:00:00Z".to_owned();
    give(FORMS, &ahead, None);
    let first = demo_request("twice@acme.example");
    give(FORMS, &first, None);
    let mut second = demo_request("other@acme.example");
    second.id.clone_from(&first.id);
    second.time.clone_from(&first.time);
    give(FORMS, &second, None);
    let nobody = "00000000-0000-4000-8000-00000000dead";
    give("crm.lead-events.v1", &crm("crm.lead.accepted.v1", nobody, "u-ana-ruiz", json!({})), None);
    give(FORMS, &demo_request("fine@acme.example"), None);
    // No key at all is no fault by itself: the form is applied, and the broken record has the reason of its value.
    let (tombstone, keyless) = (demo_request("gone@acme.example"), demo_request("keyless@acme.example"));
    bare(&installation, FORMS, Some(&tombstone.key), &tombstone.headers(), None);
    bare(&installation, FORMS, None, &keyless.headers(), Some(keyless.data.to_string().as_bytes()));
    bare(&installation, FORMS, None, &demo_request("x@acme.example").headers(), Some(b"no JSON and no key"));
    sent += 3;
    until("everything is read", || installation.read() == sent);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let found = leads.wait("the good form", |record| record.data["person"]["email"] == "fine@acme.example");

    produce(
        &installation,
        "crm.lead-events.v1",
        &crm("crm.lead.accepted.v1", &found.key, "u-nobody-known", json!({})),
    );
    leads.wait("the stranger's fact on the disagreement list", |record| {
        record.event_type == "lead.diverged.v1" && record.data["code"] == "unknown_actor"
    });
    let mut reasons: Vec<String> = installation.texts("SELECT reason FROM quarantine ORDER BY 1");
    let mut wanted: Vec<String> = values().iter().map(|(reason, _)| (*reason).to_owned()).collect();
    wanted
        .extend(["unknown_type", "unknown_version", "conflict", "tombstone", "not_json"].map(str::to_owned));
    reasons.sort();
    wanted.sort();
    assert_eq!(reasons, wanted);
    assert_eq!(installation.texts("SELECT reason FROM parked"), ["awaiting_identity"]);
    assert_eq!(
        installation.number("SELECT count(*) FROM quarantine WHERE detail = ''"),
        0,
        "every quarantined record says what is wrong"
    );
    leads.wait("the form without a key", |record| record.data["person"]["email"] == "keyless@acme.example");
    each_has_one_outcome_and_is_kept_as_it_came(&installation, wanted.len());
    what_came_from_the_future_is_stored_as_of_now(&installation);
    let list = installation.run(&["quarantine", "list"]);
    assert!(list.contains("forbidden_character"), "{list}");
    installation.check();
}

/// The shipped team, with a rep more.
fn team_with_zoe() -> String {
    let zoe = "[member.zoe-quill]\nname = \"Zoe Quill\"\ncrm = { system = \"crm\", id = \"u-zoe-quill\" }\n\
               roles = [\"rep\", \"sales\"]\nmanager = \"paul-dupont\"\n\n";
    include_str!("../../../policy/team.toml").replacen(
        "[member.ana-ruiz]",
        &format!("{zoe}[member.ana-ruiz]"),
        1,
    )
}

#[test]
fn an_ask_of_somebody_who_is_not_in_the_team_any_more_is_refused_with_words_that_help() {
    let installation = Installation::new();
    let publish = |name: &str, text: &str| {
        let path = std::env::temp_dir().join(format!("baton-{name}-{}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        installation.run(&["team", "publish", path.to_str().unwrap(), "--by", "tests"]);
    };
    publish("team-with-zoe", &team_with_zoe());
    let zoe = token(&installation, "zoe-quill");
    publish("team-without-zoe", include_str!("../../../policy/team.toml"));
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, FORMS, &demo_request("vera@vega.example"));
    let routed = leads.wait("routed", |record| record.event_type == "lead.routed.v1");
    let answer = client()
        .post(format!("{}/api/v1/leads/{}/accept", serving.address, routed.key))
        .bearer_auth(&zoe)
        .header("content-type", "application/json")
        .body("{}")
        .send()
        .unwrap();
    assert_eq!(answer.status().as_u16(), 403);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = serde_json::from_str(&answer.text().unwrap()).unwrap();
    assert_eq!(
        problem,
        json!({
            "type": "urn:baton:problem:unknown_actor", "code": "unknown_actor", "status": 403,
            "title": "You are not in the team file.", "detail": "Ask operations to add you.",
        })
    );
    assert_eq!(installation.number("SELECT count(*) FROM audit WHERE event = 'lead_accepted'"), 0);
    installation.check();
}
