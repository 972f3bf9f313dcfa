//! One running service of the simulation: lanes that own partitions, a router, a sweeper and a desk, each with one
//! transaction at a time. What it remembers is gone when it is killed; what it believes may be out of date.

use super::log::Log;
use super::store::{Lock, Place, Store};
use super::transaction::{Finding, Stage, Transaction, Went};
use baton::transaction::batch::{Batch, Move};
use baton::transaction::recovery::{Next, Reply, Standing, after_commit};
use std::collections::BTreeMap;

/// Lanes of an instance; a partition always goes to the same one.
pub const LANES: usize = 2;
/// A batch that is begun so often makes no headway: the real service would alarm.
const BEGINNINGS_MAX: u32 = 60;

/// Who of an instance works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worker {
    Lane(usize),
    Router,
    Sweeper,
    Desk,
}

impl Worker {
    pub const ALL: [Self; LANES + 3] =
        [Self::Lane(0), Self::Lane(1), Self::Router, Self::Sweeper, Self::Desk];
}

/// What an instance believes of a partition that it was given.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub epoch: i64,
    pub next: i64,
}

/// Where a worker is with its batch.
enum Job {
    Running(Transaction),
    /// The reply to COMMIT was lost; the server has yet to settle it so.
    Limbo {
        transaction: Transaction,
        commits: bool,
    },
    /// A new connection asks what became of it.
    Asking(Batch),
}

#[derive(Default)]
pub struct Instance {
    pub claims: BTreeMap<Place, Claim>,
    jobs: BTreeMap<Worker, Job>,
    begun: BTreeMap<Worker, u32>,
    /// The fence is left out, to see that its absence is found.
    unfenced: bool,
}

/// The lane that a partition belongs to.
fn lane_of(place: &Place) -> usize {
    (place.0.len() + usize::try_from(place.1).unwrap()) % LANES
}

impl Instance {
    pub fn new(unfenced: bool) -> Self {
        Self { unfenced, ..Self::default() }
    }

    pub fn is_idle(&self, worker: Worker) -> bool {
        !self.jobs.contains_key(&worker)
    }

    /// Gives a worker something to do.
    pub fn start(&mut self, store: &mut Store, worker: Worker, batch: Batch) {
        self.begun.insert(worker, 1);
        let transaction = Transaction::begin(store, batch, self.unfenced);
        self.jobs.insert(worker, Job::Running(transaction));
    }

    /// What arrived for a lane, at most so many records.
    pub fn read(&self, log: &Log, lane: usize, most: usize) -> Option<Batch> {
        let mut batch = Batch::default();
        for (place, claim) in self.claims.iter().filter(|(place, _)| lane_of(place) == lane) {
            let room = most.saturating_sub(batch.entries.len());
            let entries = log.read(place, claim.next, room);
            let Some(last) = entries.last().and_then(|entry| entry.record.as_ref()) else { continue };
            let to = last.offset + 1;
            batch.moves.push(Move {
                topic: place.0.as_str().into(),
                partition: place.1,
                epoch: claim.epoch,
                from: claim.next,
                to,
                last_hash: Some([7; 32]),
                caught_up_to: (to < log.end(place)).then_some(last.timestamp),
            });
            batch.entries.extend(entries);
        }
        (!batch.entries.is_empty()).then_some(batch)
    }

    /// The next statement of a worker.
    pub fn step(&mut self, store: &mut Store, worker: Worker) -> Result<(), Finding> {
        let Some(job) = self.jobs.remove(&worker) else { return Ok(()) };
        let next = match job {
            Job::Running(mut transaction) => match transaction.step(store)? {
                Went::On | Went::Held => Some(Job::Running(transaction)),
                Went::Again => Some(self.again(store, worker, transaction.batch)?),
                Went::Fenced => self.fenced(store),
                Went::Answered => {
                    store.note("an ask that another instance had answered");
                    None
                }
                Went::Committed => self.settled(
                    after_commit(Reply::Acknowledged, &transaction.batch.moves, &[]),
                    store,
                    worker,
                    transaction.batch,
                )?,
            },
            Job::Limbo { mut transaction, commits } => {
                let batch = transaction.batch.clone();
                store.note(if commits { "a lost reply, committed" } else { "a lost reply, rolled back" });
                if commits {
                    transaction.step(store)?;
                } else {
                    transaction.roll_back(store);
                }
                Some(Job::Asking(batch))
            }
            Job::Asking(batch) => match standing(store, &batch) {
                None => Some(Job::Asking(batch)),
                Some(stored) => {
                    let answered = batch
                        .idempotency
                        .as_ref()
                        .is_some_and(|asked| store.tables.answers.contains_key(&asked.key));
                    let next =
                        if answered { Next::Done } else { after_commit(Reply::Lost, &batch.moves, &stored) };
                    self.settled(next, store, worker, batch)?
                }
            },
        };
        if let Some(job) = next {
            self.jobs.insert(worker, job);
        }
        Ok(())
    }

    fn settled(
        &mut self,
        next: Next,
        store: &mut Store,
        worker: Worker,
        batch: Batch,
    ) -> Result<Option<Job>, Finding> {
        match next {
            Next::Done => {
                for moved in &batch.moves {
                    let claim = self.claims.get_mut(&(moved.topic.to_string(), moved.partition));
                    if let Some(claim) = claim.filter(|claim| claim.epoch == moved.epoch) {
                        claim.next = moved.to;
                    }
                }
                Ok(None)
            }
            Next::Redo => self.again(store, worker, batch).map(Some),
            Next::Fenced => Ok(self.fenced(store)),
        }
    }

    fn again(&mut self, store: &mut Store, worker: Worker, batch: Batch) -> Result<Job, Finding> {
        store.note("a batch begun again");
        let begun = self.begun.entry(worker).or_insert(0);
        *begun += 1;
        if *begun > BEGINNINGS_MAX {
            return Err(format!("I8: {worker:?} began the same batch {begun} times"));
        }
        Ok(Job::Running(Transaction::begin(store, batch, self.unfenced)))
    }

    /// Somebody else owns a partition: everything of the lanes is dropped, and the group is left.
    fn fenced(&mut self, store: &mut Store) -> Option<Job> {
        store.note("an owner who was fenced");
        self.claims.clear();
        for lane in 0..LANES {
            self.drop_job(store, Worker::Lane(lane));
        }
        None
    }

    /// The server ends a transaction; one whose COMMIT it has, it settles.
    fn drop_job(&mut self, store: &mut Store, worker: Worker) {
        match self.jobs.remove(&worker) {
            Some(Job::Running(transaction)) => transaction.roll_back(store),
            Some(Job::Limbo { mut transaction, commits: true }) => {
                transaction.step(store).unwrap();
            }
            Some(Job::Limbo { transaction, commits: false }) => transaction.roll_back(store),
            Some(Job::Asking(_)) | None => {}
        }
    }

    /// `kill -9`.
    pub fn crash(&mut self, store: &mut Store) {
        self.claims.clear();
        for worker in Worker::ALL {
            if self.stage(worker).is_some_and(|stage| stage > Stage::Leads) {
                store.note("a kill with locks held");
            }
            self.drop_job(store, worker);
        }
    }

    /// The server ends the worker's transaction (idle too long); the worker finds out and begins again.
    pub fn time_out(&mut self, store: &mut Store, worker: Worker) -> Result<(), Finding> {
        match self.jobs.remove(&worker) {
            Some(Job::Running(transaction)) => {
                let batch = transaction.batch.clone();
                transaction.roll_back(store);
                let job = self.again(store, worker, batch)?;
                self.jobs.insert(worker, job);
            }
            Some(other) => {
                self.jobs.insert(worker, other);
            }
            None => {}
        }
        Ok(())
    }

    /// The reply to the COMMIT that comes next is lost, whether it commits or not.
    pub fn lose_reply(&mut self, worker: Worker, commits: bool) {
        match self.jobs.remove(&worker) {
            Some(Job::Running(transaction)) if transaction.stage == Stage::Commit => {
                self.jobs.insert(worker, Job::Limbo { transaction, commits });
            }
            Some(other) => {
                self.jobs.insert(worker, other);
            }
            None => {}
        }
    }

    pub fn stage(&self, worker: Worker) -> Option<Stage> {
        match self.jobs.get(&worker) {
            Some(Job::Running(transaction)) => Some(transaction.stage),
            Some(Job::Limbo { .. } | Job::Asking(_)) | None => None,
        }
    }

    /// Takes partitions over; nothing happens while somebody holds one of their rows.
    pub fn claim(&mut self, store: &mut Store, places: &[Place]) {
        let mine = store.begin();
        if store.lock_all(mine, places.iter().cloned().map(Lock::Position)).is_ok() {
            for place in places {
                let row = store.tables.positions.entry(place.clone()).or_default();
                row.epoch += 1;
                self.claims.insert(place.clone(), Claim { epoch: row.epoch, next: row.next_offset });
            }
        }
        store.release(mine);
    }

    /// Says of partitions that are read to their end that the facts are known up to now.
    pub fn heartbeat(&self, store: &mut Store, log: &Log) {
        let now = store.now;
        for (place, claim) in &self.claims {
            if claim.next != log.end(place) {
                continue;
            }
            let row = store.tables.positions.get_mut(place);
            if let Some(row) = row.filter(|row| (row.epoch, row.next_offset) == (claim.epoch, claim.next)) {
                row.caught_up_to = row.caught_up_to.max(Some(now));
            }
        }
    }
}

/// Where the positions of a batch stand, with their rows locked; `None` while the old transaction still holds them.
fn standing(store: &mut Store, batch: &Batch) -> Option<Vec<Standing>> {
    let mut places: Vec<Place> =
        batch.moves.iter().map(|moved| (moved.topic.to_string(), moved.partition)).collect();
    places.sort();
    let mine = store.begin();
    let locked = store.lock_all(mine, places.iter().cloned().map(Lock::Position)).is_ok();
    store.release(mine);
    locked.then(|| {
        let row = |place: &Place| {
            store.tables.positions.get(place).map(|row| Standing {
                topic: place.0.clone(),
                partition: place.1,
                epoch: row.epoch,
                next_offset: row.next_offset,
            })
        };
        places.iter().filter_map(row).collect()
    })
}
