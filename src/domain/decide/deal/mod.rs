//! What the CRM reports of a deal, seen from one of its contacts. Money and history stand at the opportunity; it never
//! judges whether a deal may be opened again or taken out.

pub(super) mod review;
mod undone;

use super::Refusal;
use super::draft::Draft;
use super::qualify;
use crate::domain::command::{DealChange, DealReport};
use crate::domain::custody::Holder;
use crate::domain::event::Event;
use crate::domain::lead::{Deal, DealState, Motion, Origin, Stage, StageKind};
use review::{dealing, reviewed};

/// The rows "opportunity opened, updated, won, lost, reopened, deleted".
pub(super) fn report(draft: &mut Draft<'_>, report: &DealReport) -> Result<(), Refusal> {
    if report.late || (report.repeated && draft.lead.deal(report.id).is_some()) {
        return Err(Refusal::NothingChanges);
    }
    if let Stage::Suppressed { .. } = draft.lead.stage {
        return suppressed(draft, report);
    }
    let known = draft.lead.deal(report.id);
    match &report.change {
        DealChange::Opened | DealChange::Updated => match known {
            None => open(draft, report),
            Some(DealState::Open) => touch(draft, report),
            Some(DealState::Won | DealState::Lost | DealState::Void) => Err(Refusal::NothingChanges),
        },
        DealChange::Won => won(draft, report, known),
        DealChange::Lost { reason } => lost(draft, report, known, reason.clone()),
        DealChange::Reopened => undone::reopened(draft, report, known),
        DealChange::Deleted => undone::deleted(draft, report, known),
    }
}

/// A deal of somebody who must not be contacted is kept, and stands on the disagreement list.
fn suppressed(draft: &mut Draft<'_>, report: &DealReport) -> Result<(), Refusal> {
    let state = state_of(&report.change);
    let known = draft.lead.deal(report.id);
    let says_less = match report.change {
        DealChange::Opened | DealChange::Updated => known.is_some(),
        DealChange::Deleted => known.is_none(),
        DealChange::Won | DealChange::Lost { .. } | DealChange::Reopened => false,
    };
    if known == Some(state) || says_less {
        return Err(Refusal::NothingChanges);
    }
    draft.push(Event::DealRecorded { opportunity: report.id, state, win: false, custody: None })?;
    // A win from before counted with the lead; one that came meanwhile stands at the deal alone.
    if known == Some(DealState::Won) && draft.lead.cycle.wins > 0 {
        draft.push(Event::WinReversed { opportunity: report.id })?;
    }
    if state == DealState::Open { draft.diverge("deal_while_suppressed") } else { Ok(()) }
}

fn state_of(change: &DealChange) -> DealState {
    match change {
        DealChange::Opened | DealChange::Updated => DealState::Open,
        DealChange::Won => DealState::Won,
        DealChange::Lost { .. } => DealState::Lost,
        DealChange::Reopened => DealState::Open,
        DealChange::Deleted => DealState::Void,
    }
}

/// Opens the deal: moves whoever is not there yet, with the steps that were skipped.
fn open(draft: &mut Draft<'_>, report: &DealReport) -> Result<(), Refusal> {
    let before = draft.lead.version;
    match draft.stage() {
        StageKind::Won if report.renewal => return record(draft, report, DealState::Open, false),
        StageKind::Won => advance_again(draft, report, Motion::Expansion)?,
        StageKind::Opportunity => {
            let custody = reviewed(draft, report);
            return draft.push(Event::DealRecorded {
                opportunity: report.id,
                state: DealState::Open,
                win: false,
                custody,
            });
        }
        StageKind::Lost | StageKind::Recycled => advance_again(draft, report, report.motion)?,
        StageKind::Disqualified => {
            advance_again(draft, report, report.motion)?;
            draft.diverge("deal_while_disqualified")?;
        }
        StageKind::Unseen
        | StageKind::Captured
        | StageKind::Queued
        | StageKind::Offered
        | StageKind::SalesAccepted
        | StageKind::SalesQualified => advance(draft, report)?,
        StageKind::Suppressed | StageKind::Merged => {}
    }
    let implied = draft.lead.version > before;
    enter(draft, report, implied)
}

/// The move itself, from wherever the lead stands.
fn enter(draft: &mut Draft<'_>, report: &DealReport, implied: bool) -> Result<(), Refusal> {
    let custody = reviewed(draft, report).unwrap_or_else(|| dealing(draft, owner(draft, report), report));
    draft.push(Event::OpportunityOpened {
        opportunity: report.id,
        at: report.opened_at,
        implied,
        custody,
    })?;
    draft.note_stranger()
}

/// Captured, accepted and qualified, as far as it was not.
fn advance(draft: &mut Draft<'_>, report: &DealReport) -> Result<(), Refusal> {
    if draft.stage() == StageKind::Unseen {
        draft.capture(Origin::Sales)?;
    }
    let holder = owner(draft, report);
    let by = holder.member().clone();
    draft.take_for(&holder, by, true)?;
    if draft.stage() == StageKind::SalesAccepted {
        qualify::imply(draft)?;
    }
    Ok(())
}

fn advance_again(draft: &mut Draft<'_>, report: &DealReport, motion: Motion) -> Result<(), Refusal> {
    draft.start_cycle(motion, false, draft.inputs.occurred_at)?;
    advance(draft, report)
}

/// The deal's owner, else who acts, else the present holder.
fn owner(draft: &Draft<'_>, report: &DealReport) -> Holder {
    let present = draft.lead.holder().filter(|holder| match holder {
        Holder::Rep(_) => true,
        Holder::Steward(_)
        | Holder::SegmentOwner(_)
        | Holder::MarketingOwner(_)
        | Holder::Arbiter(_)
        | Holder::Operations(_) => false,
    });
    match (&report.owner, present) {
        (Some(owner), _) => draft.rep(owner),
        (None, Some(holder)) => holder.clone(),
        // Nobody has closed it yet: whoever qualified it knows the person.
        (None, None) => match &draft.lead.leg {
            Some(leg) => draft.rep(&leg.first),
            None => draft.taker().0,
        },
    }
}

/// Any report of an open deal restarts its review.
fn touch(draft: &mut Draft<'_>, report: &DealReport) -> Result<(), Refusal> {
    let custody = reviewed(draft, report);
    if custody.is_none() || custody.as_ref() == draft.lead.stage.custody() {
        return Err(Refusal::NothingChanges);
    }
    draft.push(Event::DealRecorded { opportunity: report.id, state: DealState::Open, win: false, custody })
}

fn record(draft: &mut Draft<'_>, report: &DealReport, state: DealState, win: bool) -> Result<(), Refusal> {
    draft.push(Event::DealRecorded { opportunity: report.id, state, win, custody: None })
}

/// Whether the present cycle still holds a win.
fn cycle_is_won(draft: &Draft<'_>) -> bool {
    let cycle = draft.lead.cycle.number;
    draft.lead.deals.iter().any(|deal| deal.state == DealState::Won && deal.cycle == cycle)
}

fn has_other_open_deal(draft: &Draft<'_>, report: &DealReport) -> bool {
    draft.lead.deals.iter().any(|deal| deal.id != report.id && deal.state == DealState::Open)
}

fn won(draft: &mut Draft<'_>, report: &DealReport, known: Option<DealState>) -> Result<(), Refusal> {
    if known == Some(DealState::Won) {
        return Err(Refusal::NothingChanges);
    }
    let at = report.closed_at.unwrap_or(draft.inputs.occurred_at);
    match draft.stage() {
        // A win again: what somebody was asked to look at has settled itself.
        StageKind::Won if matches!(draft.lead.stage, Stage::WonUnderReview { .. }) => {
            return draft.push(Event::LeadWon { opportunity: report.id, at, implied: false });
        }
        StageKind::Won => return record(draft, report, DealState::Won, true),
        StageKind::Lost => {
            return draft.push(Event::LeadWon { opportunity: report.id, at, implied: known.is_none() });
        }
        StageKind::Opportunity => {}
        StageKind::Unseen
        | StageKind::Captured
        | StageKind::Queued
        | StageKind::Offered
        | StageKind::SalesAccepted
        | StageKind::SalesQualified
        | StageKind::Recycled
        | StageKind::Disqualified
        | StageKind::Suppressed
        | StageKind::Merged => open(draft, report)?,
    }
    if has_other_open_deal(draft, report) {
        return record(draft, report, DealState::Won, true);
    }
    let implied = known.is_none();
    draft.push(Event::LeadWon { opportunity: report.id, at, implied })
}

fn lost(
    draft: &mut Draft<'_>,
    report: &DealReport,
    known: Option<DealState>,
    reason: Option<String>,
) -> Result<(), Refusal> {
    if known == Some(DealState::Lost) {
        return Err(Refusal::NothingChanges);
    }
    // Taken out of the CRM before: it decided nothing then, and decides nothing now.
    if known == Some(DealState::Void) {
        return record(draft, report, DealState::Lost, false);
    }
    if known == Some(DealState::Won) {
        record(draft, report, DealState::Lost, false)?;
        draft.push(Event::WinReversed { opportunity: report.id })?;
        // A win of an earlier cycle, or one of several: figures net it, and the lead stays where it is.
        if draft.stage() != StageKind::Won || cycle_is_won(draft) {
            return Ok(());
        }
    }
    match draft.stage() {
        StageKind::Won if known == Some(DealState::Won) => {}
        StageKind::Won => return record(draft, report, DealState::Lost, false),
        StageKind::Lost | StageKind::Recycled | StageKind::Disqualified => {
            return record(draft, report, DealState::Lost, false);
        }
        StageKind::Opportunity => {}
        StageKind::Unseen
        | StageKind::Captured
        | StageKind::Queued
        | StageKind::Offered
        | StageKind::SalesAccepted
        | StageKind::SalesQualified
        | StageKind::Suppressed
        | StageKind::Merged => open(draft, report)?,
    }
    if draft.stage() == StageKind::Opportunity && has_other_open_deal(draft, report) {
        return record(draft, report, DealState::Lost, false);
    }
    let at = report.closed_at.unwrap_or(draft.inputs.occurred_at);
    if draft.stage() == StageKind::Opportunity && cycle_is_won(draft) {
        record(draft, report, DealState::Lost, false)?;
        let cycle = draft.lead.cycle.number;
        let is_win = |deal: &&Deal| deal.state == DealState::Won && deal.cycle == cycle;
        if let Some(opportunity) = draft.lead.deals.iter().rev().find(is_win).map(|deal| deal.id) {
            return draft.push(Event::LeadClosedAsWon { opportunity, at });
        }
    }
    let rule = draft.inputs.policy.loss(reason.as_deref());
    let custody = draft.resting_for(rule.days);
    let unmapped = rule.unmapped;
    draft.push(Event::LeadLost {
        opportunity: report.id,
        at,
        reason,
        unmapped,
        implied: known.is_none(),
        custody: Some(custody),
    })
}
