//! The floor check: what a sales manager looks at on Monday. It reads nothing itself and shows a person's breaches only
//! to whom it is told to.

use super::floor_lists::{FloorAsk, FloorList, Listed};
use super::load::{LoadRow, absence_words, load_rows};
use super::my::{at_risk, money, nearest};
use super::watch::{Orphans, is_attended};
use super::{Countdown, grade_of, grouped, person_name};
use crate::domain::custody::{Clock, ClockKind};
use crate::domain::event::Event;
use crate::domain::lead::Lead;
use crate::domain::team::{Absence, Member, MemberId, PoolId, Role, Team};
use crate::domain::time::Moment;
use crate::store::read::floor::{
    BreachedRead, EscalationRead, FloorRead, HygieneRead, MovableRead, OpenDisagreement, QueueAges,
};
use crate::transaction::loaded::Texts;
use crate::web::words::{
    ago, clock_words, countdown, member_name, moment_words, plain, pool_name, stage_words,
};
use std::collections::BTreeMap;

/// Leads of one page that may be ticked at once: as many asks one after the other take a few seconds.
pub const MOVABLE_SHOWN: usize = 40;
const FACTS_WORDS: &str = "Qualified without the facts of the SQL definition";
const DATA_FIX_WORDS: &str = "Data to mend";
const BEFORE_SALES_WORDS: &str = "before sales";
const STALE_WORDS: &str = "An open deal that nobody has touched, or that should have closed";

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
    /// Hundredths of the reporting currency that waiting costs a minute, and in words.
    pub at_risk_cents: u64,
    pub at_risk: String,
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
    /// The ones of this page, what loses most by waiting first.
    pub movable: Vec<MovableRow>,
    /// How many stand before this page, and how many there are in all.
    pub movable_from: usize,
    pub movable_all: i64,
    /// Whether another page follows.
    pub movable_more: bool,
    pub currency: String,
    /// Whose leads are listed; empty for what is late or held.
    pub of: String,
    /// Breaches of a week, and by duty.
    pub breached: i64,
    pub breaches: Vec<(&'static str, i64)>,
    pub escalations: Listed<FloorLine>,
    pub disagreements: Listed<DisagreementRow>,
    pub disagreements_open: String,
    pub facts_due: Listed<FloorLine>,
    pub stale: Listed<FloorLine>,
    /// Qualified leads and deals near their deadline that neither list has looked at; empty for none.
    pub hygiene_beyond: String,
    /// Id and name of those who can take leads now.
    pub takers: Vec<(String, String)>,
}

/// The page from what was read; `shows` says whose figures whoever looks may see.
#[must_use]
pub fn floor_view(
    read: &FloorRead,
    orphans: Orphans,
    fires_until: Moment,
    ask: &FloorAsk<'_>,
    texts: &Texts,
    shows: &dyn Fn(&MemberId) -> bool,
) -> FloorView {
    let (now, team) = (read.now, &*texts.team);
    let ranked = ranked(read, texts);
    let from = ask.from.min(ranked.len());
    let disagreements: Vec<DisagreementRow> =
        read.disagreements.iter().map(|it| disagreement_row(it, now)).collect();
    let disagreements_open = usize::try_from(read.disagreements_open).unwrap_or(usize::MAX);
    let escalations: Vec<FloorLine> =
        read.escalations.iter().filter_map(|it| escalation(it, now, team)).collect();
    let escalations_all = usize::try_from(read.escalations_all).unwrap_or(usize::MAX);
    let listed = |list: FloorList, lines: Vec<FloorLine>| {
        let all = lines.len();
        Listed::of(list, lines, all, ask)
    };
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
        movable_from: from,
        movable_all: read.movable_all.max(i64::try_from(ranked.len()).unwrap_or(i64::MAX)),
        movable_more: from + MOVABLE_SHOWN < ranked.len(),
        movable: ranked.into_iter().skip(from).take(MOVABLE_SHOWN).collect(),
        currency: texts.policy.targets().reporting_currency.clone(),
        of: ask.of.map_or_else(String::new, |id| member_name(team, &MemberId(id.to_owned()))),
        breached: read.breached_all,
        breaches: breaches(&read.breached, read.breached_all),
        escalations: Listed::of(FloorList::Escalations, escalations, escalations_all, ask),
        disagreements: Listed::of(FloorList::Disagreements, disagreements, disagreements_open, ask),
        disagreements_open: grouped(read.disagreements_open),
        facts_due: listed(FloorList::FactsDue, hygiene(read, team, ClockKind::FactsBy, FACTS_WORDS)),
        stale: listed(FloorList::StaleDeals, hygiene(read, team, ClockKind::ReviewBy, STALE_WORDS)),
        hygiene_beyond: hidden(read.hygiene_all, read.hygiene.len()),
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

/// What loses most by waiting first; of the same worth, the nearest deadline.
fn ranked(read: &FloorRead, texts: &Texts) -> Vec<MovableRow> {
    let due = |row: &MovableRow| row.due.as_ref().map(|due| due.at.clone());
    let mut rows: Vec<MovableRow> =
        read.movable.iter().map(|lead| movable_row(lead, texts, read.now)).collect();
    rows.sort_by(|a, b| (b.at_risk_cents, due(a), &a.id).cmp(&(a.at_risk_cents, due(b), &b.id)));
    rows
}

fn movable_row(read: &MovableRead, texts: &Texts, now: Moment) -> MovableRow {
    let (lead, team) = (&read.lead, &*texts.team);
    let terms = lead.cycle.terms.as_ref();
    let grade = grade_of(&read.grade);
    let clock = nearest(lead);
    let at_risk_cents = at_risk(lead, terms.map_or(grade, |terms| terms.grade), clock, now, texts);
    let holder = lead.holder().map(|holder| holder.member().clone());
    let handoff = read.handoff.map_or_else(String::new, |id| id.to_string());
    MovableRow {
        value: format!("{}/{}/{handoff}", lead.id, lead.custody_version),
        id: lead.id.to_string(),
        name: person_name(read.first_name.as_deref(), read.last_name.as_deref(), read.company.as_deref()),
        company: read.company.clone().unwrap_or_default(),
        grade: grade.code(),
        stage: stage_words(lead.stage.kind()).0,
        priority: terms.map_or_else(String::new, |terms| format!("P{}", terms.priority.number())),
        attended: holder.as_ref().is_some_and(|holder| is_attended(&holder.0, team, now)),
        holder: holder.map_or_else(String::new, |holder| member_name(team, &holder)),
        due: clock.map(|clock| countdown(now, clock.due_by)),
        at_risk_cents,
        at_risk: money(at_risk_cents),
    }
}

/// How many of all are not among the first; empty for none.
fn hidden(all: i64, read: usize) -> String {
    let hidden = all - i64::try_from(read).unwrap_or(i64::MAX);
    if hidden > 0 { grouped(hidden) } else { String::new() }
}

/// Breaches by duty; what is left is of leads that were never handed off.
fn breaches(read: &[BreachedRead], all: i64) -> Vec<(&'static str, i64)> {
    let mut counts: BTreeMap<&'static str, i64> = BTreeMap::new();
    for breached in read {
        let duty = ClockKind::parse(&breached.code).map_or(DATA_FIX_WORDS, |kind| clock_words(kind).0);
        *counts.entry(duty).or_default() += breached.count;
    }
    let before = all - counts.values().sum::<i64>();
    counts.into_iter().chain((before > 0).then_some((BEFORE_SALES_WORDS, before))).collect()
}

/// What was told to a manager and is late still.
fn escalation(read: &EscalationRead, now: Moment, team: &Team) -> Option<FloorLine> {
    let Event::ClockEscalated { kind, .. } = &read.event else { return None };
    Some(FloorLine {
        href: format!("/leads/{}", read.lead),
        name: person_name(read.first_name.as_deref(), read.last_name.as_deref(), read.company.as_deref()),
        what: format!("{}: told {}", clock_words(*kind).0, ago(now, read.decided_at)),
        more: read
            .holder
            .as_ref()
            .map_or_else(String::new, |id| format!("with {}", member_name(team, &MemberId(id.clone())))),
        due: Some(countdown(now, read.deadline)),
    })
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
