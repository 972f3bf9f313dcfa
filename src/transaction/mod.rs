//! THE door for every change: load, plan, apply. Nothing else writes a lead.

pub mod ask;
pub mod batch;
pub mod loaded;
pub mod plan;
