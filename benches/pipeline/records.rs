//! The records of a run: forms that make leads, then the mix that a busy day brings. The same every time.

use serde_json::json;
use std::time::Duration;

/// One record, ready to be produced or decoded.
#[derive(Clone, Debug)]
pub struct Record {
    pub topic: &'static str,
    pub partition: i32,
    pub key: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub value: Vec<u8>,
}

impl Record {
    /// The same record under another CloudEvents id, so that it is no duplicate.
    pub fn renamed(&self, id: &str) -> Self {
        self.with("ce_id", id)
    }

    /// The same record as if it had happened so much later than now.
    pub fn happened_in(&self, ahead: Duration) -> Self {
        self.with("ce_time", &(jiff::Timestamp::now() + ahead).to_string())
    }

    fn with(&self, header: &str, instead: &str) -> Self {
        let headers = self.headers.iter().map(|(name, value)| {
            let value = if name == header { instead.as_bytes().to_vec() } else { value.clone() };
            (name.clone(), value)
        });
        Self { headers: headers.collect(), ..self.clone() }
    }
}

/// What a run reads.
pub struct Made {
    /// One form a person: makes the leads, is not measured.
    pub forms: Vec<Record>,
    pub mix: Vec<Record>,
}

const FORMS: &str = "marketing.form-fills.v1";
const SIGNALS: &str = "marketing.signals.v1";
const MAILS: &str = "marketing.email-events.v1";
const CRM: &str = "crm.lead-events.v1";
const SALES: &str = "sales.feedback.v1";

/// Every topic that a run reads from.
pub const TOPICS: [&str; 5] = [CRM, MAILS, FORMS, SIGNALS, SALES];

/// Of 50 records one asks for a demo, and four tell what sales did about it: [`worked`].
const BLOCK: usize = 50;
const WORKED: usize = 4;

/// 62 % page views and sessions, 20 % clicks, 8 % newsletter and content forms, 2 % demo requests, 8 % what sales did about
/// them.
pub fn make(people: usize, count: usize) -> Made {
    let forms = (0..people).map(|person| form(person, "newsletter", person)).collect();
    let mix = (0..count)
        .map(|number| {
            let of = |number: usize| (number * 7_919 + number / people.max(1)) % people.max(1);
            let (person, id, place) = (of(number), people + number, number % BLOCK);
            match place {
                place if place >= BLOCK - WORKED => {
                    worked(of(number - place), number / BLOCK, place + WORKED - BLOCK, id)
                }
                0 => form(person, "demo", id),
                1..=4 => form(person, "content", id),
                5..=14 => click(person, id),
                15..=30 => signal(person, id, "session", "pricing"),
                _ => signal(person, id, "page_view", "product"),
            }
        })
        .collect();
    Made { forms, mix }
}

/// People of one company have numbers in a row.
pub const COLLEAGUES: usize = 3;

pub fn email(person: usize) -> String {
    format!("person{person}@company{}.example", person / COLLEAGUES)
}

pub fn form(person: usize, kind: &str, id: usize) -> Record {
    let data = json!({
        "form_id": format!("form-{kind}"), "form_kind": kind, "submission_id": format!("s{id}"),
        "person": {
            "email": email(person), "first_name": "Ada", "last_name": format!("Quist{person}"),
            "job_title": "Director Operations", "country": "DE",
            "company": {"name": format!("Company {}", person / COLLEAGUES), "employees": 50 + person % 3_000, "industry": "software"}
        },
        "campaign_id": format!("c{}", person % 12),
        "utm": {"source": "search", "medium": "cpc", "campaign": "autumn"},
    });
    record(FORMS, "form.submitted.v1", person, id, &data)
}

/// What sales did with the demo request of a block, in four steps: won in every third block, returned in another, open in the
/// last. Whoever was offered the lead, one rep tells it.
fn worked(person: usize, block: usize, step: usize, id: usize) -> Record {
    let actor = json!({"system": "crm", "object": "user", "id": "u-hugo-silva"});
    let who = json!({"email": email(person)});
    let deal = json!({"system": "crm", "id": format!("deal-{block}")});
    let (topic, event_type, data) = match (block % 3, step) {
        (_, 0) => (CRM, "crm.lead.accepted.v1", json!({"actor": actor, "person": who})),
        (1, 1) => (
            SALES,
            "sales.lead.rejected.v1",
            json!({"actor": actor, "person": who, "reason": "no_need", "note": "They only wanted the price list."}),
        ),
        (_, 1) => (
            CRM,
            "crm.lead.contacted.v1",
            json!({"actor": actor, "person": who, "attempt_id": format!("call-{id}"), "channel": "phone",
                "direction": "outbound", "outcome": "conversation", "automated": false}),
        ),
        (_, 2) => (
            CRM,
            "crm.opportunity.opened.v1",
            json!({"revision": 1, "contacts": [who], "kind": "new_business", "opened_at": "2026-03-18T14:05:00Z",
                "opportunity": deal}),
        ),
        (0, _) => (
            CRM,
            "crm.opportunity.won.v1",
            json!({"revision": 2, "contacts": [who], "kind": "new_business", "opened_at": "2026-03-18T14:05:00Z",
                "closed_on": "2026-05-27", "opportunity": deal, "amount": "12000.00", "currency": "EUR"}),
        ),
        _ => (
            CRM,
            "crm.lead.contacted.v1",
            json!({"actor": actor, "person": who, "attempt_id": format!("mail-{id}"), "channel": "email",
                "direction": "outbound", "outcome": "attempted", "automated": true}),
        ),
    };
    record(topic, event_type, person, id, &data)
}

fn signal(person: usize, id: usize, kind: &str, page: &str) -> Record {
    let data = json!({
        "person": {"email": email(person)}, "kind": kind, "page_kind": page,
        "url": "https://www.example.com/product?utm_source=search", "source": "search", "medium": "cpc",
    });
    record(SIGNALS, "signal.recorded.v1", person, id, &data)
}

fn click(person: usize, id: usize) -> Record {
    let data = json!({
        "person": {"email": email(person)}, "campaign_id": format!("c{}", person % 12),
        "message_id": format!("m{}", id / 3), "link_url": "https://www.example.com/offer",
    });
    record(MAILS, "email.clicked.v1", person, id, &data)
}

fn record(
    topic: &'static str,
    event_type: &str,
    person: usize,
    id: usize,
    data: &serde_json::Value,
) -> Record {
    let header = |name: &str, value: String| (name.to_owned(), value.into_bytes());
    Record {
        topic,
        partition: i32::try_from(person).unwrap_or(0) % super::installation::PARTITIONS,
        key: email(person),
        headers: vec![
            header("ce_specversion", "1.0".to_owned()),
            header("ce_id", format!("r{id}")),
            header("ce_source", "/bench".to_owned()),
            header("ce_type", format!("io.baton.{event_type}")),
            header("ce_time", jiff::Timestamp::now().to_string()),
            header("content-type", "application/json".to_owned()),
        ],
        value: data.to_string().into_bytes(),
    }
}
