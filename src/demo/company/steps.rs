//! A step of a journey becomes a record of marketing's systems. It never plans what comes next.

use serde_json::{Value, json};

use super::hours::{DAY, MINUTE, SECOND, timestamp};
use super::journey::{Mail, Step};
use super::people::{Kind, Person, mistype};
use super::record::{Draft, EMAIL_TOPIC, FORMS_TOPIC, SIGNALS_TOPIC};
use super::words::{CAMPAIGNS, Campaign, FREE_MAIL_DOMAINS};
use super::{Act, Company};

/// Under which address somebody fills in a form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Address {
    First,
    /// Their own again, after a typing error.
    Corrected,
    Private,
}

const SITE: &str = "https://www.harbourline.example";

impl Company {
    /// Does one step of a person's journey.
    pub(super) fn step(&mut self, who: usize, step: Step) {
        match step {
            Step::AdClick => self.visit(who, "ad_click", None),
            Step::Session(page) => self.visit(who, "session", Some(page)),
            Step::Page(page) => self.visit(who, "page_view", Some(page)),
            Step::Form(kind) => self.fill_form(who, kind, Address::First),
            Step::CorrectedForm(kind) => self.fill_form(who, kind, Address::Corrected),
            Step::PrivateForm(kind) => self.fill_form(who, kind, Address::Private),
            Step::Signal(kind) => self.signal(who, kind),
            Step::Mail(number, mail) => self.mail(who, number, mail),
            Step::EnteredByRep => self.enter_by_hand(who),
        }
    }

    /// A label that no other record of this person has.
    fn label(&mut self, who: usize) -> String {
        let person = &mut self.people[who];
        person.records += 1;
        format!("person/{}/{}", person.number, person.records)
    }

    fn visit(&mut self, who: usize, kind: &str, page: Option<&str>) {
        let label = self.label(who);
        let person = &mut self.people[who];
        let campaign = &CAMPAIGNS[person.campaign];
        let anonymous = anonymous_id(person);
        let mut data = json!({"anonymous_id": anonymous, "kind": kind, "source": campaign.source, "medium": campaign.medium});
        if kind == "ad_click" {
            data["campaign_id"] = json!(campaign.id);
        }
        if let Some(page) = page {
            data["page_kind"] = json!(page);
            data["url"] = json!(format!("{SITE}{}", path(page)));
        }
        self.emit(&Draft {
            topic: SIGNALS_TOPIC,
            kind: "signal.recorded.v1",
            source: "/marketing/web",
            key: anonymous,
            label,
            data,
            oddities: Vec::new(),
        });
    }

    fn signal(&mut self, who: usize, kind: &str) {
        let label = self.label(who);
        let person = &self.people[who];
        let campaign = &CAMPAIGNS[person.campaign];
        let source = match kind {
            "webinar_registered" | "webinar_attended" => "/marketing/webinars",
            "event_attended" => "/marketing/events",
            "product_activated" => "/product",
            _ => "/marketing/chat",
        };
        let mut data = json!({"person": {"email": person.email}, "kind": kind, "campaign_id": campaign.id});
        if kind.starts_with("webinar") {
            data["campaign_id"] = json!(CAMPAIGNS[super::words::WEBINARS].id);
            data["name"] = json!("Handoff in practice");
        }
        let key = person.email.clone();
        self.emit(&Draft {
            topic: SIGNALS_TOPIC,
            kind: "signal.recorded.v1",
            source,
            key,
            label,
            data,
            oddities: Vec::new(),
        });
    }

    fn fill_form(&mut self, who: usize, kind: &'static str, address: Address) {
        let label = self.label(who);
        let noise = self.settings.noise;
        let person = &mut self.people[who];
        let ordinary = matches!(person.kind, Kind::Buyer | Kind::OfCustomer);
        let mut email = person.email.clone();
        let mut oddities = Vec::new();
        let mut corrected = None;
        if address == Address::First && ordinary && person.rng.chance(noise.mistyped_per_mille.into()) {
            email = mistype(&person.email, &mut person.rng);
            oddities.push("mistyped");
            if person.rng.chance(600) {
                // The confirmation did not come: they look again and send the form once more.
                let again = self.now + person.rng.between(3 * MINUTE, 12 * MINUTE);
                corrected = Some(again);
            } else {
                person.email.clone_from(&email);
                person.unreachable_mail = true;
            }
            self.by_email.insert(email.clone(), who);
        }
        let person = &mut self.people[who];
        if address == Address::Private {
            email = private_address(person);
            oddities.push("private_address");
            self.by_email.insert(email.clone(), who);
        } else if ordinary
            && matches!(kind, "demo" | "contact" | "pricing")
            && person.rng.chance(noise.private_address_per_mille.into())
        {
            let later = self.now + person.rng.between(2 * DAY, 9 * DAY);
            self.schedule(later, Act::Step(who, Step::PrivateForm(kind)));
        }
        if let Some(again) = corrected {
            self.schedule(again, Act::Step(who, Step::CorrectedForm(kind)));
        }
        let data = self.form_data(who, kind, &email, &label, &mut oddities);
        let draft = Draft {
            topic: FORMS_TOPIC,
            kind: "form.submitted.v1",
            source: "/marketing/forms",
            key: email,
            label,
            data,
            oddities,
        };
        let person = &mut self.people[who];
        if person.rng.chance(noise.resubmitted_per_mille.into()) {
            let after = person.rng.between(4 * SECOND, 90 * SECOND);
            self.resubmit(&draft, after);
        }
        self.emit(&draft);
    }

    fn form_data(
        &mut self,
        who: usize,
        kind: &'static str,
        email: &str,
        label: &str,
        oddities: &mut Vec<&'static str>,
    ) -> Value {
        let submission = self.event_id(&format!("submission/{label}"));
        let now = self.now;
        let company = self.people[who].firm.map(|place| self.firms[place].data());
        let person = &mut self.people[who];
        let campaign = &CAMPAIGNS[person.campaign];
        let mut data = json!({
            "form_id": format!("frm-{kind}"),
            "form_name": form_name(kind),
            "form_kind": kind,
            "submission_id": submission,
            "campaign_id": campaign.id,
            "person": form_person(person, kind, email, company),
            "page_url": format!("{SITE}{}", path(kind)),
            "utm": {"source": campaign.source, "medium": campaign.medium, "campaign": campaign.id},
        });
        if person.kind == Kind::Bot {
            data["bot_score"] = json!(person.rng.between(82, 99));
            oddities.push("bot");
            return data;
        }
        data["bot_score"] = json!(person.rng.between(0, 22));
        // What they write from home comes from another browser, which the tracker does not know.
        if email != private_address(person) {
            data["anonymous_id"] = json!(anonymous_id(person));
        }
        if person.kind == Kind::Staff {
            data["test"] = json!(true);
            oddities.push("test");
        }
        add_touches(&mut data, person, campaign, now);
        if matches!(kind, "content" | "newsletter" | "webinar") || person.rng.chance(400) {
            let email = if kind == "newsletter" || person.rng.chance(850) { "given" } else { "withdrawn" };
            data["consent"] = json!({
                "email": email, "text_id": "signup-2026-01", "given_at": timestamp(now).to_string(), "basis": "consent",
            });
        }
        if matches!(kind, "demo" | "pricing" | "trial") {
            data["requested_product"] = json!(*person.rng.pick(&["routing", "scoring", "suite"]));
        }
        data
    }

    fn mail(&mut self, who: usize, number: u32, mail: Mail) {
        let person = &self.people[who];
        if person.opted_out || (person.unreachable_mail && mail != Mail::Sent) {
            return;
        }
        let label = self.label(who);
        let person = &mut self.people[who];
        let campaign = CAMPAIGNS[person.campaign].id;
        let mut data = json!({
            "person": {"email": person.email},
            "campaign_id": campaign,
            "message_id": format!("msg-{}-{number}", person.number),
        });
        let mut oddities = Vec::new();
        let kind = mail_data(mail, &mut data, &mut oddities);
        if matches!(mail, Mail::Unsubscribed | Mail::Complained) {
            person.opted_out = true;
        }
        let key = person.email.clone();
        let draft = Draft { topic: EMAIL_TOPIC, kind, source: "/marketing/mail", key, label, data, oddities };
        let bounces = mail == Mail::Sent && person.unreachable_mail;
        self.emit(&draft);
        if bounces {
            // An address that does not exist says so at once, and marketing sends no more.
            self.bounce(who, number);
        }
    }

    fn bounce(&mut self, who: usize, number: u32) {
        let label = self.label(who);
        let person = &mut self.people[who];
        person.opted_out = true;
        let key = person.email.clone();
        let data = json!({
            "person": {"email": person.email}, "message_id": format!("msg-{}-{number}", person.number), "bounce_type": "hard",
        });
        let draft = Draft {
            topic: EMAIL_TOPIC,
            kind: "email.bounced.v1",
            source: "/marketing/mail",
            key,
            label,
            data,
            oddities: Vec::new(),
        };
        self.emit(&draft);
    }
}

/// Fills in what this kind of mail event says; gives its type.
fn mail_data(mail: Mail, data: &mut Value, oddities: &mut Vec<&'static str>) -> &'static str {
    let link = || json!(format!("{SITE}/guide"));
    match mail {
        Mail::Sent => "email.sent.v1",
        Mail::Delivered => "email.delivered.v1",
        Mail::Opened => "email.opened.v1",
        Mail::Clicked => {
            data["link_url"] = link();
            "email.clicked.v1"
        }
        Mail::OpenedByMachine => {
            data["automated"] = json!(true);
            oddities.push("automated");
            "email.opened.v1"
        }
        Mail::ClickedByMachine => {
            data["automated"] = json!(true);
            data["link_url"] = link();
            oddities.push("automated");
            "email.clicked.v1"
        }
        Mail::Replied => "email.replied.v1",
        Mail::OutOfOffice => {
            data["automated"] = json!(true);
            data["out_of_office"] = json!(true);
            oddities.push("automated");
            "email.replied.v1"
        }
        Mail::BouncedHard | Mail::BouncedSoft => {
            data["bounce_type"] = json!(if mail == Mail::BouncedHard { "hard" } else { "soft" });
            "email.bounced.v1"
        }
        Mail::Unsubscribed => {
            data["scope"] = json!("marketing");
            data["method"] = json!("link");
            "email.unsubscribed.v1"
        }
        Mail::Complained => {
            data["scope"] = json!("marketing");
            data["method"] = json!("complaint");
            "email.complained.v1"
        }
    }
}

/// `person{}` of a form: the shorter the form, the less it says.
fn form_person(person: &mut Person, kind: &str, email: &str, company: Option<Value>) -> Value {
    let mut data = json!({"email": email, "first_name": person.first_name});
    if kind == "newsletter" {
        return data;
    }
    data["last_name"] = json!(person.last_name);
    if let Some(mut company) = company {
        // A gated download asks for less, and some leave the size out of longer forms: they land with the wrong pool.
        if kind == "content" && person.rng.chance(400) {
            company = json!({"name": company["name"]});
        } else if person.rng.chance(110) {
            company = json!({"name": company["name"], "domain": company["domain"], "industry": company["industry"]});
        }
        data["company"] = company;
    }
    if kind != "content" || person.rng.chance(650) {
        data["job_title"] = json!(person.title);
    }
    if person.rng.chance(940) {
        data["country"] = json!(person.country);
    }
    if matches!(kind, "demo" | "contact" | "pricing") && person.rng.chance(750) {
        data["phone"] = json!(person.phone);
    }
    data
}

fn add_touches(data: &mut Value, person: &mut Person, campaign: &Campaign, now: i64) {
    let landing = format!(
        "{SITE}/?utm_source={}&utm_medium={}&utm_campaign={}",
        campaign.source, campaign.medium, campaign.id
    );
    if now - person.first_seen > DAY / 24 || person.rng.chance(500) {
        data["first_touch"] = json!({
            "at": timestamp(person.first_seen).to_string(), "source": campaign.source, "medium": campaign.medium,
            "campaign": campaign.id, "url": landing,
        });
    }
    data["landing_url"] = json!(landing);
    if campaign.medium == "cpc" {
        data["click_ids"] = json!({"gclid": format!("g-{:012x}", person.rng.next() >> 16)});
    }
}

/// The id that the web tracker gave this person's browser.
fn anonymous_id(person: &Person) -> String {
    format!("anon-{}", super::desk::short_hash(&format!("{}/{}", person.number, person.first_seen)))
}

/// The address that the person has at home.
fn private_address(person: &Person) -> String {
    let name = format!("{}.{}", person.first_name.to_lowercase(), person.last_name.to_lowercase());
    format!("{name}.{}@{}", person.number, FREE_MAIL_DOMAINS[0])
}

fn form_name(kind: &str) -> &'static str {
    match kind {
        "demo" => "Request a demo",
        "contact" => "Contact sales",
        "pricing" => "Ask for a price",
        "trial" => "Start a trial",
        "content" => "Guide: the first hour of a lead",
        "newsletter" => "Handoff weekly",
        "webinar" => "Webinar: handoff in practice",
        _ => "Form",
    }
}

fn path(page: &str) -> &'static str {
    match page {
        "pricing" => "/pricing",
        "product" => "/product",
        "case" => "/customers/case",
        "careers" => "/careers",
        "demo" => "/demo",
        "contact" => "/contact",
        "trial" => "/trial",
        "content" => "/guide",
        "newsletter" => "/newsletter",
        "webinar" => "/webinar",
        _ => "/",
    }
}
