//! Why a batch was not stored, and whose trouble that is. It never holds a value of a record.

use crate::store::StoreError;

/// A batch that was not stored.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    #[error("position {topic}/{partition} is not ours any more")]
    Fenced { topic: String, partition: i32 },
    /// Keys kept moving between leads while we waited for locks.
    #[error("keys of the batch moved {attempts} times in a row")]
    Moving { attempts: u32 },
    #[error("no {kind} is published: run `baton migrate` or publish one")]
    NoActiveText { kind: &'static str },
    #[error("the active {kind} can't be read by this program: {detail}")]
    UnreadableText { kind: &'static str, detail: String },
    /// A bug of ours that a record woke.
    #[error("planning the batch panicked")]
    Panicked,
    #[error("the batch failed {attempts} times")]
    Exhausted { attempts: u32, source: StoreError },
    #[error("the batch could not be stored")]
    Store(#[source] StoreError),
}

/// Whose trouble it is, and so what a lane does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Somebody else owns the partition: drop everything, leave the group, rejoin.
    Fenced,
    /// A record is to blame: halve the batch down to one.
    Data,
    /// This instance can't go on: something newer wrote, or no text is there.
    Instance,
    /// The database is away or busy: wait and try again.
    World,
}

impl CommitError {
    /// Whose trouble it is.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Fenced { .. } => Trouble::Fenced,
            Self::NoActiveText { .. } | Self::UnreadableText { .. } => Trouble::Instance,
            Self::Panicked => Trouble::Data,
            Self::Moving { .. } | Self::Exhausted { .. } => Trouble::World,
            Self::Store(error) => of_store(error),
        }
    }
}

fn of_store(error: &StoreError) -> Trouble {
    match error {
        StoreError::Damaged { .. } => Trouble::Data,
        StoreError::Address { .. }
        | StoreError::Migrate { .. }
        | StoreError::Schema { .. }
        | StoreError::NewerSchema { .. }
        | StoreError::OtherMigration { .. }
        | StoreError::NewerFormat { .. } => Trouble::Instance,
        StoreError::Connect { .. } => Trouble::World,
        StoreError::Statement { .. } if error.is_data() => Trouble::Data,
        StoreError::Statement { .. } => Trouble::World,
    }
}
