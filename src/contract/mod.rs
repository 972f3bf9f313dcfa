//! The contract: bytes <-> requests and records, text <-> policies. It never touches Kafka, SQL or HTTP, and decides
//! nothing.

pub mod envelope;
pub mod inbound;
pub mod keys;
pub mod links;
pub mod notice;
pub mod outbound;
pub mod policy_text;
pub mod request;
pub mod sealing;
mod text;
pub mod traces;
pub mod webhook;

#[cfg(test)]
mod tests;

pub use inbound::{DecodedRecord, Decoder, RecordIn};
