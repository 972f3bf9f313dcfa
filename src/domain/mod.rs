//! The pure core: leads, what may be done with them, and why. It never does IO, reads a clock or draws a number.

#![deny(
    clippy::float_arithmetic,
    reason = "points, money and shares are whole numbers: the same on every machine"
)]

pub mod availability;
pub mod calendar;
pub mod command;
pub mod contest;
pub mod custody;
pub mod decide;
pub mod duty;
pub mod event;
mod event_names;
pub mod evolve;
pub mod fan_out;
pub mod ids;
pub mod ladder;
pub mod lead;
pub mod leg;
pub mod policy;
pub mod profile;
pub mod routing;
pub mod scoring;
pub mod signal;
pub mod silence;
pub mod stage;
pub mod subject;
pub mod team;
pub mod time;
pub mod unite;
pub mod worth;
