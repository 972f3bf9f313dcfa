//! The buttons of a lead's page, pressed on a phone by whoever's turn it is: what the page says after each press, and how the
//! lead stands through the API. It never asks by anything but a button.

use super::driver::Driver;
use super::{is_left_out, sign_in};
use crate::harness::{Event, Installation, Reader, Serving, ask, demo_request, produce, token, until};
use serde_json::{Value, json};

/// The reps of the pool that a misrouted lead is sent to.
const ENTERPRISE: [&str; 3] = ["ana-ruiz", "ben-okafor", "chloe-martin"];
/// From now to the next step of a qualified lead; the definition of an SQL allows fourteen.
const NEXT_STEP_HOURS: i64 = 72;

/// One installation with its browser, and the API beside it.
struct Floor {
    browser: Driver,
    leads: Reader,
    serving: Serving,
    installation: Installation,
    /// The manager's, who reads every lead.
    token: String,
}

/// How a lead stands: stage, kind of holder, holder.
type Standing = (String, String, String);

impl Floor {
    fn open() -> Self {
        let installation = Installation::new();
        let serving = installation.serve(&[]);
        let leads = Reader::of(&installation, "handoff.leads.v1");
        let token = token(&installation, "paul-dupont");
        Self { browser: Driver::start(), leads, serving, installation, token }
    }

    /// Makes a company known to the CRM, as the definition of an SQL asks.
    fn know_company(&self, domain: &str) {
        let account =
            json!({"account_id": "a-1", "domains": [domain], "kind": "prospect", "name": "Vega Inc."});
        let known = Event::new("crm.account.updated.v1", "/crm", "a-1", account);
        produce(&self.installation, "crm.lead-events.v1", &known);
        until("the company is known", || self.installation.number("SELECT count(*) FROM account") == 1);
    }

    /// A lead that was handed to a rep: its id and the rep's. Its name is what stands before the @, and Quist.
    fn lead(&mut self, email: &str) -> (String, String) {
        let mut form = demo_request(email);
        form.data["person"]["first_name"] = json!(email.split('@').next().unwrap());
        produce(&self.installation, "marketing.form-fills.v1", &form);
        let routed = self.leads.wait(email, |record| {
            record.event_type == "lead.routed.v1" && record.data["person"]["email"] == email
        });
        (routed.key, routed.data["holder"]["id"].as_str().unwrap().to_owned())
    }

    /// Signs somebody in, who goes by a page's list to the page of the lead of this name.
    fn at_lead(&self, member: &str, page: &str, name: &str) {
        sign_in(&self.browser, &self.installation, &self.serving, member);
        self.browser.tap(page);
        self.browser.tap(name);
        self.says("What you can do now");
    }

    fn says(&self, words: &str) {
        until(&format!("the page says {words:?}"), || self.browser.text().contains(words));
    }

    fn read(&self, path: &str) -> Value {
        let (status, shown) = ask(&self.serving, &self.token, path, None);
        assert_eq!(status, 200, "{shown}");
        shown
    }

    fn stands(&self, lead: &str) -> Standing {
        let shown = self.read(&format!("leads/{lead}"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&shown["stage"]), text(&shown["holder"]["kind"]), text(&shown["holder"]["member"]))
    }

    /// How often something has happened to a lead, as its history tells.
    fn happened(&self, lead: &str, event: &str) -> usize {
        let history = self.read(&format!("leads/{lead}/history"));
        history["history"].as_array().unwrap().iter().filter(|row| row["event"] == event).count()
    }

    /// The console tells of no error but these answers to asks that were refused, and every promise holds.
    fn check(&self, refused: &str) {
        let errors = self.browser.errors();
        let errors: Vec<&String> =
            errors.iter().filter(|line| refused.is_empty() || !line.contains(refused)).collect();
        assert_eq!(errors, Vec::<&String>::new(), "the console tells errors");
        self.installation.check();
    }
}

fn standing(stage: &str, kind: &str, holder: &str) -> Standing {
    (stage.to_owned(), kind.to_owned(), holder.to_owned())
}

#[test]
fn a_rep_accepts_calls_and_returns_a_misroute_and_the_next_one_qualifies_it_on_a_phone() {
    if is_left_out() {
        return;
    }
    let mut floor = Floor::open();
    floor.know_company("vega.example");
    let (lead, first) = floor.lead("vera@vega.example");
    assert!(!ENTERPRISE.contains(&first.as_str()), "it is not there yet: {first}");
    assert_eq!(floor.stands(&lead), standing("mql", "rep", &first));
    let browser = &floor.browser;

    floor.at_lead(&first, "My leads", "vera Quist");
    browser.tap("Accept");
    floor.says("The lead is yours.");
    assert_eq!(floor.stands(&lead), standing("sal", "rep", &first));
    browser.tap("Log a call or message");
    browser.choose("What came of it", "Voicemail");
    browser.tap("Log it");
    floor.says("The call is logged.");
    assert_eq!(floor.happened(&lead, "attempt_recorded"), 1);
    browser.tap("Return it with a reason");
    browser.choose("Another reason", "Wrong territory");
    browser.choose("or right pool", "Enterprise");
    browser.tap("Return the lead");
    floor.says("Returned. The reason's consequence has been carried out.");
    assert_eq!(floor.happened(&lead, "lead_rejected"), 1);
    let mut next = String::new();
    until("a rep of the right pool has it", || {
        let (stage, kind, holder) = floor.stands(&lead);
        next = holder;
        stage == "mql" && kind == "rep" && ENTERPRISE.contains(&next.as_str())
    });

    floor.at_lead(&next, "My leads", "vera Quist");
    browser.tap("Accept");
    floor.says("The lead is yours.");
    assert_eq!(floor.stands(&lead), standing("sal", "rep", &next));
    qualify(&floor, &lead);
    assert_eq!(floor.stands(&lead), standing("sql", "rep", &next));
    // The refused ask is an answer of its own: the browser's console tells of every page that is no plain success.
    floor.check("/qualify");
}

/// Asks with too little, then with what was missing.
fn qualify(floor: &Floor, lead: &str) {
    let browser = &floor.browser;
    browser.tap("Qualify (SQL)");
    browser.tap("We talked, or a meeting was held");
    browser.choose("Need", "Yes");
    browser.choose("Their part in it", "Decides");
    browser.tap("Qualify");
    floor.says("Add what is missing below and qualify again.");
    assert_eq!(floor.stands(lead).0, "sal", "too little is known of it");
    browser.choose("Budget", "Confirmed");
    let next_step = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(NEXT_STEP_HOURS);
    browser.fill_day("Next step on", next_step.to_zoned(jiff::tz::TimeZone::UTC).date());
    browser.tap("Qualify");
    floor.says("Qualified. The next step's date is the new deadline.");
}

#[test]
fn a_return_is_contested_by_marketing_and_overturned_by_the_arbiter_on_a_phone() {
    if is_left_out() {
        return;
    }
    let mut floor = Floor::open();
    let (lead, rep) = floor.lead("cora@contest.example");
    let browser = &floor.browser;

    floor.at_lead(&rep, "My leads", "cora Quist");
    browser.tap("Return it with a reason");
    browser.tap("No budget");
    browser.tap("Return the lead");
    floor.says("Returned. The reason's consequence has been carried out.");
    assert_eq!(floor.stands(&lead).0, "recycled");

    floor.at_lead("noah-fischer", "Campaigns", "cora Quist");
    browser.tap("Contest a return");
    browser.fill("What speaks against the reason", "The budget is confirmed in the form.");
    browser.tap("Contest No budget");
    floor.says("Contested. The arbiter decides; until then the rejection holds.");
    assert_eq!(floor.stands(&lead), standing("recycled", "arbiter", "rosa-lind"));

    floor.at_lead("rosa-lind", "My leads", "cora Quist");
    floor.says("The budget is confirmed in the form.");
    browser.tap("It does not count");
    floor.says("Decided. Both sides are told, and the figures follow.");
    assert_eq!(floor.happened(&lead, "rejection_voided"), 1);
    until("another rep of the pool has it", || {
        let (stage, kind, holder) = floor.stands(&lead);
        stage == "mql" && kind == "rep" && holder != rep
    });
    floor.check("");
}
