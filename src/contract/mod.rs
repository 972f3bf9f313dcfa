//! Bytes to requests and records, text to policies. It never reads a database and never publishes.

pub mod request;
