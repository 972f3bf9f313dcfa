//! Why an offer ended. Stored: append only. It says nothing about who gets the lead next.

use serde::{Deserialize, Serialize};

/// Why an offer ended without being accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Withdrawal {
    /// The rep passed it on, without blame.
    Declined,
    /// `accept_by` went by.
    NotAccepted,
    /// `contact_by` went by without an attempt.
    NotContacted,
    /// Somebody named another person.
    Reassigned,
    /// Sales returned it with a reason.
    Rejected,
    /// The person is worked as another lead, or another passage goes on.
    Merged,
}

impl Withdrawal {
    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::NotAccepted => "not_accepted",
            Self::NotContacted => "not_contacted",
            Self::Reassigned => "reassigned",
            Self::Rejected => "rejected",
            Self::Merged => "merged",
        }
    }
}
