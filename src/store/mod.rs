//! Rows and SQL: one file per table or read. It never decides.

pub mod rows;
pub mod write_set;
