//! A clock came due: remind, note the breach, take back, tell the manager, or move on. Fenced: a stale one does nothing.

use super::draft::Draft;
use super::{Refusal, closer, contest};
use crate::domain::calendar::Hours;
use crate::domain::command::DueClock;
use crate::domain::contest::awaited;
use crate::domain::custody::{Basis, Clock, ClockKind, Custody, Holder, Rung};
use crate::domain::event::{Event, Withdrawal};
use crate::domain::lead::{RestReason, Stage, StageKind};
use crate::domain::policy::RejectionCode;
use crate::domain::signal::{Signal, SignalId, SignalKind};
use crate::domain::team::MemberId;
use crate::domain::time::{MINUTE, Moment};

/// What is due at closing happens then, though a sweep comes a moment later.
const CLOSING_SLACK: i64 = MINUTE;

/// The row "deadline passed (fenced)".
pub(super) fn pass(draft: &mut Draft<'_>, due: &DueClock) -> Result<(), Refusal> {
    let custody = draft.lead.custody().cloned().ok_or(Refusal::Stale)?;
    let clock = custody.clock(due.kind).cloned().ok_or(Refusal::Stale)?;
    let fenced = due.cycle == draft.lead.cycle.number
        && due.custody_version == draft.lead.custody_version
        && due.rung_at == clock.rung_at
        && clock.rung_at <= draft.inputs.now;
    if !fenced {
        return Err(Refusal::Stale);
    }
    let kind = clock.kind;
    if let Some(opens) = closed_until(draft, &custody, &clock) {
        let custody = custody.put_off(kind, opens);
        return draft.push(Event::ClockPutOff { kind, until: opens, custody });
    }
    match clock.rung {
        Rung::RemindHalf | Rung::RemindLate => {
            let rung = clock.rung;
            let custody = advanced(draft, custody, clock);
            draft.push(Event::ClockReminded { kind, rung, custody })
        }
        Rung::Due => fall_due(draft, custody, clock),
        Rung::TakeBack => take_back(draft, custody, clock),
        Rung::Escalate | Rung::Daily => {
            let rung = clock.rung;
            let custody = advanced(draft, custody, clock);
            draft.push(Event::ClockEscalated { kind, rung, custody })
        }
    }
}

/// When whoever holds the lead works again, if not now: nobody is told, and nobody loses a lead, at night. It comes to that
/// only where the hours changed since the clock started, or the lead changed hands, or the sweep was late.
fn closed_until(draft: &Draft<'_>, custody: &Custody, clock: &Clock) -> Option<Moment> {
    let is_date = match (clock.kind, draft.stage()) {
        (ClockKind::RecycleAt, _) => true,
        (ClockKind::ReviewBy, StageKind::Captured) => matches!(custody.holder, Holder::SegmentOwner(_)),
        (
            ClockKind::AcceptBy
            | ClockKind::ContactBy
            | ClockKind::DispositionBy
            | ClockKind::NextStepBy
            | ClockKind::RouteBy
            | ClockKind::ReviewBy
            | ClockKind::RespondBy
            | ClockKind::FactsBy
            | ClockKind::VerdictBy
            | ClockKind::RedriveBy,
            _,
        ) => false,
    };
    let (hours, now) = (draft.hours(owes(draft, custody, clock)), draft.inputs.now);
    if is_date || hours.covers(now, CLOSING_SLACK) {
        return None;
    }
    Some(hours.opening(now)).filter(|opens| *opens > now)
}

/// Who has to act by a clock: the holder; of a contest its arbiter, whoever holds the lead meanwhile.
fn owes<'d>(draft: &'d Draft<'_>, custody: &'d Custody, clock: &Clock) -> &'d MemberId {
    awaited(&draft.lead, clock).map_or_else(|| custody.holder.member(), |contest| &contest.arbiter)
}

fn advanced(draft: &Draft<'_>, custody: Custody, clock: Clock) -> Custody {
    let hours = match clock.basis {
        Basis::Wall | Basis::WallLadder(_) => Hours::Wall,
        Basis::Business | Basis::Hours(_) => Hours::Of(draft.hours(owes(draft, &custody, &clock))),
    };
    custody.with(clock.advanced(hours.day_after(draft.inputs.now)))
}

/// The deadline itself: dates move the lead on; duties are breached, and stand.
fn fall_due(draft: &mut Draft<'_>, custody: Custody, clock: Clock) -> Result<(), Refusal> {
    match (clock.kind, draft.stage()) {
        (ClockKind::RecycleAt, StageKind::Lost | StageKind::Recycled) => return wake(draft),
        (ClockKind::VerdictBy, _) => return contest::lapse(draft),
        (ClockKind::ReviewBy, StageKind::Captured) if matches!(custody.holder, Holder::SegmentOwner(_)) => {
            let custody = draft.resting_for(draft.inputs.policy.durations().dormant_recycle_days);
            return draft.push(Event::LeadRecycled { reason: RestReason::Dormant, custody });
        }
        (
            ClockKind::AcceptBy
            | ClockKind::ContactBy
            | ClockKind::DispositionBy
            | ClockKind::NextStepBy
            | ClockKind::RouteBy
            | ClockKind::RecycleAt
            | ClockKind::ReviewBy
            | ClockKind::RespondBy
            | ClockKind::FactsBy
            | ClockKind::RedriveBy,
            _,
        ) => {}
    }
    let (kind, due_by) = (clock.kind, clock.due_by);
    let custody = advanced(draft, custody, clock);
    let custody = if kind == ClockKind::RouteBy { held_by_manager(draft, custody) } else { custody };
    draft.push(Event::ClockBreached { kind, due_by, custody })
}

/// A queue that nobody served in time is the steward's manager's; the router goes on offering from it.
fn held_by_manager(draft: &Draft<'_>, custody: Custody) -> Custody {
    match draft.manager_of(custody.holder.member()) {
        Some(manager) => custody.held_by(Holder::Steward(manager)),
        None => custody,
    }
}

/// The holder's own time and its grace are over: the lead goes to the next rep, or after the third to the steward.
fn take_back(draft: &mut Draft<'_>, custody: Custody, clock: Clock) -> Result<(), Refusal> {
    match (clock.kind, draft.stage()) {
        (ClockKind::AcceptBy, StageKind::Offered) => draft.withdraw(Withdrawal::NotAccepted, None),
        // The clock runs only while a closer is asked.
        (ClockKind::AcceptBy, StageKind::SalesQualified) => closer::withdraw(draft, Withdrawal::NotAccepted),
        (ClockKind::ContactBy, StageKind::Offered | StageKind::SalesAccepted) => {
            draft.withdraw(Withdrawal::NotContacted, None)
        }
        (
            ClockKind::AcceptBy
            | ClockKind::ContactBy
            | ClockKind::DispositionBy
            | ClockKind::NextStepBy
            | ClockKind::RouteBy
            | ClockKind::RecycleAt
            | ClockKind::ReviewBy
            | ClockKind::RespondBy
            | ClockKind::FactsBy
            | ClockKind::VerdictBy
            | ClockKind::RedriveBy,
            _,
        ) => {
            let (kind, rung) = (clock.kind, clock.rung);
            let custody = advanced(draft, custody, clock);
            draft.push(Event::ClockEscalated { kind, rung, custody })
        }
    }
}

/// A resting lead comes back as captured, in its next cycle; a date that sales named counts as a signal.
fn wake(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let named = matches!(
        draft.lead.stage,
        Stage::Recycled { reason: RestReason::Rejected(RejectionCode::BadTiming), .. }
    );
    let at = draft.inputs.now;
    draft.start_cycle(draft.lead.cycle.motion, false, at)?;
    if named {
        let handoff = crate::domain::ids::HandoffId::derived(draft.lead.id, draft.lead.cycle.number);
        let signal = Signal {
            id: SignalId(*handoff.0.as_bytes()),
            kind: SignalKind::RecycleDateReached,
            at,
            about: 0,
            automated: false,
        };
        draft.push(Event::SignalRecorded { signal, tell: false })?;
    }
    Ok(())
}
