//! The whole path: everything produced to Kafka, then one instance reads it all. Times come from the ledger's own rows.

use super::installation::Installation;
use super::records::{Made, Record};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use sqlx::{Connection, PgConnection};
use std::process::Child;
use std::time::{Duration, Instant};

/// Longest that a run may take.
const RUN_MAX: Duration = Duration::from_secs(600);
/// Ticks of `/proc/<pid>/stat` in a second on Linux.
const TICKS_A_SECOND: f64 = 100.0;

/// What one run came to.
pub struct Run {
    pub records: usize,
    pub seconds: f64,
    pub batches: i64,
    pub resident_mib: f64,
    pub cpu_micros: f64,
}

impl Run {
    pub fn rate(&self) -> f64 {
        self.records as f64 / self.seconds
    }
}

/// A producer that keeps the order of what it is given.
pub fn producer(brokers: &str) -> ThreadedProducer<rdkafka::producer::DefaultProducerContext> {
    ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("enable.idempotence", "true")
        .set("linger.ms", "1")
        .set("queue.buffering.max.messages", "1000000")
        .create()
        .expect("a producer")
}

pub fn send(producer: &ThreadedProducer<rdkafka::producer::DefaultProducerContext>, record: &Record) {
    let headers = record.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
        headers.insert(Header { key, value: Some(value) })
    });
    let out = BaseRecord::to(record.topic)
        .partition(record.partition)
        .key(record.key.as_bytes())
        .payload(&record.value)
        .headers(headers);
    producer.send(out).map_err(|(error, _)| error).expect("the record is queued");
}

/// Reads the forms first, then the mix, and measures the mix.
pub fn run(installation: &Installation, made: &Made) -> Run {
    let producer = producer(&installation.brokers);
    for record in &made.forms {
        send(&producer, record);
    }
    producer.flush(Duration::from_secs(60)).unwrap();
    let mut instance = installation.command().arg("serve").spawn().expect("the instance starts");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut watch = runtime.block_on(PgConnection::connect(&installation.url)).unwrap();
    until_read(&runtime, &mut watch, made.forms.len());
    for record in &made.mix {
        send(&producer, record);
    }
    let cpu_before = cpu_seconds(&instance);
    producer.flush(Duration::from_secs(120)).unwrap();
    until_read(&runtime, &mut watch, made.forms.len() + made.mix.len());
    let cpu = cpu_seconds(&instance) - cpu_before;
    let resident_mib = resident_mib(&instance);
    let (seconds, batches, first): (f64, i64, i64) = runtime
        .block_on(
            sqlx::query_as(
                "WITH mix AS (SELECT * FROM ledger WHERE at > (SELECT min(at) FROM ledger l WHERE \
                   (SELECT sum(read) FROM ledger e WHERE e.at <= l.at) >= $1)) \
                 SELECT (max(at) - min(at))::float8 / 1e6, count(*), \
                   (SELECT sum(read) FROM mix m WHERE m.at = (SELECT min(at) FROM mix))::bigint FROM mix",
            )
            .bind(i64::try_from(made.forms.len()).unwrap())
            .fetch_one(&mut watch),
        )
        .unwrap();
    stop(&mut instance);
    Run {
        records: made.mix.len() - usize::try_from(first).unwrap_or(0),
        seconds,
        batches,
        resident_mib,
        cpu_micros: cpu * 1e6 / made.mix.len() as f64,
    }
}

/// Waits until the ledger has read so many records.
pub fn until_read(runtime: &tokio::runtime::Runtime, watch: &mut PgConnection, wanted: usize) {
    let started = Instant::now();
    loop {
        let read: i64 = runtime
            .block_on(
                sqlx::query_scalar("SELECT coalesce(sum(read), 0)::bigint FROM ledger")
                    .fetch_one(&mut *watch),
            )
            .unwrap();
        if usize::try_from(read).unwrap_or(0) >= wanted {
            return;
        }
        assert!(started.elapsed() < RUN_MAX, "read {read} of {wanted} records in {RUN_MAX:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

pub fn stop(instance: &mut Child) {
    let _sent = std::process::Command::new("kill").arg(instance.id().to_string()).status();
    let _ended = instance.wait();
}

pub fn resident_mib(instance: &Child) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{}/status", instance.id())).unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok())
        .unwrap_or(0.0)
        / 1024.0
}

pub fn cpu_seconds(instance: &Child) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{}/stat", instance.id())).unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or_default();
    let ticks: f64 =
        after.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / TICKS_A_SECOND
}
