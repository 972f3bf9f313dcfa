//! What is counted and measured. Labels are topics, partitions, pools and codes; never a lead, an offset or a rule's text.

use super::semantic;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram};
use std::sync::LazyLock;
use std::time::Duration;

/// Upper bounds in seconds: a batch takes 2 to 25 ms, an ill one seconds.
const DURATION_BOUNDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0];

struct Instruments {
    records: Counter<u64>,
    batches: Histogram<f64>,
    sent: Counter<u64>,
    lag: Gauge<i64>,
    outbox_age: Gauge<f64>,
    queue_age: Gauge<f64>,
    queue_leads: Gauge<u64>,
    clocks: Counter<u64>,
    fence_misses: Counter<u64>,
    rebalances: Counter<u64>,
    held: Gauge<u64>,
    deliveries: Counter<u64>,
    orphans: Gauge<u64>,
    silent: Gauge<u64>,
}

/// Made at first use, which is after [`super::start`] has set the provider.
static INSTRUMENTS: LazyLock<Instruments> = LazyLock::new(|| {
    let meter = opentelemetry::global::meter(semantic::SCOPE);
    Instruments {
        records: meter
            .u64_counter(semantic::RECORDS)
            .with_description("records read, by topic and outcome")
            .build(),
        batches: meter
            .f64_histogram(semantic::PROCESS_DURATION)
            .with_unit("s")
            .with_description("one batch, from its first record to the commit")
            .with_boundaries(DURATION_BOUNDS.to_vec())
            .build(),
        sent: meter.u64_counter(semantic::SENT).with_description("records sent, by topic").build(),
        lag: meter.i64_gauge(semantic::LAG).with_description("records to the end of a partition").build(),
        outbox_age: meter
            .f64_gauge(semantic::OUTBOX_AGE)
            .with_unit("s")
            .with_description("age of the oldest row to be published")
            .build(),
        queue_age: meter
            .f64_gauge(semantic::QUEUE_AGE)
            .with_unit("s")
            .with_description("age of the oldest lead in a pool's queue")
            .build(),
        queue_leads: meter
            .u64_gauge(semantic::QUEUE_LEADS)
            .with_description("leads in a pool's queue")
            .build(),
        clocks: meter.u64_counter(semantic::CLOCKS_FIRED).with_description("clocks passed").build(),
        fence_misses: meter
            .u64_counter(semantic::FENCE_MISSES)
            .with_description("batches rolled back because somebody else owned the partition")
            .build(),
        rebalances: meter.u64_counter(semantic::REBALANCES).with_description("rebalances, by change").build(),
        deliveries: meter
            .u64_counter(semantic::DELIVERIES)
            .with_description("attempts to tell webhooks, chats and mailboxes, by channel and outcome")
            .build(),
        held: meter.u64_gauge(semantic::HELD_ROWS).with_description("rows that can never be sent").build(),
        orphans: meter
            .u64_gauge(semantic::ORPHANS)
            .with_description("open leads without somebody who acts or a clock that runs")
            .build(),
        silent: meter
            .u64_gauge(semantic::SILENT_SOURCES)
            .with_description("topics, sources, forms and kinds quiet against their habit")
            .build(),
    }
});

/// Records of a topic that came to an outcome.
pub fn records(topic: &str, outcome: &'static str, count: u64) {
    let labels =
        [KeyValue::new(semantic::TOPIC, topic.to_owned()), KeyValue::new(semantic::OUTCOME, outcome)];
    INSTRUMENTS.records.add(count, &labels);
}

/// One batch, committed.
pub fn batch(took: Duration) {
    INSTRUMENTS.batches.record(took.as_secs_f64(), &[]);
}

/// Records sent to a topic.
pub fn sent(topic: &'static str, count: u64) {
    INSTRUMENTS.sent.add(count, &[KeyValue::new(semantic::TOPIC, topic)]);
}

/// How far a position is behind the end of its partition.
pub fn lag(topic: &str, partition: i32, records: i64) {
    let labels = [
        KeyValue::new(semantic::TOPIC, topic.to_owned()),
        KeyValue::new(semantic::PARTITION, partition.to_string()),
    ];
    INSTRUMENTS.lag.record(records, &labels);
}

/// Age of the oldest row that waits to be published; zero when none does.
pub fn outbox_age(age: Duration) {
    INSTRUMENTS.outbox_age.record(age.as_secs_f64(), &[]);
}

/// A pool's queue.
pub fn queue(pool: &str, leads: u64, oldest: Duration) {
    let labels = [KeyValue::new(semantic::POOL, pool.to_owned())];
    INSTRUMENTS.queue_leads.record(leads, &labels);
    INSTRUMENTS.queue_age.record(oldest.as_secs_f64(), &labels);
}

/// Clocks passed.
pub fn clocks_fired(count: u64) {
    INSTRUMENTS.clocks.add(count, &[]);
}

/// A batch that somebody else's epoch turned away.
pub fn fence_miss() {
    INSTRUMENTS.fence_misses.add(1, &[]);
}

/// A rebalance: `assign`, `revoke` or `lost`.
pub fn rebalance(change: &'static str) {
    INSTRUMENTS.rebalances.add(1, &[KeyValue::new(semantic::CHANGE, change)]);
}

/// Rows that can never be sent, of all shards of this instance.
pub fn held(rows: u64) {
    INSTRUMENTS.held.record(rows, &[]);
}

/// An attempt to tell somebody: `done`, `again`, `failed`, `dropped`.
pub fn delivery(channel: &'static str, outcome: &'static str) {
    let labels = [KeyValue::new(semantic::CHANNEL, channel), KeyValue::new(semantic::OUTCOME, outcome)];
    INSTRUMENTS.deliveries.add(1, &labels);
}

/// Open leads that nobody answers for.
pub fn orphans(leads: u64) {
    INSTRUMENTS.orphans.record(leads, &[]);
}

/// Sources that have gone quiet against their habit.
pub fn silent_sources(sources: u64) {
    INSTRUMENTS.silent.record(sources, &[]);
}
