//! Somebody of the team opens a closed lead again. It never judges why it was closed.

use super::Refusal;
use super::draft::Draft;
use crate::domain::event::Event;
use crate::domain::lead::{Consent, Motion, Permission, Stage, SuppressedFor};
use crate::domain::policy::Priority;

/// The row "re-open (person, reason)". `consent`: the person has newly agreed to be contacted.
pub(super) fn reopen(draft: &mut Draft<'_>, consent: bool) -> Result<(), Refusal> {
    match draft.lead.stage {
        Stage::Unseen | Stage::Merged { .. } => Err(Refusal::NotFound),
        Stage::Captured(_)
        | Stage::Queued { .. }
        | Stage::Offered { .. }
        | Stage::SalesAccepted(_)
        | Stage::SalesQualified(_)
        | Stage::Opportunity(_) => Err(Refusal::AlreadyOpen),
        Stage::Won { .. } | Stage::WonUnderReview { .. } => requeue(draft, Motion::Expansion, consent),
        Stage::Lost { .. } | Stage::Recycled { .. } => requeue(draft, draft.lead.cycle.motion, consent),
        Stage::Disqualified { .. } => {
            allow(draft, consent)?;
            draft.start_cycle(draft.lead.cycle.motion, false, draft.inputs.occurred_at)
        }
        Stage::Suppressed { reason: SuppressedFor::OptOut, .. } if consent => {
            agreed(draft)?;
            draft.start_cycle(draft.lead.cycle.motion, false, draft.inputs.occurred_at)
        }
        Stage::Suppressed { .. } => Err(Refusal::Suppressed),
    }
}

/// The next cycle, straight into the queue: a person stands in for the MQL definition, so marketing's cohort does not
/// count it.
fn requeue(draft: &mut Draft<'_>, motion: Motion, consent: bool) -> Result<(), Refusal> {
    allow(draft, consent)?;
    draft.start_cycle(motion, false, draft.inputs.occurred_at)?;
    let score = draft.score();
    let pool = draft.pool_for(Priority::P3, score.grade, motion);
    let hours = draft.pool_hours(&pool);
    let terms = draft.terms(hours, Priority::P3, score.grade, score.points, None, false);
    let contact = draft.contact_of(&terms, hours);
    let custody = draft.queued(&pool, terms.priority, Some(contact));
    draft.push(Event::LeadReopened { terms, motion, pool, custody })
}

/// A person who asked for no contact while a deal stood must have agreed anew.
fn allow(draft: &mut Draft<'_>, consent: bool) -> Result<(), Refusal> {
    match (draft.lead.no_contact, consent) {
        (true, false) => Err(Refusal::Suppressed),
        (true, true) => agreed(draft),
        (false, _) => Ok(()),
    }
}

/// What a colleague reports of the person: they may be called. Marketing e-mail needs the person's own word.
fn agreed(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let consent = Consent { email: Permission::Unknown, phone: Permission::Given };
    draft.push(Event::ConsentGiven { consent, at: draft.inputs.now })
}
