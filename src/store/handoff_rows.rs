//! Rows about handoffs: each passage as it stands, what happened in it, and marketing's answers to patterns. Plain values.

use crate::domain::ids::{HandoffId, LeadId};
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use uuid::Uuid;

/// One passage, for figures and for the wall that keeps it single: unique (lead, cycle).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoffRow {
    pub id: HandoffId,
    pub lead: LeadId,
    pub cycle: i32,
    pub stage: i16,
    pub motion: &'static str,
    pub mql_at: Option<Moment>,
    pub priority: i16,
    pub contact_from: Option<Moment>,
    pub contact_by: Option<Moment>,
    pub accepted_at: Option<Moment>,
    pub first_attempt_at: Option<Moment>,
    /// When the accepting rep's decision is due, and when it came.
    pub disposition_by: Option<Moment>,
    pub disposed_at: Option<Moment>,
    pub sql_at: Option<Moment>,
    /// Code of the last rejection of this cycle.
    pub rejected: Option<&'static str>,
    /// The last pool and rep who had it; `None` leaves what is stored.
    pub pool: Option<String>,
    pub rep: Option<String>,
    /// The campaign when the handoff began; the first one stays.
    pub campaign: Option<String>,
    /// All required fields were there at MQL.
    pub complete: Option<bool>,
    /// A deal that the CRM opened took the lead along: neither accepted nor rejected.
    pub pulled: bool,
}

impl Default for HandoffRow {
    fn default() -> Self {
        Self {
            id: HandoffId(Uuid::nil()),
            lead: LeadId(Uuid::nil()),
            cycle: 0,
            stage: 0,
            motion: "",
            mql_at: None,
            priority: 0,
            contact_from: None,
            contact_by: None,
            accepted_at: None,
            first_attempt_at: None,
            disposition_by: None,
            disposed_at: None,
            sql_at: None,
            rejected: None,
            pool: None,
            rep: None,
            campaign: None,
            complete: None,
            pulled: false,
        }
    }
}

/// Something that happened in a handoff; written once, never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoffFactRow {
    pub handoff: HandoffId,
    /// Version of the lead's event.
    pub version: i64,
    pub lead: LeadId,
    pub at: Moment,
    pub kind: &'static str,
    pub code: Option<String>,
    pub counts: bool,
    pub flagged: bool,
    pub after_sql: bool,
    /// Contests and verdicts: the version of the rejection.
    pub of_version: Option<i64>,
    pub pool: Option<String>,
    pub member: Option<String>,
}

/// Marketing's answer to a pattern of rejections; the first one stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternAnswerRow {
    pub code: &'static str,
    pub campaign: String,
    pub begun_at: Moment,
    pub at: Moment,
    pub member: MemberId,
    /// What was written, kept in `note`.
    pub note: Option<Uuid>,
}
