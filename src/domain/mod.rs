//! The pure core: leads, what may be done with them, and why. It never does IO, reads a clock or draws a number.

pub mod policy;
pub mod profile;
pub mod routing;
pub mod scoring;
pub mod signal;
pub mod team;
pub mod time;
