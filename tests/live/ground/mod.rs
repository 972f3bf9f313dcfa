//! The ground floor on a real Postgres: schema, store, the batch transaction, the audit and its check.

mod audit;
mod batches;
mod bench;
mod checkpoints;
mod clocks;
mod erasure;
mod fences;
mod harness;
mod kills;
mod ledger;
mod passing_by;
mod schema;
mod silence;
mod waiting;
mod wanted;
