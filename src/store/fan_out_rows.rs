//! Rows of changes that touch many leads. Plain values; nothing here talks to a database.

use crate::domain::fan_out::FanOut;
use crate::domain::ids::LeadId;

/// A change that touches many leads, to be worked off by the sweeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FanOutRow {
    pub task: FanOut,
}

/// A step of such a change that this transaction takes: fenced by where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FanOutStep {
    pub key: String,
    /// The last lead that had been done before; `None` at the beginning.
    pub from: Option<LeadId>,
    /// The last lead that is done now; `None`: no lead is left, the task is done.
    pub to: Option<LeadId>,
}
