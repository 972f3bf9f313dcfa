//! Route rules: ordered, each a list per field. They never look at accounts or at who is there.

use super::receipt::{PASSED_OVER_MAX, PassedOver, RouteField};
use crate::domain::lead::{Lead, Motion, Origin};
use crate::domain::policy::{Grade, Policy, Priority, Segment};
use crate::domain::team::{MemberId, PoolId};

/// One route; an empty list says nothing about its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRule {
    pub id: String,
    /// Where it stands in the policy's text, from 1.
    pub line: u32,
    pub grades: Vec<Grade>,
    pub priorities: Vec<Priority>,
    /// ISO 3166-1 alpha-2.
    pub countries: Vec<String>,
    /// Regions, states or counties, lower case.
    pub regions: Vec<String>,
    pub segments: Vec<Segment>,
    pub motions: Vec<Motion>,
    /// Products that the person asked about, as the policy lists them.
    pub products: Vec<String>,
    pub origins: Vec<Origin>,
    /// Ids of the latest campaign.
    pub campaigns: Vec<String>,
    /// Sources of the latest campaign, lower case.
    pub sources: Vec<String>,
    pub pool: PoolId,
}

/// What rules know of a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteSubject {
    pub grade: Grade,
    pub priority: Priority,
    pub country: Option<String>,
    pub region: Option<String>,
    pub segment: Segment,
    pub motion: Motion,
    pub product: Option<String>,
    pub origin: Origin,
    pub campaign: Option<String>,
    /// The campaign's source; known to the router only, which reads campaigns.
    pub source: Option<String>,
    /// Who is wanted: a named person, a former holder, the owner in the CRM.
    pub wanted: Option<MemberId>,
    /// Who had it before in this cycle.
    pub excluded: Vec<MemberId>,
}

impl RouteSubject {
    /// What a lead itself tells: the terms of its cycle, its profile and its campaign. Source and persons are left open.
    #[must_use]
    pub fn of(lead: &Lead, policy: &Policy) -> Self {
        let terms = lead.cycle.terms.as_ref();
        Self {
            grade: terms.map_or(Grade::D, |terms| terms.grade),
            priority: terms.map_or(Priority::P4, |terms| terms.priority),
            country: lead.profile.country.as_ref().map(|it| it.value.clone()),
            region: lead.profile.region.as_ref().map(|it| it.value.clone()),
            segment: policy.segment(&lead.profile),
            motion: lead.cycle.motion,
            product: lead.product.as_ref().map(|it| it.value.clone()),
            origin: lead.origin,
            campaign: lead.last_campaign.clone(),
            source: None,
            wanted: lead.cycle.wanted.clone(),
            excluded: lead.cycle.offered_to.clone(),
        }
    }

    /// The subject as seats look at it while no region is on shift: a lead of the first priority is then offered to whose
    /// turn it is like any other, and the answer is due after their opening (POLICY, SLA). Rules never see this.
    #[must_use]
    pub fn at_opening(&self) -> Self {
        Self { priority: self.priority.max(Priority::P2), ..self.clone() }
    }
}

impl RouteRule {
    /// The first field on which the subject differs; `None` is a match.
    #[must_use]
    pub fn differs(&self, subject: &RouteSubject) -> Option<RouteField> {
        let word = |list: &[String], value: &Option<String>| {
            list.is_empty() || value.as_ref().is_some_and(|value| list.contains(value))
        };
        if !allows(&self.grades, subject.grade) {
            Some(RouteField::Grade)
        } else if !allows(&self.priorities, subject.priority) {
            Some(RouteField::Priority)
        } else if !word(&self.countries, &subject.country) {
            Some(RouteField::Country)
        } else if !word(&self.regions, &subject.region) {
            Some(RouteField::Region)
        } else if !allows(&self.segments, subject.segment) {
            Some(RouteField::Segment)
        } else if !allows(&self.motions, subject.motion) {
            Some(RouteField::Motion)
        } else if !word(&self.products, &subject.product) {
            Some(RouteField::Product)
        } else if !allows(&self.origins, subject.origin) {
            Some(RouteField::Origin)
        } else if !word(&self.campaigns, &subject.campaign) {
            Some(RouteField::Campaign)
        } else if !word(&self.sources, &subject.source) {
            Some(RouteField::Source)
        } else {
            None
        }
    }

    /// Whether this rule takes every lead that the other would: after it, the other is never tried with success.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        within(&self.grades, &other.grades, Grade::ALL)
            && within(&self.priorities, &other.priorities, Priority::ALL)
            && within(&self.segments, &other.segments, Segment::ALL)
            && within(&self.motions, &other.motions, Motion::ALL)
            && within(&self.origins, &other.origins, Origin::ALL)
            && within(&self.countries, &other.countries, &[])
            && within(&self.regions, &other.regions, &[])
            && within(&self.products, &other.products, &[])
            && within(&self.campaigns, &other.campaigns, &[])
            && within(&self.sources, &other.sources, &[])
    }

    /// Whether it takes every lead.
    #[must_use]
    pub fn takes_everything(&self) -> bool {
        let words = [&self.countries, &self.regions, &self.products, &self.campaigns, &self.sources];
        words.into_iter().all(Vec::is_empty)
            && within(&self.grades, &[], Grade::ALL)
            && within(&self.priorities, &[], Priority::ALL)
            && within(&self.segments, &[], Segment::ALL)
            && within(&self.motions, &[], Motion::ALL)
            && within(&self.origins, &[], Origin::ALL)
    }
}

fn allows<T: Copy + PartialEq>(list: &[T], value: T) -> bool {
    list.is_empty() || list.contains(&value)
}

/// Whether `wide` allows all that `narrow` allows; `all` lists every value where there is a last one.
fn within<T: PartialEq>(wide: &[T], narrow: &[T], all: &[T]) -> bool {
    let has = |values: &[T]| values.iter().all(|value| wide.contains(value));
    wide.is_empty() || (!all.is_empty() && has(all)) || (!narrow.is_empty() && has(narrow))
}

/// The place of the first rule that takes the subject; writes down those before it, as far as a receipt holds them.
pub fn first_rule(
    rules: &[RouteRule],
    subject: &RouteSubject,
    passed_over: &mut Vec<PassedOver>,
    more: &mut u32,
) -> Option<usize> {
    for (place, rule) in rules.iter().enumerate() {
        let Some(field) = rule.differs(subject) else { return Some(place) };
        if passed_over.len() < PASSED_OVER_MAX {
            passed_over.push(PassedOver { rule: rule.id.clone(), field });
        } else {
            *more += 1;
        }
    }
    None
}

/// The pool of the first route that matches; `None` is the steward's queue.
#[must_use]
pub fn choose_pool<'p>(policy: &'p Policy, subject: &RouteSubject) -> Option<&'p PoolId> {
    policy.routes().iter().find(|rule| rule.differs(subject).is_none()).map(|rule| &rule.pool)
}
