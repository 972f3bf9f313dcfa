//! The pure core: leads, what may be done with them, and why. It never does IO, reads a clock or draws a number.

pub mod profile;
pub mod signal;
pub mod time;
