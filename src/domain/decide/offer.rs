//! Who takes a lead: offer, claim, accept, decline, reassign. It never chooses a rep; the router does.

use super::draft::Draft;
use super::{Refusal, closer, former};
use crate::domain::command::{Actor, Offer};
use crate::domain::custody::{ClockKind, Custody, Holder};
use crate::domain::event::{Event, Withdrawal};
use crate::domain::lead::{Stage, StageKind};
use crate::domain::policy::Priority;
use crate::domain::routing::RouteTried;
use crate::domain::team::{MemberId, PoolId};

/// The row "offer (router)".
pub(super) fn offer(draft: &mut Draft<'_>, offer: &Offer) -> Result<(), Refusal> {
    let for_closer = closer::awaits(draft);
    if !for_closer && !matches!(draft.lead.stage, Stage::Queued { held: false, .. }) {
        return Err(Refusal::Stale);
    }
    if !draft.inputs.team.is_there(&offer.rep, draft.inputs.now) {
        return Err(Refusal::NotEligible);
    }
    if for_closer {
        return closer::offer(draft, offer);
    }
    let custody = draft.offered(&offer.rep);
    draft.push(Event::LeadOffered {
        rep: offer.rep.clone(),
        pool: offer.pool.clone(),
        rule: offer.rule.clone(),
        candidates: offer.candidates.clone(),
        offer_no: draft.lead.cycle.offers + 1,
        custody,
        receipt: offer.receipt.clone(),
    })
}

/// A pool in which nobody is free hands the lead to the next pool's queue.
pub(super) fn pass_pool(draft: &mut Draft<'_>, to: &PoolId) -> Result<(), Refusal> {
    if closer::awaits(draft) {
        return closer::pass_pool(draft, to);
    }
    if !matches!(draft.lead.stage, Stage::Queued { held: false, .. }) {
        return Err(Refusal::Stale);
    }
    draft.requeue(draft.lead.cycle.wanted.clone(), to.clone(), false, false)
}

/// Nobody of any pool can take it now: that is said once for each stay in a queue, and the lead waits with its clock.
pub(super) fn nobody_free(draft: &mut Draft<'_>, tried: &RouteTried) -> Result<(), Refusal> {
    let waits = closer::awaits(draft) || matches!(draft.lead.stage, Stage::Queued { held: false, .. });
    if !waits {
        return Err(Refusal::Stale);
    }
    if draft.lead.nobody_free_at == draft.lead.custody_version {
        return Err(Refusal::NothingChanges);
    }
    draft.push(Event::NobodyFree(Box::new(tried.clone())))
}

/// The row "claim".
pub(super) fn claim(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.member().is_none() && !draft.is_fact() {
        return Err(Refusal::UnknownMember);
    }
    match &draft.lead.stage {
        Stage::Unseen | Stage::Merged { .. } => Err(Refusal::NotFound),
        Stage::Captured(_) | Stage::Lost { .. } | Stage::Recycled { .. } if draft.lead.no_contact => {
            Err(Refusal::Suppressed)
        }
        Stage::Captured(_) | Stage::Queued { .. } => draft.take(false),
        Stage::Offered { rep, .. } => {
            if draft.member() == Some(rep) {
                draft.take(false)
            } else {
                Err(Refusal::AlreadyOffered { rep: rep.clone() })
            }
        }
        Stage::SalesAccepted(_) | Stage::SalesQualified(_) | Stage::Opportunity(_) => {
            Err(Refusal::Held { holder: draft.holder_member() })
        }
        Stage::Won { .. } | Stage::WonUnderReview { .. } => Err(Refusal::UseExpansion),
        Stage::Lost { .. } | Stage::Recycled { .. } => draft.take_again(false),
        Stage::Disqualified { .. } => Err(Refusal::Closed),
        Stage::Suppressed { .. } => Err(Refusal::Suppressed),
    }
}

/// The row "accept". A fact of somebody else than the offeree is the CRM's owner taking over.
pub(super) fn accept(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if *draft.inputs.actor == Actor::Stranger && !draft.is_fact() {
        return Err(Refusal::UnknownMember);
    }
    match draft.lead.stage.clone() {
        Stage::Unseen | Stage::Merged { .. } => Err(Refusal::NotFound),
        Stage::Captured(_) => {
            if draft.is_fact() {
                draft.take(true)?;
                draft.note_stranger()
            } else {
                Err(Refusal::NotOffered)
            }
        }
        Stage::Queued { pool, .. } => {
            if draft.is_of_pool(&pool) || draft.is_fact() {
                former::excuse(draft)?;
                draft.take(false)?;
                draft.note_stranger()
            } else {
                Err(Refusal::NotEligible)
            }
        }
        Stage::Offered { rep, .. } => accept_offer(draft, &rep),
        Stage::SalesAccepted(custody) => {
            let by = draft.member().cloned();
            if by.as_ref() == Some(custody.holder.member()) || by.is_none() {
                Err(Refusal::NothingChanges)
            } else if let Some(overtaken) = former::overtaken(draft) {
                Err(overtaken)
            } else if draft.is_fact() {
                let (holder, _) = draft.taker();
                let from = draft.holder_member();
                let custody = draft.accepted(holder);
                draft.push(Event::LeadReassigned { from, custody })
            } else {
                Err(Refusal::HeldByOther { holder: draft.holder_member() })
            }
        }
        Stage::SalesQualified(_) | Stage::Opportunity(_) => match former::overtaken(draft) {
            Some(overtaken) => Err(overtaken),
            None if draft.stage() == StageKind::SalesQualified => closer::accept(draft),
            None => Err(Refusal::NothingChanges),
        },
        Stage::Won { .. } | Stage::WonUnderReview { .. } => Err(Refusal::NothingChanges),
        Stage::Lost { .. } | Stage::Recycled { .. } => Err(Refusal::CycleClosed),
        Stage::Disqualified { .. } => Err(Refusal::Closed),
        Stage::Suppressed { .. } => Err(Refusal::Suppressed),
    }
}

fn accept_offer(draft: &mut Draft<'_>, rep: &MemberId) -> Result<(), Refusal> {
    let by = draft.member();
    if by == Some(rep) {
        return draft.take(false);
    }
    if let Some(by) = by.filter(|by| draft.lead.cycle.offered_to.contains(by)) {
        return former::accept(draft, by);
    }
    if draft.is_fact() {
        draft.take(true)?;
        return draft.note_stranger();
    }
    Err(Refusal::NotOfferee { holder: draft.holder_member() })
}

/// The row "decline (pass, no blame)".
pub(super) fn decline(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    match &draft.lead.stage {
        Stage::Unseen | Stage::Merged { .. } => Err(Refusal::NotFound),
        Stage::Captured(_) | Stage::Queued { .. } => Err(Refusal::NotOffered),
        Stage::Offered { rep, .. } => {
            if draft.member() == Some(rep) {
                draft.withdraw(Withdrawal::Declined, None)
            } else {
                Err(Refusal::NotOfferee { holder: draft.holder_member() })
            }
        }
        Stage::SalesAccepted(_) => Err(Refusal::UseReject),
        Stage::SalesQualified(_) => closer::decline(draft),
        Stage::Opportunity(_) => Err(Refusal::UseReassign),
        Stage::Won { .. }
        | Stage::WonUnderReview { .. }
        | Stage::Lost { .. }
        | Stage::Recycled { .. }
        | Stage::Disqualified { .. } => Err(Refusal::Closed),
        Stage::Suppressed { .. } => Err(Refusal::Suppressed),
    }
}

/// The row "reassign (person, CRM owner)".
pub(super) fn reassign(draft: &mut Draft<'_>, to: &MemberId) -> Result<(), Refusal> {
    if !draft.inputs.team.member(to).is_some_and(|member| member.active) {
        return Err(if draft.is_fact() { Refusal::UnknownMember } else { Refusal::NotEligible });
    }
    if !draft.is_fact() && !may_reassign(draft) {
        return Err(Refusal::NotEligible);
    }
    match draft.lead.stage.clone() {
        Stage::Unseen | Stage::Merged { .. } => Err(Refusal::NotFound),
        Stage::Captured(_)
        | Stage::Lost { .. }
        | Stage::Recycled { .. }
        | Stage::Won { .. }
        | Stage::WonUnderReview { .. } => {
            if draft.lead.cycle.wanted.as_ref() == Some(to) {
                return Err(Refusal::NothingChanges);
            }
            draft.push(Event::PreferenceNoted(to.clone()))
        }
        Stage::Queued { pool, held, .. } => {
            if draft.lead.cycle.wanted.as_ref() == Some(to) && !held {
                return Err(Refusal::NothingChanges);
            }
            let pool = draft.inputs.team.pool_of(to).map_or(pool, |pool| pool.id.clone());
            draft.requeue_for(to, pool)
        }
        Stage::Offered { rep, .. } => {
            if rep == *to {
                return Err(Refusal::NothingChanges);
            }
            draft.withdraw(Withdrawal::Reassigned, Some(to.clone()))
        }
        Stage::SalesAccepted(custody) | Stage::SalesQualified(custody) | Stage::Opportunity(custody) => {
            if custody.holder.member() == to {
                return Err(Refusal::NothingChanges);
            }
            let from = draft.holder_member();
            let holder = Holder::Rep(to.clone());
            // The holder's own clocks start anew; those of the lead run on (N9).
            let accepted = draft.stage() == StageKind::SalesAccepted;
            // Whoever is named works a lead that was on its way to a closer.
            let worked = |custody: Custody| custody.without(ClockKind::AcceptBy).without(ClockKind::RouteBy);
            let custody = if accepted { draft.accepted(holder) } else { worked(custody).held_by(holder) };
            draft.push(Event::LeadReassigned { from, custody })
        }
        Stage::Disqualified { .. } => Err(Refusal::Closed),
        Stage::Suppressed { .. } => Err(Refusal::Suppressed),
    }
}

impl Draft<'_> {
    /// Into the queue of the named person's pool, wanted by name.
    pub fn requeue_for(&mut self, to: &MemberId, pool: PoolId) -> Result<(), Refusal> {
        let priority = self.lead.cycle.terms.as_ref().map_or(Priority::P3, |terms| terms.priority);
        let custody = self.queued(&pool, priority, self.contact_clock(None));
        self.push(Event::LeadQueued {
            wanted: Some(to.clone()),
            pool,
            held: false,
            misrouted: false,
            custody,
        })
    }
}

/// Whoever keeps order, and whoever holds the lead, may name another person.
fn may_reassign(draft: &Draft<'_>) -> bool {
    draft.is_holder() || draft.keeps_order()
}
