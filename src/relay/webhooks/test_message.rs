//! A message that says only that it is a test, sent to one endpoint at an operator's word. It leaves no row.

use super::verdict::Verdict;
use super::wire::{Parcel, Wire};
use super::{Endpoints, Target};
use crate::clock;
use crate::contract::envelope::TYPE_PREFIX;
use crate::contract::notice::Letter;
use crate::contract::outbound::SOURCE;
use crate::domain::time::Moment;
use serde_json::json;
use uuid::Uuid;

/// The type of a test, without the `io.baton.` prefix.
const TEST_TYPE: &str = "webhook.tested.v1";
const WORDS: &str = "This is a test of Baton: nobody's lead, nothing to do.";

/// What a test came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    pub delivered: bool,
    /// A code, as deliveries have it.
    pub status: String,
    pub id: String,
}

/// Tells one endpoint that this is a test; `None` where no endpoint has the name.
pub async fn try_endpoint(wire: &Wire, endpoints: &Endpoints, name: &str) -> Option<Tried> {
    let now = Moment(clock::wall_micros());
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("baton test {name} {now}").as_bytes()).to_string();
    let parcel = match endpoints.get(name)? {
        Target::Webhook(hook) => {
            let event = json!({
                "specversion": "1.0", "id": id, "source": SOURCE, "type": format!("{TYPE_PREFIX}{TEST_TYPE}"),
                "time": now.to_string(), "timestamp": now.to_string(), "datacontenttype": "application/json",
                "data": { "message": WORDS },
            });
            let body = event.to_string().into_bytes();
            Parcel::Webhook { url: hook.url.clone(), keys: hook.keys.clone(), id: id.clone(), body }
        }
        Target::Slack { url, .. } => {
            Parcel::Slack { url: url.clone(), body: json!({ "text": WORDS }).to_string().into_bytes() }
        }
        Target::Email { address, .. } => {
            let letter = Letter { subject: "A test of Baton".to_owned(), text: format!("{WORDS}\r\n") };
            Parcel::Email { to: address.clone(), letter, id: id.clone() }
        }
    };
    let (delivered, status) = match wire.send(parcel).await {
        Verdict::Done(status) => (true, status),
        Verdict::Again { status, .. } | Verdict::Gone(status) | Verdict::Refused(status) => (false, status),
        Verdict::Failed(status) | Verdict::Dropped(status) => (false, status.to_owned()),
    };
    Some(Tried { delivered, status, id })
}
