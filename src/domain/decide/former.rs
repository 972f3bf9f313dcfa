//! A former offeree acts after the offer moved on (LIFECYCLE N1): in time after all, tried before, or too late.

use super::Refusal;
use super::draft::Draft;
use crate::domain::event::{Event, Withdrawal};
use crate::domain::lead::Attempt;
use crate::domain::leg::PastOffer;
use crate::domain::team::MemberId;
use crate::domain::time::Moment;

/// An acceptance by somebody whom the lead was offered to before, while the next has neither accepted nor tried.
pub(super) fn accept(draft: &mut Draft<'_>, by: &MemberId) -> Result<(), Refusal> {
    if let Some(rep) = in_time(draft, by) {
        void(draft, &rep)?;
        return reclaim(draft, false);
    }
    if tried_before(draft, by, None) {
        return reclaim(draft, false);
    }
    Err(Refusal::OfferMoved { holder: draft.holder_member(), voided: None })
}

/// A human attempt by a former offeree: in time, or older than the lead's being taken from them, it gives the lead back.
pub(super) fn attempt(draft: &mut Draft<'_>, by: &MemberId, attempt: &Attempt) -> Result<(), Refusal> {
    let accepted = in_time(draft, by);
    if let Some(rep) = &accepted {
        void(draft, rep)?;
    }
    let theirs = accepted.is_some() || tried_before(draft, by, Some(attempt.at));
    if theirs { reclaim(draft, true) } else { Ok(()) }
}

/// The same while the lead is in the queue: the missed acceptance does not count, and the rest is the queue's rule.
pub(super) fn excuse(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let by = draft.member().cloned();
    match by.and_then(|by| in_time(draft, &by)) {
        Some(rep) => void(draft, &rep),
        None => Ok(()),
    }
}

/// Why a former offeree who was in time does not get the lead that the next one works already; the breach goes all the
/// same.
pub(super) fn overtaken(draft: &Draft<'_>) -> Option<Refusal> {
    let missed = in_time(draft, draft.member()?)?;
    let voided = Some((missed.rep.clone(), missed.accept_by.unwrap_or(missed.ended_at)));
    Some(Refusal::OfferMoved { holder: draft.holder_member(), voided })
}

/// The person's last offer that was taken for want of an answer, when what we hear of now happened before it was due.
fn in_time(draft: &Draft<'_>, by: &MemberId) -> Option<PastOffer> {
    let at = draft.inputs.occurred_at;
    let past = last(draft, by)?;
    let missed = past.why == Withdrawal::NotAccepted && !past.voided;
    (missed && past.accept_by.is_some_and(|accept_by| at <= accept_by)).then(|| past.clone())
}

/// Whether the person had reached for the lead's person before it was taken from them.
fn tried_before(draft: &Draft<'_>, by: &MemberId, attempt_at: Option<Moment>) -> bool {
    let Some(past) = last(draft, by) else { return false };
    let taken = matches!(past.why, Withdrawal::NotAccepted | Withdrawal::NotContacted);
    let known = draft.lead.cycle.attempts.iter().filter(|known| known.is_human());
    let mut theirs =
        known.filter(|known| known.by.as_ref() == Some(by)).map(|known| known.at).chain(attempt_at);
    taken && theirs.any(|at| at < past.ended_at)
}

fn last<'d>(draft: &'d Draft<'_>, by: &MemberId) -> Option<&'d PastOffer> {
    draft.lead.past_offers.iter().rev().find(|past| past.rep == *by)
}

fn void(draft: &mut Draft<'_>, missed: &PastOffer) -> Result<(), Refusal> {
    let accept_by = missed.accept_by.unwrap_or(missed.ended_at);
    draft.push(Event::BreachVoided { rep: missed.rep.clone(), accept_by })
}

/// The offer returns: from the next one, without blame, to who had it before.
fn reclaim(draft: &mut Draft<'_>, implied: bool) -> Result<(), Refusal> {
    draft.withdraw(Withdrawal::Reclaimed, None)?;
    draft.take(implied)
}
