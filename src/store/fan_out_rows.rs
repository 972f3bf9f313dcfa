//! Rows of changes that touch many leads, and of merges and splits. Plain values; nothing here talks to a database.

use crate::domain::fan_out::FanOut;
use crate::domain::ids::{HandoffId, LeadId};
use crate::domain::signal::SignalId;
use std::collections::BTreeSet;

/// A change that touches many leads, to be worked off by the sweeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FanOutRow {
    pub task: FanOut,
}

/// A step of such a change that a transaction takes: fenced by where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FanOutStep {
    pub key: String,
    /// The last lead that had been done before; `None` at the beginning.
    pub from: Option<LeadId>,
    /// The last lead that is done now; `None`: no lead is left, the task is done.
    pub to: Option<LeadId>,
    /// Whom it tells: the step is not taken while another transaction holds one of them.
    pub leads: BTreeSet<LeadId>,
}

/// A lead that goes on as another: what stands beside it moves over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergeRow {
    pub from: LeadId,
    pub into: LeadId,
    /// The handoff of the passage that ends with the merge, where there is one.
    pub superseded: Option<HandoffId>,
}

/// Identifiers and signals that leave a person for the new lead of a split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitRow {
    pub from: LeadId,
    pub to: LeadId,
    pub email: Option<String>,
    /// `system:object:id` of each CRM key.
    pub crm: Vec<String>,
    /// Their touches go along.
    pub signals: Vec<SignalId>,
}
