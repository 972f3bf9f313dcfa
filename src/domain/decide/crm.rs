//! A CRM record appears for a person: made by a rep, or by an integration. Who made it never sets the origin alone.

use super::Refusal;
use super::draft::Draft;
use super::signal::learn;
use crate::domain::command::Report;
use crate::domain::custody::Holder;
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
        return draft.take_for(&Holder::Rep(owner.clone()), owner.clone(), true);
    }
    draft.take(true)?;
    draft.note_stranger()
}

/// The row "CRM lead converted".
pub(super) fn convert(
    _draft: &mut Draft<'_>,
    _owner: Option<&MemberId>,
    _report: &Report,
) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}

/// The row "CRM record deleted".
pub(super) fn unlink(_draft: &mut Draft<'_>) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}
