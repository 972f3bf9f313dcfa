//! The records of a drawn company's history: forms, what sales says that it did, deals, and who wants no contact. They are
//! only written here; nothing of them is decided.

use super::drawn::{COUNTRIES, KINDS, PRODUCTS, REGIONS, SOURCES};
use super::live::Company;
use baton::domain::time::DAY;
use baton::transaction::batch::Entry;
use serde_json::json;

/// Reasons of rejections, each with what a record of it brings.
const REASONS: [&str; 11] = [
    "no_need",
    "no_budget",
    "junk",
    "unreachable",
    "bad_timing",
    "bad_data",
    "opt_out",
    "wrong_territory",
    "existing_customer",
    "return",
    "other",
];
impl Company {
    /// Somebody of a house fills a form.
    pub fn form(&mut self, email: &str, house: usize, number: usize) -> Entry {
        self.told += 1;
        let prng = &mut self.prng;
        let mut data = json!({
            "form_id": "form-1", "form_kind": *prng.pick(&KINDS), "submission_id": format!("s-{number}"),
            "person": {
                "email": email, "first_name": "Priya", "last_name": "Raman",
                "job_title": *prng.pick(&["VP Sales", "Sales Manager", "Student"]),
                "country": *prng.pick(&COUNTRIES), "region": *prng.pick(&REGIONS),
                "company": { "name": format!("House {house}"), "domain": format!("house{house}.example"),
                    "employees": *prng.pick(&[20, 480, 5_000]), "industry": "software" },
            },
        });
        if prng.one_in(3) {
            data["requested_product"] = json!(*prng.pick(&PRODUCTS));
        }
        if prng.one_in(2) {
            data["campaign_id"] = json!(*prng.pick(&SOURCES));
        }
        let event = self.desk.event("form.submitted.v1", &format!("e-{}", self.told), data);
        self.desk.entry("marketing.form-fills.v1", &event)
    }

    /// A report of the CRM about somebody, with all that a rejection may have to bring.
    pub fn said_by_sales(&mut self, said: &str, email: &str, by: &str) -> Entry {
        let id = format!("e-{}", self.told);
        let more = match said {
            "contacted" => json!({ "attempt_id": id, "channel": "phone", "direction": "outbound",
                "outcome": *self.prng.pick(&["attempted", "conversation"]), "automated": false }),
            "qualified" => json!({ "facts": { "need": "yes", "authority": "decides", "budget": "plausible",
                "timeline_months": 4 }, "next_step_on": self.desk.now.plus(5 * DAY).to_string()[..10] }),
            "rejected" => {
                let mut more = json!({ "reason": *self.prng.pick(&REASONS), "note": "said so on the phone, twice",
                    "attempts": 6, "scope": "marketing", "fields": ["phone"],
                    "retry_on": self.desk.now.plus(40 * DAY).to_string()[..10] });
                if self.prng.one_in(2) {
                    let rep = self.prng.pick(&self.drawn.reps);
                    more["proposed_owner"] =
                        json!({ "system": "crm", "object": "user", "id": format!("u-{rep}") });
                }
                more
            }
            _accepted_or_declined => json!({}),
        };
        let kind = match said {
            "rejected" => "sales.lead.rejected.v1".to_owned(),
            said => format!("crm.lead.{said}.v1"),
        };
        self.desk.crm(&kind, &id, email, by, more)
    }

    /// A deal of one person.
    pub fn deal(&mut self, change: &str, email: &str, by: &str) -> Entry {
        let mut data = json!({
            "opportunity": { "system": "crm", "id": format!("o-{}", email.replace('@', "-")) },
            "revision": self.told, "kind": "new_business", "opened_at": self.desk.minutes_ago(90),
            "owner": { "system": "crm", "object": "user", "id": by },
            "contacts": [{ "email": email, "primary": true }],
        });
        if change != "opened" {
            data["closed_on"] = json!(self.desk.now.to_string()[..10]);
        }
        let id = format!("e-{}", self.told);
        let event = self.desk.event(&format!("crm.opportunity.{change}.v1"), &id, data);
        self.desk.entry("crm.lead-events.v1", &event)
    }

    /// The person wants to hear from nobody.
    pub fn no_contact(&mut self, email: &str) -> Entry {
        let data = json!({ "person": { "email": email }, "requested_at": self.desk.minutes_ago(2) });
        let event = self.desk.event("contact.suppressed.v1", &format!("e-{}", self.told), data);
        self.desk.entry("privacy.requests.v1", &event)
    }
}
