//! What every Kafka client of ours shares: its settings, the topics, their partition counts. It never reads or writes a
//! record.

pub mod client;
pub mod counts;
pub mod topics;
