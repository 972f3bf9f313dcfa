//! A row and what is known of its person become the record that is sent. Pure; it never keeps what it filled in.

use crate::contract::keys::{Keys, email_domain};
use crate::contract::outbound::{self, Head, PersonFill, Topic};
use crate::contract::request::CrmKey;
use crate::contract::sealing::SealError;
use crate::store::outbox::Unsent;
use crate::store::outlet::Identifiers;
use crate::store::rows::{OutTopic, PersonRow};
use rdkafka::message::{Header, OwnedHeaders};

/// A record as it goes to Kafka.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub topic: Topic,
    /// The lead's id as text: consumers key by it.
    pub key: String,
    pub headers: Vec<(&'static str, String)>,
    /// `None` is a tombstone.
    pub payload: Option<Vec<u8>>,
}

/// A row that cannot become a record.
#[derive(Debug, thiserror::Error)]
pub(super) enum FillingError {
    #[error("the row names topic {number}, which does not exist")]
    Topic { number: i16 },
    #[error("the row's payload cannot be filled in")]
    Payload(#[from] outbound::FillError),
    #[error("the CRM keys of an erased person cannot be opened")]
    Sealed(#[from] SealError),
}

/// The topic that a row's number names.
pub(super) fn topic(number: i16) -> Option<Topic> {
    [
        (OutTopic::Handoff, Topic::Handoff),
        (OutTopic::Feedback, Topic::Feedback),
        (OutTopic::State, Topic::State),
    ]
    .into_iter()
    .find(|(out, _)| out.number() == number)
    .map(|(_, topic)| topic)
}

/// Fills a row.
pub(super) fn outgoing(
    row: &Unsent,
    identifiers: &Identifiers,
    keys: &Keys,
) -> Result<Outgoing, FillingError> {
    let topic = topic(row.topic).ok_or(FillingError::Topic { number: row.topic })?;
    let mut person = identifiers.people.get(&row.lead).map(|it| person(it, keys)).unwrap_or_default();
    if let Some(sealed) = &row.sealed {
        person.crm = unsealed(&keys.open(row.lead.0.as_bytes(), sealed)?);
    }
    let cause = identifiers.causes.get(&row.cause).map(|cause| (cause.source.as_str(), cause.id.as_str()));
    let payload = match &row.payload {
        Some(payload) => Some(outbound::fill(topic, &row.event_type, payload, &person, cause)?),
        None => None,
    };
    let headers = outbound::headers(&Head {
        id: row.id,
        lead: row.lead,
        event_type: &row.event_type,
        occurred_at: row.occurred_at,
        traceparent: row.traceparent.as_deref(),
    });
    Ok(Outgoing { topic, key: row.lead.to_string(), headers, payload })
}

/// Headers as librdkafka wants them.
pub(super) fn kafka_headers(headers: &[(&'static str, String)]) -> OwnedHeaders {
    headers.iter().fold(OwnedHeaders::new_with_capacity(headers.len()), |all, (key, value)| {
        all.insert(Header { key, value: Some(value.as_str()) })
    })
}

/// The CRM keys of somebody who is erased, as the plan sealed them.
fn unsealed(text: &[u8]) -> Vec<CrmKey> {
    let keys: Vec<String> = serde_json::from_slice(text).unwrap_or_default();
    keys.iter().filter_map(|key| outbound::parse_crm(key)).collect()
}

fn person(row: &PersonRow, keys: &Keys) -> PersonFill {
    let of_mail = row.email.as_deref().and_then(email_domain);
    let domains = row.company_domain.as_deref().into_iter().chain(of_mail);
    PersonFill {
        domains: domains.map(|domain| (keys.company(domain), domain.to_owned())).collect(),
        email: row.email.clone(),
        first_name: row.first_name.clone(),
        last_name: row.last_name.clone(),
        phone: row.phone.clone(),
        job_title: row.job_title.clone(),
        country: row.country.clone(),
        region: row.region.clone(),
        company_name: row.company_name.clone(),
        company_domain: row.company_domain.clone(),
        employees: row.employees.and_then(|count| u32::try_from(count).ok()),
        industry: row.industry.clone(),
        crm: row.crm.iter().filter_map(|text| outbound::parse_crm(text)).collect(),
        anonymous_id: row.anonymous_id.clone(),
        submission_id: row.submission_id.clone(),
        form_id: row.form_id.clone(),
        source: row.source.clone(),
    }
}
