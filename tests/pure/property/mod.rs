//! Properties: what holds for any history and any order. Seeds are printed by the harness when one fails.

mod cells;
mod colleagues;
mod custody;
mod customers;
mod histories;
mod order;
mod team;

pub use team::{has_consequence, is_date};
