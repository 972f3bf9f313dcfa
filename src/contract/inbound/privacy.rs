//! `privacy.requests.v1`: erasure, consent, no contact. They are counted and kept; their rows are not active yet.

use super::reading::ignored;
use super::{InType, in_types};

pub(super) const TYPES: &[InType] = in_types!("privacy.requests.v1":
    "person.erasure_requested.v1" => |_| Ok(ignored("row_not_active.erasure")),
    "consent.changed.v1" => |_| Ok(ignored("row_not_active.consent")),
    "contact.suppressed.v1" => |_| Ok(ignored("row_not_active.suppression")),
);
