//! The one file with names of the semantic conventions and of our own metrics. Never records anything itself.
//!
//! Messaging conventions are still in development: a rename ends here. `tracing` wants field names as literals, so the
//! spans that carry them are made here too.

use tracing::Span;

/// The instrumentation scope.
pub const SCOPE: &str = "baton";

/// Records read from Kafka; labels `messaging.destination.name`, `outcome`.
pub const RECORDS: &str = "baton.records";
/// Seconds that one batch took from its first record to the commit.
pub const PROCESS_DURATION: &str = opentelemetry_semantic_conventions::metric::MESSAGING_PROCESS_DURATION;
/// Records sent; labels `messaging.destination.name`.
pub const SENT: &str = opentelemetry_semantic_conventions::metric::MESSAGING_CLIENT_SENT_MESSAGES;
/// Records between a position and the end of its partition.
pub const LAG: &str = "baton.lag";
/// Age of the oldest row that waits to be published.
pub const OUTBOX_AGE: &str = "baton.outbox.age";
/// Age of the oldest lead in a pool's queue; label `pool`.
pub const QUEUE_AGE: &str = "baton.queue.age";
/// Leads in a pool's queue; label `pool`.
pub const QUEUE_LEADS: &str = "baton.queue.leads";
/// Clocks that were passed.
pub const CLOCKS_FIRED: &str = "baton.clocks.fired";
/// Fence misses: somebody else owned a partition.
pub const FENCE_MISSES: &str = "baton.fence.misses";
/// Rebalances; label `change`.
pub const REBALANCES: &str = "baton.rebalances";
/// Open leads that nobody answers for; the target is 0.
pub const ORPHANS: &str = "baton.orphans";
/// Topics, sources, forms and kinds that have gone quiet against their habit.
pub const SILENT_SOURCES: &str = "baton.sources.silent";
/// Rows that can never be sent.
pub const HELD_ROWS: &str = "baton.outbox.held";
/// Attempts to tell an endpoint; labels `channel`, `outcome`.
pub const DELIVERIES: &str = "baton.deliveries";

/// Label: topic.
pub const TOPIC: &str = opentelemetry_semantic_conventions::attribute::MESSAGING_DESTINATION_NAME;
/// Label: partition, a string by convention.
pub const PARTITION: &str = opentelemetry_semantic_conventions::attribute::MESSAGING_DESTINATION_PARTITION_ID;
/// Label: what became of a record.
pub const OUTCOME: &str = "outcome";
/// Label: a pool of the team.
pub const POOL: &str = "pool";
/// Label: `webhook`, `slack`, `email`.
pub const CHANNEL: &str = "channel";
/// Label: `assign`, `revoke`, `lost`.
pub const CHANGE: &str = "change";

/// The span of one batch of a lane; records are linked, not parents: a batch has many.
#[must_use]
pub fn batch_span(lane: usize, records: usize, topic: &str) -> Span {
    tracing::info_span!(
        "process",
        otel.name = format!("process {topic}"),
        otel.kind = "consumer",
        otel.status_code = tracing::field::Empty,
        messaging.system = "kafka",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = topic,
        messaging.batch.message_count = records,
        lane
    )
}

/// The span of one round of a relay shard.
#[must_use]
pub fn send_span(shard: i16, records: usize) -> Span {
    tracing::info_span!(
        "send",
        otel.name = "send handoff",
        otel.kind = "producer",
        messaging.system = "kafka",
        messaging.operation.name = "send",
        messaging.operation.type = "send",
        messaging.batch.message_count = records,
        shard
    )
}

/// The span of one transaction of the router or the sweeper.
#[must_use]
pub fn turn_span(loop_name: &'static str, leads: usize) -> Span {
    tracing::info_span!("turn", otel.name = loop_name, otel.kind = "internal", leads)
}
