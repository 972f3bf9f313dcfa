//! What holds after every history: I1 to I6 and I9 on the tables, from the tables alone. It changes nothing.

use super::log::Log;
use super::store::{Place, Tables};
use super::transaction::Finding;
use baton::contract::request::{Decoded, Subject};
use baton::domain::event::Event;
use baton::domain::evolve::evolve;
use baton::domain::ids::{LeadId, OpportunityId};
use baton::domain::lead::Lead;
use baton::store::codec;
use baton::store::rows::{AuditSubject, OutTopic};
use std::collections::{BTreeMap, BTreeSet};

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), Finding> {
    if holds { Ok(()) } else { Err(what()) }
}

/// Every promise; the first that is broken is told.
pub fn everything(tables: &Tables, log: &Log) -> Result<(), Finding> {
    outcomes(tables, log)?;
    kept(tables)?;
    handoffs(tables)?;
    trail(tables)?;
    subjects(tables)?;
    streams(tables)?;
    outbox(tables)?;
    ledger(tables, log)?;
    causes(tables)?;
    deals(tables, log)?;
    // I9, and all that a stage owes.
    tables.leads.values().for_each(|row| crate::story::check(&row.lead, &crate::story::TEAM));
    Ok(())
}

/// I1: every record has exactly one outcome (a second is refused when it is written).
fn outcomes(tables: &Tables, log: &Log) -> Result<(), Finding> {
    let mut read = 0;
    for (place, records) in log.all() {
        for offset in 0..records.len() {
            let key = (place.clone(), i64::try_from(offset).unwrap());
            ensure(tables.outcomes.contains_key(&key), || format!("I1: {key:?} has no outcome"))?;
            read += 1;
        }
    }
    ensure(tables.outcomes.len() == read, || "I1: outcomes of records that are not there".to_owned())
}

/// I1: what was parked or quarantined is kept, or resolved once.
fn kept(tables: &Tables) -> Result<(), Finding> {
    let count = |code| tables.outcomes.values().filter(|outcome| outcome.code() == code).count();
    let (parked, quarantined) = (count("parked"), count("quarantined"));
    let resolved = tables.resolutions.len();
    ensure(parked <= tables.parked.len() + resolved, || {
        format!("I1: {parked} records parked, {} wait, {resolved} resolved", tables.parked.len())
    })?;
    ensure(quarantined <= tables.quarantine.len(), || {
        format!("I1: {quarantined} records quarantined, {} kept", tables.quarantine.len())
    })?;
    let bound = |row: &&baton::store::rows::ParkedRow| {
        row.keys.iter().any(|key| matches!(tables.keys.get(key), Some(Some(_))))
    };
    let forgotten = tables.parked.values().find(|row| row.keys.len() == 1 && bound(row));
    ensure(forgotten.is_none(), || {
        format!("N13: a record waits under a key that names somebody: {:?}", forgotten.map(|row| row.kept.id))
    })
}

/// I2: one handoff per lead and cycle, in the rows and in the events.
fn handoffs(tables: &Tables) -> Result<(), Finding> {
    let mut seen = BTreeSet::new();
    for row in tables.handoffs.values() {
        ensure(seen.insert((row.lead, row.cycle)), || {
            format!("I2: two handoffs of {} in cycle {}", row.lead, row.cycle)
        })?;
        ensure(tables.leads.contains_key(&row.lead), || format!("a handoff of nobody: {}", row.lead))?;
    }
    Ok(())
}

/// I3, I4 and the chains: versions are gapless, each row names the one before, and the state is the fold of the events.
fn trail(tables: &Tables) -> Result<(), Finding> {
    let mut folded: BTreeMap<LeadId, (Lead, [u8; 32])> = BTreeMap::new();
    let mut handed = BTreeSet::new();
    for row in &tables.audit {
        let AuditSubject::Lead(id) = row.subject else { continue };
        let (mut lead, head) = folded.remove(&id).unwrap_or_else(|| (Lead::unseen(id), [0; 32]));
        ensure(row.version == i64::try_from(lead.version).unwrap() + 1, || {
            format!("I4: version {} of {id} follows on {}", row.version, lead.version)
        })?;
        ensure(row.previous == head, || format!("I7: version {} of {id} names another row", row.version))?;
        let event = codec::read_event(&row.payload).map_err(|error| error.to_string())?;
        if matches!(event, Event::LeadMarketingQualified { .. }) {
            let cycle = lead.cycle.number;
            ensure(handed.insert((id, cycle)), || format!("I2: {id} is handed off twice in cycle {cycle}"))?;
        }
        ensure(row.decided_at >= lead.decided_at, || format!("time of {id} runs back"))?;
        lead.decided_at = row.decided_at;
        let lead = evolve(lead, &event).map_err(|error| format!("I3: {id}: {error}"))?;
        folded.insert(id, (lead, row.hash));
    }
    ensure(folded.len() == tables.leads.len(), || "I3: leads and audit name other people".to_owned())?;
    for (id, (lead, head)) in folded {
        let stored = &tables.leads[&id];
        ensure(stored.lead == lead, || format!("I3: the state of {id} is not the fold of its events"))?;
        ensure(stored.head_hash == head, || format!("I7: {id} names another last hash"))?;
    }
    Ok(())
}

/// The same for subjects that are no leads: chained, gapless, and the head is the last row's.
fn subjects(tables: &Tables) -> Result<(), Finding> {
    let mut heads: BTreeMap<AuditSubject, (i64, [u8; 32])> = BTreeMap::new();
    for row in tables.audit.iter().filter(|row| !matches!(row.subject, AuditSubject::Lead(_))) {
        let (version, hash) = heads.entry(row.subject).or_default();
        ensure(row.version == *version + 1, || {
            format!("I4: {:?} goes on with {}", row.subject, row.version)
        })?;
        ensure(row.previous == *hash, || format!("I7: {:?} {} names another row", row.subject, row.version))?;
        (*version, *hash) = (row.version, row.hash);
    }
    let stored: BTreeMap<_, _> =
        tables.heads.iter().filter(|(_, head)| head.0 > 0).map(|(it, head)| (*it, *head)).collect();
    ensure(stored == heads, || "I7: heads of subjects are not the last of their rows".to_owned())
}

/// Numbers of every stream are gapless up to its counter.
fn streams(tables: &Tables) -> Result<(), Finding> {
    let mut ends: BTreeMap<&str, i64> = BTreeMap::new();
    for row in &tables.audit {
        let end = ends.entry(&row.stream).or_insert(0);
        ensure(row.stream_sequence == *end + 1, || format!("I7: a gap after {end} in {}", row.stream))?;
        *end += 1;
    }
    for ((topic, partition), row) in &tables.positions {
        let name = format!("{topic}/{partition}");
        let end = ends.get(name.as_str()).copied().unwrap_or(0);
        ensure(end == row.audit_sequence, || {
            format!("I7: {name} counts {} and ends at {end}", row.audit_sequence)
        })?;
    }
    for (name, last) in &tables.streams {
        let end = ends.get(name.as_str()).copied().unwrap_or(0);
        ensure(end == *last, || format!("I7: {name} counts {last} and ends at {end}"))?;
    }
    Ok(())
}

/// I5 as far as the outbox: ids are unique, numbers per lead and topic gapless.
fn outbox(tables: &Tables) -> Result<(), Finding> {
    let mut ids = BTreeSet::new();
    let mut last: BTreeMap<(LeadId, OutTopic), i64> = BTreeMap::new();
    for row in &tables.outbox {
        ensure(ids.insert((row.topic, row.id)), || format!("I5: {} is published twice", row.event_type))?;
        if row.topic == OutTopic::State {
            continue;
        }
        let last = last.entry((row.lead, row.topic)).or_insert(0);
        ensure(row.topic_sequence == *last + 1, || {
            format!("I5: {} follows on {last} on {}", row.topic_sequence, row.topic.name())
        })?;
        *last += 1;
    }
    Ok(())
}

/// I6: ranges abut from the first record to the position, and add up to the records of the log.
fn ledger(tables: &Tables, log: &Log) -> Result<(), Finding> {
    let mut ends: BTreeMap<Place, (i64, i64)> = BTreeMap::new();
    for row in &tables.ledger {
        let (end, read) = ends.entry((row.topic.clone(), row.partition)).or_insert((0, 0));
        ensure(row.from_offset == *end, || {
            format!("I6: {}/{} goes on at {} after {end}", row.topic, row.partition, row.from_offset)
        })?;
        *end = row.to_offset;
        *read += i64::from(row.read);
    }
    for (place, position) in &tables.positions {
        let (end, read) = ends.get(place).copied().unwrap_or((0, 0));
        ensure(end == position.next_offset && end == log.end(place) && read == end, || {
            format!("I6: {place:?} stands at {}, ledger {end}, counted {read}", position.next_offset)
        })?;
    }
    Ok(())
}

/// What one record, ask or clock caused at one lead was decided in one transaction: a repetition changes nothing.
fn causes(tables: &Tables) -> Result<(), Finding> {
    let mut decided: BTreeMap<([u8; 32], AuditSubject), (String, i64)> = BTreeMap::new();
    for row in tables.audit.iter().filter(|row| row.record.is_none()) {
        let now = (row.stream.clone(), row.decided_at.0);
        let first = decided.entry((row.cause, row.subject)).or_insert_with(|| now.clone());
        ensure(*first == now, || format!("{} acted twice: {first:?} and {now:?}", row.actor))?;
    }
    Ok(())
}

/// Every deal stands at the highest revision that was told of it, whoever told it when: its money counts once.
fn deals(tables: &Tables, log: &Log) -> Result<(), Finding> {
    let mut told: BTreeMap<OpportunityId, i64> = BTreeMap::new();
    for (place, records) in log.all() {
        for (offset, entry) in records.iter().enumerate() {
            let outcome = &tables.outcomes[&(place.clone(), i64::try_from(offset).unwrap())];
            let Ok(Decoded::Request(request)) = &entry.decoded else { continue };
            let Subject::Opportunity(patch) = &request.subject else { continue };
            if outcome.code() != "quarantined" {
                let newest = told.entry(patch.id).or_insert(patch.revision);
                *newest = patch.revision.max(*newest);
            }
        }
    }
    for (id, revision) in told {
        let stored = tables.opportunities.get(&id).map(|row| row.revision);
        ensure(stored == Some(revision), || {
            format!("deal {id} was told in revision {revision} and stands at {stored:?}")
        })?;
    }
    for (deal, lead) in &tables.contacts {
        ensure(tables.opportunities.contains_key(deal), || format!("a contact of no deal: {deal}"))?;
        ensure(tables.leads.contains_key(lead), || format!("a contact who is nobody: {lead}"))?;
    }
    Ok(())
}
