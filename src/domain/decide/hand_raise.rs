//! A person asks to be called, over all stages: into the queue, sooner, a reply owed, the next cycle. Never lost.

use super::Refusal;
use super::draft::Draft;
use super::signal::mend;
use crate::domain::calendar::Hours;
use crate::domain::custody::{ClockKind, Custody, Holder};
use crate::domain::event::Event;
use crate::domain::lead::{Motion, Stage, StageKind};
use crate::domain::policy::{DisqualifiedFor, MqlVerdict, Priority};
use crate::domain::time::Moment;

/// The row "hand-raise" of the lifecycle table, of a lead that is there.
pub(super) fn raise_hand(draft: &mut Draft<'_>, at: Moment) -> Result<(), Refusal> {
    if is_late(draft, at) {
        date_mql(draft, at)?;
        // Returned to a queue since: its next rep is asked in the time of whoever raises a hand.
        let waits_for_rep = matches!(draft.stage(), StageKind::Queued | StageKind::Offered);
        return if waits_for_rep { hurry(draft, at) } else { Ok(()) };
    }
    match draft.stage() {
        // Sales has returned it for its data, and the person asks again: back to the queue of the same cycle.
        StageKind::Captured if draft.lead.cycle.terms.is_some() => {
            mend(draft)?;
            hurry(draft, at)
        }
        StageKind::Captured => draft.try_mql(Some(at)),
        StageKind::Queued | StageKind::Offered => hurry(draft, at),
        StageKind::SalesAccepted | StageKind::SalesQualified | StageKind::Opportunity => owe_reply(draft),
        StageKind::Won => again(draft, Motion::Expansion, at),
        StageKind::Lost | StageKind::Recycled => again(draft, draft.lead.cycle.motion, at),
        StageKind::Disqualified => match draft.lead.stage {
            Stage::Disqualified { reason: DisqualifiedFor::NoFit, .. } => look_again(draft, at),
            Stage::Disqualified { reason: DisqualifiedFor::Junk, .. } => Ok(()),
            Stage::Unseen
            | Stage::Captured(_)
            | Stage::Queued { .. }
            | Stage::Offered { .. }
            | Stage::SalesAccepted(_)
            | Stage::SalesQualified(_)
            | Stage::Opportunity(_)
            | Stage::Won { .. }
            | Stage::WonUnderReview { .. }
            | Stage::Lost { .. }
            | Stage::Recycled { .. }
            | Stage::Suppressed { .. }
            | Stage::Merged { .. } => Ok(()),
        },
        StageKind::Suppressed => look_again(draft, at),
        StageKind::Unseen | StageKind::Merged => Ok(()),
    }
}

/// Asked before sales had the lead, or before its passage ended, and heard of only now: nothing moves back, wherever sales
/// has brought or returned the lead since (LIFECYCLE idea 16, N13).
fn is_late(draft: &Draft<'_>, at: Moment) -> bool {
    let before_sales = is_before_sales(draft, at);
    match &draft.lead.stage {
        Stage::Won { at: ended }
        | Stage::WonUnderReview { at: ended, .. }
        | Stage::Lost { at: ended, .. } => before_sales || at < *ended,
        Stage::Unseen
        | Stage::Captured(_)
        | Stage::Queued { .. }
        | Stage::Offered { .. }
        | Stage::SalesAccepted(_)
        | Stage::SalesQualified(_)
        | Stage::Opportunity(_)
        | Stage::Recycled { .. }
        | Stage::Disqualified { .. }
        | Stage::Suppressed { .. }
        | Stage::Merged { .. } => before_sales,
    }
}

fn is_before_sales(draft: &Draft<'_>, at: Moment) -> bool {
    draft.lead.cycle.accepted_at.is_some_and(|accepted| at < accepted)
}

/// A passage that sales began by itself was marketing's all along, if the person had asked before.
fn date_mql(draft: &mut Draft<'_>, at: Moment) -> Result<(), Refusal> {
    let cycle = &draft.lead.cycle;
    let undated = cycle.terms.as_ref().is_some_and(|terms| terms.mql_at.is_none());
    if !undated || !is_before_sales(draft, at) || at < cycle.started_at {
        return Ok(());
    }
    let MqlVerdict::Qualifies { score, .. } = draft.inputs.policy.mql(&draft.standing(), Some(at)) else {
        return Ok(());
    };
    draft.push(Event::MqlDated { at, grade: score.grade, points: score.points })
}

/// The next cycle, straight into the queue where the definition allows; of somebody who asked for no contact, to a
/// steward first.
fn again(draft: &mut Draft<'_>, motion: Motion, at: Moment) -> Result<(), Refusal> {
    if draft.lead.no_contact {
        return look_again(draft, at);
    }
    draft.start_cycle(motion, true, at)?;
    draft.try_mql(Some(at))
}

/// A hand-raise of a person set aside: captured, and a steward looks within a business day.
fn look_again(draft: &mut Draft<'_>, at: Moment) -> Result<(), Refusal> {
    let steward = Holder::Steward(draft.acting(draft.inputs.team.queue_steward()));
    let custody =
        draft.reviewed_by(steward, draft.inputs.policy.durations().blocked_hand_raise_business_days);
    draft.start_cycle_with(draft.lead.cycle.motion, true, at, custody)
}

/// A hand-raise on a lead in the queue or on offer: the higher priority's times count, where they are earlier.
fn hurry(draft: &mut Draft<'_>, at: Moment) -> Result<(), Refusal> {
    let verdict = draft.inputs.policy.mql(&draft.standing(), Some(at));
    let MqlVerdict::Qualifies { priority, .. } = verdict else { return Ok(()) };
    let Some(terms) = draft.lead.cycle.terms.clone() else { return Ok(()) };
    if priority >= terms.priority {
        return Ok(());
    }
    let (home, waits) = (draft.pool(), matches!(draft.lead.stage, Stage::Queued { held: false, .. }));
    let pool = if waits { draft.shift_of(home.clone(), priority) } else { home.clone() };
    let hours = draft.pool_hours(&pool);
    let raised = draft.terms(hours, priority, terms.grade, terms.points, Some(at), true);
    let contact_by = raised.contact_by.min(terms.contact_by);
    let Some(custody) = draft.lead.stage.custody().cloned() else { return Ok(()) };
    let custody = match draft.stage() {
        StageKind::Offered => sooner(draft, custody, ClockKind::AcceptBy, priority),
        StageKind::Queued
        | StageKind::Unseen
        | StageKind::Captured
        | StageKind::SalesAccepted
        | StageKind::SalesQualified
        | StageKind::Opportunity
        | StageKind::Won
        | StageKind::Lost
        | StageKind::Recycled
        | StageKind::Disqualified
        | StageKind::Suppressed
        | StageKind::Merged => sooner(draft, custody, ClockKind::RouteBy, priority),
    };
    let custody = match custody.clock(ClockKind::ContactBy).cloned() {
        Some(clock) if contact_by < clock.due_by => {
            let mut sooner = draft.clock_until(clock.kind, Hours::Of(hours), raised.contact_from, contact_by);
            sooner.take_back_at = clock.take_back_at;
            custody.with(sooner)
        }
        Some(_) | None => custody,
    };
    draft.push(Event::PriorityRaised { priority, contact_by, custody })?;
    // Its own region sleeps: the next one on shift has it at once, and calls in its own time.
    if pool == home { Ok(()) } else { draft.requeue(draft.lead.cycle.wanted.clone(), pool, false, false) }
}

/// The custody with a clock cut to the time of a higher priority, where that ends earlier.
fn sooner(draft: &Draft<'_>, custody: Custody, kind: ClockKind, priority: Priority) -> Custody {
    let (sla, hours) = (draft.inputs.policy.sla(priority), draft.hours(custody.holder.member()));
    let span = if kind == ClockKind::AcceptBy { sla.accept } else { sla.route };
    let due = hours.after(draft.inputs.now, span);
    match custody.clock(kind).cloned() {
        Some(clock) if due < clock.due_by => {
            let mut cut = draft.clock_until(kind, Hours::Of(hours), draft.inputs.now, due);
            if kind == ClockKind::AcceptBy {
                cut = cut.retaken_at(hours.after(due, sla.grace));
            }
            custody.with(cut)
        }
        Some(_) | None => custody,
    }
}

/// A hand-raise on a lead that somebody works: a reply is owed, beside the stage's own duties.
fn owe_reply(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let Some(custody) = draft.lead.stage.custody().cloned() else { return Ok(()) };
    if custody.clock(ClockKind::RespondBy).is_some() {
        return Ok(());
    }
    let custody = custody.with(draft.respond_clock());
    draft.push(Event::ReplyOwed(custody))
}
