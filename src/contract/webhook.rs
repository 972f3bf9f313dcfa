//! Webhooks as Standard Webhooks has them: the body of an event, and its signatures. It never holds a person or a CRM key,
//! so that one id always has one content; it sends nothing.

use super::envelope::TYPE_PREFIX;
use super::keys::COMPANY_PREFIX;
use super::outbound::SOURCE;
use crate::domain::ids::{EventId, LeadId};
use crate::domain::time::Moment;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::{Map, Value, json};

/// Signatures by HMAC-SHA256 stand under this version.
const VERSION: &str = "v1";
/// What only the relay fills in, for Kafka; stored payloads have neither, and neither ever goes out here.
const LEFT_OUT: [&str; 2] = ["person", "crm"];

/// A published event as the outbox stored it.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    pub id: EventId,
    pub lead: LeadId,
    /// Without the `io.baton.` prefix.
    pub event_type: &'a str,
    pub occurred_at: Moment,
    /// A JSON object without identifiers.
    pub payload: &'a [u8],
}

/// A stored payload that is no JSON object: the row is damaged.
#[derive(Debug, thiserror::Error)]
#[error("a stored payload is no JSON object")]
pub struct BodyError(#[source] serde_json::Error);

/// The body of an event: a CloudEvent in structured mode whose `timestamp`, `type` and `data` are those of Standard
/// Webhooks. The same event gives the same bytes.
///
/// # Errors
/// The stored payload is no JSON object.
pub fn body(stored: &Stored<'_>) -> Result<Vec<u8>, BodyError> {
    let mut data: Map<String, Value> = serde_json::from_slice(stored.payload).map_err(BodyError)?;
    for name in LEFT_OUT {
        data.remove(name);
    }
    // Of a one-person domain it is the person's own; whoever may know it reads it from Kafka.
    if let Some(domain) = data.get_mut("account").and_then(|account| account.get_mut("domain"))
        && domain.as_str().is_some_and(|text| text.starts_with(COMPANY_PREFIX))
    {
        *domain = Value::Null;
    }
    let time = stored.occurred_at.to_string();
    let event = json!({
        "specversion": "1.0",
        "id": stored.id.to_string(),
        "source": SOURCE,
        "type": format!("{TYPE_PREFIX}{}", stored.event_type),
        "subject": stored.lead.to_string(),
        "time": time,
        "timestamp": time,
        "datacontenttype": "application/json",
        "data": data,
    });
    serde_json::to_vec(&event).map_err(BodyError)
}

/// The value of `webhook-signature`: one signature per key, parted by spaces.
///
/// `timestamp` is the attempt's, in seconds since 1970-01-01; `id` holds no full stop.
#[must_use]
pub fn signatures<'a>(
    keys: impl IntoIterator<Item = &'a [u8]>,
    id: &str,
    timestamp: i64,
    body: &[u8],
) -> String {
    let mut signed = format!("{id}.{timestamp}.").into_bytes();
    signed.extend_from_slice(body);
    let all: Vec<String> = keys
        .into_iter()
        .map(|key| {
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &signed);
            format!("{VERSION},{}", STANDARD.encode(tag.as_ref()))
        })
        .collect();
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn stored(payload: &[u8]) -> Stored<'_> {
        let id = EventId(Uuid::from_u128(7));
        let lead = LeadId(Uuid::from_u128(8));
        Stored { id, lead, event_type: "lead.routed.v1", occurred_at: Moment(0), payload }
    }

    /// The example of the specification, whose secret is `MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`.
    #[test]
    fn a_signature_is_the_one_that_others_compute() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed =
            signatures([&key[..]], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let both = signatures([&key[..], &[1; 32]], "a", 1, b"{}");
        assert_eq!(both.split(' ').count(), 2, "every secret signs");
    }

    #[test]
    fn a_body_has_neither_person_nor_crm_key_nor_a_domain() {
        let payload = br#"{"lead_id":"x","person":{"email":"a@b.example"},"crm":[{"id":"00Q"}],
            "account":{"id":"y","domain":"hmac:0011"},"holder":{"id":"ana"}}"#;
        let body = body(&stored(payload)).unwrap();
        let text = String::from_utf8(body.clone()).unwrap();
        for word in ["person", "00Q", "hmac:", "a@b"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
        let event: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(event["type"], "io.baton.lead.routed.v1");
        assert_eq!(event["timestamp"], event["time"]);
        assert_eq!(event["data"]["holder"]["id"], "ana");
        assert_eq!(body, super::body(&stored(payload)).unwrap(), "one event, one content");
        assert!(super::body(&stored(b"[]")).is_err());
    }
}
