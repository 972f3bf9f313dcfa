//! A table of made-up leads held against a policy and a team: what differs, in words. It never reads a file.

use super::walk::{Ground, Walked, subject_of};
use crate::contract::policy_text::RouteCase;
use crate::domain::policy::Policy;
use crate::domain::team::Team;
use crate::domain::time::Moment;

/// When cases are routed that do not say: a Wednesday at ten, UTC, so that a table holds whenever it is run.
pub const CASES_AT: Moment = Moment(1_767_780_000_000_000);

/// What one case came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    pub name: String,
    pub line: u32,
    pub walked: Walked,
    /// `pool: expected mid-market, got small`; empty when it holds.
    pub differences: Vec<String>,
}

/// Runs every case by itself: one does not take another's turn.
#[must_use]
pub fn run(cases: &[RouteCase], policy: &Policy, team: &Team) -> Vec<CaseResult> {
    cases
        .iter()
        .map(|case| {
            let (subject, knows) = subject_of(&case.lead, policy);
            let now = case.lead.at.unwrap_or(CASES_AT);
            let walked = Ground::new(policy, team).walk(&subject, &knows, now);
            let differences = differences(case, &walked);
            CaseResult { name: case.name.clone(), line: case.line, walked, differences }
        })
        .collect()
}

fn differences(case: &RouteCase, walked: &Walked) -> Vec<String> {
    let expected = &case.expected;
    let mut differences = Vec::new();
    let mut hold = |what: &str, wanted: Option<&str>, got: Option<&str>| {
        if let Some(wanted) = wanted.filter(|wanted| Some(*wanted) != got) {
            differences.push(format!("{what}: expected {wanted}, got {}", got.unwrap_or("nobody")));
        }
    };
    hold(
        "pool",
        expected.pool.as_ref().map(|it| it.0.as_str()),
        walked.pool.as_ref().map(|it| it.0.as_str()),
    );
    hold("rep", expected.rep.as_ref().map(|it| it.0.as_str()), walked.rep.as_ref().map(|it| it.0.as_str()));
    hold("rule", expected.rule.as_deref(), Some(walked.rule.as_str()));
    let steward = walked.rep.is_none();
    if expected.steward && !steward {
        hold("queue", Some("the steward"), walked.rep.as_ref().map(|it| it.0.as_str()));
    }
    differences
}

/// Why it went there, in one line: the rule, and those before it with the field on which they differed.
#[must_use]
pub fn because(walked: &Walked) -> String {
    let mut passed: Vec<String> =
        walked.passed_over.iter().map(|it| format!("{} differs in {}", it.rule, it.field.code())).collect();
    if walked.passed_over_more > 0 {
        passed.push(format!("{} more differ", walked.passed_over_more));
    }
    if passed.is_empty() {
        format!("rule {}", walked.rule)
    } else {
        format!("rule {}; {}", walked.rule, passed.join(", "))
    }
}
