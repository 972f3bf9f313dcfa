//! Bad policies and exactly what is said of them, all at once and by line; hostile ones are refused shortly.

use super::{change, changed, line_of};
use baton::contract::policy_text::{
    DEFAULT_POLICY, POLICY_BYTES_MAX, TextError, check_policy, policy, too_long,
};
use std::collections::BTreeSet;

/// What is told of a text that must be refused.
fn told(text: &str) -> Vec<String> {
    let faults = policy(text).expect_err("the text is refused");
    faults.iter().map(|fault| fault.told("mine.toml", "error")).collect()
}

/// What stands in the shipped policy, what is written in its place, on which line the fault is told (that of a text, and so
/// many lines before it), and what is told after the line's number.
type Case = (&'static str, &'static str, (&'static str, usize), &'static str);

const CASES: &[Case] = &[
    (
        "total_max = 150",
        "totl_max = 150",
        ("totl_max", 0),
        "1: error: unknown key `totl_max`; write `total_max`",
    ),
    (
        "\"form.demo\"",
        "\"form.dmeo\"",
        ("form.dmeo", 0),
        "12: error: unknown signal `form.dmeo`; write `form.demo`",
    ),
    (
        "points = 60\ncap = 60\n",
        "points = 20000\ncap = 60\n",
        ("20000", 0),
        "10: error: `points` is 20000; it must lie between -10000 and 10000",
    ),
    (
        "days_max = 7, percent = 100",
        "days_max = 0, percent = 100",
        ("days_max = 0", 0),
        "16: error: `days_max` is 0; it must lie between 1 and 1000000",
    ),
    (
        "negative_days_max = 180",
        "negative_days_max = 0",
        ("negative_days_max", 0),
        "21: error: `negative_days_max` is 0; it must lie between 1 and 1000000",
    ),
    (
        "strong_points = 30\n",
        "",
        ("[durations]", 0),
        "1: error: `strong_points` is missing in [durations]; write `strong_points = ...`",
    ),
    (
        "strong_points = 30",
        "strong_points = \"30\"",
        ("strong_points", 0),
        "17: error: `strong_points` must be a whole number, not string (at `\"30\"`)",
    ),
    (
        "cap = -15",
        "cap = 15",
        ("id = \"soft_bounces\"", 1),
        "1: error: rule `soft_bounces`: the cap 15 must have the sign of the points -15 (at `[[engagement.rule]]`)",
    ),
    (
        "id = \"newsletter\"",
        "id = \"gated_content\"",
        ("id = \"gated_content\"", 0),
        "6: error: the rule `gated_content` stands here a second time; write another id, or one rule in place of both",
    ),
    (
        "\"form.contact\"",
        "\"form.demo\"",
        ("\"form.demo\"", 0),
        "25: error: the signal `form.demo` stands here a second time; write it once",
    ),
    (
        "group = \"web\"",
        "group = \"wep\"",
        ("group = \"wep\"", 0),
        "9: error: unknown group `wep`; write `web`",
    ),
    (
        "accept = \"1 bd\"",
        "accept = \"1 day\"",
        ("accept = \"1 day\"", 0),
        "10: error: unknown unit `day` of `accept`: s, min, h or bd (at `\"1 day\"`)",
    ),
    (
        "unserved = []",
        "unserved = [\"DE\"]",
        ("unserved = ", 0),
        "13: error: `DE` stands in `tier_1` and in `unserved`; write it in one of the two",
    ),
    (
        "mid_market_from = 200",
        "mid_market_from = 3000",
        ("[segment]", 0),
        "1: error: no company would be mid-market: it begins at 3000 employees, and above 2000 begins enterprise (at \
         `[segment]`)",
    ),
    (
        "a_from = 75",
        "a_from = 50",
        ("[fit]", 0),
        "1: error: grades must fall with points: a_from is 50, b_from 55, c_from 35 (at `[fit]`)",
    ),
    (
        "then = \"fix_data\"",
        "then = \"ask_them\"",
        ("then = \"ask_them\"", 0),
        "8: error: unknown word `ask_them`; write one of recycle, recycle_on_given_date, recycle_until_contract_end, \
         disqualify_no_fit, disqualify_junk, fix_data, named_owner, reroute, merge_or_steward, opt_out, \
         return_to_first_rep, steward",
    ),
];

#[test]
fn every_bad_policy_is_told_with_place_offending_text_and_what_to_write() {
    for (from, to, (at, above), expected) in CASES {
        let text = changed(from, to);
        let expected = format!("mine.toml:{}:{expected}", line_of(&text, at) - above);
        assert_eq!(told(&text), [expected], "{to}");
    }
}

#[test]
fn three_misspelled_keys_give_three_lines_with_suggestions() {
    let text = changed("bot_score_min", "bot_scor_min");
    let text = change(&text, "next_step_days_max", "next_steps_days_max");
    let text = change(&text, "[durations]", "[duration]");
    let lines = [("bot_scor_min", "bot_score_min"), ("next_steps_days_max", "next_step_days_max")];
    let mut expected: Vec<String> = lines
        .iter()
        .map(|(wrong, right)| {
            format!("mine.toml:{}:1: error: unknown key `{wrong}`; write `{right}`", line_of(&text, wrong))
        })
        .collect();
    expected.push(format!(
        "mine.toml:{}:2: error: unknown key `duration`; write `durations`",
        line_of(&text, "[duration]")
    ));
    assert_eq!(told(&text), expected);
}

#[test]
fn a_grade_in_two_grounds_contradicts_itself() {
    let text = changed("grades = [\"C\"]\npoints", "grades = [\"B\", \"C\"]\npoints");
    let first = line_of(&text, "name = \"fit_and_engagement\"") - 1;
    let second = line_of(&text, "name = \"engagement_only\"") - 1;
    let expected = format!(
        "mine.toml:{second}:1: error: grade B stands in the ground of line {first} already: only that one would count \
         (at `[[mql.ground]]`); write each grade in one ground"
    );
    assert_eq!(told(&text), [expected]);
}

#[test]
fn ten_thousand_rules_are_refused_in_one_line_each_list_for_itself() {
    let many = |table: &str| format!("\n[[{table}]]\nid = \"x\"\n").repeat(10_000);
    let of = |table: &str| told(&format!("{DEFAULT_POLICY}{}", many(table)));
    let rules = of("engagement.rule");
    assert_eq!(rules.len(), 1, "{rules:?}");
    assert!(rules[0].contains("10019 times `rule`; a policy holds at most 64"), "{rules:?}");
    let routes = of("route");
    assert!(routes.len() == 1 && routes[0].contains("10004 times `route`; a policy holds at most 500"));
    let accounts = of("named_account");
    assert!(
        accounts.len() == 1
            && accounts[0].contains("10000 times `named_account`; a policy holds at most 5000")
    );
}

#[test]
fn a_text_of_ten_mebibytes_is_not_looked_at() {
    let text = "[".repeat(10 << 20);
    assert_eq!(policy(&text).unwrap_err(), [too_long(10 << 20)]);
    let told = too_long(10 << 20).told("mine.toml", "error");
    let expected = "mine.toml:1: error: the text has 10485760 bytes; a policy has at most 1048576; write fewer rules, or \
                    long word lists as reference data";
    assert_eq!(told, expected);
    let padded = format!("{DEFAULT_POLICY}#{}", " ".repeat(POLICY_BYTES_MAX - DEFAULT_POLICY.len() - 1));
    assert!(policy(&padded).is_ok(), "of the most bytes");
    assert!(policy(&format!("{padded} ")).is_err(), "one byte more");
}

#[test]
fn hostile_texts_are_refused_shortly_whatever_they_hold() {
    let half = POLICY_BYTES_MAX / 2;
    let keys = (0..50_000).map(|number| format!("k{number} = 1\n")).collect::<Vec<_>>().concat();
    let texts = [
        "[".repeat(half),
        format!("a = {}", "[".repeat(half)),
        format!("{}b = 1", "a.".repeat(half / 2)),
        format!("{} = 1", "k".repeat(half)),
        format!("{DEFAULT_POLICY}\n[more]\n{keys}"),
        format!("{keys}{DEFAULT_POLICY}"),
        format!("{DEFAULT_POLICY}\n[routing]\nproducts = [{}]", "1,".repeat(half / 2)),
        "\u{fffd}\r".repeat(half / 8),
    ];
    for text in texts {
        let faults = policy(&text).unwrap_err();
        assert!(!faults.is_empty() && faults.len() <= 1_001, "{} faults", faults.len());
        let longest = faults.iter().map(|fault| fault.message.len() + fault.found.len()).max().unwrap();
        assert!(longest < 3_000, "{longest} bytes are told");
    }
    let faults = policy(&format!("{keys}{DEFAULT_POLICY}")).unwrap_err();
    let last = faults.last().map(|it| it.message.as_str());
    assert!(last.is_some_and(|it| it.ends_with("more faults are not told: mend these first")), "{last:?}");
}

#[test]
fn the_shipped_policy_has_no_warning() {
    let carried = baton::contract::inbound::carried_facts();
    let warnings: Vec<TextError> = check_policy(DEFAULT_POLICY, &carried).unwrap().warnings;
    assert_eq!(warnings, []);
    assert!(!check_policy(DEFAULT_POLICY, &BTreeSet::new()).unwrap().warnings.is_empty());
}
