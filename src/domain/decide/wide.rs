//! Changes that touch many leads at once, seen from one of them: an account became a customer, a policy was published.

use super::Refusal;
use super::draft::Draft;
use crate::domain::team::MemberId;

/// The row "account becomes customer".
pub(super) fn customer(_draft: &mut Draft<'_>, _owner: Option<&MemberId>) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}

/// The row "policy published".
pub(super) fn score_again(_draft: &mut Draft<'_>) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}
