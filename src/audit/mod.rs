//! The audit's chain, the checkpoints over it, and the check of both. It reads through the store and never writes.

pub mod anchors;
pub mod chain;
pub mod checkpoint;
pub mod invariants;
pub mod making;
pub mod merkle;
pub mod past;
mod streams;
pub mod verify;
