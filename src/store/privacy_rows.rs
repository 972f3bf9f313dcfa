//! Rows of erasure and of what people said before they were known. Plain values; nothing here talks to a database.

use crate::domain::ids::{AccountId, IdentityKey, LeadId};
use crate::domain::time::Moment;

/// What goes with a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErasureRow {
    /// The lead that was erased; `None` for somebody we never knew.
    pub lead: Option<LeadId>,
    /// The lead and those that were merged into it; empty where only keys are remembered.
    pub leads: Vec<LeadId>,
    /// E-mail, CRM and anonymous keys that named the person: they stand on the erased list from now on.
    pub keys: Vec<IdentityKey>,
    /// The company, whose domain goes too when nobody else is of it.
    pub account: Option<AccountId>,
    /// When the person asked.
    pub at: Moment,
}

/// A key of somebody who was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasedKey {
    pub at: Moment,
    /// The erased lead; `None` for somebody we never knew, and for a key that names a person anew.
    pub lead: Option<LeadId>,
}

/// What somebody said of being contacted before they were known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    EmailOptedOut,
    /// No contact at all.
    NoContact,
    /// No contact at all, for a legal reason.
    LegalHold,
    EmailGiven,
    EmailWithdrawn,
    PhoneGiven,
    PhoneWithdrawn,
}

impl Said {
    /// Everything that can be said.
    pub const ALL: &'static [Self] = &[
        Self::EmailOptedOut,
        Self::NoContact,
        Self::LegalHold,
        Self::EmailGiven,
        Self::EmailWithdrawn,
        Self::PhoneGiven,
        Self::PhoneWithdrawn,
    ];

    /// The word that rows store.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::EmailOptedOut => "email_opted_out",
            Self::NoContact => "no_contact",
            Self::LegalHold => "legal_hold",
            Self::EmailGiven => "email_given",
            Self::EmailWithdrawn => "email_withdrawn",
            Self::PhoneGiven => "phone_given",
            Self::PhoneWithdrawn => "phone_withdrawn",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }
}

/// One thing said, under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConsentRow {
    pub key: IdentityKey,
    pub what: Said,
    pub at: Moment,
}
