//! A deal that was closed is open again, or was taken out of the CRM. It never touches money, which stands at the deal.

use super::{enter, has_other_open_deal, open, owner, record, reviewed, touch};
use crate::domain::command::DealReport;
use crate::domain::custody::ClockKind;
use crate::domain::decide::Refusal;
use crate::domain::decide::draft::Draft;
use crate::domain::decide::qualify;
use crate::domain::event::Event;
use crate::domain::lead::{Deal, DealState, StageKind};

/// How long the steward has to look at a win that was taken out of the CRM.
const VOID_WIN_BUSINESS_DAYS: u32 = 1;

/// The row "opportunity reopened". A deal that this contact did not know is opened.
pub(super) fn reopened(
    draft: &mut Draft<'_>,
    report: &DealReport,
    known: Option<DealState>,
) -> Result<(), Refusal> {
    match known {
        None => return open(draft, report),
        Some(DealState::Open) => return touch(draft, report),
        Some(DealState::Won | DealState::Lost | DealState::Void) => {}
    }
    take_win_back(draft, report, known)?;
    match draft.stage() {
        StageKind::Unseen
        | StageKind::Captured
        | StageKind::Queued
        | StageKind::Offered
        | StageKind::SalesAccepted
        | StageKind::SalesQualified => open(draft, report),
        StageKind::Opportunity => {
            let custody = reviewed(draft, report);
            let opportunity = report.id;
            draft.push(Event::DealRecorded { opportunity, state: DealState::Open, win: false, custody })
        }
        // A renewal never moves a lead, as long as another win keeps it won.
        StageKind::Won if report.renewal && cycle_is_won_beside(draft, report) => {
            record(draft, report, DealState::Open, false)
        }
        StageKind::Won | StageKind::Lost | StageKind::Recycled => return_to_deal(draft, report),
        StageKind::Disqualified => {
            return_to_deal(draft, report)?;
            draft.diverge("deal_while_disqualified")
        }
        StageKind::Suppressed | StageKind::Merged => Ok(()),
    }
}

/// Back to the open deal in the same cycle, with the steps that this cycle never had.
fn return_to_deal(draft: &mut Draft<'_>, report: &DealReport) -> Result<(), Refusal> {
    let before = draft.lead.version;
    if draft.lead.cycle.sql_at.is_none() || draft.lead.cycle.terms.is_none() {
        let holder = owner(draft, report);
        let by = holder.member().clone();
        draft.accept_as(&holder, by, true)?;
        qualify::imply(draft)?;
    }
    let implied = draft.lead.version > before;
    enter(draft, report, implied)
}

/// The row "opportunity deleted": it never was. A deal that this contact did not know says nothing.
pub(super) fn deleted(
    draft: &mut Draft<'_>,
    report: &DealReport,
    known: Option<DealState>,
) -> Result<(), Refusal> {
    let Some(state) = known.filter(|state| *state != DealState::Void) else {
        return Err(Refusal::NothingChanges);
    };
    let is_last = state == DealState::Open && !has_other_open_deal(draft, report);
    if draft.stage() == StageKind::Opportunity && is_last {
        return last_deleted(draft, report);
    }
    record(draft, report, DealState::Void, false)?;
    if state != DealState::Won {
        return Ok(());
    }
    draft.push(Event::WinReversed { opportunity: report.id })?;
    if draft.stage() != StageKind::Won {
        return Ok(());
    }
    let steward = draft.steward_holder(&draft.pool());
    let custody = draft.reviewed_by(steward, VOID_WIN_BUSINESS_DAYS);
    draft.push(Event::ReviewAsked { reason: "won_deal_deleted".to_owned(), custody })
}

/// The last open deal is gone: a win of the cycle closes it, else the lead is qualified and no more.
fn last_deleted(draft: &mut Draft<'_>, report: &DealReport) -> Result<(), Refusal> {
    let cycle = draft.lead.cycle.number;
    let is_win = |deal: &&Deal| deal.state == DealState::Won && deal.cycle == cycle;
    if let Some(opportunity) = draft.lead.deals.iter().rev().find(is_win).map(|deal| deal.id) {
        record(draft, report, DealState::Void, false)?;
        return draft.push(Event::LeadClosedAsWon { opportunity, at: draft.inputs.occurred_at });
    }
    let holder = draft.lead.holder().cloned().unwrap_or_else(|| owner(draft, report));
    let next_step_on = draft.lead.cycle.facts.next_step_on;
    let custody = draft.qualified(holder, next_step_on, false).with_some(draft.running(ClockKind::FactsBy));
    draft.push(Event::ReturnedToSql { opportunity: report.id, custody })
}

/// A win that is none any more; figures net it.
fn take_win_back(
    draft: &mut Draft<'_>,
    report: &DealReport,
    known: Option<DealState>,
) -> Result<(), Refusal> {
    if known == Some(DealState::Won) {
        draft.push(Event::WinReversed { opportunity: report.id })
    } else {
        Ok(())
    }
}

/// Whether the present cycle holds a win besides this deal.
fn cycle_is_won_beside(draft: &Draft<'_>, report: &DealReport) -> bool {
    let cycle = draft.lead.cycle.number;
    draft
        .lead
        .deals
        .iter()
        .any(|deal| deal.id != report.id && deal.state == DealState::Won && deal.cycle == cycle)
}
