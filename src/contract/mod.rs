//! Bytes and texts to requests, records and rules, and back. It never decides, stores or sends.

pub mod policy_text;
