//! Everything that was produced comes again, in an order that a printed seed gives: nothing may change but the count of
//! duplicates. What clocks and the router did meanwhile on their own is told apart row by row, never by a bound.

use super::story::topic;
use crate::faults::chance::Chance;
use crate::faults::{any_seed, from_environment};
use crate::harness::{Event, Installation, produce, until};
use std::collections::{BTreeMap, BTreeSet};

/// Rows that nobody but records and people write, whatever clocks and the router do.
const DECIDED: &[(&str, &str)] = &[
    (
        "the audit of what records said",
        "SELECT format('%s/%s %s %s %s', subject_kind, subject_id, version, event, encode(hash, 'hex')) FROM audit
         WHERE actor NOT IN ('sweeper', 'router') ORDER BY 1",
    ),
    (
        "versions of leads, less the steps of clocks and the router",
        "SELECT format('%s %s', id, version - (SELECT count(*) FROM audit WHERE subject_id = lead.id
             AND actor IN ('sweeper', 'router'))) FROM lead ORDER BY 1",
    ),
    (
        "what was published of what records said",
        "SELECT format('%s %s %s %s %s', lead_id, lead_version, topic, event_type, id) FROM outbox
         WHERE NOT EXISTS (SELECT FROM audit WHERE subject_id = lead_id AND version = lead_version
             AND actor IN ('sweeper', 'router')) ORDER BY 1",
    ),
    ("handoffs", "SELECT format('%s %s %s', id, lead_id, cycle) FROM handoff ORDER BY 1"),
    ("touches", "SELECT touch::text FROM touch ORDER BY 1"),
    ("people", "SELECT person::text FROM person ORDER BY 1"),
    ("keys", "SELECT identity_key::text FROM identity_key ORDER BY 1"),
    ("notes", "SELECT note::text FROM note ORDER BY 1"),
    ("accounts", "SELECT account::text FROM account ORDER BY 1"),
    ("deals", "SELECT opportunity::text FROM opportunity ORDER BY 1"),
    ("contacts of deals", "SELECT opportunity_contact::text FROM opportunity_contact ORDER BY 1"),
    ("disagreements", "SELECT disagreement::text FROM disagreement ORDER BY 1"),
    ("what is kept", "SELECT id::text FROM parked UNION ALL SELECT id::text FROM quarantine ORDER BY 1"),
    (
        "outcomes but duplicates",
        "SELECT format('%s applied, %s filtered, %s refused, %s parked, %s quarantined', sum(applied), sum(filtered),
             sum(refused), sum(parked), sum(quarantined)) FROM ledger",
    ),
];
/// Whole rows of single leads, the lead's id before each; clocks and the router may change those of their own leads.
const OF_LEADS: &[(&str, &str)] = &[
    ("leads with stage and custody", "SELECT id || ' ' || lead::text FROM lead ORDER BY 1"),
    ("handoffs with their duties", "SELECT lead_id || ' ' || handoff::text FROM handoff ORDER BY 1"),
    ("everything published", "SELECT format('%s %s', lead_id, id) FROM outbox ORDER BY 1"),
];
/// Steps of clocks and the router, by lead.
const LOOPS: &str =
    "SELECT format('%s %s', subject_id, count(*)) FROM audit WHERE actor IN ('sweeper', 'router')
    GROUP BY subject_id ORDER BY 1";
const DUPLICATES: &str = "SELECT sum(duplicate)::bigint FROM ledger";

type Rows = BTreeMap<&'static str, Vec<String>>;

fn rows(installation: &Installation, of: &[(&'static str, &'static str)]) -> Rows {
    of.iter().map(|(name, query)| (*name, installation.texts(query))).collect()
}

/// Produces all of it again and holds what the database says against what it said before. `resting` is a lead that no
/// clock runs for, so that at least one is compared whole.
pub(super) fn changes_nothing(installation: &Installation, mut produced: Vec<Event>, resting: &str) {
    let seed = from_environment("BATON_AGAIN_SEED", any_seed());
    eprintln!("again: BATON_AGAIN_SEED={seed}, {} records", produced.len());
    Chance::named(seed, "again").shuffle(&mut produced);

    let (read, duplicates) = (installation.read(), installation.number(DUPLICATES));
    // Asked first before and last afterwards: a step between two questions makes its lead one that moved by itself.
    let loops_before: BTreeSet<String> = installation.texts(LOOPS).into_iter().collect();
    let (decided, of_leads) = (rows(installation, DECIDED), rows(installation, OF_LEADS));
    for event in &produced {
        produce(installation, &topic(&event.event_type), event);
    }
    let count = i64::try_from(produced.len()).unwrap();
    until("everything is read again", || installation.read() == read + count);
    assert_eq!(installation.number(DUPLICATES), duplicates + count, "each of them is a duplicate");
    let (decided_after, of_leads_after) = (rows(installation, DECIDED), rows(installation, OF_LEADS));
    let loops_after: BTreeSet<String> = installation.texts(LOOPS).into_iter().collect();

    for (name, before) in &decided {
        assert_eq!(before, &decided_after[name], "{name}, before and after");
        assert!(!before.is_empty() || EMPTY.contains(name), "{name}: nothing to compare");
    }
    let lead_of = |row: &str| row.split(' ').next().unwrap_or_default().to_owned();
    let moved: BTreeSet<String> =
        loops_before.symmetric_difference(&loops_after).map(|row| lead_of(row)).collect();
    assert!(!moved.contains(resting), "no clock runs for a lead that is won");
    let left_alone = |rows: &[String]| -> Vec<String> {
        rows.iter().filter(|row| !moved.contains(&lead_of(row))).cloned().collect()
    };
    for (name, before) in &of_leads {
        let before = left_alone(before);
        assert_eq!(before, left_alone(&of_leads_after[name]), "{name}, before and after");
        assert!(before.iter().any(|row| lead_of(row) == resting), "{name}: nothing of {resting}");
    }
    eprintln!("again: {} leads moved by clocks or the router meanwhile", moved.len());
}

/// What these stories leave no row of.
const EMPTY: &[&str] = &["notes", "disagreements", "what is kept"];
