//! `privacy.requests.v1`: erasure, consent, no contact. It never deletes; what has no row yet is counted.

use super::reading::{Reading, commanded, ignored};
use super::{InType, in_types};
use crate::contract::request::{Creates, Decoded};
use crate::domain::command::Command;

pub(super) const TYPES: &[InType] = in_types!("privacy.requests.v1":
    "person.erasure_requested.v1" => |reading| Ok(erasure(reading)),
    "consent.changed.v1" => |_| Ok(ignored("row_not_active.consent")),
    "contact.suppressed.v1" => |_| Ok(ignored("row_not_active.suppression")),
);

/// Somebody unknown is erased too: their keys stand on the erased list. `scope` says nothing here: erased is erased.
fn erasure(reading: &Reading<'_>) -> Decoded {
    commanded(reading.fact(reading.who(), Creates::NeverFiltered), Command::EraseLead)
}
