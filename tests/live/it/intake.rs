//! The page of intake on a real service: what waits for a name, and a source that somebody knows to be away.

use crate::harness::{Browser, Event, Installation, ask, demo_request, produce, token, until};
use serde_json::json;

#[test]
fn chats_of_visitors_without_a_name_are_listed_until_they_say_who_they_are() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let olga = Browser::of(&installation, &serving, "olga-petrov");
    assert!(olga.get("/intake").body.contains("None waits."));
    let seen = |kind: &str| {
        let data = json!({"kind": kind, "page_kind": "pricing", "anonymous_id": "v-1", "source": "website"});
        produce(
            &installation,
            "marketing.signals.v1",
            &Event::new("signal.recorded.v1", "/web", "v-1", data),
        );
    };
    seen("chat");
    seen("page_view");
    seen("chat");
    until("all of it is kept", || installation.number("SELECT count(*) FROM anonymous_signal") == 3);
    let page = olga.get("/intake").body;
    assert!(page.contains("2 chats <span class=\"small\">website</span>"), "{page}");
    assert!(page.contains("forgotten on") && !page.contains("v-1"), "what happens next, and no id: {page}");
    let shown = olga.get("/api/v1/intake").body;
    assert!(shown.contains("\"kind\":\"chat\"") && shown.contains("\"count\":2"), "{shown}");
    let mut form = demo_request("vera@vega.example");
    form.data["anonymous_id"] = json!("v-1");
    produce(&installation, "marketing.form-fills.v1", &form);
    until("the form gives them a name", || installation.number("SELECT count(*) FROM lead") == 1);
    assert!(olga.get("/intake").body.contains("None waits."));
    installation.check();
}

/// Three weeks of a form that was filled in three times an hour, until half a day ago; all of it counted.
const HABIT: &str = "INSERT INTO hourly_count SELECT 'form', 'form-spring', hour, 3 FROM
     (SELECT floor(extract(epoch FROM clock_timestamp()) / 3600)::integer AS now) AS at
     CROSS JOIN LATERAL generate_series(now - 504, now - 12) AS hour";
const COUNTED: &str =
    "UPDATE hourly_roll SET rolled_to = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

#[test]
fn a_source_that_is_known_to_be_away_raises_no_alarm_until_then_and_the_audit_says_who_said_so() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    installation.execute(&installation.owner_url, HABIT).unwrap();
    installation.execute(&installation.owner_url, COUNTED).unwrap();
    let quinn = Browser::of(&installation, &serving, "quinn-adams");
    let page = quinn.get("/intake").body;
    assert!(page.contains("nothing for 1") && page.contains("Pause the alarm"), "{page}");
    let (csrf, key) = (Browser::field(&page, "csrf"), Browser::field(&page, "idempotency"));
    let silent = |wanted: bool| {
        let shown = quinn.get("/api/v1/intake").body;
        assert_eq!(shown.contains("\"silent\":true"), wanted, "{shown}");
    };
    silent(true);
    let of = [("csrf", csrf.as_str()), ("family", "form"), ("name", "form-spring")];
    let said = |more: &[(&str, &str)]| quinn.post("/intake/pause", &[&of[..], more].concat()).body;
    let page = said(&[("idempotency", key.as_str()), ("until", "2020-01-05")]);
    assert!(page.contains("a moment ahead, within a year"), "{page}");
    assert_eq!(quinn.post("/intake/pause", &[("family", "form"), ("name", "form-spring")]).status, 403);
    let soon = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(72)).to_string()[..10].to_owned();
    let page = said(&[("idempotency", key.as_str()), ("until", &soon)]);
    assert!(page.contains("Noted of form-spring") && page.contains("says Quinn Adams"), "{page}");
    silent(false);
    let rep = token(&installation, "ana-ruiz");
    let body = json!({"family": "form", "name": "form-spring", "until": null});
    assert_eq!(
        ask(&serving, &rep, "intake/pause", Some(&body)).1["code"],
        "role",
        "reps answer for no source"
    );
    silent(false);
    let page = said(&[("idempotency", "again"), ("until", "")]);
    assert!(page.contains("its silence is an alarm again") && page.contains("Pause the alarm"), "{page}");
    silent(true);
    let words = "SELECT actor FROM audit WHERE event = 'silence_paused' ORDER BY version";
    assert_eq!(installation.texts(words), ["member:quinn-adams", "member:quinn-adams"]);
    installation.check();
}
