//! The compacted topic: one transactional producer per shard. `init_transactions` fences whoever held the shard before,
//! and only then is anything read, so a relay that wakes late can't overwrite newer state. It never sends events.

use super::filling::{self, Outgoing};
use super::{Relay, RelayError, round};
use crate::broker::client;
use crate::clock;
use crate::settings::Settings;
use crate::store::outbox::Unsent;
use crate::telemetry::semantic;
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinError;
use tracing::Instrument as _;

/// Fencing and committing may take so long: a coordinator's failover is a few seconds.
const TRANSACTION: Duration = Duration::from_secs(10);

/// Reports are read for so long at a time: about what the broker takes to write a transaction's records.
const REPORTS: Duration = Duration::from_millis(20);

/// Transactions that end within so long of one another are marked by one statement.
const GATHER: Duration = Duration::from_millis(50);

/// A producer that has fenced its predecessors, for one lease.
pub(super) struct Fenced {
    epoch: i64,
    producer: Arc<BaseProducer>,
}

impl Fenced {
    pub(super) fn epoch(&self) -> i64 {
        self.epoch
    }
}

/// What one transaction did.
enum Done {
    Committed(Vec<Unsent>),
    /// One row can never be sent: the transaction was aborted.
    Hopeless(Box<Unsent>, String),
}

type Turn = Result<Result<Done, KafkaError>, JoinError>;

impl Relay {
    /// Sends state and tombstones, each shard in a transaction of its own, all shards at once.
    pub(super) async fn send_states(&mut self, rows: Vec<Unsent>) -> Result<usize, RelayError> {
        let rows = self.fence(rows).await?;
        let identifiers = self.outlet.identifiers(&rows).await?;
        let mut shards: BTreeMap<i16, Vec<(Unsent, Outgoing)>> = BTreeMap::new();
        let mut stuck = BTreeSet::new();
        for row in rows {
            if stuck.contains(&row.lead) {
                continue;
            }
            match filling::outgoing(&row, &identifiers, &self.keys) {
                Ok(out) => shards.entry(row.shard).or_default().push((row, out)),
                Err(error) => {
                    stuck.insert(row.lead);
                    self.hold(&row, &crate::telemetry::chain(&error)).await?;
                }
            }
        }
        let turns = FuturesUnordered::new();
        for (shard, outgoing) in shards {
            let Some(fenced) = self.fenced.get(&shard) else { return Err(RelayError::LeaseGone { shard }) };
            let producer = Arc::clone(&fenced.producer);
            let span = semantic::send_span(shard, outgoing.len());
            let turn = tokio::task::spawn_blocking(move || transact(&producer, outgoing)).instrument(span);
            turns.push(async move { (shard, turn.await) });
        }
        self.settle(turns).await
    }

    /// Marks what transactions committed as they end; waits for all of them, and gives the first failure after that.
    async fn settle(
        &mut self,
        mut turns: FuturesUnordered<impl Future<Output = (i16, Turn)>>,
    ) -> Result<usize, RelayError> {
        let (mut sent, mut failure) = (0, None);
        while let Some(first) = turns.next().await {
            let mut ended = vec![first];
            let others = async {
                while let Some(turn) = turns.next().await {
                    ended.push(turn);
                }
            };
            // A shard whose broker is away must not keep the others' rows from being marked while the leases are ours.
            drop(tokio::time::timeout(GATHER, others).await);
            match self.mark_ended(ended).await {
                Ok(marked) => sent += marked,
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or(Ok(sent), Err)
    }

    async fn mark_ended(&mut self, ended: Vec<(i16, Turn)>) -> Result<usize, RelayError> {
        let (mut committed, mut failure) = (Vec::new(), None);
        for (shard, turn) in ended {
            match turn {
                Ok(Ok(Done::Committed(rows))) => committed.extend(rows),
                Ok(Ok(Done::Hopeless(row, reason))) => self.hold(&row, &reason).await?,
                Ok(Err(source)) => {
                    self.fenced.remove(&shard);
                    failure = Some(RelayError::Transaction { shard, source });
                }
                Err(_) => failure = Some(RelayError::CutOff),
            }
        }
        let rows: Vec<&Unsent> = committed.iter().collect();
        let sent = self.mark(&rows).await?;
        round::count(&rows);
        failure.map_or(Ok(sent), Err)
    }

    /// Makes producers for shards that have none under this lease, and reads those shards again: what was read before
    /// the fence may have been sent by the one who is fenced now.
    async fn fence(&mut self, rows: Vec<Unsent>) -> Result<Vec<Unsent>, RelayError> {
        let shards: BTreeSet<i16> = rows.iter().map(|row| row.shard).collect();
        let new: Vec<i16> = shards.into_iter().filter(|shard| !self.fenced.contains_key(shard)).collect();
        if new.is_empty() {
            return Ok(rows);
        }
        let mut making = Vec::with_capacity(new.len());
        for &shard in &new {
            let (epoch, settings) = (self.lease(shard)?, Arc::clone(&self.settings));
            let made = tokio::task::spawn_blocking(move || make(&settings, shard));
            making.push(async move { (shard, epoch, made.await) });
        }
        for (shard, epoch, made) in join_all(making).await {
            let producer = made.map_err(|_| RelayError::CutOff)??;
            self.fenced.insert(shard, Fenced { epoch, producer: Arc::new(producer) });
        }
        let again = self.outlet.unsent(&new, self.rows_each(), true).await?;
        Ok(rows.into_iter().filter(|row| !new.contains(&row.shard)).chain(again).collect())
    }
}

fn make(settings: &Settings, shard: i16) -> Result<BaseProducer, RelayError> {
    let config = client::producer(settings, Some(&format!("relay-{shard}")));
    let producer: BaseProducer = config.create().map_err(RelayError::Client)?;
    producer.init_transactions(TRANSACTION).map_err(|source| RelayError::Transaction { shard, source })?;
    Ok(producer)
}

/// Reads delivery reports until none is under way, which committing and aborting wait for. The client's own `flush` takes a
/// tenth of a second at least, and a producer with a thread for it wakes that thread all the time.
fn delivered(producer: &BaseProducer) {
    let asked = clock::instant();
    while producer.in_flight_count() > 0 && asked.elapsed() < TRANSACTION {
        producer.poll(REPORTS);
    }
}

/// One transaction; blocks its thread.
fn transact(producer: &BaseProducer, rows: Vec<(Unsent, Outgoing)>) -> Result<Done, KafkaError> {
    producer.begin_transaction()?;
    for (row, out) in &rows {
        let mut record =
            BaseRecord::to(out.topic.name()).key(&out.key).headers(filling::kafka_headers(&out.headers));
        if let Some(payload) = &out.payload {
            record = record.payload(payload);
        }
        if let Err((error, _)) = producer.send(record) {
            delivered(producer);
            producer.abort_transaction(TRANSACTION)?;
            if round::is_hopeless(&error) {
                return Ok(Done::Hopeless(Box::new(row.clone()), error.to_string()));
            }
            return Err(error);
        }
    }
    delivered(producer);
    producer.commit_transaction(TRANSACTION)?;
    Ok(Done::Committed(rows.into_iter().map(|(row, _)| row).collect()))
}
