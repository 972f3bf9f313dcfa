//! THE door for every change: load, plan, apply. Nothing else writes a lead.

pub mod apply;
pub mod ask;
pub mod ask_duty;
pub mod availability;
pub mod batch;
pub mod busy;
pub mod collect;
mod failpoint;
pub mod load;
pub mod loaded;
pub mod operation;
pub mod pace;
pub mod plan;
pub mod recovery;
pub mod redrive;
pub mod reread;
pub mod session;
mod texts;
pub mod trouble;
pub mod turn;

pub use texts::TextCache;
