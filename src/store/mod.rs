//! Rows and SQL: one file per table or read, all of it `&'static str`. It takes a connection and never decides.

pub mod account;
pub mod anonymous;
pub mod assignment;
pub mod audit;
pub mod audit_head;
mod audit_rows;
pub mod availability;
pub mod checkpoint;
pub mod codec;
mod columns;
pub mod connect;
pub mod delivery;
pub mod delivery_desk;
pub mod dispatch;
pub mod duplicate;
pub mod erasure;
pub mod error;
pub mod facts;
pub mod fan_out;
mod fan_out_rows;
pub mod handoff;
mod handoff_rows;
pub mod hourly;
pub mod identity;
pub mod kept;
pub mod lane;
pub mod lead;
pub mod ledger;
pub mod maintenance;
pub mod merge;
pub mod migrate;
pub mod opportunity;
pub mod outbox;
pub mod outlet;
pub mod parked_lead;
pub mod passage;
pub mod person;
mod pool_rows;
pub mod position;
mod privacy_rows;
pub mod read;
pub mod relay_shard;
pub mod rotation;
pub mod route_facts;
pub mod rows;
pub mod silence;
pub mod statement;
pub mod text;
pub mod token;
pub mod work;
pub mod world;
pub mod write_set;

pub use dispatch::Dispatch;
pub use error::StoreError;
pub use outlet::Outlet;
pub use read::Reader;

use statement::Statement;

/// Every statement of the service, by name, so that a test can prepare each against the migrated schema.
#[must_use]
pub fn catalog() -> Vec<Statement> {
    [
        account::STATEMENTS,
        anonymous::STATEMENTS,
        audit::STATEMENTS,
        audit_head::STATEMENTS,
        availability::STATEMENTS,
        checkpoint::STATEMENTS,
        delivery::STATEMENTS,
        delivery_desk::STATEMENTS,
        duplicate::STATEMENTS,
        erasure::STATEMENTS,
        facts::STATEMENTS,
        fan_out::STATEMENTS,
        handoff::STATEMENTS,
        hourly::STATEMENTS,
        identity::STATEMENTS,
        kept::STATEMENTS,
        lane::STATEMENTS,
        lead::STATEMENTS,
        ledger::STATEMENTS,
        maintenance::STATEMENTS,
        merge::STATEMENTS,
        migrate::STATEMENTS,
        opportunity::STATEMENTS,
        outbox::STATEMENTS,
        outlet::STATEMENTS,
        parked_lead::STATEMENTS,
        passage::STATEMENTS,
        person::STATEMENTS,
        position::STATEMENTS,
        &read::statements(),
        relay_shard::STATEMENTS,
        rotation::STATEMENTS,
        route_facts::STATEMENTS,
        silence::STATEMENTS,
        assignment::STATEMENTS,
        text::STATEMENTS,
        token::STATEMENTS,
        work::STATEMENTS,
        world::STATEMENTS,
    ]
    .concat()
}
