//! Whoever holds the lead has left, or was switched off: it goes on without them, and without blame. It never finds out which
//! leads those are.

use super::draft::{Draft, UNROUTED};
use super::{Refusal, closer};
use crate::domain::calendar::Span;
use crate::domain::custody::{ClockKind, Custody, Holder};
use crate::domain::event::{Event, Withdrawal};
use crate::domain::lead::Stage;
use crate::domain::team::MemberId;

/// A deal whose owner left is looked at within so many business days (LIFECYCLE, "holder left or inactive").
const DEAL_BUSINESS_DAYS: u32 = 2;

/// The row "holder left or inactive".
pub(super) fn holder_left(draft: &mut Draft<'_>, member: &MemberId) -> Result<(), Refusal> {
    let Some(custody) = draft.lead.custody().filter(|custody| custody.holder.member() == member).cloned()
    else {
        return Err(Refusal::NothingChanges);
    };
    // Back before the sweep came by: they go on.
    if draft.inputs.team.member(member).is_some_and(|member| member.active) {
        return Err(Refusal::NothingChanges);
    }
    if draft.lead.parked.is_some() {
        return replaced(draft, custody);
    }
    match draft.lead.stage {
        Stage::Unseen | Stage::Merged { .. } => Ok(()),
        Stage::Offered { .. } => given_up(draft, member, None),
        Stage::SalesAccepted(_) => {
            let deputy = draft.acting(member);
            let heir = draft.inputs.team.is_there(&deputy, draft.inputs.now).then_some(deputy);
            given_up(draft, member, heir)
        }
        // A closer with an unanswered offer: the next closer's turn. A queue of closers keeps a steward.
        Stage::SalesQualified(_) if closer::is_offered(draft) => {
            closer::withdraw(draft, Withdrawal::HolderLeft)
        }
        Stage::SalesQualified(_) if closer::waits(draft) => replaced(draft, custody),
        Stage::SalesQualified(_) => {
            let manager = managing(draft, &custody.holder)?;
            let custody = custody.held_by(manager);
            draft.push(Event::LeadReassigned { from: Some(member.clone()), custody })
        }
        Stage::Opportunity(_) => {
            let manager = managing(draft, &custody.holder)?;
            let (hours, span) = (draft.hours(manager.member()), Span::business_days(DEAL_BUSINESS_DAYS));
            let look = draft.clock(ClockKind::ReviewBy, hours, draft.inputs.now, span);
            let custody = custody.held_by(manager).with(look);
            draft.push(Event::LeadReassigned { from: Some(member.clone()), custody })
        }
        Stage::Captured(_)
        | Stage::Queued { .. }
        | Stage::Won { .. }
        | Stage::WonUnderReview { .. }
        | Stage::Lost { .. }
        | Stage::Recycled { .. }
        | Stage::Disqualified { .. }
        | Stage::Suppressed { .. } => replaced(draft, custody),
    }
}

/// A lead that comes to rest with the arbiter of its open contest, who has left meanwhile, rests with whoever stands in.
pub(super) fn relieve_arbiter(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let Some(custody) = draft.lead.stage.custody().cloned() else { return Ok(()) };
    let is_left = matches!(custody.holder, Holder::Arbiter(_)) && !is_active(draft, custody.holder.member());
    if draft.decided_nothing() || !is_left {
        return Ok(());
    }
    match replaced(draft, custody) {
        // Nobody stands in: the duty stays where it is rather than undo what was decided.
        Err(Refusal::NothingChanges) => Ok(()),
        other => other,
    }
}

/// Back to the queue for the heir, or for whose turn it is: a leaver is no breach, and no try of three.
fn given_up(draft: &mut Draft<'_>, member: &MemberId, heir: Option<MemberId>) -> Result<(), Refusal> {
    let pool = match heir.as_ref().and_then(|heir| draft.inputs.team.pool_of(heir)) {
        Some(pool) => pool.id.clone(),
        None => draft.pool(),
    };
    let held = pool.0 == UNROUTED && heir.is_none();
    let custody = draft.queue_custody(&pool, held);
    let (from, why) = (member.clone(), Withdrawal::HolderLeft);
    draft.push(Event::OfferWithdrawn { from, why, wanted: heir, pool, held, custody })
}

/// The same duties, owed by whoever stands in for the one who left.
fn replaced(draft: &mut Draft<'_>, custody: Custody) -> Result<(), Refusal> {
    let from = custody.holder.member().clone();
    let holder = successor(draft, &custody.holder).ok_or(Refusal::NothingChanges)?;
    draft.push(Event::HolderReplaced { from, custody: custody.held_by(holder) })
}

/// The manager of who left, else whoever stands in.
fn managing(draft: &Draft<'_>, left: &Holder) -> Result<Holder, Refusal> {
    match draft.manager_of(left.member()).filter(|manager| manager != left.member()) {
        Some(manager) => Ok(Holder::Steward(manager)),
        None => successor(draft, left).ok_or(Refusal::NothingChanges),
    }
}

/// Who stands in for somebody who left: the deputy, else whoever has the office now, else the manager, else the steward of
/// leads without a route. Of several the first who is there, else the first who is in the team at all.
fn successor(draft: &Draft<'_>, left: &Holder) -> Option<Holder> {
    let (team, now) = (draft.inputs.team, draft.inputs.now);
    let office = match left {
        Holder::Rep(member) => team.manager_of(member).unwrap_or_else(|| team.queue_steward()),
        Holder::Steward(_) => team.steward_of(&draft.pool()),
        Holder::SegmentOwner(_) => team.segment_owner(draft.segment()),
        Holder::MarketingOwner(_) => team.marketing_owner(),
        Holder::Arbiter(_) => team.arbiter(),
        Holder::Operations(_) => team.operations(),
    }
    .clone();
    let manager = team.manager_of(left.member()).cloned();
    let asked = [Some(left.member().clone()), Some(office), manager, Some(team.queue_steward().clone())];
    let acting: Vec<MemberId> = asked
        .into_iter()
        .flatten()
        .map(|member| draft.acting(&member))
        .filter(|member| member != left.member() && is_active(draft, member))
        .collect();
    let there = acting.iter().find(|member| team.is_there(member, now));
    let member = there.or_else(|| acting.first())?.clone();
    Some(match left {
        Holder::Rep(_) | Holder::Steward(_) => Holder::Steward(member),
        Holder::SegmentOwner(_) => Holder::SegmentOwner(member),
        Holder::MarketingOwner(_) => Holder::MarketingOwner(member),
        Holder::Arbiter(_) => Holder::Arbiter(member),
        Holder::Operations(_) => Holder::Operations(member),
    })
}

fn is_active(draft: &Draft<'_>, member: &MemberId) -> bool {
    draft.inputs.team.member(member).is_some_and(|member| member.active)
}
