//! What both sides owe each other in a week (KPIS, two-sided duties), with the leads behind every number. Pure.

use super::patterns::{self, PatternDuty};
use super::week::{Span, Week};
use crate::domain::calendar::Calendar;
use crate::domain::policy::Durations;
use crate::domain::time::{DAY, Moment};
use crate::store::read::handshake::{AnswerRead, DutyRead, FactRead};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Patterns that began so long before the week and are not answered are still shown.
pub const OPEN_PATTERN_DAYS: i64 = 28;
/// What has neither pool nor source stands under this word.
const UNKNOWN: &str = "unknown";

/// Who owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Sales,
    Marketing,
}

impl Side {
    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Sales => "sales",
            Self::Marketing => "marketing",
        }
    }
}

/// The leads for which a duty was met, and missed; a lead stands there once for each handoff.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub met: Vec<Uuid>,
    pub missed: Vec<Uuid>,
}

impl Tally {
    /// Share met in tenths of a percent, half up; `None` is "n/a": nothing was due.
    #[must_use]
    pub fn per_mille(&self) -> Option<u32> {
        let all = self.met.len() + self.missed.len();
        let share = (self.met.len() * 2_000 + all).checked_div(2 * all)?;
        u32::try_from(share).ok()
    }

    fn add(&mut self, lead: Uuid, met: bool) {
        if met { self.met.push(lead) } else { self.missed.push(lead) }
    }
}

/// One duty of one side in the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    pub name: &'static str,
    pub side: Side,
    /// In the words that every tile shows.
    pub definition: &'static str,
    pub all: Tally,
    pub by_pool: BTreeMap<String, Tally>,
    pub by_source: BTreeMap<String, Tally>,
}

impl Figure {
    fn new(name: &'static str, side: Side, definition: &'static str) -> Self {
        let (all, by_pool, by_source) = (Tally::default(), BTreeMap::new(), BTreeMap::new());
        Self { name, side, definition, all, by_pool, by_source }
    }

    fn add(&mut self, lead: Uuid, pool: Option<&String>, source: Option<&String>, met: bool) {
        let word = |text: Option<&String>| text.map_or(UNKNOWN, String::as_str).to_owned();
        self.all.add(lead, met);
        self.by_pool.entry(word(pool)).or_default().add(lead, met);
        self.by_source.entry(word(source)).or_default().add(lead, met);
    }

    fn of(&mut self, row: &DutyRead, met: bool) {
        self.add(row.lead_id, row.pool.as_ref(), row.source.as_ref(), met);
    }
}

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
    pub figures: Vec<Figure>,
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

/// The figures of a week as they stand at `now`; `marketing`: when marketing works.
#[must_use]
pub fn sla(
    week: Week,
    handoffs: &[DutyRead],
    facts: &[FactRead],
    answers: &[AnswerRead],
    durations: &Durations,
    marketing: &Calendar,
    now: Moment,
) -> Sla {
    let span = week.span();
    let due = |at: Option<i64>| at.map(Moment).filter(|at| span.holds(*at) && *at <= now);
    let mut contact = Figure::new(
        "contact_on_time",
        Side::Sales,
        "first human attempt by contact_by / contact_by due in the week; no attempt is a breach",
    );
    let mut disposition = Figure::new(
        "disposition_on_time",
        Side::Sales,
        "decided by disposition_by / disposition_by due in the week; an extended one counts at its new date",
    );
    let mut acceptance = Figure::new(
        "acceptance",
        Side::Marketing,
        "accepted / (accepted + rejected with a counting reason before SQL, not overturned), decided in the week",
    );
    let mut complete = Figure::new(
        "completeness",
        Side::Marketing,
        "MQLs of the week that had all required fields / MQLs of the week",
    );
    for row in handoffs.iter().filter(|row| row.motion.as_deref() != Some("expansion")) {
        if let Some(by) = due(row.contact_by).filter(|by| ran_until(row, *by)) {
            contact.of(row, row.first_attempt_at.is_some_and(|at| at <= by.0));
        }
        if let Some(by) = due(row.disposition_by) {
            disposition.of(row, row.disposed_at.is_some_and(|at| at <= by.0));
        }
        if row.mql_at.is_some_and(|at| span.holds(Moment(at))) {
            complete.of(row, row.complete == Some(true));
        }
        let decided = row.rejected_at.or(row.accepted_at.filter(|_| !row.pulled));
        if decided.is_some_and(|at| span.holds(Moment(at))) {
            acceptance.of(row, row.rejected_at.is_none());
        }
    }
    let week_facts: Vec<&FactRead> = facts.iter().filter(|fact| span.holds(Moment(fact.at))).collect();
    let known = patterns::duties(patterns::patterns(facts, durations), answers, durations, marketing);
    let figures = vec![
        accepts(&week_facts),
        contact,
        disposition,
        reasons(&week_facts),
        acceptance,
        complete,
        answered(&known, span, now),
    ];
    let shown = |duty: &PatternDuty| {
        let begun = duty.pattern.begun_at;
        span.holds(begun)
            || (duty.answered_at.is_none()
                && begun < span.from
                && span.from.since(begun) <= OPEN_PATTERN_DAYS * DAY)
    };
    Sla {
        figures,
        patterns: known.into_iter().filter(shown).collect(),
        others: others(facts, week.month_so_far(), durations.other_alarm_percent),
        misroutes: misroutes(&week_facts),
    }
}

/// The clock ran until it was due: a lead that was returned before, untouched, owes no call any more.
fn ran_until(row: &DutyRead, by: Moment) -> bool {
    let touched = row.first_attempt_at.is_some_and(|at| at <= by.0);
    touched || row.disposed_at.is_none_or(|at| at >= by.0)
}

/// Offers that were answered, against answers that were missed; one that was in time and told late is netted.
fn accepts(facts: &[&FactRead]) -> Figure {
    let mut figure = Figure::new(
        "accept_on_time",
        Side::Sales,
        "offers accepted / (accepted + accept_by missed and not voided), in the week",
    );
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
        figure.add(fact.lead_id, fact.pool.as_ref(), fact.source.as_ref(), false);
    }
    for fact in facts.iter().filter(|fact| fact.kind == "accepted") {
        // An answer after the deadline, before the lead was taken back, is still the missed one.
        if !missed_by.contains(&(fact.lead_id, fact.member.as_ref())) {
            figure.add(fact.lead_id, fact.pool.as_ref(), fact.source.as_ref(), true);
        }
    }
    figure
}

fn reasons(facts: &[&FactRead]) -> Figure {
    let mut figure = Figure::new(
        "reason_given",
        Side::Sales,
        "rejections with a known reason and what it demands / rejections, in the week",
    );
    for fact in facts.iter().filter(|fact| fact.kind == "rejected") {
        figure.add(fact.lead_id, fact.pool.as_ref(), fact.source.as_ref(), !fact.flagged);
    }
    figure
}

/// Patterns whose answer was due in the week, by the campaign in the source's place; the leads are the patterns'.
fn answered(duties: &[PatternDuty], span: Span, now: Moment) -> Figure {
    let mut figure = Figure::new(
        "patterns_answered_on_time",
        Side::Marketing,
        "patterns answered in time / patterns whose answer was due in the week; the first lead of each stands for it",
    );
    for duty in duties.iter().filter(|duty| span.holds(duty.answer_by)) {
        if let (Some(met), Some(lead)) = (duty.is_on_time(now), duty.pattern.leads.first()) {
            figure.add(*lead, None, Some(&duty.pattern.campaign), met);
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
