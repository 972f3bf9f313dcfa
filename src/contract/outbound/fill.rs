//! What the relay adds to a stored payload when it sends: the person and producers' ids. It never stores the result.

use super::Topic;
use super::parts::{self, put};
use crate::contract::keys::COMPANY_PREFIX;
use crate::contract::request::CrmKey;
use serde_json::{Map, Value, json};

/// CRM keys of one person on the wire; the schema's bound.
const CRM_KEYS_MAX: usize = 10;
/// Kinds of CRM record, as keys name them.
const OBJECTS: &[&str] = &["lead", "contact", "account", "deal", "user"];

/// A person as `person` keeps them; an erased one is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonFill {
    /// E-mail address.
    pub email: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Job title.
    pub job_title: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// State or region.
    pub region: Option<String>,
    /// Name of the company.
    pub company_name: Option<String>,
    /// Web domain of the company.
    pub company_domain: Option<String>,
    /// Size of the company.
    pub employees: Option<u32>,
    /// Industry of the company.
    pub industry: Option<String>,
    /// Keys in CRMs.
    pub crm: Vec<CrmKey>,
    /// The visitor's cookie id.
    pub anonymous_id: Option<String>,
    /// The producer's id of the form that was sent in.
    pub submission_id: Option<String>,
    /// The producer's id of the form.
    pub form_id: Option<String>,
    /// Source of the visit.
    pub source: Option<String>,
    /// Domains that the person's company may have, each with what stored payloads know it by.
    pub domains: Vec<(String, String)>,
}

/// A stored payload that is no JSON object: the row is damaged.
#[derive(Debug, thiserror::Error)]
#[error("a stored payload is no JSON object")]
pub struct FillError(#[source] serde_json::Error);

/// A key as `person` keeps it: `system:object:id`.
#[must_use]
pub fn crm_text(key: &CrmKey) -> String {
    format!("{}:{}:{}", key.system, key.object, key.id)
}

/// Reads what [`crm_text`] wrote; systems and ids may hold colons.
#[must_use]
pub fn parse_crm(text: &str) -> Option<CrmKey> {
    let mut places = text.match_indices(':');
    places.find_map(|(place, _)| {
        let (object, id) = text.get(place + 1..)?.split_once(':')?;
        OBJECTS.contains(&object).then(|| CrmKey {
            system: text.get(..place).unwrap_or_default().to_owned(),
            object: object.to_owned(),
            id: id.to_owned(),
        })
    })
}

/// The bytes to send: the stored payload with `person`, `crm`, producers' ids and `cause`, as the topic carries them.
///
/// # Errors
/// The stored payload is no JSON object.
pub fn fill(
    topic: Topic,
    event_type: &str,
    payload: &[u8],
    person: &PersonFill,
    cause: Option<(&str, &str)>,
) -> Result<Vec<u8>, FillError> {
    let mut payload: Map<String, Value> = serde_json::from_slice(payload).map_err(FillError)?;
    name_company(&mut payload, person);
    match topic {
        Topic::Handoff => {
            put(&mut payload, "crm", crm(person));
            if event_type != "lead.erased.v1" {
                put(&mut payload, "person", particulars(person));
            }
            if event_type == "lead.diverged.v1" {
                put(&mut payload, "cause", cause_of(cause));
            }
        }
        Topic::Feedback => {
            put(&mut payload, "source", person.source.clone());
            put(&mut payload, "form_id", person.form_id.clone());
            put(&mut payload, "submission_id", person.submission_id.clone());
            put(&mut payload, "anonymous_id", person.anonymous_id.clone());
            put(&mut payload, "cause", cause_of(cause));
        }
        Topic::State => put(&mut payload, "crm", crm(person)),
    }
    serde_json::to_vec(&payload).map_err(FillError)
}

/// The company's domain, where the person is still there to name it.
fn name_company(payload: &mut Map<String, Value>, person: &PersonFill) {
    let Some(shown) = payload.get_mut("account").and_then(|account| account.get_mut("domain")) else {
        return;
    };
    let Some(known_by) = shown.as_str().filter(|it| it.starts_with(COMPANY_PREFIX)) else { return };
    let found = person.domains.iter().find(|(hashed, _)| hashed == known_by);
    *shown = found.map_or(Value::Null, |(_, domain)| json!(domain));
}

fn crm(person: &PersonFill) -> Value {
    person.crm.iter().take(CRM_KEYS_MAX).map(parts::crm_key).collect()
}

fn cause_of(cause: Option<(&str, &str)>) -> Value {
    cause.map_or(Value::Null, |(source, id)| json!({ "source": source, "id": id }))
}

/// Null for an erased person.
fn particulars(person: &PersonFill) -> Value {
    if *person == PersonFill::default() {
        return Value::Null;
    }
    json!({
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "phone": person.phone,
        "job_title": person.job_title,
        "country": person.country,
        "region": person.region,
        "company": {
            "name": person.company_name,
            "domain": person.company_domain,
            "employees": person.employees,
            "industry": person.industry,
        },
    })
}
