//! Two leads that are one person, and one lead that was two (LIFECYCLE N5). It never finds out who is whom.

use super::Refusal;
use super::draft::Draft;
use crate::domain::command::Report;
use crate::domain::event::{Event, Withdrawal};
use crate::domain::ids::LeadId;
use crate::domain::lead::{Lead, Origin, Stage, StageKind};
use crate::domain::policy::DisqualifiedFor;
use crate::domain::signal::Signal;
use crate::domain::time::Moment;
use crate::domain::unite::{Goes, goes_on, united};

/// The survivor's side: everything of both, and the stage of whoever got further.
pub(super) fn absorb(draft: &mut Draft<'_>, other: &Lead) -> Result<(), Refusal> {
    refuse_absent(&draft.lead)?;
    refuse_absent(other)?;
    refuse_unless_in_order(draft)?;
    if draft.lead.id == other.id {
        return Err(Refusal::NothingChanges);
    }
    let goes = goes_on(&draft.lead, other);
    if goes == Goes::Theirs {
        withdraw_offer(draft)?;
    }
    let junk = Goes::junk_beside_open(&draft.lead, other);
    let mut lead = united(&draft.lead, other, goes);
    // A customer who asks again is an expansion, and the account's owner should have it.
    let to_owner = matches!(lead.stage, Stage::Captured(_) | Stage::Queued { .. });
    if let Some(owner) = draft.inputs.account_owner.filter(|_| lead.customer && to_owner) {
        lead.cycle.wanted = Some(owner.clone());
    }
    draft.push(Event::LeadAbsorbed { from: other.id, united: Box::new(lead) })?;
    if junk {
        return draft.diverge("merged_with_junk");
    }
    Ok(())
}

/// The other side: its offer ends without blame, and it goes on as the survivor.
pub(super) fn merge(draft: &mut Draft<'_>, into: LeadId) -> Result<(), Refusal> {
    refuse_absent(&draft.lead)?;
    withdraw_offer(draft)?;
    draft.push(Event::LeadMerged { into })
}

/// A person of the team takes a wrong merge apart: signals since then leave this lead; its history stays.
pub(super) fn split(draft: &mut Draft<'_>, to: LeadId, since: Moment) -> Result<(), Refusal> {
    refuse_absent(&draft.lead)?;
    refuse_unless_in_order(draft)?;
    if draft.stage() == StageKind::Suppressed {
        return Err(Refusal::Suppressed);
    }
    let signals = draft.lead.signals.signals().iter();
    let signals = signals.filter(|signal| signal.at >= since).map(|signal| signal.id).collect();
    draft.push(Event::LeadSplit { to, signals })
}

/// The new lead of a split: captured, with its signals, in its first passage.
pub(super) fn begin(
    draft: &mut Draft<'_>,
    from: LeadId,
    signals: &[Signal],
    report: &Report,
) -> Result<(), Refusal> {
    if draft.stage() != StageKind::Unseen {
        return Err(Refusal::NothingChanges);
    }
    draft.capture(report.origin.unwrap_or(Origin::Unknown))?;
    draft.push(Event::SplitBegun { from })?;
    super::signal::learn(draft, report)?;
    for signal in signals {
        draft.push(Event::SignalRecorded { signal: *signal, tell: false })?;
    }
    Ok(())
}

fn refuse_absent(lead: &Lead) -> Result<(), Refusal> {
    match lead.stage.kind() {
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
        | StageKind::Suppressed => Ok(()),
    }
}

/// Records say what they say; of people only those who keep order unite leads and take them apart.
fn refuse_unless_in_order(draft: &Draft<'_>) -> Result<(), Refusal> {
    if draft.is_fact() || draft.keeps_order() { Ok(()) } else { Err(Refusal::NotEligible) }
}

fn withdraw_offer(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.stage() == StageKind::Offered { draft.withdraw(Withdrawal::Merged, None) } else { Ok(()) }
}

impl Goes {
    /// One is at work and the other was thrown away as junk: the steward looks.
    fn junk_beside_open(ours: &Lead, theirs: &Lead) -> bool {
        let junk =
            |lead: &Lead| matches!(lead.stage, Stage::Disqualified { reason: DisqualifiedFor::Junk, .. });
        let open = |lead: &Lead| lead.custody().is_some() && !junk(lead);
        (junk(ours) && open(theirs)) || (junk(theirs) && open(ours))
    }
}
