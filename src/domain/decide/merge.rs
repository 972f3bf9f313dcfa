//! Two leads that are one person, and one lead that was two (LIFECYCLE N5). It never finds out who is whom.

use super::Refusal;
use super::draft::Draft;
use crate::domain::command::Report;
use crate::domain::ids::LeadId;
use crate::domain::lead::Lead;
use crate::domain::signal::{Signal, SignalId};

pub(super) fn absorb(_draft: &mut Draft<'_>, _other: &Lead) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}

pub(super) fn merge(_draft: &mut Draft<'_>, _into: LeadId) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}

pub(super) fn split(_draft: &mut Draft<'_>, _to: LeadId, _signals: &[SignalId]) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}

pub(super) fn begin(
    _draft: &mut Draft<'_>,
    _from: LeadId,
    _signals: &[Signal],
    _report: &Report,
) -> Result<(), Refusal> {
    Err(Refusal::Filtered("row_not_active"))
}
