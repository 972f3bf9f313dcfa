//! What was told to others about a lead, and whether it went out. It reads nothing itself.

use crate::domain::time::Moment;
use crate::store::read::published::ToldRead;
use crate::web::words::{ago, moment_words, plain};

/// The number of the CRM's topic.
const TO_CRM: i16 = 1;

/// One record that goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldLine {
    pub what: String,
    pub to: &'static str,
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
            let what = row.event_type.strip_suffix(".v1").unwrap_or(&row.event_type);
            ToldLine {
                what: capital(&plain(what)),
                to: if row.topic == TO_CRM { "to the CRM" } else { "to marketing" },
                state,
                title,
                tone,
            }
        })
        .collect()
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
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
            lines.iter().map(|line| (line.to, line.state.as_str(), line.tone)).collect();
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
}
