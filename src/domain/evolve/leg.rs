//! The closer's leg and the offers that ended on a lead. It never chooses anybody.

use super::set_custody;
use crate::domain::custody::Custody;
use crate::domain::event::Event;
use crate::domain::lead::{Lead, Stage, StageKind};
use crate::domain::leg::{Leg, LegStep, PastOffer};

/// A step of the closer's leg, or what became of an offer that ended.
#[expect(clippy::wildcard_enum_match_arm, reason = "`apply` matches every event and sends only these here")]
pub(super) fn apply(lead: &mut Lead, event: &Event) -> Option<()> {
    match event {
        Event::OfferMissed { rep, accept_by, why } => lead.past_offers.push(PastOffer {
            rep: rep.clone(),
            accept_by: *accept_by,
            ended_at: lead.decided_at,
            why: *why,
            voided: false,
        }),
        Event::BreachVoided { rep, .. } => {
            let missed = lead.past_offers.iter_mut().rev().find(|past| past.rep == *rep)?;
            missed.voided = true;
        }
        Event::CloserWanted { first, wanted, pool, held, custody } => {
            let offered_to = lead.leg.take().map(|leg| leg.offered_to).unwrap_or_default();
            lead.leg = Some(Leg {
                first: first.clone(),
                pool: pool.clone(),
                wanted: wanted.clone(),
                offered_to,
                step: LegStep::Waiting { held: *held },
            });
            qualified(lead, custody)?;
        }
        Event::CloserOffered { rep, pool, custody, .. } => {
            let leg = lead.leg.as_mut()?;
            leg.pool = pool.clone();
            leg.wanted = None;
            leg.offered_to.push(rep.clone());
            leg.step = LegStep::Offered(rep.clone());
            qualified(lead, custody)?;
        }
        Event::CloserWithdrawn { pool, held, custody, .. } => {
            let leg = lead.leg.as_mut()?;
            leg.pool = pool.clone();
            leg.step = LegStep::Waiting { held: *held };
            qualified(lead, custody)?;
        }
        Event::CloserAccepted { by, custody, .. } => {
            lead.leg.as_mut()?.step = LegStep::Working(by.clone());
            qualified(lead, custody)?;
        }
        Event::ReturnedToFirst { custody, .. } => {
            lead.leg.take()?;
            lead.stage = Stage::SalesAccepted(custody.clone());
        }
        _ => {}
    }
    Some(())
}

fn qualified(lead: &mut Lead, custody: &Custody) -> Option<()> {
    if lead.stage.kind() != StageKind::SalesQualified {
        return None;
    }
    set_custody(lead, Some(custody));
    Some(())
}

/// Whoever is named works a lead that was on its way to a closer.
pub(super) fn note(lead: &mut Lead, event: &Event) {
    if let (Event::LeadReassigned { custody, .. }, Some(leg)) = (event, &mut lead.leg) {
        leg.step = LegStep::Working(custody.holder.member().clone());
    }
}

/// The leg is over once the lead is not qualified any more.
pub(super) fn end(lead: &mut Lead) {
    if lead.stage.kind() != StageKind::SalesQualified {
        lead.leg = None;
    }
}
