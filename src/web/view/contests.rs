//! Which rejections of a lead somebody may contest or settle, and what a closer may answer. It only offers.

use crate::domain::contest::Returned;
use crate::domain::lead::{Lead, StageKind};
use crate::domain::leg::LegStep;
use crate::domain::team::{Member, Role, Team};
use crate::web::words::{moment_words, rejection_words};

/// A rejection to contest, or a contest to settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContestChoice {
    /// What the ask brings as `handoff_id`.
    pub handoff: String,
    pub cycle: u32,
    pub reason: &'static str,
    /// Until when, in words: the window's end, or when the verdict is due.
    pub until: String,
}

/// Rejections that this person of marketing may contest; whether the window is still open `decide` says.
#[must_use]
pub fn contestable(lead: &Lead, member: &Member) -> Vec<ContestChoice> {
    if !member.roles.contains(&Role::Marketing) || lead.stage.kind() == StageKind::Suppressed {
        return Vec::new();
    }
    let open = lead.returned.iter().filter(|returned| returned.contest.is_none());
    open.map(|returned| choice(returned, moment_words(returned.contest_until))).collect()
}

/// Contests that wait for this person.
#[must_use]
pub fn waiting(lead: &Lead, member: &Member, team: &Team) -> Vec<ContestChoice> {
    let mine = |returned: &&Returned| {
        let Some(contest) = returned.open_contest() else { return false };
        let is_party = returned.by.as_ref() == Some(&member.id) || contest.by == member.id;
        let is_named = contest.arbiter == member.id || *team.acting(&contest.arbiter) == member.id;
        !is_party && (is_named || member.roles.contains(&Role::Arbiter))
    };
    let due = |returned: &Returned| {
        returned.open_contest().map_or_else(String::new, |contest| moment_words(contest.clock.due_by))
    };
    lead.returned.iter().filter(mine).map(|returned| choice(returned, due(returned))).collect()
}

fn choice(returned: &Returned, until: String) -> ContestChoice {
    ContestChoice {
        handoff: returned.handoff.to_string(),
        cycle: returned.cycle,
        reason: rejection_words(returned.code),
        until,
    }
}

/// Whether a qualified lead is offered to this person as the closer, or waits in the queue of their pool.
#[must_use]
pub fn is_closers_choice(lead: &Lead, member: &Member, team: &Team) -> bool {
    let Some(leg) = &lead.leg else { return false };
    match &leg.step {
        LegStep::Offered(rep) => *rep == member.id,
        LegStep::Waiting { .. } => {
            team.pool(&leg.pool).is_some_and(|pool| pool.members.iter().any(|(id, _)| *id == member.id))
        }
        LegStep::Working(_) => false,
    }
}
