//! Any commands by anybody at any time: every open lead keeps a holder and a clock, and the trail gives the lead.

use crate::story::Story;
use crate::words;
use baton::domain::command::{Actor, Nature};
use baton::domain::decide::Refusal;
use baton::domain::event::Event;
use baton::domain::lead::StageKind;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Histories that one run lives through, and the steps of the longest.
const HISTORIES: u32 = 6_000;
const STEPS_MAX: usize = 40;

const ACTORS: &[&str] = &["dev", "emma", "ana", "hugo", "kira", "maya", "noah", "paul", "stranger", "feed"];

/// Everything that anybody may ask or report; `pass` lets the next rung come due.
const COMMANDS: &[&str] = &[
    "signal form.demo",
    "signal form.pricing person=student",
    "signal form.content",
    "signal form.demo person=bot",
    "signal webinar.attended",
    "signal product.activated",
    "signal email.clicked",
    "signal email.replied",
    "signal chat",
    "signal email.opened automated",
    "signal form.demo ago=100h",
    "signal session.pricing ago=900h",
    "signal form.demo person=plain origin=partner",
    "signal form.demo id=7",
    "signal intent customer",
    "profile",
    "profile person=small",
    "profile person=student",
    "profile person=plain",
    "record person",
    "record person owner=ana",
    "record integration",
    "offer dev",
    "offer emma",
    "offer hugo",
    "offer kira",
    "pass_pool small",
    "pass_pool low-touch",
    "claim",
    "accept",
    "decline",
    "accept",
    "decline",
    "accept ago=20m",
    "attempt phone attempted",
    "attempt phone conversation",
    "attempt email attempted automated",
    "attempt meeting booked meeting=3d",
    "attempt meeting held",
    "attempt phone voicemail ago=30h",
    "reject unreachable",
    "reject bad_timing",
    "reject no_need",
    "reject no_budget",
    "reject no_authority",
    "reject no_fit",
    "reject competitor_chosen",
    "reject bad_data",
    "reject existing_customer to=ana",
    "reject existing_opportunity",
    "reject wrong_territory to=hugo",
    "reject wrong_segment pool=small",
    "reject duplicate",
    "reject junk",
    "reject opt_out scope=marketing",
    "reject opt_out scope=all",
    "reject other",
    "reject return",
    "reject other bare unmapped",
    "reject bad_timing retry=-9d",
    "qualify",
    "qualify bare",
    "qualify richer",
    "qualify ago=50h",
    "deal opened d1",
    "deal opened d2 owner=ana",
    "deal opened d3 renewal",
    "deal updated d1",
    "deal won d1",
    "deal won d2",
    "deal lost d1 reason=price",
    "deal lost d2",
    "deal opened d1 late",
    "deal won d3 expansion",
    "deal updated d2 repeated",
    "deal lost d3",
    "reassign dev",
    "reassign ana",
    "reassign nobody",
    "reassign kira",
    "due accept_by",
    "due contact_by stale",
    "due recycle_at",
    "opt_out",
    "note",
    "suppress",
    "suppress legal",
    "consent email=given",
    "consent email=withdrawn phone=given",
    "consent phone=given ago=50h",
    "reopen",
    "reopen consent",
    "convert",
    "convert owner=ana ago=30h",
    "unlink",
    "deal reopened d1",
    "deal reopened d2",
    "deal reopened d3 renewal",
    "deal deleted d1",
    "deal deleted d2",
    "customer ana",
    "customer",
    "score_again",
    "bound session.pricing ago=60h",
    "signal email.bounced.hard person=bounced",
    "pass",
    "pass",
    "pass",
    "pass",
    "pass",
    "pass",
];

/// One step: which command, by whom, asked or reported, and how long after the last.
type Step = (usize, usize, bool, u8);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec((0..COMMANDS.len(), 0..ACTORS.len(), any::<bool>(), 0_u8..8), 1..STEPS_MAX)
}

fn minutes(step: u8) -> i64 {
    [0, 1, 3, 10, 90, 700, 5_000, 60_000][usize::from(step)]
}

/// How often a command met a stage, and what came of it.
type Cells = BTreeMap<(&'static str, &'static str, &'static str), u64>;

fn live(steps: &[Step], cells: &mut Cells) -> Story {
    let mut story = Story::new();
    for (command, actor, asked, wait) in steps {
        story.now = story.now.plus(minutes(*wait) * baton::domain::time::MINUTE);
        let before = words::letter(story.stage());
        if COMMANDS[*command] == "pass" {
            let passed = story.pass_next();
            let became = if passed.is_some() { words::letter(story.stage()) } else { "stale" };
            *cells.entry((before, "pass", became)).or_insert(0) += 1;
            continue;
        }
        let (occurred_at, command) = words::command(&mut story, COMMANDS[*command]);
        let (nature, actor) = nature_of(&command, *asked, ACTORS[*actor]);
        let became = match story.act(&actor, nature, occurred_at, &command) {
            Ok(_) => words::letter(story.stage()),
            Err(Refusal::Impossible(impossible)) => panic!("{command:?}: {impossible}"),
            Err(Refusal::NothingChanges) => "=",
            Err(Refusal::Stale) => "stale",
            Err(Refusal::Filtered(_)) => "filtered",
            Err(refusal) => refusal.code(),
        };
        *cells.entry((before, command.name(), became)).or_insert(0) += 1;
    }
    story
}

/// Signals, profiles and deals are always facts; offers are the router's, clocks the sweeper's.
fn nature_of(command: &baton::domain::command::Command, asked: bool, actor: &str) -> (Nature, Actor) {
    match command.name() {
        "offer_lead" | "pass_pool" => (Nature::Fact, Actor::Router),
        "pass_deadline" => (Nature::Fact, Actor::Sweeper),
        "record_signal" | "report_profile" | "opt_out_email" => (Nature::Fact, Actor::Feed),
        "note_customer" | "score_again" => (Nature::Fact, Actor::Sweeper),
        "report_deal" | "link_crm_record" | "convert_crm_record" | "unlink_crm_record" => {
            (Nature::Fact, words::actor(actor))
        }
        _asks => (if asked { Nature::Ask } else { Nature::Fact }, words::actor(actor)),
    }
}

/// A cycle is handed off once, whatever happens in it.
fn one_handoff_a_cycle(story: &Story) {
    let mut handed_off = BTreeSet::new();
    let mut cycle = 1;
    for (_, event) in &story.trail {
        if let Event::CycleStarted { number, .. } = event {
            cycle = *number;
        }
        if let Event::LeadMarketingQualified { .. } = event {
            assert!(handed_off.insert(cycle), "cycle {cycle} was handed off twice");
        }
    }
}

#[test]
fn any_history_keeps_custody_versions_and_a_trail_that_replays() {
    let cells = RefCell::new(Cells::new());
    let config = Config { cases: HISTORIES, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&steps(), |steps| {
            let story = live(&steps, &mut cells.borrow_mut());
            assert_eq!(story.replayed(), story.lead);
            one_handoff_a_cycle(&story);
            Ok(())
        })
        .unwrap();
    let cells = cells.into_inner();
    let mut reached: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for ((stage, command, became), times) in &cells {
        reached.entry((stage, command)).or_default().push(format!("{became}:{times}"));
    }
    for ((stage, command), outcomes) in &reached {
        println!("{stage} {command}: {}", outcomes.join(" "));
    }
    let stages: BTreeSet<&str> = reached.keys().map(|(stage, _)| *stage).collect();
    for kind in StageKind::ALL.iter().filter(|kind| **kind != StageKind::Merged) {
        assert!(stages.contains(words::letter(*kind)), "no history reached {kind:?}");
    }
    assert!(reached.len() > 150, "the histories reach few cells: {}", reached.len());
}

#[test]
fn a_lead_that_everybody_forgets_still_moves_on() {
    for (name, story) in crate::lifecycle::stories() {
        let mut story = story;
        let mut escalated = false;
        for _ in 0..200 {
            let before = story.now;
            if story.pass_next().is_none() {
                break;
            }
            assert!(story.now >= before, "{name}: time ran back");
            escalated |= matches!(story.trail.last(), Some((_, Event::ClockEscalated { .. })));
        }
        let is_with_somebody = story.lead.stage.custody().is_some();
        assert!(
            !is_with_somebody
                || escalated
                || story.stage() == StageKind::Recycled
                || story.stage() == StageKind::Captured,
            "{name}: nobody was told in 200 rungs: {:?}",
            story.lead.stage
        );
    }
}
