//! The way of one lead: who knows the person, then the named accounts, then the rules. It never looks at a rotation.

use super::account::{AccountMatch, CompanyNames, NamedTo};
use super::receipt::{PassedOver, RouteStep};
use super::rule::{RouteSubject, first_rule};
use crate::domain::policy::Policy;
use crate::domain::team::{MemberId, PoolId};

/// Who knows the person or the company already, as far as the router has read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Knows {
    pub opportunity_owner: Option<MemberId>,
    pub cycle_holder: Option<MemberId>,
    pub account_owner: Option<MemberId>,
    pub account: Option<AccountMatch>,
    pub names: CompanyNames,
}

/// Where named accounts and rules send a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    pub step: RouteStep,
    /// Id of the rule, `named_account:` and its id, or the step's own word.
    pub rule: String,
    /// `None`: no route takes it.
    pub pool: Option<PoolId>,
    pub passed_over: Vec<PassedOver>,
    pub passed_over_more: u32,
}

/// Persons who come before any rule, in their order, each with the step and the rule's id that names them.
#[must_use]
pub fn knowing(policy: &Policy, subject: &RouteSubject, knows: &Knows) -> Vec<(RouteStep, String, MemberId)> {
    let named = policy.named_accounts().find(&knows.names);
    let by_step = [
        (RouteStep::Wanted, &subject.wanted),
        (RouteStep::OpenOpportunity, &knows.opportunity_owner),
        (RouteStep::OpenCycle, &knows.cycle_holder),
        (RouteStep::AccountOwner, &knows.account_owner),
    ];
    let mut persons: Vec<(RouteStep, String, MemberId)> = by_step
        .into_iter()
        .filter_map(|(step, member)| Some((step, step.code().to_owned(), member.clone()?)))
        .collect();
    if let Some(account) = named
        && let NamedTo::Rep(rep) = &account.to
    {
        persons.push((RouteStep::NamedAccount, rule_of(&account.id), rep.clone()));
    }
    persons
}

/// The pool that named accounts, then rules, give.
#[must_use]
pub fn destination(policy: &Policy, subject: &RouteSubject, knows: &Knows) -> Destination {
    let named = policy.named_accounts().find(&knows.names);
    if let Some(account) = named
        && let NamedTo::Pool(pool) = &account.to
    {
        return Destination {
            step: RouteStep::NamedAccount,
            rule: rule_of(&account.id),
            pool: Some(pool.clone()),
            passed_over: Vec::new(),
            passed_over_more: 0,
        };
    }
    let (mut passed_over, mut passed_over_more) = (Vec::new(), 0);
    let fired = first_rule(policy.routes(), subject, &mut passed_over, &mut passed_over_more);
    match fired.and_then(|place| policy.routes().get(place)) {
        Some(rule) => Destination {
            step: RouteStep::Rule,
            rule: rule.id.clone(),
            pool: Some(rule.pool.clone()),
            passed_over,
            passed_over_more,
        },
        None => Destination {
            step: RouteStep::NoRule,
            rule: "steward".to_owned(),
            pool: None,
            passed_over,
            passed_over_more,
        },
    }
}

fn rule_of(id: &str) -> String {
    format!("named_account:{id}")
}
