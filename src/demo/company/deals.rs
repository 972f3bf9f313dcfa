//! Deals: opened, updated, won or lost, with revisions, amounts, contacts and dates. It never decides what a lead's stage is.

use serde_json::{Value, json};

use super::desk::Standing;
use super::hours::{DAY, HOUR, Millis, date, timestamp};
use super::record::Draft;
use super::roster::{crm_key, user_key};
use super::words::COMPETITORS;
use super::{Act, Company};

/// A deal in the CRM.
#[derive(Debug, Clone)]
pub(super) struct Deal {
    lead: usize,
    id: String,
    revision: u32,
    /// Whole units of `currency`.
    amount: i64,
    currency: &'static str,
    stage: usize,
    opened_at: Millis,
    close_on: Millis,
    owner: usize,
    account: Option<Value>,
    contacts: Value,
    kind: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DealAct {
    Update,
    Close,
}

/// Stages of an open deal with the chance that the CRM shows, in percent.
const STAGES: [(&str, i64); 3] = [("discovery", 20), ("proposal", 50), ("negotiation", 75)];

/// The longest and the shortest life of a deal, in days.
const DEAL_DAYS: (i64, i64) = (5, 50);

impl Company {
    /// Reports the account of this lead's company, once, or again as a customer.
    pub(super) fn publish_account(&mut self, lead: usize, customer: bool) {
        let Some(place) = self.leads[lead].person.and_then(|who| self.people[who].firm) else { return };
        if self.firms[place].account_published && !customer {
            return;
        }
        self.firms[place].account_published = true;
        let firm = &self.firms[place];
        let mut data = json!({
            "account_id": firm.account_id(),
            "name": firm.name,
            "domains": [firm.domain],
            "kind": if customer || firm.customer { "customer" } else { "prospect" },
            "segment": super::roster::pool_for(Some(firm.employees)),
            "region": firm.country,
        });
        if let Some(rep) = self.leads[lead].rep {
            data["owner"] = user_key(rep);
        }
        if customer {
            data["customer_since"] = json!(date(self.now));
        }
        let key = firm.account_id();
        // Two leads of one company may each report it: the label names the lead and its record.
        let record = &mut self.leads[lead];
        record.records += 1;
        let label = format!("account/{key}/{}/{}", record.crm_id, record.records);
        self.emit(&Draft::crm("crm.account.updated.v1", &key, label, data));
    }

    pub(super) fn open_deal(&mut self, lead: usize, owner: usize) {
        if self.leads[lead].standing != Standing::Qualified {
            return;
        }
        // Between the call and the deal some change their mind: the SQL is taken back.
        if self.leads[lead].rng.chance(70) {
            let reason = self.verdict(lead);
            self.reject(lead, owner, reason);
            return;
        }
        self.publish_account(lead, false);
        self.leads[lead].standing = Standing::InDeal;
        let firm = self.leads[lead].person.and_then(|who| self.people[who].firm);
        let contacts = self.contacts(lead, firm);
        let place = self.deals.len();
        let record = &mut self.leads[lead];
        record.records += 1;
        let id = format!("006{}", super::desk::short_hash(&format!("{}/{}", record.crm_id, record.records)));
        let employees = firm.map_or(120, |place| self.firms[place].employees);
        let (low, high) = match employees {
            ..50 => (30, 90),
            50..200 => (60, 240),
            200..2_001 => (180, 800),
            _ => (600, 2_600),
        };
        let amount = record.rng.between(low, high) * 100;
        let days = record.rng.between(DEAL_DAYS.0, DEAL_DAYS.1);
        let (now, kind) = (
            self.now,
            if firm.is_some_and(|place| self.firms[place].customer) { "expansion" } else { "new_business" },
        );
        let close_on = self.settings.rhythm.working(now + days * DAY);
        let deal = Deal {
            lead,
            id,
            revision: 1,
            amount,
            currency: currency(firm.map_or("US", |place| self.firms[place].country)),
            stage: 0,
            opened_at: now,
            close_on,
            owner,
            account: firm.map(|place| crm_key("account", &self.firms[place].account_id())),
            contacts,
            kind,
        };
        self.deals.push(deal);
        if let Some(place) = firm {
            self.firms[place].open_deal = true;
        }
        self.report_deal(place, "crm.opportunity.opened.v1", json!({}));
        let updates = self.leads[lead].rng.between(0, 2).min(days / 6);
        for number in 1..=updates {
            let at = now + (close_on - now) * number / (updates + 1);
            self.schedule(self.settings.rhythm.working(at), Act::Deal(place, DealAct::Update));
        }
        let hours = self.leads[lead].rng.between(1, 6);
        self.schedule(
            self.settings.rhythm.working(close_on) + hours * HOUR,
            Act::Deal(place, DealAct::Close),
        );
    }

    /// The lead itself, and sometimes a colleague who also came to us.
    fn contacts(&mut self, lead: usize, firm: Option<usize>) -> Value {
        let mut contacts = vec![
            json!({"crm": crm_key("lead", &self.leads[lead].crm_id), "role": "decision maker", "primary": true}),
        ];
        if !self.leads[lead].linked
            && let Some(id) = &self.leads[lead].lead_id
        {
            contacts[0] = json!({"lead_id": id, "role": "decision maker", "primary": true});
        }
        let person = self.leads[lead].person;
        let colleague =
            firm.and_then(|place| self.firms[place].people.iter().copied().find(|who| Some(*who) != person));
        if let Some(colleague) = colleague
            && self.leads[lead].rng.chance(400)
        {
            contacts.push(json!({"email": self.people[colleague].email, "role": "user", "primary": false}));
        }
        Value::Array(contacts)
    }

    pub(super) fn deal(&mut self, place: usize, act: DealAct) {
        let lead = self.deals[place].lead;
        match act {
            DealAct::Update => {
                let rng = &mut self.leads[lead].rng;
                let (change, slips) = (rng.between(-15, 25), rng.chance(300));
                let deal = &mut self.deals[place];
                deal.revision += 1;
                deal.stage = (deal.stage + 1).min(STAGES.len() - 1);
                deal.amount = deal.amount * (100 + change) / 100;
                if slips {
                    deal.close_on += 7 * DAY;
                }
                self.report_deal(place, "crm.opportunity.updated.v1", json!({}));
            }
            DealAct::Close => self.close_deal(place, lead),
        }
    }

    fn close_deal(&mut self, place: usize, lead: usize) {
        self.deals[place].revision += 1;
        if let Some(firm) = self.leads[lead].person.and_then(|who| self.people[who].firm) {
            self.firms[firm].open_deal = false;
        }
        let closed_on = date(self.now);
        let wins = (self.leads[lead].worth * 10 - 230).clamp(80, 780);
        if self.leads[lead].rng.chance(wins) {
            self.report_deal(
                place,
                "crm.opportunity.won.v1",
                json!({"stage": "won", "probability": 100, "closed_on": closed_on}),
            );
            if self.deals[place].kind == "new_business" {
                self.publish_account(lead, true);
            }
        } else {
            let rng = &mut self.leads[lead].rng;
            let reason = rng.weighted(&[
                ("price", 30),
                ("no_decision", 32),
                ("competitor", 20),
                ("product_gap", 14),
                ("other", 4),
            ]);
            let mut more =
                json!({"stage": "lost", "probability": 0, "closed_on": closed_on, "reason": reason});
            if reason == "competitor" {
                more["competitor"] = json!(*rng.pick(&COMPETITORS));
            }
            self.report_deal(place, "crm.opportunity.lost.v1", more);
        }
        let record = &mut self.leads[lead];
        record.standing = Standing::Resting;
        record.assignment += 1;
        record.rep = None;
    }

    fn report_deal(&mut self, place: usize, kind: &'static str, more: Value) {
        let deal = &self.deals[place];
        let (stage, probability) = STAGES[deal.stage];
        let mut data = json!({
            "opportunity": {"system": "crm", "id": deal.id},
            "revision": deal.revision,
            "contacts": deal.contacts,
            "kind": deal.kind,
            "opened_at": timestamp(deal.opened_at).to_string(),
            "stage": stage,
            "probability": probability,
            "amount": format!("{}.00", deal.amount),
            "recurring_amount": format!("{}.00", deal.amount * 4 / 5),
            "currency": deal.currency,
            "term_months": 12,
            "close_date": date(deal.close_on),
            "owner": user_key(deal.owner),
        });
        if let Some(account) = &deal.account {
            data["account"] = account.clone();
        }
        if let Value::Object(more) = more {
            for (name, value) in more {
                data[name] = value;
            }
        }
        self.file(deal.lead, kind, data);
    }

    /// Whether somebody is on holiday.
    pub(super) fn is_away(&self, colleague: usize, at: Millis) -> bool {
        self.away[colleague].is_some_and(|(from, until)| from <= at && at < until)
    }
}

fn currency(country: &str) -> &'static str {
    match country {
        "GB" => "GBP",
        "DE" | "FR" | "NL" | "IE" | "ES" | "IT" => "EUR",
        _ => "USD",
    }
}
