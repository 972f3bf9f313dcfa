//! Rows as they are written, one struct per table. Plain values; nothing here talks to a database.

use crate::domain::ids::{AccountId, EventId, IdentityKey, LeadId, OpportunityId};
use crate::domain::lead::Lead;
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use uuid::Uuid;

pub use super::audit_rows::{AuditRow, AuditSubject, CauseTextRow, HeadRow};
pub use super::fan_out_rows::{FanOutRow, FanOutStep, MergeRow, SplitRow};
pub use super::handoff_rows::{HandoffFactRow, HandoffRow, PatternAnswerRow};
pub use super::pool_rows::{AssignmentRow, RotationEntryRow, RotationRow};
pub use super::privacy_rows::{ConsentRow, ErasedKey, ErasureRow, Said};

/// A lead and the columns that are read without opening its state.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadRow {
    pub lead: Lead,
    /// Hash of the lead's last audit row; zeros before the first.
    pub head_hash: [u8; 32],
    /// `topic_sequence` of the last record to each topic; 0 before the first.
    pub handoff_sequence: i64,
    pub feedback_sequence: i64,
    /// Segment code, points and grade as of the last decision, for lists.
    pub segment: &'static str,
    pub points: i32,
    pub grade: &'static str,
}

/// A topic that Baton writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutTopic {
    Handoff,
    Feedback,
    State,
}

impl OutTopic {
    /// The topic's name on Kafka.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Handoff => "handoff.leads.v1",
            Self::Feedback => "handoff.feedback.v1",
            Self::State => "handoff.lead-state.v1",
        }
    }

    /// The number that rows store.
    #[must_use]
    pub fn number(self) -> i16 {
        match self {
            Self::Handoff => 1,
            Self::Feedback => 2,
            Self::State => 3,
        }
    }
}

/// A record to publish. Identifiers are filled in by the relay when it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    pub id: EventId,
    pub lead: LeadId,
    pub lead_version: i64,
    pub topic: OutTopic,
    /// Type without the `io.baton.` prefix.
    pub event_type: String,
    /// Gapless per lead and topic, from 1; 0 on the state topic.
    pub topic_sequence: i64,
    /// A JSON object without identifiers; `None` is a tombstone.
    pub payload: Option<Vec<u8>>,
    pub occurred_at: Moment,
    pub traceparent: Option<String>,
    /// The cause whose raw pair the relay fills in on feedback.
    pub cause: [u8; 32],
    /// CRM keys of an erased person, sealed under the service key; gone once sent.
    pub sealed: Option<Vec<u8>>,
}

/// A key that now names a lead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdentityRow {
    pub key: IdentityKey,
    pub lead: LeadId,
    /// What happened before belongs to somebody who was erased.
    pub not_before: Option<Moment>,
}

/// What is known of a person, direct identifiers included. `None` leaves a field as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    pub lead: LeadId,
    /// The record's time: a later one overwrites, an earlier one only fills what is empty.
    pub stamp: Moment,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
    pub job_title: Option<String>,
    pub country: Option<String>,
    pub region: Option<String>,
    pub company_name: Option<String>,
    pub company_domain: Option<String>,
    pub employees: Option<i32>,
    pub industry: Option<String>,
    /// `system:object:id` of each new CRM key; added to what is there.
    pub crm: Vec<String>,
    pub anonymous_id: Option<String>,
    pub submission_id: Option<String>,
    pub form_id: Option<String>,
    pub source: Option<String>,
}

/// Free text, and nothing else holds any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRow {
    /// UUIDv5 of the cause and the place.
    pub id: Uuid,
    pub lead: Option<LeadId>,
    pub at: Moment,
    pub author: String,
    pub theme: String,
    pub text: String,
    pub tags: Vec<String>,
    pub may_quote: bool,
}

/// A touch for attribution, kept for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchRow {
    pub lead: LeadId,
    pub signal: [u8; 16],
    pub at: Moment,
    pub kind: &'static str,
    pub origin: &'static str,
    pub campaign: Option<String>,
    pub source: Option<String>,
    pub medium: Option<String>,
    pub form_id: Option<String>,
}

/// A company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    pub id: AccountId,
    pub keys: Vec<String>,
    pub name: Option<String>,
    pub kind: Option<String>,
    /// The owner as the team knows them.
    pub owner: Option<MemberId>,
    pub segment: Option<String>,
    pub region: Option<String>,
    pub customer_since: Option<i32>,
}

/// A CRM user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    pub system: String,
    pub id: String,
    pub active: bool,
    pub name: Option<String>,
    pub time_zone: Option<String>,
    pub at: Moment,
}

/// A campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignRow {
    pub id: String,
    pub name: String,
    pub channel: String,
    pub source: String,
    pub origin: &'static str,
    pub starts_on: Option<i32>,
    pub ends_on: Option<i32>,
    pub at: Moment,
}

/// Money spent; the highest revision wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendRow {
    pub id: String,
    pub revision: i64,
    pub period_start: i32,
    pub period_end: i32,
    pub ten_thousandths: i64,
    pub currency: String,
    pub department: String,
    pub kind: String,
    pub campaign: Option<String>,
    pub source: Option<String>,
    pub channel: Option<String>,
}

/// A deal, whole: the writer has merged it with what was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpportunityRow {
    pub id: OpportunityId,
    pub system: String,
    pub external_id: String,
    pub revision: i64,
    /// `open`, `won`, `lost`, `void`.
    pub state: String,
    pub kind: String,
    pub account: Option<AccountId>,
    pub stage: Option<String>,
    pub probability: Option<i16>,
    pub ten_thousandths: Option<i64>,
    /// The first amount above zero, for "pipeline created".
    pub first_ten_thousandths: Option<i64>,
    pub recurring_ten_thousandths: Option<i64>,
    pub currency: Option<String>,
    pub term_months: Option<i32>,
    pub opened_at: Moment,
    pub close_date: Option<i32>,
    pub closed_on: Option<i32>,
    pub owner: Option<MemberId>,
    pub lead_source: Option<String>,
    pub reason: Option<String>,
    pub competitor: Option<String>,
}

/// A contact of a deal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRow {
    pub opportunity: OpportunityId,
    pub lead: LeadId,
    pub role: Option<String>,
    pub primary: bool,
}

/// A position moved; its audit counter too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionRow {
    pub topic: String,
    pub partition: i32,
    pub next_offset: i64,
    pub last_hash: Option<[u8; 32]>,
    pub audit_sequence: i64,
    pub caught_up_to: Option<Moment>,
}

/// The counts of one batch on one partition: read = the sum of the six outcomes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerRow {
    pub topic: String,
    pub partition: i32,
    pub epoch: i64,
    pub from_offset: i64,
    pub to_offset: i64,
    pub read: i32,
    pub applied: i32,
    pub duplicate: i32,
    pub filtered: i32,
    pub refused: i32,
    pub parked: i32,
    pub quarantined: i32,
    /// `outcome/reason` and how often, sorted: shown per code under Intake health.
    pub reasons: Vec<(String, i32)>,
}

/// A record kept as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRow {
    /// UUIDv5 of topic, partition and offset.
    pub id: Uuid,
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub timestamp: Moment,
    pub reason: &'static str,
    pub detail: String,
    pub key: Option<Vec<u8>>,
    /// Headers as JSON: `[["ce_id","..."], ...]`, values in base64 where they are not UTF-8.
    pub headers: Vec<u8>,
    pub value: Option<Vec<u8>>,
    /// The value was longer than the stated limit and was cut.
    pub truncated: bool,
    /// Whom its bytes name, so that an erasure finds it.
    pub names: Vec<IdentityKey>,
}

/// Until when a source's silence is no news, and who knows why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePauseRow {
    pub family: String,
    pub name: String,
    pub until: Moment,
    pub by: MemberId,
    pub at: Moment,
}

/// A record that waits under keys that name nobody yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedRow {
    pub kept: KeptRow,
    pub keys: Vec<IdentityKey>,
    pub occurred_at: Moment,
}

/// A signal of somebody who has not said who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnonymousRow {
    pub key: IdentityKey,
    pub signal: crate::domain::signal::Signal,
    pub touch: Option<(Option<String>, Option<String>, Option<String>)>,
}

/// A fact that could not be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisagreementRow {
    pub lead: LeadId,
    pub version: i64,
    pub at: Moment,
    pub code: String,
    pub ours: String,
    pub theirs: String,
}

/// The reply that an `Idempotency-Key` gets from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRow {
    pub key: String,
    pub actor: String,
    pub body_hash: [u8; 32],
    pub status: i16,
    pub reply: Vec<u8>,
}
