//! From produce to the routed record, at a steady pace far below what the service can take.

use super::installation::Installation;
use super::records;
use super::service::{producer, send, stop};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::Producer;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The pace.
pub const RECORDS_A_SECOND: usize = 200;
/// How long the pace is kept, after the warm-up.
const SECONDS: usize = 20;
/// Seconds whose demo requests are not counted: connections and caches.
pub const WARM_UP_SECONDS: usize = 5;
/// One record in so many is a demo request of somebody new; the rest is the usual mix.
const DEMO_EVERY: usize = 20;

/// Times in milliseconds, sorted.
pub struct Latency(Vec<f64>);

impl Latency {
    /// The percentile, nearest rank.
    pub fn at(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).clamp(1, self.0.len().max(1));
        self.0.get(rank - 1).copied().unwrap_or(f64::NAN)
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// What the pace is kept among.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub seconds: usize,
    /// The first person of this pace: nobody that the installation knows.
    pub from: usize,
    /// How far the installation's clock is ahead of the machine's.
    pub ahead: Duration,
}

pub fn run(installation: &Installation) -> Latency {
    let mut instance = installation.command().arg("serve").spawn().expect("the instance starts");
    // The instance joins its group before the pace begins; what comes earlier falls into the warm-up.
    std::thread::sleep(Duration::from_secs(5));
    let pace = Pace { seconds: SECONDS + WARM_UP_SECONDS, from: 0, ahead: Duration::ZERO };
    let latency = keep(installation, pace, |_| {});
    stop(&mut instance);
    latency
}

/// Keeps the pace beside a running instance and measures; `warm` is called once, when what follows counts.
pub fn keep(installation: &Installation, pace: Pace, warm: impl FnOnce(Instant)) -> Latency {
    let brokers = installation.brokers.clone();
    let demos = RECORDS_A_SECOND * pace.seconds / DEMO_EVERY;
    let reader = std::thread::spawn(move || arrivals(&brokers, demos));
    let producer = producer(&installation.brokers);
    let started = Instant::now();
    let mut warm = Some(warm);
    let mut sent: BTreeMap<String, Instant> = BTreeMap::new();
    for number in 0..RECORDS_A_SECOND * pace.seconds {
        let due = started
            + Duration::from_secs(1) * u32::try_from(number).unwrap()
                / u32::try_from(RECORDS_A_SECOND).unwrap();
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let counts = number >= RECORDS_A_SECOND * WARM_UP_SECONDS;
        if counts && let Some(warm) = warm.take() {
            warm(Instant::now());
        }
        let person = pace.from + number;
        let record = if number % DEMO_EVERY == 0 {
            if counts {
                sent.insert(records::email(person), Instant::now());
            }
            records::form(person, "demo", person)
        } else {
            records::form(pace.from + number % 500 + 1, "newsletter", person)
        };
        send(&producer, &if pace.ahead.is_zero() { record } else { record.happened_in(pace.ahead) });
    }
    producer.flush(Duration::from_secs(10)).unwrap();
    let arrived = reader.join().expect("the reader ends");
    let mut times: Vec<f64> = sent
        .iter()
        .filter_map(|(email, at)| arrived.get(email).map(|then| then.duration_since(*at).as_secs_f64() * 1e3))
        .collect();
    times.sort_by(f64::total_cmp);
    Latency(times)
}

/// When the routed record of each person was read.
fn arrivals(brokers: &str, wanted: usize) -> BTreeMap<String, Instant> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "bench-latency")
        .set("fetch.wait.max.ms", "10")
        .create()
        .expect("a consumer");
    let mut list = TopicPartitionList::new();
    for partition in 0..super::installation::PARTITIONS {
        list.add_partition_offset("handoff.leads.v1", partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let mut arrived = BTreeMap::new();
    let mut quiet = Instant::now();
    while arrived.len() < wanted && quiet.elapsed() < Duration::from_secs(25) {
        let Some(Ok(message)) = consumer.poll(Duration::from_millis(20)) else { continue };
        let data: serde_json::Value =
            message.payload().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        if data["receipt"]["route"].is_object()
            && let Some(email) = data["person"]["email"].as_str()
        {
            quiet = Instant::now();
            arrived.entry(email.to_owned()).or_insert_with(Instant::now);
        }
    }
    arrived
}
