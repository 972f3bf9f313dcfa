//! `make bench`: records a second through the whole path on real Kafka and Postgres, beside its floor from the same run;
//! how long a demo request takes to its routed record; and hard days. It prints figures and asserts none. One part alone:
//! `make bench BENCH_ARGS='-- outage'`.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads its environment and the wall clock")]
#![expect(clippy::print_stdout, reason = "figures are for people")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on may panic")]
#![expect(clippy::cast_precision_loss, reason = "figures are printed to three digits")]

mod backlog;
mod floor;
mod installation;
mod latency;
mod machine;
mod outage;
mod records;
mod routing;
mod service;

use installation::Installation;

/// Records of the throughput run; `BENCH_RECORDS` changes it.
const RECORDS: usize = 100_000;
/// People that the records are about: most records find a lead that is there.
const PEOPLE: usize = 20_000;
/// Records that an instance finds when it comes late; `BENCH_BACKLOG` changes it.
const BACKLOG: usize = 1_000_000;
/// Clocks that are due after an outage; `BENCH_CLOCKS` changes it.
const CLOCKS: usize = 100_000;

fn main() {
    let count = number("BENCH_RECORDS", RECORDS);
    let people = number("BENCH_PEOPLE", PEOPLE);
    // Parts to run, by name; all without one. Cargo adds an option of its own.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let unknown = wanted.iter().find(|word| !PARTS.contains(&word.as_str()));
    assert!(unknown.is_none(), "{unknown:?} is no part of this benchmark; the parts are {PARTS:?}");
    let part = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    machine::print(&runtime);
    if part("path") {
        path(&runtime, people, count);
    }
    if part("idle") {
        let idle = backlog::idle(&runtime.block_on(Installation::new("idle")));
        println!("idle            {idle:>9.1} % of one core, over half a minute");
    }
    if part("backlog") {
        behind(&runtime, people);
    }
    if part("routing") {
        routing(&runtime, people, count);
    }
    if part("outage") {
        outage(&runtime);
    }
    if part("latency") {
        let latency = latency::run(&runtime.block_on(Installation::new("paced")));
        println!(
            "latency         {} from produce to lead.routed.v1 ({} demo requests among {} records a second)",
            percentiles(&latency),
            latency.count(),
            latency::RECORDS_A_SECOND
        );
    }
}

/// The names that can be given to `BENCH_ARGS`.
const PARTS: [&str; 6] = ["path", "idle", "backlog", "routing", "outage", "latency"];

fn percentiles(latency: &latency::Latency) -> String {
    let at = |percent| latency.at(percent);
    format!("p50 {:.0} ms, p90 {:.0} ms, p99 {:.0} ms, worst {:.0} ms", at(50), at(90), at(99), at(100))
}

/// The whole path beside its floor, and what nobody can read.
fn path(runtime: &tokio::runtime::Runtime, people: usize, count: usize) {
    let made = records::make(people, count);
    println!(
        "records         {} forms of {people} people, then {count} signals, clicks, forms and what sales did",
        made.forms.len()
    );
    let run = service::run(&runtime.block_on(Installation::new("service")), &made);
    let floor = runtime.block_on(async { floor::run(&Installation::new("floor").await, &made).await });
    println!(
        "service         {:>9.0} records/s  ({} records in {:.1} s, {} batches)",
        run.rate(),
        run.records,
        run.seconds,
        run.batches
    );
    println!(
        "floor F3        {:>9.0} records/s  (the same rows through the same statements on one connection: no Kafka, no decode, no decide)",
        floor.rate()
    );
    println!("service / F3    {:>9.1} %", 100.0 * run.rate() / floor.rate());
    println!("memory          {:>9.0} MiB resident at most (instance)", run.resident_mib);
    println!("cpu             {:>9.1} µs a record in the instance", run.cpu_micros);
    println!(
        "poison          {:>9.2} good batches is what a batch of 1,000 unreadable records costs ({:.0} ms, {:.0} ms)",
        floor.poison.as_secs_f64() / floor.good.as_secs_f64(),
        1e3 * floor.poison.as_secs_f64(),
        1e3 * floor.good.as_secs_f64()
    );
}

/// Clocks of a whole outage at once, beside what comes in live.
fn outage(runtime: &tokio::runtime::Runtime) {
    let leads = number("BENCH_CLOCKS", CLOCKS);
    let outage = outage::run(runtime, &runtime.block_on(Installation::new("outage")), leads);
    println!(
        "outage          {:>9} clocks due at once, {}; live meanwhile {} ({} demo requests among {} records a second)",
        outage.clocks,
        outage.worked_off.map_or_else(
            || "not worked off while records came in live".to_owned(),
            |time| format!("worked off in {:.1} s", time.as_secs_f64())
        ),
        percentiles(&outage.live),
        outage.live.count(),
        latency::RECORDS_A_SECOND
    );
}

/// One decision, ten thousand leads at once, and what routing costs the reading.
fn routing(runtime: &tokio::runtime::Runtime, people: usize, count: usize) {
    let decided = routing::decide();
    let micros = |time: std::time::Duration| time.as_secs_f64() * 1e6;
    println!(
        "route           {:>9.1} µs a decision over 200 rules and 100 reps (p50 {:.1}, p99 {:.1}; with the pool read anew {:.1})",
        micros(decided.mean),
        micros(decided.p50),
        micros(decided.p99),
        micros(decided.first)
    );
    let bulk = routing::bulk(runtime, &runtime.block_on(Installation::new("bulk")));
    println!(
        "at once         {:>9} offers in {:.1} s from a cold start, {:.1} s from the first to the last; nobody further than {:.2} leads from the share by weights {}",
        bulk.leads, bulk.seconds, bulk.offering_seconds, bulk.off_ideal, bulk.weights
    );
    let share = routing::share(runtime, people, count);
    println!(
        "every tenth     {:>9.1} % of the rate without routing ({:.0} and {:.0} records/s; {} leads in queues at the end)",
        100.0 * share.with / share.without,
        share.with,
        share.without,
        share.left
    );
}

/// An instance that comes late to a million records.
fn behind(runtime: &tokio::runtime::Runtime, people: usize) {
    let behind = runtime.block_on(Installation::new("backlog"));
    let backlog = backlog::run(&behind, people, number("BENCH_BACKLOG", BACKLOG));
    println!(
        "backlog         {:>9} records: first commit {:.1} s after the start, {:.1} s after kill -9 (a member with a group.instance.id); {:.0} MiB resident at most",
        backlog.records,
        backlog.first.as_secs_f64(),
        backlog.again.as_secs_f64(),
        backlog.resident_mib
    );
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
