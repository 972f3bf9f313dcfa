//! Routing: which pool, and which rep of it, gets a lead, and why not another. It never makes an offer.

mod rotation;

pub use rotation::{Candidate, POOL_STEPS_MAX, RepChoice, Rotation, WhyNot, choose_rep, choose_rep_of_pools};

use super::lead::Motion;
use super::policy::{Grade, Policy, Priority, Segment};
use super::team::{MemberId, PoolId};

/// One route; an empty list says nothing about its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRule {
    pub id: String,
    pub grades: Vec<Grade>,
    pub priorities: Vec<Priority>,
    /// ISO 3166-1 alpha-2.
    pub countries: Vec<String>,
    pub segments: Vec<Segment>,
    pub motions: Vec<Motion>,
    pub pool: PoolId,
}

/// What routing knows of a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteSubject {
    pub grade: Grade,
    pub priority: Priority,
    pub country: Option<String>,
    pub segment: Segment,
    pub motion: Motion,
    /// Who is wanted: a named person, a former holder, the owner in the CRM.
    pub wanted: Option<MemberId>,
    /// Who had it before in this cycle.
    pub excluded: Vec<MemberId>,
    pub account_owner: Option<MemberId>,
}

/// The pool that the routes give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolChoice {
    pub pool: PoolId,
    /// Id of the route that matched.
    pub rule: String,
    /// Ids of the routes before it that did not, each with the field that differed: `enterprise: segment`.
    pub passed_over: Vec<String>,
}

/// The pool of the first route that matches; `None` is the steward's queue.
#[must_use]
pub fn choose_pool(policy: &Policy, subject: &RouteSubject) -> Option<PoolChoice> {
    let mut passed_over = Vec::new();
    for rule in policy.routes() {
        match rule.differs(subject) {
            None => {
                return Some(PoolChoice { pool: rule.pool.clone(), rule: rule.id.clone(), passed_over });
            }
            Some(field) => passed_over.push(format!("{}: {field}", rule.id)),
        }
    }
    None
}

impl RouteRule {
    /// The first field on which the subject differs; `None` is a match.
    fn differs(&self, subject: &RouteSubject) -> Option<&'static str> {
        let country = subject.country.as_ref().is_some_and(|country| self.countries.contains(country));
        let checks = [
            ("grade", allows(&self.grades, subject.grade)),
            ("priority", allows(&self.priorities, subject.priority)),
            ("country", self.countries.is_empty() || country),
            ("segment", allows(&self.segments, subject.segment)),
            ("motion", allows(&self.motions, subject.motion)),
        ];
        checks.into_iter().find(|(_, matches)| !matches).map(|(field, _)| field)
    }
}

fn allows<T: Copy + PartialEq>(list: &[T], value: T) -> bool {
    list.is_empty() || list.contains(&value)
}
