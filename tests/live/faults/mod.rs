//! Faults on purpose while records flow: instances killed and frozen, Postgres and the broker restarted, connections cut
//! around COMMIT. Afterwards I1 to I9 hold, told by the checker and by a count of the test's own.
//!
//! `BATON_FAULTS_SEED`, `_RECORDS`, `_KILLS` and `_RATE` set what is done; the defaults are the short form of `make test`,
//! and `make faults` sets the long one. The seed gives the records and the faults; how they meet is the machine's.

pub mod chance;
mod checker;
mod count;
mod ground;
mod producer;
pub mod proxy;
mod traffic;
mod wounds;

use chance::Chance;
use ground::Ground;
use producer::Producer;
use proxy::Cut;
use std::time::{Duration, Instant};
use wounds::Wound;

/// The short form.
const RECORDS: u64 = 20_000;
const KILLS: u64 = 5;
const PER_SECOND: u64 = 400;
/// Once the last record is sent, work that waits becomes less within this, until none does; colleagues who hear of each
/// other go on giving the relay a few rows until the last of them has heard.
const SETTLES: Duration = Duration::from_secs(300);
/// What waits to be published.
const UNSENT: &str = "SELECT count(*) FROM outbox WHERE sent_at IS NULL";

pub fn from_environment(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

pub fn any_seed() -> u64 {
    u64::from(std::process::id()) ^ u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap()
}

#[test]
fn nothing_is_lost_doubled_or_reordered_whatever_dies() {
    let seed = from_environment("BATON_FAULTS_SEED", any_seed());
    let records = from_environment("BATON_FAULTS_RECORDS", RECORDS);
    let kills = usize::try_from(from_environment("BATON_FAULTS_KILLS", KILLS)).unwrap();
    let mut chance = Chance::named(seed, "faults");
    let wounds = Wound::plan(kills, &mut chance);
    eprintln!("faults: BATON_FAULTS_SEED={seed}, {records} records, {} faults", wounds.len());
    let started = Instant::now();
    let mut ground = Ground::new();
    let per_second = from_environment("BATON_FAULTS_RATE", PER_SECOND);
    let producer = Producer::start(&ground.installation.brokers, seed, records, per_second);

    // Each fault has a stretch of the records to itself, so that records flow before, during and after it.
    let stretch = records / (u64::try_from(wounds.len()).unwrap() + 1);
    let stretch_time = Duration::from_secs(60) + Duration::from_secs(stretch / per_second);
    let half = usize::try_from(stretch / 2).unwrap();
    let mut checked_live = false;
    for (number, wound) in (0..).zip(&wounds) {
        let from = number * stretch + u64::try_from(chance.below(half.max(1))).unwrap();
        producer.pace.allow((number + 1) * stretch);
        let pace = std::sync::Arc::clone(&producer.pace);
        ground.wait("records flow", stretch_time, |_| pace.sent() > from);
        let at = started.elapsed();
        wound.inflict(&mut ground, &mut chance);
        let before = ground.read().unwrap();
        let resumed = wounds::resumed(&mut ground, before);
        eprintln!(
            "faults: {:>5.1} s, record {from}: {wound:?}, work went on after {resumed:.1?}",
            at.as_secs_f64()
        );
        if *wound == Wound::Postgres && !checked_live {
            // The promises hold at every moment, not only at rest.
            ground.installation.run(&["ledger", "check"]);
            checked_live = true;
        }
    }
    producer.pace.allow(records);
    let told = producer.finish();
    let all = i64::try_from(records).unwrap();
    settle(&mut ground, "records are read", |ground| ground.read().map(|read| all - read));
    settle(&mut ground, "rows are published", |ground| ground.number(UNSENT));
    eprintln!("faults: settled after {:.1} s", started.elapsed().as_secs_f64());
    examine(&mut ground, &told, &wounds);
    eprintln!("faults: done after {:.1} s", started.elapsed().as_secs_f64());
}

/// Waits until nothing is left, as long as it becomes less.
fn settle(ground: &mut Ground, what: &str, left: impl Fn(&Ground) -> Option<i64>) {
    let mut before = i64::MAX;
    while before > 0 {
        ground.wait(what, SETTLES, |ground| left(ground).is_some_and(|left| left < before));
        before = left(ground).unwrap_or(before);
    }
}

/// Everything at rest, looked at while the instances run and when they have stopped.
fn examine(ground: &mut Ground, told: &traffic::Told, wounds: &[Wound]) {
    let report = ground.installation.run(&["ledger", "check", "--settled"]);
    eprintln!("{report}");
    for instance in &mut ground.instances {
        instance.stop();
    }
    ground.installation.run(&["ledger", "check", "--settled"]);
    ground.installation.run(&["audit", "verify"]);
    count::inputs_agree(ground, told);
    let offers = count::handovers_are_unique(ground);
    let inflicted = |wound: Wound| wounds.iter().filter(|it| **it == wound).count();
    let (done, redone) = (wounds::settled(ground, "Done"), wounds::settled(ground, "Redo"));
    let fenced = wounds::fenced(ground);
    eprintln!(
        "faults: {offers} offers, {fenced} times fenced, unknown COMMIT {done} times done and {redone} times not, {} instances ended by themselves",
        ground.ended.len()
    );
    assert!(done >= inflicted(Wound::Commit(Cut::Reply)));
    assert!(redone >= inflicted(Wound::Commit(Cut::Request)));
    assert!(fenced >= inflicted(Wound::Freeze));
    assert_eq!(ground.logged(&["panicked"]), 0, "an instance panicked");
}
