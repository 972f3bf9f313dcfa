//! Ids, all derived, never drawn: a retry after a crash names the same thing. It never holds personal data.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// Root of every derived id: `UUIDv5` of the DNS name `baton.dev`, so that no other system derives the same ones.
const ROOT: Uuid = Uuid::from_u128(0x3a62_f8d4_1e0b_5c7a_9d44_6b1f_0c2e_8a95);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

id!(
    /// A person we track: UUIDv5(source, id of the record that created it, place of the person in that record).
    LeadId
);
id!(
    /// A company.
    AccountId
);
id!(
    /// A deal: UUIDv5(CRM system, its id there).
    OpportunityId
);
id!(
    /// One passage from MQL to SQL: UUIDv5(lead, cycle); time and policy are not in it, so it exists at most once.
    HandoffId
);
id!(
    /// A published record: UUIDv5(lead, timeline, lead version, type).
    EventId
);

/// Derives from parts; each part is written with its length, so that no two lists of parts read alike.
fn derive(kind: &str, parts: &[&[u8]]) -> Uuid {
    let mut name = Vec::with_capacity(64);
    for part in std::iter::once(kind.as_bytes()).chain(parts.iter().copied()) {
        name.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        name.extend_from_slice(part);
    }
    Uuid::new_v5(&ROOT, &name)
}

impl LeadId {
    /// The lead that the person at `place` (from 0) of a record makes.
    #[must_use]
    pub fn derived(source: &str, id: &str, place: u32) -> Self {
        Self(derive("lead", &[source.as_bytes(), id.as_bytes(), &place.to_be_bytes()]))
    }
}

impl AccountId {
    /// The company that a key (`domain:acme.example`, `crm:system:id`) first named.
    #[must_use]
    pub fn derived(key: &str) -> Self {
        Self(derive("account", &[key.as_bytes()]))
    }
}

impl OpportunityId {
    /// The deal of that id in that CRM.
    #[must_use]
    pub fn derived(system: &str, id: &str) -> Self {
        Self(derive("opportunity", &[system.as_bytes(), id.as_bytes()]))
    }
}

impl HandoffId {
    /// The handoff of one cycle of a lead.
    #[must_use]
    pub fn derived(lead: LeadId, cycle: u32) -> Self {
        Self(derive("handoff", &[lead.0.as_bytes(), &cycle.to_be_bytes()]))
    }
}

impl EventId {
    /// The record of a type that a version of a lead publishes, on one timeline.
    #[must_use]
    pub fn derived(lead: LeadId, timeline: i32, lead_version: u64, event_type: &str) -> Self {
        Self(derive(
            "event",
            &[lead.0.as_bytes(), &timeline.to_be_bytes(), &lead_version.to_be_bytes(), event_type.as_bytes()],
        ))
    }
}

impl EventId {
    /// What is told to people and is about no single lead, named by its parts.
    #[must_use]
    pub fn of_notice(parts: &[&str]) -> Self {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        Self(derive("notice", &parts))
    }
}

/// What kind of key names a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum KeyKind {
    Email = 1,
    Crm = 2,
    Lead = 3,
    Anonymous = 4,
}

/// A key that names a person: its kind and 128 bits of an HMAC under the service key (of a lead: its id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IdentityKey {
    pub kind: KeyKind,
    pub digest: [u8; 16],
}

impl IdentityKey {
    /// The 17 bytes that are stored: kind, then digest.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(17);
        bytes.push(self.kind as u8);
        bytes.extend_from_slice(&self.digest);
        bytes
    }

    /// Reads what [`Self::bytes`] wrote; `None` for any other bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first()?;
        let kind = [KeyKind::Email, KeyKind::Crm, KeyKind::Lead, KeyKind::Anonymous]
            .into_iter()
            .find(|kind| *kind as u8 == *first)?;
        Some(Self { kind, digest: rest.try_into().ok()? })
    }

    /// The key that a lead's own id is.
    #[must_use]
    pub fn lead(id: LeadId) -> Self {
        Self { kind: KeyKind::Lead, digest: *id.0.as_bytes() }
    }
}
