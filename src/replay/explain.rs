//! The receipt of a made-up lead in full: every step that was tried, the rule that fired and those that did not, every
//! candidate, the way through the pools, the times that would start. It only reads, and makes no offer.

use super::walk::{Ground, Walked, subject_of};
use crate::contract::policy_text::MadeUp;
use crate::domain::calendar::Span;
use crate::domain::policy::{Policy, Reference};
use crate::domain::profile::MailKind;
use crate::domain::routing::{
    CompanyFacts, Knows, RouteStep, RouteSubject, Seats, Tie, WhyNot, chain, destination, knowing, seated,
    unfit,
};
use crate::domain::team::{MemberId, PoolId, Team};
use crate::domain::time::Moment;
use crate::store::route_facts::CompanyRead;
use crate::store::{Reader, StoreError};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One step, in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Step {
    /// `wanted`, `open_opportunity`, `open_cycle`, `account_owner`, `named_account`, `rule`, `no_rule`.
    pub step: &'static str,
    /// Whom the step names; null where it names nobody.
    pub rep: Option<String>,
    /// Why the lead does not go to them; null for the one it goes to, and where nobody is named.
    pub why_not: Option<&'static str>,
    /// The step decided: what follows it was not tried.
    pub fired: bool,
}

/// One pool on the lead's way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PoolOnTheWay {
    pub pool: String,
    /// `takes_it`, `nobody_free`, or `not_reached`.
    pub what: &'static str,
}

/// The company that the lead was matched to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MatchedCompany {
    pub account: String,
    /// `crm`, `domain`, `name`.
    pub by: &'static str,
    /// `customer`, `has_owner`, `lowest_id`; null where only one fitted.
    pub tie_break: Option<&'static str>,
    /// How many others fitted.
    pub rivals: u32,
}

/// A rule that was tried and did not take the lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NotTaken {
    pub rule: String,
    /// The first field on which it differed.
    pub field: &'static str,
}

/// Who was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LookedAt {
    pub rep: String,
    /// Null for the one who is chosen.
    pub why_not: Option<&'static str>,
}

/// The times that the offer would start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Times {
    /// 1 to 4.
    pub priority: u8,
    /// Of working time, in words.
    pub accept: String,
    pub contact: String,
    pub route: String,
    pub grace: String,
    /// RFC 3339; null where nobody is offered the lead yet.
    pub accept_by: Option<String>,
    /// RFC 3339, by the hours of the lead's pool.
    pub contact_by: String,
    /// RFC 3339: by then somebody is to be offered it.
    pub route_by: String,
}

/// Where a made-up lead would go, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Explained {
    /// Id of the rule, `named_account:` and its id, or the step's own word.
    pub rule: String,
    pub step: &'static str,
    /// Null: no route takes it, it waits with the steward of such leads.
    pub pool: Option<String>,
    /// Where named accounts and rules send it; null where somebody knows the person or company.
    pub first_pool: Option<String>,
    /// Null: nobody is free, the steward keeps it in the queue.
    pub rep: Option<String>,
    /// Who keeps it while nobody is free.
    pub steward: String,
    pub by_turn: bool,
    pub steps: Vec<Step>,
    pub path: Vec<PoolOnTheWay>,
    pub passed_over: Vec<NotTaken>,
    pub passed_over_more: u32,
    /// At most 20, the chosen one among them.
    pub candidates: Vec<LookedAt>,
    pub candidates_more: u32,
    pub account: Option<MatchedCompany>,
    /// Companies, credits and loads were read from the database; false: nobody holds anything, and no company is known.
    pub looked_up: bool,
    pub at: String,
    pub sla: Times,
}

/// Explains a made-up lead with what the database knows: its company as the router would find it, pools as they stand.
/// Only reads. `seal`: how leads know a domain under this policy.
///
/// # Errors
/// The database does not answer.
pub async fn look_up(
    reader: &Reader,
    lead: &MadeUp,
    policy: &Policy,
    team: &Team,
    reference: &Reference,
    now: Moment,
    seal: &(dyn Fn(&str) -> String + Sync),
) -> Result<Explained, StoreError> {
    let domain = company_domain(lead, reference);
    let by_crm = lead.crm.iter().map(|key| format!("crm:{key}"));
    let keys: Vec<String> = by_crm.chain(domain.map(|domain| format!("domain:{domain}"))).collect();
    let read = reader.made_up_company(&keys, lead.company.as_deref(), lead.campaign.as_deref()).await?;
    let (subject, knows) = known(lead, &read, policy, reference, seal);
    let mut ground = Ground::new(policy, team);
    if let Some(first) = destination(policy, &subject, &knows).pool {
        let standing = reader.standing(team, &first, now).await?;
        (ground.rotations, ground.load) = (standing.rotations, standing.load);
    }
    Ok(explain(ground, &subject, &knows, now, true))
}

/// The company's domain, unless everybody may have an address there.
fn company_domain<'l>(lead: &'l MadeUp, reference: &Reference) -> Option<&'l str> {
    lead.domain.as_deref().filter(|domain| reference.mail_kind(domain) == MailKind::Company)
}

/// What routing sees of a made-up lead, and who knows it: what was read, under what was made up.
#[must_use]
pub fn known(
    lead: &MadeUp,
    read: &CompanyRead,
    policy: &Policy,
    reference: &Reference,
    seal: &dyn Fn(&str) -> String,
) -> (RouteSubject, Knows) {
    let (mut subject, given) = subject_of(lead, policy);
    subject.source = subject.source.or_else(|| read.source.clone());
    let domain = company_domain(lead, reference).map(seal);
    let facts = CompanyFacts {
        bound: read.bound.as_ref(),
        namesakes: &read.namesakes,
        domain: domain.as_deref(),
        name: lead.company.as_deref(),
        company_mail: domain.is_some(),
    };
    let mut knows = facts.knows(None, &|its| Some(seal(its)) == domain);
    knows.names.crm.extend(given.names.crm);
    knows.opportunity_owner = given.opportunity_owner.or(knows.opportunity_owner);
    knows.cycle_holder = given.cycle_holder.or(knows.cycle_holder);
    knows.account_owner = given.account_owner.or(knows.account_owner);
    (subject, knows)
}

/// Explains a made-up lead over the ground as it stands.
#[must_use]
pub fn explain(
    mut ground: Ground<'_>,
    subject: &RouteSubject,
    knows: &Knows,
    now: Moment,
    looked_up: bool,
) -> Explained {
    let (policy, team) = (ground.policy, ground.team);
    let first = destination(policy, subject, knows).pool;
    let pools = first.as_ref().map_or_else(Vec::new, |first| chain(team, first));
    let credits = |pool: &PoolId| ground.rotations.get(pool).cloned().unwrap_or_default();
    let seats: Vec<Seats> =
        pools.iter().map(|pool| Seats::new(team, pool, &credits(&pool.id), &ground.load, now)).collect();
    let as_seen = seated(subject, &seats);
    let named: BTreeMap<RouteStep, MemberId> =
        knowing(policy, subject, knows).into_iter().map(|(step, _, member)| (step, member)).collect();
    let walked = ground.walk(subject, knows, now);
    let steps = steps(&walked, &named, |member| unfit(team, &as_seen, member, now));
    let place = walked.rep.as_ref().and(walked.pool.as_ref());
    let place = place.and_then(|taker| pools.iter().position(|pool| pool.id == *taker));
    let what = |at: usize| match place {
        Some(_) | None if !walked.by_turn => "not_reached",
        Some(place) if at == place => "takes_it",
        Some(place) if at > place => "not_reached",
        Some(_) | None => "nobody_free",
    };
    let path = pools.iter().enumerate();
    let path = path.map(|(at, pool)| PoolOnTheWay { pool: pool.id.0.clone(), what: what(at) }).collect();
    let text = |pool: &Option<PoolId>| pool.as_ref().map(|pool| pool.0.clone());
    let steward = walked.pool.as_ref().map_or_else(|| team.queue_steward(), |pool| team.steward_of(pool));
    Explained {
        sla: times(&ground, &walked, subject, first.as_ref(), now),
        steward: team.acting(steward, now).0.clone(),
        step: walked.step.code(),
        pool: text(&walked.pool),
        first_pool: text(&walked.first_pool),
        rep: walked.rep.as_ref().map(|rep| rep.0.clone()),
        by_turn: walked.by_turn,
        steps,
        path,
        passed_over: walked
            .passed_over
            .iter()
            .map(|it| NotTaken { rule: it.rule.clone(), field: it.field.code() })
            .collect(),
        passed_over_more: walked.passed_over_more,
        candidates: walked
            .candidates
            .iter()
            .map(|it| LookedAt { rep: it.rep.0.clone(), why_not: it.why_not.map(WhyNot::code) })
            .collect(),
        candidates_more: walked.candidates_more,
        account: walked.account.map(|it| MatchedCompany {
            account: it.account.to_string(),
            by: it.by.code(),
            tie_break: it.tie.map(Tie::code),
            rivals: it.rivals,
        }),
        looked_up,
        at: now.to_string(),
        rule: walked.rule,
    }
}

/// Every step up to the one that decided.
fn steps(
    walked: &Walked,
    named: &BTreeMap<RouteStep, MemberId>,
    why_not: impl Fn(&MemberId) -> Option<WhyNot>,
) -> Vec<Step> {
    let mut steps = Vec::new();
    for step in RouteStep::ALL {
        let fired = *step == walked.step;
        let rep = named.get(step).filter(|_| !fired || !walked.by_turn);
        steps.push(Step {
            step: step.code(),
            rep: rep.map(|rep| rep.0.clone()),
            why_not: rep.filter(|_| !fired).and_then(&why_not).map(WhyNot::code),
            fired,
        });
        if fired {
            break;
        }
    }
    steps
}

/// `first`: the pool that named accounts and rules give, in whose queue the lead stands first.
fn times(
    ground: &Ground<'_>,
    walked: &Walked,
    subject: &RouteSubject,
    first: Option<&PoolId>,
    now: Moment,
) -> Times {
    let team = ground.team;
    let terms = ground.policy.sla(subject.priority);
    let steward = first.map_or_else(|| team.queue_steward(), |pool| team.steward_of(pool));
    let none = PoolId(String::new());
    let accept_by = walked.rep.as_ref().map(|rep| team.hours(rep).after(now, terms.accept).to_string());
    Times {
        priority: subject.priority.number(),
        accept: span(terms.accept),
        contact: span(terms.contact),
        route: span(terms.route),
        grace: span(terms.grace),
        accept_by,
        contact_by: team.pool_hours(first.unwrap_or(&none)).after(now, terms.contact).to_string(),
        route_by: team.hours(team.acting(steward, now)).after(now, terms.route).to_string(),
    }
}

/// A length of working time in words: working days, then minutes.
fn span(span: Span) -> String {
    match (span.business_days, span.seconds / 60) {
        (0, minutes) => format!("{minutes} min"),
        (days, 0) => format!("{days} working days"),
        (days, minutes) => format!("{days} working days {minutes} min"),
    }
}
