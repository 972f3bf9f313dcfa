//! The ladder of a clock in chat and e-mail: who hears of reminders, breaches, take-backs and escalations, each once, and
//! that a burst becomes one summary. The installation's clock is set under a running instance.

use super::notices::{REPS, settings_text, slack};
use super::receiver::{Answer, Mailbox, Receiver};
use super::{FORMS, Settings};
use crate::harness::{Event, Installation, Serving, client, demo_request, produce, until};
use jiff::{Span, Timestamp};

/// The reps' manager in the team file.
const MANAGER: &str = "paul-dupont";
/// Notices of one kind that a receiver gets in an hour.
const AN_HOUR_MAX: usize = 12;

/// Chats of the reps and of their manager.
fn settings(receiver: &Receiver, mailbox: &Mailbox) -> Settings {
    let url = receiver.url(&format!("/{MANAGER}"));
    let manager = format!("[notify.member.{MANAGER}]\nslack_url = \"{url}\"\n");
    Settings::of(&(settings_text(receiver, mailbox) + &manager))
}

/// The team works day and night: the test runs whenever it runs.
fn always_open(installation: &Installation) {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/policy/team.toml")).unwrap();
    let days = "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"";
    let open = text
        .replace("opens = \"09:00\"", "opens = \"00:00\"")
        .replace("closes = \"17:30\"", "closes = \"24:00\"")
        .replace(days, &format!("{days}, \"sat\", \"sun\""));
    let path =
        std::env::temp_dir().join(format!("baton-open-{}.toml", installation.brokers.replace(':', "-")));
    std::fs::write(&path, open).unwrap();
    installation.run(&["team", "publish", path.to_str().unwrap(), "--by", "tests"]);
    std::fs::remove_file(path).unwrap();
}

/// An instance, and the moment from which the test's clock counts.
fn serve(installation: &Installation, settings: &Settings) -> (Serving, Timestamp) {
    always_open(installation);
    let serving = settings.serve(installation);
    let start = Timestamp::now();
    set(installation, start, 0);
    (serving, start)
}

/// Sets the installation's clock to so many seconds after a moment.
fn set(installation: &Installation, start: Timestamp, seconds: i64) {
    let now = start.checked_add(Span::new().seconds(seconds)).unwrap().as_microsecond();
    let statement = format!("DELETE FROM clock; INSERT INTO clock (now) VALUES ({now})");
    installation.execute_text(&installation.owner_url, statement).unwrap();
}

/// The headings that a chat has read so far.
fn headings(receiver: &Receiver, who: &str) -> Vec<String> {
    let messages = receiver.received(&format!("/{who}"));
    let text = |json: serde_json::Value| json["text"].as_str().unwrap().lines().next().unwrap().to_owned();
    messages.iter().map(|message| text(message.json())).collect()
}

fn until_read(receiver: &Receiver, who: &str, part: &str) {
    until(&format!("{who} reads: {part}"), || {
        headings(receiver, who).iter().any(|heading| heading.contains(part))
    });
}

#[test]
fn an_ignored_offer_is_told_to_the_rep_the_former_rep_and_the_manager_each_once() {
    let installation = Installation::new();
    let (receiver, mailbox) = (Receiver::start(), Mailbox::start());
    let settings = settings(&receiver, &mailbox);
    let (_serving, start) = serve(&installation, &settings);
    produce(&installation, FORMS, &demo_request("vera@vega.example"));
    let (rep, _) = slack(&receiver);
    for (seconds, heading) in [
        (160, " left of your time to accept: Ada Quist"),
        (250, "*Only "),
        (310, "*Your time to accept is over: Ada Quist, Acme Robotics*"),
        (430, "*Given on, nothing to do: Ada Quist, Acme Robotics*"),
    ] {
        set(&installation, start, seconds);
        until_read(&receiver, &rep, heading);
    }
    until("the next rep is asked", || {
        REPS.iter().any(|it| {
            *it != rep && headings(&receiver, it).iter().any(|heading| heading.starts_with("*A lead for you"))
        })
    });
    set(&installation, start, 25 * 60);
    until_read(&receiver, MANAGER, "*Long overdue: to call: Ada Quist, Acme Robotics*");
    super::until_told(&installation);
    let read = headings(&receiver, &rep);
    assert_eq!(read.len(), 5, "the offer and each rung once: {read:#?}");
    assert_eq!(headings(&receiver, MANAGER).len(), 1, "{:?}", headings(&receiver, MANAGER));
    let messages = receiver.received(&format!("/{rep}"));
    let text = |place: usize| messages[place].json()["text"].as_str().unwrap().to_owned();
    assert!(text(1).contains("|Accept>") && text(1).contains("|Open the lead>"), "{}", text(1));
    assert!(text(4).contains(" has it now.") || text(4).contains("waits for the next rep"), "{}", text(4));
    assert!(!text(4).contains("/links/"), "whoever lost it has no link that acts: {}", text(4));
    let manager = receiver.received(&format!("/{MANAGER}")).remove(0).json().to_string();
    assert!(manager.contains("/leads/") && !manager.contains("/links/"), "{manager}");
    let to_rep = format!("To: {rep}@seller.example");
    let letters: Vec<String> = mailbox.letters().into_iter().filter(|it| it.contains(&to_rep)).collect();
    assert_eq!(letters.len(), 5, "the same by e-mail");
    installation.execute(&installation.owner_url, "DELETE FROM clock").unwrap();
    installation.check();
}

#[test]
fn nobody_hears_of_a_lead_that_moved_on_and_the_holder_hears_of_who_asks_again() {
    let installation = Installation::new();
    let (receiver, mailbox) = (Receiver::start(), Mailbox::start());
    let settings = settings(&receiver, &mailbox);
    let (_serving, start) = serve(&installation, &settings);
    produce(&installation, FORMS, &demo_request("vera@vega.example"));
    let (rep, text) = slack(&receiver);
    receiver.answer(&format!("/{rep}"), Answer::Status(500));
    set(&installation, start, 160);
    until("the reminder was tried and waits", || {
        installation.texts(
            "SELECT coalesce(last_status, 'none') FROM delivery WHERE notice = 'reminder' AND channel = 'slack'",
        ) == ["http_500"]
    });
    let end = text.find("|Accept>").unwrap();
    let accept = &text[text[..end].rfind('<').unwrap() + 1..end];
    assert_eq!(client().post(accept).send().unwrap().status().as_u16(), 200);
    receiver.answer(&format!("/{rep}"), Answer::Status(204));
    until("the reminder is dropped", || {
        installation.texts(
            "SELECT state || ' ' || last_status FROM delivery WHERE notice = 'reminder' AND channel = 'slack'",
        ) == ["dropped superseded"]
    });
    // Later than the rep accepted by the test's clock, and not so far ahead that it would be taken as of the record.
    set(&installation, start, 200);
    let time = start.checked_add(Span::new().seconds(200)).unwrap().to_string();
    produce(&installation, FORMS, &Event { time, ..demo_request("vera@vega.example") });
    until_read(&receiver, &rep, "*Asked again and waits for your answer: Ada Quist");
}

#[test]
fn a_burst_is_told_up_to_a_bound_and_then_in_one_summary() {
    let installation = Installation::new();
    let (receiver, mailbox) = (Receiver::start(), Mailbox::start());
    let settings = settings(&receiver, &mailbox);
    let (_serving, start) = serve(&installation, &settings);
    let leads = AN_HOUR_MAX + 3;
    for number in 0..leads {
        let email = format!("p{number}@firm{number}.example");
        produce(&installation, FORMS, &demo_request(&email));
    }
    until("all are offered", || {
        installation.number("SELECT count(*) FROM lead WHERE stage = 3").unsigned_abs() == leads as u64
    });
    until("the hour has not nearly ended", || Timestamp::now().as_second() % 3_600 < 3_560);
    set(&installation, start, 25 * 60);
    until("every escalation is told or left out", || {
        installation
            .number("SELECT count(*) FROM delivery WHERE notice = 'escalation' AND ended_at IS NOT NULL")
            .unsigned_abs()
            == leads as u64
    });
    let left_out = "SELECT count(*) FROM delivery WHERE notice = 'escalation' AND last_status = 'too_many'";
    assert_eq!(installation.number(left_out), 3);
    assert_eq!(headings(&receiver, MANAGER).len(), AN_HOUR_MAX);
    let waiting = "SELECT endpoint FROM delivery WHERE notice = 'summary' AND endpoint LIKE '%paul-dupont'";
    assert_eq!(
        installation.texts(waiting),
        ["slack:member:paul-dupont"],
        "one, and not before the hour ends"
    );
    let due = "UPDATE delivery SET next_try_at = 0 WHERE notice = 'summary'";
    installation.execute(&installation.owner_url, due).unwrap();
    until_read(&receiver, MANAGER, "*3 more in the last hour: missed duties still stand in your team*");
    let summary = receiver.received(&format!("/{MANAGER}")).pop().unwrap().json().to_string();
    assert!(summary.contains("/floor|Open the list"), "{summary}");
}
