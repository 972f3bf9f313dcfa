//! Which open leads would be MQL under one of two policies and not under the other, by the scoring that the service uses. It
//! moves no lead, and says nothing of leads that sales has qualified.

use crate::domain::ids::LeadId;
use crate::domain::lead::{Lead, Stage, StageKind};
use crate::domain::policy::{Grade, MqlVerdict, Policy};
use crate::domain::scoring::Standing;
use crate::domain::signal::{SignalId, SignalWindow};
use crate::domain::time::Moment;

/// The stages whose leads are looked at: marketing's, and those that sales has not yet qualified.
pub const STAGES: &[StageKind] =
    &[StageKind::Captured, StageKind::Queued, StageKind::Offered, StageKind::SalesAccepted];
/// Leads that are named one by one; the rest is counted.
pub const LISTED_MAX: usize = 50;

/// What one policy says of a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    pub mql: bool,
    pub points: u16,
    pub grade: Grade,
}

/// A lead that stands on different sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    pub lead: LeadId,
    pub stage: StageKind,
    pub before: Judged,
    pub after: Judged,
}

/// What both policies say of a lead: of one that was never handed to sales as of now, as publishing a policy would look at
/// it; of one that was, as of the moment at which it became MQL, with what had happened by then. `None` for all others.
#[must_use]
pub fn judged(
    lead: &Lead,
    before: &Policy,
    after: &Policy,
    now: Moment,
    live_from: Moment,
) -> Option<(Judged, Judged)> {
    let Some(terms) = &lead.cycle.terms else {
        // What was said before the service went live hands nobody to sales.
        let is_live = lead.signals.signals().iter().any(|signal| signal.at >= live_from);
        let is_looked_at = matches!(lead.stage, Stage::Captured(_)) && is_live;
        let as_of = now.max(lead.decided_at);
        let judge = |policy: &Policy| weighed(policy, &standing(lead, &lead.signals, as_of), None);
        return is_looked_at.then(|| (judge(before), judge(after)));
    };
    let as_of = terms.mql_at.filter(|_| STAGES.contains(&lead.stage.kind()))?;
    let mut then = lead.signals.clone();
    let later: Vec<SignalId> =
        then.signals().iter().filter(|signal| signal.at > as_of).map(|signal| signal.id).collect();
    then.remove(&later);
    let standing = standing(lead, &then, as_of);
    let judge = |policy: &Policy| weighed(policy, &standing, raised(policy, &standing));
    Some((judge(before), judge(after)))
}

fn standing<'a>(lead: &'a Lead, signals: &'a SignalWindow, as_of: Moment) -> Standing<'a> {
    Standing {
        profile: &lead.profile,
        signals,
        cycle_started_at: lead.cycle.started_at,
        as_of,
        guards: lead.guards,
        customer: lead.customer,
        other_open_handoff: false,
    }
}

/// When the person last asked for sales in this cycle, by what the policy takes for asking.
fn raised(policy: &Policy, standing: &Standing<'_>) -> Option<Moment> {
    let signals = standing.signals.signals().iter().rev();
    let mut of_cycle = signals.filter(|signal| signal.at >= standing.cycle_started_at);
    of_cycle.find(|signal| policy.is_hand_raise(signal.kind)).map(|signal| signal.at)
}

fn weighed(policy: &Policy, standing: &Standing<'_>, hand_raise: Option<Moment>) -> Judged {
    let score = policy.score(standing);
    let mql = matches!(policy.mql(standing, hand_raise), MqlVerdict::Qualifies { .. });
    Judged { mql, points: score.points, grade: score.grade }
}

/// The leads that change side, gathered one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    /// How many leads were looked at.
    pub judged: u64,
    /// MQL under the second policy only.
    pub became: u64,
    /// MQL under the first policy only.
    pub ceased: u64,
    /// The best of those that change, at most twice [`LISTED_MAX`] while they are gathered.
    changed: Vec<Changed>,
}

impl Sides {
    /// Looks at one lead.
    pub fn add(&mut self, lead: &Lead, before: &Policy, after: &Policy, now: Moment, live_from: Moment) {
        let Some((was, is)) = judged(lead, before, after, now, live_from) else { return };
        self.judged += 1;
        if was.mql == is.mql {
            return;
        }
        if is.mql {
            self.became += 1;
        } else {
            self.ceased += 1;
        }
        self.changed.push(Changed { lead: lead.id, stage: lead.stage.kind(), before: was, after: is });
        if self.changed.len() >= 2 * LISTED_MAX {
            self.keep_best();
        }
    }

    /// At most [`LISTED_MAX`] of the leads that change, those with the most points under the second policy first.
    #[must_use]
    pub fn listed(mut self) -> Vec<Changed> {
        self.keep_best();
        self.changed
    }

    fn keep_best(&mut self) {
        self.changed.sort_by_key(|it| (std::cmp::Reverse(it.after.points), it.lead));
        self.changed.truncate(LISTED_MAX);
    }
}
