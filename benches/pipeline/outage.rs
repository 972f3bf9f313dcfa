//! A hundred thousand clocks that came due while nothing ran: how long they take, and what records that come in live wait
//! meanwhile. It prints figures and asserts none.

use super::installation::Installation;
use super::latency::{Latency, Pace, WARM_UP_SECONDS, keep};
use super::records;
use super::service::{producer, send, stop, until_read};
use rdkafka::producer::Producer as _;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Half a year and three days later every captured lead's review is due.
const AHEAD: Duration = Duration::from_secs(183 * 86_400);
/// How long live records come in while clocks are worked off: longer than the aim.
const LIVE_SECONDS: usize = 70;
/// Longest that the clocks may take.
const WORKED_OFF_MAX: Duration = Duration::from_secs(600);
/// How often the installation's clock moves on.
const STEP: Duration = Duration::from_millis(200);
const RESTING: &str = "SELECT count(*) FROM lead WHERE stage = 9";
/// Read off the front of an index: a count would take a core from what is measured.
const IS_LEFT: &str = "SELECT count(*) FROM (SELECT FROM lead WHERE next_due_at <= coalesce((SELECT now FROM clock), 0) LIMIT 1) AS due";
/// How often it is asked whether all is worked off.
const LOOK: Duration = Duration::from_secs(1);

/// What became of the clocks, and of what came in meanwhile.
pub struct Outage {
    pub clocks: i64,
    /// `None`: not all of them while live records came in.
    pub worked_off: Option<Duration>,
    pub live: Latency,
}

/// So many leads are captured; then their reviews come due at one moment, which moves on as the machine's clock does.
pub fn run(runtime: &tokio::runtime::Runtime, installation: &Installation, leads: usize) -> Outage {
    let producer = producer(&installation.brokers);
    // Nobody has a colleague: what those would hear is no clock.
    let person = |number: usize| number * records::COLLEAGUES;
    for number in 0..leads {
        send(&producer, &records::form(person(number), "newsletter", number));
    }
    producer.flush(Duration::from_secs(120)).expect("everything is produced");
    let mut instance = installation.command().arg("serve").spawn().expect("the instance starts");
    let mut watch = runtime.block_on(PgConnection::connect(&installation.url)).expect("Postgres answers");
    until_read(runtime, &mut watch, leads);
    while number(runtime, &mut watch, "SELECT count(*) FROM outbox WHERE sent_at IS NULL") > 0 {
        std::thread::sleep(STEP);
    }
    let later = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint + ";
    let later = format!("{later}{}", AHEAD.as_micros());
    let set = |watch: &mut PgConnection| {
        let statement = format!(
            "INSERT INTO clock (now) VALUES ({later}) ON CONFLICT (only_row) DO UPDATE SET now = excluded.now"
        );
        runtime.block_on(sqlx::query(AssertSqlSafe(statement)).execute(watch)).expect("the clock is set");
    };
    let due = format!("SELECT count(*) FROM lead WHERE next_due_at <= {later}");
    let clocks: i64 = runtime
        .block_on(sqlx::query_scalar(AssertSqlSafe(due)).fetch_one(&mut watch))
        .expect("due clocks are counted");
    let (warm, warmed) = mpsc::channel();
    let (live, worked_off) = std::thread::scope(|scope| {
        // What is stamped half a year ahead comes in before the clock is there, too: the warm-up, not counted.
        let pace = Pace { seconds: WARM_UP_SECONDS + LIVE_SECONDS, from: person(leads), ahead: AHEAD };
        let live = scope.spawn(move || {
            keep(installation, pace, move |at| warm.send(at).expect("somebody waits for the warm-up's end"))
        });
        let started: Instant = warmed.recv().expect("the warm-up ends");
        let mut worked_off = None;
        let mut looked = Instant::now();
        while !live.is_finished() {
            set(&mut watch);
            if worked_off.is_none() && looked.elapsed() >= LOOK {
                looked = Instant::now();
                // A captured lead whose review is due rests from then on.
                let is_over = number(runtime, &mut watch, IS_LEFT) == 0
                    && number(runtime, &mut watch, RESTING) >= clocks;
                worked_off = is_over.then(|| started.elapsed());
            }
            assert!(started.elapsed() < WORKED_OFF_MAX, "clocks are still due after {WORKED_OFF_MAX:?}");
            std::thread::sleep(STEP);
        }
        (live.join().expect("the pace is kept"), worked_off)
    });
    stop(&mut instance);
    if worked_off.is_none() {
        let resting = number(runtime, &mut watch, RESTING);
        println!("                ({resting} clocks had been worked off when the live records ended)");
    }
    Outage { clocks, worked_off, live }
}

fn number(runtime: &tokio::runtime::Runtime, watch: &mut PgConnection, query: &'static str) -> i64 {
    runtime.block_on(sqlx::query_scalar(query).fetch_one(watch)).expect("the number is read")
}
