//! Somebody of the team opens a closed lead again. It never judges why it was closed.

use super::Refusal;
use super::draft::Draft;

/// The row "re-open (person, reason)".
pub(super) fn reopen(_draft: &mut Draft<'_>, _consent: bool) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}
