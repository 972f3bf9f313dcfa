//! The CRM's side: which lead records it holds, and what it makes of what the service publishes. It knows nothing but that.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::hours::{DAY, HOUR, MINUTE, Millis, SECOND};
use super::prng::Rng;
use super::roster::{self, COLLEAGUES, Pace};
use super::{Act, Company};

/// How far sales has come with a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Known, and nobody's to work on.
    Resting,
    Offered,
    Working,
    Qualified,
    InDeal,
}

/// A lead record in the CRM.
#[derive(Debug, Clone)]
pub(super) struct CrmLead {
    /// The person behind it; none for somebody whom the company did not invent.
    pub(super) person: Option<usize>,
    pub(super) email: Option<String>,
    pub(super) lead_id: Option<String>,
    pub(super) crm_id: String,
    /// The CRM has reported its own record, so that the CRM key may name the lead.
    pub(super) linked: bool,
    /// The CRM has merged another record into this one.
    pub(super) united: bool,
    pub(super) handoff_id: Option<String>,
    pub(super) rep: Option<usize>,
    /// Raised whenever the lead is somebody else's to work on: what the former rep had in mind is void.
    pub(super) assignment: u32,
    pub(super) standing: Standing,
    pub(super) attempts: u32,
    pub(super) first_attempt: Millis,
    pub(super) worth: i64,
    pub(super) records: u32,
    pub(super) rng: Rng,
}

/// What somebody in sales (or the CRM's integration) does with a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeskAct {
    /// The integration writes the lead into the CRM.
    Link,
    /// The rep looks at the offer.
    React,
    /// A rep of the pool takes a lead that nobody took.
    TakeFromQueue,
    Attempt,
    /// The time of a booked meeting.
    Meet,
    Judge,
    /// The facts that were missing.
    CompleteFacts,
    CloserAccepts,
    OpenDeal,
    /// The CRM's duplicate job merges this record with the other one of the same person.
    Unite,
}

/// Ten characters that stand for a text.
pub(super) fn short_hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let number = digest.iter().take(5).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:010x}")
}

fn text<'a>(data: &'a Value, pointer: &str) -> Option<&'a str> {
    data.pointer(pointer).and_then(Value::as_str)
}

/// Of a thousand leads that came back to a queue, so many are left lying there: nobody of the pool ever takes them.
const LEFT_LYING_PER_MILLE: i64 = 300;
/// Offers of one passage before its queue's steward takes over, as the default policy has it.
const OFFERS_MAX: u64 = 3;

impl Company {
    /// Takes note of a record of `handoff.leads.v1` (its CloudEvents type, with or without `io.baton.`, and its data)
    /// and lets the reps react to it in their own time after `now`.
    pub fn observe(&mut self, ce_type: &str, data: &Value, now: jiff::Timestamp) {
        self.counts.observed += 1;
        if self.is_old(data) {
            return;
        }
        let now = now.as_millisecond().max(self.now);
        let kind = ce_type.strip_prefix(super::record::TYPE_PREFIX).unwrap_or(ce_type);
        let opens =
            matches!(kind, "lead.routed.v1" | "lead.reassigned.v1" | "lead.queued.v1" | "lead.accepted.v1");
        let Some(lead) = self.find_lead(data, opens) else { return };
        if kind == "lead.merged.v1" {
            // What the CRM merged itself is worked on as one record already.
            if !self.leads[lead].united {
                self.released(lead);
                self.leads[lead].standing = Standing::Resting;
            }
            return;
        }
        self.note_keys(lead, data);
        match kind {
            "lead.routed.v1" | "lead.reassigned.v1" => self.assigned(lead, data, now),
            "lead.queued.v1" => self.queued(lead, data, now),
            // After the third offer the lead lies with the queue's steward, who finds somebody in the next days.
            "lead.offer_withdrawn.v1" if data.get("offer_no").and_then(Value::as_u64) >= Some(OFFERS_MAX) => {
                self.queued(lead, data, now);
            }
            "lead.offer_withdrawn.v1" => self.released(lead),
            "lead.accepted.v1" => self.accepted_elsewhere(lead, data, now),
            "lead.sales_qualified.v1" => self.qualified_elsewhere(lead, data, now),
            "lead.recycled.v1"
            | "lead.disqualified.v1"
            | "lead.suppressed.v1"
            | "lead.erased.v1"
            | "lead.won.v1"
            | "lead.lost.v1" => {
                self.released(lead);
                self.leads[lead].standing = Standing::Resting;
            }
            "lead.activity_noted.v1" => self.answer_activity(lead, now),
            // The rest tells the CRM what it reported itself.
            _ => {}
        }
    }

    /// The person stirs while a rep works on them: often the rep tries again because of it.
    fn answer_activity(&mut self, lead: usize, now: Millis) {
        if self.leads[lead].standing == Standing::Working && self.leads[lead].rng.chance(400) {
            let soon = self.settings.rhythm.add_working(now, 90 * MINUTE);
            self.desk_act(soon, lead, DeskAct::Attempt);
        }
    }

    /// Whether the CRM has read this record before (delivery is at least once): by its place in the lead's sequence.
    fn is_old(&mut self, data: &Value) -> bool {
        let (Some(id), Some(sequence)) =
            (text(data, "/lead_id"), data.get("topic_sequence").and_then(Value::as_u64))
        else {
            return false;
        };
        let last = self.read_up_to.entry(id.to_owned()).or_insert(0);
        let old = sequence <= *last && *last > 0;
        *last = sequence.max(*last);
        old
    }

    fn find_lead(&mut self, data: &Value, opens: bool) -> Option<usize> {
        let lead_id = text(data, "/lead_id");
        let email = text(data, "/person/email").map(str::to_lowercase);
        if let Some(known) = lead_id.and_then(|id| self.by_lead_id.get(id)) {
            return Some(*known);
        }
        let keys = data.get("crm").and_then(Value::as_array);
        let by_key = keys
            .into_iter()
            .flatten()
            .filter_map(|key| text(key, "/id"))
            .find_map(|id| self.by_crm_id.get(id));
        if let Some(known) = by_key {
            return Some(*known);
        }
        let same_address = email.as_ref().and_then(|email| self.leads_by_email.get(email)).copied();
        if let Some(known) = same_address {
            return Some(known);
        }
        if opens && (lead_id.is_some() || email.is_some()) {
            Some(self.open_lead(lead_id, email))
        } else {
            None
        }
    }

    /// A new lead record for whoever this is; not reported yet.
    pub(super) fn open_lead(&mut self, lead_id: Option<&str>, email: Option<String>) -> usize {
        let name = email.clone().or_else(|| lead_id.map(str::to_owned)).unwrap_or_default();
        let mut rng = Rng::named(self.settings.seed, &format!("crm/{name}"));
        let person = email.as_ref().and_then(|email| self.by_email.get(email)).copied();
        // Somebody typed in from outside is taken for a fair prospect.
        let worth = person.map_or_else(|| rng.between(45, 85), |who| self.people[who].worth);
        let crm_id = format!("00Q{}", short_hash(&format!("{}/{name}", self.settings.seed)));
        let place = self.leads.len();
        self.by_crm_id.insert(crm_id.clone(), place);
        if let Some(email) = &email {
            self.leads_by_email.insert(email.clone(), place);
        }
        self.leads.push(CrmLead {
            person,
            email,
            lead_id: None,
            crm_id,
            linked: false,
            united: false,
            handoff_id: None,
            rep: None,
            assignment: 0,
            standing: Standing::Resting,
            attempts: 0,
            first_attempt: 0,
            worth,
            records: 0,
            rng,
        });
        place
    }

    fn note_keys(&mut self, lead: usize, data: &Value) {
        if let Some(id) = text(data, "/lead_id") {
            self.by_lead_id.insert(id.to_owned(), lead);
            self.leads[lead].lead_id = Some(id.to_owned());
        }
    }

    /// Which colleague holds the lead, if a rep does.
    fn holder(data: &Value) -> Option<usize> {
        text(data, "/holder/crm/id")
            .or_else(|| text(data, "/holder/crm"))
            .and_then(roster::find)
            .or_else(|| text(data, "/holder/id").and_then(roster::find))
    }

    fn assigned(&mut self, lead: usize, data: &Value, now: Millis) {
        let holder = Self::holder(data).filter(|place| COLLEAGUES[*place].role == roster::Role::Rep);
        let handoff = text(data, "/handoff_id").map(str::to_owned);
        let Some(rep) = holder else {
            self.queued(lead, data, now);
            return;
        };
        let record = &mut self.leads[lead];
        if record.rep == Some(rep) && record.handoff_id == handoff {
            return;
        }
        let another = record.handoff_id != handoff || record.standing == Standing::Resting;
        record.handoff_id = handoff;
        record.rep = Some(rep);
        record.assignment += 1;
        if another {
            record.attempts = 0;
            record.standing = Standing::Offered;
        }
        let standing = record.standing;
        if !record.linked {
            let soon = now + record.rng.between(SECOND, 4 * SECOND);
            self.desk_act(soon, lead, DeskAct::Link);
        }
        match standing {
            Standing::Resting | Standing::Offered => self.plan_reaction(lead, rep, data, now),
            Standing::Working => {
                let soon = self.settings.rhythm.add_working(now, 2 * HOUR);
                self.desk_act(soon, lead, DeskAct::Attempt);
            }
            Standing::Qualified => {
                let soon = self.settings.rhythm.add_working(now, 4 * HOUR);
                self.desk_act(soon, lead, DeskAct::OpenDeal);
            }
            Standing::InDeal => {}
        }
    }

    /// When this rep gets to this offer, if at all: the priority sets the haste, the pace what comes of it.
    fn plan_reaction(&mut self, lead: usize, rep: usize, data: &Value, now: Millis) {
        let owed = match data.get("priority").and_then(Value::as_i64) {
            Some(1) => 5 * MINUTE,
            Some(2) => 30 * MINUTE,
            Some(4) => 8 * HOUR,
            Some(_) | None => 4 * HOUR,
        };
        let rng = &mut self.leads[lead].rng;
        let (forgets, share) = match COLLEAGUES[rep].pace {
            Pace::Fast => (8, rng.between(60, 700)),
            Pace::Normal | Pace::OftenAway => (30, rng.between(120, 1_150)),
            Pace::Slow => (90, rng.between(400, 2_600)),
        };
        if rng.chance(forgets) {
            return;
        }
        let at = self.settings.rhythm.add_working(now, owed * share / 1_000);
        if !self.is_away(rep, at) {
            self.desk_act(at, lead, DeskAct::React);
        }
    }

    fn queued(&mut self, lead: usize, data: &Value, now: Millis) {
        let handoff = text(data, "/handoff_id").map(str::to_owned);
        if self.leads[lead].handoff_id == handoff && self.leads[lead].standing >= Standing::Working {
            return;
        }
        self.released(lead);
        let record = &mut self.leads[lead];
        if record.handoff_id != handoff {
            record.handoff_id = handoff;
            record.attempts = 0;
        }
        record.standing = Standing::Offered;
        let waits = record.rng.between(DAY, 3 * DAY);
        if record.rng.chance(LEFT_LYING_PER_MILLE) {
            return;
        }
        self.desk_act(self.settings.rhythm.working(now + waits), lead, DeskAct::TakeFromQueue);
    }

    fn released(&mut self, lead: usize) {
        let record = &mut self.leads[lead];
        record.assignment += 1;
        record.rep = None;
    }

    /// Accepted with the button of the service's own page: the rep goes on from there.
    fn accepted_elsewhere(&mut self, lead: usize, data: &Value, now: Millis) {
        let holder = Self::holder(data);
        let record = &mut self.leads[lead];
        // What the CRM reported itself comes back too, perhaps after the next step: that is no news.
        let news = record.standing == Standing::Offered
            || (record.standing == Standing::Resting && record.handoff_id.is_none());
        if !news {
            return;
        }
        record.standing = Standing::Working;
        record.assignment += 1;
        record.rep = holder.or(record.rep);
        let soon = self.settings.rhythm.add_working(now, 30 * MINUTE);
        self.desk_act(soon, lead, DeskAct::Attempt);
    }

    fn qualified_elsewhere(&mut self, lead: usize, data: &Value, now: Millis) {
        let holder = Self::holder(data);
        let record = &mut self.leads[lead];
        if record.standing == Standing::Resting || record.standing == Standing::InDeal {
            return;
        }
        let closer = holder.filter(|place| record.rep != Some(*place));
        record.rep = holder.or(record.rep);
        let by_button = record.standing < Standing::Qualified;
        if by_button {
            record.standing = Standing::Qualified;
            record.assignment += 1;
        }
        let wait = record.rng.between(DAY, 3 * DAY);
        if by_button {
            self.desk_act(self.settings.rhythm.working(now + wait), lead, DeskAct::OpenDeal);
        }
        if closer.is_some() {
            let soon = self.settings.rhythm.add_working(now, wait / 24);
            self.desk_act(soon, lead, DeskAct::CloserAccepts);
        }
    }

    /// Schedules an act of whoever holds the lead now.
    pub(super) fn desk_act(&mut self, at: Millis, lead: usize, act: DeskAct) {
        let (assignment, rep) = (self.leads[lead].assignment, self.leads[lead].rep);
        self.schedule(at, Act::Desk { lead, assignment, rep, act });
    }
}
