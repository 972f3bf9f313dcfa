//! What both sides owe each other in a week (KPIS, two-sided duties), with the leads behind every number. Pure.

use super::contests::{self, Contested, Contests};
use super::figure::{Duty, Figure, Group, UNKNOWN, Whose};
use super::patterns::{self, PatternDuty};
use super::week::{Span, Week};
use crate::domain::calendar::Calendar;
use crate::domain::policy::Durations;
use crate::domain::time::{DAY, Moment};
use crate::store::read::handshake::{AnswerRead, DutiesRead, DutyRead, FactRead};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How a missed deadline of a data fix is named among the facts.
const DATA_FIX: &str = "data_fix";
/// Patterns that began so long before the week and are not answered are still shown.
pub const OPEN_PATTERN_DAYS: i64 = 28;
/// How much of a team's month was returned as `other`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherShare {
    pub pool: String,
    pub rejected: usize,
    pub others: Vec<Uuid>,
    /// Over the policy's share.
    pub alarm: bool,
}

/// The week's duties of both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sla {
    /// One for each duty, in the order of [`Duty::ALL`].
    pub figures: Vec<Figure>,
    pub contests: Contests,
    /// Patterns that began in the week, or earlier and are not answered.
    pub patterns: Vec<PatternDuty>,
    pub others: Vec<OtherShare>,
    /// The router's own: leads that went the wrong way, by the pool that returned them. Never the score's.
    pub misroutes: BTreeMap<String, Vec<Uuid>>,
}

/// The span of facts that the figures of a week need: its month, and patterns that may still be open.
#[must_use]
pub fn facts_span(week: Week, durations: &Durations) -> Span {
    let span = week.span();
    let back = (OPEN_PATTERN_DAYS + i64::from(durations.pattern_days)) * DAY;
    Span { from: span.from.plus(-back).min(week.month_so_far().from), to: span.to }
}

/// The patterns that marketing sees now: those that began in the last week, and older ones that are not answered; what must
/// be answered first comes first. `facts` and `answers` reach back over [`facts_span`] of this week.
#[must_use]
pub fn patterns_now(
    facts: &[FactRead],
    answers: &[AnswerRead],
    durations: &Durations,
    marketing: &Calendar,
    now: Moment,
) -> Vec<PatternDuty> {
    let known = patterns::duties(patterns::patterns(facts, durations), answers, durations, marketing);
    let mut shown: Vec<PatternDuty> = known
        .into_iter()
        .filter(|duty| {
            let days = if duty.answered_at.is_some() {
                i64::from(durations.pattern_days)
            } else {
                OPEN_PATTERN_DAYS
            };
            now.since(duty.pattern.begun_at) <= days * DAY
        })
        .collect();
    shown.sort_by_key(|duty| (duty.answered_at.is_some(), duty.answer_by));
    shown
}

/// A number of the week: what the leads behind it have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Met(Duty),
    Missed(Duty),
    Contest(Contested),
    /// Returned as `other` in the month so far.
    Other,
    Misroute,
}

impl Counted {
    /// Reads the words that [`Self::words`] gives.
    #[must_use]
    pub fn parse(figure: &str, outcome: &str) -> Option<Self> {
        match (figure, outcome) {
            ("contests", step) => Contested::parse(step).map(Self::Contest),
            ("others", _) => Some(Self::Other),
            ("misroutes", _) => Some(Self::Misroute),
            (duty, "met") => Duty::parse(duty).map(Self::Met),
            (duty, "missed") => Duty::parse(duty).map(Self::Missed),
            (_, _) => None,
        }
    }

    /// The figure and which of its leads, as addresses name them.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Met(duty) => (duty.code(), "met"),
            Self::Missed(duty) => (duty.code(), "missed"),
            Self::Contest(step) => ("contests", step.code()),
            Self::Other => ("others", "rejected"),
            Self::Misroute => ("misroutes", "returned"),
        }
    }
}

impl Sla {
    /// The leads behind a number; empty where there are none.
    #[must_use]
    pub fn behind(&self, counted: Counted, group: Group<'_>) -> &[Uuid] {
        let tally = |duty| self.figures.iter().find(|figure| figure.duty == duty)?.of(group);
        let of_pool = |pool: &str| match counted {
            Counted::Other => self.others.iter().find(|share| share.pool == pool).map(|share| &share.others),
            Counted::Misroute => self.misroutes.get(pool),
            Counted::Met(_) | Counted::Missed(_) | Counted::Contest(_) => None,
        };
        let found = match (counted, group) {
            (Counted::Met(duty), _) => tally(duty).map(|tally| &tally.met[..]),
            (Counted::Missed(duty), _) => tally(duty).map(|tally| &tally.missed[..]),
            (Counted::Contest(step), _) => self.contests.of(group).map(|counts| counts.of(step)),
            (Counted::Other | Counted::Misroute, Group::Pool(pool)) => of_pool(pool).map(|leads| &leads[..]),
            (Counted::Other | Counted::Misroute, Group::All | Group::Source(_) | Group::Person(_)) => None,
        };
        found.unwrap_or_default()
    }
}

/// The figures of a week as they stand at `now`; `marketing`: when marketing works. `read` reaches over [`facts_span`].
#[must_use]
pub fn sla(week: Week, read: &DutiesRead, durations: &Durations, marketing: &Calendar, now: Moment) -> Sla {
    let span = week.span();
    let week_facts: Vec<&FactRead> = read.facts.iter().filter(|fact| span.holds(Moment(fact.at))).collect();
    let known =
        patterns::duties(patterns::patterns(&read.facts, durations), &read.answers, durations, marketing);
    let figures = Duty::ALL.map(|duty| match duty {
        Duty::Accept => accepts(&week_facts),
        Duty::Contact | Duty::Disposition | Duty::Reasoned | Duty::Acceptance | Duty::Completeness => {
            of_handoffs(duty, &read.handoffs, span, now)
        }
        Duty::Reason => reasons(&week_facts),
        Duty::DataFix => data_fixes(&week_facts),
        Duty::Patterns => answered(&known, span, now),
    });
    let shown = |duty: &PatternDuty| {
        let begun = duty.pattern.begun_at;
        span.holds(begun)
            || (duty.answered_at.is_none()
                && begun < span.from
                && span.from.since(begun) <= OPEN_PATTERN_DAYS * DAY)
    };
    Sla {
        figures: figures.into(),
        contests: contests::contests(&read.contests, span),
        patterns: known.into_iter().filter(shown).collect(),
        others: others(&read.facts, week.month_so_far(), durations.other_alarm_percent),
        misroutes: misroutes(&week_facts),
    }
}

/// A duty that every handoff carries itself.
fn of_handoffs(duty: Duty, handoffs: &[DutyRead], span: Span, now: Moment) -> Figure {
    let mut figure = Figure::new(duty);
    for row in handoffs.iter().filter(|row| row.motion.as_deref() != Some("expansion")) {
        if let Some(met) = is_met(duty, row, span, now) {
            figure.add(row.lead_id, of_handoff(row), met);
        }
    }
    figure
}

/// Whether the duty was met; `None` where none was due in the week.
fn is_met(duty: Duty, row: &DutyRead, span: Span, now: Moment) -> Option<bool> {
    let due = |at: Option<i64>| at.map(Moment).filter(|at| span.holds(*at) && *at <= now);
    let by = |at: Option<i64>, by: Moment| at.is_some_and(|at| at <= by.0);
    match duty {
        Duty::Contact => {
            let due_by = due(row.contact_by).filter(|due_by| ran_until(row, *due_by))?;
            Some(by(row.first_attempt_at, due_by))
        }
        Duty::Disposition => Some(by(row.disposed_at, due(row.disposition_by)?)),
        Duty::Reasoned => Some(by(row.disposed_at, due(row.disposition_by)?) && !row.unreasoned),
        Duty::Completeness => {
            row.mql_at.filter(|at| span.holds(Moment(*at)))?;
            Some(row.complete == Some(true))
        }
        Duty::Acceptance => {
            let decided = row.rejected_at.or(row.accepted_at.filter(|_| !row.pulled))?;
            span.holds(Moment(decided)).then_some(row.rejected_at.is_none())
        }
        Duty::Accept | Duty::Reason | Duty::DataFix | Duty::Patterns => None,
    }
}

fn of_handoff(row: &DutyRead) -> Whose<'_> {
    Whose { pool: row.pool.as_deref(), source: row.source.as_deref(), person: row.rep.as_deref() }
}

fn of_fact(fact: &FactRead) -> Whose<'_> {
    Whose { pool: fact.pool.as_deref(), source: fact.source.as_deref(), person: fact.member.as_deref() }
}

/// The clock ran until it was due: a lead that was returned before, untouched, owes no call any more.
fn ran_until(row: &DutyRead, by: Moment) -> bool {
    let touched = row.first_attempt_at.is_some_and(|at| at <= by.0);
    touched || row.disposed_at.is_none_or(|at| at >= by.0)
}

/// Offers that were answered, against answers that were missed; one that was in time and told late is netted.
fn accepts(facts: &[&FactRead]) -> Figure {
    let mut figure = Figure::new(Duty::Accept);
    let of_offers = |fact: &FactRead| fact.code.as_deref() == Some("accept_by");
    let mut voided: Vec<(Uuid, Option<&String>)> = facts
        .iter()
        .filter(|fact| fact.kind == "breach_voided")
        .map(|fact| (fact.lead_id, fact.member.as_ref()))
        .collect();
    let mut missed_by = BTreeSet::new();
    for fact in facts.iter().filter(|fact| fact.kind == "breached" && of_offers(fact)) {
        let key = (fact.lead_id, fact.member.as_ref());
        if let Some(place) = voided.iter().position(|it| *it == key) {
            voided.remove(place);
            continue;
        }
        missed_by.insert(key);
        figure.add(fact.lead_id, of_fact(fact), false);
    }
    for fact in facts.iter().filter(|fact| fact.kind == "accepted") {
        // An answer after the deadline, before the lead was taken back, is still the missed one.
        if !missed_by.contains(&(fact.lead_id, fact.member.as_ref())) {
            figure.add(fact.lead_id, of_fact(fact), true);
        }
    }
    figure
}

fn reasons(facts: &[&FactRead]) -> Figure {
    let mut figure = Figure::new(Duty::Reason);
    for fact in facts.iter().filter(|fact| fact.kind == "rejected") {
        figure.add(fact.lead_id, of_fact(fact), !fact.flagged);
    }
    figure
}

/// Leads that sales returned for their data and that marketing mended, against deadlines that were missed. One that was
/// mended after its deadline had been told counts where it was told.
fn data_fixes(facts: &[&FactRead]) -> Figure {
    let mut figure = Figure::new(Duty::DataFix);
    for fact in facts {
        let met = match (fact.kind.as_str(), fact.code.as_deref()) {
            ("data_fixed", when) if !fact.flagged => when != Some("late"),
            ("breached", Some(DATA_FIX)) => false,
            (_, _) => continue,
        };
        figure.add(fact.lead_id, of_fact(fact), met);
    }
    figure
}

/// Patterns whose answer was due in the week, by the campaign in the source's place; the leads are the patterns'.
fn answered(duties: &[PatternDuty], span: Span, now: Moment) -> Figure {
    let mut figure = Figure::new(Duty::Patterns);
    for duty in duties.iter().filter(|duty| span.holds(duty.answer_by)) {
        if let (Some(met), Some(lead)) = (duty.is_on_time(now), duty.pattern.leads.first()) {
            let (source, person) = (Some(duty.pattern.campaign.as_str()), duty.answered_by.as_deref());
            figure.add(*lead, Whose { pool: None, source, person }, met);
        }
    }
    figure
}

/// How often each pool's rejections of a month gave the reason "other" (POLICY: beyond the percentage it alarms).
#[must_use]
pub fn others(facts: &[FactRead], month: Span, alarm_percent: u32) -> Vec<OtherShare> {
    let mut pools: BTreeMap<&str, (usize, Vec<Uuid>)> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.kind == "rejected" && month.holds(Moment(fact.at))) {
        let (rejected, others) = pools.entry(fact.pool.as_deref().unwrap_or(UNKNOWN)).or_default();
        *rejected += 1;
        if fact.code.as_deref() == Some("other") {
            others.push(fact.lead_id);
        }
    }
    let limit = usize::try_from(alarm_percent).unwrap_or(usize::MAX);
    let share = |(pool, (rejected, others)): (&str, (usize, Vec<Uuid>))| OtherShare {
        pool: pool.to_owned(),
        alarm: others.len() * 100 > rejected * limit,
        rejected,
        others,
    };
    pools.into_iter().map(share).collect()
}

fn misroutes(facts: &[&FactRead]) -> BTreeMap<String, Vec<Uuid>> {
    let mut pools: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.kind == "misrouted") {
        let pool = fact.pool.as_deref().unwrap_or(UNKNOWN).to_owned();
        pools.entry(pool).or_default().push(fact.lead_id);
    }
    pools
}
