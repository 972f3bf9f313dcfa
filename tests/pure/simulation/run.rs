//! Lives through a history: two instances, one database, one log; ends it without faults and hands over what is stored.

use super::DECODER;
use super::check;
use super::history::{INSTANCES, Step, all_places, places};
use super::instance::{Instance, LANES, Worker};
use super::log::Log;
use super::store::{Store, Tables};
use super::transaction::Finding;
use crate::story::start;
use baton::domain::command::{Command, View};
use baton::domain::ids::LeadId;
use baton::domain::lead::{Lead, Stage};
use baton::domain::team::{MemberId, PoolId};
use baton::domain::time::{MINUTE, Moment};
use baton::transaction::ask::{self, AskRequest};
use baton::transaction::batch::{Batch, Idempotency, Stream};
use baton::transaction::turn;
use std::collections::{BTreeMap, BTreeSet};

/// Leads that a turn of router or sweeper takes; few, so that there are many turns.
const TURN_LEADS: usize = 5;
/// Minutes for which a router has a pool.
const LEASE_MINUTES: i64 = 10;
/// Turns that the end of a history takes at most.
const SETTLING_MAX: usize = 4_000;

/// What is switched off, to see that the checks find its absence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Without {
    pub fence: bool,
    /// Router and sweeper, where a history is about records alone.
    pub turns: bool,
}

/// A history at its end.
pub struct Ended {
    pub tables: Tables,
    /// What happened on the way, and how often.
    pub seen: BTreeMap<&'static str, u64>,
}

pub struct Run {
    pub store: Store,
    pub log: Log,
    instances: Vec<Instance>,
    asked: Vec<AskRequest>,
    without: Without,
}

impl Run {
    pub fn new(without: Without) -> Self {
        let mut store = Store::default();
        store.now = start();
        for place in places() {
            store.tables.positions.insert(place, super::store::Position::default());
        }
        let instance = || Instance::new(without.fence);
        Self {
            store,
            log: Log::default(),
            instances: (0..INSTANCES).map(|_| instance()).collect(),
            asked: Vec::new(),
            without,
        }
    }

    /// Lives through the steps, lets everything come to rest, and checks.
    pub fn live(mut self, steps: &[Step]) -> Result<Ended, Finding> {
        for step in steps {
            self.step(step)?;
        }
        self.settle()?;
        check::everything(&self.store.tables, &self.log)?;
        self.store.count();
        Ok(Ended { tables: self.store.tables, seen: self.store.seen })
    }

    fn step(&mut self, step: &Step) -> Result<(), Finding> {
        match step {
            Step::Produce(letter) => self.log.produce(letter, self.store.now),
            Step::Wait(minutes) => self.store.now = self.store.now.plus(minutes * MINUTE),
            Step::Claim { instance, places } => self.claim(*instance, *places),
            Step::Work { instance, worker, statements, records } => {
                self.store.now = self.store.now.plus(MINUTE / 60);
                for _ in 0..*statements {
                    self.begin(*instance, *worker, *records);
                    self.instances[*instance].step(&mut self.store, *worker)?;
                }
            }
            Step::LoseReply { instance, worker, commits } => {
                let instance = &mut self.instances[*instance];
                for _ in 0..20 {
                    if instance.stage(*worker) == Some(super::transaction::Stage::Commit) {
                        break;
                    }
                    instance.step(&mut self.store, *worker)?;
                }
                instance.lose_reply(*worker, *commits);
            }
            Step::TimeOut { instance, worker } => {
                self.instances[*instance].time_out(&mut self.store, *worker)?;
            }
            Step::Crash { instance } => self.instances[*instance].crash(&mut self.store),
            Step::Heartbeat { instance } => {
                self.instances[*instance].heartbeat(&mut self.store, &self.log);
            }
            Step::Ask { instance, lead, what, stale } => self.ask(*instance, *lead, *what, *stale),
            Step::AskAgain { instance, ask } => {
                if let Some(asked) = self.asked.get(*ask).cloned() {
                    self.submit(*instance, &asked);
                }
            }
        }
        Ok(())
    }

    fn claim(&mut self, instance: usize, bits: u16) {
        let chosen: Vec<_> = places()
            .into_iter()
            .enumerate()
            .filter(|(place, _)| bits & (1 << place) != 0)
            .map(|(_, place)| place)
            .collect();
        self.instances[instance].claim(&mut self.store, &chosen);
    }

    /// Gives an idle worker what there is to do.
    fn begin(&mut self, instance: usize, worker: Worker, records: usize) {
        if !self.instances[instance].is_idle(worker) {
            return;
        }
        let batch = match worker {
            Worker::Lane(lane) => self.instances[instance].read(&self.log, lane, records),
            Worker::Router | Worker::Sweeper if self.without.turns => None,
            Worker::Router => self.offers(instance),
            Worker::Sweeper => self.due(),
            Worker::Desk => None,
        };
        if let Some(batch) = batch {
            self.instances[instance].start(&mut self.store, worker, batch);
        }
    }

    /// The router's turn over the first pool whose lease is free.
    fn offers(&mut self, instance: usize) -> Option<Batch> {
        let now = self.store.now;
        let mut queued: Vec<(&PoolId, u8, Option<Moment>, LeadId)> = Vec::new();
        for row in self.store.tables.leads.values() {
            if let Stage::Queued { pool, held: false, .. } = &row.lead.stage {
                let terms = row.lead.cycle.terms.as_ref()?;
                queued.push((pool, terms.priority.number(), terms.mql_at, row.lead.id));
            }
        }
        queued.sort();
        let free = |pool: &PoolId| {
            self.store.tables.leases.get(pool).is_none_or(|(owner, until)| *owner == instance || *until < now)
        };
        let pool = queued.iter().map(|lead| lead.0).find(|pool| free(pool))?.clone();
        let leads: Vec<LeadId> =
            queued.iter().filter(|lead| *lead.0 == pool).take(TURN_LEADS).map(|lead| lead.3).collect();
        self.store.tables.leases.insert(pool.clone(), (instance, now.plus(LEASE_MINUTES * MINUTE)));
        Some(Batch {
            stream: Some(Stream::Route(u8::try_from(pool.0.len() % 8).unwrap())),
            routing: Some(pool),
            entries: leads.into_iter().map(|lead| turn::route(DECODER.keys(), lead, now, None)).collect(),
            ..Batch::default()
        })
    }

    /// The sweeper's turn: clocks that came due, no further than the feeds of sales and privacy are known.
    fn due(&self) -> Option<Batch> {
        let now = self.store.now;
        let waited_for = |topic: &str| {
            topic.starts_with("crm.") || topic == "sales.feedback.v1" || topic == "privacy.requests.v1"
        };
        let positions = self.store.tables.positions.iter().filter(|((topic, _), _)| waited_for(topic));
        let known = positions.map(|(_, row)| row.caught_up_to.unwrap_or(Moment(i64::MIN))).min();
        let until = known.map_or(now, |known| known.min(now));
        let mut due: Vec<(Moment, &Lead)> = Vec::new();
        for row in self.store.tables.leads.values() {
            let next = row.lead.stage.custody().map(baton::domain::custody::Custody::next_due_at);
            due.extend(next.filter(|at| *at <= until).map(|at| (at, &row.lead)));
        }
        due.sort_by_key(|(at, lead)| (*at, lead.id));
        let stream = due.first().map(|(_, lead)| stream_of(lead.id))?;
        let mine = due.iter().map(|(_, lead)| *lead).filter(|lead| stream_of(lead.id) == stream);
        Some(Batch {
            stream: Some(Stream::Sweep(stream)),
            entries: mine
                .take(TURN_LEADS)
                .filter_map(|lead| turn::pass_deadline(DECODER.keys(), lead, now))
                .collect(),
            ..Batch::default()
        })
    }

    fn ask(&mut self, instance: usize, lead: usize, what: usize, stale: bool) {
        let leads: Vec<&Lead> = self.store.tables.leads.values().map(|row| &row.lead).collect();
        if leads.is_empty() {
            return;
        }
        let lead = leads[lead % leads.len()];
        let version = lead.custody_version - u64::from(stale && lead.custody_version > 0);
        let commands = [
            Command::AcceptLead,
            Command::DeclineLead,
            Command::ClaimLead,
            Command::TakeNote,
            Command::ReassignLead { to: MemberId("emma-larsen".to_owned()) },
        ];
        let holder = lead.holder().map(|holder| holder.member().clone());
        let member = holder.filter(|_| !what.is_multiple_of(3)).unwrap_or(MemberId("dev-patel".to_owned()));
        let asked = AskRequest {
            lead: lead.id,
            other: None,
            command: commands[what % commands.len()].clone(),
            member: member.clone(),
            view: View { handoff: None, custody_version: Some(version) },
            note: None,
            idempotency: Idempotency {
                key: format!("ask-{}", self.asked.len()),
                actor: member.0,
                body_hash: [1; 32],
            },
        };
        self.submit(instance, &asked);
        self.asked.push(asked);
    }

    /// The desk takes an ask, unless it is at one or the key has its answer.
    fn submit(&mut self, instance: usize, asked: &AskRequest) {
        let answered = self.store.tables.answers.contains_key(&asked.idempotency.key);
        if answered || !self.instances[instance].is_idle(Worker::Desk) {
            return;
        }
        let batch = ask::batch(asked, DECODER.keys(), self.store.now);
        self.instances[instance].start(&mut self.store, Worker::Desk, batch);
    }

    /// No more faults: one instance takes everything, reads to the end, offers what is queued, passes what is due.
    fn settle(&mut self) -> Result<(), Finding> {
        for instance in 1..INSTANCES {
            self.instances[instance].crash(&mut self.store);
        }
        for turn in 0..SETTLING_MAX {
            if turn % 100 == 0 && !self.reads_everything() {
                self.claim(0, all_places());
            }
            for worker in Worker::ALL {
                if matches!(worker, Worker::Lane(_)) || self.everything_is_read() {
                    self.begin(0, worker, 8);
                }
                self.instances[0].step(&mut self.store, worker)?;
            }
            self.instances[0].heartbeat(&mut self.store, &self.log);
            let idle = Worker::ALL.iter().all(|worker| self.instances[0].is_idle(*worker));
            if idle && self.everything_is_read() && self.nothing_to_do() {
                return if self.store.is_quiet() { Ok(()) } else { Err("locks are left".to_owned()) };
            }
        }
        Err(format!("I8: not at rest after {SETTLING_MAX} turns"))
    }

    fn reads_everything(&self) -> bool {
        let mine: BTreeSet<_> = self.instances[0].claims.keys().cloned().collect();
        places().into_iter().all(|place| mine.contains(&place))
    }

    fn everything_is_read(&self) -> bool {
        self.store.tables.positions.iter().all(|(place, row)| row.next_offset == self.log.end(place))
    }

    /// Nothing is due, and whoever is queued found nobody free at this turn.
    fn nothing_to_do(&mut self) -> bool {
        let stuck: BTreeMap<LeadId, u64> =
            self.store.tables.leads.iter().map(|(id, row)| (*id, row.lead.version)).collect();
        if self.without.turns {
            return true;
        }
        if self.due().is_some() {
            return false;
        }
        for _ in 0..LANES {
            self.store.tables.leases.clear();
            self.begin(0, Worker::Router, 1);
            for _ in 0..20 {
                if self.instances[0].step(&mut self.store, Worker::Router).is_err() {
                    return false;
                }
            }
        }
        self.store.tables.leads.iter().all(|(id, row)| stuck[id] == row.lead.version)
    }
}

fn stream_of(lead: LeadId) -> u8 {
    lead.0.as_bytes()[15] % 8
}
