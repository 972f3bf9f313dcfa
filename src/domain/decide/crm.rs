//! A CRM record appears for a person: made by a rep, or by an integration. Who made it never sets the origin alone.

use super::Refusal;
use super::draft::Draft;
use super::signal::learn;
use crate::domain::command::Report;
use crate::domain::event::Event;
use crate::domain::lead::{Origin, Stage, StageKind};
use crate::domain::team::MemberId;

/// The rows "CRM record created by a person" and "by integration, import, web".
pub(super) fn link(
    draft: &mut Draft<'_>,
    by_person: bool,
    owner: Option<&MemberId>,
    report: &Report,
) -> Result<(), Refusal> {
    let stage = draft.stage();
    if stage == StageKind::Unseen {
        let origin = if by_person { Origin::Sales } else { report.origin.unwrap_or(Origin::Unknown) };
        draft.capture(origin)?;
    }
    learn(draft, report)?;
    let conflict = by_person && matches!(draft.lead.stage, Stage::Queued { .. } | Stage::Offered { .. });
    if !draft.lead.crm_linked {
        draft.push(Event::CrmLinked { by_person, conflict })?;
    }
    if !by_person {
        if draft.stage() == StageKind::Captured && draft.lead.cycle.terms.is_none() {
            draft.try_mql(None)?;
        }
        if stage == StageKind::Suppressed && !draft.decided_nothing() {
            return draft.diverge("recreated_while_suppressed");
        }
        return Ok(());
    }
    match stage {
        StageKind::Unseen | StageKind::Captured => take(draft, owner),
        StageKind::Lost | StageKind::Recycled => {
            draft.start_cycle(draft.lead.cycle.motion, false, draft.inputs.occurred_at)?;
            take(draft, owner)
        }
        StageKind::Queued | StageKind::Offered if !draft.decided_nothing() => {
            draft.diverge("recreated_by_sales")
        }
        StageKind::Disqualified if !draft.decided_nothing() => draft.diverge("recreated_while_disqualified"),
        StageKind::Suppressed if !draft.decided_nothing() => draft.diverge("recreated_while_suppressed"),
        StageKind::Queued
        | StageKind::Offered
        | StageKind::SalesAccepted
        | StageKind::SalesQualified
        | StageKind::Opportunity
        | StageKind::Won
        | StageKind::Disqualified
        | StageKind::Suppressed
        | StageKind::Merged => Ok(()),
    }
}

/// Into the hands of the record's owner, else of who made it.
fn take(draft: &mut Draft<'_>, owner: Option<&MemberId>) -> Result<(), Refusal> {
    if let Some(owner) = owner {
        return draft.take_for(&draft.rep(owner), owner.clone(), true);
    }
    draft.take(true)?;
    draft.note_stranger()
}

/// The row "CRM lead converted". The opportunity that it may name is reported beside it.
pub(super) fn convert(
    draft: &mut Draft<'_>,
    owner: Option<&MemberId>,
    report: &Report,
) -> Result<(), Refusal> {
    let stage = draft.stage();
    if stage == StageKind::Unseen {
        draft.capture(Origin::Sales)?;
    }
    learn(draft, report)?;
    if !draft.lead.crm_linked {
        draft.push(Event::CrmLinked { by_person: true, conflict: false })?;
    }
    match stage {
        StageKind::Unseen | StageKind::Captured | StageKind::Queued | StageKind::Offered => {
            take(draft, owner)
        }
        StageKind::Lost | StageKind::Recycled | StageKind::Disqualified => {
            draft.start_cycle(draft.lead.cycle.motion, false, draft.inputs.occurred_at)?;
            take(draft, owner)?;
            if stage == StageKind::Disqualified {
                draft.diverge("converted_while_disqualified")?;
            }
            Ok(())
        }
        StageKind::Suppressed if !draft.decided_nothing() => draft.diverge("converted_while_suppressed"),
        StageKind::SalesAccepted
        | StageKind::SalesQualified
        | StageKind::Opportunity
        | StageKind::Won
        | StageKind::Suppressed
        | StageKind::Merged => Ok(()),
    }
}

/// The row "CRM record deleted". Whoever works the lead in the CRM has lost it there: the steward finds it a new home.
pub(super) fn unlink(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    match draft.stage() {
        StageKind::Unseen => Err(Refusal::Filtered("unknown_person")),
        StageKind::Merged => Err(Refusal::NotFound),
        StageKind::Queued => draft.push(Event::CrmUnlinked { tell: true, custody: None }),
        StageKind::Offered => {
            draft.push(Event::CrmUnlinked { tell: true, custody: None })?;
            draft.diverge("deleted_while_offered")
        }
        StageKind::SalesAccepted | StageKind::SalesQualified => {
            draft.push(Event::CrmUnlinked { tell: true, custody: None })?;
            let pool = draft.pool();
            draft.requeue(None, pool, true, false)
        }
        // The disagreement list is the steward's; the deal stays with its owner.
        StageKind::Opportunity => {
            draft.push(Event::CrmUnlinked { tell: true, custody: None })?;
            draft.diverge("deleted_with_open_deal")
        }
        StageKind::Captured
        | StageKind::Won
        | StageKind::Lost
        | StageKind::Recycled
        | StageKind::Disqualified
        | StageKind::Suppressed => {
            if !draft.lead.crm_linked {
                return Err(Refusal::NothingChanges);
            }
            draft.push(Event::CrmUnlinked { tell: false, custody: None })
        }
    }
}
