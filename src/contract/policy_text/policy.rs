//! The text of a policy to its terms. It never fills in a number that the text leaves out.

use super::error::TextError;
use super::scoring::POINTS_MAX;
use super::section::Section;
use super::source::Text;
use super::{consistency, hash, minute_of_day, rejections, routes, scoring};
use crate::domain::calendar::Span;
use crate::domain::ladder::Percents;
use crate::domain::policy::{
    Durations, EngagementGround, Grade, MqlDefinition, MqlGround, Policy, PolicyTerms, Priority,
    RequiredField, SlaTerms, SqlDefinition, Targets,
};
use std::ops::Range;

/// Bytes of a policy's text: the shipped one has 14 KiB, and a text is held several times over while it is read.
pub const POLICY_BYTES_MAX: usize = 1 << 20;
/// Grounds of the MQL definition: two names with one grade each would make eight.
const GROUNDS_MAX: usize = 8;
/// A duration is at most so many business seconds: about three years,
const DURATION_SECONDS_MAX: u32 = 100_000_000;
/// or as many working days.
const BUSINESS_DAYS_MAX: u32 = 1_000;
/// Rungs that a clock has for reminders.
const REMINDERS_MAX: usize = 2;
/// The manager is told after the deadline, and not when everybody has forgotten it: at five times the time at the latest.
const ESCALATE_PERCENTS: Range<i64> = 101..501;

/// Reads a policy.
///
/// # Errors
/// Every fault of the text, by line: syntax, unknown keys and words, missing or impossible values, definitions that
/// contradict each other. A text of more than [`POLICY_BYTES_MAX`] is not looked at.
pub fn policy(text: &str) -> Result<Policy, Vec<TextError>> {
    if text.len() > POLICY_BYTES_MAX {
        return Err(vec![too_long(text.len())]);
    }
    let reader = Text::new(text);
    let table = reader.parse();
    let terms = {
        let root = Section::root(&reader, &table);
        terms(&root)
    };
    let faults = reader.into_faults();
    match terms {
        Some(terms) if faults.is_empty() => Ok(Policy::compile(hash(text), terms)),
        Some(_) | None => Err(faults),
    }
}

/// The one fault of a text of so many bytes, whatever stands in it.
#[must_use]
pub fn too_long(bytes: usize) -> TextError {
    TextError {
        line: 1,
        column: None,
        found: String::new(),
        message: format!("the text has {bytes} bytes; a policy has at most {POLICY_BYTES_MAX}"),
        nearest: None,
        instead: Some("fewer rules, or long word lists as reference data".to_owned()),
    }
}

/// The terms; `None` where a fault left no value to stand in.
fn terms(root: &Section<'_, '_>) -> Option<PolicyTerms> {
    let name = root.word("name").value;
    let engagement = scoring::engagement(root);
    let fit = scoring::fit(&root.section("fit"));
    let title = scoring::title(&root.section("title"));
    let mql = root.section("mql");
    let required = mql.choices("required_fields", &pairs(RequiredField::ALL, RequiredField::code));
    let mql = mql_definition(&mql);
    let sql = sql_definition(&root.section("sql"));
    let segment = root.section("segment");
    older_calendar(root);
    let sla = root.section("sla");
    let sla_terms = [
        sla_terms(&sla.section("p1")),
        sla_terms(&sla.section("p2")),
        sla_terms(&sla.section("p3")),
        sla_terms(&sla.section("p4")),
    ];
    let durations = durations(&root.section("durations"), &sla);
    let rejection_rules = rejections::rejections(&root.section("rejection"));
    let loss = root.section("loss");
    let (losses, loss_unmapped) = rejections::losses(&loss, rejection_rules.as_deref().unwrap_or(&[]));
    let routing = routes::routing(root);
    let targets = targets(&root.section("targets"));
    let enterprise_above = segment.count("enterprise_above");
    let mid_market_from = segment.count("mid_market_from");
    consistency::segments(&segment, mid_market_from, enterprise_above);
    Some(PolicyTerms {
        name,
        engagement: engagement?,
        fit,
        title,
        mql: mql?,
        sql,
        enterprise_above,
        mid_market_from,
        sla: sla_terms,
        durations,
        rejections: rejection_rules?.try_into().ok()?,
        losses,
        loss_unmapped,
        named_accounts: routing.named_accounts,
        products: routing.products,
        routes: routing.routes,
        required_fields: required,
        targets,
    })
}

fn mql_definition(section: &Section<'_, '_>) -> Option<MqlDefinition> {
    let hand_raise_priority = priority(section, "hand_raise_priority");
    let low_priority = priority(section, "low_priority");
    let tables = section.sections_at_most("ground", GROUNDS_MAX);
    let grounds: Vec<Option<EngagementGround>> = tables.iter().map(ground).collect();
    if !section.has("ground") {
        section.missing_tables("ground");
    }
    consistency::grounds(&tables, &grounds);
    Some(MqlDefinition {
        bot_score_min: section.percent("bot_score_min"),
        hand_raise_grades: own_grades(section, "hand_raise_grades"),
        hand_raise_priority: hand_raise_priority?,
        low_priority: low_priority?,
        grounds: grounds.into_iter().collect::<Option<Vec<_>>>()?,
    })
}

fn ground(section: &Section<'_, '_>) -> Option<EngagementGround> {
    let names = [MqlGround::FitAndEngagement, MqlGround::EngagementOnly];
    let ground = section.choice("name", &pairs(&names, MqlGround::code));
    let priority = priority(section, "priority");
    let read = EngagementGround {
        ground: ground.unwrap_or(MqlGround::EngagementOnly),
        grades: own_grades(section, "grades"),
        points: u16::try_from(section.number("points", 1..POINTS_MAX + 1)).unwrap_or(u16::MAX),
        human_kinds: section.optional_count("human_kinds").unwrap_or(0),
        human_within_days: section.optional_positive("human_within_days"),
        priority: priority.unwrap_or(Priority::P4),
    };
    (ground.is_some() && priority.is_some()).then_some(read)
}

fn sql_definition(section: &Section<'_, '_>) -> SqlDefinition {
    SqlDefinition {
        good_facts_min: u32::try_from(section.number("good_facts_min", 0..4)).unwrap_or(0),
        timeline_months_max: section.count("timeline_months_max"),
        next_step_days_max: section.count("next_step_days_max"),
    }
}

/// Texts from before the team kept the hours have a `[calendar]` of their own. It is read and means nothing: a text that
/// was published once stays readable.
fn older_calendar(root: &Section<'_, '_>) {
    let Some(section) = root.optional_section("calendar") else { return };
    for key in ["opens", "closes"] {
        minute_of_day(&section, key);
    }
    section.flag("whole_days", false);
}

fn sla_terms(section: &Section<'_, '_>) -> SlaTerms {
    SlaTerms {
        accept: duration(section, "accept"),
        contact: duration(section, "contact"),
        route: duration(section, "route"),
        grace: duration(section, "grace"),
    }
}

/// Business time of `5 min`, `4 h` or `2 bd`.
fn duration(section: &Section<'_, '_>, key: &str) -> Span {
    let at = section.word(key);
    let span = at.value.split_once(' ').and_then(|(count, unit)| {
        let count: u32 = count.parse().ok()?;
        let unit_seconds = match unit.trim() {
            "s" => 1,
            "min" => 60,
            "h" => 3_600,
            "bd" => return (count <= BUSINESS_DAYS_MAX).then_some(Span::business_days(count)),
            other => {
                let near = super::error::nearest(other, ["s", "min", "h", "bd"].into_iter());
                let message = format!("unknown unit `{other}` of `{key}`: s, min, h or bd");
                section.text.fault(at.span.clone(), message, near);
                return Some(Span::default());
            }
        };
        let seconds = count.checked_mul(unit_seconds).filter(|seconds| *seconds <= DURATION_SECONDS_MAX);
        seconds.map(Span::seconds)
    });
    if span.is_none() && !at.value.is_empty() {
        let message = format!("`{key}` must be a duration such as \"5 min\", \"4 h\" or \"2 bd\"");
        section.text.fault(at.span, message, None);
    }
    span.unwrap_or_default()
}

/// Reminders before the deadline, in their order, and when the manager is told after it.
fn ladder(sla: &Section<'_, '_>) -> Percents {
    let key = "reminder_percents";
    if !sla.has(key) {
        sla.missing(key);
    }
    let reminders = sla.numbers(key);
    let ascend = reminders.is_sorted_by(|earlier, later| earlier < later);
    let come_before = reminders.iter().all(|percent| (1..=99).contains(percent));
    if reminders.len() > REMINDERS_MAX || !ascend || !come_before {
        let message =
            format!("`{key}` must be at most {REMINDERS_MAX} percents from 1 to 99, the later one last");
        sla.text.fault(sla.span(), message, None);
    }
    let reminder = |place: usize| reminders.get(place).copied().unwrap_or(Percents::NO_REMINDER);
    let escalate = u32::try_from(sla.number("escalate_percent", ESCALATE_PERCENTS)).unwrap_or(u32::MAX);
    Percents { half: reminder(0), late: reminder(1), escalate }
}

fn durations(section: &Section<'_, '_>, sla: &Section<'_, '_>) -> Durations {
    Durations {
        review_days: section.count("review_days"),
        dormant_recycle_days: section.count("dormant_recycle_days"),
        respond_hours: section.count("respond_hours"),
        redrive_business_days: section.count("redrive_business_days"),
        disposition_business_days: section.count("disposition_business_days"),
        meeting_extra_business_days: section.count("meeting_extra_business_days"),
        closer_business_days: section.count("closer_business_days"),
        next_step_extra_business_days: section.count("next_step_extra_business_days"),
        next_step_max_business_days: section.count("next_step_max_business_days"),
        opportunity_untouched_days: section.count("opportunity_untouched_days"),
        facts_business_days: section.count("facts_business_days"),
        blocked_hand_raise_business_days: section.count("blocked_hand_raise_business_days"),
        strong_points: section.count("strong_points"),
        cycles_max: section.count("cycles_max"),
        cycles_months: section.count("cycles_months"),
        late_hand_raise_hours: section.count("late_hand_raise_hours"),
        history_review_days: section.count("history_review_days"),
        offers_max: sla.count("offers_max"),
        misroutes_max: sla.count("misroutes_max"),
        percents: ladder(sla),
        out_of_hours_contact: duration(sla, "out_of_hours_contact"),
        retry_on_months_max: section.count("retry_on_months_max"),
        contest_business_days: section.count("contest_business_days"),
        verdict_business_days: section.count("verdict_business_days"),
        pattern_count: section.count("pattern_count"),
        pattern_days: section.count("pattern_days"),
        pattern_answer_business_days: section.count("pattern_answer_business_days"),
        other_alarm_percent: section.count("other_alarm_percent"),
        anonymous_days: section.count("anonymous_days"),
    }
}

fn targets(section: &Section<'_, '_>) -> Targets {
    let money = |key: &str| u64::try_from(section.number(key, 0..1_000_000_000_000_000)).unwrap_or(0);
    Targets {
        sal: section.count("sal"),
        sql: section.count("sql"),
        pipeline: money("pipeline"),
        revenue: money("revenue"),
        acquisition_cost: money("acquisition_cost"),
        p1_in_time_percent: u32::from(section.percent("p1_in_time_percent")),
        reporting_currency: section.word("reporting_currency").value,
        review_business_day: section.count("review_business_day"),
    }
}

/// A priority, 1 to 4, that must be there.
fn priority(section: &Section<'_, '_>, key: &str) -> Option<Priority> {
    let number = section.number(key, 1..5);
    u8::try_from(number).ok().and_then(Priority::from_number)
}

/// Grades that must be there: a definition without them would hold for nobody.
fn own_grades(section: &Section<'_, '_>, key: &str) -> Vec<Grade> {
    if !section.has(key) {
        section.missing(key);
    }
    grades(section, key)
}

pub(super) fn grades(section: &Section<'_, '_>, key: &str) -> Vec<Grade> {
    section.choices(key, &pairs(Grade::ALL, Grade::code))
}

/// Each value with its word.
pub(super) fn pairs<T: Copy>(all: &[T], code: impl Fn(T) -> &'static str) -> Vec<(&'static str, T)> {
    all.iter().map(|value| (code(*value), *value)).collect()
}
