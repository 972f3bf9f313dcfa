//! Records out: what each event publishes, without direct identifiers; and what the relay adds when it sends. It never
//! decides whether something happened.

mod checkpoint;
mod feedback;
mod fill;
mod headers;
mod ladder;
mod leads;
mod parts;
mod state;

#[cfg(test)]
mod tests;

pub use checkpoint::{CHECKPOINT_KEY, CHECKPOINT_TOPIC, CHECKPOINT_TYPE, CheckpointOut, RangeOut};
pub use fill::{FillError, PersonFill, crm_text, fill, parse_crm};
pub use headers::{Head, SOURCE, headers};
pub use state::state;

use super::request::{CrmKey, Money};
use crate::domain::contest::Returned;
use crate::domain::event::Event;
use crate::domain::ids::{AccountId, EventId, HandoffId};
use crate::domain::lead::Lead;
use crate::domain::policy::{RejectionCode, RejectionTask};
use crate::domain::scoring::Receipt;
use crate::domain::team::Team;
use crate::domain::time::Moment;
use serde_json::{Map, Value};

/// A topic that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// `handoff.leads.v1`, for the CRM.
    Handoff,
    /// `handoff.feedback.v1`, for marketing.
    Feedback,
    /// `handoff.lead-state.v1`, compacted, for anyone.
    State,
}

impl Topic {
    /// The name on Kafka.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Handoff => "handoff.leads.v1",
            Self::Feedback => "handoff.feedback.v1",
            Self::State => "handoff.lead-state.v1",
        }
    }

    /// The topic of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Handoff, Self::Feedback, Self::State].into_iter().find(|topic| topic.name() == name)
    }
}

/// What is known of the lead's company, for `account`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountShown {
    /// Our id of the company.
    pub id: AccountId,
    /// Its key in the CRM.
    pub crm: Option<CrmKey>,
    /// Its web domain.
    pub domain: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// `customer`, `prospect`, `partner`, `competitor`, `own`.
    pub kind: Option<String>,
}

/// The deal that an event is about, for `opportunity` and the amounts of feedback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DealShown {
    /// The CRM.
    pub system: String,
    /// Its id there.
    pub external_id: String,
    /// The revision that is shown.
    pub revision: i64,
    /// `new_business`, `expansion`, `renewal`.
    pub kind: Option<String>,
    /// When it was opened.
    pub opened_at: Option<Moment>,
    /// In the CRM's words.
    pub stage: Option<String>,
    /// Its whole value.
    pub amount: Option<Money>,
    /// What recurs every year.
    pub recurring: Option<Money>,
    /// How long it runs.
    pub term_months: Option<i32>,
    /// Days since 1970-01-01.
    pub close_date: Option<i32>,
    /// Days since 1970-01-01.
    pub closed_on: Option<i32>,
    /// Why it was won or lost, in the CRM's words.
    pub reason: Option<String>,
    /// Who else was in it.
    pub competitor: Option<String>,
    /// The amount in the reporting currency, in ten-thousandths; `None` is unconverted.
    pub reporting_ten_thousandths: Option<i64>,
}

/// One decided event, and all that its records are written from.
#[derive(Clone, Copy, Debug)]
pub struct Handed<'a> {
    /// The lead before the event.
    pub before: &'a Lead,
    /// The lead right after it; its version is the records' version.
    pub after: &'a Lead,
    /// The lead after the last event of the same decision: a rejection's consequence follows it.
    pub settled: &'a Lead,
    /// What was decided.
    pub event: &'a Event,
    /// The reason that the same decision returned the lead for, if it did.
    pub rejected: Option<RejectionCode>,
    /// What the policy has marketing do about that reason beside.
    pub task: Option<RejectionTask>,
    /// SHA-256 of the policy's text.
    pub policy_hash: [u8; 32],
    /// Names and CRM users of holders.
    pub team: &'a Team,
    /// The lead's time of the decision.
    pub decided_at: Moment,
    /// When it happened in the world.
    pub occurred_at: Moment,
    /// Part of every id, so that a restored database does not repeat one.
    pub timeline: i32,
    /// `topic_sequence` of the lead's last record on each topic; 0 before the first.
    pub handoff_sequence: i64,
    /// The same of the other topic.
    pub feedback_sequence: i64,
    /// Built from what lies before `live_from`: state and figures only, nothing is published.
    pub historic: bool,
    /// Reasons are left out without it; a lead that is routed needs one.
    pub receipt: Option<&'a Receipt>,
    /// The lead's company, where it is known.
    pub account: Option<&'a AccountShown>,
    /// The deal's row as this decision leaves it, on events about a deal.
    pub deal: Option<&'a DealShown>,
    /// Theme of a note (`objection`, `content_gap`, ...).
    pub note_theme: Option<&'a str>,
    /// The board's address for `action_url`, without a slash at its end.
    pub board_url: Option<&'a str>,
}

/// A record to publish, without what the relay fills in.
#[derive(Clone, Debug, PartialEq)]
pub struct OutRecord {
    /// `ce_id`.
    pub id: EventId,
    /// Where it goes.
    pub topic: Topic,
    /// Without the `io.baton.` prefix.
    pub event_type: &'static str,
    /// Gapless per lead and topic, from 1; 0 on the state topic.
    pub topic_sequence: i64,
    /// The data, without identifiers.
    pub payload: Map<String, Value>,
}

impl OutRecord {
    /// The payload's bytes, as the outbox keeps them.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        // A map of strings always serializes.
        serde_json::to_vec(&self.payload).unwrap_or_default()
    }
}

/// What an event publishes: at most one record for the CRM and one for marketing, and for the CRM a second one of a queued
/// P1 lead whose time runs from an opening.
#[must_use]
pub fn records(handed: &Handed<'_>) -> Vec<OutRecord> {
    if handed.historic {
        return Vec::new();
    }
    let first = leads::record(handed);
    let next = Handed { handoff_sequence: handed.handoff_sequence + i64::from(first.is_some()), ..*handed };
    first.into_iter().chain(leads::waits_for_opening(&next)).chain(feedback::record(handed)).collect()
}

impl Handed<'_> {
    /// The rejection of a handoff, as the whole decision leaves it.
    fn lead_returned(&self, handoff: Option<HandoffId>) -> Option<&Returned> {
        self.settled.returned.iter().find(|returned| Some(returned.handoff) == handoff)
    }

    fn out(&self, topic: Topic, event_type: &'static str, mut payload: Map<String, Value>) -> OutRecord {
        let topic_sequence = match topic {
            Topic::Handoff => self.handoff_sequence + 1,
            Topic::Feedback => self.feedback_sequence + 1,
            Topic::State => 0,
        };
        if topic_sequence > 0 {
            payload.insert("topic_sequence".to_owned(), topic_sequence.into());
        }
        OutRecord {
            id: EventId::derived(self.after.id, self.timeline, self.after.version, event_type),
            topic,
            event_type,
            topic_sequence,
            payload,
        }
    }
}
