//! Rows of a pool's rotation: who took a lead out of turn, and the counters. Plain values; nothing here talks to a database.

use crate::domain::ids::LeadId;
use crate::domain::team::{MemberId, PoolId};
use crate::domain::time::Moment;

/// A lead taken from a pool by a fact; the router folds it under the pool's lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationEntryRow {
    pub pool: PoolId,
    pub member: MemberId,
    pub lead: LeadId,
}

/// The counters of a pool after the router's batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationRow {
    pub pool: PoolId,
    pub member: MemberId,
    pub credit: i64,
}

/// An offer that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignmentRow {
    pub lead: LeadId,
    /// The lead's version that the offer made.
    pub version: i64,
    pub at: Moment,
    pub pool: PoolId,
    pub member: MemberId,
    pub rule: String,
    /// The pool's rotation chose the member.
    pub by_turn: bool,
}
