//! Notices of offers: what a rep and a pool read in chat and e-mail, and that one which fails stops no clock and is shown.

use super::receiver::{Answer, Mailbox, Receiver};
use super::{FORMS, Settings};
use crate::harness::{Installation, Serving, client, demo_request, produce, until};
use serde_json::Value;
use std::fmt::Write as _;

/// The reps of the pool that a company of 500 is routed to.
pub const REPS: [&str; 4] = ["dev-patel", "emma-larsen", "felix-braun", "grace-kim"];
/// Signs links, so that a test can make one that is over.
pub const SERVICE_KEY: &str = "a service key of the tests, longer than 32 bytes";

/// Chat and mailbox for every rep, and a chat for the pool.
pub fn settings(receiver: &Receiver, mailbox: &Mailbox) -> Settings {
    Settings::of(&settings_text(receiver, mailbox))
}

/// The same as text.
pub fn settings_text(receiver: &Receiver, mailbox: &Mailbox) -> String {
    let mut text = format!(
        "[webhooks]\nallow_private = true\n[security]\nservice_key = \"{SERVICE_KEY}\"\n\
         [notify]\nsmtp_url = \"smtp://{}\"\nfrom = \"Baton <baton@seller.example>\"\ndigest = \"\"\n\
         [notify.pool.mid-market]\nslack_url = \"{}\"\n",
        mailbox.address,
        receiver.url("/pool")
    );
    for rep in REPS {
        let url = receiver.url(&format!("/{rep}"));
        write!(text, "[notify.member.{rep}]\nslack_url = \"{url}\"\nemail = \"{rep}@seller.example\"\n")
            .unwrap();
    }
    text
}

/// What the chat of whoever has the offer says, and who that is.
pub fn slack(receiver: &Receiver) -> (String, String) {
    let mut found = None;
    until("a rep hears of the offer", || {
        found = REPS.iter().find_map(|rep| {
            let request = receiver.received(&format!("/{rep}")).into_iter().next()?;
            Some(((*rep).to_owned(), request.json()["text"].as_str()?.to_owned()))
        });
        found.is_some()
    });
    found.unwrap()
}

/// A token that reads.
pub fn token(installation: &Installation) -> String {
    let said = installation.run(&["token", "create", "--name", "tests", "--scopes", "read", "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    said["text"].as_str().unwrap().to_owned()
}

pub fn get(serving: &Serving, token: &str, path: &str) -> Value {
    let request = client().get(format!("{}{path}", serving.address)).bearer_auth(token);
    serde_json::from_str(&request.send().unwrap().text().unwrap()).unwrap()
}

#[test]
fn an_offer_is_told_to_its_rep_and_pool_and_a_failed_notice_stops_no_clock() {
    let installation = Installation::new();
    let (receiver, mailbox) = (Receiver::start(), Mailbox::start());
    receiver.answer("/pool", Answer::Status(500));
    let settings = settings(&receiver, &mailbox);
    let serving = settings.serve(&installation);
    produce(&installation, FORMS, &demo_request("vera@vega.example"));
    let (rep, text) = slack(&receiver);
    for part in [
        "Ada Quist",
        "Acme Robotics",
        "grade ",
        " points",
        "_Why you:_",
        "Accept by ",
        "|Accept>",
        "|Pass on>",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!((1..=3).contains(&text.matches('•').count()), "talking points in {text}");
    assert!(!text.contains("vera@"), "no address in {text}");
    until("the e-mail is there", || !mailbox.letters().is_empty());
    let letter = mailbox.letters().remove(0);
    assert!(letter.contains(&format!("To: {rep}@seller.example")), "{letter}");
    for part in ["Subject: A lead for you: Ada Quist", "Why you: ", "Accept by ", "/links/", "Message-ID: <"]
    {
        assert!(letter.contains(part), "{part} is not in {letter}");
    }
    until("the pool's chat was tried", || !receiver.received("/pool").is_empty());
    let pool = String::from_utf8(receiver.received("/pool").remove(0).body).unwrap();
    assert!(pool.contains("Ada Quist") && !pool.contains("/links/"), "{pool}");

    let lead = installation.texts("SELECT id::text FROM lead").remove(0);
    let token = token(&installation);
    let told = |serving: &Serving| get(serving, &token, &format!("/api/v1/leads/{lead}/deliveries"));
    until("the failure is shown on the lead", || {
        let told = told(&serving);
        told["deliveries"].as_array().unwrap().iter().any(|it| {
            it["endpoint"] == "slack:pool:mid-market"
                && it["state"] == "waiting"
                && it["last_status"] == "http_500"
        })
    });
    let shown = told(&serving);
    assert_eq!(shown["deliveries"].as_array().unwrap().len(), 3, "{shown}");
    assert!(!shown.to_string().contains("Quist") && !shown.to_string().contains("seller.example"), "{shown}");
    assert_eq!(
        installation.number("SELECT count(*) FROM lead WHERE stage = 3 AND next_due_at IS NOT NULL"),
        1
    );
    let log = serving.log();
    assert!(!log.contains("Quist") && !log.contains("seller.example") && !log.contains("/links/"), "{log}");
    // Nothing at rest names the person: notices are written when they are sent.
    let stored = installation.texts("SELECT convert_from(body, 'UTF8') FROM delivery_message").join("\n");
    assert!(!stored.contains("Quist") && !stored.contains("vega.example"), "{stored}");
    installation.check();
}

#[test]
fn what_has_moved_on_is_not_told_any_more() {
    let installation = Installation::new();
    let (receiver, mailbox) = (Receiver::start(), Mailbox::start());
    for rep in REPS {
        receiver.answer(&format!("/{rep}"), Answer::Status(500));
    }
    let settings = settings(&receiver, &mailbox);
    let mut serving = settings.serve(&installation);
    produce(&installation, FORMS, &demo_request("vera@vega.example"));
    until("the chat was tried and waits", || {
        installation
            .texts("SELECT coalesce(last_status, 'none') FROM delivery WHERE endpoint LIKE 'slack:member:%'")
            == ["http_500"]
    });
    serving.stop();
    // As if the offer had gone to somebody else meanwhile.
    let moved = "UPDATE lead SET custody_version = custody_version + 1";
    installation.execute(&installation.owner_url, moved).unwrap();
    let _serving = settings.serve(&installation);
    until("it is dropped as superseded", || {
        installation
            .texts("SELECT state || ' ' || coalesce(last_status, 'none') FROM delivery WHERE endpoint LIKE 'slack:member:%'")
            == ["dropped superseded"]
    });
}
