//! The CRM's own records of leads: written by the integration, entered by hand, changed. It never judges a lead.

use serde_json::json;

use super::Company;
use super::desk::{DeskAct, Standing};
use super::hours::{DAY, HOUR};
use super::roster::{self, COLLEAGUES, crm_key, user_key};
use super::selling::who;
use super::words::{CAMPAIGNS, OUTBOUND};

impl Company {
    /// The integration wrote the routed lead into the CRM and says under which id.
    pub(super) fn link(&mut self, lead: usize) {
        if self.leads[lead].linked {
            return;
        }
        self.leads[lead].linked = true;
        let record = &self.leads[lead];
        let mut data = json!({"crm": crm_key("lead", &record.crm_id), "record_origin": "integration"});
        if let Some(id) = &record.lead_id {
            data["lead_id"] = json!(id);
        }
        if let Some(email) = &record.email {
            data["person"] = json!({"email": email});
        }
        if let Some(rep) = record.rep {
            data["owner"] = user_key(rep);
        }
        self.file(lead, "crm.lead.created.v1", data);
        if self.other_record(lead).is_some() {
            let days = self.leads[lead].rng.between(1, 4);
            self.desk_act(self.settings.rhythm.working(self.now + days * DAY), lead, DeskAct::Unite);
        }
    }

    /// Another record that the CRM holds of the same person: they wrote under two addresses.
    fn other_record(&self, lead: usize) -> Option<usize> {
        let person = self.leads[lead].person?;
        self.leads.iter().enumerate().find_map(|(place, other)| {
            let stands = self.by_crm_id.get(&other.crm_id) == Some(&place);
            (place != lead && other.person == Some(person) && other.linked && stands).then_some(place)
        })
    }

    /// The CRM's duplicate job merges two records of one person; the one that sales has come further with stays.
    pub(super) fn unite(&mut self, lead: usize) {
        let Some(other) = self.other_record(lead) else { return };
        let (winner, loser) = if self.leads[other].standing >= self.leads[lead].standing {
            (other, lead)
        } else {
            (lead, other)
        };
        let gone = crm_key("lead", &self.leads[loser].crm_id);
        let data = json!({
            "crm": crm_key("lead", &self.leads[winner].crm_id),
            "winner": crm_key("lead", &self.leads[winner].crm_id),
            "losers": [gone],
            "change": {"by": "system"},
        });
        self.file(winner, "crm.lead.merged.v1", data);
        for place in self.by_crm_id.values_mut().chain(self.by_lead_id.values_mut()) {
            if *place == loser {
                *place = winner;
            }
        }
        for place in self.leads_by_email.values_mut().filter(|place| **place == loser) {
            *place = winner;
        }
        self.leads[winner].united = true;
        let gone = &mut self.leads[loser];
        gone.assignment += 1;
        gone.rep = None;
        gone.standing = Standing::Resting;
    }

    /// A rep found the person without marketing's help and enters them.
    pub(super) fn enter_by_hand(&mut self, who: usize) {
        let email = self.people[who].email.clone();
        if self.leads_by_email.contains_key(&email) {
            return;
        }
        let lead = self.open_lead(None, Some(email.clone()));
        let person = &self.people[who];
        let firm = person.firm.map(|place| &self.firms[place]);
        let pool = roster::members(roster::pool_for(firm.map(|firm| firm.employees)));
        let mut data = json!({
            "crm": crm_key("lead", &self.leads[lead].crm_id),
            "record_origin": "human",
            "lead_source": "outbound",
            "campaign_id": CAMPAIGNS[OUTBOUND].id,
            "person": {
                "email": email, "first_name": person.first_name, "last_name": person.last_name,
                "job_title": person.title, "country": person.country, "phone": person.phone,
            },
        });
        if let Some(firm) = firm {
            data["person"]["company"] = firm.data();
        }
        let record = &mut self.leads[lead];
        let rep = *record.rng.pick(&pool);
        data["created_by"] = user_key(rep);
        data["owner"] = user_key(rep);
        record.rep = Some(rep);
        record.linked = true;
        record.standing = Standing::Working;
        self.file(lead, "crm.lead.created.v1", data);
        let soon = self.settings.rhythm.add_working(self.now, 3 * HOUR);
        self.desk_act(soon, lead, DeskAct::Attempt);
    }

    /// A field of the CRM's record changes: mostly a better phone number, sometimes the owner.
    pub(super) fn change_record(&mut self, lead: usize, rep: usize) {
        let mut data = who(&mut self.leads[lead]);
        data["change"] = json!({"by": "human", "actor_id": format!("u-{}", COLLEAGUES[rep].id)});
        let pool = roster::members(COLLEAGUES[rep].pool);
        let other = *self.leads[lead].rng.pick(&pool);
        if other != rep && self.leads[lead].rng.chance(350) {
            data["changed_fields"] = json!(["owner"]);
            data["owner"] = user_key(other);
            data["previous"] = json!({"owner": user_key(rep)});
            self.leads[lead].rep = Some(other);
        } else {
            data["changed_fields"] = json!(["person.phone"]);
            data["person"]["phone"] =
                json!(format!("+1 555 0199 {:04}", self.leads[lead].rng.between(0, 9_999)));
        }
        self.file(lead, "crm.lead.updated.v1", data);
    }
}
