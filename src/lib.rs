//! Baton stands between marketing and sales. Reading order: `domain`, `contract`, `transaction`, `service`.

pub mod audit;
pub mod broker;
pub mod cli;
pub mod clock;
pub mod contract;
pub mod demo;
pub mod domain;
pub mod intake;
pub mod relay;
pub mod router;
pub mod scoreboard;
pub mod service;
pub mod settings;
pub mod store;
pub mod sweeper;
pub mod telemetry;
pub mod transaction;
pub mod web;
