//! The weekly digest: one e-mail for each person and week, whoever makes it and however often it is asked for.

use super::Settings;
use super::receiver::Mailbox;
use crate::harness::{Installation, demo_request, produce, until};
use jiff::Timestamp;
use serde_json::Value;
use std::fmt::Write as _;

const DIGESTS: &str = "SELECT count(*) FROM delivery WHERE notice = 'digest'";

/// Mailboxes of a rep, their manager, somebody of marketing and somebody who gets no digest.
fn settings(mailbox: &Mailbox, digest: &str) -> Settings {
    let mut text = format!(
        "[webhooks]\nallow_private = true\n[notify]\nsmtp_url = \"smtp://{}\"\nfrom = \"Baton <baton@seller.example>\"\n\
         digest = \"{digest}\"\n",
        mailbox.address
    );
    for member in ["dev-patel", "paul-dupont", "noah-fischer", "olga-petrov"] {
        write!(text, "[notify.member.{member}]\nemail = \"{member}@seller.example\"\n").unwrap();
    }
    Settings::of(&text)
}

/// What came but the offer.
fn digests(mailbox: &Mailbox) -> Vec<String> {
    mailbox.letters().into_iter().filter(|letter| letter.contains("Subject: Your week ")).collect()
}

fn subjects(mailbox: &Mailbox, to: &str) -> Vec<String> {
    let to = format!("To: {to}@seller.example");
    let letters = digests(mailbox).into_iter().filter(|letter| letter.contains(&to));
    letters.map(|it| it.lines().find(|line| line.starts_with("Subject: ")).unwrap().to_owned()).collect()
}

#[test]
fn a_person_gets_one_digest_of_a_week_though_it_is_asked_for_twice_and_made_by_two() {
    let installation = Installation::new();
    let mailbox = Mailbox::start();
    let off = settings(&mailbox, "");
    let (one, two) = (off.serve(&installation), off.serve(&installation));
    produce(&installation, super::FORMS, &demo_request("vera@vega.example"));
    until("the lead is offered", || installation.number("SELECT count(*) FROM lead WHERE stage = 3") == 1);
    let send = ["report", "digest", "--week", "2026-W10", "--send", "--json"];
    for made in [3, 0] {
        let (done, said) = off.run(&installation, &send);
        assert!(done, "{said}");
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!((&said["week"], &said["made"]), (&"2026-W10".into(), &made.into()));
    }
    until("everybody has it", || digests(&mailbox).len() == 3);
    super::until_told(&installation);
    for member in ["dev-patel", "paul-dupont", "noah-fischer"] {
        assert_eq!(subjects(&mailbox, member), ["Subject: Your week 2026-W10 in Baton"], "{member}");
    }
    let letters = digests(&mailbox).join("\n");
    assert!(letters.contains("missed 0 deadlines last week") && letters.contains("/floor"), "{letters}");
    assert!(letters.contains("What became of your leads last week") && letters.contains("/campaigns"));
    assert!(!letters.contains("Quist") && !letters.contains("vega.example"), "{letters}");
    drop((one, two));

    // The moment of the settings has come an hour ago, for two instances at once.
    let past = Timestamp::now().checked_sub(jiff::Span::new().hours(1)).unwrap();
    let moment = past.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a %H:%M").to_string().to_lowercase();
    let on = settings(&mailbox, &moment);
    let (_one, _two) = (on.serve(&installation), on.serve(&installation));
    until("the week before is told by itself", || digests(&mailbox).len() == 6);
    super::until_told(&installation);
    assert_eq!(installation.number(DIGESTS), 6, "each person once a week");
    installation.check();
}
