//! Details of an event's line: terms, facts, what was patched, how far a clock got. It names no event.

use super::{date, origin_words, rejection_words};
use crate::domain::custody::Rung;
use crate::domain::lead::{DealState, Origin, RestReason, Terms};
use crate::domain::policy::SqlFacts;
use crate::domain::profile::ProfilePatch;

pub(super) fn terms_words(terms: &Terms) -> String {
    format!("grade {}, {} points, P{}", terms.grade.code(), terms.points, terms.priority.number())
}

pub(super) fn touch_words(origin: Option<Origin>, campaign: Option<&str>) -> String {
    both(
        &campaign.map_or(String::new(), |campaign| format!("campaign {campaign}")),
        &origin.map_or(String::new(), |origin| format!("credited to {}", origin_words(origin))),
    )
}

pub(super) fn patch_words(patch: &ProfilePatch) -> String {
    let said = [
        ("company size", patch.employees.is_some()),
        ("industry", patch.industry.is_some()),
        ("country", patch.country.is_some()),
        ("region", patch.region.is_some()),
        ("job title", patch.seniority.is_some() || patch.function.is_some() || patch.known.job_title),
        ("company", patch.company_domain.is_some() || patch.known.company),
        ("e-mail", patch.known.email),
        ("phone", patch.known.phone),
        ("name", patch.known.name),
    ];
    said.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

pub(super) fn rest_words(reason: RestReason) -> String {
    match reason {
        RestReason::Dormant => "nothing happened for a long time".to_owned(),
        RestReason::Rejected(code) => rejection_words(code).to_lowercase(),
    }
}

pub(super) fn fact_words(facts: &SqlFacts) -> String {
    let mut said = Vec::new();
    if facts.conversation {
        said.push("they talked".to_owned());
    }
    said.push(format!("need {}", facts.need.code()));
    said.push(format!("authority: {}", facts.authority.code()));
    said.push(format!("budget: {}", facts.budget.code()));
    said.extend(facts.timeline_months.map(|months| format!("within {months} months")));
    said.extend(facts.next_step_on.map(|day| format!("next step {}", date(day))));
    said.join(", ")
}

pub(super) fn deal_words(state: DealState) -> &'static str {
    match state {
        DealState::Open => "open",
        DealState::Won => "won",
        DealState::Lost => "lost",
        DealState::Void => "void",
    }
}

pub(super) fn rung_words(rung: Rung) -> &'static str {
    match rung {
        Rung::RemindHalf => "half of the time is over",
        Rung::RemindLate => "four fifths of the time are over",
        Rung::Due => "due now",
        Rung::TakeBack => "the lead is about to be taken back",
        Rung::Escalate => "long overdue",
        Rung::Daily => "still open",
    }
}

pub(super) fn joined<const N: usize>(parts: [Option<&str>; N]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

pub(super) fn both(first: &str, second: &str) -> String {
    joined([Some(first), Some(second)].map(|part| part.filter(|it| !it.is_empty())))
}
