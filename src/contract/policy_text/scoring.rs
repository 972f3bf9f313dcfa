//! The scoring tables of a policy's text: engagement, fit, job titles. It never scores.

use super::policy::pairs;
use super::section::Section;
use super::{countries, plain};
use crate::domain::policy::Priority;
use crate::domain::profile::{Function, Seniority};
use crate::domain::scoring::{
    Counting, DecayBand, EngagementRule, EngagementRules, FitRules, GroupCap, SizeBand, TitleRules, Words,
};
use crate::domain::signal::{SignalKind, WINDOW_SIGNALS_OF_ONE_KIND_MAX};
use std::collections::BTreeSet;

/// Points and caps lie within so many of 0; nothing sensible is larger, and sums can't overflow.
const POINTS_MAX: i64 = 10_000;

/// The engagement rules; `None` after a fault.
pub(super) fn engagement(root: &Section<'_, '_>) -> Option<EngagementRules> {
    let section = root.section("engagement");
    let groups: Vec<GroupCap> = section
        .sections("group")
        .iter()
        .map(|group| GroupCap {
            id: group.word("id").value,
            label: group.word("label").value,
            cap: points(group, "cap"),
        })
        .collect();
    let decay = section
        .sections("decay")
        .iter()
        .map(|band| DecayBand {
            days_max: band.count("days_max"),
            percent: u32::from(band.percent("percent")),
        })
        .collect();
    let mut seen = BTreeSet::new();
    let rules = section
        .sections("rule")
        .iter()
        .map(|rule| {
            let read = engagement_rule(rule, &groups);
            if !seen.insert(read.id.clone()) {
                let message = format!("the rule `{}` stands here a second time", read.id);
                rule.text.fault(rule.span(), message, None);
            }
            read
        })
        .collect();
    let negative_days_max = section.count("negative_days_max");
    let total_max = u16::try_from(section.number("total_max", 1..10_001)).unwrap_or(0);
    match EngagementRules::new(rules, groups, decay, negative_days_max, total_max) {
        Ok(rules) => Some(rules),
        Err(fault) => {
            section.text.fault(section.span(), fault.to_string(), None);
            None
        }
    }
}

fn engagement_rule(section: &Section<'_, '_>, groups: &[GroupCap]) -> EngagementRule {
    let kinds = pairs(SignalKind::ALL, SignalKind::code);
    let group = section.optional_word("group").and_then(|word| {
        let place = groups.iter().position(|group| group.id == word.value);
        if place.is_none() {
            section.unknown("group", &word, groups.iter().map(|it| it.id.as_str()));
        }
        place
    });
    let id = section.word("id");
    let signals = section.choices("signals", &kinds);
    if signals.is_empty() && !section.has("signals") {
        section.missing("signals");
    }
    EngagementRule {
        id: id.value,
        label: section.word("label").value,
        kinds: signals,
        points: points(section, "points"),
        cap: points(section, "cap"),
        group,
        counting: counting(section),
        hand_raise: section.flag("hand_raise", false),
        priority: section
            .optional_number("priority", 1..5)
            .and_then(|number| u8::try_from(number).ok())
            .and_then(Priority::from_number),
    }
}

fn counting(section: &Section<'_, '_>) -> Counting {
    // More signals of one kind than the window keeps could never come together.
    let count_end = i64::try_from(WINDOW_SIGNALS_OF_ONE_KIND_MAX).unwrap_or(0) + 1;
    let together = section.optional_number("together", 2..count_end);
    let within_days = section.optional_count("within_days");
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

fn points(section: &Section<'_, '_>, key: &str) -> i32 {
    if !section.has(key) {
        section.missing(key);
        return 0;
    }
    let number = section.optional_number(key, -POINTS_MAX..POINTS_MAX + 1);
    number.and_then(|it| i32::try_from(it).ok()).unwrap_or(0)
}

/// The fit table.
pub(super) fn fit(section: &Section<'_, '_>) -> FitRules {
    let employees = section.section("employees");
    let industry = section.section("industry");
    let country = section.section("country");
    let seniority = section.section("seniority");
    let function = section.section("function");
    let sizes: Vec<SizeBand> = employees
        .sections("sizes")
        .iter()
        .map(|band| SizeBand { employees_from: band.count("from"), points: band.percent("points") })
        .collect();
    let rises = sizes.windows(2).all(|pair| pair[0].employees_from < pair[1].employees_from);
    if !rises || sizes.first().is_none_or(|band| band.employees_from > 0) {
        let message = "`sizes` must begin at 0 and rise".to_owned();
        employees.text.fault(employees.span(), message, None);
    }
    FitRules {
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
    }
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
    let entries = section.sections(key);
    entries
        .iter()
        .filter_map(|entry| {
            let phrases = entry.words("words").iter().map(|word| TitleRules::words(&word.value)).collect();
            entry.choice("is", good).map(|says| Words { phrases, says })
        })
        .collect()
}
