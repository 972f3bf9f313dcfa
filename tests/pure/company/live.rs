//! A drawn company lives: people fill forms, sales says what it did, somebody leaves or moves, time goes on. Everything is
//! planned by the real plan; what every transaction promises is checked behind each.

use super::Tally;
use super::drawn::{Drawn, HOUSES, some_time};
use crate::plan::desk::Desk;
use crate::property::has_consequence;
use crate::simulation::prng::Prng;
use baton::domain::command::{Command, View};
use baton::domain::event::Event;
use baton::domain::fan_out::FanOut;
use baton::domain::ids::LeadId;
use baton::domain::lead::{Lead, StageKind};
use baton::domain::routing::Rotation;
use baton::domain::team::{MemberId, PoolId};
use baton::domain::time::Moment;
use baton::store::codec;
use baton::store::rows::AuditSubject;
use baton::transaction::ask::{self, AskRequest};
use baton::transaction::batch::{Batch, Entry, Idempotency, Outcome, Stream};
use baton::transaction::plan::Planned;
use baton::transaction::turn;
use std::collections::{BTreeMap, BTreeSet};

/// Sweeps of one stretch of time; what is left is passed late, as after an hour without a service.
const SWEEPS_MAX: usize = 60;
/// The sweeper looks this often.
pub const TICK: i64 = 5_000_000;

/// Where leads stand and who holds them.
type Stood = BTreeMap<LeadId, (StageKind, Option<MemberId>)>;

pub struct Company {
    pub drawn: Drawn,
    pub desk: Desk,
    pub prng: Prng,
    pub rotations: BTreeMap<PoolId, Rotation>,
    /// Leads that facts took past the router, not yet folded.
    pub entries: Vec<(i64, PoolId, MemberId)>,
    pub assigned: Vec<(Moment, MemberId)>,
    /// E-mail of everybody so far.
    pub people: Vec<String>,
    /// Up to when the feeds are known; `None`: up to now.
    pub feed_stands_at: Option<Moment>,
    /// Since when the sweeper has looked every few seconds and the feeds and the team are as they are.
    pub undisturbed_since: Moment,
    pub fired: BTreeSet<String>,
    pub shares: BTreeMap<(PoolId, MemberId), i128>,
    pub tally: Tally,
    /// Things told so far; gives each record and ask an id of its own.
    pub told: usize,
}

impl Company {
    pub fn new(seed: u64) -> Self {
        let mut prng = Prng::new(seed);
        let drawn = super::drawn::draw(&mut prng);
        let mut desk = Desk::new();
        (desk.team, desk.policy, desk.step) = (Some(drawn.team.clone()), Some(drawn.policy.clone()), 0);
        let undisturbed_since = desk.now;
        Self {
            drawn,
            desk,
            prng,
            rotations: BTreeMap::new(),
            entries: Vec::new(),
            assigned: Vec::new(),
            people: Vec::new(),
            feed_stands_at: None,
            undisturbed_since,
            fired: BTreeSet::new(),
            shares: BTreeMap::new(),
            tally: Tally::default(),
            told: 0,
        }
    }

    pub fn team(&self) -> &baton::domain::team::Team {
        self.desk.team.as_ref().unwrap()
    }

    pub fn leads(&self) -> impl Iterator<Item = &Lead> {
        self.desk.loaded.leads.values().map(|row| &row.lead)
    }

    /// One thing happens, and then router and sweeper have nothing left to do.
    pub fn step(&mut self) {
        match self.prng.below(12) {
            0 => self.speak(),
            1 | 2 => self.raise_hands(),
            3..=7 => self.sell(),
            8 => self.ask(),
            _time => self.wait(),
        }
        self.route();
        self.sweep();
        self.route();
        self.everybody_is_held();
    }

    /// A few people fill forms, of one batch.
    fn raise_hands(&mut self) {
        let mut entries = Vec::new();
        for _ in 0..=self.prng.below(3) {
            let number = self.people.len();
            let house = self.prng.below(HOUSES);
            let email = format!("p{number}@house{house}.example");
            self.people.push(email.clone());
            entries.push(self.form(&email, house, number));
        }
        self.commit(Batch::default(), entries);
    }

    /// The CRM reports what somebody did with somebody, mostly whoever holds the lead, and mostly what comes next.
    fn sell(&mut self) {
        let Some((email, by)) = self.somebody() else { return };
        self.told += 1;
        let next: &[&str] = match self.desk.lead(&email).stage.kind() {
            StageKind::Offered => &["accepted", "contacted", "declined", "rejected"],
            StageKind::SalesAccepted => &["contacted", "qualified", "qualified", "rejected"],
            StageKind::SalesQualified => &["accepted", "opened", "rejected"],
            StageKind::Opportunity => &["won", "lost", "no contact"],
            _any => &["accepted", "contacted", "qualified", "opened", "rejected", "no contact"],
        };
        let any = ["accepted", "declined", "contacted", "qualified", "rejected", "opened", "won", "lost"];
        let kind = if self.prng.one_in(4) { *self.prng.pick(&any) } else { *self.prng.pick(next) };
        let entry = match kind {
            "opened" | "won" | "lost" => self.deal(kind, &email, &by),
            "no contact" => self.no_contact(&email),
            said => self.said_by_sales(said, &email, &by),
        };
        self.commit(Batch::default(), vec![entry]);
    }

    /// Somebody who is known, and the CRM user of whoever holds the lead, or of anybody.
    fn somebody(&mut self) -> Option<(String, String)> {
        if self.people.is_empty() {
            return None;
        }
        let with_sales = |email: &&String| {
            let stage = self.desk.lead(email).stage.kind();
            [StageKind::Offered, StageKind::SalesAccepted, StageKind::SalesQualified, StageKind::Opportunity]
                .contains(&stage)
        };
        let worked: Vec<String> = self.people.iter().filter(with_sales).cloned().collect();
        let anybody = self.prng.one_in(4) || worked.is_empty();
        let email = self.prng.pick(if anybody { &self.people } else { &worked }).clone();
        let holder = self.desk.lead(&email).holder().map(|holder| holder.member().clone());
        let anybody = self.prng.pick(&self.drawn.reps).clone();
        let by = holder.filter(|_| !self.prng.one_in(4)).unwrap_or(anybody);
        Some((email, format!("u-{by}")))
    }

    /// Somebody presses a button.
    fn ask(&mut self) {
        let Some((email, by)) = self.somebody() else { return };
        self.told += 1;
        let lead = self.desk.lead(&email);
        let commands = [
            Command::AcceptLead,
            Command::DeclineLead,
            Command::ClaimLead,
            Command::ReassignLead { to: self.drawn.reps[self.told % self.drawn.reps.len()].clone() },
        ];
        let member = MemberId(by.trim_start_matches("u-").to_owned());
        let asked = AskRequest {
            lead: lead.id,
            other: None,
            command: commands[self.told % commands.len()].clone(),
            member: member.clone(),
            view: View { handoff: None, custody_version: Some(lead.custody_version) },
            note: None,
            idempotency: Idempotency {
                key: format!("ask-{}", self.told),
                actor: member.0,
                body_hash: [1; 32],
            },
        };
        let batch = ask::batch(&asked, Desk::keys(), self.desk.now);
        self.taken(batch);
    }

    /// Another team is in force, and whoever is switched off by it hands over.
    fn speak(&mut self) {
        let version = i64::try_from(self.told).unwrap() + 1;
        let said = self.drawn.said(&mut self.prng, self.desk.now);
        self.told += 1;
        self.desk.team = Some(self.drawn.team.in_force(version, said));
        self.undisturbed_since = self.desk.now;
        let gone: Vec<MemberId> =
            self.team().members().filter(|member| !member.active).map(|member| member.id.clone()).collect();
        for member in gone {
            let held = |lead: &&Lead| lead.holder().is_some_and(|holder| *holder.member() == member);
            let leads: Vec<Lead> = self.leads().filter(held).cloned().collect();
            let task = FanOut::MemberLeft { member: member.clone(), at: self.desk.now };
            let told = task.commands(&leads, self.desk.now).into_iter();
            let entries: Vec<Entry> = told
                .map(|(lead, at, command)| turn::tell(Desk::keys(), &task.key(), lead, at, command))
                .collect();
            if entries.is_empty() {
                continue;
            }
            self.tally.handed_over += u64::try_from(entries.len()).unwrap();
            let batch = Batch { stream: Some(Stream::Sweep(1)), entries, ..Batch::default() };
            let planned = self.taken(batch);
            for (lead, event) in events(&planned) {
                let blames = matches!(
                    event,
                    Event::ClockBreached { .. } | Event::LeadRejected { .. } | Event::OfferMissed { .. }
                );
                assert!(!blames, "a leaver is blamed for {lead}: {event:?}");
            }
        }
    }

    /// Time goes on: the sweeper looks every few seconds, unless nobody runs it or a feed stands still.
    fn wait(&mut self) {
        let end = self.desk.now.plus(some_time(&mut self.prng));
        match self.prng.below(6) {
            0 => self.feed_stands_at = self.feed_stands_at.or(Some(self.desk.now)),
            1 => {
                self.desk.now = end;
                self.undisturbed_since = end;
            }
            _well => {}
        }
        let mut sweeps = 0;
        while let Some(next) = self.next_due().filter(|next| *next <= end) {
            let late = i64::try_from(self.prng.below(usize::try_from(TICK).unwrap())).unwrap();
            self.desk.now = self.desk.now.max(next.plus(late)).min(end);
            self.sweep();
            if self.prng.one_in(4) {
                self.route();
            }
            sweeps += 1;
            if sweeps >= SWEEPS_MAX {
                self.undisturbed_since = end;
                break;
            }
        }
        self.desk.now = self.desk.now.max(end);
        if self.feed_stands_at.is_some() && self.prng.one_in(2) {
            self.feed_stands_at = None;
            self.undisturbed_since = self.desk.now;
        }
    }

    /// When the next clock may fire.
    fn next_due(&self) -> Option<Moment> {
        let due = self.leads().filter_map(|lead| Some(lead.custody()?.next_due_at()));
        due.filter(|at| self.feed_stands_at.is_none_or(|known| *at <= known)).min()
    }

    fn commit(&mut self, batch: Batch, entries: Vec<Entry>) -> Planned {
        let stood = self.stood();
        let planned = self.desk.run_as(batch, entries);
        self.promised(&stood, &planned);
        planned
    }

    /// The same for what is no record.
    pub fn taken(&mut self, batch: Batch) -> Planned {
        let stood = self.stood();
        let planned = self.desk.take(batch);
        self.promised(&stood, &planned);
        planned
    }

    fn stood(&self) -> Stood {
        self.leads().map(|lead| (lead.id, (lead.stage.kind(), holder(lead)))).collect()
    }

    /// What one transaction promises: nobody who is gone is offered or given a lead, and a rejection has its consequence.
    fn promised(&mut self, stood: &Stood, planned: &Planned) {
        let now = self.desk.now;
        let mut of_lead: BTreeMap<LeadId, Vec<Event>> = BTreeMap::new();
        for (lead, event) in events(planned) {
            if let Event::LeadOffered { rep, .. } | Event::CloserOffered { rep, .. } = &event {
                assert!(self.team().is_there(rep, now), "{rep} is not there and was offered a lead");
            }
            of_lead.entry(lead).or_default().push(event);
        }
        for row in &planned.write.leads {
            let before = stood.get(&row.lead.id).and_then(|(_, holder)| holder.as_ref());
            if let Some(new) = holder(&row.lead).filter(|new| before != Some(new)) {
                assert!(self.is_active(&new), "{new} has left and is given {:?}", row.lead.stage);
            }
        }
        for (lead, events) in of_lead {
            // Of whom nothing was handed over, the CRM's word is noted.
            let handed_over = stood.get(&lead).is_some_and(|(stage, _)| *stage != StageKind::Captured);
            let rejected = events.iter().any(|event| matches!(event, Event::LeadRejected { .. }));
            if rejected && handed_over {
                assert!(has_consequence(&events), "a rejection stands alone: {events:?}");
                let told = |row: &&baton::store::rows::OutboxRow| {
                    row.lead == lead && row.event_type == "feedback.rejected.v1"
                };
                assert!(planned.write.outbox.iter().any(|row| told(&row)), "marketing is not told");
                self.tally.rejected += 1;
            }
        }
        for row in &planned.write.rotation_entries {
            let number =
                i64::try_from(self.entries.len()).unwrap() + self.entries.last().map_or(0, |last| last.0);
            self.entries.push((number + 1, row.pool.clone(), row.member.clone()));
        }
        let is_at_fault = |it: &&Outcome| matches!(it, Outcome::Parked(_) | Outcome::Quarantined(_));
        assert_eq!(
            planned.outcomes.iter().find(is_at_fault),
            None,
            "a record of this history could not be decided"
        );
    }

    pub fn is_active(&self, member: &MemberId) -> bool {
        self.team().member(member).is_some_and(|member| member.active)
    }

    /// Every open lead has one holder who may act, and a running clock (`story::check` sees to the clock).
    fn everybody_is_held(&mut self) {
        for lead in self.leads() {
            crate::story::check(lead, self.team());
            if let Some(holder) = lead.holder() {
                let stage = &lead.stage;
                assert!(self.is_active(holder.member()), "{} has left and holds {stage:?}", holder.member());
            }
        }
        self.tally.leads = u64::try_from(self.desk.loaded.leads.len()).unwrap();
    }
}

fn holder(lead: &Lead) -> Option<MemberId> {
    lead.holder().map(|holder| holder.member().clone())
}

/// What a transaction decided, with the lead of each event.
pub fn events(planned: &Planned) -> Vec<(LeadId, Event)> {
    let rows = planned.write.audit.iter();
    rows.filter_map(|row| match row.subject {
        AuditSubject::Lead(lead) => Some((lead, codec::read_event(&row.payload).unwrap())),
        _other => None,
    })
    .collect()
}
