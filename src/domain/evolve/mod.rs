//! Applies one event to a lead. It decides nothing, and refuses a pair that cannot be rather than ignore it.

mod contest;
mod leg;
mod person;

use super::custody::Custody;
use super::event::Event;
use super::lead::{
    ATTEMPTS_MAX, Attempt, Cycle, DEALS_MAX, Deal, DealState, Lead, PAST_CYCLES_MAX, Parked, PastCycle,
    Stage, StageKind,
};
use super::team::PoolId;
use super::time::Moment;
use person::{forget, learn, told, withdraw_consent};

/// An event that the lead's state rules out: the audit trail or the code is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {event} cannot happen to a lead that is {stage:?} at version {version}")]
pub struct ImpossibleEvent {
    pub event: &'static str,
    pub stage: StageKind,
    pub version: u64,
}

/// The lead after the event, one version on.
///
/// # Errors
/// The event cannot follow on this state.
pub fn evolve(mut lead: Lead, event: &Event) -> Result<Lead, ImpossibleEvent> {
    let before = (lead.stage.kind(), lead.holder().cloned(), lead.cycle.offers);
    let impossible = ImpossibleEvent { event: event.name(), stage: lead.stage.kind(), version: lead.version };
    let captured = matches!(event, Event::LeadCaptured { .. });
    if captured == (lead.version > 0) || (lead.stage.kind() == StageKind::Merged) {
        return Err(impossible);
    }
    lead.version += 1;
    apply(&mut lead, event).ok_or(impossible)?;
    leg::end(&mut lead);
    contest::keep_clock(&mut lead);
    if before != (lead.stage.kind(), lead.holder().cloned(), lead.cycle.offers) {
        lead.custody_version += 1;
    }
    Ok(lead)
}

#[expect(clippy::too_many_lines, reason = "one arm for each event, and nothing else")]
fn apply(lead: &mut Lead, event: &Event) -> Option<()> {
    match event {
        Event::LeadCaptured { .. } | Event::CycleStarted { .. } => begin(lead, event)?,
        Event::ProfileReported { .. }
        | Event::SignalRecorded { .. }
        | Event::TouchRecorded { .. }
        | Event::CrmLinked { .. }
        | Event::EmailOptedOut { .. }
        | Event::ProductRequested { .. } => learn(lead, event),
        Event::LeadMarketingQualified { .. }
        | Event::PriorityRaised { .. }
        | Event::LeadOffered { .. }
        | Event::OfferWithdrawn { .. }
        | Event::LeadQueued { .. }
        | Event::LeadAccepted { .. }
        | Event::DataFixAsked { .. }
        | Event::DataFixed { .. }
        | Event::LeadReassigned { .. } => {
            leg::note(lead, event);
            hand_over(lead, event)?;
        }
        Event::AttemptRecorded { attempt, custody, .. } => {
            attempted(&mut lead.cycle, attempt);
            set_custody(lead, custody.as_ref());
        }
        Event::LeadRecycled { .. }
        | Event::LeadDisqualified { .. }
        | Event::LeadSuppressed { .. }
        | Event::LeadSalesQualified { .. }
        | Event::FactsAdded { .. }
        | Event::OpportunityOpened { .. }
        | Event::DealRecorded { .. }
        | Event::LeadWon { .. }
        | Event::LeadLost { .. } => conclude(lead, event),
        Event::SqlReversed => lead.cycle.sql_at = None,
        Event::WinReversed { opportunity } => reverse_win(lead, *opportunity),
        Event::LeadClosedAsWon { at, .. } => lead.stage = Stage::Won { at: *at },
        Event::PreferenceNoted(wanted) => lead.cycle.wanted = Some(wanted.clone()),
        Event::ReviewAsked { custody, .. } => review(lead, custody)?,
        Event::ReplyOwed(custody)
        | Event::ClockReminded { custody, .. }
        | Event::ClockBreached { custody, .. }
        | Event::ClockEscalated { custody, .. }
        | Event::ClockPutOff { custody, .. }
        | Event::HolderReplaced { custody, .. } => {
            lead.custody()?;
            set_custody(lead, Some(custody));
        }
        Event::ConsentGiven { .. }
        | Event::CrmUnlinked { .. }
        | Event::ContactForbidden { .. }
        | Event::CustomerNoted { .. } => told(lead, event),
        Event::LeadReopened { .. } | Event::ReturnedToSql { .. } => reopen(lead, event)?,
        Event::LeadErased
        | Event::LeadAbsorbed { .. }
        | Event::LeadMerged { .. }
        | Event::LeadSplit { .. }
        | Event::LeadParked { .. }
        | Event::LeadUnparked => remake(lead, event),
        Event::MqlDated { at, grade, points } => {
            let terms = lead.cycle.terms.as_mut()?;
            terms.mql_at = Some(*at);
            terms.grade = *grade;
            terms.points = *points;
        }
        Event::OriginCredited(origin) => lead.origin = *origin,
        Event::NobodyFree(_) => lead.nobody_free_at = lead.custody_version,
        Event::ContestAllowed { .. } | Event::RejectionContested { .. } | Event::ContestResolved { .. } => {
            contest::apply(lead, event)?;
        }
        Event::OfferMissed { .. }
        | Event::BreachVoided { .. }
        | Event::CloserWanted { .. }
        | Event::CloserOffered { .. }
        | Event::CloserWithdrawn { .. }
        | Event::CloserAccepted { .. }
        | Event::ReturnedToFirst { .. } => leg::apply(lead, event)?,
        Event::LeadRejected { .. }
        | Event::RejectionVoided { .. }
        | Event::ContactLeft { .. }
        | Event::OpportunityAttached(_)
        | Event::ClockStale { .. }
        | Event::NoteTaken
        | Event::DisagreementSettled { .. }
        | Event::SplitBegun { .. }
        | Event::FactDiverged { .. }
        | Event::AskRefused { .. } => {}
    }
    Some(())
}

/// A lead, or a passage of it, begins.
#[expect(clippy::wildcard_enum_match_arm, reason = "`apply` matches every event and sends only these here")]
fn begin(lead: &mut Lead, event: &Event) -> Option<()> {
    match event {
        Event::LeadCaptured { first_seen_at, started_at, origin, custody } => {
            lead.first_seen_at = *first_seen_at;
            lead.origin = *origin;
            lead.origin_at = *first_seen_at;
            lead.cycle = Cycle { number: 1, started_at: *started_at, ..Cycle::default() };
            lead.stage = Stage::Captured(custody.clone());
        }
        Event::CycleStarted { number, started_at, motion, hand_raised, custody } => {
            if *number != lead.cycle.number + 1 {
                return None;
            }
            close_cycle(lead, *started_at);
            lead.past_offers.clear();
            lead.cycle = Cycle {
                number: *number,
                started_at: *started_at,
                motion: *motion,
                hand_raised: *hand_raised,
                wanted: lead.cycle.wanted.clone(),
                ..Cycle::default()
            };
            // Whoever asks to be called may be called again.
            lead.no_contact &= !*hand_raised;
            lead.stage = Stage::Captured(custody.clone());
        }
        _ => {}
    }
    Some(())
}

/// What changes who the lead is: erased, united, split, stopped by a fault.
#[expect(clippy::wildcard_enum_match_arm, reason = "`apply` matches every event and sends only these here")]
fn remake(lead: &mut Lead, event: &Event) {
    match event {
        Event::LeadErased => forget(lead),
        Event::LeadAbsorbed { united, .. } => {
            let (version, custody_version) = (lead.version, lead.custody_version);
            *lead = Lead { id: lead.id, version, custody_version, ..(**united).clone() };
        }
        Event::LeadMerged { into } => lead.stage = Stage::Merged { into: *into },
        Event::LeadSplit { signals, .. } => lead.signals.remove(signals),
        Event::LeadParked { reason, custody } => {
            lead.parked = Some(Parked { reason: reason.clone(), custody: custody.clone() });
        }
        Event::LeadUnparked => lead.parked = None,
        _ => {}
    }
}

fn queued(pool: &PoolId, held: bool, custody: &Custody) -> Stage {
    Stage::Queued { pool: pool.clone(), held, custody: custody.clone() }
}

/// The passage from queue to rep.
#[expect(clippy::wildcard_enum_match_arm, reason = "`apply` matches every event and sends only these here")]
fn hand_over(lead: &mut Lead, event: &Event) -> Option<()> {
    match event {
        Event::LeadMarketingQualified { terms, motion, pool, custody } => {
            if lead.stage.kind() != StageKind::Captured {
                return None;
            }
            lead.cycle.terms = Some(terms.clone());
            lead.cycle.motion = *motion;
            lead.stage = queued(pool, false, custody);
        }
        Event::PriorityRaised { priority, contact_by, custody } => {
            let terms = lead.cycle.terms.as_mut()?;
            terms.priority = *priority;
            terms.contact_by = *contact_by;
            set_custody(lead, Some(custody));
        }
        Event::LeadOffered { rep, pool, offer_no, custody, .. } => {
            if lead.stage.kind() != StageKind::Queued {
                return None;
            }
            lead.cycle.offers = *offer_no;
            lead.cycle.offered_to.push(rep.clone());
            lead.cycle.wanted = None;
            lead.stage = Stage::Offered { rep: rep.clone(), pool: pool.clone(), custody: custody.clone() };
        }
        Event::OfferWithdrawn { wanted, pool, held, custody, .. } => {
            lead.cycle.wanted.clone_from(wanted);
            lead.stage = queued(pool, *held, custody);
        }
        Event::LeadQueued { wanted, pool, held, misrouted, custody } => {
            lead.cycle.wanted.clone_from(wanted);
            lead.cycle.misroutes += u32::from(*misrouted);
            lead.stage = queued(pool, *held, custody);
        }
        Event::LeadAccepted { at, early, custody, .. } => {
            if let Some(terms) = early {
                lead.cycle.terms = Some(terms.clone());
            }
            lead.cycle.accepted_at = Some(lead.cycle.accepted_at.map_or(*at, |first| first.min(*at)));
            lead.stage = Stage::SalesAccepted(custody.clone());
        }
        Event::DataFixAsked { custody, .. } => lead.stage = Stage::Captured(custody.clone()),
        Event::DataFixed { pool, custody } => lead.stage = queued(pool, false, custody),
        Event::LeadReassigned { custody, .. } => set_custody(lead, Some(custody)),
        _ => {}
    }
    Some(())
}

/// What came of a cycle.
#[expect(clippy::wildcard_enum_match_arm, reason = "`apply` matches every event and sends only these here")]
fn conclude(lead: &mut Lead, event: &Event) {
    match event {
        Event::LeadRecycled { reason, custody } => {
            lead.stage = Stage::Recycled { reason: *reason, at: lead.decided_at, custody: custody.clone() };
        }
        Event::LeadDisqualified { reason, custody } => {
            lead.stage = Stage::Disqualified { reason: *reason, custody: custody.clone() };
        }
        Event::LeadSuppressed { reason, custody } => {
            withdraw_consent(lead);
            lead.stage = Stage::Suppressed { reason: *reason, custody: custody.clone() };
        }
        Event::LeadSalesQualified { facts, at, custody, .. } => {
            lead.cycle.facts = *facts;
            lead.cycle.sql_at = Some(*at);
            lead.stage = Stage::SalesQualified(custody.clone());
        }
        Event::FactsAdded { facts, custody } => {
            lead.cycle.facts = *facts;
            set_custody(lead, custody.as_ref());
        }
        Event::OpportunityOpened { opportunity, custody, .. } => {
            record_deal(lead, *opportunity, DealState::Open, true);
            lead.stage = Stage::Opportunity(custody.clone());
        }
        Event::DealRecorded { opportunity, state, win, custody } => {
            record_deal(lead, *opportunity, *state, *win);
            lead.cycle.wins += u32::from(*win);
            lead.customer |= *win;
            set_custody(lead, custody.as_ref());
        }
        Event::LeadWon { opportunity, at, .. } => {
            record_deal(lead, *opportunity, DealState::Won, true);
            lead.cycle.wins += 1;
            lead.customer = true;
            lead.stage = Stage::Won { at: *at };
        }
        Event::LeadLost { opportunity, at, custody, .. } => {
            record_deal(lead, *opportunity, DealState::Lost, true);
            lead.stage = Stage::Lost { at: *at, custody: custody.clone() };
        }
        _ => {}
    }
}

fn attempted(cycle: &mut Cycle, attempt: &Attempt) {
    if cycle.attempts.len() < ATTEMPTS_MAX {
        cycle.attempts.push(attempt.clone());
    }
    if attempt.is_human() {
        let first = cycle.first_attempt_at.map_or(attempt.at, |first| first.min(attempt.at));
        cycle.first_attempt_at = Some(first);
    }
}

/// Only a win of the present cycle is taken from it.
fn reverse_win(lead: &mut Lead, id: super::ids::OpportunityId) {
    let cycle = lead.cycle.number;
    let is_ours = lead.deals.iter().any(|deal| deal.id == id && deal.cycle == cycle);
    lead.cycle.wins = lead.cycle.wins.saturating_sub(u32::from(is_ours));
}

/// `counts`: the deal moves the lead, or wins, in the present cycle, and stands there from now on.
fn record_deal(lead: &mut Lead, id: super::ids::OpportunityId, state: DealState, counts: bool) {
    let cycle = lead.cycle.number;
    if let Some(deal) = lead.deals.iter_mut().find(|deal| deal.id == id) {
        deal.state = state;
        if counts {
            deal.cycle = cycle;
        }
    } else {
        if lead.deals.len() >= DEALS_MAX {
            let oldest_closed = lead.deals.iter().position(|deal| deal.state != DealState::Open).unwrap_or(0);
            lead.deals.remove(oldest_closed);
        }
        lead.deals.push(Deal { id, state, cycle: lead.cycle.number });
    }
}

/// The duties as they stand now; of a parked lead those of the steward of operations.
fn set_custody(lead: &mut Lead, custody: Option<&Custody>) {
    let Some(custody) = custody else { return };
    if let Some(parked) = &mut lead.parked {
        parked.custody = custody.clone();
    } else {
        lead.stage = std::mem::take(&mut lead.stage).with_custody(custody.clone());
    }
}

fn close_cycle(lead: &mut Lead, ended_at: Moment) {
    if lead.past.len() >= PAST_CYCLES_MAX {
        lead.past.remove(0);
    }
    lead.past.push(PastCycle {
        number: lead.cycle.number,
        started_at: lead.cycle.started_at,
        ended_at,
        hand_raised: lead.cycle.hand_raised,
    });
}

/// Back into a stage that the lead had left.
#[expect(clippy::wildcard_enum_match_arm, reason = "`apply` matches every event and sends only these here")]
fn reopen(lead: &mut Lead, event: &Event) -> Option<()> {
    match event {
        Event::LeadReopened { terms, motion, pool, custody } => {
            if lead.stage.kind() != StageKind::Captured {
                return None;
            }
            lead.cycle.terms = Some(terms.clone());
            lead.cycle.motion = *motion;
            lead.stage = queued(pool, false, custody);
        }
        Event::ReturnedToSql { opportunity, custody } => {
            if lead.stage.kind() != StageKind::Opportunity {
                return None;
            }
            record_deal(lead, *opportunity, DealState::Void, true);
            lead.stage = Stage::SalesQualified(custody.clone());
        }
        _ => {}
    }
    Some(())
}

/// Somebody looks at a lead; a won one is open again for as long as they do.
fn review(lead: &mut Lead, custody: &Custody) -> Option<()> {
    if let Stage::Won { at } = lead.stage {
        lead.stage = Stage::WonUnderReview { at, custody: custody.clone() };
        return Some(());
    }
    lead.stage.custody()?;
    set_custody(lead, Some(custody));
    Some(())
}
