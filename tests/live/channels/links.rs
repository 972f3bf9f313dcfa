//! One-time links of notices: a GET changes nothing, a POST acts once; altered, used and ended links are refused.

use super::FORMS;
use super::notices::{SERVICE_KEY, settings, slack};
use super::receiver::{Mailbox, Receiver};
use crate::harness::{Installation, client, demo_request, produce, until};
use baton::contract::keys::Keys;
use baton::domain::time::Moment;

/// The address behind a word of a chat's message.
fn link(text: &str, word: &str) -> String {
    let end = text.find(&format!("|{word}>")).unwrap_or_else(|| panic!("no {word} in {text}"));
    let start = text[..end].rfind('<').unwrap();
    text[start + 1..end].to_owned()
}

fn get(url: &str) -> (u16, String) {
    let response = client().get(url).send().unwrap();
    (response.status().as_u16(), response.text().unwrap())
}

fn post(url: &str) -> (u16, String) {
    let response = client().post(url).send().unwrap();
    (response.status().as_u16(), response.text().unwrap())
}

#[test]
fn looking_at_a_link_changes_nothing_and_pressing_it_acts_once() {
    let installation = Installation::new();
    let (receiver, mailbox) = (Receiver::start(), Mailbox::start());
    let settings = settings(&receiver, &mailbox);
    let _serving = settings.serve(&installation);
    produce(&installation, FORMS, &demo_request("vera@vega.example"));
    let (rep, text) = slack(&receiver);
    let (accept, pass, open) = (link(&text, "Accept"), link(&text, "Pass on"), link(&text, "Open the lead"));
    let version = || installation.number("SELECT version FROM lead");
    let before = version();
    for url in [&accept, &pass, &open, &accept] {
        let (status, page) = get(url);
        assert_eq!(status, 200, "{page}");
        assert!(page.contains("<button") && !page.contains("Quist"), "{page}");
    }
    assert_eq!((version(), installation.number("SELECT count(*) FROM link_use")), (before, 0));

    // One letter of the token is another.
    let altered = if accept.ends_with('A') {
        accept.replace("/links/A", "/links/B")
    } else {
        let (start, last) = accept.split_at(accept.len() - 10);
        format!("{start}{}", last.chars().map(|it| if it == 'x' { 'y' } else { 'x' }).collect::<String>())
    };
    for url in [&altered, &accept[..accept.len() - 4].to_owned()] {
        assert_eq!((get(url).0, post(url).0), (403, 403));
    }
    // A true signature on an offer that has ended.
    let keys = Keys::new(SERVICE_KEY.as_bytes(), 0);
    let (base, token) = accept.rsplit_once('/').unwrap();
    let mut over = keys.read_link(token).unwrap();
    assert_eq!(over.member.0, rep);
    over.expires_at = Moment(0);
    let over = format!("{base}/{}", keys.link(&over));
    assert_eq!((get(&over).0, post(&over).0), (410, 410));
    let crossing = client().post(&accept).header("origin", "https://evil.example").send().unwrap();
    assert_eq!(crossing.status().as_u16(), 403);
    assert_eq!(version(), before, "nothing of that did anything");

    let (status, page) = post(&accept);
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("The lead is yours."), "{page}");
    let holder = installation.texts("SELECT holder_id FROM lead WHERE stage = 4");
    assert_eq!(holder, std::slice::from_ref(&rep));
    let accepted = version();
    let (status, page) = post(&accept);
    assert!(status == 410 && page.contains("used already"), "{page}");
    let (status, page) = post(&pass);
    assert_eq!(status, 412, "the other button is out of date: {page}");
    assert_eq!(version(), accepted, "and neither did anything");

    let response = client().post(&open).send().unwrap();
    assert_eq!(response.status().as_u16(), 303);
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let page = response.headers()["location"].to_str().unwrap().to_owned();
    let (base, _) = open.split_once("/links/").unwrap();
    let session = cookie.split(';').next().unwrap().to_owned();
    let shown = client().get(format!("{base}{page}")).header("cookie", session).send().unwrap();
    assert_eq!(shown.status().as_u16(), 200);
    assert!(shown.text().unwrap().contains("Ada Quist"), "the lead's page, as the rep");
    assert_eq!(post(&open).0, 410);
    installation.check();
}

#[test]
fn a_lead_that_is_passed_on_by_a_link_goes_to_the_next_rep_without_blame() {
    let installation = Installation::new();
    let (receiver, mailbox) = (Receiver::start(), Mailbox::start());
    let settings = settings(&receiver, &mailbox);
    let _serving = settings.serve(&installation);
    produce(&installation, FORMS, &demo_request("vera@vega.example"));
    let (rep, text) = slack(&receiver);
    let pass = link(&text, "Pass on");
    let pressed: Vec<u16> = std::thread::scope(|scope| {
        let presses: Vec<_> = (0..3).map(|_| scope.spawn(|| post(&pass).0)).collect();
        presses.into_iter().map(|press| press.join().unwrap()).collect()
    });
    assert!(
        pressed.iter().all(|status| [200, 410].contains(status)) && pressed.contains(&200),
        "{pressed:?}"
    );
    until("somebody else has the offer", || {
        let holder = installation.texts("SELECT holder_id FROM lead WHERE stage = 3");
        holder.len() == 1 && holder[0] != rep
    });
    assert_eq!(
        installation.number("SELECT count(*) FROM audit WHERE event = 'offer_withdrawn'"),
        1,
        "passed once"
    );
    assert_eq!(installation.number("SELECT count(*) FROM audit WHERE event = 'clock_breached'"), 0);
}
