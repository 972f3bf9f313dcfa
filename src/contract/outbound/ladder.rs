//! What a rung of a clock, and a contest, add to the feedback about them: which rung, due when, who owes it and whom it tells.
//! It decides nothing, and names people of the team by their ids only.

use super::Handed;
use super::parts::{self, Object, put};
use crate::domain::contest::{Contest, awaited};
use crate::domain::custody::{Clock, ClockKind, Holder, Rung};
use crate::domain::event::Event;
use crate::domain::lead::StageKind;
use crate::domain::team::{MemberId, Team};
use crate::domain::time::Moment;
use serde_json::json;

/// The clock and the rung that it reached.
#[derive(Clone, Copy)]
pub(super) struct Step {
    kind: ClockKind,
    rung: Rung,
}

/// The step of a ladder that an event is.
pub(super) fn step(event: &Event) -> Option<Step> {
    if let Event::ClockReminded { kind, rung, .. } | Event::ClockEscalated { kind, rung, .. } = event {
        return Some(Step { kind: *kind, rung: *rung });
    }
    if let Event::ClockBreached { kind, .. } = event {
        return Some(Step { kind: *kind, rung: Rung::Due });
    }
    None
}

/// Adds the rung, its deadline, the holder, whom it tells, and where they act.
pub(super) fn about(handed: &Handed<'_>, step: Step, payload: &mut Object) {
    let lead = handed.after;
    let clock = lead.custody().and_then(|custody| custody.clock(step.kind));
    let holder = lead.holder();
    let contest = clock.and_then(|clock| awaited(lead, clock));
    let mut tells = match (contest, holder) {
        (Some(contest), _) => vec![arbiter(handed, contest)],
        (None, Some(holder)) => match step.rung {
            Rung::Due if is_managers_when_due(step.kind, lead.stage.kind()) => {
                vec![holder.member(), told(holder, handed.team, handed.decided_at)]
            }
            Rung::RemindHalf | Rung::RemindLate | Rung::Due => vec![holder.member()],
            Rung::TakeBack | Rung::Escalate | Rung::Daily => {
                vec![told(holder, handed.team, handed.decided_at)]
            }
        },
        (None, None) => Vec::new(),
    };
    put(payload, "rung", step.rung.code());
    put(payload, "routed", lead.queue().map(|(pool, held)| !held && handed.team.pool(pool).is_some()));
    put(payload, "started_at", clock.and_then(|clock| parts::time(clock.started_at)));
    // Whoever has nobody above hears of it once.
    tells.dedup();
    owed(handed, clock, &tells, payload);
}

/// Adds to a contest that was just raised until when the verdict is owed, and tells the arbiter: the lead may be in other
/// hands, or in nobody's before.
pub(super) fn about_verdict(handed: &Handed<'_>, contest: &Contest, payload: &mut Object) {
    owed(handed, Some(&contest.clock), &[arbiter(handed, contest)], payload);
}

/// By when a clock is due, who holds the lead, whom it tells, and where they act.
fn owed(handed: &Handed<'_>, clock: Option<&Clock>, tells: &[&MemberId], payload: &mut Object) {
    let lead = handed.after;
    let holder = lead.holder().map(|it| json!({ "kind": it.kind(), "id": it.member().0 }));
    put(payload, "custody_version", lead.custody_version);
    put(payload, "due_by", clock.map(|clock| clock.due_by.to_string()));
    put(payload, "deadlines", parts::deadlines(lead.custody()));
    put(payload, "holder", holder);
    put(payload, "tells", tells.iter().map(|member| member.0.clone()).collect::<Vec<_>>());
    put(payload, "action_url", handed.board_url.map(|url| format!("{url}/leads/{}", lead.id)));
}

/// Who owes the verdict, or acts for them.
fn arbiter<'a>(handed: &Handed<'a>, contest: &'a Contest) -> &'a MemberId {
    handed.team.acting(&contest.arbiter, handed.decided_at)
}

/// Duties of whoever works a lead, of which the manager hears as soon as one is missed (LIFECYCLE, "deadline passed" and N11).
/// A lead that was not accepted or called in time goes to the next rep; reviews of a steward and facts have lists of their own.
fn is_managers_when_due(kind: ClockKind, stage: StageKind) -> bool {
    match kind {
        ClockKind::DispositionBy | ClockKind::NextStepBy | ClockKind::RespondBy => true,
        ClockKind::ReviewBy => stage == StageKind::Opportunity,
        ClockKind::AcceptBy
        | ClockKind::ContactBy
        | ClockKind::RouteBy
        | ClockKind::RecycleAt
        | ClockKind::FactsBy
        | ClockKind::VerdictBy
        | ClockKind::RedriveBy => false,
    }
}

/// Whom a missed duty is told to: the holder's manager, in marketing the deputy; who has nobody above hears it. Or who acts for
/// them.
fn told<'a>(holder: &'a Holder, team: &'a Team, now: Moment) -> &'a MemberId {
    let member = team.member(holder.member());
    let manager = member.and_then(|member| member.manager.as_ref());
    let deputy = member.and_then(|member| member.deputy.as_ref());
    let first = match holder {
        Holder::SegmentOwner(_) | Holder::MarketingOwner(_) => deputy.or(manager),
        Holder::Rep(_) | Holder::Steward(_) | Holder::Arbiter(_) | Holder::Operations(_) => manager,
    };
    team.acting(first.unwrap_or_else(|| holder.member()), now)
}
