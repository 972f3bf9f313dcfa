//! The plan: batches of real records in, every row of a transaction out. Nothing here knows a database.

mod batches;
mod clocks;
pub mod desk;
mod examples;
mod journey;
mod kept;
mod parked;
mod privacy;
mod retries;
mod routing;
mod team;
mod undone;
