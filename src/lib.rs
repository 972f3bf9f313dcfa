//! Baton stands between marketing and sales. Reading order: `domain`, `contract`, `transaction`, `service`.

pub mod audit;
pub mod contract;
pub mod demo;
pub mod domain;
pub mod store;
pub mod transaction;

pub mod web;
