//! Patterns of rejections: one code and campaign, so often within so many days. It never says what to do about one.

use crate::domain::calendar::{self, Basis, business_days};
use crate::domain::policy::Durations;
use crate::domain::time::{DAY, Moment};
use crate::store::read::handshake::{AnswerRead, FactRead};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A reason that came back too often for one campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub code: String,
    pub campaign: String,
    /// The rejection that made it one; names the pattern together with code and campaign.
    pub begun_at: Moment,
    /// The leads behind it, from the first rejection that counts to the last that goes on with it.
    pub leads: Vec<Uuid>,
}

/// A pattern and what marketing owes for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternDuty {
    pub pattern: Pattern,
    /// When the answer is due.
    pub answer_by: Moment,
    pub answered_at: Option<Moment>,
    pub answered_by: Option<String>,
}

impl PatternDuty {
    /// Whether the answer came in time; `None` while it still may.
    #[must_use]
    pub fn is_on_time(&self, now: Moment) -> Option<bool> {
        match self.answered_at {
            Some(at) => Some(at <= self.answer_by),
            None => (now > self.answer_by).then_some(false),
        }
    }
}

/// The patterns in rejections, in the order in which they began. One goes on as long as enough rejections lie within the
/// days before each of its own.
#[must_use]
pub fn patterns(facts: &[FactRead], durations: &Durations) -> Vec<Pattern> {
    let mut rejections: BTreeMap<(&str, &str), Vec<(Moment, Uuid)>> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.kind == "rejected") {
        if let (Some(code), Some(campaign)) = (&fact.code, &fact.campaign) {
            rejections.entry((code, campaign)).or_default().push((Moment(fact.at), fact.lead_id));
        }
    }
    let mut found = Vec::new();
    for ((code, campaign), mut times) in rejections {
        times.sort_unstable();
        found.extend(of_one(code, campaign, &times, durations));
    }
    found.sort_by_key(|pattern: &Pattern| (pattern.begun_at, pattern.code.clone(), pattern.campaign.clone()));
    found
}

fn of_one(code: &str, campaign: &str, times: &[(Moment, Uuid)], durations: &Durations) -> Vec<Pattern> {
    let window = i64::from(durations.pattern_days) * DAY;
    let needed = usize::try_from(durations.pattern_count).unwrap_or(usize::MAX).max(1);
    let mut found: Vec<Pattern> = Vec::new();
    let mut goes_on = false;
    for (place, (at, lead)) in times.iter().enumerate() {
        let first = times.iter().position(|(earlier, _)| at.since(*earlier) < window).unwrap_or(place);
        let within = &times[first..=place];
        if within.len() < needed {
            goes_on = false;
            continue;
        }
        match found.last_mut().filter(|_| goes_on) {
            Some(pattern) => pattern.leads.push(*lead),
            None => found.push(Pattern {
                code: code.to_owned(),
                campaign: campaign.to_owned(),
                begun_at: *at,
                leads: within.iter().map(|(_, lead)| *lead).collect(),
            }),
        }
        goes_on = true;
    }
    found
}

/// What marketing owes for patterns, with the answers that came.
#[must_use]
pub fn duties(patterns: Vec<Pattern>, answers: &[AnswerRead], durations: &Durations) -> Vec<PatternDuty> {
    let micros = business_days(durations.pattern_answer_business_days);
    let duty = |pattern: Pattern| {
        let answer = answers.iter().find(|answer| {
            answer.code == pattern.code
                && answer.campaign == pattern.campaign
                && answer.begun_at == pattern.begun_at.0
        });
        PatternDuty {
            answer_by: calendar::add(Basis::Business, pattern.begun_at, micros),
            answered_at: answer.map(|answer| Moment(answer.at)),
            answered_by: answer.map(|answer| answer.member.clone()),
            pattern,
        }
    };
    patterns.into_iter().map(duty).collect()
}
