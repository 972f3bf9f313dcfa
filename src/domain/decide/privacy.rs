//! What a person asks of us: no contact, erasure, consent. It never deletes a row; it decides what follows for the lead.

use super::Refusal;
use super::draft::Draft;
use crate::domain::lead::{Consent, SuppressedFor};

/// The row "suppress (no contact at all)".
pub(super) fn suppress(_draft: &mut Draft<'_>, _reason: SuppressedFor) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}

/// The row "erase".
pub(super) fn erase(_draft: &mut Draft<'_>) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}

/// The row "consent given".
pub(super) fn consent(_draft: &mut Draft<'_>, _consent: Consent) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}
