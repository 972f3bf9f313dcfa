//! The closer's leg: a qualified lead goes on to a closer, with an offer and a `return` of its own. It never chooses a
//! closer; the router does.

use super::Refusal;
use super::draft::Draft;
use crate::domain::calendar::Span;
use crate::domain::command::Offer;
use crate::domain::custody::{Clock, ClockKind, Custody, Holder};
use crate::domain::event::{Event, Withdrawal};
use crate::domain::lead::StageKind;
use crate::domain::leg::{Leg, LegStep};
use crate::domain::policy::Priority;
use crate::domain::team::{MemberId, PoolId};

/// On to the closer whom the record names, else to the closers of the rep's pool; with neither the rep closes the lead.
pub(super) fn hand_on(
    draft: &mut Draft<'_>,
    first: Option<&MemberId>,
    next_owner: Option<&MemberId>,
) -> Result<(), Refusal> {
    let (Some(first), false) = (first, draft.is_history()) else { return Ok(()) };
    let team = draft.inputs.team;
    let wanted = next_owner
        .filter(|next| *next != first && team.member(next).is_some_and(|member| member.active))
        .cloned();
    let own = team.pool_of(first);
    let pool = match &wanted {
        Some(wanted) => team.pool_of(wanted).or(own).map(|pool| pool.id.clone()),
        None => own.and_then(|pool| pool.closer_pool.clone()).filter(|closers| !is_in(draft, closers, first)),
    };
    let Some(pool) = pool else { return Ok(()) };
    wait(draft, first.clone(), wanted, pool)
}

fn is_in(draft: &Draft<'_>, pool: &PoolId, member: &MemberId) -> bool {
    draft.inputs.team.pool(pool).is_some_and(|pool| pool.members.iter().any(|(id, _)| id == member))
}

fn wait(
    draft: &mut Draft<'_>,
    first: MemberId,
    wanted: Option<MemberId>,
    pool: PoolId,
) -> Result<(), Refusal> {
    let custody = waiting(draft, &pool, false);
    draft.push(Event::CloserWanted { first, wanted, pool, held: false, custody })
}

/// Whether the lead waits for the router to find a closer.
pub(super) fn awaits(draft: &Draft<'_>) -> bool {
    matches!(&draft.lead.leg, Some(Leg { step: LegStep::Waiting { held: false }, .. }))
}

/// Whether the lead waits for a closer, whoever is to find one.
pub(super) fn waits(draft: &Draft<'_>) -> bool {
    matches!(&draft.lead.leg, Some(Leg { step: LegStep::Waiting { .. }, .. }))
}

/// The closer who has an unanswered offer.
pub(super) fn offeree(draft: &Draft<'_>) -> Option<MemberId> {
    match draft.lead.leg.as_ref().map(|leg| &leg.step) {
        Some(LegStep::Offered(rep)) => Some(rep.clone()),
        Some(LegStep::Waiting { .. } | LegStep::Working(_)) | None => None,
    }
}

/// The router's choice.
pub(super) fn offer(draft: &mut Draft<'_>, offer: &Offer) -> Result<(), Refusal> {
    let sla = draft.inputs.policy.sla(priority(draft));
    let span = Span::business_days(draft.inputs.policy.durations().closer_business_days);
    let hours = draft.hours(&offer.rep);
    let accept = draft.clock(ClockKind::AcceptBy, hours, draft.inputs.now, span);
    let take_back = hours.after(accept.due_by, sla.grace);
    let custody = duties(draft, Holder::Rep(offer.rep.clone()), accept.retaken_at(take_back));
    draft.push(Event::CloserOffered {
        rep: offer.rep.clone(),
        pool: offer.pool.clone(),
        rule: offer.rule.clone(),
        candidates: offer.candidates.clone(),
        custody,
        receipt: offer.receipt.clone(),
    })
}

/// Nobody of these closers can take it: the queue of the next pool.
pub(super) fn pass_pool(draft: &mut Draft<'_>, to: &PoolId) -> Result<(), Refusal> {
    let Some(leg) = draft.lead.leg.clone() else { return Err(Refusal::Stale) };
    wait(draft, leg.first, leg.wanted, to.clone())
}

/// The cell "accept" of a qualified lead.
pub(super) fn accept(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let Some(leg) = draft.lead.leg.clone() else { return Err(Refusal::NothingChanges) };
    let by = draft.member().cloned();
    match &leg.step {
        LegStep::Working(_) => Err(Refusal::NothingChanges),
        LegStep::Offered(rep) if by.as_ref() == Some(rep) => work(draft, false),
        LegStep::Offered(_) if !draft.is_fact() => Err(Refusal::NotOfferee { holder: draft.holder_member() }),
        LegStep::Waiting { .. } if !draft.is_fact() && !draft.is_of_pool(&leg.pool) => {
            Err(Refusal::NotEligible)
        }
        LegStep::Offered(_) | LegStep::Waiting { .. } => {
            work(draft, true)?;
            draft.note_stranger()
        }
    }
}

/// Whoever acts works the lead from here on.
pub(super) fn work(draft: &mut Draft<'_>, implied: bool) -> Result<(), Refusal> {
    let (holder, by) = draft.taker();
    let Some(custody) = draft.lead.stage.custody() else { return Err(Refusal::NothingChanges) };
    let custody = custody.clone().without(ClockKind::AcceptBy).without(ClockKind::RouteBy).held_by(holder);
    draft.push(Event::CloserAccepted { by, at: draft.inputs.occurred_at, implied, custody })
}

/// The cell "decline" of a qualified lead.
pub(super) fn decline(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    match offeree(draft) {
        Some(rep) if draft.member() == Some(&rep) => withdraw(draft, Withdrawal::Declined),
        Some(_) => Err(Refusal::NotOfferee { holder: draft.holder_member() }),
        None => Err(Refusal::UseReject),
    }
}

/// The next closer's turn; after as many offers as a cycle has, the steward's.
pub(super) fn withdraw(draft: &mut Draft<'_>, why: Withdrawal) -> Result<(), Refusal> {
    let Some((leg, from)) = draft.lead.leg.clone().zip(offeree(draft)) else { return Err(Refusal::Stale) };
    let offers = u32::try_from(leg.offered_to.len()).unwrap_or(u32::MAX);
    let held = offers >= draft.inputs.policy.durations().offers_max;
    let custody = waiting(draft, &leg.pool, held);
    draft.push(Event::CloserWithdrawn { from, why, pool: leg.pool, held, custody })
}

/// The closer's `return`: back to the first rep, who has some business days to mend what is missing.
pub(super) fn give_back(draft: &mut Draft<'_>, days: u32) -> Result<(), Refusal> {
    let Some(leg) = draft.lead.leg.clone() else { return Err(Refusal::NoClosersLeg) };
    let first = draft.rep(&draft.acting(&leg.first));
    let to = first.member().clone();
    let hours = draft.hours(&to);
    let clock = draft.clock(ClockKind::DispositionBy, hours, draft.inputs.now, Span::business_days(days));
    let custody = Custody::new(first, clock).with_some(draft.running(ClockKind::RespondBy));
    draft.push(Event::ReturnedToFirst { to, custody })
}

fn priority(draft: &Draft<'_>) -> Priority {
    draft.lead.cycle.terms.as_ref().map_or(Priority::P3, |terms| terms.priority)
}

/// In the closers' queue; held: in its steward's own hands for a day.
fn waiting(draft: &Draft<'_>, pool: &PoolId, held: bool) -> Custody {
    let steward = draft.steward_holder(pool);
    let route = draft.inputs.policy.sla(priority(draft)).route;
    let span = if held { Span::business_days(1) } else { route };
    let clock = draft.clock(ClockKind::RouteBy, draft.hours(steward.member()), draft.inputs.now, span);
    duties(draft, steward, clock)
}

/// A duty of the leg beside those of the qualified lead, which run on.
fn duties(draft: &Draft<'_>, holder: Holder, clock: Clock) -> Custody {
    let own = [ClockKind::NextStepBy, ClockKind::FactsBy, ClockKind::RespondBy];
    own.into_iter().fold(Custody::new(holder, clock), |custody, kind| custody.with_some(draft.running(kind)))
}

/// Whether the lead is qualified, and a closer's answer is due.
pub(super) fn is_offered(draft: &Draft<'_>) -> bool {
    draft.stage() == StageKind::SalesQualified && offeree(draft).is_some()
}
