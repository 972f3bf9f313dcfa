//! The lines of a weekly digest by what somebody does: campaigns and patterns for marketing, breaches, ages and load for
//! managers of sales, open duties for whoever holds leads. From sums; it names no person of whom a lead is.

use super::digest::CampaignWeek;
use super::patterns::PatternDuty;
use crate::domain::custody::{ClockKind, Custody};
use crate::domain::lead::Lead;
use crate::domain::team::{Member, MemberId, Role, Team};
use crate::domain::time::Moment;
use crate::store::read::floor::{LoadRead, QueueAges};
use crate::store::read::handshake::FactRead;
use std::collections::BTreeMap;

/// Campaigns, patterns and people that a digest lists: the longest fits on a page.
const LISTED_MAX: usize = 15;

/// What every digest of a week is written from.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub campaigns: Vec<CampaignWeek>,
    /// What marketing owes an answer for, or has just answered.
    pub patterns: Vec<PatternDuty>,
    /// What happened in the week.
    pub facts: Vec<FactRead>,
    pub queues: Vec<QueueAges>,
    pub load: Vec<LoadRead>,
}

/// The leads that a person holds.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// All of them.
    pub open: i64,
    /// Those that were read: a page of them.
    pub leads: Vec<Lead>,
}

/// Whether somebody's digest has anything to say at all.
#[must_use]
pub fn is_for(member: &Member) -> bool {
    member.active && (is_marketing(member) || is_manager(member) || holds(member))
}

/// Whether the digest lists the leads that the person holds.
#[must_use]
pub fn holds(member: &Member) -> bool {
    member.roles.iter().any(|role| matches!(role, Role::Rep | Role::Sales))
}

fn is_marketing(member: &Member) -> bool {
    member.roles.contains(&Role::Marketing)
}

fn is_manager(member: &Member) -> bool {
    member.roles.contains(&Role::Manager) && member.roles.contains(&Role::Sales)
}

/// Lines and pages of a person's digest.
#[must_use]
pub fn lines(
    member: &Member,
    figures: &Figures,
    held: &Held,
    team: &Team,
    now: Moment,
) -> (Vec<String>, Vec<String>) {
    let (mut lines, mut pages) = (Vec::new(), Vec::new());
    let mut part = |part: Vec<String>, page: &str| {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(part);
        pages.push(page.to_owned());
    };
    if is_marketing(member) {
        part(marketing(figures, now), "campaigns");
    }
    if is_manager(member) {
        part(manager(&member.id, figures, team), "floor");
    }
    if holds(member) {
        part(duties(held, now), "my");
    }
    (lines, pages)
}

fn marketing(figures: &Figures, now: Moment) -> Vec<String> {
    let mut lines = vec!["What became of your leads last week".to_owned()];
    for week in figures.campaigns.iter().take(LISTED_MAX) {
        let name = week.name.as_deref().or(week.campaign.as_deref()).unwrap_or("no campaign");
        lines.push(format!(
            "- {name}: MQL {}, accepted {}, returned {}, SQL {}, opportunities {}, won {}",
            week.mql,
            week.accepted,
            week.rejected,
            week.qualified - week.sql_reversed,
            week.opportunities,
            week.won - week.win_reversed
        ));
    }
    if figures.campaigns.is_empty() {
        lines.push("- nothing happened".to_owned());
    }
    let open = figures.patterns.iter().filter(|duty| duty.answered_at.is_none());
    let open: Vec<&PatternDuty> = open.take(LISTED_MAX).collect();
    if open.is_empty() {
        return lines;
    }
    lines.push("Patterns of returned leads that wait for your answer".to_owned());
    lines.extend(open.into_iter().map(|duty| {
        let late = if now > duty.answer_by { ", late" } else { "" };
        format!(
            "- {} in {}: {} leads{late}",
            duty.pattern.code.replace('_', " "),
            duty.pattern.campaign,
            duty.pattern.leads.len()
        )
    }));
    lines
}

/// Figures of a person go to that person and their manager only.
fn manager(id: &MemberId, figures: &Figures, team: &Team) -> Vec<String> {
    let is_mine = |member: &str| team.manager_of(&MemberId(member.to_owned())) == Some(id);
    let mut missed: BTreeMap<&str, i64> = BTreeMap::new();
    let breached = figures.facts.iter().filter(|fact| fact.kind == "breached");
    for member in breached.filter_map(|fact| fact.member.as_deref()).filter(|member| is_mine(member)) {
        *missed.entry(member).or_default() += 1;
    }
    let mut lines = vec![format!("Your team missed {} deadlines last week", missed.values().sum::<i64>())];
    let mut missed: Vec<(&str, i64)> = missed.into_iter().collect();
    missed.sort_by_key(|(member, count)| (std::cmp::Reverse(*count), *member));
    lines.extend(
        missed.iter().take(LISTED_MAX).map(|(member, count)| format!("- {}: {count}", name(team, member))),
    );
    lines.push("What waits in queues".to_owned());
    for queue in &figures.queues {
        let old = queue.day + queue.older;
        lines.push(format!(
            "- {}: {} waiting, {old} for more than an hour, {} left to the steward",
            queue.pool, queue.waiting, queue.held
        ));
    }
    if figures.queues.is_empty() {
        lines.push("- nothing".to_owned());
    }
    lines.push("Who holds what".to_owned());
    let mine = figures.load.iter().filter(|row| is_mine(&row.holder));
    lines.extend(mine.take(LISTED_MAX).map(|row| {
        format!(
            "- {}: {} to accept, {} accepted, {} qualified, {} deals; {} late",
            name(team, &row.holder),
            row.offered,
            row.accepted,
            row.qualified,
            row.deals,
            row.late
        )
    }));
    lines
}

fn name(team: &Team, id: &str) -> String {
    team.member(&MemberId(id.to_owned())).map_or_else(|| id.to_owned(), |member| member.name.clone())
}

/// How many leads owe what, and how many of them late.
fn duties(held: &Held, now: Moment) -> Vec<String> {
    let mut owed: BTreeMap<ClockKind, (i64, i64)> = BTreeMap::new();
    for clock in held.leads.iter().filter_map(Lead::custody).flat_map(Custody::clocks) {
        let (count, late) = owed.entry(clock.kind).or_default();
        *count += 1;
        *late += i64::from(clock.due_by < now);
    }
    let mut lines = vec![format!("You hold {} leads", held.open)];
    lines.extend(
        owed.into_iter().map(|(kind, (count, late))| format!("- {}: {count}, {late} late", duty(kind))),
    );
    lines
}

fn duty(kind: ClockKind) -> &'static str {
    match kind {
        ClockKind::AcceptBy => "to accept",
        ClockKind::ContactBy => "to call",
        ClockKind::DispositionBy => "to qualify or return",
        ClockKind::NextStepBy => "to take the next step with",
        ClockKind::RouteBy => "to find a rep for",
        ClockKind::RecycleAt => "at rest",
        ClockKind::ReviewBy => "to look at",
        ClockKind::RespondBy => "to answer",
        ClockKind::FactsBy => "to add facts to",
        ClockKind::VerdictBy => "to decide the contest of",
        ClockKind::RedriveBy => "to mend and redrive",
    }
}

#[cfg(test)]
mod tests;
