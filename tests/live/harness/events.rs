//! Records that tests produce: a type, an id, and data as the contract says.

use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(1);

/// One CloudEvent.
#[expect(clippy::struct_field_names, reason = "`type` is a keyword")]
#[derive(Clone, Debug)]
pub struct Event {
    pub event_type: String,
    pub id: String,
    pub source: String,
    pub time: String,
    pub key: String,
    pub data: Value,
    pub traceparent: Option<String>,
}

impl Event {
    pub fn new(event_type: &str, source: &str, key: &str, data: Value) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            event_type: event_type.to_owned(),
            id: format!("e-{number}"),
            source: source.to_owned(),
            time: jiff::Timestamp::now().to_string(),
            key: key.to_owned(),
            data,
            traceparent: None,
        }
    }

    /// The headers of binary mode.
    pub fn headers(&self) -> Vec<(String, String)> {
        [
            ("ce_specversion", "1.0".to_owned()),
            ("ce_id", self.id.clone()),
            ("ce_source", self.source.clone()),
            ("ce_type", format!("io.baton.{}", self.event_type)),
            ("ce_time", self.time.clone()),
            ("content-type", "application/json".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .chain(self.traceparent.iter().map(|trace| ("traceparent".to_owned(), trace.clone())))
        .collect()
    }
}

/// A form of some kind by somebody of a 500-employee software company in Germany.
pub fn form(kind: &str, email: &str, title: &str) -> Event {
    let domain = email.split_once('@').map_or("acme.example", |(_, domain)| domain);
    Event::new(
        "form.submitted.v1",
        "/forms",
        email,
        json!({
            "form_id": format!("form-{kind}"),
            "form_kind": kind,
            "person": {
                "email": email, "first_name": "Ada", "last_name": "Quist", "job_title": title, "country": "DE",
                "company": {"name": "Acme Robotics", "domain": domain, "employees": 500, "industry": "software"}
            },
            "campaign_id": "c-autumn",
            "submission_id": format!("s-{email}"),
        }),
    )
}

/// A demo request of a vice president.
pub fn demo_request(email: &str) -> Event {
    form("demo", email, "VP Sales")
}

/// A fact of the CRM about a lead, by a CRM user.
pub fn crm(event_type: &str, lead: &str, actor: &str, mut data: Value) -> Event {
    data["lead_id"] = json!(lead);
    data["actor"] = json!({"system": "crm", "object": "user", "id": actor});
    Event::new(event_type, "/crm", lead, data)
}
