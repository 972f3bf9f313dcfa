//! Leads that are made up, or that were routed before, through rules that may not be in force. It writes nothing.

pub mod explain;
pub mod past;
pub mod route_cases;
pub mod sides;
pub mod then;
pub mod walk;
