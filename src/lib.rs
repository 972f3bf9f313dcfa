//! Baton stands between marketing and sales. Reading order: `domain`, `contract`, `transaction`, `service`.

pub mod clock;
pub mod settings;
pub mod telemetry;
