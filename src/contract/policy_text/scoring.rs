//! The scoring tables of a policy's text: engagement, fit, job titles. It never scores.

use super::policy::pairs;
use super::section::Section;
use super::{consistency, countries, plain};
use crate::domain::policy::Priority;
use crate::domain::profile::{Function, Seniority};
use crate::domain::scoring::{
    Counting, DecayBand, EngagementRule, EngagementRules, FitRules, GroupCap, RULES_MAX, RulePlace, SizeBand,
    TitleRules, Words,
};
use crate::domain::signal::{SignalKind, WINDOW_SIGNALS_OF_ONE_KIND_MAX};
use std::collections::BTreeSet;

/// Points and caps lie within so many of 0; nothing sensible is larger, and sums can't overflow.
pub(super) const POINTS_MAX: i64 = 10_000;
/// Bands of decay and of company sizes: one a day of a quarter would be 92.
const BANDS_MAX: usize = 100;
/// Entries of the word lists of job titles; the shipped policy has 12, and each is tried for every new title.
const TITLE_ENTRIES_MAX: usize = 500;

/// The engagement rules; `None` after a fault.
pub(super) fn engagement(root: &Section<'_, '_>) -> Option<EngagementRules> {
    let section = root.section("engagement");
    let groups = groups(&section);
    if !section.has("decay") {
        section.missing("decay");
    }
    let bands = section.sections_at_most("decay", BANDS_MAX);
    let decay: Vec<DecayBand> = bands
        .iter()
        .map(|band| DecayBand {
            days_max: band.positive("days_max"),
            percent: u32::from(band.percent("percent")),
        })
        .collect();
    let tables = section.sections_at_most("rule", RULES_MAX);
    let mut seen = BTreeSet::new();
    let read: Vec<ReadRule> = tables.iter().map(|table| engagement_rule(table, &groups, &mut seen)).collect();
    let negative_days_max = section.positive("negative_days_max");
    let total_max = u16::try_from(section.number("total_max", 1..POINTS_MAX + 1)).unwrap_or(0);
    let sound: Vec<bool> = read.iter().map(|it| it.is_sound).collect();
    let rules: Vec<EngagementRule> = read.into_iter().map(|it| it.rule).collect();
    let faults = EngagementRules::faults(&rules, &groups, &decay);
    for (place, fault) in &faults {
        let span = match place {
            RulePlace::All => Some(section.span()),
            // A number that could not be read has been told of already.
            RulePlace::Rule(place) if !sound[*place] => None,
            RulePlace::Rule(place) => Some(tables[*place].span()),
            RulePlace::Band(place) => Some(bands[*place].span()),
        };
        if let Some(span) = span {
            section.text.fault(span, fault.to_string(), None);
        }
    }
    EngagementRules::new(rules, groups, decay, negative_days_max, total_max).ok()
}

fn groups(section: &Section<'_, '_>) -> Vec<GroupCap> {
    let mut seen = BTreeSet::new();
    let tables = section.sections_at_most("group", RULES_MAX);
    tables
        .iter()
        .map(|group| {
            let cap = group.number("cap", 1..POINTS_MAX + 1);
            GroupCap {
                id: own_id(group, "group", &mut seen),
                label: group.word("label").value,
                cap: i32::try_from(cap).unwrap_or(1),
            }
        })
        .collect()
}

/// An id that no other of its kind bears.
fn own_id(section: &Section<'_, '_>, what: &str, seen: &mut BTreeSet<String>) -> String {
    let id = section.word("id");
    if !id.value.is_empty() && !seen.insert(id.value.clone()) {
        let message = format!("the {what} `{}` stands here a second time", id.value);
        let instead = format!("another id, or one {what} in place of both");
        section.text.fault_with(id.span, message, None, Some(instead));
    }
    id.value
}

/// A rule as it stands, and whether its numbers could be read.
struct ReadRule {
    rule: EngagementRule,
    is_sound: bool,
}

fn engagement_rule(section: &Section<'_, '_>, groups: &[GroupCap], seen: &mut BTreeSet<String>) -> ReadRule {
    let group = section.optional_word("group").and_then(|word| {
        let place = groups.iter().position(|group| group.id == word.value);
        if place.is_none() {
            section.unknown("group", &word, groups.iter().map(|it| it.id.as_str()));
        }
        place
    });
    let (points, cap) = (points(section, "points"), points(section, "cap"));
    let rule = EngagementRule {
        id: own_id(section, "rule", seen),
        label: section.word("label").value,
        kinds: signals(section),
        points: points.unwrap_or(0),
        cap: cap.unwrap_or(0),
        group,
        counting: counting(section),
        hand_raise: section.flag("hand_raise", false),
        priority: section
            .optional_number("priority", 1..5)
            .and_then(|number| u8::try_from(number).ok())
            .and_then(Priority::from_number),
    };
    ReadRule { rule, is_sound: points.is_some() && cap.is_some() }
}

/// The kinds of signal that a rule counts; one that is named twice would count twice.
fn signals(section: &Section<'_, '_>) -> Vec<SignalKind> {
    if !section.has("signals") {
        section.missing("signals");
    }
    let good = pairs(SignalKind::ALL, SignalKind::code);
    let mut kinds = Vec::new();
    for word in section.words("signals") {
        match good.iter().find(|(code, _)| *code == word.value) {
            None => section.unknown("signal", &word, good.iter().map(|(code, _)| *code)),
            Some((_, kind)) if kinds.contains(kind) => {
                let message = format!("the signal `{}` stands here a second time", word.value);
                section.text.fault_with(word.span, message, None, Some("it once".to_owned()));
            }
            Some((_, kind)) => kinds.push(*kind),
        }
    }
    kinds
}

fn counting(section: &Section<'_, '_>) -> Counting {
    // More signals of one kind than the window keeps could never come together.
    let count_end = i64::try_from(WINDOW_SIGNALS_OF_ONE_KIND_MAX).unwrap_or(0) + 1;
    let together = section.optional_number("together", 2..count_end);
    let within_days = section.optional_positive("within_days");
    let once = section
        .has("once")
        .then(|| section.choice("once", &[("message", Counting::OncePerMessage)]))
        .flatten();
    match (together.and_then(|count| u32::try_from(count).ok()), once) {
        (Some(count), None) => Counting::Together { count, within_days },
        (None, once) if within_days.is_none() => once.unwrap_or(Counting::EverySignal),
        (Some(_) | None, _) => {
            let message = "`within_days` needs `together`, and `once` stands alone".to_owned();
            section.text.fault(section.span(), message, None);
            Counting::EverySignal
        }
    }
}

fn points(section: &Section<'_, '_>, key: &str) -> Option<i32> {
    if !section.has(key) {
        section.missing(key);
        return None;
    }
    let number = section.optional_number(key, -POINTS_MAX..POINTS_MAX + 1);
    number.and_then(|it| i32::try_from(it).ok())
}

/// The fit table.
pub(super) fn fit(section: &Section<'_, '_>) -> FitRules {
    let employees = section.section("employees");
    let industry = section.section("industry");
    let country = section.section("country");
    let seniority = section.section("seniority");
    let function = section.section("function");
    let sizes: Vec<SizeBand> = employees
        .sections_at_most("sizes", BANDS_MAX)
        .iter()
        .map(|band| SizeBand { employees_from: band.count("from"), points: band.percent("points") })
        .collect();
    let rises = sizes.windows(2).all(|pair| pair[0].employees_from < pair[1].employees_from);
    if !rises || sizes.first().is_none_or(|band| band.employees_from > 0) {
        let message = "`sizes` must begin at 0 and rise".to_owned();
        employees.text.fault(employees.span(), message, None);
    }
    let rules = FitRules {
        sizes,
        target_industries: plain(industry.words("target")),
        adjacent_industries: plain(industry.words("adjacent")),
        target_industry_points: industry.percent("target_points"),
        adjacent_industry_points: industry.percent("adjacent_points"),
        tier_one_countries: countries(&country, "tier_1"),
        unserved_countries: countries(&country, "unserved"),
        tier_one_points: country.percent("tier_1_points"),
        tier_two_points: country.percent("tier_2_points"),
        chief_points: seniority.percent("chief_points"),
        vice_president_points: seniority.percent("vice_president_points"),
        director_points: seniority.percent("director_points"),
        manager_points: seniority.percent("manager_points"),
        individual_points: seniority.percent("individual_points"),
        buying_points: function.percent("buying_points"),
        adjacent_points: function.percent("adjacent_points"),
        unknown_percent: section.percent("unknown_percent"),
        unknown_fields_for_c: section.percent("unknown_fields_for_c"),
        a_from: section.percent("a_from"),
        b_from: section.percent("b_from"),
        c_from: section.percent("c_from"),
    };
    consistency::fit(section, &industry, &country, &rules);
    rules
}

/// The word list of job titles.
pub(super) fn title(section: &Section<'_, '_>) -> TitleRules {
    TitleRules {
        seniority: entries(section, "seniority", &SENIORITIES),
        function: entries(section, "function", &FUNCTIONS),
    }
}

const SENIORITIES: [(&str, Seniority); 6] = [
    ("student", Seniority::Student),
    ("individual", Seniority::Individual),
    ("manager", Seniority::Manager),
    ("director", Seniority::Director),
    ("vice_president", Seniority::VicePresident),
    ("chief", Seniority::Chief),
];

const FUNCTIONS: [(&str, Function); 3] =
    [("buying", Function::Buying), ("adjacent", Function::Adjacent), ("other", Function::Other)];

fn entries<T: Copy>(section: &Section<'_, '_>, key: &str, good: &[(&'static str, T)]) -> Vec<Words<T>> {
    let entries = section.sections_at_most(key, TITLE_ENTRIES_MAX);
    entries
        .iter()
        .filter_map(|entry| {
            let phrases = entry.words("words").iter().map(|word| TitleRules::words(&word.value)).collect();
            entry.choice("is", good).map(|says| Words { phrases, says })
        })
        .collect()
}
