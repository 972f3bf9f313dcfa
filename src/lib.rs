//! Baton stands between marketing and sales. Reading order: `domain`, `contract`, `transaction`, `service`.

pub mod demo;
pub mod domain;
