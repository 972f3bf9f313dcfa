//! Random teams, hours, absences and histories: who is told, when, and who holds what. It decides nothing itself.

use super::cells::ROWS;
use crate::lifecycle;
use crate::simulation::prng::Prng;
use crate::story::{Story, TEAM};
use crate::words;
use baton::domain::availability::{Availability, Away, Source};
use baton::domain::command::{Actor, Command, Nature};
use baton::domain::contest::awaited;
use baton::domain::custody::{ClockKind, Holder};
use baton::domain::decide::Refusal;
use baton::domain::event::{Event, Withdrawal};
use baton::domain::lead::StageKind;
use baton::domain::team::MemberId;
use baton::domain::time::{DAY, HOUR, MINUTE};
use std::sync::Arc;

/// Histories of a run, and steps of each.
const HISTORIES: u64 = 600;
const STEPS: usize = 25;
const ZONES: [&str; 6] =
    ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Sao_Paulo", "Europe/Berlin"];
const HOURS: [(u32, u32); 4] = [(9 * 60, 17 * 60 + 30), (0, 24 * 60), (6 * 60, 10 * 60), (13 * 60, 22 * 60)];
/// Of these one at most is switched off at a time: each has a deputy who is there then.
const OFFICES: [&str; 5] = ["maya-cohen", "noah-fischer", "olga-petrov", "paul-dupont", "quinn-adams"];

/// What is said of everybody, drawn anew.
fn said(prng: &mut Prng, story: &Story) -> Vec<Availability> {
    let office = OFFICES[prng.below(OFFICES.len())];
    let draw = |member: &MemberId, prng: &mut Prng| {
        let is_office = OFFICES.contains(&member.0.as_str());
        let may_go = if is_office { member.0 == office } else { true };
        let from = story.now.plus(i64::try_from(prng.below(60)).unwrap() * HOUR - 30 * HOUR);
        let until = (!prng.one_in(4)).then(|| from.plus(i64::try_from(1 + prng.below(200)).unwrap() * HOUR));
        Availability {
            active: !(may_go && prng.one_in(4)),
            time_zone: prng.one_in(3).then(|| (*prng.pick(&ZONES)).to_owned()),
            hours: prng.one_in(4).then(|| *prng.pick(&HOURS)),
            away: if may_go && prng.one_in(4) { vec![Away { from, until }] } else { Vec::new() },
            ..Availability::present(member.clone(), Source::Manager, story.now)
        }
    };
    let mut said = Vec::new();
    for member in TEAM.members() {
        if prng.one_in(2) {
            said.push(draw(&member.id, prng));
        }
    }
    said
}

/// Another team is in force; whoever is switched off by it hands over, as the sweeper has it.
fn speak(story: &mut Story, prng: &mut Prng) {
    story.team = Arc::new(TEAM.in_force(1, said(prng, story)));
    hand_over(story);
}

/// What the sweeper tells a lead whose holder is switched off.
fn hand_over(story: &mut Story) {
    let Some(holder) = story.lead.holder().map(|holder| holder.member().clone()) else { return };
    if story.team.member(&holder).is_some_and(|member| member.active) {
        return;
    }
    let left = Command::NoteHolderLeft { member: holder.clone() };
    let events = story.act(&Actor::Sweeper, Nature::Fact, story.now, &left).unwrap();
    assert!(
        !events.iter().any(|event| matches!(event, Event::ClockBreached { .. } | Event::LeadRejected { .. })),
        "a leaver is blamed: {events:?}"
    );
}

/// Every open lead is held by somebody who may act; a duty runs (see `story::check`).
fn is_held(story: &Story) {
    if let Some(holder) = story.lead.holder() {
        let active = story.team.member(holder.member()).is_some_and(|member| member.active);
        assert!(active, "{} holds the lead and is switched off: {:?}", holder.member(), story.lead.stage);
    }
}

/// Whether a clock only moves the lead on at its date, which needs nobody.
pub fn is_date(kind: ClockKind, stage: StageKind, holder: &Holder) -> bool {
    match kind {
        ClockKind::RecycleAt => true,
        ClockKind::ReviewBy => stage == StageKind::Captured && matches!(holder, Holder::SegmentOwner(_)),
        _ => false,
    }
}

/// Lets the earliest clock come due, at once or late; nobody is told and nobody loses a lead outside their hours.
fn forget(story: &mut Story, prng: &mut Prng) -> bool {
    let Some(custody) = story.lead.custody().cloned() else { return false };
    let late = *prng.pick(&[0, 0, MINUTE, 7 * HOUR, 3 * DAY]);
    story.now = story.now.max(custody.next_due_at()).plus(late);
    let stage = story.stage();
    let Some(clock) = custody.clocks().min_by_key(|clock| (clock.rung_at, clock.kind)).cloned() else {
        return false;
    };
    let due = story.due(clock.kind).unwrap();
    // Of a contest its arbiter, whoever holds the lead meanwhile.
    let owner =
        awaited(&story.lead, &clock).map_or(custody.holder.member(), |contest| &contest.arbiter).clone();
    let events = story.act(&Actor::Sweeper, Nature::Fact, story.now, &Command::PassDeadline(due)).unwrap();
    let put_off = events.iter().any(|event| matches!(event, Event::ClockPutOff { .. }));
    let hours = story.team.hours(&owner);
    if put_off {
        assert!(!hours.is_open(story.now), "put off in working time: {clock:?} at {}", story.now);
        let next = story.lead.custody().unwrap().clock(clock.kind).unwrap().rung_at;
        assert!(hours.is_open(next) && next > story.now, "put off to no working time: {next}");
        let worked = hours.between(story.now, next);
        assert_eq!(worked, 0, "put off past the first instant that hours allow: {clock:?} at {}", story.now);
    } else if !is_date(clock.kind, stage, &custody.holder) {
        let covered = hours.covers(story.now, MINUTE);
        assert!(covered, "{clock:?} fired at {}, when {owner} does not work", story.now);
    }
    assert!(
        clock.rung_at <= story.now && clock.due_by >= clock.started_at,
        "a clock fired early: {clock:?} at {}",
        story.now
    );
    true
}

fn step(story: &mut Story, prng: &mut Prng) {
    match prng.below(6) {
        0 => speak(story, prng),
        1 | 2 => {
            forget(story, prng);
        }
        _ => {
            let rows: Vec<_> = ROWS.iter().filter(|row| row.name != "holder left or inactive").collect();
            let (who, command) = prng.pick(&rows).command(prng);
            let (nature, actor) = words::who(who);
            story.now = story.now.plus(*prng.pick(&[1, 30, 400, 5_000]) * MINUTE);
            let (at, command) = words::command(story, command);
            let stood = story.stage();
            match story.act(&actor, nature, at, &command) {
                Ok(events) => {
                    routed(story, stood, &events);
                    // Whoever is united with a lead of a leaver is told as that lead would have been.
                    if events.iter().any(|event| matches!(event, Event::LeadAbsorbed { .. })) {
                        hand_over(story);
                    }
                }
                Err(Refusal::Impossible(impossible)) => panic!("{command:?}: {impossible}"),
                Err(_) => {}
            }
        }
    }
    is_held(story);
}

/// A rejection never stands alone: where the lead goes is decided with it.
pub fn has_consequence(events: &[Event]) -> bool {
    events.iter().any(|event| {
        matches!(
            event,
            Event::LeadRecycled { .. }
                | Event::LeadDisqualified { .. }
                | Event::LeadSuppressed { .. }
                | Event::DataFixAsked { .. }
                | Event::LeadQueued { .. }
                | Event::ReturnedToFirst { .. }
        )
    })
}

/// Nothing is offered to somebody who is away or switched off.
fn routed(story: &Story, stood: StageKind, events: &[Event]) {
    // Of whom nothing was handed over, the CRM's word is noted, and only what is wrong with their data follows from it.
    let is_rejected = stood != StageKind::Captured
        && events.iter().any(|event| matches!(event, Event::LeadRejected { .. }));
    assert!(!is_rejected || has_consequence(events), "a rejection stands alone: {events:?}");
    for event in events {
        if let Event::LeadOffered { rep, .. } = event {
            assert!(story.team.is_there(rep, story.now), "{rep} is not there and was offered a lead");
        }
        if let Event::OfferWithdrawn { why: Withdrawal::HolderLeft, from, .. } = event {
            assert!(story.team.member(from).is_none_or(|member| !member.active));
        }
    }
}

#[test]
fn over_random_teams_and_hours_every_lead_is_held_and_nobody_is_told_at_night() {
    let stories: Vec<Story> = lifecycle::stories().into_values().collect();
    for seed in 0..HISTORIES {
        let mut prng = Prng::new(seed);
        let mut story = prng.pick(&stories).clone();
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            speak(&mut story, &mut prng);
            for _ in 0..STEPS {
                step(&mut story, &mut prng);
            }
            assert_eq!(story.replayed(), story.lead, "the trail gives another lead");
        }));
        assert!(told.is_ok(), "seed {seed} breaks a promise");
    }
}
