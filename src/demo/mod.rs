//! What `baton demo` and `baton simulate` run the service against. It never takes part in a decision.

pub mod broker;
pub mod company;
pub mod postgres;
pub mod traffic;
