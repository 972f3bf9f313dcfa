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

/// The producer of events, whose records go out as a whole or up to a point, never with a hole.
///
/// Records of one round are enqueued one after the other, and each would expire by itself: the first of a lead might, and
/// the next go out when the broker is back. So none expires; the relay counts a round's time and purges what is left.
#[must_use]
pub fn gapless_producer(settings: &Settings) -> ClientConfig {
    let mut config = producer(settings, None);
    // A gap in a lead's records is a fatal error of the producer, which is then made anew; expiry is not covered by it.
    config.set("enable.gapless.guarantee", "true").set("delivery.timeout.ms", "0");
    config
}

/// Ends a client that is done beside the runtime: ending waits for the client's threads. For callers on the runtime.
pub fn let_go<C: Send + 'static>(client: C) {
    drop(tokio::task::spawn_blocking(move || drop(client)));
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

/// A context for one question, whose failure whoever asked tells in one line: what librdkafka says beside it would bury it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl rdkafka::ClientContext for Silent {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(RDKafkaLogLevel::Debug, facility, message);
    }

    fn error(&self, error: rdkafka::error::KafkaError, reason: &str) {
        Quiet.error(error, reason);
    }
}

impl rdkafka::consumer::ConsumerContext for Silent {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Flags;
    use rdkafka::error::RDKafkaErrorCode;
    use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _, PurgeConfig};
    use std::time::Duration;

    #[tokio::test]
    async fn no_record_of_the_gapless_producer_expires_by_itself() {
        let flags = Flags {
            values: vec![
                // Nobody listens on the first port, so nothing can go out.
                "kafka.brokers=127.0.0.1:1".to_owned(),
                "relay.delivery_timeout_milliseconds=1000".to_owned(),
            ],
            ..Flags::default()
        };
        let settings = Settings::from_layers(&flags, std::iter::empty()).unwrap();
        let producer: FutureProducer<Quiet> = gapless_producer(&settings).create_with_context(Quiet).unwrap();
        let record = || FutureRecord::to("handoff.leads.v1").key("lead").payload("{}");
        let first = producer.send_result(record()).unwrap();
        // Longer than each record would live, were it given a time of its own.
        let waited = tokio::time::timeout(Duration::from_millis(2_500), first).await;
        assert!(waited.is_err(), "it expired, and what was enqueued after it would go out alone: {waited:?}");
        let second = producer.send_result(record()).unwrap();
        producer.purge(PurgeConfig::default().queue().inflight());
        let (error, _) = second.await.unwrap().unwrap_err();
        assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::PurgeQueue));
    }
}
