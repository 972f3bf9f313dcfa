//! Kafka in: one polling thread that owns the consumer, lanes that own a database session each, and a watch beside them.
//!
//! The polling thread reads, decodes and hands over ([`poll`]); a rebalance claims positions in Postgres before anything
//! is assigned ([`rebalance`]); a lane takes what arrived while it committed ([`lane`]); the watch asks the broker for the
//! ends of partitions, which says how far behind we are and when clocks may run ([`watch`]). Kafka's own commit is a
//! gauge; the position in Postgres is what counts. It never writes SQL and never decides anything about a lead.

mod bounds;
mod breaker;
mod control;
mod halving;
mod lane;
mod pending;
mod poll;
mod pressure;
mod progress;
mod queue;
mod rebalance;
mod record;
mod start;
mod watch;

pub use lane::Lane;
pub use poll::Poller;
pub use rebalance::ClaimError;
pub use record::hash;
pub use start::StartError;
pub use watch::Watch;

use crate::contract::Decoder;
use crate::domain::policy::Reference;
use crate::settings::Settings;
use crate::telemetry::health::Health;
use crate::transaction::pace::Pace;
use crate::transaction::session::Session;
use progress::Progress;
use queue::Queue;
use start::Start;
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc};
use tokio_util::sync::CancellationToken;

/// The lane key: topic and partition.
pub type Partition = (Arc<str>, i32);

/// Called after every commit: wakes the relay, the router and those who look.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// A partition that this instance has claimed.
#[derive(Clone, Debug)]
pub struct Assigned {
    pub partition: Partition,
    pub epoch: i64,
    start: Start,
    /// Why nobody may read it until an operator resumes it.
    stopped: Option<String>,
}

/// What a lane tells the polling thread.
#[derive(Debug)]
enum Control {
    /// Somebody else owns a partition that this member thinks is its own.
    FenceMiss,
    /// The breaker stopped a partition: it is paused until an operator resumes it.
    Halt(Partition),
    /// An operator resumed a lane or moved a position: what this member has is claimed anew.
    Retake,
    /// This instance cannot go on, but must not stop the others: leave the group.
    Leave(String),
    /// Reading on would lose or repeat something.
    Stop(IntakeError),
}

/// Why intake ended.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error("the Kafka client cannot be built: check [kafka.client]")]
    Client(#[source] rdkafka::error::KafkaError),
    #[error("the position of {topic}/{partition} cannot be used: {error}")]
    Start { topic: String, partition: i32, error: StartError },
    #[error(
        "the record before the position of {topic}/{partition} is another one than was read: the topic was created anew; \
         see `baton position set`"
    )]
    LastRecord { topic: String, partition: i32 },
    #[error(
        "another instance took this one's partitions three times within a minute: give each group a database of its own"
    )]
    Fenced,
    #[error(
        "{topic}/{partition}: offset {offset} is not on the broker any more: retention passed the position"
    )]
    OffsetGone { topic: String, partition: i32, offset: i64 },
    #[error(
        "input topics have unequal partition counts: {counts}: give all of them the same, see `baton topics check`"
    )]
    UnequalCounts { counts: String },
    #[error("the consumer failed for good")]
    Fatal(#[source] rdkafka::error::KafkaError),
    #[error(
        "a record of {topic}/{partition} at offset {offset} is refused by the database even alone and unread: {detail}"
    )]
    Stuck { topic: String, partition: i32, offset: i64, detail: String },
    #[error("a thread of intake could not be started")]
    Thread(#[source] std::io::Error),
}

/// The reference data that records are read under: the last that a lane has seen.
#[derive(Clone, Debug)]
pub struct SharedReference(Arc<RwLock<Arc<Reference>>>);

impl SharedReference {
    fn new(reference: Arc<Reference>) -> Self {
        Self(Arc::new(RwLock::new(reference)))
    }

    fn get(&self) -> Arc<Reference> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, reference: &Arc<Reference>) {
        if !Arc::ptr_eq(&self.get(), reference) {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(reference);
        }
    }
}

/// What intake is built from.
pub struct Parts {
    pub settings: Arc<Settings>,
    pub decoder: Arc<Decoder>,
    pub reference: Arc<Reference>,
    /// One per lane.
    pub sessions: Vec<Session>,
    /// For claims, on the polling thread, and for the watch's look at what operators did.
    pub claims: Session,
    pub health: Health,
    pub pace: Pace,
    pub wake: Wake,
    pub runtime: tokio::runtime::Handle,
    pub cancel: CancellationToken,
}

/// The three kinds of workers, to be run by the composition root: the poller and the watch on threads of their own, the
/// lanes on the runtime.
pub struct Intake {
    pub poller: Poller,
    pub watch: Watch,
    pub lanes: Vec<Lane>,
}

/// Builds intake; nothing runs yet.
#[must_use]
pub fn build(parts: Parts) -> Intake {
    let (tell, told) = mpsc::channel();
    let claims = Arc::new(Mutex::new(parts.claims));
    let progress = Progress::default();
    let reference = SharedReference::new(parts.reference);
    let lanes = &parts.settings.lanes;
    let queues: Vec<Arc<Queue>> =
        parts.sessions.iter().map(|_| Arc::new(Queue::new(lanes.queue_records, lanes.queue_bytes))).collect();
    let lanes = parts
        .sessions
        .into_iter()
        .zip(&queues)
        .enumerate()
        .map(|(number, (session, queue))| {
            Lane::new(lane::Parts {
                number,
                session,
                queue: Arc::clone(queue),
                settings: Arc::clone(&parts.settings),
                progress: progress.clone(),
                reference: reference.clone(),
                health: parts.health.clone(),
                pace: parts.pace.clone(),
                wake: Arc::clone(&parts.wake),
                control: tell.clone(),
            })
        })
        .collect();
    let watch = Watch::new(watch::Parts {
        settings: Arc::clone(&parts.settings),
        progress: progress.clone(),
        queues: queues.clone(),
        health: parts.health.clone(),
        cancel: parts.cancel.clone(),
        control: tell,
        claims: Arc::clone(&claims),
        runtime: parts.runtime.clone(),
    });
    let poller = Poller::new(poll::Parts {
        settings: parts.settings,
        decoder: parts.decoder,
        reference,
        claims,
        queues,
        progress,
        health: parts.health,
        runtime: parts.runtime,
        cancel: parts.cancel,
        control: told,
        halted: watch.halted(),
    });
    Intake { poller, watch, lanes }
}

/// The lane of a partition: the same number of every topic goes to one lane, since producers key all of them by person.
fn lane_of(partition: i32, lanes: usize) -> usize {
    usize::try_from(partition).unwrap_or(0) % lanes.max(1)
}

/// The name of a stopped lane in the readiness report.
fn stop_name(partition: &Partition) -> String {
    format!("lane {}/{}", partition.0, partition.1)
}
