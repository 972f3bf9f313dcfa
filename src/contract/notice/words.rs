//! Words that notices share: moments in the reader's time, spans, clocks in plain words. It never lets foreign text begin a
//! line, a header or a link.

use crate::domain::custody::ClockKind;
use crate::domain::time::{DAY, HOUR, MINUTE, Moment};
use jiff::tz::TimeZone;
use serde_json::json;

/// Characters of one line of foreign text: names and companies are shorter.
const LINE_CHARS_MAX: usize = 200;

/// One line without control characters: nothing that came in can begin a new line or a new header.
pub(super) fn plain(text: &str) -> String {
    text.chars().take(LINE_CHARS_MAX).map(|it| if it.is_control() { ' ' } else { it }).collect()
}

/// Slack reads these three as markup.
pub(super) fn slack_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The body of a chat's message. Previews would open the links; that changes nothing, but it is of no use either.
pub(super) fn chat(lines: &[String]) -> Vec<u8> {
    let message = json!({ "text": lines.join("\n"), "unfurl_links": false, "unfurl_media": false });
    serde_json::to_vec(&message).unwrap_or_default()
}

/// A moment in a time zone by its IANA name; in UTC where that is unknown.
pub(super) fn moment(at: Moment, time_zone: Option<&str>) -> String {
    let named = time_zone.and_then(|name| TimeZone::get(name).ok());
    let local = at.timestamp().to_zoned(named.unwrap_or(TimeZone::UTC));
    local.strftime("%a %-d %b, %H:%M %Z").to_string()
}

/// How far off something is, in microseconds.
pub(super) fn span(left: i64) -> String {
    if left <= 0 { "over".to_owned() } else { format!("in {}", length(left)) }
}

/// A length of time, in microseconds: minutes are counted up, so that nobody reads of none.
pub(super) fn length(micros: i64) -> String {
    if micros < HOUR {
        format!("{} min", (micros.max(0) + MINUTE - 1) / MINUTE)
    } else if micros < DAY {
        format!("{} h {} min", micros / HOUR, micros % HOUR / MINUTE)
    } else {
        format!("{} d {} h", micros / DAY, micros % DAY / HOUR)
    }
}

/// What a clock asks for, after "to".
pub(super) fn to_do(kind: ClockKind) -> &'static str {
    match kind {
        ClockKind::AcceptBy => "accept",
        ClockKind::ContactBy => "call",
        ClockKind::DispositionBy => "qualify or return it",
        ClockKind::NextStepBy => "take the next step",
        ClockKind::RouteBy => "find a rep",
        ClockKind::RecycleAt => "take it up again",
        ClockKind::ReviewBy => "look at it",
        ClockKind::RespondBy => "answer",
        ClockKind::FactsBy => "add the missing facts",
        ClockKind::VerdictBy => "decide the contest",
        ClockKind::RedriveBy => "mend and redrive it",
    }
}
