//! Why sales gives a lead back, and what it says with each reason. It never decides what follows from it.

use serde_json::{Value, json};

use super::Company;
use super::desk::Standing;
use super::hours::{DAY, date};
use super::people::Kind;
use super::roster::{self, COLLEAGUES, crm_key, user_key};
use super::words::COMPETITORS;

/// The reason codes that a rep of the first leg may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Unreachable,
    BadTiming,
    NoNeed,
    NoBudget,
    NoAuthority,
    NoFit,
    CompetitorChosen,
    /// With the field that is wrong or missing.
    BadData(&'static str),
    ExistingCustomer,
    ExistingOpportunity,
    WrongTerritory,
    /// With the pool that should have it.
    WrongSegment(&'static str),
    /// Of the CRM lead at this place.
    Duplicate(usize),
    Junk(&'static str),
    OptOut,
    Other,
}

impl Company {
    /// What a rep sees before calling anybody: rubbish, wrong data, somebody else's lead.
    pub(super) fn first_look(&mut self, lead: usize, rep: usize) -> Option<Reason> {
        let person = self.leads[lead].person?;
        let person = &self.people[person];
        let firm = person.firm.map(|place| &self.firms[place]);
        let other_record = self
            .leads_by_email
            .get(&person.email)
            .copied()
            .filter(|place| *place != lead && self.leads[*place].linked);
        let mistyped = self.leads[lead].email.as_ref() != Some(&person.email);
        let fits = roster::pool_for(firm.map(|firm| firm.employees));
        let rng = &mut self.leads[lead].rng;
        match person.kind {
            Kind::Student if rng.chance(850) => return Some(Reason::Junk("student")),
            Kind::JobSeeker if rng.chance(900) => return Some(Reason::Junk("job_seeker")),
            Kind::Bot => return Some(Reason::Junk("spam")),
            Kind::Competitor | Kind::Staff if rng.chance(900) => return Some(Reason::Junk("vendor")),
            Kind::OfCustomer if rng.chance(600) => return Some(Reason::ExistingCustomer),
            Kind::FreeMail if rng.chance(220) => return Some(Reason::BadData("company.name")),
            Kind::Buyer
            | Kind::FreeMail
            | Kind::Student
            | Kind::JobSeeker
            | Kind::Competitor
            | Kind::Staff
            | Kind::OfCustomer => {}
        }
        if let Some(first) = other_record {
            return Some(Reason::Duplicate(first));
        }
        if mistyped || (person.unreachable_mail && rng.chance(450)) {
            return Some(Reason::BadData("person.email"));
        }
        if firm.is_some_and(|firm| firm.open_deal) && rng.chance(350) {
            return Some(Reason::ExistingOpportunity);
        }
        let pool = COLLEAGUES[rep].pool;
        let misplaced = pool != fits && rng.chance(if pool == "low-touch" { 150 } else { 600 });
        if misplaced {
            return Some(Reason::WrongSegment(fits));
        }
        if rng.chance(10) {
            // The form named a branch; the contract would be the group's.
            let larger = if pool == "mid-market" { "enterprise" } else { "mid-market" };
            return Some(Reason::WrongSegment(larger));
        }
        rng.chance(18).then_some(Reason::WrongTerritory)
    }

    /// Why a conversation ended in a no.
    pub(super) fn verdict(&mut self, lead: usize) -> Reason {
        let record = &mut self.leads[lead];
        let junior = record.worth < 30;
        record.rng.weighted(&[
            (Reason::NoNeed, 20),
            (Reason::BadTiming, 22),
            (Reason::NoBudget, 15),
            (Reason::NoAuthority, if junior { 18 } else { 8 }),
            (Reason::NoFit, if junior { 16 } else { 6 }),
            (Reason::CompetitorChosen, 8),
            (Reason::OptOut, 8),
            (Reason::Other, 3),
        ])
    }

    /// The rep gives the lead back.
    pub(super) fn reject(&mut self, lead: usize, rep: usize, reason: Reason) {
        let more = self.reason_data(lead, rep, reason);
        self.report(lead, "sales.lead.rejected.v1", rep, more);
        let record = &mut self.leads[lead];
        record.standing = Standing::Resting;
        record.assignment += 1;
        record.rep = None;
    }

    /// The code and what it demands.
    fn reason_data(&mut self, lead: usize, rep: usize, reason: Reason) -> Value {
        let now = self.now;
        let employees = self.leads[lead]
            .person
            .and_then(|who| self.people[who].firm)
            .map(|place| self.firms[place].employees);
        let duplicate_of = if let Reason::Duplicate(first) = reason {
            json!({"crm": crm_key("lead", &self.leads[first].crm_id)})
        } else {
            Value::Null
        };
        let record = &mut self.leads[lead];
        let rng = &mut record.rng;
        match reason {
            Reason::Unreachable => json!({"reason": "unreachable", "attempts": record.attempts}),
            Reason::BadTiming => {
                let retry = date(now + rng.between(20, 150) * DAY);
                json!({"reason": "bad_timing", "retry_on": retry})
            }
            Reason::NoNeed => json!({"reason": "no_need"}),
            Reason::NoBudget => json!({"reason": "no_budget"}),
            Reason::NoAuthority => json!({"reason": "no_authority"}),
            Reason::NoFit => {
                let sub_reason = if employees.is_some_and(|count| count < 50) {
                    "size"
                } else {
                    *rng.pick(&["industry", "role", "use_case"])
                };
                json!({"reason": "no_fit", "sub_reason": sub_reason})
            }
            Reason::CompetitorChosen => {
                json!({"reason": "competitor_chosen", "competitor": *rng.pick(&COMPETITORS)})
            }
            Reason::BadData(field) => json!({"reason": "bad_data", "fields": [field]}),
            Reason::ExistingCustomer => json!({"reason": "existing_customer"}),
            Reason::ExistingOpportunity => json!({"reason": "existing_opportunity"}),
            Reason::WrongTerritory => {
                let pool: Vec<usize> =
                    roster::members(COLLEAGUES[rep].pool).into_iter().filter(|place| *place != rep).collect();
                json!({"reason": "wrong_territory", "proposed_owner": user_key(*rng.pick(&pool))})
            }
            Reason::WrongSegment(pool) => json!({"reason": "wrong_segment", "proposed_pool": pool}),
            Reason::Duplicate(_) => json!({"reason": "duplicate", "duplicate_of": duplicate_of}),
            Reason::Junk(kind) => json!({"reason": "junk", "sub_reason": kind}),
            Reason::OptOut => {
                let scope = if rng.chance(300) { "marketing" } else { "all" };
                json!({"reason": "opt_out", "scope": scope})
            }
            Reason::Other => {
                json!({"reason": "other", "note": "They are being bought, and nothing is decided before that."})
            }
        }
    }
}
