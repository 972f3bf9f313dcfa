//! Signals, hand-raises, profile changes and e-mail opt-outs, over all stages. It scores by asking the policy.

use super::Refusal;
use super::draft::Draft;
use super::hand_raise::raise_hand;
use crate::domain::command::Report;
use crate::domain::custody::Holder;
use crate::domain::event::Event;
use crate::domain::lead::{Motion, Origin, Permission, Stage, StageKind, SuppressedFor};
use crate::domain::policy::{DisqualifiedFor, Grade};
use crate::domain::profile::{Known, Profile, ProfilePatch};
use crate::domain::scoring::Standing;
use crate::domain::signal::{Signal, SignalKind};

/// The rows "signal (weak)", "hand-raise" and "hard bounce" of the lifecycle table; an anonymous id that is bound brings
/// its signals by the same way.
pub(super) fn record(draft: &mut Draft<'_>, signal: &Signal, report: &Report) -> Result<(), Refusal> {
    let hand_raise = !signal.automated && draft.inputs.policy.is_hand_raise(signal.kind);
    let bounced = signal.kind == SignalKind::HardBounce;
    match draft.stage() {
        StageKind::Unseen if bounced => return Err(Refusal::Filtered("unknown_person")),
        StageKind::Unseen => draft.capture(report.origin.unwrap_or(Origin::Unknown))?,
        StageKind::Suppressed if !(bounced || hand_raise && is_opt_out(draft)) => {
            return Err(Refusal::Filtered("suppressed"));
        }
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
        | StageKind::Suppressed
        | StageKind::Merged => {}
    }
    if draft.lead.signals.holds(signal.id) {
        return learn(draft, report);
    }
    learn_from_signal(draft, report)?;
    ask_about(draft, report)?;
    // A steward who has the lead in a queue must know of an address that is dead, and of nothing else.
    let stage = draft.stage();
    let tell = if bounced { stage.is_handed_off() } else { stage.is_with_sales() };
    draft.push(Event::SignalRecorded { signal: *signal, tell })?;
    touch(draft, signal, report)?;
    if signal.automated {
        return Ok(());
    }
    if hand_raise { raise_hand(draft, signal.at) } else { weak(draft) }
}

/// The row "profile, account changed".
pub(super) fn report_profile(draft: &mut Draft<'_>, report: &Report) -> Result<(), Refusal> {
    if draft.stage() == StageKind::Unseen {
        draft.capture(report.origin.unwrap_or(Origin::Unknown))?;
    }
    learn(draft, report)?;
    if draft.decided_nothing() {
        return Ok(());
    }
    match &draft.lead.stage {
        Stage::Captured(_) => {
            if draft.lead.cycle.terms.is_none() {
                draft.try_mql(None)?;
            }
        }
        Stage::Queued { held: false, pool, .. } => {
            let terms = draft.lead.cycle.terms.clone();
            if let Some(terms) = terms {
                let grade = draft.score().grade;
                let better = draft.pool_for(terms.priority, grade, draft.lead.cycle.motion);
                if better != *pool {
                    draft.requeue(draft.lead.cycle.wanted.clone(), better, false, false)?;
                }
            }
        }
        Stage::Disqualified { reason: DisqualifiedFor::NoFit, .. } => {
            if draft.score().grade <= Grade::C {
                draft.start_cycle(Motion::NewBusiness, false, draft.inputs.now)?;
            }
        }
        Stage::Unseen
        | Stage::Queued { .. }
        | Stage::Offered { .. }
        | Stage::SalesAccepted(_)
        | Stage::SalesQualified(_)
        | Stage::Opportunity(_)
        | Stage::Won { .. }
        | Stage::WonUnderReview { .. }
        | Stage::Lost { .. }
        | Stage::Recycled { .. }
        | Stage::Disqualified { .. }
        | Stage::Suppressed { .. }
        | Stage::Merged { .. } => {}
    }
    Ok(())
}

/// The row "e-mail opt-out, complaint": e-mail goes off and the holder hears of it; the stage does not move.
pub(super) fn opt_out(draft: &mut Draft<'_>, signal: &Signal) -> Result<(), Refusal> {
    if draft.stage() == StageKind::Unseen {
        return Err(Refusal::Filtered("unknown_person"));
    }
    let consent = draft.lead.consent.email;
    let is_older = consent == Permission::Given && signal.at < draft.lead.consent_at.email;
    if consent == Permission::Withdrawn || is_older {
        return Err(Refusal::NothingChanges);
    }
    let tell = draft.stage().is_handed_off();
    draft.push(Event::EmailOptedOut { tell })?;
    if !draft.lead.signals.holds(signal.id) {
        draft.push(Event::SignalRecorded { signal: *signal, tell: false })?;
    }
    Ok(())
}

fn is_opt_out(draft: &Draft<'_>) -> bool {
    matches!(draft.lead.stage, Stage::Suppressed { reason: SuppressedFor::OptOut, .. })
}

/// Takes over which product the person asks about; the one who asked last is heard, in whatever order.
fn ask_about(draft: &mut Draft<'_>, report: &Report) -> Result<(), Refusal> {
    let Some(product) = &report.product else { return Ok(()) };
    let event = Event::ProductRequested { product: product.clone(), stamp: report.stamp };
    let after = crate::domain::evolve::evolve(draft.lead.clone(), &event).map_err(Refusal::Impossible)?;
    if after.product == draft.lead.product { Ok(()) } else { draft.push(event) }
}

/// Takes over what a signal says about the person, also who said last what is known already: told in any order, the
/// same signals leave the same profile. (What an address alone says is not worth an event a click.)
fn learn_from_signal(draft: &mut Draft<'_>, report: &Report) -> Result<(), Refusal> {
    let before = draft.lead.version;
    learn(draft, report)?;
    let patch = ProfilePatch { mail: None, known: Known::default(), ..report.patch.clone() };
    if draft.lead.version > before || patch == ProfilePatch::default() {
        return Ok(());
    }
    if draft.lead.profile.clone().patched(&report.patch, report.stamp) == draft.lead.profile {
        return Ok(());
    }
    draft.push(reported(report))
}

fn reported(report: &Report) -> Event {
    Event::ProfileReported {
        patch: report.patch.clone(),
        stamp: report.stamp,
        consent: report.consent,
        guards: report.guards,
        account: report.account,
        customer: report.customer,
    }
}

/// Takes over what a record says about the person; nothing new is no event.
pub(super) fn learn(draft: &mut Draft<'_>, report: &Report) -> Result<(), Refusal> {
    let before = &draft.lead;
    let patched: Profile = before.profile.clone().patched(&report.patch, report.stamp);
    let event = reported(report);
    let after = crate::domain::evolve::evolve(before.clone(), &event).map_err(Refusal::Impossible)?;
    let same_values = values(&patched) == values(&before.profile);
    let changed = !same_values
        || after.consent != before.consent
        || after.guards != before.guards
        || after.account != before.account
        || after.customer != before.customer;
    if !changed {
        return Ok(());
    }
    draft.push(event)?;
    // What was said before sales had the lead cannot answer what sales asked for afterwards (LIFECYCLE N13).
    if draft.lead.cycle.accepted_at.is_some_and(|accepted| report.stamp.at < accepted) {
        return Ok(());
    }
    mend(draft)
}

/// The values of a profile, whoever wrote them.
fn values(profile: &Profile) -> impl PartialEq + use<> {
    (
        profile.employees.as_ref().map(|it| it.value),
        profile.industry.as_ref().map(|it| it.value.clone()),
        profile.country.as_ref().map(|it| it.value.clone()),
        profile.region.as_ref().map(|it| it.value.clone()),
        profile.seniority.as_ref().map(|it| it.value),
        profile.function.as_ref().map(|it| it.value),
        profile.company_domain.as_ref().map(|it| it.value.clone()),
        profile.mail.as_ref().map(|it| it.value),
        profile.known,
    )
}

/// A lead that sales returned for its data goes back when the data changes: to the queue, in the same cycle; one that
/// was never handed off, to its segment's owner.
pub(super) fn mend(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let returned = matches!(&draft.lead.stage, Stage::Captured(custody) if matches!(custody.holder, Holder::MarketingOwner(_)));
    if !returned {
        return Ok(());
    }
    let Some(terms) = draft.lead.cycle.terms.clone() else {
        let custody = draft.captured();
        return draft.push(Event::ReviewAsked { reason: "data_mended".to_owned(), custody });
    };
    let pool = draft.pool_for(terms.priority, draft.score().grade, draft.lead.cycle.motion);
    let custody = draft.queued(&pool, terms.priority, draft.contact_clock(None));
    draft.push(Event::DataFixed { pool, custody })
}

fn touch(draft: &mut Draft<'_>, signal: &Signal, report: &Report) -> Result<(), Refusal> {
    if signal.automated || !signal.kind.is_touch() {
        return Ok(());
    }
    let lead = &draft.lead;
    let origin = report.origin.filter(|_| lead.origin == Origin::Unknown || signal.at < lead.origin_at);
    if origin.is_none() && report.campaign.is_none() {
        return Ok(());
    }
    draft.push(Event::TouchRecorded { at: signal.at, origin, campaign: report.campaign.clone() })
}

fn weak(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    match &draft.lead.stage {
        Stage::Captured(_) if draft.lead.cycle.terms.is_none() => draft.try_mql(None),
        Stage::Recycled { at, .. } => {
            let at = *at;
            let since = Standing { cycle_started_at: at, ..draft.standing() };
            let points = draft.inputs.policy.score(&since).points;
            if u32::from(points) < draft.inputs.policy.durations().strong_points || draft.is_history() {
                return Ok(());
            }
            let first = draft.lead.signals.signals().iter().map(|signal| signal.at).find(|when| *when >= at);
            draft.start_cycle(draft.lead.cycle.motion, false, first.unwrap_or(at))?;
            draft.try_mql(None)
        }
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
        | Stage::Disqualified { .. }
        | Stage::Suppressed { .. }
        | Stage::Merged { .. } => Ok(()),
    }
}
