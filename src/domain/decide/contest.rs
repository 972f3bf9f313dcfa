//! Marketing contests a rejection, an arbiter decides, or time does (LIFECYCLE N4). It never judges the reason itself.

use super::Refusal;
use super::draft::Draft;
use crate::domain::calendar::Span;
use crate::domain::contest::{Contest, Returned, Ruling, Verdict, rests_under};
use crate::domain::custody::{ClockKind, Custody, Holder};
use crate::domain::event::Event;
use crate::domain::ids::HandoffId;
use crate::domain::lead::StageKind;
use crate::domain::policy::RejectionCode;
use crate::domain::team::{MemberId, Role};

/// Marketing may contest the rejection that was just decided, if its reason allows it and the handoff was not contested
/// before: the window is fixed here, whatever the policy says later.
pub(super) fn allow(draft: &mut Draft<'_>, code: RejectionCode) -> Result<(), Refusal> {
    let Some(handoff) = draft.lead.handoff() else { return Ok(()) };
    let contested = find(draft, handoff).is_some_and(|returned| returned.contest.is_some());
    if contested || draft.is_history() || !draft.inputs.policy.rejection(code).contestable {
        return Ok(());
    }
    let span = Span::business_days(draft.inputs.policy.durations().contest_business_days);
    // Marketing has the window, so it counts in marketing's own working days.
    let until = draft.hours(draft.inputs.team.marketing_owner()).after(draft.inputs.now, span);
    let (by, version) = (draft.member().cloned(), draft.lead.version);
    draft.push(Event::ContestAllowed { until, code, by, version })
}

/// The row "contest".
pub(super) fn contest(draft: &mut Draft<'_>, handoff: HandoffId) -> Result<(), Refusal> {
    match draft.stage() {
        StageKind::Unseen | StageKind::Merged => return Err(Refusal::NotFound),
        StageKind::Suppressed => return Err(Refusal::NotContestable),
        StageKind::Captured
        | StageKind::Queued
        | StageKind::Offered
        | StageKind::SalesAccepted
        | StageKind::SalesQualified
        | StageKind::Opportunity
        | StageKind::Won
        | StageKind::Lost
        | StageKind::Recycled
        | StageKind::Disqualified => {}
    }
    let by = marketer(draft).ok_or(Refusal::NotMarketing)?.clone();
    let returned = find(draft, handoff).cloned().ok_or(Refusal::NotContestable)?;
    if returned.contest.is_some() {
        return Err(Refusal::AlreadyContested);
    }
    if draft.inputs.now > returned.contest_until {
        return Err(Refusal::ContestWindowClosed);
    }
    let arbiter = arbiter(draft, returned.by.as_ref(), &by).ok_or(Refusal::NoArbiter)?;
    let span = Span::business_days(draft.inputs.policy.durations().verdict_business_days);
    let clock = draft.clock(ClockKind::VerdictBy, draft.hours(&arbiter), draft.inputs.now, span);
    let custody = rests_under(&draft.lead, handoff).then(|| {
        let holder = Holder::Arbiter(arbiter.clone());
        match draft.lead.stage.custody() {
            // The consequence holds until the verdict: the date on which the lead comes back runs on.
            Some(custody) => custody.clone().held_by(holder).with(clock.clone()),
            None => Custody::new(holder, clock.clone()),
        }
    });
    draft.push(Event::RejectionContested { handoff, by, arbiter, clock, custody })
}

/// The rows "verdict".
pub(super) fn settle(draft: &mut Draft<'_>, handoff: HandoffId, ruling: Ruling) -> Result<(), Refusal> {
    if draft.stage() == StageKind::Unseen {
        return Err(Refusal::NotFound);
    }
    let returned = find(draft, handoff).cloned().ok_or(Refusal::NotContested)?;
    let contest = returned.open_contest().ok_or(Refusal::NotContested)?;
    if !may_settle(draft, &returned, contest) {
        return Err(Refusal::NotArbiter);
    }
    match ruling {
        Ruling::Uphold => stand(draft, &returned, Verdict::Upheld),
        Ruling::Overturn => overturn(draft, &returned),
    }
}

/// `verdict_by` went by: the rejection stands.
pub(super) fn lapse(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let open = draft.lead.returned.iter().filter_map(|returned| Some((returned, returned.open_contest()?)));
    let earliest = open.min_by_key(|(_, contest)| contest.clock.due_by).map(|(returned, _)| returned.clone());
    stand(draft, &earliest.ok_or(Refusal::Stale)?, Verdict::Lapsed)
}

/// The rejection stands: marketing holds what rests, closed stays closed; of a lead that moved on, figures only.
fn stand(draft: &mut Draft<'_>, returned: &Returned, verdict: Verdict) -> Result<(), Refusal> {
    let rests = rests_under(&draft.lead, returned.handoff);
    let custody = draft
        .lead
        .stage
        .custody()
        .filter(|custody| rests && !custody.owes_only(ClockKind::VerdictBy))
        .map(|custody| custody.clone().without(ClockKind::VerdictBy).held_by(draft.segment_owner()));
    resolve(draft, returned, verdict, !rests, custody)
}

/// The rejection does not count; a lead that still rests under it goes to another rep, in the same cycle and handoff.
fn overturn(draft: &mut Draft<'_>, returned: &Returned) -> Result<(), Refusal> {
    let rests = rests_under(&draft.lead, returned.handoff);
    resolve(draft, returned, Verdict::Overturned, !rests, None)?;
    let (handoff, code, version) = (returned.handoff, returned.code, returned.version);
    draft.push(Event::RejectionVoided { handoff, code, version })?;
    if !rests {
        return Ok(());
    }
    let pool = draft.pool();
    let held = draft.lead.cycle.offers >= draft.inputs.policy.durations().offers_max;
    draft.requeue(None, pool, held, false)
}

fn resolve(
    draft: &mut Draft<'_>,
    returned: &Returned,
    verdict: Verdict,
    moot: bool,
    custody: Option<Custody>,
) -> Result<(), Refusal> {
    let by = draft.member().cloned();
    draft.push(Event::ContestResolved { handoff: returned.handoff, verdict, moot, by, custody })
}

fn find<'d>(draft: &'d Draft<'_>, handoff: HandoffId) -> Option<&'d Returned> {
    draft.lead.returned.iter().find(|returned| returned.handoff == handoff)
}

/// The acting person, if they are of marketing.
fn marketer<'d>(draft: &Draft<'d>) -> Option<&'d MemberId> {
    let member = draft.inputs.team.member(draft.member()?)?;
    (member.active && member.roles.contains(&Role::Marketing)).then_some(&member.id)
}

/// The team's arbiter, or a deputy on the way; then anybody with the role, then a manager: never who rejected or contests.
fn arbiter(draft: &Draft<'_>, rejecter: Option<&MemberId>, contester: &MemberId) -> Option<MemberId> {
    let team = draft.inputs.team;
    let is_free = |id: &MemberId| {
        team.member(id).is_some_and(|member| member.active) && Some(id) != rejecter && id != contester
    };
    let mut deputies = std::iter::successors(Some(team.arbiter()), |id| team.member(id)?.deputy.as_ref());
    let by_office = deputies.by_ref().take(team.members().count()).find(|id| is_free(id));
    let with = |role: Role| {
        let mut members = team.members().filter(move |member| member.roles.contains(&role));
        members.find(|member| is_free(&member.id)).map(|member| &member.id)
    };
    by_office.or_else(|| with(Role::Arbiter)).or_else(|| with(Role::Manager)).cloned()
}

/// Whoever was named, their deputy, or another arbiter; never a party.
fn may_settle(draft: &Draft<'_>, returned: &Returned, contest: &Contest) -> bool {
    let team = draft.inputs.team;
    let Some(member) = draft.member().and_then(|member| team.member(member)) else { return false };
    let is_party = returned.by.as_ref() == Some(&member.id) || contest.by == member.id;
    let is_named =
        contest.arbiter == member.id || *team.acting(&contest.arbiter, draft.inputs.now) == member.id;
    member.active && !is_party && (is_named || member.roles.contains(&Role::Arbiter))
}
