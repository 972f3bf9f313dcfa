//! What of a good policy can never happen: each kind of warning, exactly, and at its place.

use super::{change, changed, line_of};
use baton::contract::inbound::carried_facts;
use baton::contract::policy_text::{DEFAULT_POLICY, check_policy};

/// What is warned of in a text that can be read.
fn warned(text: &str) -> Vec<String> {
    let checked = check_policy(text, &carried_facts());
    let checked = checked.unwrap_or_else(|faults| panic!("{faults:?}"));
    checked.warnings.iter().map(|it| it.told("mine.toml", "warning")).collect()
}

/// What stands in the shipped policy, what is written in its place, where (the last line with that text), and what is told.
const CASES: &[(&str, &str, &str, &str)] = &[
    (
        "signals = [\"intent\"]",
        "signals = []",
        "signals = []",
        "11: warning: the rule `intent` can never fire: it names no signal (at `[]`)",
    ),
    (
        "points = 5\ncap = 10",
        "points = 0\ncap = 0",
        "points = 0\ncap = 0",
        "10: warning: the rule `intent` gives nothing: its points are 0",
    ),
    (
        "points = 5\ncap = 10",
        "points = 5\ncap = 3",
        "cap = 3\n\n[[engagement.rule]]\nid = \"retry_date\"",
        "7: warning: the rule `intent` never gives its 5 points: it is capped at 3",
    ),
    (
        "points = 5\ncap = 10",
        "points = 5\ncap = 200",
        "cap = 200",
        "7: warning: no sum can reach the cap 200 of the rule `intent`: its signals give at most 160",
    ),
    (
        "total_max = 150",
        "total_max = 400",
        "total_max = 400",
        "13: warning: no sum can reach the total of 400: all rules give at most 290",
    ),
    (
        "label = \"Web visits\"\ncap = 30",
        "label = \"Web visits\"\ncap = 50",
        "cap = 50",
        "7: warning: no sum can reach the cap 50 of the group `web`: its rules give at most 42",
    ),
    (
        "points = 100\npriority = 3",
        "points = 151\npriority = 3",
        "points = 151",
        "10: warning: no sum can reach the 151 points of `engagement_only`: the rules give at most 150",
    ),
    (
        "human_kinds = 2 ",
        "human_kinds = 30 ",
        "human_kinds = 30",
        "15: warning: no lead has 30 kinds of human signal: there are 19",
    ),
    (
        "strong_points = 30",
        "strong_points = 300",
        "strong_points = 300",
        "17: warning: no sum can reach 300 points: the rules give at most 150, and no lead that rests comes back by itself",
    ),
    (
        "priority = 2                        # an MQL",
        "priority = 4                        # an MQL",
        "priority = 4                        # an MQL",
        "12: warning: the priority of the rule `email_reply` never counts: every ground of MQL is as urgent already (at `4`)",
    ),
    (
        "b_from = 55",
        "b_from = 75",
        "b_from = 75",
        "10: warning: nobody gets grade B: it begins where grade A does, at 75 points",
    ),
    (
        "\"software\"",
        "\"Software\"",
        "\"Software\"",
        "11: warning: `Software` never matches: industries are compared in lower case",
    ),
    (
        "words = [\"manager\", \"lead\",",
        "words = [\"manager\", \"sales director\", \"lead\",",
        "\"sales director\"",
        "21: warning: `sales director` never decides: an entry before it takes every title with `director`",
    ),
];

#[test]
fn every_kind_of_what_can_never_happen_is_warned_of_at_its_place() {
    for (from, to, at, expected) in CASES {
        let text = changed(from, to);
        let expected = format!("mine.toml:{}:{expected}", line_of(&text, at));
        assert_eq!(warned(&text), [expected], "{to}");
    }
}

#[test]
fn groups_that_overlap_and_groups_that_nobody_uses_are_told() {
    let text = changed("points = 5\ncap = 10", "points = 5\ncap = 10\ngroup = \"email\"");
    let text = change(&text, "signals = [\"intent\"]", "signals = [\"intent\", \"session.pricing\"]");
    let told = warned(&text);
    let place = line_of(&text, "cap = 10\ngroup = \"email\"") + 1;
    assert_eq!(
        told,
        [format!(
            "mine.toml:{place}:9: warning: the groups `web` and `email` overlap: `session.pricing` counts in the rule \
             `pricing_session` of the one and in `intent` of the other"
        )]
    );
    let unused = format!("{DEFAULT_POLICY}\n[[engagement.group]]\nid = \"ads\"\nlabel = \"Ads\"\ncap = 9\n");
    let place = line_of(&unused, "id = \"ads\"") - 1;
    assert_eq!(
        warned(&unused),
        [format!(
            "mine.toml:{place}:1: warning: the group `ads` is never used: no rule is in it (at `[[engagement.group]]`)"
        )]
    );
}

#[test]
fn decay_that_leaves_nothing_of_a_rule_or_of_all_is_told() {
    let text = changed("days_max = 7, percent = 100", "days_max = 7, percent = 90");
    let told = warned(&text);
    assert!(
        told[0].contains("the rule `email_open` gives nothing: decay leaves none of its 1 points"),
        "{told:?}"
    );
    let none = ["100", "70", "40", "20"].iter().fold(DEFAULT_POLICY.to_owned(), |text, percent| {
        change(&text, &format!("percent = {percent} }}"), "percent = 0 }")
    });
    let told = warned(&none);
    assert!(told.iter().any(|it| it.contains("decay leaves nothing at any age")), "{told:?}");
    let thresholds = told.iter().filter(|it| it.contains("no sum can reach")).count();
    assert_eq!(thresholds, 3, "both grounds and the points that bring a lead back: {told:?}");
}

#[test]
fn a_route_that_is_never_reached_is_told() {
    let text = changed(
        "id = \"mid_market\"\nsegments = [\"mid-market\"]",
        "id = \"mid_market\"\nsegments = [\"enterprise\"]",
    );
    let (place, wide) =
        (line_of(&text, "id = \"mid_market\"") - 1, line_of(&text, "id = \"enterprise\"") - 1);
    assert_eq!(
        warned(&text),
        [format!(
            "mine.toml:{place}:1: warning: the route `mid_market` is never reached: `enterprise` in line {wide} takes its \
             leads (at `[[route]]`)"
        )]
    );
}

#[test]
fn a_fact_of_the_sql_that_no_type_in_carries_is_told() {
    let mut carried = carried_facts();
    carried.remove("budget");
    let warnings = check_policy(DEFAULT_POLICY, &carried).unwrap().warnings;
    let told: Vec<String> = warnings.iter().map(|it| it.told("mine.toml", "warning")).collect();
    let place = line_of(DEFAULT_POLICY, "[sql]");
    assert_eq!(
        told,
        [format!(
            "mine.toml:{place}:1: warning: no lead becomes an SQL by records: the fact `budget` is carried by no type in \
             (at `[sql]`)"
        )]
    );
}
