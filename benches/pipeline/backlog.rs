//! An instance that has nothing to do, and one that finds a backlog: its memory, and how soon it works again after a kill.

use super::installation::Installation;
use super::records;
use super::service::{cpu_seconds, producer, resident_mib, send, stop};
use rdkafka::producer::Producer as _;
use sqlx::{Connection, PgConnection};
use std::process::Child;
use std::time::{Duration, Instant};

/// How long an idle instance is watched, after it has settled.
const WATCHED: Duration = Duration::from_secs(30);
const SETTLING: Duration = Duration::from_secs(10);
/// How long the instance works at the backlog before it is killed, and after.
const WORKING: Duration = Duration::from_secs(20);
/// Longest that a first commit may take.
const FIRST_MAX: Duration = Duration::from_secs(120);

/// What an instance does with a backlog.
pub struct Backlog {
    pub records: usize,
    /// From the process's start to the first commit, and the same after `kill -9`.
    pub first: Duration,
    pub again: Duration,
    pub resident_mib: f64,
}

/// Share of one core that an instance without work takes, in percent.
pub fn idle(installation: &Installation) -> f64 {
    let mut instance = serve(installation);
    std::thread::sleep(SETTLING);
    let before = cpu_seconds(&instance);
    std::thread::sleep(WATCHED);
    let share = 100.0 * (cpu_seconds(&instance) - before) / WATCHED.as_secs_f64();
    stop(&mut instance);
    share
}

/// Produces everything first, then starts, kills and starts again.
pub fn run(installation: &Installation, people: usize, count: usize) -> Backlog {
    let made = records::make(people, count.saturating_sub(people));
    let producer = producer(&installation.brokers);
    for record in made.forms.iter().chain(&made.mix) {
        send(&producer, record);
    }
    producer.flush(Duration::from_secs(600)).expect("everything is produced");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut watch = runtime.block_on(PgConnection::connect(&installation.url)).expect("Postgres answers");
    let (mut instance, first) = first_commit(&runtime, &mut watch, installation);
    std::thread::sleep(WORKING);
    instance.kill().expect("it can be killed");
    let _ended = instance.wait();
    let (mut instance, again) = first_commit(&runtime, &mut watch, installation);
    std::thread::sleep(WORKING);
    let resident_mib = resident_mib(&instance);
    let read = committed(&runtime, &mut watch);
    let records = made.forms.len() + made.mix.len();
    println!(
        "                (of the backlog {read} records were read when the figures were taken)",
        read = read.1
    );
    stop(&mut instance);
    Backlog { records, first, again, resident_mib }
}

fn serve(installation: &Installation) -> Child {
    installation.command().arg("serve").spawn().expect("the instance starts")
}

/// Starts an instance and waits for its first batch.
fn first_commit(
    runtime: &tokio::runtime::Runtime,
    watch: &mut PgConnection,
    installation: &Installation,
) -> (Child, Duration) {
    let (before, _) = committed(runtime, watch);
    let started = Instant::now();
    let instance = serve(installation);
    while committed(runtime, watch).0 == before {
        assert!(started.elapsed() < FIRST_MAX, "no batch within {FIRST_MAX:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
    (instance, started.elapsed())
}

/// Batches and records in the ledger.
fn committed(runtime: &tokio::runtime::Runtime, watch: &mut PgConnection) -> (i64, i64) {
    runtime
        .block_on(
            sqlx::query_as("SELECT coalesce(max(id), 0), coalesce(sum(read), 0)::bigint FROM ledger")
                .fetch_one(watch),
        )
        .expect("the ledger can be read")
}
