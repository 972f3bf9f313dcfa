//! What reps do with a lead: look, accept, pass, call, judge. Each act is a record of the CRM. It never touches marketing's side.

use serde_json::{Value, json};

use super::Company;
use super::desk::{CrmLead, DeskAct, Standing};
use super::hours::{DAY, HOUR, MINUTE, date, timestamp};
use super::record::Draft;
use super::roster::{self, COLLEAGUES, Pace, crm_key, user_key};
use super::verdict::Reason;
use super::words::NOTES;

/// Attempts that sales owes before somebody counts as unreachable (the default policy's).
const ATTEMPTS_OWED: u32 = 5;

impl Company {
    /// Does an act, unless the lead has gone to somebody else meanwhile.
    pub(super) fn desk(&mut self, lead: usize, assignment: u32, rep: Option<usize>, act: DeskAct) {
        if act == DeskAct::Link {
            self.link(lead);
            return;
        }
        if act == DeskAct::Unite {
            self.unite(lead);
            return;
        }
        if self.leads[lead].assignment != assignment {
            // Somebody who has not looked at the list accepts what is no longer theirs.
            if let (DeskAct::React, Some(former)) = (act, rep)
                && self.leads[lead].rng.chance(80)
            {
                self.report(lead, "crm.lead.accepted.v1", former, json!({}));
            }
            return;
        }
        if act == DeskAct::TakeFromQueue {
            self.take_from_queue(lead);
            return;
        }
        let Some(rep) = self.leads[lead].rep else { return };
        match act {
            DeskAct::Link | DeskAct::TakeFromQueue | DeskAct::Unite => {}
            DeskAct::React => self.react(lead, rep),
            DeskAct::Attempt => self.attempt(lead, rep),
            DeskAct::Meet => self.meet(lead, rep),
            DeskAct::Judge => self.judge(lead, rep),
            DeskAct::CompleteFacts => {
                if self.leads[lead].standing >= Standing::Qualified {
                    let facts = self.facts(lead, true);
                    self.report(lead, "crm.lead.qualified.v1", rep, facts);
                }
            }
            DeskAct::CloserAccepts => self.report(lead, "crm.lead.accepted.v1", rep, json!({})),
            DeskAct::OpenDeal => self.open_deal(lead, rep),
        }
    }

    /// A fact of the CRM about this lead: who it is, who did it, and `more`.
    pub(super) fn report(&mut self, lead: usize, kind: &'static str, actor: usize, more: Value) {
        let record = &mut self.leads[lead];
        let mut data = who(record);
        data["actor"] = user_key(actor);
        if let Some(handoff) = &record.handoff_id
            && !matches!(kind, "crm.lead.contacted.v1" | "sales.feedback.noted.v1")
        {
            data["handoff_id"] = json!(handoff);
        }
        if let Value::Object(more) = more {
            for (name, value) in more {
                data[name] = value;
            }
        }
        self.file(lead, kind, data);
    }

    /// Emits a record about this lead under a label of its own.
    pub(super) fn file(&mut self, lead: usize, kind: &'static str, data: Value) {
        let record = &mut self.leads[lead];
        record.records += 1;
        let label = format!("crm/{}/{}", record.crm_id, record.records);
        let key = record.email.clone().unwrap_or_else(|| record.crm_id.clone());
        self.emit(&Draft::crm(kind, &key, label, data));
    }

    /// Somebody takes the lead that lies in a queue; whether it is theirs to take, the service's answer says.
    fn take_from_queue(&mut self, lead: usize) {
        if self.leads[lead].standing != Standing::Offered {
            return;
        }
        let firm = self.leads[lead].person.and_then(|who| self.people[who].firm);
        let fits = roster::pool_for(firm.map(|place| self.firms[place].employees));
        let rng = &mut self.leads[lead].rng;
        // Now and then the size is not what decided, and somebody of another pool has to take it.
        let pool = if rng.chance(600) { fits } else { *rng.pick(&roster::POOLS) };
        let rep = *rng.pick(&roster::members(pool));
        let again = self.now + rng.between(DAY, 2 * DAY);
        self.report(lead, "crm.lead.accepted.v1", rep, json!({}));
        self.desk_act(self.settings.rhythm.working(again), lead, DeskAct::TakeFromQueue);
    }

    fn react(&mut self, lead: usize, rep: usize) {
        if self.leads[lead].standing != Standing::Offered {
            return;
        }
        if let Some(reason) = self.first_look(lead, rep) {
            self.reject(lead, rep, reason);
            return;
        }
        let draw = self.leads[lead].rng.between(0, 999);
        if draw < 35 {
            self.report(lead, "crm.lead.declined.v1", rep, json!({}));
            self.leads[lead].rep = None;
            self.leads[lead].assignment += 1;
            return;
        }
        self.leads[lead].standing = Standing::Working;
        if draw < 160 {
            // Calls at once and forgets to press accept.
            self.attempt(lead, rep);
            return;
        }
        self.report(lead, "crm.lead.accepted.v1", rep, json!({}));
        if draw > 930 {
            // A sequence writes first; no human did, so it counts for nothing.
            let mut data = contact(&self.leads[lead], "email", "attempted");
            data["automated"] = json!(true);
            self.report(lead, "crm.lead.contacted.v1", rep, data);
        }
        let rng = &mut self.leads[lead].rng;
        let prepares = match COLLEAGUES[rep].pace {
            Pace::Fast => rng.between(3 * MINUTE, 40 * MINUTE),
            Pace::Normal | Pace::OftenAway => rng.between(8 * MINUTE, 3 * HOUR),
            Pace::Slow => rng.between(HOUR, 9 * HOUR),
        };
        if draw < 185 {
            self.change_record(lead, rep);
        }
        let at = self.settings.rhythm.add_working(self.now, prepares);
        self.desk_act(at, lead, DeskAct::Attempt);
    }

    fn attempt(&mut self, lead: usize, rep: usize) {
        if self.leads[lead].standing != Standing::Working {
            return;
        }
        if self.is_away(rep, self.now) {
            self.desk_act(self.settings.rhythm.working(self.now + 2 * DAY), lead, DeskAct::Attempt);
            return;
        }
        let bad_mail = self.leads[lead].person.is_some_and(|who| self.people[who].unreachable_mail);
        let now = self.now;
        let record = &mut self.leads[lead];
        record.attempts += 1;
        if record.attempts == 1 {
            record.first_attempt = now;
        }
        let channel = if bad_mail {
            "phone"
        } else {
            record.rng.weighted(&[("phone", 50), ("email", 38), ("social", 12)])
        };
        let reaches = if bad_mail { 150 } else { 180 + record.worth * 5 };
        let talks = record.rng.chance(reaches);
        let books = talks && record.rng.chance(350);
        // They called back before the rep tried again.
        let inbound = talks && record.attempts > 1 && record.rng.chance(200);
        let outcome = if books {
            "meeting_booked"
        } else if talks {
            "conversation"
        } else if channel == "phone" {
            "voicemail"
        } else {
            "attempted"
        };
        let meeting = self.settings.rhythm.working(now + record.rng.between(DAY, 4 * DAY));
        let mut data = contact(record, channel, outcome);
        if inbound {
            data["direction"] = json!("inbound");
        }
        if books {
            data["meeting_at"] = json!(timestamp(meeting).to_string());
        }
        self.report(lead, "crm.lead.contacted.v1", rep, data);
        if talks && self.leads[lead].rng.chance(90) {
            self.note(lead, rep);
        }
        if books {
            self.desk_act(meeting + 30 * MINUTE, lead, DeskAct::Meet);
        } else if talks {
            let thinks = self.leads[lead].rng.between(10 * MINUTE, 20 * HOUR);
            self.desk_act(self.settings.rhythm.add_working(now, thinks / 4), lead, DeskAct::Judge);
        } else {
            self.try_again(lead, rep);
        }
    }

    fn try_again(&mut self, lead: usize, rep: usize) {
        let now = self.now;
        let record = &mut self.leads[lead];
        let long_enough = now - record.first_attempt >= 3 * DAY;
        let lazy = record.attempts >= 2 && COLLEAGUES[rep].pace == Pace::Slow && record.rng.chance(150);
        if lazy || (record.attempts >= ATTEMPTS_OWED && long_enough) {
            self.reject(lead, rep, Reason::Unreachable);
            return;
        }
        let pause = record.rng.between(5 * HOUR, 26 * HOUR);
        self.desk_act(self.settings.rhythm.working(now + pause), lead, DeskAct::Attempt);
    }

    fn meet(&mut self, lead: usize, rep: usize) {
        if self.leads[lead].standing != Standing::Working {
            return;
        }
        let came = !self.leads[lead].rng.chance(130);
        let data = contact(&self.leads[lead], "meeting", if came { "meeting_held" } else { "no_show" });
        self.report(lead, "crm.lead.contacted.v1", rep, data);
        if came {
            self.desk_act(self.settings.rhythm.add_working(self.now, 50 * MINUTE), lead, DeskAct::Judge);
        } else {
            self.try_again(lead, rep);
        }
    }

    fn judge(&mut self, lead: usize, rep: usize) {
        if self.leads[lead].standing != Standing::Working {
            return;
        }
        let record = &mut self.leads[lead];
        let good = (record.worth * 11 - 220).clamp(40, 850);
        if record.rng.chance(good) {
            self.qualify(lead, rep);
        } else if record.rng.chance(50) {
            // Nothing more is heard of it: the deadline will tell.
        } else {
            let reason = self.verdict(lead);
            self.reject(lead, rep, reason);
        }
    }

    fn qualify(&mut self, lead: usize, rep: usize) {
        self.publish_account(lead, false);
        let complete = !self.leads[lead].rng.chance(160);
        let mut facts = self.facts(lead, complete);
        let pool = roster::members(COLLEAGUES[rep].pool);
        let closer = *self.leads[lead].rng.pick(&pool);
        if closer != rep && self.leads[lead].rng.chance(150) {
            facts["next_owner"] = user_key(closer);
        }
        self.report(lead, "crm.lead.qualified.v1", rep, facts);
        self.leads[lead].standing = Standing::Qualified;
        let wait = self.leads[lead].rng.between(DAY, 4 * DAY);
        if !complete && self.leads[lead].rng.chance(750) {
            self.desk_act(self.settings.rhythm.working(self.now + wait / 3), lead, DeskAct::CompleteFacts);
        }
        if self.leads[lead].rng.chance(890) {
            self.desk_act(self.settings.rhythm.working(self.now + wait), lead, DeskAct::OpenDeal);
        }
    }

    /// `facts{}` and what comes with them; an incomplete set misses the SQL definition.
    fn facts(&mut self, lead: usize, complete: bool) -> Value {
        let rng = &mut self.leads[lead].rng;
        let next_step = date(self.now + rng.between(3, 12) * DAY);
        let months = rng.between(1, 9);
        let facts = if complete {
            let authority = *rng.pick(&["decides", "influences"]);
            let budget = *rng.pick(&["confirmed", "plausible", "plausible"]);
            json!({"need": "yes", "authority": authority, "budget": budget, "timeline_months": months})
        } else {
            json!({"need": *rng.pick(&["yes", "unknown"]), "authority": "unknown", "budget": "unknown", "timeline_months": months})
        };
        let mut data = json!({"facts": facts});
        if complete {
            data["next_step_on"] = json!(next_step);
        }
        data
    }

    fn note(&mut self, lead: usize, rep: usize) {
        let (theme, note) = *self.leads[lead].rng.pick(&NOTES);
        let may_quote = self.leads[lead].rng.chance(300);
        let mut data = json!({"theme": theme, "note": note, "may_quote": may_quote});
        if let Some(who) = self.leads[lead].person {
            data["campaign_id"] = json!(super::words::CAMPAIGNS[self.people[who].campaign].id);
        }
        self.report(lead, "sales.feedback.noted.v1", rep, data);
    }
}

/// The keys that name the lead in a fact: the CRM's own once it has reported its record, the service's before.
pub(super) fn who(record: &mut CrmLead) -> Value {
    let mut data = json!({});
    if record.linked {
        data["crm"] = crm_key("lead", &record.crm_id);
    }
    if let Some(id) = &record.lead_id
        && (!record.linked || record.rng.chance(600))
    {
        data["lead_id"] = json!(id);
    }
    data
}

fn contact(record: &CrmLead, channel: &str, outcome: &str) -> Value {
    json!({
        "attempt_id": format!("att-{}-{}", &record.crm_id[3..], record.records + 1),
        "channel": channel,
        "direction": "outbound",
        "outcome": outcome,
        "automated": false,
    })
}
