//! Baton stands between marketing and sales. Reading order: `domain`, `contract`, `transaction`, `service`.
//!
//! ```text
//! Kafka --> intake --> transaction: load, plan (domain decides), apply --> Postgres --> relay --> Kafka
//!                      ^       ^       ^                                     |   |
//! people --> web ------+       |       +------ router, sweeper: queues and   |   +--> relay/webhooks --> mail, Slack, HTTP
//!                              |               clocks that came due ---------+
//!                     policy, team, reference: texts by hash                 +--> scoreboard, web: what people read
//! ```
//!
//! It is the library of one binary, its tests and its benchmark; modules are public for those, and for nobody else.

pub mod audit;
pub mod broker;
pub mod cli;
pub mod clock;
pub mod contract;
pub mod demo;
pub mod domain;
pub mod intake;
pub mod relay;
pub mod replay;
pub mod router;
pub mod scoreboard;
pub mod service;
pub mod settings;
pub mod store;
pub mod sweeper;
pub mod telemetry;
pub mod transaction;
pub mod web;
