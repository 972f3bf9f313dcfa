//! Rejections, contests and verdicts on a lead. It keeps an open contest's clock running wherever the lead goes.

use super::set_custody;
use crate::domain::contest::{Contest, RETURNED_MAX, Returned};
use crate::domain::custody::{ClockKind, Custody, Holder};
use crate::domain::event::Event;
use crate::domain::ids::HandoffId;
use crate::domain::lead::{Lead, StageKind};

/// What becomes of a handoff that sales returned.
#[expect(clippy::wildcard_enum_match_arm, reason = "`apply` matches every event and sends only these here")]
pub(super) fn apply(lead: &mut Lead, event: &Event) -> Option<()> {
    match event {
        Event::ContestAllowed { until, code, by, version } => {
            let handoff = lead.handoff()?;
            lead.returned.retain(|returned| returned.handoff != handoff);
            if lead.returned.len() >= RETURNED_MAX {
                lead.returned.remove(0);
            }
            lead.returned.push(Returned {
                handoff,
                cycle: lead.cycle.number,
                version: *version,
                code: *code,
                at: lead.decided_at,
                by: by.clone(),
                contest_until: *until,
                contest: None,
            });
        }
        Event::RejectionContested { handoff, by, arbiter, clock, custody } => {
            let returned = of(lead, *handoff)?;
            returned.contest = Some(Contest {
                by: by.clone(),
                arbiter: arbiter.clone(),
                clock: clock.clone(),
                verdict: None,
            });
            if let Some(custody) = custody {
                lead.stage = std::mem::take(&mut lead.stage).opened(custody.clone());
            }
        }
        Event::ContestResolved { handoff, verdict, custody, .. } => {
            of(lead, *handoff)?.contest.as_mut()?.verdict = Some(*verdict);
            stop_clock(lead);
            set_custody(lead, custody.as_ref());
        }
        _ => {}
    }
    Some(())
}

fn of(lead: &mut Lead, handoff: HandoffId) -> Option<&mut Returned> {
    lead.returned.iter_mut().find(|returned| returned.handoff == handoff)
}

/// The verdict is there: a stage that was open only for it closes again.
fn stop_clock(lead: &mut Lead) {
    let Some(custody) = lead.stage.custody().cloned() else { return };
    let stage = std::mem::take(&mut lead.stage);
    lead.stage = if custody.owes_only(ClockKind::VerdictBy) {
        stage.closed()
    } else {
        stage.with_custody(custody.without(ClockKind::VerdictBy))
    };
}

/// Wherever the lead goes while a contest is open, the earliest verdict stays owed, from the rung that its clock has reached;
/// on a lead that nobody holds, by the arbiter.
pub(super) fn keep_clock(lead: &mut Lead) {
    if matches!(lead.stage.kind(), StageKind::Unseen | StageKind::Merged) {
        return;
    }
    remember_rung(lead);
    let open = lead.returned.iter().filter_map(Returned::open_contest);
    let Some(contest) = open.min_by_key(|contest| contest.clock.due_by) else { return };
    let clock = contest.clock.clone();
    let custody = match lead.stage.custody() {
        Some(custody) if custody.clock(ClockKind::VerdictBy).is_some() => return,
        Some(custody) => custody.clone().with(clock),
        None => Custody::new(Holder::Arbiter(contest.arbiter.clone()), clock),
    };
    lead.stage = std::mem::take(&mut lead.stage).opened(custody);
}

/// The contest's own clock goes along with the one that runs: a lead that changes hands does not begin its ladder anew.
fn remember_rung(lead: &mut Lead) {
    let running = lead.stage.custody().and_then(|custody| custody.clock(ClockKind::VerdictBy)).cloned();
    let Some(running) = running else { return };
    let open = lead.returned.iter_mut().filter_map(|returned| returned.contest.as_mut());
    let mut of_it =
        open.filter(|contest| contest.verdict.is_none() && contest.clock.due_by == running.due_by);
    if let Some(contest) = of_it.next() {
        contest.clock = running;
    }
}
