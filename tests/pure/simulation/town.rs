//! The people of a history and the records about them, drawn from a seed. It produces nothing; steps do.

use super::prng::Prng;
use crate::story::start;
use baton::domain::time::{DAY, MINUTE, Moment};
use serde_json::{Value, json};

/// Partitions of each topic.
pub const PARTITIONS: i32 = 2;
/// The topics of a history, and whether clocks wait for them.
pub const TOPICS: [&str; 6] = [
    "marketing.form-fills.v1",
    "marketing.signals.v1",
    "marketing.email-events.v1",
    "crm.lead-events.v1",
    "sales.feedback.v1",
    "privacy.requests.v1",
];
const REPS: [&str; 5] = ["u-dev-patel", "u-emma-larsen", "u-felix-braun", "u-ana-ruiz", "u-nobody"];
const REASONS: [&str; 8] =
    ["no_need", "no_budget", "junk", "unreachable", "bad_timing", "bad_data", "opt_out", "wrong_territory"];

/// One record before it is produced.
#[derive(Clone, Debug)]
pub struct Letter {
    pub topic: &'static str,
    pub partition: i32,
    pub at: Moment,
    /// The CloudEvent in structured mode, or bytes that nobody can read.
    pub value: Vec<u8>,
    /// Type and person, for whoever reads a failing history.
    pub says: String,
}

/// A person, as records name them.
#[derive(Clone, Copy, Debug)]
pub struct Person(pub usize);

impl Person {
    pub fn email(self) -> String {
        format!("person{}@company{}.example", self.0, self.0 % 2)
    }

    fn block(self) -> Value {
        json!({
            "email": self.email(), "first_name": "Priya", "last_name": "Raman", "job_title": "VP Engineering",
            "country": "DE", "company": { "name": "Northwind", "domain": format!("company{}.example", self.0 % 2),
                "employees": 500, "industry": "software" },
        })
    }

    pub fn crm(self) -> Value {
        json!({ "system": "crm", "object": "lead", "id": format!("00Q{}", self.0) })
    }

    fn visitor(self) -> String {
        format!("v-{}", self.0)
    }
}

/// Draws the records of a history.
pub struct Scribe {
    pub prng: Prng,
    written: usize,
}

impl Scribe {
    pub fn new(prng: Prng) -> Self {
        Self { prng, written: 0 }
    }

    fn letter(&mut self, topic: &'static str, kind: &str, person: Person, at: Moment, data: Value) -> Letter {
        self.written += 1;
        let event = json!({
            "specversion": "1.0", "id": format!("{kind}-{}", self.written), "source": "/simulation",
            "type": format!("io.baton.{kind}"), "time": at.to_string(), "data": data,
        });
        let partition = i32::try_from(self.prng.below(PARTITIONS as usize)).unwrap();
        let says = format!("{kind} of person {}", person.0);
        Letter { topic, partition, at, value: event.to_string().into_bytes(), says }
    }

    /// A form; `kind` as the reference data knows it.
    pub fn form(&mut self, person: Person, at: Moment, kind: &str) -> Letter {
        let mut data =
            json!({ "form_id": format!("form-{kind}"), "form_kind": kind, "person": person.block() });
        if self.prng.one_in(2) {
            data["anonymous_id"] = json!(person.visitor());
        }
        self.letter("marketing.form-fills.v1", "form.submitted.v1", person, at, data)
    }

    /// A signal with an e-mail, of a kind that makes leads and never alone an MQL.
    pub fn signal(&mut self, person: Person, at: Moment) -> Letter {
        let kind = *self.prng.pick(&["webinar_registered", "event_attended", "webinar_attended"]);
        let data = json!({ "kind": kind, "person": { "email": person.email() } });
        self.letter("marketing.signals.v1", "signal.recorded.v1", person, at, data)
    }

    fn session(&mut self, person: Person, at: Moment) -> Letter {
        let data = json!({ "kind": "session", "page_kind": "pricing", "anonymous_id": person.visitor() });
        self.letter("marketing.signals.v1", "signal.recorded.v1", person, at, data)
    }

    fn email(&mut self, person: Person, at: Moment) -> Letter {
        let kind = *self.prng.pick(&["email.clicked.v1", "email.opened.v1", "email.unsubscribed.v1"]);
        let data = json!({ "email": person.email(), "message_id": format!("m-{}", self.written) });
        self.letter("marketing.email-events.v1", kind, person, at, data)
    }

    fn created(&mut self, person: Person, at: Moment) -> Letter {
        let origin = *self.prng.pick(&["integration", "human"]);
        let data = json!({
            "record_origin": origin, "person": { "email": person.email() }, "crm": person.crm(),
            "owner": { "system": "crm", "object": "user", "id": *self.prng.pick(&REPS) },
        });
        self.letter("crm.lead-events.v1", "crm.lead.created.v1", person, at, data)
    }

    /// What sales did with a person, by somebody: accepted, declined, contacted, qualified, rejected, noted.
    pub fn sales(&mut self, person: Person, at: Moment, kind: &str, rep: &str) -> Letter {
        let mut data = json!({
            "actor": { "system": "crm", "object": "user", "id": rep }, "person": { "email": person.email() },
        });
        if self.prng.one_in(3) {
            data["crm"] = person.crm();
            // Some records name the person by the CRM's key alone, which another record has to introduce.
            if self.written.is_multiple_of(2) {
                data.as_object_mut().unwrap().remove("person");
            }
        }
        let mut topic = "crm.lead-events.v1";
        match kind {
            "crm.lead.contacted.v1" => {
                data["attempt_id"] = json!(format!("call-{}", self.written));
                data["channel"] = json!("phone");
                data["direction"] = json!("outbound");
                data["outcome"] = json!("conversation");
                data["automated"] = json!(false);
            }
            "crm.lead.qualified.v1" => {
                data["facts"] = json!({ "need": "yes", "authority": "decides", "budget": "plausible",
                    "timeline_months": 4 });
                data["next_step_on"] = json!(at.plus(5 * DAY).to_string()[..10]);
            }
            "sales.lead.rejected.v1" => {
                topic = "sales.feedback.v1";
                data["reason"] = json!(*self.prng.pick(&REASONS));
                data["note"] = json!("said so on the phone, twice");
            }
            "sales.feedback.noted.v1" => {
                topic = "sales.feedback.v1";
                data["theme"] = json!("objection");
                data["note"] = json!("compares with a spreadsheet");
            }
            _accepted_or_declined => {}
        }
        self.letter(topic, kind, person, at, data)
    }

    /// A revision of a deal; `change` is `opened`, `updated`, `won` or `lost`.
    pub fn deal(
        &mut self,
        people: &[Person],
        at: Moment,
        deal: usize,
        revision: i64,
        change: &str,
    ) -> Letter {
        let contacts: Vec<Value> =
            people.iter().map(|person| json!({ "email": person.email(), "primary": true })).collect();
        let mut data = json!({
            "opportunity": { "system": "crm", "id": format!("006-{deal}") }, "revision": revision,
            "kind": "new_business", "opened_at": start().to_string(), "amount": "84000.00", "currency": "EUR",
            "owner": { "system": "crm", "object": "user", "id": "u-dev-patel" }, "contacts": contacts,
        });
        if change == "won" || change == "lost" {
            data["closed_on"] = json!(at.to_string()[..10]);
        }
        let kind = format!("crm.opportunity.{change}.v1");
        self.letter("crm.lead-events.v1", &kind, people[0], at, data)
    }

    fn rubbish(&mut self, at: Moment) -> Letter {
        let partition = i32::try_from(self.prng.below(PARTITIONS as usize)).unwrap();
        let topic = *self.prng.pick(&TOPICS);
        Letter { topic, partition, at, value: b"{ no json".to_vec(), says: "rubbish".to_owned() }
    }

    /// Any record about one of the people.
    fn any(&mut self, people: usize, at: Moment) -> Letter {
        let person = Person(self.prng.below(people));
        let rep = *self.prng.pick(&REPS);
        match self.prng.below(16) {
            0 | 1 => {
                let kind = *self.prng.pick(&["demo", "content", "pricing"]);
                self.form(person, at, kind)
            }
            2 => self.signal(person, at),
            3 => self.session(person, at),
            4 => self.email(person, at),
            5 => self.created(person, at),
            6 => self.sales(person, at, "crm.lead.accepted.v1", rep),
            7 => self.sales(person, at, "crm.lead.declined.v1", rep),
            8 => self.sales(person, at, "crm.lead.contacted.v1", rep),
            9 => self.sales(person, at, "crm.lead.qualified.v1", rep),
            10 => self.sales(person, at, "sales.lead.rejected.v1", rep),
            11 => self.sales(person, at, "sales.feedback.noted.v1", rep),
            12 => self.rubbish(at),
            _deals => {
                let change = *self.prng.pick(&["opened", "updated", "won", "lost"]);
                let both = [person, Person((person.0 + 1) % people)];
                let contacts = if self.prng.one_in(2) { &both[..1] } else { &both[..] };
                let deal = self.prng.below(2);
                let revision = i64::try_from(self.prng.below(4)).unwrap() + 1;
                self.deal(contacts, at, deal, revision, change)
            }
        }
    }

    /// So many records about so many people, in the order in which they occurred, over the last hours.
    pub fn records(&mut self, count: usize, people: usize) -> Vec<Letter> {
        let mut at = start().plus(-5 * 60 * MINUTE);
        (0..count)
            .map(|_| {
                at = at.plus(i64::try_from(self.prng.below(15)).unwrap() * MINUTE);
                self.any(people, at)
            })
            .collect()
    }
}

/// The same record told again by a producer that stamps the time anew.
pub fn restamped(letter: &Letter) -> Letter {
    let Ok(mut event) = serde_json::from_slice::<Value>(&letter.value) else { return letter.clone() };
    event["time"] = json!(letter.at.plus(2 * MINUTE).to_string());
    Letter { value: event.to_string().into_bytes(), ..letter.clone() }
}
