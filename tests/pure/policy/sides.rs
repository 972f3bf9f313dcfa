//! Open leads under two policies: who would be MQL under one of them only, as of when it is decided. It moves nobody.

use super::changed;
use crate::story::{POLICY, Story, start};
use crate::words;
use baton::contract::policy_text::policy;
use baton::domain::command::{Actor, Nature};
use baton::domain::ids::LeadId;
use baton::domain::lead::StageKind;
use baton::domain::policy::Policy;
use baton::domain::time::DAY;
use baton::replay::sides::{LISTED_MAX, Sides, judged};

/// The shipped policy with a threshold of 40 points for grades A and B.
fn lower() -> Policy {
    policy(&changed(
        "points = 60                         # since",
        "points = 40                         # since",
    ))
    .unwrap()
}

/// A vice president of a fitting company who did these things now.
fn story(signals: &[&str]) -> Story {
    let mut story = Story::new();
    for kind in signals {
        story.tick();
        let (at, command) = words::command(&mut story, &format!("signal {kind}"));
        story.act(&Actor::Feed, Nature::Fact, at, &command).unwrap();
    }
    story
}

/// Whether the lead is MQL under the shipped policy and under the other.
fn sides(story: &Story, other: &Policy) -> Option<(bool, bool)> {
    let both = judged(&story.lead, &POLICY, other, story.now, story.live_from);
    both.map(|(before, after)| (before.mql, after.mql))
}

#[test]
fn a_captured_lead_between_the_thresholds_would_become_mql() {
    let captured = story(&["webinar.attended", "form.content", "form.content"]);
    assert_eq!(captured.stage(), StageKind::Captured);
    assert_eq!(sides(&captured, &lower()), Some((false, true)));
    let (before, after) =
        judged(&captured.lead, &POLICY, &lower(), captured.now, captured.live_from).unwrap();
    assert_eq!((before.points, after.points), (44, 44));
    assert_eq!(sides(&captured, &POLICY), Some((false, false)), "the same policy changes nothing");
    let mut later = captured.clone();
    later.now = later.now.plus(20 * DAY);
    assert_eq!(sides(&later, &lower()), Some((false, false)), "captured leads are looked at as of now");
    let mut history = captured;
    history.live_from = history.now.plus(DAY);
    assert_eq!(sides(&history, &lower()), None, "publishing moves nobody from before the service went live");
}

#[test]
fn an_mql_is_looked_at_as_of_its_own_moment_with_what_had_happened_by_then() {
    let mut queued = story(&["product.activated", "webinar.attended", "form.content"]);
    assert_eq!(queued.stage(), StageKind::Queued, "62 points");
    let higher = policy(&changed(
        "points = 60                         # since",
        "points = 70                         # since",
    ))
    .unwrap();
    assert_eq!(sides(&queued, &higher), Some((true, false)));
    queued.tick();
    let (at, command) = words::command(&mut queued, "signal form.content");
    queued.act(&Actor::Feed, Nature::Fact, at, &command).unwrap();
    queued.now = queued.now.plus(60 * DAY);
    assert_eq!(sides(&queued, &higher), Some((true, false)), "what came later, and age, are no part of it");
}

#[test]
fn a_hand_raise_counts_by_what_each_policy_takes_for_one() {
    let asked = story(&["form.demo"]);
    assert_eq!(asked.stage(), StageKind::Queued);
    let other = policy(&changed("\"form.demo\", ", "")).unwrap();
    assert_eq!(sides(&asked, &other), Some((true, false)));
    assert_eq!(sides(&asked, &lower()), Some((true, true)));
}

#[test]
fn leads_that_change_are_counted_whole_and_the_best_are_listed() {
    let (captured, lower) = (story(&["webinar.attended", "form.content", "form.content"]), lower());
    let mut sides = Sides::default();
    for number in 0..250 {
        let mut lead = captured.lead.clone();
        lead.id = LeadId::derived("/test", "sides", number);
        sides.add(&lead, &POLICY, &lower, captured.now, start().plus(-DAY));
    }
    let mut best = story(&["product.activated", "webinar.attended"]).lead;
    best.id = LeadId::derived("/test", "best", 0);
    sides.add(&best, &POLICY, &lower, captured.now, start().plus(-DAY));
    assert_eq!((sides.judged, sides.became, sides.ceased), (251, 251, 0));
    let listed = sides.listed();
    assert_eq!((listed.len(), listed[0].lead, listed[0].after.points), (LISTED_MAX, best.id, 50));
}
