//! The floor check: what a sales manager looks at on Monday. It reads nothing itself and shows a person's breaches only
//! to whom it is told to.

use super::list::stage_of;
use super::watch::{Orphans, is_attended};
use super::{Countdown, grade_of, grouped, percent, person_name};
use crate::domain::custody::{Clock, ClockKind};
use crate::domain::event::Event;
use crate::domain::lead::Lead;
use crate::domain::team::{Absence, Member, MemberId, PoolId, Role, Team};
use crate::domain::time::Moment;
use crate::store::read::floor::{
    BreachRead, FloorRead, HygieneRead, LoadRead, MovableRead, OpenDisagreement, QueueAges,
};
use crate::web::words::{
    ago, clock_words, countdown, member_name, moment_words, plain, pool_name, stage_words,
};
use std::collections::BTreeMap;

/// Escalations that are listed: what a manager decides in a morning.
const ESCALATIONS_SHOWN: usize = 20;
/// Lines of each list of hygiene: the most overdue.
const HYGIENE_SHOWN: usize = 12;

/// A queue by age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRow {
    pub pool: String,
    pub slug: String,
    pub steward: String,
    pub waiting: i64,
    pub held: i64,
    /// Under 15 minutes, under an hour, under a day, older.
    pub ages: [i64; 4],
}

/// What one person holds, against what they can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadRow {
    pub member: String,
    pub name: String,
    pub pools: String,
    /// Why they take no lead now; empty while they do.
    pub absence: String,
    pub offered: i64,
    pub accepted: i64,
    pub qualified: i64,
    pub deals: i64,
    pub open: i64,
    /// Empty where the pool sets no bound.
    pub capacity: String,
    pub percent: i64,
    pub late: i64,
    /// Breaches of a week; `None` where whoever looks is neither that person nor their manager.
    pub breaches: Option<usize>,
}

/// A lead with a box to tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovableRow {
    /// What the form brings: lead, version and handoff as they were seen.
    pub value: String,
    pub id: String,
    pub name: String,
    pub company: String,
    pub grade: &'static str,
    pub stage: &'static str,
    pub priority: String,
    pub holder: String,
    pub attended: bool,
    pub due: Option<Countdown>,
}

/// Something to decide about one lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FloorLine {
    pub href: String,
    pub name: String,
    pub what: String,
    pub more: String,
    pub due: Option<Countdown>,
}

/// A disagreement with the CRM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisagreementRow {
    pub lead: String,
    pub version: i64,
    pub name: String,
    pub what: String,
    pub when: String,
    pub title_when: String,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FloorView {
    pub now_ms: i64,
    pub orphans: Orphans,
    /// Clocks wait for a feed since then; empty while none does.
    pub paused_since: String,
    pub queues: Vec<QueueRow>,
    pub load: Vec<LoadRow>,
    /// Away or left, with what they still hold.
    pub away: Vec<(String, String, i64)>,
    pub movable: Vec<MovableRow>,
    /// Whose leads are listed; empty for what is late or held.
    pub of: String,
    /// Breaches of a week, and by duty.
    pub breached: usize,
    pub breaches: Vec<(&'static str, usize)>,
    pub escalations: Vec<FloorLine>,
    pub disagreements: Vec<DisagreementRow>,
    pub disagreements_open: String,
    pub facts_due: Vec<FloorLine>,
    pub stale: Vec<FloorLine>,
    /// Id and name of those who can take leads now.
    pub takers: Vec<(String, String)>,
}

/// The page from what was read; `shows` says whose figures whoever looks may see.
#[must_use]
pub fn floor_view(
    read: &FloorRead,
    orphans: Orphans,
    fires_until: Moment,
    of: Option<&str>,
    team: &Team,
    shows: &dyn Fn(&MemberId) -> bool,
) -> FloorView {
    let now = read.now;
    FloorView {
        now_ms: now.0.div_euclid(1_000),
        orphans,
        paused_since: if now.since(fires_until) > PAUSED_FROM {
            moment_words(fires_until)
        } else {
            String::new()
        },
        queues: read.queues.iter().map(|queue| queue_row(queue, team, now)).collect(),
        load: load_rows(read, team, shows),
        away: away(read, team),
        movable: read.movable.iter().map(|lead| movable_row(lead, team, now)).collect(),
        of: of.map_or_else(String::new, |id| member_name(team, &MemberId(id.to_owned()))),
        breached: breaches(&read.breaches).iter().map(|(_, count)| count).sum(),
        breaches: breaches(&read.breaches),
        escalations: escalations(read, team),
        disagreements: read.disagreements.iter().map(|it| disagreement_row(it, now)).collect(),
        disagreements_open: grouped(read.disagreements_open),
        facts_due: hygiene(
            read,
            team,
            ClockKind::FactsBy,
            "Qualified without the facts of the SQL definition",
        ),
        stale: hygiene(read, team, ClockKind::ReviewBy, "An open deal that nobody has touched"),
        takers: takers(team, now),
    }
}

/// Clocks that are behind by more are shown as paused: feeds report every few seconds.
const PAUSED_FROM: i64 = 2 * crate::domain::time::MINUTE;

/// Those whom a lead can be given to now.
#[must_use]
pub fn takers(team: &Team, now: Moment) -> Vec<(String, String)> {
    team.members()
        .filter(|member| {
            is_seller(member) && !matches!(team.absence(&member.id, now), Some(Absence::Inactive))
        })
        .map(|member| {
            let away = absence_words(team.absence(&member.id, now), now);
            let name =
                if away.is_empty() { member.name.clone() } else { format!("{} ({away})", member.name) };
            (member.id.0.clone(), name)
        })
        .collect()
}

fn is_seller(member: &Member) -> bool {
    member.active && member.roles.iter().any(|role| matches!(role, Role::Rep | Role::Sales))
}

/// Why somebody takes no lead now, in words; empty while they do.
#[must_use]
pub fn absence_words(absence: Option<Absence>, now: Moment) -> String {
    match absence {
        None => String::new(),
        Some(Absence::Inactive) => "left or switched off".to_owned(),
        Some(Absence::Away { until: None }) => "away".to_owned(),
        Some(Absence::Away { until: Some(until) }) => format!("away, back {}", countdown(now, until).words),
        Some(Absence::OffShift { opens }) => format!("off shift, starts {}", countdown(now, opens).words),
    }
}

fn queue_row(queue: &QueueAges, team: &Team, now: Moment) -> QueueRow {
    let pool = PoolId(queue.pool.clone());
    QueueRow {
        pool: if queue.pool.is_empty() { "No route".to_owned() } else { pool_name(team, &pool) },
        slug: queue.pool.clone(),
        steward: member_name(team, team.acting(team.steward_of(&pool), now)),
        waiting: queue.waiting,
        held: queue.held,
        ages: [queue.minutes, queue.hour, queue.day, queue.older],
    }
}

fn load_rows(read: &FloorRead, team: &Team, shows: &dyn Fn(&MemberId) -> bool) -> Vec<LoadRow> {
    let held: BTreeMap<&str, &LoadRead> = read.load.iter().map(|row| (row.holder.as_str(), row)).collect();
    let mut breached: BTreeMap<&str, usize> = BTreeMap::new();
    for breach in &read.breaches {
        if let Event::ClockBreached { custody, .. } = &breach.event {
            *breached.entry(custody.holder.member().0.as_str()).or_default() += 1;
        }
    }
    let sellers = team.members().filter(|member| {
        held.contains_key(member.id.0.as_str()) || team.pool_of(&member.id).is_some() && member.active
    });
    sellers
        .map(|member| {
            let load = held.get(member.id.0.as_str()).copied();
            let count = |of: fn(&LoadRead) -> i64| load.map_or(0, of);
            let open = count(|row| row.offered + row.accepted + row.qualified + row.deals + row.queued);
            let capacity = capacity(team, &member.id);
            LoadRow {
                member: member.id.0.clone(),
                name: member.name.clone(),
                pools: pools(team, &member.id),
                absence: absence_words(team.absence(&member.id, read.now), read.now),
                offered: count(|row| row.offered),
                accepted: count(|row| row.accepted),
                qualified: count(|row| row.qualified),
                deals: count(|row| row.deals),
                open,
                capacity: capacity.map_or_else(String::new, |most| grouped(i64::from(most))),
                percent: percent(open, capacity.map_or(0, i64::from)),
                late: count(|row| row.late),
                breaches: shows(&member.id).then(|| breached.get(member.id.0.as_str()).copied().unwrap_or(0)),
            }
        })
        .collect()
}

/// The least of what a person's own bound, or else their pools', allow.
fn capacity(team: &Team, member: &MemberId) -> Option<u32> {
    team.pools()
        .filter(|pool| pool.members.iter().any(|(id, _)| id == member))
        .filter_map(|pool| team.caps(pool, member).open_leads_max)
        .min()
}

/// The names of a person's pools.
#[must_use]
pub fn pools(team: &Team, member: &MemberId) -> String {
    let names: Vec<&str> = team
        .pools()
        .filter(|pool| pool.members.iter().any(|(id, _)| id == member))
        .map(|pool| pool.name.as_str())
        .collect();
    names.join(", ")
}

/// People who are away or left, and holders whom the team does not know: name, why, open leads.
fn away(read: &FloorRead, team: &Team) -> Vec<(String, String, i64)> {
    let open = |id: &str| {
        read.load
            .iter()
            .find(|row| row.holder == id)
            .map_or(0, |row| row.queued + row.offered + row.accepted + row.qualified + row.deals)
    };
    let known = team.members().filter_map(|member| match team.absence(&member.id, read.now) {
        None | Some(Absence::OffShift { .. }) => None,
        absence @ Some(Absence::Inactive | Absence::Away { .. }) => {
            Some((member.name.clone(), absence_words(absence, read.now), open(&member.id.0)))
        }
    });
    let strangers = read
        .load
        .iter()
        .filter(|row| team.member(&MemberId(row.holder.clone())).is_none())
        .map(|row| (row.holder.clone(), "not in the team file".to_owned(), open(&row.holder)));
    known.chain(strangers).collect()
}

fn movable_row(lead: &MovableRead, team: &Team, now: Moment) -> MovableRow {
    let handoff = lead.handoff.map_or_else(String::new, |id| id.to_string());
    MovableRow {
        value: format!("{}/{}/{handoff}", lead.id, lead.custody_version),
        id: lead.id.to_string(),
        name: person_name(lead.first_name.as_deref(), lead.last_name.as_deref(), lead.company.as_deref()),
        company: lead.company.clone().unwrap_or_default(),
        grade: grade_of(&lead.grade).code(),
        stage: stage_of(lead.stage).map_or("Unknown", |kind| stage_words(kind).0),
        priority: lead.priority.map_or_else(String::new, |number| format!("P{number}")),
        holder: member_name(team, &MemberId(lead.holder.clone())),
        attended: is_attended(&lead.holder, team, now),
        due: lead.deadline.map(|at| countdown(now, Moment(at))),
    }
}

fn breaches(read: &[BreachRead]) -> Vec<(&'static str, usize)> {
    let mut counts: BTreeMap<ClockKind, usize> = BTreeMap::new();
    for breach in read {
        if let Event::ClockBreached { kind, .. } = &breach.event {
            *counts.entry(*kind).or_default() += 1;
        }
    }
    counts.into_iter().map(|(kind, count)| (clock_words(kind).0, count)).collect()
}

/// What was told to a manager and is late still, each lead once, the latest first.
fn escalations(read: &FloorRead, team: &Team) -> Vec<FloorLine> {
    let mut seen = std::collections::BTreeSet::new();
    read.breaches
        .iter()
        .filter_map(|breach| {
            let Event::ClockEscalated { kind, .. } = &breach.event else { return None };
            let late = breach.deadline.filter(|at| *at < read.now)?;
            seen.insert(breach.lead).then(|| FloorLine {
                href: format!("/leads/{}", breach.lead),
                name: person_name(
                    breach.first_name.as_deref(),
                    breach.last_name.as_deref(),
                    breach.company.as_deref(),
                ),
                what: format!("{}: told {}", clock_words(*kind).0, ago(read.now, breach.decided_at)),
                more: breach.holder.as_ref().map_or_else(String::new, |id| {
                    format!("with {}", member_name(team, &MemberId(id.clone())))
                }),
                due: Some(countdown(read.now, late)),
            })
        })
        .take(ESCALATIONS_SHOWN)
        .collect()
}

fn disagreement_row(read: &OpenDisagreement, now: Moment) -> DisagreementRow {
    DisagreementRow {
        lead: read.lead.to_string(),
        version: read.version,
        name: person_name(read.first_name.as_deref(), read.last_name.as_deref(), read.company.as_deref()),
        what: format!("{}: we hold {}, the CRM says {}", plain(&read.code), read.ours, read.theirs),
        when: ago(now, Moment(read.at)),
        title_when: moment_words(Moment(read.at)),
    }
}

/// Leads with a running clock of a kind that is near or over.
fn hygiene(read: &FloorRead, team: &Team, kind: ClockKind, what: &str) -> Vec<FloorLine> {
    read.hygiene
        .iter()
        .filter_map(|row| running(&row.lead, kind).map(|clock| (row, clock)))
        .take(HYGIENE_SHOWN)
        .map(|(row, clock)| hygiene_line(row, clock, read.now, team, what))
        .collect()
}

fn running(lead: &Lead, kind: ClockKind) -> Option<&Clock> {
    lead.custody().and_then(|custody| custody.clock(kind))
}

fn hygiene_line(row: &HygieneRead, clock: &Clock, now: Moment, team: &Team, what: &str) -> FloorLine {
    FloorLine {
        href: format!("/leads/{}", row.lead.id),
        name: person_name(row.first_name.as_deref(), row.last_name.as_deref(), row.company.as_deref()),
        what: what.to_owned(),
        more: row
            .lead
            .holder()
            .map_or_else(String::new, |holder| format!("with {}", member_name(team, holder.member()))),
        due: Some(countdown(now, clock.due_by)),
    }
}
