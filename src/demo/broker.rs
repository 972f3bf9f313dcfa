//! An in-process Kafka broker for the demo: librdkafka's own, which speaks the real protocol on a loopback port. It never
//! keeps more than 5 MiB or 100,000 records of a partition (older ones go silently), so it is not for load or durability.

use crate::broker::topics;
use rdkafka::error::KafkaError;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

/// Partitions of every topic: as many as the service has lanes by default, so that both work.
pub const PARTITIONS: i32 = 2;

/// A broker that lives as long as this value.
pub struct Broker {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Broker {
    /// Starts a broker with every topic of the contract.
    ///
    /// # Errors
    /// No loopback port, or a topic is refused.
    pub fn start() -> Result<Self, KafkaError> {
        let cluster = MockCluster::new(1)?;
        // Its own call: the broker does not answer CreateTopics.
        for topic in topics::INPUT.into_iter().chain(topics::OUTPUT) {
            cluster.create_topic(topic, PARTITIONS, 1)?;
        }
        Ok(Self { cluster })
    }

    /// Where other clients reach it while it lives.
    #[must_use]
    pub fn address(&self) -> String {
        self.cluster.bootstrap_servers()
    }
}
