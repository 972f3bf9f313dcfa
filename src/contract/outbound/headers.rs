//! CloudEvents attributes of a record out, in binary mode. They never hold data.

use crate::contract::envelope::TYPE_PREFIX;
use crate::domain::ids::{EventId, LeadId};
use crate::domain::time::Moment;

/// The CloudEvents source of everything that is published.
pub const SOURCE: &str = "/baton";

/// What a record's headers say.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// `ce_id`.
    pub id: EventId,
    /// `ce_subject`, and the record's key.
    pub lead: LeadId,
    /// Without the `io.baton.` prefix.
    pub event_type: &'a str,
    /// `ce_time`.
    pub occurred_at: Moment,
    /// The trace context to carry on.
    pub traceparent: Option<&'a str>,
}

/// The headers of a record; the trace context stands as CloudEvents and as W3C write it.
#[must_use]
pub fn headers(head: &Head<'_>) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("ce_specversion", "1.0".to_owned()),
        ("ce_id", head.id.to_string()),
        ("ce_source", SOURCE.to_owned()),
        ("ce_type", format!("{TYPE_PREFIX}{}", head.event_type)),
        ("ce_subject", head.lead.to_string()),
        ("ce_time", head.occurred_at.to_string()),
        ("content-type", "application/json".to_owned()),
    ];
    if let Some(traceparent) = head.traceparent {
        headers.push(("ce_traceparent", traceparent.to_owned()));
        headers.push(("traceparent", traceparent.to_owned()));
    }
    headers
}
