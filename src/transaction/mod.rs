//! THE door for every change: load, plan, apply. Nothing else writes a lead.

pub mod apply;
pub mod ask;
pub mod batch;
mod collect;
pub mod duty;
mod failpoint;
mod load;
pub mod loaded;
pub mod plan;
pub mod recovery;
mod reread;
pub mod session;
mod texts;
pub mod trouble;

pub use texts::TextCache;
