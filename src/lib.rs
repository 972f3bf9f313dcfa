//! Baton stands between marketing and sales. Reading order: `domain`, `contract`, `transaction`, `service`.

pub mod audit;
pub mod clock;
pub mod contract;
pub mod demo;
pub mod domain;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod transaction;
