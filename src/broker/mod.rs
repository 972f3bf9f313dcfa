//! What every Kafka client of ours shares: its settings, the topics, their partition counts, and the plain
//! reading of a topic that checks need. It never writes a record.

pub mod client;
pub mod counts;
pub mod reading;
pub mod topics;
