//! The pages in a real browser, as wide as a phone: a rep's day by the keyboard alone, what every page owes to whoever
//! cannot see or point, and the buttons of a lead's page as the two teams press them.

mod driver;
mod pressed;

use crate::harness::{Browser, Installation, Reader, Serving, demo_request, produce, until};
use baton::contract::keys::Keys;
use baton::contract::links::{Link, LinkAction};
use baton::domain::ids::{HandoffId, LeadId};
use baton::domain::team::MemberId;
use baton::domain::time::{HOUR, Moment};
use driver::{DOWN, Driver, ENTER, SHIFT, SPACE};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Fields that no label names, as a list of their names.
const UNLABELLED: &str = "return [...document.querySelectorAll('input, select, textarea')]
    .filter(it => !['hidden', 'submit', 'button'].includes(it.type))
    .filter(it => !(it.labels && it.labels.length) && !it.getAttribute('aria-label') && !it.getAttribute('aria-labelledby'))
    .map(it => it.name || it.outerHTML)";
/// Buttons and links without a word.
const UNNAMED: &str = "return [...document.querySelectorAll('button, a[href], summary')]
    .filter(it => !it.textContent.trim() && !it.getAttribute('aria-label')).map(it => it.outerHTML)";
const HEADINGS: &str = "return document.querySelectorAll('h1').length";
/// How wide the page would like to be, with every folded part opened.
const WIDE: &str = "document.querySelectorAll('details').forEach(it => { it.open = true; });
    return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)";

/// Whether somebody has chosen to go without a browser, which is said aloud.
fn is_left_out() -> bool {
    let left_out = std::env::var("BATON_NO_BROWSER").is_ok_and(|value| value == "1");
    if left_out {
        eprintln!("LEFT OUT: the browser tests, because BATON_NO_BROWSER=1 is set");
    }
    left_out
}

/// Signs in by a one-time link and its button.
fn sign_in(browser: &Driver, installation: &Installation, serving: &Serving, member: &str) {
    let made = installation
        .run(&["token", "create", "--link", "--name", member, "--member", member, "--scopes", "read,ask"]);
    let token = made.split("token=").nth(1).expect("a link").split_whitespace().next().unwrap();
    browser.forget();
    browser.open(&format!("{}/sign-in?token={token}", serving.address));
    owes(browser, "the sign-in page");
    browser.reach("Sign in", ENTER);
    until("the board is there", || browser.text().contains("Sign out"));
}

/// What every page owes: one heading, names for all fields and buttons, no scrolling sideways, no error.
fn owes(browser: &Driver, page: &str) {
    assert_eq!(browser.read(HEADINGS), 1, "{page}: one h1");
    assert_eq!(browser.read(UNLABELLED), json!([]), "{page}: fields without a label");
    assert_eq!(browser.read(UNNAMED), json!([]), "{page}: buttons and links without a word");
    let wide = browser.read(WIDE).as_u64().unwrap();
    assert!(wide <= u64::from(Driver::width()), "{page} is {wide} pixels wide on a phone");
    assert_eq!(browser.errors(), Vec::<String>::new(), "{page}: the console tells errors");
}

#[test]
fn a_rep_signs_in_accepts_calls_and_returns_a_lead_on_a_phone_by_the_keyboard_alone() {
    if is_left_out() {
        return;
    }
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, "marketing.form-fills.v1", &demo_request("vera@vega.example"));
    let routed = leads.wait("routed", |record| record.event_type == "lead.routed.v1");
    let rep = routed.data["holder"]["id"].as_str().unwrap();
    let browser = Driver::start();
    sign_in(&browser, &installation, &serving, rep);
    browser.reach("My leads", ENTER);
    until("the list is there", || browser.text().contains("What loses most by waiting stands first."));
    browser.reach("Accept", ENTER);
    let noted = |event: &'static str, query: &'static str| {
        until(event, || installation.number(query) == 1);
    };
    noted("it is accepted", "SELECT count(*) FROM audit WHERE event = 'lead_accepted'");
    until("the page says so", || browser.text().contains("The lead is yours."));
    browser.reach("Call logged", ENTER);
    browser.reach("Log it", ENTER);
    noted("the call is logged", "SELECT count(*) FROM audit WHERE event = 'attempt_recorded'");
    until("the list is there again", || browser.text().contains("Reject with a reason"));
    browser.reach("Reject with a reason", ENTER);
    browser.reach("Bad timing", SPACE);
    for _ in 0..20 {
        if browser.focused().starts_with("No budget") {
            break;
        }
        browser.press(DOWN);
    }
    browser.reach("Return the lead", ENTER);
    noted("it is returned", "SELECT count(*) FROM audit WHERE event = 'lead_rejected'");
    until("nothing waits", || browser.text().contains("Nothing waits for you"));
    assert_eq!(browser.errors(), Vec::<String>::new(), "the console tells errors");
    installation.check();
}

/// Marks the parts of a list as they are, so that parts that took their place can be told from them.
const MARK: &str =
    "document.querySelectorAll('[data-fragment] [data-key]').forEach(it => { it.marked = true; })";
const REPLACED: &str =
    "return [...document.querySelectorAll('[data-fragment] [data-key]')].every(it => !it.marked)";

#[test]
fn a_list_that_is_read_again_leaves_the_focus_where_it_was_and_a_field_that_somebody_is_in_alone() {
    if is_left_out() {
        return;
    }
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, "marketing.form-fills.v1", &demo_request("vera@vega.example"));
    let routed = leads.wait("routed", |record| record.event_type == "lead.routed.v1");
    let rep = routed.data["holder"]["id"].as_str().unwrap();
    let browser = Driver::start();
    sign_in(&browser, &installation, &serving, rep);
    browser.reach("My leads", ENTER);
    until("the list hears of changes", || {
        browser.read("const pulse = document.getElementById('pulse'); return pulse && pulse.textContent")
            == "Live"
            && browser.text().contains("Call logged")
    });
    browser.reach("Call logged", ENTER);
    browser.read(MARK);
    produce(&installation, "marketing.form-fills.v1", &demo_request("otto@orion.example"));
    until("the list is read again", || browser.read(REPLACED) == true);
    assert_eq!(browser.focused(), "Call logged");
    browser.reach("What came of it", SHIFT);
    browser.read(MARK);
    produce(&installation, "marketing.form-fills.v1", &demo_request("cora@corvus.example"));
    until("the page says that it waits", || {
        browser.text().contains("Your list changed while you were writing.")
    });
    assert_eq!(browser.read(REPLACED), false, "what is being written stays");
    assert_eq!(browser.focused(), "What came of it");
    assert_eq!(browser.errors(), Vec::<String>::new(), "the console tells errors");
}

/// Signs links, so that the page of one can be opened.
const SERVICE_KEY: &str = "a service key of the tests, longer than 32 bytes";
/// Where the router is told every page; the list of pages to check must not lag behind it.
const ROUTER: &str = include_str!("../../../src/web/mod.rs");

/// The pages that the router knows, as it writes their addresses; a fragment is a part of its page.
fn routed_pages() -> BTreeSet<&'static str> {
    let routes = ROUTER.lines().filter_map(|line| line.trim().strip_prefix(".route(\""));
    let pages = routes.filter(|line| line.contains("get(pages::") && !line.starts_with("/fragments/"));
    pages.map(|line| line.split('"').next().unwrap()).collect()
}

/// An address as the router writes it.
fn as_routed(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap();
    match path.rsplit_once('/') {
        Some(("/leads", _)) => "/leads/{id}".to_owned(),
        Some(("/links", _)) => "/links/{token}".to_owned(),
        _ => path.to_owned(),
    }
}

#[test]
fn every_page_fits_a_phone_and_names_what_it_asks() {
    if is_left_out() {
        return;
    }
    let installation = Installation::new();
    let serving = installation.serve(&[("BATON__SECURITY__SERVICE_KEY", SERVICE_KEY)]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, "marketing.form-fills.v1", &demo_request("vera@vega.example"));
    let routed = leads.wait("routed", |record| record.event_type == "lead.routed.v1");
    let (rep, lead) = (routed.data["holder"]["id"].as_str().unwrap(), format!("/leads/{}", routed.key));
    let link = Link {
        action: LinkAction::Accept,
        lead: LeadId(routed.key.parse().unwrap()),
        handoff: HandoffId(routed.data["handoff_id"].as_str().unwrap().parse().unwrap()),
        custody_version: routed.data["custody_version"].as_u64().unwrap(),
        member: MemberId(rep.to_owned()),
        expires_at: Moment(jiff::Timestamp::now().as_microsecond() + HOUR),
    };
    let link = format!("/links/{}", Keys::new(SERVICE_KEY.as_bytes(), 0).link(&link));
    let past = format!("{lead}?version=1");
    let behind = "/duties/leads?figure=accept_on_time&outcome=met";
    let browser = Driver::start();
    // The sign-in page is looked at by whoever signs in.
    let mut seen = BTreeSet::from(["/sign-in".to_owned()]);
    for (member, pages) in [
        (rep, vec!["/", "/my", "/leads", "/duties", "/team", lead.as_str(), link.as_str()]),
        (
            "paul-dupont",
            vec![
                "/",
                "/my",
                "/floor",
                "/leads",
                "/duties",
                behind,
                "/campaigns",
                "/intake",
                "/team",
                lead.as_str(),
                past.as_str(),
            ],
        ),
    ] {
        sign_in(&browser, &installation, &serving, member);
        for page in pages {
            browser.open(&format!("{}{page}", serving.address));
            owes(&browser, &format!("{page} of {member}"));
            seen.insert(as_routed(page));
        }
    }
    let left_out: Vec<&str> = routed_pages().into_iter().filter(|page| !seen.contains(*page)).collect();
    assert_eq!(left_out, Vec::<&str>::new(), "pages of the router that nobody looked at on a phone");
    assert!(seen.contains("/duties") && routed_pages().len() > 10, "the router's pages were read");
}

#[test]
fn a_board_that_stays_open_shows_a_new_handoff_by_itself_and_says_so() {
    if is_left_out() {
        return;
    }
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let browser = Driver::start();
    sign_in(&browser, &installation, &serving, "paul-dupont");
    browser.open(&format!("{}/", serving.address));
    until("the page hears of changes", || {
        browser.read("return document.getElementById('pulse').textContent") == "Live"
    });
    assert!(browser.text().contains("No handoff yet."), "nobody was handed over before");
    // A page that is loaded again, or another page, would not have it.
    browser.read("window.stayed = 'since before the handoff'");
    produce(&installation, "marketing.form-fills.v1", &demo_request("vera@vega.example"));
    let routed = leads.wait("routed", |record| record.event_type == "lead.routed.v1");
    let shown =
        format!("return document.querySelectorAll('.handoff a[href=\"/leads/{}\"]').length", routed.key);
    until("the handoff is on the open board", || browser.read(&shown) == 1);
    assert_eq!(browser.read("return window.stayed"), "since before the handoff", "the page was loaded again");
    until("whoever cannot see hears of it", || {
        browser.read("return document.getElementById('spoken').textContent") == "1 new on the board"
    });
    assert_eq!(browser.errors(), Vec::<String>::new(), "the console tells errors");
}

/// A stream of ticks that is slow to open: it does so once the page is told to.
const SLOW_STREAM: &str = "const Real = window.EventSource;
    window.EventSource = class extends EventTarget { constructor(address) { super(); window.opened = () => {
        const real = new Real(address);
        for (const kind of ['open', 'error', 'tick'])
            real.addEventListener(kind, it => this.dispatchEvent(new MessageEvent(kind, { data: it.data }))); }; } };";
/// Nothing is decided any more when no tick came for so long; they come once a second.
const QUIET: Duration = Duration::from_secs(3);

#[test]
fn what_was_decided_before_the_first_tick_is_on_the_board_without_waiting_for_a_next_one() {
    if is_left_out() {
        return;
    }
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let (browser, other) = (Driver::start(), Driver::start());
    // A board that stays open elsewhere, so that ticks are counted all the time.
    sign_in(&other, &installation, &serving, "rosa-lind");
    until("the other board hears of changes", || {
        other.read("return document.getElementById('pulse').textContent") == "Live"
    });
    sign_in(&browser, &installation, &serving, "paul-dupont");
    browser.before_each_page(SLOW_STREAM);
    browser.open(&format!("{}/", serving.address));
    assert!(browser.text().contains("No handoff yet."), "nobody was handed over before");
    produce(&installation, "marketing.form-fills.v1", &demo_request("vera@vega.example"));
    let routed = leads.wait("routed", |record| record.event_type == "lead.routed.v1");
    let pages = Browser::of(&installation, &serving, "paul-dupont");
    let mut stood = (String::new(), Instant::now());
    until("all ticks of it are over", || {
        let page = pages.get("/").body;
        let at = page.split("data-seen=\"").nth(1).expect("the page says where it stands");
        let at = at.split('"').next().unwrap().to_owned();
        if at != stood.0 {
            stood = (at, Instant::now());
        }
        stood.1.elapsed() >= QUIET
    });
    let shown =
        format!("return document.querySelectorAll('.handoff a[href=\"/leads/{}\"]').length", routed.key);
    assert_eq!(browser.read(&shown), 0, "the page has heard of nothing yet");
    browser.read("window.opened()");
    until("the handoff is on the board", || browser.read(&shown) == 1);
    assert_eq!(browser.errors(), Vec::<String>::new(), "the console tells errors");
}
