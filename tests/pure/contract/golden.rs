//! Bytes of every stored format version, as they were written when it was fixed. A change of the format shows here, and
//! is then a new version beside the old one: stored leads and audit rows are never rewritten.

use crate::lifecycle;
use baton::domain::event::Event;
use baton::store::codec;
use std::collections::{BTreeMap, BTreeSet};

/// `name | debug | hex`, one event or lead a line.
const VERSION_1: &str = include_str!("golden_v1.txt");
const EVENTS: &str = include_str!("../../../src/domain/event.rs");

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap()).collect()
}

/// Name, debug text and bytes of each line.
fn golden() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    lifecycle::lines(VERSION_1)
        .map(|(number, line)| {
            let (name, rest) = line.split_once(" | ").unwrap_or_else(|| panic!("golden_v1.txt:{number}"));
            let (debug, hex) = rest.rsplit_once(" | ").unwrap();
            (name, debug, bytes(hex))
        })
        .collect()
}

/// One of each event that the lifecycle decides, and the lead of a long story: what a new version's file is made of.
fn samples() -> (BTreeMap<&'static str, Event>, baton::domain::lead::Lead) {
    let mut events = BTreeMap::new();
    for event in lifecycle::every_event() {
        events.entry(event.name()).or_insert(event);
    }
    let refused = Event::AskRefused { code: "not_offeree".to_owned() };
    events.insert(refused.name(), refused);
    (events, lifecycle::stories().remove("W.again").unwrap().lead)
}

#[test]
fn stored_bytes_of_version_1_read_as_they_always_did_and_are_written_alike() {
    for (name, debug, stored) in golden() {
        if name == "lead" {
            let lead = codec::read_lead(&stored).unwrap_or_else(|error| panic!("lead: {error}"));
            assert_eq!(format!("{lead:?}"), debug, "a stored lead reads otherwise");
            assert_eq!(hex(&codec::lead(&lead).unwrap()), hex(&stored), "a lead is written otherwise");
            continue;
        }
        let event = codec::read_event(&stored).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(event.name(), name);
        assert_eq!(format!("{event:?}"), debug, "{name} reads otherwise");
        assert_eq!(hex(&codec::event(&event).unwrap()), hex(&stored), "{name} is written otherwise");
    }
}

#[test]
fn every_kind_of_event_has_its_stored_bytes() {
    let stored: BTreeSet<&str> = golden().into_iter().map(|(name, ..)| name).collect();
    let kinds: Vec<&str> = EVENTS
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \"")?.1.strip_suffix("\","))
        .filter(|name| name.contains('_'))
        .collect();
    assert!(kinds.len() > 30, "the names of events are not where this test looks");
    let withdrawals = ["not_accepted", "not_contacted"];
    for kind in kinds.iter().filter(|kind| !withdrawals.contains(kind)) {
        assert!(
            stored.contains(kind),
            "no stored bytes of {kind}; a line for golden_v1.txt:\n{}",
            line_of(kind)
        );
    }
    assert!(stored.contains("lead"), "a line for golden_v1.txt:\n{}", line_of("lead"));
}

/// The line that a new kind gets in the file.
fn line_of(name: &str) -> String {
    let (events, lead) = samples();
    if name == "lead" {
        return format!("lead | {lead:?} | {}", hex(&codec::lead(&lead).unwrap()));
    }
    match events.get(name) {
        Some(event) => format!("{name} | {event:?} | {}", hex(&codec::event(event).unwrap())),
        None => format!("{name} is decided by no case of the lifecycle table"),
    }
}

#[test]
fn bytes_of_a_newer_version_are_told_apart_from_damaged_ones() {
    let (_, _, mut stored) = golden().into_iter().find(|(name, ..)| *name == "lead").unwrap();
    stored[0] = codec::FORMAT + 1;
    let newer = codec::read_lead(&stored).unwrap_err().to_string();
    stored[0] = codec::FORMAT;
    stored.truncate(stored.len() / 2);
    let damaged = codec::read_lead(&stored).unwrap_err().to_string();
    assert_ne!(newer, damaged);
}
