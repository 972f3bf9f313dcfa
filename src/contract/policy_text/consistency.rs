//! Definitions of a policy that contradict each other: they are refused, since nobody could say which of them holds. It
//! never looks at what a rule can reach.

use super::section::{At, Section};
use crate::domain::policy::{EngagementGround, Grade};
use crate::domain::scoring::FitRules;
use std::collections::{BTreeMap, BTreeSet};

/// A grade stands in one ground: of two only the first would ever be looked at.
pub(super) fn grounds(tables: &[Section<'_, '_>], grounds: &[Option<EngagementGround>]) {
    let mut named: BTreeMap<Grade, u32> = BTreeMap::new();
    for (table, ground) in tables.iter().zip(grounds) {
        for grade in ground.iter().flat_map(|ground| &ground.grades) {
            let line = table.text.line(&table.span());
            match named.get(grade) {
                Some(first) => {
                    let message = format!(
                        "grade {} stands in the ground of line {first} already: only that one would count",
                        grade.code()
                    );
                    table.text.fault_with(
                        table.span(),
                        message,
                        None,
                        Some("each grade in one ground".to_owned()),
                    );
                }
                None => {
                    named.insert(*grade, line);
                }
            }
        }
    }
}

/// Grades fall with points, and nobody stands in two lists that say different things.
pub(super) fn fit(
    section: &Section<'_, '_>,
    industry: &Section<'_, '_>,
    country: &Section<'_, '_>,
    rules: &FitRules,
) {
    let falls = rules.a_from >= rules.b_from && rules.b_from >= rules.c_from;
    let all_there = ["a_from", "b_from", "c_from"].into_iter().all(|key| section.has(key));
    if !falls && all_there {
        let message = format!(
            "grades must fall with points: a_from is {}, b_from {}, c_from {}",
            rules.a_from, rules.b_from, rules.c_from
        );
        section.text.fault(section.span(), message, None);
    }
    apart(industry, "target", "adjacent");
    apart(country, "tier_1", "unserved");
}

/// Mid-market lies below enterprise.
pub(super) fn segments(section: &Section<'_, '_>, mid_market_from: u32, enterprise_above: u32) {
    if mid_market_from > enterprise_above && section.has("mid_market_from") && section.has("enterprise_above")
    {
        let message = format!(
            "no company would be mid-market: it begins at {mid_market_from} employees, and above \
             {enterprise_above} begins enterprise"
        );
        section.text.fault(section.span(), message, None);
    }
}

/// No word stands in both lists.
fn apart(section: &Section<'_, '_>, first: &str, second: &str) {
    let words: BTreeSet<String> = section.words(first).into_iter().map(|word| word.value).collect();
    for At { value, span } in section.words(second) {
        if words.contains(&value) {
            let message = format!("`{value}` stands in `{first}` and in `{second}`");
            section.text.fault_with(span, message, None, Some("it in one of the two".to_owned()));
        }
    }
}
