//! What a person asks of us: no contact, erasure, consent. It never deletes a row; it decides what follows for the lead.

use super::Refusal;
use super::draft::Draft;
use crate::domain::custody::{ClockKind, Holder};
use crate::domain::event::Event;
use crate::domain::evolve::evolve;
use crate::domain::lead::{Consent, Permission, Stage, StageKind, SuppressedFor};

/// How long the manager has to look at an open deal whose person must not be contacted.
const NO_CONTACT_BUSINESS_DAYS: u32 = 1;

/// The row "suppress (no contact at all)". With a deal open or won the stage stands; nobody may call all the same.
pub(super) fn suppress(draft: &mut Draft<'_>, reason: SuppressedFor) -> Result<(), Refusal> {
    match draft.lead.stage {
        Stage::Unseen => Err(unknown_person(draft)),
        Stage::Merged { .. } => Err(Refusal::NotFound),
        Stage::Captured(_)
        | Stage::Queued { .. }
        | Stage::Offered { .. }
        | Stage::SalesAccepted(_)
        | Stage::SalesQualified(_)
        | Stage::Lost { .. }
        | Stage::Recycled { .. }
        | Stage::Disqualified { .. } => draft.push(Event::LeadSuppressed { reason, custody: None }),
        Stage::Opportunity(_) | Stage::Won { .. } | Stage::WonUnderReview { .. } if draft.lead.no_contact => {
            Err(Refusal::NothingChanges)
        }
        Stage::Opportunity(_) => {
            let custody = draft.reviewed_by(managing(draft), NO_CONTACT_BUSINESS_DAYS);
            // Facts that are owed stay owed; a reply to the person is not.
            let custody = custody.with_some(draft.running(ClockKind::FactsBy));
            draft.push(Event::ContactForbidden { custody: Some(custody) })
        }
        Stage::Won { .. } | Stage::WonUnderReview { .. } => {
            draft.push(Event::ContactForbidden { custody: None })
        }
        // A legal hold outlasts what the person may take back.
        Stage::Suppressed { reason: SuppressedFor::OptOut, .. } if reason == SuppressedFor::Legal => {
            draft.push(Event::LeadSuppressed { reason, custody: None })
        }
        Stage::Suppressed { .. } => Err(Refusal::NothingChanges),
    }
}

/// The manager of whoever holds the lead, else the holder.
fn managing(draft: &Draft<'_>) -> Holder {
    let holder = draft.holder_member().unwrap_or_else(|| draft.inputs.team.queue_steward().clone());
    Holder::Steward(draft.manager_of(&holder).unwrap_or_else(|| draft.acting(&holder)))
}

/// A fact about nobody we know says nothing; whoever asks is told that there is no such lead.
fn unknown_person(draft: &Draft<'_>) -> Refusal {
    if draft.is_fact() { Refusal::Filtered("unknown_person") } else { Refusal::NotFound }
}

/// The row "erase": every stage goes, whoever holds it is told by the event itself; deals are rows of their own and stay.
pub(super) fn erase(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    match &draft.lead.stage {
        // Nobody yet: the caller keeps the keys on the erased list.
        Stage::Unseen => Err(Refusal::Filtered("unknown_person")),
        // The survivor of a merge is who is to be erased; the one that ended there holds nothing of its own.
        Stage::Merged { .. } => Err(Refusal::NotFound),
        Stage::Suppressed { reason: SuppressedFor::Erased, .. } => Err(Refusal::NothingChanges),
        Stage::Captured(_)
        | Stage::Queued { .. }
        | Stage::Offered { .. }
        | Stage::SalesAccepted(_)
        | Stage::SalesQualified(_)
        | Stage::Opportunity(_)
        | Stage::Won { .. }
        | Stage::WonUnderReview { .. }
        | Stage::Lost { .. }
        | Stage::Recycled { .. }
        | Stage::Disqualified { .. }
        | Stage::Suppressed { .. } => draft.push(Event::LeadErased),
    }
}

/// The row "consent given". Only what is newer than what is known says anything; e-mail that is withdrawn beside
/// another channel is an opt-out.
pub(super) fn consent(draft: &mut Draft<'_>, consent: Consent) -> Result<(), Refusal> {
    let stage = draft.stage();
    match stage {
        StageKind::Unseen => return Err(unknown_person(draft)),
        StageKind::Merged => return Err(Refusal::NotFound),
        StageKind::Captured
        | StageKind::Queued
        | StageKind::Offered
        | StageKind::SalesAccepted
        | StageKind::SalesQualified
        | StageKind::Opportunity
        | StageKind::Won
        | StageKind::Lost
        | StageKind::Recycled
        | StageKind::Disqualified
        | StageKind::Suppressed => {}
    }
    let may_return = matches!(draft.lead.stage, Stage::Suppressed { reason: SuppressedFor::OptOut, .. });
    if stage == StageKind::Suppressed && !may_return && !draft.is_fact() {
        return Err(Refusal::Suppressed);
    }
    let at = draft.inputs.occurred_at;
    let is_newer = at >= draft.lead.consent_at.email || draft.lead.consent.email == Permission::Unknown;
    let opts_out = consent.email == Permission::Withdrawn
        && is_newer
        && draft.lead.consent.email != Permission::Withdrawn;
    if opts_out {
        draft.push(Event::EmailOptedOut { tell: stage.is_handed_off() })?;
    }
    let before = draft.lead.clone();
    let said = Event::ConsentGiven { consent, at };
    let after = evolve(before.clone(), &said).map_err(Refusal::Impossible)?;
    if after.consent != before.consent
        || after.guards != before.guards
        || after.no_contact != before.no_contact
    {
        draft.push(said)?;
    }
    let gave = |before: Permission, after: Permission| after == Permission::Given && before != after;
    let anew =
        gave(before.consent.email, after.consent.email) || gave(before.consent.phone, after.consent.phone);
    if may_return && anew {
        return draft.start_cycle(draft.lead.cycle.motion, false, at);
    }
    Ok(())
}
