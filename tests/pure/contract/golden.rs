//! Bytes of every stored format version, as they were written when it was fixed. A change of the format shows here, and
//! is then a new version beside the old one: stored leads and audit rows are never rewritten.

use crate::lifecycle;
use baton::domain::availability::Source;
use baton::domain::calendar::Hours;
use baton::domain::custody::{Clock, ClockKind, Custody, Holder};
use baton::domain::event::Event;
use baton::domain::ids::{HandoffId, LeadId, OpportunityId};
use baton::domain::lead::{Consent, Lead, Motion, Origin, Permission, Terms};
use baton::domain::policy::{Grade, Priority};
use baton::domain::profile::Stamp;
use baton::domain::signal::SignalId;
use baton::domain::subject::SubjectEvent;
use baton::domain::team::{CrmUser, MemberId, Placement, PoolId};
use baton::domain::time::Moment;
use baton::store::codec;
use std::collections::{BTreeMap, BTreeSet};

/// `name | debug | hex`, one event or lead a line.
const VERSION_1: &str = include_str!("golden_v1.txt");
const VERSION_2: &str = include_str!("golden_v2.txt");
const VERSION_3: &str = include_str!("golden_v3.txt");
const EVENTS: &str = include_str!("../../../src/domain/event_names.rs");

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
        .chain(lifecycle::lines(VERSION_2))
        .chain(lifecycle::lines(VERSION_3))
        .map(|(number, line)| {
            let (name, rest) =
                line.split_once(" | ").unwrap_or_else(|| panic!("a golden file, line {number}"));
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
    for event in since_version_2().into_iter().chain(since_version_3()) {
        events.entry(event.name()).or_insert(event);
    }
    // Every event of format 3 is decided by a case of the table.
    (events, lifecycle::stories().remove("R.both").unwrap().lead)
}

/// The events that format 2 added, one of each.
fn since_version_2() -> Vec<Event> {
    let lead = Lead::unseen(LeadId::derived("golden", "1", 0));
    let (started_at, due_by) = (Moment(1_000_000), Moment(3_601_000_000));
    let due = Clock::until(ClockKind::ReviewBy, Hours::Wall, started_at, due_by);
    let custody = Custody::new(Holder::Operations(MemberId("olga".to_owned())), due);
    let terms = Terms {
        handoff: HandoffId::derived(lead.id, 2),
        mql_at: None,
        priority: Priority::P3,
        grade: Grade::B,
        points: 7,
        contact_from: Moment(1_000_000),
        contact_by: Moment(2_000_000),
    };
    let consent = Consent { email: Permission::Given, phone: Permission::Unknown };
    let signal = SignalId([7; 16]);
    vec![
        Event::ConsentGiven { consent, at: Moment(5) },
        Event::CrmUnlinked { tell: true, custody: None },
        Event::ContactForbidden { custody: Some(custody.clone()) },
        Event::LeadErased,
        Event::LeadReopened {
            terms,
            motion: Motion::Expansion,
            pool: PoolId("p".to_owned()),
            custody: custody.clone(),
        },
        Event::ReturnedToSql { opportunity: OpportunityId::derived("crm", "1"), custody: custody.clone() },
        Event::CustomerNoted { owner: Some(MemberId("ana".to_owned())), tell: false },
        Event::LeadAbsorbed { from: lead.id, united: Box::new(lead.clone()) },
        Event::LeadMerged { into: lead.id },
        Event::LeadSplit { to: lead.id, signals: vec![signal] },
        Event::SplitBegun { from: lead.id },
        Event::LeadParked { reason: "impossible_event".to_owned(), custody: custody.clone() },
        Event::LeadUnparked,
        Event::MqlDated { at: Moment(9), grade: Grade::B, points: 61 },
        Event::ContactLeft { opportunity: OpportunityId::derived("crm", "1"), tell: true },
        Event::OriginCredited(Origin::Partner),
        Event::ClockPutOff { kind: ClockKind::ReviewBy, until: Moment(7), custody: custody.clone() },
        Event::ClockStale { kind: ClockKind::AcceptBy, rung_at: Moment(8) },
        Event::HolderReplaced { from: MemberId("ana".to_owned()), custody },
        Event::DisagreementSettled { version: 7 },
    ]
}

/// The events that format 3 added and no case of the table decides.
fn since_version_3() -> Vec<Event> {
    let stamp = Stamp { at: Moment(9), by: 7 };
    vec![
        Event::ProductRequested { product: "line planner".to_owned(), stamp },
        Event::OpportunityAttached(OpportunityId::derived("crm", "1")),
    ]
}

#[test]
fn stored_bytes_of_every_version_read_as_they_always_did_and_are_written_alike() {
    for (name, debug, stored) in golden() {
        if name == "lead" {
            let lead = codec::read_lead(&stored).unwrap_or_else(|error| panic!("lead: {error}"));
            assert_eq!(format!("{lead:?}"), debug, "a stored lead reads otherwise");
            let written = codec::lead(&lead).unwrap();
            // An older format ends before what the next one added.
            let alike = written.len() >= stored.len() && written[1..stored.len()] == stored[1..];
            assert!(alike, "a lead is written otherwise");
            continue;
        }
        let event = codec::read_event(&stored).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(event.name(), name);
        assert_eq!(format!("{event:?}"), debug, "{name} reads otherwise");
        let written = hex(&codec::event(&event).unwrap()[1..]);
        let bytes = hex(&stored[1..]);
        // Offers, and the one event that holds a lead, grew at their end: what came later is nothing, and zeroes say so.
        let grew = stored[0] < codec::FORMAT && matches!(name, "lead_offered" | "lead_absorbed");
        let (kept, more) = written.split_at(bytes.len().min(written.len()));
        let alike = kept == bytes && (more.is_empty() || (grew && more.bytes().all(|digit| digit == b'0')));
        assert!(alike, "{name} is written otherwise:\n{written}\n{bytes}");
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
    let withdrawals = ["not_accepted", "not_contacted", "holder_left"];
    let missing: Vec<String> = kinds
        .iter()
        .filter(|kind| !withdrawals.contains(kind) && !stored.contains(*kind))
        .map(|kind| line_of(kind))
        .collect();
    assert!(
        missing.is_empty(),
        "no stored bytes of some events; lines for golden_v3.txt:\n{}",
        missing.join("\n")
    );
    assert!(stored.contains("lead"), "a line for golden_v3.txt:\n{}", line_of("lead"));
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

#[test]
fn a_word_on_where_somebody_stands_has_its_stored_bytes() {
    let word = Placement {
        member: MemberId("ana".to_owned()),
        source: Source::Crm,
        manager: Some(CrmUser { system: "crm".to_owned(), id: "u1".to_owned() }),
        teams: Some(vec!["smb".to_owned()]),
        said_at: Moment(7),
    };
    assert_eq!(hex(&codec::placement(&word).unwrap()), "0303616e6102010363726d027531010103736d620e");
    let silent = Placement { manager: None, teams: None, ..word };
    let stored = codec::placement(&silent).unwrap();
    assert_eq!(hex(&stored), "0303616e610200000e");
    assert_eq!(codec::read_placement(&stored).unwrap(), silent);
    let event = SubjectEvent::PlacementSaid(silent);
    assert_eq!(
        hex(&codec::subject_event(&event).unwrap()),
        "030903616e610200000e",
        "the tenth kind, and so for good"
    );
}
