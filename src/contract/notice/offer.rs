//! The notice of an offer: who it is, why this rep, until when, and the one-time links. It never decides who is told.

use super::words::{chat, moment, plain, slack_text, span};
use super::{Letter, Named};
use crate::domain::ids::{HandoffId, LeadId};
use crate::domain::time::Moment;
use serde_json::Value;
use uuid::Uuid;

/// Types that offer a lead to somebody.
const OFFERS: [&str; 2] = ["io.baton.lead.routed.v1", "io.baton.lead.reassigned.v1"];
/// Candidates whom "why you" names with their reason: more are a list nobody reads.
const OTHERS_MAX: usize = 3;

/// An offer, as its event tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub lead: LeadId,
    pub handoff: HandoffId,
    pub custody_version: u64,
    /// The offeree's id in the team.
    pub rep: String,
    pub rep_name: String,
    pub accept_by: Moment,
    pub contact_by: Option<Moment>,
    /// 1 to 4.
    pub priority: Option<u64>,
    pub grade: String,
    pub points: i64,
    /// At most three.
    pub talking_points: Vec<String>,
    /// Why this rep and nobody else.
    pub why: String,
    /// The lead's page.
    pub page: Option<String>,
}

/// Addresses of the one-time links; a pool's notice has none, since anybody there could press them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buttons {
    pub accept: String,
    pub pass: String,
    pub open: String,
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub offer: Offer,
    pub person: Named,
    pub buttons: Option<Buttons>,
    pub now: Moment,
    /// IANA name of the time zone that the reader lives in; UTC where it is unknown.
    pub time_zone: Option<String>,
}

impl Offer {
    /// Reads an event's body; `None` where it offers nothing that must be accepted.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        Self::of(&serde_json::from_slice(body).ok()?)
    }

    /// The same of an event that was read.
    #[must_use]
    pub(super) fn of(event: &Value) -> Option<Self> {
        if !OFFERS.contains(&event["type"].as_str()?) {
            return None;
        }
        let data = &event["data"];
        let due = |kind: &str| {
            let clocks = data["deadlines"].as_array()?;
            let clock = clocks.iter().find(|clock| clock["kind"] == kind)?;
            Moment::parse(clock["at"].as_str()?).ok()
        };
        let text = |value: &Value| value.as_str().map(plain).unwrap_or_default();
        let id = |name: &str| Uuid::try_parse(data[name].as_str()?).ok();
        let points = data["talking_points"].as_array();
        Some(Self {
            lead: LeadId(id("lead_id")?),
            handoff: HandoffId(id("handoff_id")?),
            custody_version: data["custody_version"].as_u64()?,
            rep: data["holder"]["id"].as_str()?.to_owned(),
            rep_name: text(&data["holder"]["name"]),
            accept_by: due("accept_by")?,
            contact_by: due("contact_by"),
            priority: data["priority"].as_u64(),
            grade: text(&data["score"]["grade"]),
            points: data["score"]["points"].as_i64().unwrap_or_default(),
            talking_points: points.into_iter().flatten().take(3).map(text).collect(),
            why: why(&data["receipt"]["route"]),
            page: data["action_url"].as_str().map(str::to_owned),
        })
    }
}

/// Why this rep: what matched, or whose turn it was, and who could not.
fn why(route: &Value) -> String {
    let text = |value: &Value| value.as_str().map(plain);
    let rule = text(&route["rule"]).unwrap_or_else(|| "the policy".to_owned());
    let matched = match &route["account_match"] {
        Value::Object(parts) => {
            let words: Vec<String> = parts.values().filter_map(text).collect();
            (!words.is_empty()).then(|| words.join(", "))
        }
        one @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            text(one)
        }
    };
    let mut why = match (matched, text(&route["pool"])) {
        (Some(matched), _) => format!("The company is known ({matched}); rule {rule}."),
        (None, Some(pool)) => format!("Rule {rule} gives it to the pool {pool}, and it is your turn."),
        (None, None) => format!("Rule {rule}."),
    };
    let others = route["candidates"].as_array().into_iter().flatten();
    let could_not: Vec<String> = others
        .filter_map(|it| Some(format!("{} ({})", text(&it["rep"])?, text(&it["why_not"])?.replace('_', " "))))
        .take(OTHERS_MAX)
        .collect();
    if !could_not.is_empty() {
        why = format!("{why} Not {}.", could_not.join(", "));
    }
    why
}

impl Notice {
    /// The body for an incoming webhook of Slack, or of what understands the same.
    #[must_use]
    pub fn slack(&self) -> Vec<u8> {
        let offer = &self.offer;
        let mut lines = Vec::new();
        let head = self.person.line();
        lines.push(match &self.buttons {
            Some(_) => format!("*A lead for you: {}*", slack_text(&head)),
            None => format!("*A lead for {}: {}*", slack_text(&offer.rep_name), slack_text(&head)),
        });
        lines.push(slack_text(&self.score()));
        lines.extend(offer.talking_points.iter().map(|point| format!("• {}", slack_text(point))));
        if self.buttons.is_some() {
            lines.push(format!("_Why you:_ {}", slack_text(&offer.why)));
        }
        lines.push(format!("*{}*", slack_text(&self.deadline())));
        match (&self.buttons, &offer.page) {
            (Some(buttons), _) => lines.push(format!(
                "<{}|Accept>   <{}|Pass on>   <{}|Open the lead>",
                buttons.accept, buttons.pass, buttons.open
            )),
            (None, Some(page)) => lines.push(format!("<{page}|Open the lead>")),
            (None, None) => {}
        }
        chat(&lines)
    }

    /// The words of an e-mail: plain text, complete without pictures.
    #[must_use]
    pub fn letter(&self) -> Letter {
        let offer = &self.offer;
        let place = self.person.company_line().map(|it| format!(", {it}")).unwrap_or_default();
        let until = self.moment(offer.accept_by);
        let subject = format!("A lead for you: {}{place}; accept by {until}", self.person.name());
        let mut lines = vec![self.person.line(), self.score(), String::new()];
        lines.extend(offer.talking_points.iter().map(|point| format!("- {point}")));
        lines.push(String::new());
        match &self.buttons {
            Some(_) => lines.push(format!("Why you: {}", offer.why)),
            None => lines.push(format!("Offered to {}.", offer.rep_name)),
        }
        lines.extend([self.deadline(), String::new()]);
        match (&self.buttons, &offer.page) {
            (Some(buttons), _) => lines.extend([
                format!("Accept:        {}", buttons.accept),
                format!("Pass it on:    {}", buttons.pass),
                format!("Open the lead: {}", buttons.open),
                String::new(),
                "Each link works once, and shows a button first. Whatever you do in the CRM counts as well."
                    .to_owned(),
            ]),
            (None, Some(page)) => lines.push(format!("The lead: {page}")),
            (None, None) => {}
        }
        lines.push(String::new());
        Letter { subject, text: lines.join("\r\n") }
    }

    fn score(&self) -> String {
        let priority = self.offer.priority.map(|it| format!("Priority {it}, ")).unwrap_or_default();
        format!("{priority}grade {}, {} points", self.offer.grade, self.offer.points)
    }

    fn deadline(&self) -> String {
        let offer = &self.offer;
        let left = span(offer.accept_by.since(self.now));
        let first = format!("Accept by {} ({left})", self.moment(offer.accept_by));
        match offer.contact_by {
            Some(at) => format!("{first}, call by {}.", self.moment(at)),
            None => format!("{first}."),
        }
    }

    fn moment(&self, at: Moment) -> String {
        moment(at, self.time_zone.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::MINUTE;
    use serde_json::json;

    fn event() -> Value {
        let text = include_str!("../../../schemas/handoff.leads.v1/lead.routed.v1.example.json");
        serde_json::from_str(text).unwrap()
    }

    fn notice(event: &Value, buttons: bool) -> Notice {
        let offer = Offer::read(event.to_string().as_bytes()).unwrap();
        Notice {
            now: offer.accept_by.plus(-5 * MINUTE),
            offer,
            person: Named {
                first_name: Some("Priya".to_owned()),
                last_name: Some("Raman\r\nBcc: x@evil.example".to_owned()),
                job_title: None,
                company: Some("R&D <Robotics>".to_owned()),
            },
            buttons: buttons.then(|| Buttons {
                accept: "https://b.example/links/a".to_owned(),
                pass: "https://b.example/links/p".to_owned(),
                open: "https://b.example/links/o".to_owned(),
            }),
            time_zone: Some("Europe/Berlin".to_owned()),
        }
    }

    #[test]
    fn a_notice_says_who_why_and_until_when_in_the_readers_time() {
        let slack: Value = serde_json::from_slice(&notice(&event(), true).slack()).unwrap();
        let text = slack["text"].as_str().unwrap();
        for part in [
            "Priya Raman",
            "grade A, 105 points",
            "• Asked for a demo of Line Planner today",
            "Rule emea_mid_market_grade_a gives it to the pool emea-mid-market",
            "sofia.rossi (away)",
            "Accept by Mon 16 Mar, 09:46 CET (in 5 min)",
            "<https://b.example/links/a|Accept>",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(text.contains("R&amp;D &lt;Robotics&gt;"), "{text}");
        let letter = notice(&event(), true).letter();
        assert!(letter.text.contains("Why you: Rule"), "{}", letter.text);
        assert!(!letter.subject.contains(['\r', '\n']), "{}", letter.subject);
        assert!(letter.text.lines().all(|line| !line.starts_with("Bcc")), "{}", letter.text);
    }

    #[test]
    fn what_a_pool_hears_has_no_link_that_acts() {
        let slack = String::from_utf8(notice(&event(), false).slack()).unwrap();
        assert!(slack.contains("A lead for Jonas Weber") && !slack.contains("/links/"), "{slack}");
        let letter = notice(&event(), false).letter();
        assert!(letter.text.contains("Offered to Jonas Weber."), "{}", letter.text);
    }

    #[test]
    fn what_need_not_be_accepted_is_no_offer() {
        let mut without = event();
        without["data"]["deadlines"] = json!([]);
        assert_eq!(Offer::read(without.to_string().as_bytes()), None);
        let mut other = event();
        other["type"] = json!("io.baton.lead.won.v1");
        assert_eq!(Offer::read(other.to_string().as_bytes()), None);
        assert_eq!(Offer::read(b"no json"), None);
    }
}
