//! "Duties of both sides": each side's figures of a week, by team, source and person, with the address of the leads behind
//! every number. It reads nothing itself and shows a person's own figures only to whom it is told to.

use super::duty_words::{address, contest_words, counted_words, duty_words, group_name};
use super::grouped;
use crate::domain::policy::RejectionCode;
use crate::domain::team::{MemberId, Team};
use crate::domain::time::Moment;
use crate::scoreboard::{
    ContestCounts, Contested, Counted, Duty, Figure, Group, OtherShare, PatternDuty, Side, Sla, Tally, Week,
};
use crate::web::words::{ago, countdown, member_name, moment_words, plain, rejection_words};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A number with the leads behind it; no address where there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Number {
    pub text: String,
    pub href: String,
    /// What it counts, for whoever hears the page.
    pub label: String,
}

/// A duty met and missed by one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TallyCell {
    /// `85.0 %`, or `n/a`.
    pub share: String,
    /// Nothing was due.
    pub none: bool,
    /// Whole percent for the bar.
    pub percent: u32,
    pub met: Number,
    pub missed: Number,
}

/// One duty of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutyRow {
    pub code: &'static str,
    pub title: &'static str,
    pub definition: &'static str,
    pub all: TallyCell,
}

/// What one side owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideCard {
    pub code: &'static str,
    pub title: &'static str,
    pub rows: Vec<DutyRow>,
}

/// One team, source, person or week in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    pub name: String,
    /// Where a week leads to; empty elsewhere.
    pub href: String,
    pub cells: Vec<TallyCell>,
}

/// A table: one row for each group, one column for each duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupTable {
    pub code: &'static str,
    pub title: &'static str,
    pub first: &'static str,
    pub note: &'static str,
    pub rows: Vec<GroupRow>,
}

/// Contests of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContestRow {
    pub name: String,
    /// Whose side it is told for.
    pub side: &'static str,
    pub numbers: Vec<Number>,
}

/// A pattern of rejections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternLine {
    pub words: String,
    pub campaign: String,
    pub leads: usize,
    /// Answered by whom, or until when it is to be.
    pub state: String,
    /// `good`, `warn` or `bad`.
    pub tone: &'static str,
}

/// A pool with leads that were returned in a way of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedLine {
    pub pool: String,
    pub leads: Number,
    /// Of so many rejections; empty for misroutes.
    pub of: String,
    pub alarm: bool,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutiesView {
    pub now_ms: i64,
    pub week: String,
    pub days: String,
    pub before: String,
    /// Empty for the present week.
    pub after: String,
    pub as_of: String,
    pub policy: String,
    pub truncated: bool,
    /// Nothing was due and nothing happened.
    pub empty: bool,
    pub sides: Vec<SideCard>,
    pub heads: Vec<(&'static str, &'static str)>,
    pub tables: Vec<GroupTable>,
    pub contest_heads: Vec<(&'static str, &'static str)>,
    pub contests: Vec<ContestRow>,
    pub patterns: Vec<PatternLine>,
    pub others: Vec<ReturnedLine>,
    pub misroutes: Vec<ReturnedLine>,
}

/// The page of a week; `before`: the weeks before it, the latest first; `shows` says whose figures whoever looks may see.
#[must_use]
pub fn duties_view(
    week: Week,
    sla: &Sla,
    before: &[(Week, Sla)],
    team: &Team,
    now: Moment,
    shows: &dyn Fn(&MemberId) -> bool,
) -> DutiesView {
    let span = week.span();
    let weeks = std::iter::once((week, sla)).chain(before.iter().map(|(week, sla)| (*week, sla)));
    let weeks: Vec<GroupRow> = weeks
        .map(|(week, sla)| GroupRow {
            href: format!("/duties?week={week}"),
            ..row(week, sla, Group::All, week.to_string())
        })
        .collect();
    let mut tables = group_tables(week, sla, team, shows);
    tables.push(GroupTable {
        code: "weeks",
        title: "Week by week",
        first: "Week",
        note: "as they stand now: a late report changes the week it is about",
        rows: if before.is_empty() { Vec::new() } else { weeks },
    });
    tables.retain(|table| !table.rows.is_empty());
    DutiesView {
        now_ms: now.0.div_euclid(1_000),
        week: week.to_string(),
        days: format!("{} to {}", day(span.from), day(span.to.plus(-1))),
        before: week.back(1).to_string(),
        after: if span.to <= now { week.next().to_string() } else { String::new() },
        as_of: moment_words(now),
        policy: String::new(),
        truncated: false,
        empty: sla.figures.iter().all(|figure| figure.all.due() == 0)
            && Contested::ALL.iter().all(|step| sla.contests.all.of(*step).is_empty()),
        sides: Side::ALL.map(|side| side_card(side, week, sla)).into(),
        heads: Duty::ALL.map(|duty| (duty_words(duty).1, duty.definition())).into(),
        tables,
        contest_heads: Contested::ALL.map(|step| (contest_words(step), step.definition())).into(),
        contests: contest_rows(week, sla, team, shows),
        patterns: sla.patterns.iter().map(|duty| pattern_line(duty, team, now)).collect(),
        others: others(week, sla, team),
        misroutes: misroutes(week, sla, team),
    }
}

fn day(at: Moment) -> String {
    at.timestamp().strftime("%a %-d %b %Y").to_string()
}

fn side_card(side: Side, week: Week, sla: &Sla) -> SideCard {
    let figures = sla.figures.iter().filter(|figure| figure.duty.side() == side);
    let rows = figures.map(|figure| DutyRow {
        code: figure.duty.code(),
        title: duty_words(figure.duty).0,
        definition: figure.duty.definition(),
        all: cell(week, figure.duty, Group::All, Some(&figure.all), ""),
    });
    SideCard {
        code: side.code(),
        title: match side {
            Side::Sales => "Sales owes speed and a reason",
            Side::Marketing => "Marketing owes leads that hold",
        },
        rows: rows.collect(),
    }
}

fn cell(week: Week, duty: Duty, group: Group<'_>, tally: Option<&Tally>, name: &str) -> TallyCell {
    let empty = Tally::default();
    let tally = tally.unwrap_or(&empty);
    let per_mille = tally.per_mille();
    let of = if name.is_empty() { String::new() } else { format!(", {name}") };
    TallyCell {
        share: per_mille.map_or_else(|| "n/a".to_owned(), |share| format!("{}.{} %", share / 10, share % 10)),
        none: per_mille.is_none(),
        percent: per_mille.map_or(0, |share| share / 10),
        met: number(week, Counted::Met(duty), group, tally.met.len(), &of),
        missed: number(week, Counted::Missed(duty), group, tally.missed.len(), &of),
    }
}

fn number(week: Week, counted: Counted, group: Group<'_>, count: usize, of: &str) -> Number {
    Number {
        text: grouped(i64::try_from(count).unwrap_or(i64::MAX)),
        href: if count == 0 { String::new() } else { address(week, counted, group) },
        label: format!("{}{of}", counted_words(counted).0),
    }
}

fn row(week: Week, sla: &Sla, group: Group<'_>, name: String) -> GroupRow {
    let cells = sla.figures.iter().map(|figure| cell(week, figure.duty, group, figure.of(group), &name));
    GroupRow { cells: cells.collect(), href: String::new(), name }
}

/// The keys that any figure has.
fn keys<'a>(sla: &'a Sla, of: fn(&'a Figure) -> Vec<&'a String>) -> BTreeSet<&'a str> {
    sla.figures.iter().flat_map(of).map(String::as_str).collect()
}

fn group_tables(week: Week, sla: &Sla, team: &Team, shows: &dyn Fn(&MemberId) -> bool) -> Vec<GroupTable> {
    let rows = |groups: Vec<Group<'_>>| -> Vec<GroupRow> {
        groups.into_iter().map(|group| row(week, sla, group, group_name(group, team))).collect()
    };
    let pools = keys(sla, |figure| figure.by_pool.keys().collect());
    let sources = keys(sla, |figure| figure.by_source.keys().collect());
    let people = keys(sla, |figure| figure.by_person.keys().collect());
    let seen = people.into_iter().filter(|person| shows(&MemberId((*person).to_owned())));
    vec![
        GroupTable {
            code: "teams",
            title: "By team",
            first: "Team",
            note: "the pool that had the lead",
            rows: rows(pools.into_iter().map(Group::Pool).collect()),
        },
        GroupTable {
            code: "sources",
            title: "By source",
            first: "Source",
            note: "where the campaign found the person; patterns stand under their campaign",
            rows: rows(sources.into_iter().map(Group::Source).collect()),
        },
        GroupTable {
            code: "people",
            title: "By person",
            first: "Person",
            note: "your own figures, and those of whom you manage; nobody else sees them",
            rows: rows(seen.map(Group::Person).collect()),
        },
    ]
}

fn contest_rows(week: Week, sla: &Sla, team: &Team, shows: &dyn Fn(&MemberId) -> bool) -> Vec<ContestRow> {
    let found = &sla.contests;
    let line = |group: Group<'_>, side, counts: &ContestCounts| {
        let name = match group {
            Group::All => "All".to_owned(),
            Group::Pool(_) | Group::Source(_) | Group::Person(_) => group_name(group, team),
        };
        let of = format!(", {name}");
        let numbers = Contested::ALL
            .map(|step| number(week, Counted::Contest(step), group, counts.of(step).len(), &of));
        ContestRow { name, side, numbers: numbers.into() }
    };
    if found.by_pool.is_empty() {
        return Vec::new();
    }
    let pools = found.by_pool.iter().map(|(pool, counts)| line(Group::Pool(pool), "sales", counts));
    let sources = found.by_source.iter().map(|(it, counts)| line(Group::Source(it), "marketing", counts));
    let people = found.by_person.iter().filter(|(person, _)| shows(&MemberId((*person).clone())));
    let people = people.map(|(person, counts)| line(Group::Person(person), "person", counts));
    std::iter::once(line(Group::All, "both", &found.all)).chain(pools).chain(sources).chain(people).collect()
}

fn pattern_line(duty: &PatternDuty, team: &Team, now: Moment) -> PatternLine {
    let words = RejectionCode::parse(&duty.pattern.code)
        .map_or_else(|| plain(&duty.pattern.code), |code| rejection_words(code).to_owned());
    let by = duty.answered_by.clone().map_or_else(String::new, |by| member_name(team, &MemberId(by)));
    let (state, tone) = match (duty.answered_at, duty.is_on_time(now)) {
        (Some(at), Some(true)) => (format!("answered by {by}, {}", ago(now, at)), "good"),
        (Some(at), _) => (format!("answered late by {by}, {}", ago(now, at)), "warn"),
        (None, on_time) => {
            let due = countdown(now, duty.answer_by).words;
            (format!("to be answered {due}"), if on_time.is_some() { "bad" } else { "warn" })
        }
    };
    PatternLine {
        words,
        campaign: duty.pattern.campaign.clone(),
        leads: duty.pattern.leads.len(),
        state,
        tone,
    }
}

fn others(week: Week, sla: &Sla, team: &Team) -> Vec<ReturnedLine> {
    let shares = sla.others.iter().filter(|share| !share.others.is_empty());
    let line = |share: &OtherShare| {
        let group = Group::Pool(&share.pool);
        let pool = group_name(group, team);
        ReturnedLine {
            leads: number(week, Counted::Other, group, share.others.len(), &format!(", {pool}")),
            of: format!("of {} returned this month", share.rejected),
            alarm: share.alarm,
            pool,
        }
    };
    shares.map(line).collect()
}

fn misroutes(week: Week, sla: &Sla, team: &Team) -> Vec<ReturnedLine> {
    let line = |(pool, leads): (&String, &Vec<Uuid>)| {
        let group = Group::Pool(pool);
        let name = group_name(group, team);
        let leads = number(week, Counted::Misroute, group, leads.len(), &format!(", {name}"));
        ReturnedLine { leads, of: String::new(), alarm: false, pool: name }
    };
    sla.misroutes.iter().map(line).collect()
}
