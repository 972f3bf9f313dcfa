//! Clients of librdkafka with the settings that our promises rest on. It never reads the environment.

use crate::settings::Settings;
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

/// How often librdkafka tells its fetch positions.
const STATISTICS_MILLISECONDS: &str = "500";
/// Prefetch of one partition, in kB and records: what a lane works off in a few batches.
const PREFETCH_KILOBYTES: &str = "4096";
const PREFETCH_RECORDS: &str = "5000";
/// How long the broker holds an answer that has no records yet, unless [kafka.client] says otherwise.
pub const FETCH_WAIT: &str = "fetch.wait.max.ms";
const FETCH_WAIT_MILLISECONDS: &str = "100";
/// How soon a member sees partitions that were added, unless [kafka.client] says otherwise: the client's own five minutes
/// are longer than growing may take.
const METADATA_REFRESH: &str = "topic.metadata.refresh.interval.ms";
const METADATA_REFRESH_MILLISECONDS: &str = "10000";

/// A client with brokers and the pass-through map; everything else is the caller's.
#[must_use]
pub fn base(settings: &Settings) -> ClientConfig {
    let mut config = ClientConfig::new();
    for (key, value) in &settings.kafka.client {
        config.set(key, value.expose());
    }
    config.set("bootstrap.servers", &settings.kafka.brokers);
    config.set("client.id", format!("baton-{}", std::process::id()));
    config.set_log_level(RDKafkaLogLevel::Warning);
    config
}

/// The consumer of the group.
#[must_use]
pub fn consumer(settings: &Settings) -> ClientConfig {
    let mut config = base(settings);
    let session_timeout = settings.kafka.session_timeout_milliseconds;
    config
        .set("group.id", &settings.kafka.group)
        .set("group.protocol", "classic")
        .set("partition.assignment.strategy", "range")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("isolation.level", "read_committed")
        .set("session.timeout.ms", session_timeout.to_string())
        .set("heartbeat.interval.ms", (session_timeout / 5).to_string())
        .set("statistics.interval.ms", STATISTICS_MILLISECONDS)
        .set("queued.max.messages.kbytes", PREFETCH_KILOBYTES)
        .set("queued.min.messages", PREFETCH_RECORDS)
        .set("fetch.queue.backoff.ms", "10");
    // Those that change no promise: who waits for each record, as the demo does, wants them shorter.
    for (key, value) in
        [(FETCH_WAIT, FETCH_WAIT_MILLISECONDS), (METADATA_REFRESH, METADATA_REFRESH_MILLISECONDS)]
    {
        if !settings.kafka.client.contains_key(key) {
            config.set(key, value);
        }
    }
    config
}

/// A client that only asks: ends of partitions and how many there are. It belongs to no group.
#[must_use]
pub fn asking(settings: &Settings) -> ClientConfig {
    let mut config = base(settings);
    config
        .set("group.id", &settings.kafka.group)
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false");
    config
}

/// The idempotent producer; `transactional` names the fence on the broker.
#[must_use]
pub fn producer(settings: &Settings, transactional: Option<&str>) -> ClientConfig {
    let mut config = base(settings);
    let timeout = settings.relay.delivery_timeout_milliseconds;
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("partitioner", "murmur2_random")
        .set("compression.codec", "lz4")
        .set("linger.ms", settings.relay.linger_milliseconds.to_string())
        .set("delivery.timeout.ms", timeout.to_string());
    if let Some(id) = transactional {
        config.set("transactional.id", id).set("transaction.timeout.ms", timeout.to_string());
    }
    config
}

/// Writes what librdkafka says as one of our lines.
pub fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error => {
            tracing::warn!(kafka.facility = facility, kafka.message = message, "kafka client");
        }
        RDKafkaLogLevel::Warning
        | RDKafkaLogLevel::Notice
        | RDKafkaLogLevel::Info
        | RDKafkaLogLevel::Debug => {
            tracing::debug!(kafka.facility = facility, kafka.message = message, "kafka client");
        }
    }
}

/// A context without callbacks whose lines are ours.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl rdkafka::ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: rdkafka::error::KafkaError, reason: &str) {
        tracing::debug!(error = %error, kafka.message = reason, "kafka client");
    }
}

impl rdkafka::consumer::ConsumerContext for Quiet {}
