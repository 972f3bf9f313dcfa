//! Sends the traffic at a pace, with a producer that neither loses nor repeats, and counts what the broker acknowledged.

use super::traffic::{Told, Traffic};
use rdkafka::client::ClientContext;
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::{ClientConfig, error::KafkaError, types::RDKafkaErrorCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A pause while the sender may not go on, or its queue is full.
const PAUSE: Duration = Duration::from_millis(5);
/// While the sender may not go on, one record at such a time keeps work coming: a fault needs something to hit.
const TRICKLE: Duration = Duration::from_millis(250);
/// After a wait the pace goes on from now; it is not made up for at once.
const BEHIND_MAX: Duration = Duration::from_secs(1);
/// The broker may be away for a while, and every record must arrive in the end.
const DELIVERY_MILLISECONDS: &str = "600000";

/// How far the sending is.
#[derive(Debug, Default)]
pub struct Pace {
    /// Records that may be sent at the full pace by now.
    allowed: AtomicU64,
    sent: AtomicU64,
    delivered: AtomicU64,
    failed: AtomicU64,
}

impl Pace {
    pub fn allow(&self, records: u64) {
        self.allowed.fetch_max(records, Ordering::Relaxed);
    }

    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

struct Counting(Arc<Pace>);

impl ClientContext for Counting {}

impl ProducerContext for Counting {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let count = if result.is_ok() { &self.0.delivered } else { &self.0.failed };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// The sending thread.
pub struct Producer {
    pub pace: Arc<Pace>,
    thread: JoinHandle<Told>,
}

impl Producer {
    /// Starts sending so many records, so many a second at most while they are allowed.
    pub fn start(brokers: &str, seed: u64, records: u64, per_second: u64) -> Self {
        let pace = Arc::new(Pace::default());
        let producer: ThreadedProducer<Counting> = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("partitioner", "murmur2_random")
            .set("delivery.timeout.ms", DELIVERY_MILLISECONDS)
            .set_log_level(rdkafka::config::RDKafkaLogLevel::Critical)
            .create_with_context(Counting(Arc::clone(&pace)))
            .unwrap();
        let shared = Arc::clone(&pace);
        let thread = std::thread::spawn(move || send(&producer, &shared, seed, records, per_second));
        Self { pace, thread }
    }

    /// Waits until everything was sent and acknowledged.
    pub fn finish(self) -> Told {
        let told = self.thread.join().unwrap();
        assert_eq!(self.pace.failed.load(Ordering::Relaxed), 0, "records that the broker never took");
        assert_eq!(self.pace.delivered.load(Ordering::Relaxed), told.records);
        told
    }
}

fn send(
    producer: &ThreadedProducer<Counting>,
    pace: &Pace,
    seed: u64,
    records: u64,
    per_second: u64,
) -> Told {
    let mut traffic = Traffic::new(seed);
    let step = Duration::from_secs(1) / u32::try_from(per_second).unwrap();
    let mut due = Instant::now();
    for number in 0..records {
        let from = Instant::now();
        while pace.allowed.load(Ordering::Relaxed) <= number && from.elapsed() < TRICKLE {
            std::thread::sleep(PAUSE);
        }
        due += step;
        let now = Instant::now();
        if due + BEHIND_MAX < now {
            due = now;
        }
        std::thread::sleep(due.saturating_duration_since(now));
        let drawn = traffic.draw();
        let headers = drawn.headers.iter().fold(OwnedHeaders::new(), |headers, (name, value)| {
            headers.insert(Header { key: name, value: Some(value) })
        });
        let mut record = BaseRecord::to(drawn.topic).key(&drawn.key).payload(&drawn.value).headers(headers);
        while let Err((error, again)) = producer.send(record) {
            let full = matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
            assert!(full, "the producer gave up: {error}");
            std::thread::sleep(PAUSE);
            record = again;
        }
        pace.sent.store(number + 1, Ordering::Relaxed);
    }
    producer.flush(Duration::from_secs(300)).unwrap();
    traffic.told
}
