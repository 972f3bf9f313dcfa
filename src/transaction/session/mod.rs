//! A worker's own connection and the whole transaction on it: load, plan, apply, commit. It never talks to Kafka or HTTP.

mod claim;
mod kept;
mod lanes;
mod publishing;
mod reads;
mod rehearse;

pub use super::trouble::{CommitError, Trouble};
pub use crate::store::fan_out::LookedAt;
pub use crate::store::work::{Horizon, Share};
pub use claim::{Claimed, Wanted};
pub use lanes::LaneStanding;

use super::apply::apply;
use super::batch::{Batch, Outcome};
use super::failpoint::Failpoint;
use super::load::{Interrupted, Loading};
use super::loaded::{Loaded, Texts, World};
use super::plan::{self, Planned};
use super::recovery::{self, Next, Reply, Standing};
use super::reread;
use super::texts::{self, TextCache};
use crate::contract::Decoder;
use crate::contract::keys::Keys;
use crate::domain::ids::LeadId;
use crate::domain::time::Moment;
use crate::store::connect::{self, Connection, Timeouts};
use crate::store::error::StoreError;
use crate::store::world::WorldRow;
use crate::store::{migrate, position, world};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// A batch is begun again at most so often after deadlocks, lock timeouts and keys that moved; then the lane backs off.
const ATTEMPTS_MAX: u32 = 5;
/// Begun again because keys moved or another text is active: a third time means something is wrong (DELIVERY 1).
const REDOS_MAX: u32 = 3;
/// The first wait before a batch is begun again; doubled each time.
const BACKOFF: Duration = Duration::from_millis(5);
/// How far the waits of two workers differ, so that they do not meet again.
const JITTER_MILLISECONDS: u64 = 20;
/// Connections that are tried to learn what became of a COMMIT, a quarter of a second apart at first.
const RECOVERIES_MAX: u32 = 10;
const RECOVERY_WAIT: Duration = Duration::from_millis(250);

/// How to open a session.
#[derive(Clone)]
pub struct SessionSettings {
    pub url: String,
    /// Shown in `pg_stat_activity`; also what makes waits of two workers differ.
    pub application_name: String,
    pub timeouts: Timeouts,
    /// Shared by all sessions of the process.
    pub texts: TextCache,
    /// Reads records again that waited.
    pub decoder: Arc<Decoder>,
    pub board_url: Option<String>,
    /// Test seam `limits.fail_after_statement`: kills the service after the n-th statement of a transaction.
    pub fail_after_statement: Option<u32>,
}

/// A worker's connection and how to open it again.
pub struct Session {
    settings: SessionSettings,
    conn: Connection,
    texts: Texts,
    step: Failpoint,
    /// A transaction may be open on the connection: it was cancelled or broke before its end.
    dirty: bool,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Session")
            .field("application_name", &self.settings.application_name)
            .finish_non_exhaustive()
    }
}

/// A batch that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// One for each entry, in their order.
    pub outcomes: Vec<Outcome>,
    /// Leads came to stand in a queue: wake the router.
    pub queued: bool,
    /// Rows for the relay: wake it when there are some.
    pub out_rows: usize,
    /// Leads that changed.
    pub leads: Vec<LeadId>,
    /// The transaction's time.
    pub now: Moment,
}

/// What one attempt came to.
enum Attempt {
    Committed(Committed),
    Redo,
    OtherTexts(WorldRow),
    Again(StoreError),
}

impl Session {
    /// Opens a connection, checks the schema and reads the active texts.
    ///
    /// # Errors
    /// The database can't be reached, stands behind this program, or no text is published.
    pub async fn open(settings: SessionSettings) -> Result<Self, CommitError> {
        let mut conn = connect_with(&settings).await?;
        migrate::check(&mut conn).await.map_err(CommitError::Store)?;
        let world = world::read(&mut conn).await.map_err(CommitError::Store)?;
        let texts = settings.texts.load(&mut conn, &world, settings.decoder.keys()).await?;
        let step = Failpoint::after(settings.fail_after_statement);
        Ok(Self { settings, conn, texts, step, dirty: false })
    }

    /// Replaces the connection; an open transaction on the old one is rolled back by the server.
    ///
    /// # Errors
    /// The database can't be reached.
    pub async fn reopen(&mut self) -> Result<(), CommitError> {
        self.conn = connect_with(&self.settings).await?;
        self.dirty = false;
        Ok(())
    }

    /// The texts that the last transaction was decided under.
    #[must_use]
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The texts that are in force now, read anew where others were published or somebody said when they are there.
    ///
    /// # Errors
    /// The database can't be reached, or a text was written by a newer version.
    pub async fn look(&mut self) -> Result<&Texts, CommitError> {
        self.whole().await?;
        let world = world::read(&mut self.conn).await.map_err(CommitError::Store)?;
        if !texts::are_active(&self.texts, &world)? {
            let keys = self.settings.decoder.keys();
            self.texts = self.settings.texts.load(&mut self.conn, &world, keys).await?;
        }
        Ok(&self.texts)
    }

    /// The keys that identifiers are looked up under.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        self.settings.decoder.keys()
    }

    /// Takes a batch through load, plan and apply, and commits it: all of it, or nothing.
    ///
    /// # Errors
    /// See [`CommitError::trouble`] for what to do; nothing of the batch is stored.
    pub async fn commit(&mut self, batch: &Batch) -> Result<Committed, CommitError> {
        let mut redos = 0;
        let mut attempts = 0;
        loop {
            let newer = reread::under(&self.settings.decoder, &self.texts.reference, batch);
            match self.attempt(newer.as_ref().unwrap_or(batch)).await? {
                Attempt::Committed(committed) => return Ok(committed),
                Attempt::Redo => redos += 1,
                Attempt::OtherTexts(world) => {
                    redos += 1;
                    let keys = self.settings.decoder.keys();
                    self.texts = self.settings.texts.load(&mut self.conn, &world, keys).await?;
                }
                Attempt::Again(source) => {
                    attempts += 1;
                    if attempts >= ATTEMPTS_MAX {
                        return Err(CommitError::Exhausted { attempts, source });
                    }
                    tokio::time::sleep(self.backoff(attempts)).await;
                }
            }
            if redos > REDOS_MAX {
                return Err(CommitError::Moving { attempts: redos });
            }
        }
    }

    async fn attempt(&mut self, batch: &Batch) -> Result<Attempt, CommitError> {
        if self.dirty {
            self.reopen().await?;
        }
        self.dirty = true;
        let done = self.transaction(batch).await;
        let interrupted = match done {
            Ok(committed) => {
                self.dirty = false;
                return Ok(Attempt::Committed(committed));
            }
            Err(interrupted) => interrupted,
        };
        if self.dirty {
            match connect::rollback(&mut self.conn).await {
                Ok(()) => self.dirty = false,
                Err(_broken) => self.reopen().await?,
            }
        }
        match interrupted {
            Interrupted::Moved => Ok(Attempt::Redo),
            Interrupted::OtherTexts(world) => Ok(Attempt::OtherTexts(world)),
            Interrupted::Error(CommitError::Store(error)) if error.is_retryable() => {
                Ok(Attempt::Again(error))
            }
            Interrupted::Error(error) => Err(error),
        }
    }

    async fn transaction(&mut self, batch: &Batch) -> Result<Committed, Interrupted> {
        self.step.restart();
        connect::begin(&mut self.conn).await?;
        self.step.passed();
        let loading = Loading { batch, texts: &self.texts, decoder: &self.settings.decoder };
        let (loaded, row) = loading.load(&mut self.conn, &mut self.step).await?;
        if !texts::are_active(&self.texts, &row).map_err(Interrupted::Error)? {
            return Err(Interrupted::OtherTexts(row));
        }
        let planned = self.plan(batch, &loaded, &row).map_err(Interrupted::Error)?;
        let now = Moment(row.now);
        apply(&mut self.conn, &planned.write, now, &mut self.step).await?;
        let reply = match connect::commit(&mut self.conn).await {
            Ok(()) => Reply::Acknowledged,
            Err(error) if error.is_connection() => Reply::Lost,
            Err(error) => return Err(error.into()),
        };
        self.step.passed();
        let next = match reply {
            Reply::Acknowledged => recovery::after_commit(reply, &batch.moves, &[]),
            Reply::Lost | Reply::RolledBack => self.recover(batch).await.map_err(Interrupted::Error)?,
        };
        match next {
            Next::Done => Ok(Committed {
                queued: planned.queued,
                out_rows: planned.write.outbox.len(),
                leads: planned.write.leads.iter().map(|row| row.lead.id).collect(),
                outcomes: planned.outcomes,
                now,
            }),
            Next::Redo => Err(Interrupted::Moved),
            Next::Fenced => Err(Interrupted::Error(fenced(batch))),
        }
    }

    /// Plans; a panic is a record's fault until one record alone shows otherwise.
    fn plan(&self, batch: &Batch, loaded: &Loaded, row: &WorldRow) -> Result<Planned, CommitError> {
        let world = World {
            now: Moment(row.now),
            policy: &self.texts.policy,
            team: &self.texts.team,
            reference: &self.texts.reference,
            live_from: row.live_from.map_or(Moment::EVER, Moment),
            timeline: row.timeline,
            keys: self.settings.decoder.keys(),
            board_url: self.settings.board_url.as_deref(),
        };
        std::panic::catch_unwind(AssertUnwindSafe(|| plan::plan(batch, loaded, &world)))
            .map_err(|_| CommitError::Panicked)?
            .map_err(CommitError::Store)
    }

    /// After a lost reply to COMMIT: a new connection, the positions locked (which waits for the old transaction to end),
    /// and what they say. An ask is settled by its idempotency key instead.
    async fn recover(&mut self, batch: &Batch) -> Result<Next, CommitError> {
        let mut wait = RECOVERY_WAIT;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.standing(batch).await {
                Ok((stored, answered)) => {
                    self.dirty = false;
                    let next = if answered {
                        Next::Done
                    } else {
                        recovery::after_commit(Reply::Lost, &batch.moves, &stored)
                    };
                    tracing::warn!(
                        session = self.settings.application_name,
                        next = ?next,
                        "the reply to COMMIT was lost: the positions settled it"
                    );
                    return Ok(next);
                }
                Err(error) if tries < RECOVERIES_MAX && error.trouble() == Trouble::World => {
                    tokio::time::sleep(wait).await;
                    wait = wait.saturating_mul(2);
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn standing(&mut self, batch: &Batch) -> Result<(Vec<Standing>, bool), CommitError> {
        self.reopen().await?;
        let mine: Vec<(String, i32)> =
            batch.moves.iter().map(|moved| (moved.topic.to_string(), moved.partition)).collect();
        let rows = position::fence(&mut self.conn, &mine).await.map_err(CommitError::Store)?;
        let answered = match &batch.idempotency {
            Some(asked) => self.answered(&asked.key, &asked.actor).await?.is_some(),
            None => false,
        };
        let stored = rows
            .into_iter()
            .map(|row| Standing {
                topic: row.topic,
                partition: row.partition,
                epoch: row.epoch,
                next_offset: row.next_offset,
            })
            .collect();
        Ok((stored, answered))
    }

    /// Longer each time, and another for each worker and attempt; nothing is drawn.
    fn backoff(&self, attempt: u32) -> Duration {
        let name = self.settings.application_name.bytes();
        let sum =
            name.fold(u64::from(attempt), |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        BACKOFF.saturating_mul(1 << attempt.min(6)) + Duration::from_millis(sum % JITTER_MILLISECONDS)
    }
}

async fn connect_with(settings: &SessionSettings) -> Result<Connection, CommitError> {
    connect::connect(&settings.url, &settings.application_name, settings.timeouts)
        .await
        .map_err(CommitError::Store)
}

fn fenced(batch: &Batch) -> CommitError {
    let first = batch.moves.first();
    CommitError::Fenced {
        topic: first.map(|moved| moved.topic.to_string()).unwrap_or_default(),
        partition: first.map_or(0, |moved| moved.partition),
    }
}
