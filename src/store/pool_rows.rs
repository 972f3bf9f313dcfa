//! Rows of a pool's rotation: who took a lead out of turn, and the counters. Plain values; nothing here talks to a database.

use crate::domain::ids::LeadId;
use crate::domain::team::{MemberId, PoolId};

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
