//! The summary of an hour in which more happened than anybody reads: how many notices were left out, and where they are
//! listed. It names no lead.

use super::{Kind, Text};
use crate::domain::ids::EventId;
use crate::domain::time::{HOUR, Moment};
use serde_json::{Value, json};

/// The type that rows have for it.
pub const SUMMARY_TYPE: &str = "notice.summary.v1";

/// An hour's notices of one kind to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub kind: Kind,
    pub endpoint: String,
    /// The hour's beginning.
    pub from: Moment,
}

impl Summary {
    /// The hour that a moment lies in.
    #[must_use]
    pub fn of(kind: Kind, endpoint: &str, at: Moment) -> Self {
        Self { kind, endpoint: endpoint.to_owned(), from: Moment(at.0 - at.0.rem_euclid(HOUR)) }
    }

    /// The end of the hour, when it is told.
    #[must_use]
    pub fn to(&self) -> Moment {
        self.from.plus(HOUR)
    }

    /// The same for every instance, so that there is one an hour.
    #[must_use]
    pub fn id(&self) -> EventId {
        EventId::of_notice(&["summary", &self.endpoint, self.kind.code(), &self.from.to_string()])
    }

    /// What a row keeps of it.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        json!({ "notice": self.kind.code(), "endpoint": self.endpoint, "from": self.from.to_string() })
            .to_string()
            .into_bytes()
    }

    /// Reads what a row keeps.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let kept: Value = serde_json::from_slice(body).ok()?;
        Some(Self {
            kind: Kind::parse(kept["notice"].as_str()?)?,
            endpoint: kept["endpoint"].as_str()?.to_owned(),
            from: Moment::parse(kept["from"].as_str()?).ok()?,
        })
    }

    /// The words; `count` notices were left out.
    #[must_use]
    pub fn text(&self, count: i64, board_url: &str) -> Text {
        let (what, page) = match self.kind {
            Kind::Reminder => ("deadlines of yours come near", "my"),
            Kind::Breach => ("deadlines of yours were missed", "my"),
            Kind::Escalation => ("missed duties still stand in your team", "floor"),
            Kind::TakenBack => ("leads went on to others; nothing to do", "my"),
            Kind::Given => ("leads came to you", "my"),
            Kind::Contest => ("contests wait for your verdict", "my"),
            Kind::Reply => ("people asked again and wait for your answer", "my"),
            Kind::Offer | Kind::Summary | Kind::Digest => ("leads have news", "my"),
        };
        Text {
            heading: format!("{count} more in the last hour: {what}"),
            lines: vec!["They were too many to tell one by one.".to_owned()],
            links: vec![("Open the list", format!("{board_url}/{page}"))],
            foot: None,
        }
    }
}
