//! The buttons of the handshake on a phone, pressed as somebody new to the pages presses them: what the page says after
//! each press, and how the lead stands through the API. It never asks by anything but a button.

use super::driver::Driver;
use super::{is_left_out, sign_in};
use crate::harness::{Event, Installation, Reader, Serving, ask, crm, demo_request, produce, token, until};
use serde_json::{Value, json};

/// One installation with its browser, and the API beside it.
struct Floor {
    installation: Installation,
    serving: Serving,
    leads: Reader,
    browser: Driver,
    /// The manager's, who reads every lead.
    token: String,
}

impl Floor {
    fn open() -> Self {
        let installation = Installation::new();
        let serving = installation.serve(&[]);
        let leads = Reader::of(&installation, "handoff.leads.v1");
        let token = token(&installation, "paul-dupont");
        Self { browser: Driver::start(), installation, serving, leads, token }
    }

    /// The id of a lead that was handed to a rep, and the rep's; its first name is what stands before the @.
    fn lead(&mut self, email: &str) -> (String, String) {
        let mut form = demo_request(email);
        form.data["person"]["first_name"] = json!(email.split('@').next().unwrap());
        produce(&self.installation, "marketing.form-fills.v1", &form);
        let routed = self.leads.wait(email, |record| {
            record.event_type == "lead.routed.v1" && record.data["person"]["email"] == email
        });
        (routed.key, routed.data["holder"]["id"].as_str().unwrap().to_owned())
    }

    /// Signs somebody in and goes to a page by the navigation.
    fn as_member(&self, member: &str, page: &str) {
        sign_in(&self.browser, &self.installation, &self.serving, member);
        self.browser.tap(page);
    }

    fn says(&self, words: &str) {
        until(words, || self.browser.text().contains(words));
    }

    /// How a lead stands through the API: stage, kind of holder, holder.
    fn stands(&self, lead: &str) -> (String, String, String) {
        let (status, shown) = ask(&self.serving, &self.token, &format!("leads/{lead}"), None);
        assert_eq!(status, 200, "{shown}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&shown["stage"]), text(&shown["holder"]["kind"]), text(&shown["holder"]["member"]))
    }

    /// Nothing was told to the console, and every promise holds.
    fn check(&self) {
        assert_eq!(self.browser.errors(), Vec::<String>::new(), "the console tells errors");
        self.installation.check();
    }
}

/// A stage, kind of holder and holder as [`Floor::stands`] gives them.
fn standing(stage: &str, kind: &str, holder: &str) -> (String, String, String) {
    (stage.to_owned(), kind.to_owned(), holder.to_owned())
}

#[test]
fn a_rep_returns_a_misroute_and_calls_and_qualifies_another_lead_on_a_phone() {
    if is_left_out() {
        return;
    }
    let mut floor = Floor::open();
    // The definition of an SQL asks for a company that the CRM knows.
    let account =
        json!({"account_id": "a-1", "domains": ["vega.example"], "kind": "prospect", "name": "Vega Inc."});
    let known = Event::new("crm.account.updated.v1", "/crm", "a-1", account);
    produce(&floor.installation, "crm.lead-events.v1", &known);
    until("the company is known", || floor.installation.number("SELECT count(*) FROM account") == 1);
    let (misrouted, first) = floor.lead("otto@orion.example");
    let (wanted, second) = floor.lead("vera@vega.example");
    let browser = &floor.browser;

    floor.as_member(&first, "My leads");
    browser.tap("Reject with a reason");
    browser.tap("More reasons");
    browser.choose("Another reason", "Wrong territory");
    browser.choose("or right pool", "Enterprise");
    browser.tap("Return the lead");
    floor.says("Returned. The reason's consequence has been carried out.");
    floor.says("Nothing waits for you");
    let enterprise = ["ana-ruiz", "ben-okafor", "chloe-martin"];
    until("a rep of the right pool has it", || {
        let (stage, kind, holder) = floor.stands(&misrouted);
        stage == "mql" && kind == "rep" && enterprise.contains(&holder.as_str())
    });

    floor.as_member(&second, "My leads");
    browser.tap("Accept");
    floor.says("The lead is yours.");
    assert_eq!(floor.stands(&wanted), standing("sal", "rep", &second));
    browser.tap("Call logged");
    browser.choose("What came of it", "We talked");
    browser.tap("Log it");
    floor.says("The call is logged.");
    let spoke = "SELECT count(*) FROM audit WHERE event = 'attempt_recorded'";
    assert_eq!(floor.installation.number(spoke), 1);
    browser.tap("Qualify");
    floor.says("What you can do now");
    browser.choose("Need", "Yes");
    browser.choose("Their part in it", "Decides");
    browser.tap("Qualify");
    floor.says("Add what is missing below and qualify again.");
    assert_eq!(floor.stands(&wanted).0, "sal", "too little is known of it");
    browser.choose("Budget", "Confirmed");
    browser.fill("Next step on", &next_step());
    browser.tap("Qualify");
    floor.says("Qualified. The next step's date is the new deadline.");
    assert_eq!(floor.stands(&wanted), standing("sql", "rep", &second));
    // The refused ask is an answer of its own: the browser's console tells of every page that is no plain success.
    let refused: Vec<String> =
        browser.errors().into_iter().filter(|line| !line.contains("/qualify")).collect();
    assert_eq!(refused, Vec::<String>::new());
    floor.check();
}

/// Three days from now, typed as the browser's own field of a date takes it.
fn next_step() -> String {
    let day = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(72);
    day.to_string()[..10].to_owned()
}

#[test]
fn marketing_contests_the_arbiter_decides_and_a_manager_gives_leads_over_on_a_phone() {
    if is_left_out() {
        return;
    }
    let mut floor = Floor::open();
    let (returned, rep) = floor.lead("cora@contest.example");
    let (moved, holder) = floor.lead("otto@orion.example");
    let no_budget =
        crm("sales.lead.rejected.v1", &returned, &format!("u-{rep}"), json!({"reason": "no_budget"}));
    produce(&floor.installation, "sales.feedback.v1", &no_budget);
    until("sales has returned it", || floor.stands(&returned).0 == "recycled");
    let browser = &floor.browser;

    floor.as_member("noah-fischer", "Campaigns");
    browser.tap("Contest the return of cora");
    browser.fill("What speaks against the reason", "The budget is confirmed in the form.");
    browser.tap("Contest");
    floor.says("Contested. The arbiter decides; until then the rejection holds.");
    assert_eq!(floor.stands(&returned), standing("recycled", "arbiter", "rosa-lind"));

    floor.as_member("rosa-lind", "My leads");
    floor.says("Waits for your verdict");
    browser.tap("cora Quist");
    floor.says("The budget is confirmed in the form.");
    browser.tap("It does not count");
    floor.says("Decided. Both sides are told, and the figures follow.");
    until("another rep of the pool has it", || {
        let (stage, kind, holder) = floor.stands(&returned);
        stage == "mql" && kind == "rep" && holder != rep
    });

    floor.as_member("paul-dupont", "Floor check");
    let named = |id: &str| {
        let words: Vec<String> = id.split('-').map(|it| it[..1].to_uppercase() + &it[1..]).collect();
        words.join(" ")
    };
    browser.choose("Leads of", &named(&holder));
    browser.tap("List");
    floor.says(&format!("Leads of {}", named(&holder)));
    browser.tap("Tick otto Quist");
    browser.choose("Give the ticked ones to", "Ben Okafor");
    browser.tap("Reassign");
    floor.says("Given to Ben Okafor");
    floor.says("given over");
    until("the lead is Ben's", || floor.stands(&moved).2 == "ben-okafor");
    floor.check();
}
