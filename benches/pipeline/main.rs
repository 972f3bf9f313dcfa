//! `make bench`: records a second through the whole path on real Kafka and Postgres, beside its floor from the same run;
//! and how long a demo request takes to its routed record. It prints figures and asserts none.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads its environment and the wall clock")]
#![expect(clippy::print_stdout, reason = "figures are for people")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on may panic")]
#![expect(clippy::cast_precision_loss, reason = "figures are printed to three digits")]

mod backlog;
mod floor;
mod installation;
mod latency;
mod machine;
mod records;
mod service;

use installation::Installation;

/// Records of the throughput run; `BENCH_RECORDS` changes it.
const RECORDS: usize = 100_000;
/// People that the records are about: most records find a lead that is there.
const PEOPLE: usize = 20_000;
/// Records that an instance finds when it comes late; `BENCH_BACKLOG` changes it.
const BACKLOG: usize = 1_000_000;

fn main() {
    let count = number("BENCH_RECORDS", RECORDS);
    let people = number("BENCH_PEOPLE", PEOPLE);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    machine::print(&runtime);
    let made = records::make(people, count);
    println!(
        "records         {} forms of {people} people, then {count} signals, clicks and forms",
        made.forms.len()
    );

    let service = runtime.block_on(Installation::new("service"));
    let run = service::run(&service, &made);
    let floor = runtime.block_on(async {
        let installation = Installation::new("floor").await;
        floor::run(&installation, &made).await
    });
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
    hard_days(&runtime, people);

    let paced = runtime.block_on(Installation::new("paced"));
    let latency = latency::run(&paced);
    println!(
        "latency         p50 {:.0} ms, p90 {:.0} ms, p99 {:.0} ms, worst {:.0} ms from produce to lead.routed.v1 ({} demo requests among {} records a second)",
        latency.at(50),
        latency.at(90),
        latency.at(99),
        latency.at(100),
        latency.count(),
        latency::RECORDS_A_SECOND
    );
}

/// The instance at rest, behind, and in front of what nobody can read.
fn hard_days(runtime: &tokio::runtime::Runtime, people: usize) {
    let idle = backlog::idle(&runtime.block_on(Installation::new("idle")));
    println!("idle            {idle:>9.1} % of one core, over half a minute");
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
