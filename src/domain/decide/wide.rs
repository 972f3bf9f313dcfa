//! Changes that touch many leads at once, seen from one of them: an account became a customer, a policy was published, a
//! campaign changed sides, a deal lost a contact.
//! It never finds out which leads those are.

use super::Refusal;
use super::draft::Draft;
use crate::domain::event::{Event, Withdrawal};
use crate::domain::ids::OpportunityId;
use crate::domain::lead::{Origin, Stage, StageKind};
use crate::domain::team::MemberId;

/// The row "account becomes customer" (LIFECYCLE N8): what nobody works yet goes to the account's owner.
pub(super) fn customer(draft: &mut Draft<'_>, owner: Option<&MemberId>) -> Result<(), Refusal> {
    if draft.lead.customer {
        return Err(Refusal::NothingChanges);
    }
    let team = draft.inputs.team;
    let owner = owner
        .map(|owner| draft.acting(owner))
        .filter(|owner| team.member(owner).is_some_and(|member| member.active));
    match draft.lead.stage.clone() {
        Stage::Unseen | Stage::Merged { .. } => Err(Refusal::NothingChanges),
        Stage::Captured(_) => draft.push(Event::CustomerNoted { owner, tell: false }),
        Stage::Queued { pool, .. } => {
            draft.push(Event::CustomerNoted { owner: owner.clone(), tell: true })?;
            let Some(owner) = owner else { return Ok(()) };
            let pool = team.pool_of(&owner).map_or(pool, |pool| pool.id.clone());
            draft.requeue_for(&owner, pool)
        }
        Stage::Offered { rep, .. } => {
            draft.push(Event::CustomerNoted { owner: owner.clone(), tell: true })?;
            match owner {
                Some(owner) if owner != rep => draft.withdraw(Withdrawal::Reassigned, Some(owner)),
                Some(_) | None => Ok(()),
            }
        }
        Stage::SalesAccepted(_) | Stage::SalesQualified(_) | Stage::Opportunity(_) => {
            draft.push(Event::CustomerNoted { owner: None, tell: true })
        }
        Stage::Won { .. }
        | Stage::WonUnderReview { .. }
        | Stage::Lost { .. }
        | Stage::Recycled { .. }
        | Stage::Disqualified { .. }
        | Stage::Suppressed { .. } => draft.push(Event::CustomerNoted { owner: None, tell: false }),
    }
}

/// The row "policy published": a captured lead may be an MQL under the new text; a cycle keeps its terms. What was said
/// before the service went live hands nobody to sales, whatever the text says.
pub(super) fn score_again(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let is_captured = draft.stage() == StageKind::Captured && draft.lead.cycle.terms.is_none();
    let live_from = draft.inputs.live_from;
    let is_live = draft.lead.signals.signals().iter().any(|signal| signal.at >= live_from);
    if is_captured && is_live { draft.try_mql(None) } else { Err(Refusal::NothingChanges) }
}

/// Somebody is no contact of a deal any more (LIFECYCLE N12): nobody moves, and whoever holds the lead hears of it.
pub(super) fn contact_left(draft: &mut Draft<'_>, opportunity: OpportunityId) -> Result<(), Refusal> {
    if draft.lead.deal(opportunity).is_none() {
        return Err(Refusal::NothingChanges);
    }
    let tell = draft.stage().is_handed_off();
    draft.push(Event::ContactLeft { opportunity, tell })
}

/// The campaign of the touch that gave the lead its origin belongs to another side: so does the lead.
pub(super) fn credit(draft: &mut Draft<'_>, campaign: &str, origin: Origin) -> Result<(), Refusal> {
    let lead = &draft.lead;
    let gave_origin =
        lead.first_campaign.as_deref() == Some(campaign) && lead.first_campaign_at == lead.origin_at;
    if !gave_origin || lead.origin == origin || lead.stage.kind() == StageKind::Unseen {
        return Err(Refusal::NothingChanges);
    }
    draft.push(Event::OriginCredited(origin))
}
