//! A plan's surroundings in memory: the real decoder's records; what a plan writes is there for the next, and each is made
//! twice and held against what every transaction promises.

use crate::contract::violations;
use crate::story::{POLICY, TEAM, start};
use baton::contract::keys::Keys;
use baton::contract::request::Who;
use baton::contract::{Decoder, RecordIn, policy_text};
use baton::domain::ids::{IdentityKey, LeadId};
use baton::domain::lead::{Lead, Origin};
use baton::domain::policy::{Policy, Reference};
use baton::domain::team::Team;
use baton::domain::time::{DAY, MINUTE, Moment};
use baton::store::erasure::Belongings;
use baton::store::rows::{AuditSubject, ErasedKey, OutTopic, OutboxRow};
use baton::store::write_set::WriteSet;
use baton::transaction::batch::{
    Batch, DuplicateKey, Entry, Intake, Move, Outcome, Raw, RecordRef, Redrive, Stream,
};
use baton::transaction::loaded::{AccountState, Loaded, Waiting, World};
use baton::transaction::plan::{Planned, plan};
use baton::transaction::turn;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

static DECODER: LazyLock<Decoder> =
    LazyLock::new(|| Decoder::new(Keys::new(b"a service key for tests", 1)).unwrap());
static REFERENCE: LazyLock<Reference> =
    LazyLock::new(|| policy_text::reference(policy_text::DEFAULT_REFERENCE).unwrap());

/// State between transactions.
pub struct Desk {
    pub loaded: Loaded,
    pub now: Moment,
    pub live_from: Moment,
    pub policy: Option<Policy>,
    pub team: Option<Team>,
    /// How far time goes on before each transaction.
    pub step: i64,
    /// What queues behind parked leads, in order.
    pub queue: Vec<Waiting>,
    offsets: BTreeMap<String, i64>,
    /// Every outbox row so far.
    pub published: Vec<OutboxRow>,
    /// Last `topic_sequence` of a lead on a topic.
    sequences: BTreeMap<(LeadId, OutTopic), i64>,
    /// Head hash of each lead.
    heads: BTreeMap<LeadId, [u8; 32]>,
    /// Last audit number of each stream.
    streams: BTreeMap<String, i64>,
    /// CRM keys of people.
    crm: BTreeMap<LeadId, BTreeSet<String>>,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            loaded: Loaded::default(),
            now: start(),
            live_from: start().plus(-365 * DAY),
            policy: None,
            team: None,
            step: MINUTE,
            queue: Vec::new(),
            offsets: BTreeMap::new(),
            published: Vec::new(),
            sequences: BTreeMap::new(),
            heads: BTreeMap::new(),
            streams: BTreeMap::new(),
            crm: BTreeMap::new(),
        }
    }

    /// One record of a topic, in structured mode, decoded.
    pub fn entry(&mut self, topic: &str, event: &Value) -> Entry {
        self.bytes(topic, event.to_string().into_bytes())
    }

    pub fn bytes(&mut self, topic: &str, value: Vec<u8>) -> Entry {
        let offset = self.offsets.entry(topic.to_owned()).or_insert(0);
        let record = RecordRef { topic: topic.into(), partition: 0, offset: *offset, timestamp: self.now };
        *offset += 1;
        let headers = vec![("content-type".to_owned(), b"application/cloudevents+json".to_vec())];
        let decoded = DECODER.decode(
            RecordIn {
                topic,
                partition: 0,
                offset: record.offset,
                timestamp: self.now,
                key: None,
                headers: &headers,
                value: Some(&value),
                received_at: self.now,
            },
            &REFERENCE,
        );
        Entry {
            record: Some(record),
            raw: Raw { key: None, headers, value: Some(value) },
            duplicate: decoded.duplicate.map(|(minute, digest)| DuplicateKey { minute, digest }),
            content: decoded.content,
            decoded: decoded.decoded,
            reference: None,
        }
    }

    /// Plans and takes over one batch of records.
    pub fn run(&mut self, entries: Vec<Entry>) -> Planned {
        self.run_as(Batch::default(), entries)
    }

    /// The same in a batch that says more.
    pub fn run_as(&mut self, batch: Batch, entries: Vec<Entry>) -> Planned {
        let mut lanes: BTreeMap<String, Move> = BTreeMap::new();
        for record in entries.iter().filter_map(|entry| entry.record.as_ref()) {
            let moved = lanes.entry(record.topic.to_string()).or_insert_with(|| Move {
                topic: record.topic.clone(),
                partition: 0,
                epoch: 1,
                from: record.offset,
                to: record.offset,
                last_hash: Some([7; 32]),
                caught_up_to: Some(record.timestamp),
            });
            moved.to = record.offset + 1;
        }
        self.take(Batch { entries, moves: lanes.into_values().collect(), ..batch })
    }

    /// The same for what is no record: asks, clocks, offers.
    pub fn take(&mut self, batch: Batch) -> Planned {
        self.now = self.now.plus(self.step);
        let world = World {
            now: self.now,
            policy: self.policy.as_ref().unwrap_or(&POLICY),
            team: self.team.as_ref().unwrap_or(&TEAM),
            reference: &REFERENCE,
            live_from: self.live_from,
            timeline: 0,
            keys: DECODER.keys(),
            board_url: None,
        };
        self.loaded.belongings = self.belongings();
        let planned = plan(&batch, &self.loaded, &world).unwrap();
        let again = plan(&batch, &self.loaded, &world).unwrap();
        assert_eq!(planned.write, again.write, "the same batch plans the same rows");
        assert_eq!(planned.outcomes, again.outcomes);
        assert_eq!(planned.outcomes.len(), batch.entries.len(), "one outcome for each record");
        Self::counts(&batch, &planned);
        self.chain(&planned.write);
        self.records(&planned.write);
        self.keep(&batch, &planned.write);
        planned
    }

    /// What the load reads of leads that a batch may erase.
    fn belongings(&self) -> BTreeMap<LeadId, Belongings> {
        let of = |lead: &LeadId| Belongings {
            keys: self.loaded.identities.iter().filter(|(_, it)| *it == lead).map(|(key, _)| *key).collect(),
            crm: self.crm.get(lead).into_iter().flatten().cloned().collect(),
            absorbed: BTreeSet::new(),
        };
        self.loaded.leads.keys().map(|lead| (*lead, of(lead))).collect()
    }

    /// The keys that everything is looked up under.
    pub fn keys() -> &'static Keys {
        DECODER.keys()
    }

    fn counts(batch: &Batch, planned: &Planned) {
        for moved in &batch.moves {
            let key = (moved.topic.to_string(), moved.partition);
            let row =
                planned.write.ledger.iter().find(|row| (row.topic.clone(), row.partition) == key).unwrap();
            let sum = row.applied + row.duplicate + row.filtered + row.refused + row.parked + row.quarantined;
            assert_eq!(row.read, sum, "the ledger does not add up: {row:?}");
            assert_eq!(i64::from(row.read), row.to_offset - row.from_offset);
            let position = planned.write.positions.iter().find(|it| it.topic == key.0).unwrap();
            assert_eq!(position.next_offset, moved.to);
        }
        for (entry, outcome) in batch.entries.iter().zip(&planned.outcomes) {
            let Some(record) = &entry.record else { continue };
            let kept_already = batch.redrive.as_ref().is_some_and(|it| it.from == Intake::Quarantined);
            if let (Outcome::Quarantined(_), false) = (outcome, kept_already) {
                let kept = |row: &&baton::store::rows::KeptRow| {
                    row.offset == record.offset && *row.topic == *record.topic
                };
                assert_eq!(planned.write.quarantine.iter().filter(kept).count(), 1);
            }
        }
    }

    /// Numbers are gapless by stream, versions by lead, and each row names the hash of its lead's last.
    fn chain(&mut self, write: &WriteSet) {
        let mut versions: BTreeMap<LeadId, u64> =
            self.loaded.leads.iter().map(|(id, row)| (*id, row.lead.version)).collect();
        for row in &write.audit {
            let last = self.streams.entry(row.stream.clone()).or_insert(0);
            assert_eq!(row.stream_sequence, *last + 1, "a gap in {}", row.stream);
            *last += 1;
            let AuditSubject::Lead(lead) = row.subject else { continue };
            let version = versions.entry(lead).or_insert(0);
            assert_eq!(row.version, i64::try_from(*version).unwrap() + 1, "a gap in the lead's versions");
            *version += 1;
            let head = self.heads.entry(lead).or_insert([0; 32]);
            assert_eq!(row.previous, *head, "the chain is broken");
            assert_ne!(row.hash, row.previous);
            *head = row.hash;
        }
        for row in &write.leads {
            assert_eq!(row.lead.version, versions[&row.lead.id], "state and audit disagree");
            assert_eq!(row.head_hash, self.heads[&row.lead.id]);
            crate::story::check(&row.lead, self.team.as_ref().unwrap_or(&TEAM));
        }
    }

    /// What is published holds against its schema, is numbered without a gap, and names nobody.
    fn records(&mut self, write: &WriteSet) {
        for row in &write.outbox {
            let Some(payload) = &row.payload else {
                assert_eq!(row.topic, OutTopic::State, "tombstones are for the compacted topic");
                continue;
            };
            let text = String::from_utf8(payload.clone()).unwrap();
            assert!(!text.contains('@'), "an address is published: {}", row.event_type);
            let document: Value = serde_json::from_slice(payload).unwrap();
            let schema = format!("{}/{}.schema.json", row.topic.name(), row.event_type);
            let faults = violations(&schema, &document);
            assert!(faults.is_empty(), "{schema}: {}\n{text}", faults.join("; "));
            if row.topic != OutTopic::State {
                let last = self.sequences.entry((row.lead, row.topic)).or_insert(0);
                assert_eq!(row.topic_sequence, *last + 1, "a gap on {}", row.topic.name());
                *last += 1;
            }
        }
        self.published.extend(write.outbox.iter().cloned());
        for row in &write.audit {
            assert!(
                !row.payload.windows(8).any(|window| window == b"@example"),
                "an address stands in the audit"
            );
        }
    }

    /// What the next transaction will load.
    fn keep(&mut self, batch: &Batch, write: &WriteSet) {
        for entry in &batch.entries {
            if let (Some(key), Ok(_)) = (entry.duplicate, &entry.decoded) {
                self.loaded.seen.entry(key).or_insert(entry.content);
            }
        }
        self.loaded.told.extend(super::retries::told(write));
        self.loaded.identities.extend(write.identities.iter().map(|row| (row.key, row.lead)));
        let anew = write.identities.iter().filter_map(|row| Some((row.key, row.not_before?)));
        self.loaded.listed.erased.extend(anew.map(|(key, at)| (key, ErasedKey { at, lead: None })));
        for row in &write.persons {
            self.crm.entry(row.lead).or_default().extend(row.crm.iter().cloned());
        }
        for row in &write.erasures {
            self.loaded.identities.retain(|_, lead| !row.leads.contains(lead));
            for key in row.keys.iter().filter(|key| !self.loaded.identities.contains_key(key)) {
                self.loaded.listed.erased.insert(*key, ErasedKey { at: row.at, lead: row.lead });
            }
        }
        self.loaded.listed.said.extend(write.consents.iter().copied());
        self.loaded.leads.extend(write.leads.iter().map(|row| (row.lead.id, row.clone())));
        for row in &write.accounts {
            for key in &row.keys {
                self.loaded.accounts_by_key.entry(key.clone()).or_insert(row.id);
            }
            let state: &mut AccountState = self.loaded.accounts.entry(row.id).or_default();
            state.kind = row.kind.clone().or_else(|| state.kind.take());
            state.owner = row.owner.clone().or_else(|| state.owner.take());
        }
        self.loaded.opportunities.extend(write.opportunities.iter().map(|row| (row.id, row.clone())));
        self.loaded.contacts.extend(write.contacts.iter().map(|row| (row.opportunity, row.lead)));
        self.loaded.contacts.retain(|contact| !write.contacts_gone.contains(contact));
        for row in &write.campaigns {
            let origin = Origin::parse(row.origin).unwrap();
            let known = self.loaded.campaigns.entry(row.id.clone()).or_insert((origin, row.at));
            if row.at >= known.1 {
                *known = (origin, row.at);
            }
        }
        for row in &write.anonymous {
            self.loaded.anonymous.entry(row.key).or_default().push(row.signal);
        }
        for row in &write.parked {
            if write.parked_anew.contains(&row.kept.id) {
                let from = self.loaded.waiting.iter().position(|it| it.id == row.kept.id).unwrap();
                let waiting = self.loaded.waiting.remove(from);
                self.queue.push(Waiting { keys: row.keys.clone(), ..waiting });
                continue;
            }
            let place = (row.kept.topic.as_str(), row.kept.offset);
            let stands = |it: &RecordRef| (&*it.topic, it.offset) == place;
            let entry = batch.entries.iter().find(|it| it.record.as_ref().is_some_and(stands));
            if let Some(entry) = entry {
                let mut waiting = Waiting { id: row.kept.id, keys: row.keys.clone(), entry: entry.clone() };
                waiting.entry.duplicate = None;
                let known = self.queue.iter().any(|queued| queued.id == waiting.id);
                match row.kept.reason {
                    "lead_parked" if known => {}
                    "lead_parked" => self.queue.push(waiting),
                    _ => self.loaded.waiting.push(waiting),
                }
            }
        }
        let resolved: BTreeSet<_> = write.parked_resolved.iter().map(|(id, _)| *id).collect();
        self.loaded.waiting.retain(|waiting| !resolved.contains(&waiting.id));
        self.queue.retain(|waiting| !resolved.contains(&waiting.id));
        for row in &write.positions {
            self.loaded.positions.insert((row.topic.clone(), row.partition), row.audit_sequence);
        }
        self.loaded.streams.extend(write.streams.iter().cloned());
    }

    /// The stored state of the lead that an e-mail names, to be damaged and mended.
    pub fn state(&mut self, email: &str) -> &mut Lead {
        let id = self.lead(email).id;
        &mut self.loaded.leads.get_mut(&id).unwrap().lead
    }

    /// The lead that an e-mail names.
    pub fn lead(&self, email: &str) -> &Lead {
        let key = DECODER.keys().email(email);
        let id = self.loaded.identities.get(&key).unwrap_or_else(|| panic!("nobody is {email}"));
        &self.loaded.leads[id].lead
    }

    /// Redrives the first records that queue behind any parked lead.
    pub fn redrive(&mut self, rows_max: usize) -> Planned {
        let waiting: Vec<Waiting> = self.queue.iter().take(rows_max).cloned().collect();
        let rows: Vec<_> = waiting.iter().map(|waiting| waiting.id).collect();
        let beyond = |lead: &LeadId| {
            let key = IdentityKey::lead(*lead);
            self.queue.iter().any(|waiting| waiting.keys.contains(&key) && !rows.contains(&waiting.id))
        };
        let parked = self.loaded.leads.values().filter(|row| row.lead.parked.is_some());
        let leads: BTreeSet<LeadId> = parked.map(|row| row.lead.id).collect();
        self.loaded.queued_behind = leads.iter().copied().filter(beyond).collect();
        self.loaded.kept = rows.iter().copied().collect();
        let act = Box::new(turn::redrive(DECODER.keys(), *leads.first().unwrap(), Who::Operator, self.now));
        let redrive = Some(Redrive { from: Intake::Parked, rows, leads, act });
        let entries = waiting.into_iter().map(|waiting| waiting.entry).collect();
        self.take(Batch { stream: Some(Stream::Web(0)), entries, redrive, ..Batch::default() })
    }

    /// Types published so far, in order, without the state topic.
    pub fn types(&self) -> Vec<&str> {
        let told = self.published.iter().filter(|row| row.topic != OutTopic::State);
        told.map(|row| row.event_type.as_str()).collect()
    }

    /// An RFC 3339 time so many minutes before now.
    pub fn minutes_ago(&self, minutes: i64) -> String {
        self.now.plus(-minutes * MINUTE).to_string()
    }

    /// An event around data, a minute old.
    pub fn event(&self, event_type: &str, id: &str, data: Value) -> Value {
        json!({
            "specversion": "1.0", "id": id, "source": "/test", "type": format!("io.baton.{event_type}"),
            "time": self.minutes_ago(1), "data": data,
        })
    }

    /// A form of a vice president, unless the title is another.
    pub fn form(&mut self, id: &str, email: &str, title: &str) -> Entry {
        let data = json!({
            "form_id": "form-demo-en", "form_kind": "demo",
            "person": {
                "email": email, "first_name": "Priya", "last_name": "Raman", "job_title": title, "country": "DE",
                "company": { "name": "Northwind", "domain": "northwind-robotics.example", "employees": 500,
                    "industry": "software" },
            },
        });
        let event = self.event("form.submitted.v1", id, data);
        self.entry("marketing.form-fills.v1", &event)
    }

    /// A report of the CRM about the person with an e-mail, by somebody of the team.
    pub fn crm(&mut self, event_type: &str, id: &str, email: &str, by: &str, more: Value) -> Entry {
        let mut data = json!({
            "person": { "email": email },
            "actor": { "system": "crm", "object": "user", "id": by },
        });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let event = self.event(event_type, id, data);
        let topic = if event_type.starts_with("sales.") { "sales.feedback.v1" } else { "crm.lead-events.v1" };
        self.entry(topic, &event)
    }
}

/// The router's or the sweeper's batch around one entry.
pub fn loop_batch(stream: Stream, entry: Entry) -> Batch {
    Batch { stream: Some(stream), entries: vec![entry], ..Batch::default() }
}
