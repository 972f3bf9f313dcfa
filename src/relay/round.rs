//! Sending events: all of a round enqueued, then all reports awaited. It never waits record by record.

use super::filling::{self, Outgoing};
use super::{Relay, RelayError};
use crate::broker::client;
use crate::domain::ids::LeadId;
use crate::store::outbox::Unsent;
use crate::telemetry::metrics;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, FutureRecord};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a record can never be sent as it is, whatever the producer.
pub(super) fn is_hopeless(error: &KafkaError) -> bool {
    matches!(
        error,
        KafkaError::MessageProduction(
            RDKafkaErrorCode::MessageSizeTooLarge
                | RDKafkaErrorCode::InvalidMessage
                | RDKafkaErrorCode::InvalidMessageSize
                | RDKafkaErrorCode::InvalidRecord
        )
    )
}

impl Relay {
    fn events(&mut self) -> Result<FutureProducer<client::Quiet>, RelayError> {
        if let Some(producer) = &self.events {
            return Ok(producer.clone());
        }
        let mut config = client::producer(&self.settings, None);
        // A gap in a lead's records is a fatal error of the producer, which is then made anew.
        config.set("enable.gapless.guarantee", "true");
        let producer: FutureProducer<client::Quiet> =
            config.create_with_context(client::Quiet).map_err(RelayError::Client)?;
        self.events = Some(producer.clone());
        Ok(producer)
    }

    /// Sends the events of all shards and marks what was delivered.
    pub(super) async fn send_events(&mut self, rows: &[(i16, Unsent)]) -> Result<usize, RelayError> {
        let unsent: Vec<Unsent> = rows.iter().map(|(_, row)| row.clone()).collect();
        let identifiers = self.outlet.identifiers(&unsent).await?;
        let producer = self.events()?;
        let mut futures: Vec<(i16, &Unsent, DeliveryFuture)> = Vec::with_capacity(rows.len());
        let mut stuck: BTreeSet<LeadId> = BTreeSet::new();
        let mut hopeless: Vec<(i16, &Unsent, String)> = Vec::new();
        let mut failure = None;
        for (shard, row) in rows {
            if stuck.contains(&row.lead) {
                continue;
            }
            match filling::outgoing(row, &identifiers, &self.keys) {
                Ok(out) => match enqueue(&producer, &out) {
                    Ok(future) => futures.push((*shard, row, future)),
                    Err(error) if is_hopeless(&error) => {
                        stuck.insert(row.lead);
                        hopeless.push((*shard, row, error.to_string()));
                    }
                    // A full queue sends the rest in the next round.
                    Err(error) => {
                        failure = Some(error);
                        break;
                    }
                },
                Err(error) => {
                    stuck.insert(row.lead);
                    hopeless.push((*shard, row, crate::telemetry::chain(&error)));
                }
            }
        }
        let mut delivered: BTreeMap<i16, Vec<&Unsent>> = BTreeMap::new();
        for (shard, row, future) in futures {
            match future.await {
                Ok(Ok(_)) if !stuck.contains(&row.lead) => delivered.entry(shard).or_default().push(row),
                Ok(Ok(_)) => {}
                Ok(Err((error, _))) => {
                    stuck.insert(row.lead);
                    if is_hopeless(&error) {
                        hopeless.push((shard, row, error.to_string()));
                    } else {
                        failure = Some(error);
                    }
                }
                Err(_) => failure = Some(KafkaError::Canceled),
            }
        }
        let mut sent = 0;
        for (shard, rows) in delivered {
            sent += self.mark(shard, &rows).await?;
            count(&rows);
        }
        for (shard, row, reason) in hopeless {
            self.hold(shard, row, &reason).await?;
        }
        match failure {
            None | Some(KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)) => Ok(sent),
            Some(error) => Err(RelayError::Delivery(error)),
        }
    }
}

fn enqueue(producer: &FutureProducer<client::Quiet>, out: &Outgoing) -> Result<DeliveryFuture, KafkaError> {
    let mut record =
        FutureRecord::to(out.topic.name()).key(&out.key).headers(filling::kafka_headers(&out.headers));
    if let Some(payload) = &out.payload {
        record = record.payload(payload);
    }
    producer.send_result(record).map_err(|(error, _)| error)
}

/// Counts what was sent, by topic.
pub(super) fn count(rows: &[&Unsent]) {
    let mut topics: BTreeMap<i16, u64> = BTreeMap::new();
    for row in rows {
        *topics.entry(row.topic).or_default() += 1;
    }
    for (topic, count) in topics {
        if let Some(topic) = filling::topic(topic) {
            metrics::sent(topic.name(), count);
        }
    }
}
