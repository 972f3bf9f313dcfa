//! Sales returns a lead: a rejection never stands alone, its consequence is decided in the same call.

use super::draft::Draft;
use super::{Refusal, closer, contest};
use crate::domain::command::{Inputs, OptOutScope, Rejection};
use crate::domain::custody::{ClockKind, Custody, Holder};
use crate::domain::event::Event;
use crate::domain::lead::{Attempt, DealState, RestReason, Stage, StageKind, SuppressedFor};
use crate::domain::policy::{Consequence, RejectionCode};
use crate::domain::team::MemberId;
use crate::domain::time::{DAY, Moment};
use std::collections::BTreeSet;

/// A date that a fact should have given and did not: a quarter, the policy's usual pause for a budget.
const RETRY_DEFAULT_DAYS: i64 = 90;
/// Days in a month when a date is held against the policy's months.
const MONTH_DAYS: i64 = 30;

/// The row "reject(code)".
pub(super) fn reject(draft: &mut Draft<'_>, rejection: &Rejection) -> Result<(), Refusal> {
    let code = rejection.code;
    match draft.lead.stage.clone() {
        Stage::Unseen | Stage::Merged { .. } => return Err(Refusal::NotFound),
        Stage::Captured(_) => return before_handoff(draft, rejection),
        Stage::Queued { custody, .. } => {
            if !draft.is_holder() && !is_steward(draft) && !came_early(draft, &custody) {
                return Err(Refusal::NotOfferee { holder: draft.holder_member() });
            }
        }
        Stage::Offered { rep, .. } => {
            let by = draft.member();
            if by != Some(&rep) {
                let former = by.is_some_and(|by| draft.lead.cycle.offered_to.contains(by));
                let holder = draft.holder_member();
                return Err(if former {
                    Refusal::OfferMoved { holder, voided: None }
                } else {
                    Refusal::NotOfferee { holder }
                });
            }
        }
        Stage::SalesAccepted(_) | Stage::SalesQualified(_) => {
            if !draft.is_fact() && !draft.is_holder() {
                return Err(Refusal::HeldByOther { holder: draft.holder_member() });
            }
        }
        Stage::Opportunity(_) => return reject_with_deal(draft, rejection),
        Stage::Won { .. } | Stage::WonUnderReview { .. } => return Err(Refusal::ClosedWon),
        Stage::Lost { .. } => return Err(Refusal::NothingChanges),
        Stage::Recycled { .. } | Stage::Disqualified { .. } => return Err(Refusal::AlreadyRejected),
        Stage::Suppressed { .. } => return Err(Refusal::NothingChanges),
    }
    if code == RejectionCode::Return && draft.lead.leg.is_none() {
        return Err(Refusal::NoClosersLeg);
    }
    let flagged = check_demands(draft, rejection)?;
    record(draft, rejection, flagged)?;
    if draft.stage() == StageKind::SalesQualified {
        draft.push(Event::SqlReversed)?;
    }
    follow(draft, rejection)
}

/// Before the handoff only faults of the person's data count, and only as facts.
fn before_handoff(draft: &mut Draft<'_>, rejection: &Rejection) -> Result<(), Refusal> {
    if !draft.is_fact() {
        return Err(Refusal::NotHandedOff);
    }
    record(draft, rejection, false)?;
    match rejection.code {
        RejectionCode::Junk | RejectionCode::BadData | RejectionCode::OptOut => follow(draft, rejection),
        RejectionCode::Unreachable
        | RejectionCode::BadTiming
        | RejectionCode::NoNeed
        | RejectionCode::NoBudget
        | RejectionCode::NoAuthority
        | RejectionCode::NoFit
        | RejectionCode::CompetitorChosen
        | RejectionCode::ExistingCustomer
        | RejectionCode::ExistingOpportunity
        | RejectionCode::WrongTerritory
        | RejectionCode::WrongSegment
        | RejectionCode::Duplicate
        | RejectionCode::Return
        | RejectionCode::Other => Ok(()),
    }
}

/// With an open deal a rejection is a loss, unless the deal is still open in the CRM.
fn reject_with_deal(draft: &mut Draft<'_>, rejection: &Rejection) -> Result<(), Refusal> {
    let open = draft.lead.deals.iter().find(|deal| deal.state == DealState::Open).map(|deal| deal.id);
    if !draft.is_fact() || open.is_some() {
        return Err(Refusal::UseLost);
    }
    let Some(last) = draft.lead.deals.last().map(|deal| deal.id) else { return Err(Refusal::UseLost) };
    let days = draft.inputs.policy.loss(None).days;
    let custody = draft.resting_for(days);
    draft.push(Event::LeadLost {
        opportunity: last,
        at: draft.inputs.occurred_at,
        reason: Some(rejection.code.code().to_owned()),
        unmapped: true,
        implied: true,
        custody: Some(custody),
    })
}

/// A fact from before the lead stood in its queue, heard of since: it acts as the offeree's would (LIFECYCLE N13).
fn came_early(draft: &Draft<'_>, queued: &Custody) -> bool {
    let since = queued.clock(ClockKind::RouteBy).map(|clock| clock.started_at);
    let before = since.is_some_and(|since| draft.inputs.occurred_at < since);
    draft.is_fact() && draft.member().is_some() && draft.lead.cycle.offers == 0 && before
}

fn is_steward(draft: &Draft<'_>) -> bool {
    draft.member().is_some_and(|member| draft.inputs.team.steward_of(&draft.pool()) == member)
}

fn record(draft: &mut Draft<'_>, rejection: &Rejection, flagged: bool) -> Result<(), Refusal> {
    let counts = draft.inputs.policy.rejection(rejection.code).counts;
    draft.push(Event::LeadRejected {
        code: rejection.code,
        sub_reason: rejection.sub_reason.clone(),
        unmapped: rejection.unmapped,
        flagged,
        counts,
        by: draft.member().cloned(),
    })?;
    contest::allow(draft, rejection.code)
}

/// What the code demands: refused of an ask; of a fact defaulted, and flagged by the answer `true`.
fn check_demands(draft: &Draft<'_>, rejection: &Rejection) -> Result<bool, Refusal> {
    let demands = &draft.inputs.policy.rejection(rejection.code).demands;
    let reached = has_tried(draft, rejection);
    let checks = [
        ("attempts", demands.attempts == 0 || reached),
        ("retry_on", !demands.retry_on || rejection.retry_on.is_some()),
        (
            "sub_reason",
            demands.sub_reason.is_empty()
                || rejection.sub_reason.as_ref().is_some_and(|given| demands.sub_reason.contains(given)),
        ),
        ("competitor", !demands.competitor || rejection.names_competitor),
        ("fields", !demands.field || !rejection.fields.is_empty()),
        ("duplicate_of", !demands.duplicate_of || rejection.names_duplicate),
        ("scope", !demands.scope || rejection.scope.is_some()),
        (
            "proposed_owner",
            !demands.proposal || rejection.proposed_owner.is_some() || rejection.proposed_pool.is_some(),
        ),
        ("note", rejection.note_chars >= demands.note_chars),
    ];
    let missing: Vec<&'static str> =
        checks.into_iter().filter(|(_, met)| !met).map(|(name, _)| name).collect();
    let in_range = rejection.retry_on.is_none_or(|date| retry_range(draft).contains(&date));
    if draft.is_fact() {
        return Ok(!missing.is_empty() || !in_range);
    }
    if !missing.is_empty() {
        return Err(Refusal::DemandsMissing { missing });
    }
    if in_range { Ok(false) } else { Err(Refusal::RetryOnOutOfRange) }
}

fn retry_range(draft: &Draft<'_>) -> std::ops::RangeInclusive<Moment> {
    let months = i64::from(draft.inputs.policy.durations().retry_on_months_max);
    draft.inputs.now..=draft.inputs.now.plus(months * MONTH_DAYS * DAY)
}

/// Enough attempts on enough days by enough channels, counted from what is known; the CRM's count only where none is.
fn has_tried(draft: &Draft<'_>, rejection: &Rejection) -> bool {
    let demands = &draft.inputs.policy.rejection(rejection.code).demands;
    let human: Vec<&Attempt> =
        draft.lead.cycle.attempts.iter().filter(|attempt| attempt.is_human()).collect();
    if human.is_empty() {
        return rejection.attempts.unwrap_or(0) >= demands.attempts;
    }
    let days: BTreeSet<i64> = human.iter().map(|attempt| attempt.at.0.div_euclid(DAY)).collect();
    let channels: BTreeSet<_> = human.iter().map(|attempt| attempt.channel).collect();
    human.len() >= demands.attempts as usize
        && days.len() >= demands.days as usize
        && channels.len() >= demands.channels as usize
}

/// The consequence of the code, from the policy.
fn follow(draft: &mut Draft<'_>, rejection: &Rejection) -> Result<(), Refusal> {
    let reason = RestReason::Rejected(rejection.code);
    match draft.inputs.policy.rejection(rejection.code).consequence {
        Consequence::RecycleDays(days) => recycle(draft, reason, i64::from(days) * DAY),
        Consequence::RecycleOnGivenDate => {
            let range = retry_range(draft);
            let given = rejection.retry_on.unwrap_or(draft.inputs.now.plus(RETRY_DEFAULT_DAYS * DAY));
            let date = given.clamp(*range.start(), *range.end());
            let custody = draft.resting_until(date);
            draft.push(Event::LeadRecycled { reason, custody })
        }
        Consequence::RecycleUntilContractEnd { default_days } => {
            let range = retry_range(draft);
            let date = rejection.retry_on.filter(|date| range.contains(date));
            let custody = match date {
                Some(date) => draft.resting_until(date),
                None => draft.resting_for(default_days),
            };
            draft.push(Event::LeadRecycled { reason, custody })
        }
        Consequence::Disqualify(reason) => draft.push(Event::LeadDisqualified { reason, custody: None }),
        Consequence::FixData { business_days } => {
            let owner = draft.acting(draft.inputs.team.marketing_owner());
            let custody = draft.reviewed_by(Holder::MarketingOwner(owner), business_days);
            draft.push(Event::DataFixAsked { fields: rejection.fields.clone(), custody })
        }
        Consequence::NamedOwner => {
            let Inputs { open_deal, account_owner, .. } = draft.inputs;
            let deal_owner = open_deal.and_then(|deal| deal.owner.as_ref());
            let owners = [rejection.proposed_owner.as_ref(), deal_owner, account_owner];
            reroute(draft, &owners, rejection, false)?;
            match open_deal {
                Some(deal) => draft.push(Event::OpportunityAttached(deal.id)),
                None => Ok(()),
            }
        }
        Consequence::Reroute => reroute(draft, &[rejection.proposed_owner.as_ref()], rejection, true),
        Consequence::MergeOrSteward { business_days } | Consequence::Steward { business_days } => {
            hold(draft, business_days)
        }
        Consequence::ReturnToFirstRep { business_days } => closer::give_back(draft, business_days),
        Consequence::OptOut { recycle_days } => {
            if rejection.scope == Some(OptOutScope::All) {
                return draft.push(Event::LeadSuppressed { reason: SuppressedFor::OptOut, custody: None });
            }
            draft.push(Event::EmailOptedOut { tell: false })?;
            recycle(draft, reason, i64::from(recycle_days) * DAY)
        }
    }
}

fn recycle(draft: &mut Draft<'_>, reason: RestReason, micros: i64) -> Result<(), Refusal> {
    let custody = draft.resting_until(draft.inputs.now.plus(micros));
    draft.push(Event::LeadRecycled { reason, custody })
}

/// Into the steward's own hands.
fn hold(draft: &mut Draft<'_>, days: u32) -> Result<(), Refusal> {
    let pool = draft.pool();
    let custody = draft.held_queue(&pool, days);
    draft.push(Event::LeadQueued { wanted: None, pool, held: true, misrouted: false, custody })
}

/// Back to the queue for the right person, the first of these who is active, or pool; after the second misroute, or with nobody
/// named, to the steward.
fn reroute(
    draft: &mut Draft<'_>,
    owners: &[Option<&MemberId>],
    rejection: &Rejection,
    misroute: bool,
) -> Result<(), Refusal> {
    let team = draft.inputs.team;
    let holder = draft.holder_member();
    // Who returns a lead does not want it, whatever they own.
    let wanted = owners.iter().copied().flatten().find(|owner| {
        team.member(owner).is_some_and(|member| member.active) && Some(*owner) != holder.as_ref()
    });
    let wanted = wanted.cloned();
    let named_pool = rejection.proposed_pool.clone().filter(|pool| team.pool(pool).is_some());
    let pool = wanted
        .as_ref()
        .and_then(|wanted| team.pool_of(wanted))
        .map(|pool| pool.id.clone())
        .or(named_pool)
        .unwrap_or_else(|| draft.pool());
    let misroutes = draft.lead.cycle.misroutes + u32::from(misroute);
    let too_often = misroute && misroutes >= draft.inputs.policy.durations().misroutes_max;
    let nobody = wanted.is_none() && !misroute;
    draft.requeue(wanted, pool, too_often || nobody, misroute)
}
