//! Bytes to requests and records, and back. It never reads a database or decides.

pub mod request;
