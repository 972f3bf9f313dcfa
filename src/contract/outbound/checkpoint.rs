//! The record of a checkpoint as it stands on `baton.audit-checkpoints.v1`. It only writes and reads the form; it checks no
//! signature.

use super::headers::SOURCE;
use crate::contract::envelope::TYPE_PREFIX;
use serde::{Deserialize, Serialize};

/// The topic.
pub const CHECKPOINT_TOPIC: &str = "baton.audit-checkpoints.v1";
/// The type, without the `io.baton.` prefix.
pub const CHECKPOINT_TYPE: &str = "audit.checkpoint.v1";
/// The key of every checkpoint: one key, one partition, so that they stand in order.
pub const CHECKPOINT_KEY: &str = "checkpoint";

/// The data of a checkpoint's record; bytes stand as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointOut {
    pub checkpoint_no: i64,
    pub timeline: i32,
    pub streams: Vec<RangeOut>,
    /// 32 bytes, hexadecimal.
    pub root: String,
    /// 32 bytes, hexadecimal; `None` for the first.
    pub previous: Option<String>,
    pub key_id: String,
    /// 32 bytes, hexadecimal.
    pub public_key: String,
    /// 64 bytes, base64.
    pub signature: String,
    /// RFC 3339.
    pub made_at: String,
}

/// A range of a stream, both ends included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeOut {
    pub stream: String,
    pub from: i64,
    pub to: i64,
    /// 32 bytes, hexadecimal.
    pub root: String,
}

impl CheckpointOut {
    /// The record's value.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        // Texts and numbers always serialize.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a record's value; fields that a later version added are passed over.
    ///
    /// # Errors
    /// The value is no JSON of this shape.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The CloudEvents headers, in binary mode; `id` names the content.
    #[must_use]
    pub fn headers(&self, id: &str) -> Vec<(&'static str, String)> {
        vec![
            ("ce_specversion", "1.0".to_owned()),
            ("ce_id", id.to_owned()),
            ("ce_source", SOURCE.to_owned()),
            ("ce_type", format!("{TYPE_PREFIX}{CHECKPOINT_TYPE}")),
            ("ce_subject", self.checkpoint_no.to_string()),
            ("ce_time", self.made_at.clone()),
            ("content-type", "application/json".to_owned()),
        ]
    }
}
