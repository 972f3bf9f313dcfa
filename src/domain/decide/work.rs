//! What people do with a lead beside moving it: attempts, notes, settling what the CRM says otherwise. It never judges the
//! lead.

use super::deal::review::called;
use super::draft::Draft;
use super::{Refusal, closer, former};
use crate::domain::calendar::{Hours, Span};
use crate::domain::custody::{ClockKind, Custody};
use crate::domain::event::Event;
use crate::domain::lead::{Attempt, AttemptOutcome, Stage, StageKind};

/// The row "contact attempt".
pub(super) fn attempt(draft: &mut Draft<'_>, attempt: &Attempt) -> Result<(), Refusal> {
    if draft.lead.cycle.attempts.iter().any(|known| known.id == attempt.id) {
        return Err(Refusal::NothingChanges);
    }
    match draft.lead.stage.clone() {
        Stage::Unseen | Stage::Merged { .. } => return Err(Refusal::NotFound),
        Stage::Queued { pool, .. } if attempt.is_human() && draft.is_of_pool(&pool) => draft.take(true)?,
        Stage::Offered { rep, .. } if attempt.is_human() && draft.member() == Some(&rep) => {
            draft.take(true)?;
        }
        Stage::Offered { .. } if attempt.is_human() => by_former(draft, attempt)?,
        Stage::SalesQualified(_) if attempt.is_human() && is_closers(draft) => closer::work(draft, true)?,
        Stage::Suppressed { .. } => draft.diverge("contact_despite_suppression")?,
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
        | Stage::Disqualified { .. } => {}
    }
    let tell = match draft.stage() {
        StageKind::Queued | StageKind::Offered => true,
        StageKind::Recycled => attempt.is_two_way(),
        StageKind::Unseen
        | StageKind::Captured
        | StageKind::SalesAccepted
        | StageKind::SalesQualified
        | StageKind::Opportunity
        | StageKind::Won
        | StageKind::Lost
        | StageKind::Disqualified
        | StageKind::Suppressed
        | StageKind::Merged => false,
    };
    let custody = met(draft, attempt);
    draft.push(Event::AttemptRecorded { attempt: attempt.clone(), tell, custody })
}

/// A person who was offered the lead before the present offeree may get it back by what they did.
fn by_former(draft: &mut Draft<'_>, attempt: &Attempt) -> Result<(), Refusal> {
    if let Some(by) = draft.member().filter(|by| draft.lead.cycle.offered_to.contains(by)) {
        former::attempt(draft, by, attempt)?;
    }
    Ok(())
}

/// The closer who was offered the lead acts.
fn is_closers(draft: &Draft<'_>) -> bool {
    draft.member().is_some_and(|member| closer::offeree(draft).as_ref() == Some(member))
}

/// The duties after an attempt: contact and reply are met by a person; a booked meeting gives time, once.
fn met(draft: &Draft<'_>, attempt: &Attempt) -> Option<Custody> {
    let before = draft.lead.stage.custody()?;
    if !attempt.is_human() || !draft.stage().is_with_sales() || draft.stage() == StageKind::Offered {
        return None;
    }
    let mut custody = before.clone().without(ClockKind::ContactBy).without(ClockKind::RespondBy);
    // A meeting without a date gives no time, and uses none up.
    let is_dated =
        |known: &Attempt| known.outcome == AttemptOutcome::MeetingBooked && known.meeting_at.is_some();
    let booked = is_dated(attempt) && !draft.lead.cycle.attempts.iter().any(is_dated);
    if booked
        && let Some(meeting_at) = attempt.meeting_at
        && let Some(clock) = custody.clock(ClockKind::DispositionBy).cloned()
    {
        let extra = Span::business_days(draft.inputs.policy.durations().meeting_extra_business_days);
        let hours = draft.hours(custody.holder.member());
        let due = hours.after(meeting_at, extra);
        if due > clock.due_by {
            let moved = draft.clock_until(clock.kind, Hours::Of(hours), clock.started_at, due);
            custody = custody.with(moved.caught_up(draft.inputs.now));
        }
    }
    if draft.stage() == StageKind::Opportunity {
        custody = called(draft, custody);
    }
    (custody != *before).then_some(custody)
}

/// What the CRM said otherwise is settled by whoever keeps order.
pub(super) fn settle(draft: &mut Draft<'_>, version: u64) -> Result<(), Refusal> {
    if draft.stage() == StageKind::Unseen {
        return Err(Refusal::NotFound);
    }
    if draft.keeps_order() {
        draft.push(Event::DisagreementSettled { version })
    } else {
        Err(Refusal::NotEligible)
    }
}

/// The row "note".
pub(super) fn note(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    match draft.stage() {
        StageKind::Unseen | StageKind::Merged => Err(Refusal::NotFound),
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
        | StageKind::Suppressed => draft.push(Event::NoteTaken),
    }
}
