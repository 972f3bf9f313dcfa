//! A toy of the service: enough of intake, scoring, routing and clocks to make the company's CRM react. It is no
//! model of the policy.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{Company, OutRecord, Settings};

#[derive(Debug, Clone)]
pub(super) struct ToyLead {
    pub(super) stage: &'static str,
    pub(super) hand_raise: bool,
    pub(super) mql: bool,
    email: String,
    points: i64,
    small: bool,
    pool: &'static str,
    cycle: u32,
    rep: String,
    offers: u32,
    accept_by: Timestamp,
    priority: i64,
}

#[derive(Debug, Default)]
pub(super) struct Toy {
    pub(super) leads: BTreeMap<String, ToyLead>,
    pub(super) reassigned: u32,
    by_crm: BTreeMap<String, String>,
    anonymous: BTreeMap<String, i64>,
    turn: usize,
    due: BTreeSet<(Timestamp, String)>,
    out: Vec<(String, Value)>,
}

const POOLS: [(&str, &[&str]); 3] = [
    ("enterprise", &["ana-ruiz", "ben-okafor", "chloe-martin"]),
    ("mid-market", &["dev-patel", "emma-larsen", "felix-braun", "grace-kim"]),
    ("small", &["hugo-silva", "iris-novak", "jonas-weber"]),
];

pub(super) struct Run {
    pub(super) records: Vec<OutRecord>,
    pub(super) toy: Toy,
    pub(super) company: Company,
}

/// Runs a company against the toy in steps of ten minutes.
pub(super) fn run(settings: Settings, days: i64) -> Run {
    let end = settings.start + SignedDuration::from_hours(24 * days);
    let mut now = settings.start;
    let mut company = Company::new(settings);
    let (mut toy, mut records) = (Toy::default(), Vec::new());
    while now < end {
        let batch = company.advance(now);
        for record in &batch {
            toy.read(record, now);
        }
        toy.sweep(now);
        for (kind, data) in std::mem::take(&mut toy.out) {
            company.observe(&kind, &data, now);
        }
        records.extend(batch);
        now += SignedDuration::from_mins(10);
    }
    Run { records, toy, company }
}

pub(super) fn header<'a>(record: &'a OutRecord, name: &str) -> &'a str {
    record
        .headers
        .iter()
        .find(|header| header.0 == name)
        .map_or("", |header| std::str::from_utf8(&header.1).unwrap())
}

impl Toy {
    fn read(&mut self, record: &OutRecord, now: Timestamp) {
        let Ok(data) = serde_json::from_slice::<Value>(&record.value) else { return };
        let kind = header(record, "ce_type").trim_start_matches("io.baton.").to_owned();
        let email = self.who(&data);
        if kind == "form.submitted.v1" {
            if data["test"] == true || data["bot_score"].as_i64() >= Some(80) || email.is_none() {
                return;
            }
            let lead = self.lead(&email.unwrap());
            if let Some(count) = data.pointer("/person/company/employees").and_then(Value::as_i64) {
                lead.small = count < 50;
                lead.pool = POOLS[if count > 2_000 {
                    0
                } else if count >= 200 {
                    1
                } else {
                    2
                }]
                .0;
            }
            let raised =
                matches!(data["form_kind"].as_str().unwrap(), "demo" | "contact" | "pricing" | "trial");
            lead.hand_raise |= raised;
            let (email, points) = (lead.email.clone(), if raised { 60 } else { 12 });
            let visits = self.anonymous.remove(data["anonymous_id"].as_str().unwrap_or("")).unwrap_or(0);
            self.score(&email, points + visits, raised, now);
        } else if kind == "signal.recorded.v1" {
            let points = match data["kind"].as_str().unwrap() {
                "webinar_registered" => 8,
                "webinar_attended" | "event_attended" => 20,
                "product_activated" | "chat" | "inbound_call" => 30,
                _ => 5,
            };
            match email {
                Some(email) => self.score(&email, points, points == 30, now),
                None => {
                    *self.anonymous.entry(data["anonymous_id"].as_str().unwrap().to_owned()).or_default() +=
                        points;
                }
            }
        } else if let Some(email) = email {
            self.fact(&kind, &email, &data, now);
        }
    }

    fn who(&mut self, data: &Value) -> Option<String> {
        let crm =
            data.pointer("/crm/id").or_else(|| data.pointer("/contacts/0/crm/id")).and_then(Value::as_str);
        let email = data.pointer("/person/email").and_then(Value::as_str).map(str::to_owned);
        if let (Some(crm), Some(email)) = (crm, &email) {
            self.by_crm.insert(crm.to_owned(), email.clone());
        }
        email.or_else(|| crm.and_then(|crm| self.by_crm.get(crm).cloned()))
    }

    fn lead(&mut self, email: &str) -> &mut ToyLead {
        self.leads.entry(email.to_owned()).or_insert_with(|| ToyLead {
            stage: "captured",
            hand_raise: false,
            mql: false,
            email: email.to_owned(),
            points: 0,
            small: true,
            pool: "small",
            cycle: 1,
            rep: String::new(),
            offers: 0,
            accept_by: Timestamp::MAX,
            priority: 3,
        })
    }

    fn score(&mut self, email: &str, points: i64, raised: bool, now: Timestamp) {
        let lead = self.lead(email);
        lead.points += points;
        let closed = matches!(lead.stage, "recycled" | "lost" | "won");
        if raised && closed {
            lead.cycle += 1;
            lead.offers = 0;
            lead.stage = "captured";
        }
        if lead.stage == "captured" && (raised || (lead.points >= 60 && !lead.small)) {
            lead.mql = true;
            lead.priority = if raised { 1 } else { 2 };
            self.offer(email, now, "lead.routed.v1");
        }
    }

    fn offer(&mut self, email: &str, now: Timestamp, kind: &str) {
        self.turn += 1;
        let turn = self.turn;
        let lead = self.lead(email);
        let reps = POOLS.iter().find(|(pool, _)| *pool == lead.pool).unwrap().1;
        lead.rep = reps[turn % reps.len()].to_owned();
        lead.stage = "mql";
        lead.offers += 1;
        lead.accept_by = now + SignedDuration::from_mins(if lead.priority == 1 { 30 } else { 90 });
        let due = (lead.accept_by, email.to_owned());
        self.due.insert(due);
        self.publish(email, kind);
    }

    fn publish(&mut self, email: &str, kind: &str) {
        let lead = &self.leads[email];
        let id =
            |what: &str| Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{what}/{email}").as_bytes()).to_string();
        let data = json!({
            "lead_id": id("lead"), "handoff_id": id(&lead.cycle.to_string()), "person": {"email": email}, "priority": lead.priority,
            "holder": {"kind": "rep", "id": lead.rep, "crm": {"system": "crm", "object": "user", "id": format!("u-{}", lead.rep)}},
        });
        self.out.push((format!("io.baton.{kind}"), data));
    }

    fn sweep(&mut self, now: Timestamp) {
        while let Some((at, email)) = self.due.pop_first() {
            if at > now {
                self.due.insert((at, email));
                return;
            }
            let lead = &self.leads[&email];
            if lead.stage == "mql" && lead.accept_by == at && lead.offers < 3 {
                self.reassigned += 1;
                self.offer(&email, now, "lead.reassigned.v1");
            }
        }
    }

    fn fact(&mut self, kind: &str, email: &str, data: &Value, now: Timestamp) {
        let human = kind == "crm.lead.created.v1" && data["record_origin"] == "human";
        let lead = self.lead(email);
        let before = lead.stage;
        lead.stage = match (kind, lead.stage) {
            ("crm.lead.created.v1", "captured") if human => "sal",
            ("crm.lead.accepted.v1" | "crm.lead.contacted.v1", "mql") => "sal",
            ("crm.lead.qualified.v1", "mql" | "sal") => "sql",
            ("crm.opportunity.opened.v1", _) => "opportunity",
            ("crm.opportunity.won.v1", _) => "won",
            ("crm.opportunity.lost.v1", _) => "lost",
            ("sales.lead.rejected.v1", "mql" | "sal" | "sql") => match data["reason"].as_str().unwrap() {
                "no_fit" | "junk" => "disqualified",
                "bad_data" | "duplicate" | "existing_customer" | "existing_opportunity" => "captured",
                "wrong_segment" | "wrong_territory" => "mql",
                _ => "recycled",
            },
            (_, stage) => stage,
        };
        let after = lead.stage;
        match (kind, after) {
            ("crm.lead.declined.v1", "mql") => self.offer(email, now, "lead.reassigned.v1"),
            ("sales.lead.rejected.v1", "mql") => {
                if let Some(pool) = data["proposed_pool"].as_str() {
                    self.lead(email).pool = POOLS.iter().find(|known| known.0 == pool).unwrap().0;
                }
                self.offer(email, now, "lead.reassigned.v1");
            }
            (_, "recycled" | "disqualified") if before != after => {
                self.publish(email, &format!("lead.{after}.v1"));
            }
            (_, "sal") if before != after => self.publish(email, "lead.accepted.v1"),
            _ => {}
        }
    }
}
