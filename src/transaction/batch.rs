//! What goes into one transaction and what comes out of each record. Data only.

use crate::contract::request::{Decoded, Unreadable};
use crate::domain::ids::LeadId;
use crate::domain::time::Moment;
pub use crate::store::kept::Intake;
pub use crate::store::rows::FanOutStep;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// Records that one transaction takes at most: above it only latency grows (measured, research on delivery).
pub const BATCH_RECORDS_MAX: usize = 1_000;
/// Bytes of record values that one transaction takes at most.
pub const BATCH_BYTES_MAX: usize = 1 << 20;

/// Where a record stood on Kafka.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordRef {
    pub topic: Arc<str>,
    pub partition: i32,
    pub offset: i64,
    /// The broker's or producer's timestamp of the record.
    pub timestamp: Moment,
}

/// A record's bytes as received, for quarantine and parking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    pub key: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub value: Option<Vec<u8>>,
}

/// The duplicate key of a record: minute of its time, and 128 bits of SHA-256 over source and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DuplicateKey {
    /// Minutes since 1970-01-01; `None` for absurd, missing or too old times.
    pub minute: Option<i32>,
    pub digest: [u8; 16],
}

/// One thing to decide on: a record of Kafka, an ask of a person, a clock, an offer of the router.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `None` for asks, clocks and offers.
    pub record: Option<RecordRef>,
    pub raw: Raw,
    /// `None` where duplicates cannot be (asks carry their own key, clocks are fenced by version).
    pub duplicate: Option<DuplicateKey>,
    /// HMAC over canonical type and data: the same key with another content is a conflict.
    pub content: [u8; 16],
    pub decoded: Result<Decoded, Unreadable>,
    /// Hash of the reference data that a record was read under; `None` where nothing was read.
    pub reference: Option<[u8; 32]>,
}

/// A position that this batch moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub topic: Arc<str>,
    pub partition: i32,
    pub epoch: i64,
    /// Where the lane stood: equals the stored `next_offset`, else somebody else owns the partition.
    pub from: i64,
    /// The next offset to read after this batch.
    pub to: i64,
    /// SHA-256 over the last record, for the last-record check; `None` when the batch only moves time.
    pub last_hash: Option<[u8; 32]>,
    /// Timestamp of the last record, or `None` when the lane stands at the end of the partition.
    pub caught_up_to: Option<Moment>,
}

/// Which audit stream numbers the rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// (topic, partition), whose counter stands in the locked position row.
    Record {
        topic: Arc<str>,
        partition: i32,
    },
    Web(u8),
    Sweep(u8),
    Route(u8),
}

impl Stream {
    /// The name that audit rows carry.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Record { topic, partition } => format!("{topic}/{partition}"),
            Self::Web(hash) => format!("web/{hash}"),
            Self::Sweep(hash) => format!("sweep/{hash}"),
            Self::Route(hash) => format!("route/{hash}"),
        }
    }
}

/// What one transaction takes.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The stream of entries that are no records.
    pub stream: Option<Stream>,
    /// The router's one pool: entries ask for an offer from it, each naming its lead.
    pub routing: Option<crate::domain::team::PoolId>,
    pub idempotency: Option<Idempotency>,
    /// The steps of wide changes that this batch takes.
    pub fan_outs: Vec<FanOutStep>,
    /// Kept records that the entries of this batch decide again.
    pub redrive: Option<Redrive>,
    /// A lead that another transaction holds is left for the next turn, not waited for: router and sweeper hold hundreds, and
    /// would keep lanes waiting for all of them.
    pub passes_by: bool,
    /// Planning this one record panicked: nothing of it is decided, and whom it names is parked.
    pub suspect: bool,
    pub entries: Vec<Entry>,
    pub moves: Vec<Move>,
}

impl Batch {
    /// The leads that entries name by themselves: those that the router offers.
    pub fn routed_leads(&self) -> impl Iterator<Item = LeadId> + '_ {
        self.entries.iter().filter_map(|entry| match &entry.decoded {
            Ok(Decoded::Request(request)) => request.lead,
            Ok(Decoded::Ignored(_)) | Err(_) => None,
        })
    }
}

/// Records that were kept as received, decided again: each entry is one, in the order in which they were kept.
#[derive(Clone, Debug)]
pub struct Redrive {
    /// Where they are kept.
    pub from: Intake,
    /// The row of each entry.
    pub rows: Vec<Uuid>,
    /// Parked leads that go on before the first entry is decided.
    pub leads: BTreeSet<LeadId>,
    /// The operator's act, for the audit of those leads.
    pub act: Box<Entry>,
}

/// What became of one entry. Nothing may drop it uncounted.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Applied(&'static str),
    Duplicate,
    Filtered(&'static str),
    Refused(String),
    Parked(&'static str),
    Quarantined(&'static str),
}

impl Outcome {
    /// The column of the ledger that counts it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Applied(_) => "applied",
            Self::Duplicate => "duplicate",
            Self::Filtered(_) => "filtered",
            Self::Refused(_) => "refused",
            Self::Parked(_) => "parked",
            Self::Quarantined(_) => "quarantined",
        }
    }

    /// The reason beside the code; empty where none is needed.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Applied(reason)
            | Self::Filtered(reason)
            | Self::Parked(reason)
            | Self::Quarantined(reason) => reason,
            Self::Refused(reason) => reason,
            Self::Duplicate => "",
        }
    }
}

/// The caller's key of an ask: the reply is written in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    pub key: String,
    pub actor: String,
    pub body_hash: [u8; 32],
}
