//! Stories as text files: given, when, then, with comments. They show what follows from what, and that it replays.

mod hours;

use crate::expect::faults;
use crate::lifecycle::{lines, step, stories};
use crate::story::Story;

/// Runs one file; every `then` is held against the step before it.
fn play(name: &str, text: &str) {
    let mut story = Story::new();
    let mut before = story.clone();
    let mut decided = Ok(Vec::new());
    let mut thens = 0;
    for (number, line) in lines(text) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "given" if rest == "nobody" => story = Story::new(),
            "given" => {
                story = stories().remove(rest).unwrap_or_else(|| panic!("{name}:{number}: no stage {rest}"));
            }
            "until" => {
                let _passed = step(&mut story, line);
            }
            "when" => {
                before = story.clone();
                decided = step(&mut story, rest);
            }
            "then" => {
                thens += 1;
                let faults = faults(rest, &before, &story, &decided);
                assert!(faults.is_empty(), "{name}:{number}: {line}\n    {}", faults.join("\n    "));
            }
            other => panic!("{name}:{number}: given, when or then: {other}"),
        }
        assert_eq!(story.replayed(), story.lead, "{name}:{number}: the trail gives another lead");
    }
    assert!(thens > 0, "{name} expects nothing");
}

macro_rules! scenarios {
    ($($name:ident),+ $(,)?) => {
        $(#[test]
        fn $name() {
            play(stringify!($name), include_str!(concat!(stringify!($name), ".txt")));
        })+
    };
}

scenarios!(
    a_demo_request_becomes_revenue,
    a_student_is_served_low_touch,
    own_tests_and_bots_never_reach_sales,
    every_reason_has_its_consequence,
    a_rested_lead_comes_back,
    a_missed_offer_climbs_the_ladder,
    a_missed_call_takes_the_lead_from_each_holder,
    data_is_mended_in_the_same_cycle,
    a_reversed_win_counts_in_its_own_cycle,
    a_person_who_wants_no_contact_is_left_alone,
    a_deal_is_undone,
    a_rep_moves_time_zone,
    the_database_clock_goes_back_an_hour,
    a_demo_request_comes_at_night,
    a_fourth_passage_needs_a_person,
    an_open_deal_is_looked_at_after_its_close_date,
);
