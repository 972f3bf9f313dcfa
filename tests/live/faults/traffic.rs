//! What a company sends in a day, drawn from a seed: forms, clicks, page views, what the CRM reports, deals; some of it
//! twice, some before its time, a little of it broken. It counts what it drew, for whoever adds up afterwards.

use super::chance::Chance;
use crate::harness::{Event, crm};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

const FORMS: &str = "marketing.form-fills.v1";
const SIGNALS: &str = "marketing.signals.v1";
const EMAILS: &str = "marketing.email-events.v1";
const CRM: &str = "crm.lead-events.v1";
const FEEDBACK: &str = "sales.feedback.v1";

/// One record in so many is broken: fewer a minute than what stops a lane.
const BROKEN_EVERY: usize = 5_000;
/// Of a thousand records: sent twice; of somebody new; of new ones, those whom the CRM knows before their form.
const TWICE: usize = 20;
const NEW: usize = 180;
const EARLY: usize = 15;
/// People of one company, however many records flow: they hear of each other.
const COLLEAGUES: usize = 12;
/// Records that may be sent again.
const RECENT_MAX: usize = 200;
const REPS: [&str; 6] =
    ["u-ana-ruiz", "u-ben-okafor", "u-chloe-martin", "u-dev-patel", "u-emma-larsen", "u-hugo-silva"];
const TITLES: [&str; 6] =
    ["VP Sales", "Operations Manager", "Head of Marketing", "Engineer", "CFO", "Student"];
const COUNTRIES: [&str; 5] = ["DE", "US", "FR", "GB", "SE"];

/// A record as it goes to Kafka.
#[derive(Clone, Debug)]
pub struct Drawn {
    pub topic: &'static str,
    pub key: String,
    pub headers: Vec<(String, String)>,
    pub value: Vec<u8>,
}

/// What was drawn.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub records: u64,
    pub twice: u64,
    pub broken: u64,
    /// People who filled a form: each of them is one lead.
    pub people: u64,
    pub by_topic: BTreeMap<&'static str, u64>,
}

/// Somebody, and how far their story is told.
#[derive(Clone, Debug)]
struct Person {
    email: String,
    domain: String,
    raised: bool,
    step: usize,
}

/// The stream of records.
pub struct Traffic {
    chance: Chance,
    run: String,
    number: usize,
    people: Vec<Person>,
    recent: VecDeque<Drawn>,
    /// What must come next, such as the form of somebody of whom the CRM spoke first.
    next: VecDeque<Drawn>,
    pub told: Told,
}

impl Traffic {
    pub fn new(seed: u64) -> Self {
        Self {
            chance: Chance::named(seed, "traffic"),
            run: format!("{seed}"),
            number: 0,
            people: Vec::new(),
            recent: VecDeque::new(),
            next: VecDeque::new(),
            told: Told::default(),
        }
    }

    /// The next record.
    pub fn draw(&mut self) -> Drawn {
        self.number += 1;
        let drawn = self.choose();
        self.told.records += 1;
        *self.told.by_topic.entry(drawn.topic).or_default() += 1;
        drawn
    }

    fn choose(&mut self) -> Drawn {
        if self.number.is_multiple_of(BROKEN_EVERY) {
            self.told.broken += 1;
            return self.broken();
        }
        if let Some(drawn) = self.next.pop_front() {
            return drawn;
        }
        if self.chance.per_mille(TWICE) && !self.recent.is_empty() {
            self.told.twice += 1;
            let place = self.chance.below(self.recent.len());
            return self.recent[place].clone();
        }
        let (topic, event) = if self.people.is_empty() || self.chance.per_mille(NEW) {
            self.somebody_new()
        } else {
            self.somebody_known()
        };
        let drawn = self.drawn(topic, event);
        self.recent.push_back(drawn.clone());
        if self.recent.len() > RECENT_MAX {
            self.recent.pop_front();
        }
        drawn
    }

    /// A record in its bytes, with an id that no other run and no other record has.
    fn drawn(&mut self, topic: &'static str, mut event: Event) -> Drawn {
        event.id = format!("{}-{}-{}", self.run, self.number, self.next.len());
        let (headers, value) = (event.headers(), event.data.to_string().into_bytes());
        Drawn { topic, key: event.key, headers, value }
    }

    fn broken(&mut self) -> Drawn {
        let event = Event::new("form.submitted.v1", "/forms", "nobody", Value::Null);
        Drawn { value: b"{\"form_id\": ".to_vec(), ..self.drawn(FORMS, event) }
    }

    fn somebody_new(&mut self) -> (&'static str, Event) {
        let number = self.people.len();
        let domain = format!("firm{}.example", number / COLLEAGUES);
        let kinds = ["content", "content", "content", "newsletter", "webinar", "webinar", "demo", "contact"];
        let kind = self.chance.one_of(&kinds);
        let person = Person {
            email: format!("person{number}@{domain}"),
            domain,
            raised: kind == "demo" || kind == "contact",
            step: 0,
        };
        let form = self.form(&person, kind);
        self.told.people += 1;
        if self.chance.per_mille(EARLY) {
            // The CRM's report overtakes the form that it follows from.
            let form = self.drawn(FORMS, form);
            self.next.push_back(form);
            let (topic, fact) = (CRM, self.contacted(&person));
            self.people.push(person);
            return (topic, fact);
        }
        self.people.push(person);
        (FORMS, form)
    }

    fn form(&mut self, person: &Person, kind: &str) -> Event {
        let data = json!({
            "form_id": format!("form-{kind}"), "form_kind": kind, "campaign_id": format!("c-{}", self.chance.below(12)),
            "submission_id": format!("s-{}-{}", self.run, self.number),
            "person": {
                "email": person.email, "first_name": "Kim", "last_name": "Ng", "job_title": self.chance.one_of(&TITLES),
                "country": self.chance.one_of(&COUNTRIES),
                "company": {"name": "Firm", "domain": person.domain, "employees": 20 + 40 * self.chance.below(40),
                    "industry": "software"}
            },
        });
        Event::new("form.submitted.v1", "/forms", &person.email, data)
    }

    fn somebody_known(&mut self) -> (&'static str, Event) {
        let place = self.chance.below(self.people.len());
        let person = self.people[place].clone();
        if person.raised && self.chance.per_mille(450) {
            let event = self.worked(&person);
            self.people[place].step += 1;
            return event;
        }
        let who = json!({"email": person.email});
        match self.chance.below(20) {
            0..=8 => {
                let page = self.chance.one_of(&["pricing", "product", "case", "careers", "other"]);
                let kind = self.chance.one_of(&["page_view", "session"]);
                let data = json!({"kind": kind, "page_kind": page, "person": who});
                (SIGNALS, Event::new("signal.recorded.v1", "/site", &person.email, data))
            }
            9..=17 => {
                let what = self.chance.one_of(&["delivered", "opened", "opened", "clicked", "replied"]);
                let data = json!({"person": who, "campaign_id": "c-3",
                    "message_id": format!("m-{}", self.chance.below(50))});
                (EMAILS, Event::new(&format!("email.{what}.v1"), "/mail", &person.email, data))
            }
            _ => {
                let kind = self.chance.one_of(&["content", "webinar", "demo"]);
                self.people[place].raised |= kind == "demo";
                (FORMS, self.form(&person, kind))
            }
        }
    }

    /// The next thing that sales does with somebody who asked for it.
    fn worked(&mut self, person: &Person) -> (&'static str, Event) {
        let rep = self.chance.one_of(&REPS);
        match person.step {
            0 => (CRM, by_email(crm("crm.lead.accepted.v1", "", rep, json!({})), person)),
            1 | 2 => (CRM, self.contacted(person)),
            3 if self.chance.per_mille(400) => {
                let reason = self.chance.one_of(&["bad_timing", "no_need", "not_reachable", "wrong_person"]);
                let event = crm("sales.lead.rejected.v1", "", rep, json!({"reason": reason, "attempts": 3}));
                (FEEDBACK, by_email(event, person))
            }
            3 => {
                let facts = json!({"facts": {"need": "yes", "authority": "decides", "budget": "plausible",
                    "timeline_months": 3}, "next_step_on": in_days(2)});
                (CRM, by_email(crm("crm.lead.qualified.v1", "", rep, facts), person))
            }
            step => self.deal(person, step),
        }
    }

    fn contacted(&mut self, person: &Person) -> Event {
        let outcome = self.chance.one_of(&["attempted", "voicemail", "conversation", "meeting_booked"]);
        let rep = self.chance.one_of(&REPS);
        let attempt = format!("a-{}-{}", self.run, self.number);
        let data = json!({"attempt_id": attempt, "channel": "phone", "direction": "outbound", "outcome": outcome,
            "automated": false});
        by_email(crm("crm.lead.contacted.v1", "", rep, data), person)
    }

    fn deal(&mut self, person: &Person, step: usize) -> (&'static str, Event) {
        let change = match step {
            4 => "opened",
            5 => "updated",
            _ => self.chance.one_of(&["updated", "won", "lost"]),
        };
        let data = json!({
            "opportunity": {"system": "crm", "id": format!("o-{}", person.email.split('@').next().unwrap())},
            "revision": step, "kind": "new_business", "contacts": [{"email": person.email, "role": "buyer", "primary": true}],
            "opened_at": jiff::Timestamp::now().to_string(), "amount": "12000.00", "currency": "USD",
            "close_date": in_days(20), "closed_on": in_days(0),
        });
        (CRM, Event::new(&format!("crm.opportunity.{change}.v1"), "/crm", &person.email, data))
    }
}

/// Names a fact's person by their address instead of our lead id, which a feed need not know.
fn by_email(mut event: Event, person: &Person) -> Event {
    if let Some(data) = event.data.as_object_mut() {
        data.remove("lead_id");
        data.insert("person".to_owned(), json!({"email": person.email}));
    }
    event.key.clone_from(&person.email);
    event
}

fn in_days(days: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days)).to_string()[..10].to_owned()
}
