//! The audit's chain and its check. It reads through the store and never writes.

pub mod chain;
pub mod invariants;
pub mod verify;
