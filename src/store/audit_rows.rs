//! Rows of the audit and of what stands beside it. Plain values; it computes no hash.

use crate::domain::ids::{AccountId, LeadId, OpportunityId};
use crate::domain::time::Moment;
use uuid::Uuid;

/// What an audit row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditSubject {
    Lead(LeadId),
    Account(AccountId),
    Opportunity(OpportunityId),
    /// A policy, team or reference text, by the first 16 bytes of its hash.
    Text(Uuid),
    /// A position of a (topic, partition), by UUIDv5 of its name.
    Position(Uuid),
    /// A CRM user, by UUIDv5 of system and id; what is asked about somebody of the team, by `member` and their id.
    User(Uuid),
    /// A campaign, by UUIDv5 of its id; a source whose silence is paused, by `silence`, its family and name.
    Campaign(Uuid),
    /// Money spent, by UUIDv5 of its id.
    Spend(Uuid),
}

/// Where the chain of a subject that is no lead stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadRow {
    pub subject: AuditSubject,
    pub version: i64,
    pub hash: [u8; 32],
}

impl AuditSubject {
    /// The number that rows about leads carry.
    pub const LEAD: i16 = 1;

    /// A subject whose id is derived from its name.
    #[must_use]
    pub fn named(kind: fn(Uuid) -> Self, name: &str) -> Self {
        kind(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()))
    }

    /// The number and id that rows store.
    #[must_use]
    pub fn columns(&self) -> (i16, Uuid) {
        match self {
            Self::Lead(id) => (Self::LEAD, id.0),
            Self::Account(id) => (2, id.0),
            Self::Opportunity(id) => (3, id.0),
            Self::Text(id) => (4, *id),
            Self::Position(id) => (5, *id),
            Self::User(id) => (6, *id),
            Self::Campaign(id) => (7, *id),
            Self::Spend(id) => (8, *id),
        }
    }
}

/// One row of the audit. `hash` is SHA-256 over the stored bytes of all other columns in a fixed order
/// (`audit::chain`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    pub stream: String,
    pub stream_sequence: i64,
    pub subject: AuditSubject,
    pub version: i64,
    pub event: &'static str,
    /// Version byte, then the event in postcard (`store::codec`).
    pub payload: Vec<u8>,
    pub occurred_at: Moment,
    pub decided_at: Moment,
    pub actor: String,
    /// HMAC of source and id of the cause.
    pub cause: [u8; 32],
    /// Topic, partition and offset of the record, where one caused it.
    pub record: Option<(String, i32, i64)>,
    /// HMAC of the input's content.
    pub input: [u8; 16],
    pub policy: [u8; 32],
    pub team: [u8; 32],
    pub reference: [u8; 32],
    pub timeline: i32,
    pub previous: [u8; 32],
    pub hash: [u8; 32],
}

/// The raw pair behind a cause, deletable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CauseTextRow {
    pub cause: [u8; 32],
    pub lead: LeadId,
    pub source: String,
    pub id: String,
    pub event_type: String,
}
