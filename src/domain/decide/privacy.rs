//! What a person asks of us: no contact, erasure, consent. It never deletes a row; it decides what follows for the lead.

use super::Refusal;
use super::draft::Draft;
use crate::domain::event::Event;
use crate::domain::lead::{Consent, Stage, SuppressedFor};

/// The row "suppress (no contact at all)".
pub(super) fn suppress(_draft: &mut Draft<'_>, _reason: SuppressedFor) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}

/// The row "erase": every stage goes, whoever holds it is told by the event itself; deals are rows of their own and stay.
pub(super) fn erase(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    match &draft.lead.stage {
        // Nobody yet: the caller keeps the keys on the erased list.
        Stage::Unseen => Err(Refusal::Filtered("unknown_person")),
        // The survivor of a merge is who is to be erased; the one that ended there holds nothing of its own.
        Stage::Merged { .. } => Err(Refusal::NotFound),
        Stage::Suppressed { reason: SuppressedFor::Erased, .. } => Err(Refusal::NothingChanges),
        Stage::Captured(_)
        | Stage::Queued { .. }
        | Stage::Offered { .. }
        | Stage::SalesAccepted(_)
        | Stage::SalesQualified(_)
        | Stage::Opportunity(_)
        | Stage::Won { .. }
        | Stage::WonUnderReview { .. }
        | Stage::Lost { .. }
        | Stage::Recycled { .. }
        | Stage::Disqualified { .. }
        | Stage::Suppressed { .. } => draft.push(Event::LeadErased),
    }
}

/// The row "consent given".
pub(super) fn consent(_draft: &mut Draft<'_>, _consent: Consent) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}
