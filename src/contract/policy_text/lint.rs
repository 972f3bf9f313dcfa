//! What a policy's routes and a team say together: dead rules, unknown and empty pools. It changes nothing, and a finding
//! never stops a service that runs: leads that no pool takes stand in the steward's queue.

use crate::domain::policy::{Policy, Reference};
use crate::domain::profile::MailKind;
use crate::domain::routing::{NamedTo, RouteRule};
use crate::domain::team::{PoolId, Team};
use std::fmt;

/// Something that is surely or probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Of the policy's text, from 1.
    pub line: u32,
    /// Surely not meant; else a warning.
    pub error: bool,
    pub message: String,
}

impl fmt::Display for Finding {
    /// `line 12: warning: ...`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.error { "error" } else { "warning" };
        write!(formatter, "line {}: {kind}: {}", self.line, self.message)
    }
}

/// Findings by line. `reference` names free-mail domains, where it is at hand.
#[must_use]
pub fn lint(policy: &Policy, team: &Team, reference: Option<&Reference>) -> Vec<Finding> {
    let mut findings = unreached(policy);
    for rule in policy.routes() {
        pool(team, &rule.pool, rule.line, &format!("the route `{}`", rule.id), &mut findings);
    }
    for account in policy.named_accounts().list() {
        let who = format!("the named account `{}`", account.id);
        match &account.to {
            NamedTo::Pool(id) => pool(team, id, account.line, &who, &mut findings),
            NamedTo::Rep(rep) => match team.member(rep) {
                None => findings
                    .push(error(account.line, format!("{who} goes to `{rep}`, who is not in the team"))),
                Some(member) if !member.active => {
                    let message = format!("{who} goes to `{rep}`, who is inactive: routes take its leads");
                    findings.push(Finding { line: account.line, error: false, message });
                }
                Some(_) => {}
            },
        }
        let free = |domain: &&String| reference.is_some_and(|it| it.mail_kind(domain) != MailKind::Company);
        if let Some(domain) = account.domain.as_ref().filter(free) {
            let message = format!("{who} names `{domain}`, which is no company's: it matches nobody");
            findings.push(error(account.line, message));
        }
    }
    findings.sort_by_key(|finding| finding.line);
    findings
}

fn error(line: u32, message: String) -> Finding {
    Finding { line, error: true, message }
}

/// What is said of every route without a team: the routes that are never reached.
pub(super) fn unreached(policy: &Policy) -> Vec<Finding> {
    let routes = policy.routes();
    let each = routes.iter().enumerate().flat_map(|(place, rule)| {
        let (before, after) = routes.split_at(place);
        shadows(rule, before, after.len() - 1)
    });
    each.collect()
}

/// Rules that are never reached.
fn shadows(rule: &RouteRule, before: &[RouteRule], after: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    if rule.takes_everything() && after > 0 {
        let message =
            format!("the route `{}` takes every lead: the {after} after it are never tried", rule.id);
        findings.push(error(rule.line, message));
    }
    // One that takes everything has been told of already.
    let wide = before.iter().find(|it| !it.takes_everything() && it.covers(rule));
    if let Some(wide) = wide {
        let message = format!(
            "the route `{}` is never reached: `{}` in line {} takes its leads",
            rule.id, wide.id, wide.line
        );
        findings.push(Finding { line: rule.line, error: false, message });
    }
    findings
}

/// A pool that is not there, or in which nobody takes leads.
fn pool(team: &Team, id: &PoolId, line: u32, who: &str, findings: &mut Vec<Finding>) {
    let Some(pool) = team.pool(id) else {
        let known = team.pools().map(|pool| pool.id.0.as_str());
        let near = super::error::nearest(&id.0, known).map(|near| format!("; did you mean `{near}`?"));
        let message = format!(
            "{who} goes to the pool `{id}`, which the team does not have{}",
            near.unwrap_or_default()
        );
        findings.push(error(line, message));
        return;
    };
    let weights: u64 = pool
        .members
        .iter()
        .filter(|(rep, _)| team.member(rep).is_some_and(|member| member.active))
        .map(|(_, weight)| u64::from(*weight))
        .sum();
    if weights == 0 && !pool.crm_teams.is_empty() {
        let message =
            format!("{who} goes to the pool `{id}`, which has nobody until the CRM puts them there");
        findings.push(Finding { line, error: false, message });
    } else if weights == 0 && pool.next_pool.is_none() {
        let message =
            format!("{who} goes to the pool `{id}`, in which nobody takes leads, and which hands on to none");
        findings.push(error(line, message));
    } else if weights == 0 {
        let message =
            format!("{who} goes to the pool `{id}`, in which nobody takes leads: the next pool gets them");
        findings.push(Finding { line, error: false, message });
    }
}
