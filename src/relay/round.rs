//! Sending events: all of a round enqueued, then all reports awaited. It never waits record by record.

use super::filling::{self, Outgoing};
use super::{Relay, RelayError};
use crate::broker::client;
use crate::domain::ids::LeadId;
use crate::store::outbox::Unsent;
use crate::telemetry::metrics;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _, PurgeConfig};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

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
        let producer: FutureProducer<client::Quiet> = client::gapless_producer(&self.settings)
            .create_with_context(client::Quiet)
            .map_err(RelayError::Client)?;
        self.events = Some(producer.clone());
        Ok(producer)
    }

    /// Sends the events of all shards and marks what was delivered.
    pub(super) async fn send_events(&mut self, rows: &[Unsent]) -> Result<usize, RelayError> {
        let identifiers = self.outlet.identifiers(rows).await?;
        let producer = self.events()?;
        let mut round = Round::default();
        for row in rows {
            if round.stuck.contains(&row.lead) {
                continue;
            }
            match filling::outgoing(row, &identifiers, &self.keys) {
                Ok(out) => match enqueue(&producer, &out) {
                    Ok(future) => round.under_way.push((row, future)),
                    Err(error) if is_hopeless(&error) => round.hold(row, error.to_string()),
                    // A full queue sends the rest in the next round.
                    Err(error) => {
                        round.failure = Some(error);
                        break;
                    }
                },
                Err(error) => round.hold(row, crate::telemetry::chain(&error)),
            }
        }
        let delivery = Duration::from_millis(u64::from(self.settings.relay.delivery_timeout_milliseconds));
        let delivered = round.reports(&producer, delivery).await;
        let sent = self.mark(&delivered).await?;
        count(&delivered);
        for (row, reason) in round.hopeless {
            self.hold(row, &reason).await?;
        }
        match round.failure {
            None | Some(KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)) => Ok(sent),
            Some(error) => Err(RelayError::Delivery(error)),
        }
    }
}

/// What became of the rows of one round.
#[derive(Default)]
struct Round<'a> {
    under_way: Vec<(&'a Unsent, DeliveryFuture)>,
    /// Leads of which a row did not go out: what comes after it is not marked either.
    stuck: BTreeSet<LeadId>,
    hopeless: Vec<(&'a Unsent, String)>,
    failure: Option<KafkaError>,
}

impl<'a> Round<'a> {
    /// A row that can never be sent, with the reason.
    fn hold(&mut self, row: &'a Unsent, reason: String) {
        self.stuck.insert(row.lead);
        self.hopeless.push((row, reason));
    }

    /// Awaits every report, all of them together for `delivery` at most; gives what was delivered.
    async fn reports(
        &mut self,
        producer: &FutureProducer<client::Quiet>,
        delivery: Duration,
    ) -> Vec<&'a Unsent> {
        let mut delivered = Vec::with_capacity(self.under_way.len());
        let until = tokio::time::Instant::from_std(crate::clock::instant()) + delivery;
        for (row, future) in std::mem::take(&mut self.under_way) {
            let Ok(report) = tokio::time::timeout_at(until, future).await else {
                // What is not out yet must not go out behind what the next round sends.
                producer.purge(PurgeConfig::default().queue().inflight());
                self.stuck.insert(row.lead);
                self.failure = Some(KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut));
                continue;
            };
            match report {
                Ok(Ok(_)) if !self.stuck.contains(&row.lead) => delivered.push(row),
                Ok(Ok(_)) => {}
                Ok(Err((error, _))) if is_hopeless(&error) => self.hold(row, error.to_string()),
                Ok(Err((error, _))) => {
                    self.stuck.insert(row.lead);
                    self.failure = Some(error);
                }
                Err(_) => self.failure = Some(KafkaError::Canceled),
            }
        }
        delivered
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
