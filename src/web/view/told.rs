//! What was told to others about a lead, over Kafka and beside it, and whether it went out. It reads nothing itself.

use crate::domain::time::Moment;
use crate::store::read::deliveries::DeliveryLine;
use crate::store::read::published::ToldRead;
use crate::web::words::{ago, capital, moment_words, plain};

/// The number of the CRM's topic.
const TO_CRM: i16 = 1;

/// One record that goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldLine {
    pub what: String,
    pub to: String,
    pub state: String,
    pub title: String,
    pub tone: &'static str,
}

/// The records of a lead, the latest first.
#[must_use]
pub fn told_lines(read: &[ToldRead], now: Moment) -> Vec<ToldLine> {
    read.iter()
        .map(|row| {
            let decided = moment_words(Moment(row.created_at));
            let (state, title, tone) = match (row.sent_at, &row.held_reason) {
                (Some(at), _) => (
                    format!("sent {}", ago(now, Moment(at))),
                    format!("decided {decided}, sent {}", moment_words(Moment(at))),
                    "good",
                ),
                (None, Some(reason)) => {
                    (format!("held: {}", plain(reason)), format!("decided {decided}"), "bad")
                }
                (None, None) => ("waits to be sent".to_owned(), format!("decided {decided}"), "warn"),
            };
            ToldLine {
                what: event_name(&row.event_type),
                to: if row.topic == TO_CRM { "to the CRM" } else { "to marketing" }.to_owned(),
                state,
                title,
                tone,
            }
        })
        .collect()
}

/// Webhooks and notices about a lead, in the order in which they were read.
#[must_use]
pub fn delivery_lines(read: &[DeliveryLine], now: Moment) -> Vec<ToldLine> {
    read.iter()
        .map(|row| {
            let status = row.last_status.as_deref().map(plain).unwrap_or_default();
            let why = if status.is_empty() { String::new() } else { format!(": {status}") };
            let (state, tone) = match row.state.as_str() {
                "done" => {
                    (format!("told {}", ago(now, Moment(row.ended_at.unwrap_or(row.created_at)))), "good")
                }
                "failed" => (format!("failed{why}"), "bad"),
                "dropped" => (format!("not worth telling any more{why}"), "warn"),
                _ if row.attempts == 0 => ("waits to be told".to_owned(), "warn"),
                _ => (format!("is tried again{why}"), "warn"),
            };
            let decided = moment_words(Moment(row.created_at));
            ToldLine {
                what: row.notice.as_deref().map_or_else(|| event_name(&row.event_type), notice_name),
                to: format!("to {}", row.endpoint.replace(':', " ")),
                state,
                title: format!("decided {decided}; attempts: {}", row.attempts),
                tone,
            }
        })
        .collect()
}

/// What a notice tells, as people read it.
fn notice_name(kind: &str) -> String {
    capital(&plain(kind))
}

/// `lead.routed.v1` as people read it.
fn event_name(event_type: &str) -> String {
    capital(&plain(event_type.strip_suffix(".v1").unwrap_or(event_type)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::MINUTE;

    #[test]
    fn what_waits_and_what_is_held_is_shown_beside_what_went_out() {
        let row = |topic, sent_at, held_reason: Option<&str>| ToldRead {
            event_type: "lead.routed.v1".to_owned(),
            topic,
            lead_version: 3,
            created_at: 0,
            sent_at,
            held_reason: held_reason.map(str::to_owned),
        };
        let rows = [row(1, Some(0), None), row(2, None, None), row(2, None, Some("no_crm_key"))];
        let lines = told_lines(&rows, Moment(5 * MINUTE));
        let shown: Vec<(&str, &str, &str)> =
            lines.iter().map(|line| (line.to.as_str(), line.state.as_str(), line.tone)).collect();
        assert_eq!(lines[0].what, "Lead routed");
        assert_eq!(
            shown,
            [
                ("to the CRM", "sent 5 min ago", "good"),
                ("to marketing", "waits to be sent", "warn"),
                ("to marketing", "held: no crm key", "bad"),
            ]
        );
    }

    #[test]
    fn a_failed_webhook_says_why_and_one_that_is_tried_again_does_not_look_done() {
        let row = |state: &str, attempts, last_status: Option<&str>| DeliveryLine {
            id: 1,
            event_id: uuid::Uuid::from_u128(7),
            event_type: "lead.routed.v1".to_owned(),
            lead_id: Some(uuid::Uuid::from_u128(8)),
            notice: None,
            channel: "webhook".to_owned(),
            endpoint: "webhook:automation".to_owned(),
            state: state.to_owned(),
            attempts,
            created_at: 0,
            next_try_at: 0,
            last_try_at: None,
            last_status: last_status.map(str::to_owned),
            ended_at: (state == "done").then_some(MINUTE),
        };
        let rows = [
            row("done", 1, Some("http_200")),
            row("failed", 9, Some("http_503")),
            row("waiting", 2, Some("timeout")),
            row("waiting", 0, None),
            row("dropped", 0, Some("superseded")),
        ];
        let lines = delivery_lines(&rows, Moment(6 * MINUTE));
        assert!(lines.iter().all(|line| line.to == "to webhook automation" && line.what == "Lead routed"));
        let shown: Vec<(&str, &str)> = lines.iter().map(|line| (line.state.as_str(), line.tone)).collect();
        assert_eq!(
            shown,
            [
                ("told 5 min ago", "good"),
                ("failed: http 503", "bad"),
                ("is tried again: timeout", "warn"),
                ("waits to be told", "warn"),
                ("not worth telling any more: superseded", "warn"),
            ]
        );
    }
}
