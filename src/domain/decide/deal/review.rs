//! When an open deal is looked at: once nothing has touched it for some days, or once it should have closed. It never judges
//! what was done with it.

use super::has_other_open_deal;
use crate::domain::calendar::{Hours, Span};
use crate::domain::command::DealReport;
use crate::domain::custody::{Basis, Clock, ClockKind, Custody, Holder};
use crate::domain::decide::draft::Draft;
use crate::domain::lead::StageKind;
use crate::domain::team::MemberId;
use crate::domain::time::{DAY, Moment};

/// Working days to look at a deal that should have closed before anybody told of it.
const OVERDUE_BUSINESS_DAYS: u32 = 1;

/// The custody of a lead with its first open deal; a reply and facts that are owed stay owed.
pub(super) fn dealing(draft: &Draft<'_>, holder: Holder, report: &DealReport) -> Custody {
    let clock = look_at(draft, holder.member(), report.close_date);
    let owed = [ClockKind::RespondBy, ClockKind::FactsBy];
    owed.into_iter().fold(Custody::new(holder, clock), |custody, kind| custody.with_some(draft.running(kind)))
}

/// The custody of an open deal that was just touched.
pub(super) fn reviewed(draft: &Draft<'_>, report: &DealReport) -> Option<Custody> {
    let custody = draft.lead.stage.custody()?;
    if draft.stage() != StageKind::Opportunity {
        return None;
    }
    // The manager who looks at a deal without contact goes on looking.
    if draft.lead.no_contact {
        return None;
    }
    let holder = report.owner.as_ref().map_or_else(|| custody.holder.clone(), |owner| draft.rep(owner));
    let clock = look_at(draft, holder.member(), report.close_date);
    // With several deals the lead has one clock: the day on which another of them should close stands until it has come.
    let other = custody.clock(ClockKind::ReviewBy).filter(|running| {
        let is_ahead = (draft.inputs.now..clock.due_by).contains(&running.due_by);
        has_other_open_deal(draft, report) && is_for_close_date(draft, running) && is_ahead
    });
    let clock = other.cloned().unwrap_or(clock);
    Some(custody.clone().with(clock).held_by(holder))
}

/// The custody of an open deal after a call: it was touched, and the day on which it should close stands.
pub(in crate::domain::decide) fn called(draft: &Draft<'_>, custody: Custody) -> Custody {
    let running = custody.clock(ClockKind::ReviewBy);
    if running.is_some_and(|running| is_for_close_date(draft, running)) {
        return custody;
    }
    let clock = look_at(draft, custody.holder.member(), None);
    custody.with(clock)
}

/// A deal from before the service went live is looked at by its touches alone, so that a first start does not ask about all of
/// them at once.
fn look_at(draft: &Draft<'_>, holder: &MemberId, close_date: Option<i32>) -> Clock {
    let (now, hours) = (draft.inputs.now, draft.hours(holder));
    let closed_by = close_date.filter(|_| !draft.is_history()).map(|day| {
        let passed = hours.opening(hours.day(day.saturating_add(1)));
        if passed > now { passed } else { hours.after(now, Span::business_days(OVERDUE_BUSINESS_DAYS)) }
    });
    let untouched = untouched_by(draft, now);
    let due_by = closed_by.map_or(untouched, |closed_by| closed_by.min(untouched));
    draft.clock_until(ClockKind::ReviewBy, Hours::Wall, now, due_by)
}

fn untouched_by(draft: &Draft<'_>, since: Moment) -> Moment {
    since.plus(i64::from(draft.inputs.policy.durations().opportunity_untouched_days) * DAY)
}

/// Whether the clock ends before the deal is untouched for long; a person's own look is counted in their hours.
fn is_for_close_date(draft: &Draft<'_>, clock: &Clock) -> bool {
    matches!(clock.basis, Basis::Wall | Basis::WallLadder(_))
        && clock.due_by < untouched_by(draft, clock.started_at)
}
