//! Stories of undone deals, consent, wide changes, merges and faults of ours, through every event of theirs.

use super::story::{START, lead_id, member, opening, owner, pool, rep, steward, terms};
use crate::domain::custody::ClockKind;
use crate::domain::event::Event;
use crate::domain::evolve::evolve;
use crate::domain::ids::{LeadId, OpportunityId};
use crate::domain::lead::{Consent, Lead, Motion, Origin, Permission};
use crate::domain::signal::SignalId;

/// What came to the lifecycle later: undone deals, privacy, the wide changes, merges and faults of ours.
pub(super) fn events(deal: OpportunityId) -> Vec<Vec<Event>> {
    let consent = Consent { email: Permission::Given, phone: Permission::Unknown };
    let opened = Event::OpportunityOpened {
        opportunity: deal,
        at: START,
        implied: true,
        custody: rep(ClockKind::ReviewBy),
    };
    let again = Event::CycleStarted {
        number: 2,
        started_at: START,
        motion: Motion::Expansion,
        hand_raised: false,
        custody: owner(),
    };
    vec![
        vec![
            Event::ConsentGiven { consent, at: START },
            Event::CrmUnlinked { tell: true, custody: None },
            Event::CrmUnlinked { tell: false, custody: None },
            Event::CustomerNoted { owner: Some(member("bob")), tell: true },
            Event::CustomerNoted { owner: None, tell: false },
            opened,
            Event::ContactLeft { opportunity: deal, tell: true },
            Event::ContactLeft { opportunity: deal, tell: false },
            Event::OpportunityAttached(deal),
            Event::OriginCredited(Origin::Partner),
            Event::DisagreementSettled { version: 7 },
            Event::ContactForbidden { custody: Some(steward()) },
            Event::ReturnedToSql { opportunity: deal, custody: rep(ClockKind::NextStepBy) },
            Event::LeadParked { reason: "impossible_event".to_owned(), custody: steward() },
            Event::LeadUnparked,
            Event::SplitBegun { from: LeadId::derived("/test", "2", 0) },
            Event::LeadSplit { to: LeadId::derived("/test", "3", 0), signals: vec![SignalId([7; 16])] },
        ],
        vec![
            Event::LeadWon { opportunity: deal, at: START, implied: false },
            Event::ReviewAsked { reason: "won_deal_deleted".to_owned(), custody: steward() },
            again,
            Event::LeadReopened {
                terms: terms(),
                motion: Motion::Expansion,
                pool: pool(),
                custody: steward(),
            },
            Event::LeadMerged { into: LeadId::derived("/test", "2", 0) },
        ],
    ]
}

/// The survivor of a merge, as it stands with the other lead taken in.
pub(super) fn absorbed() -> Vec<Event> {
    let opening = opening();
    let united = opening.iter().fold(Lead::unseen(lead_id()), |lead, event| evolve(lead, event).unwrap());
    let from = LeadId::derived("/test", "2", 0);
    vec![Event::LeadAbsorbed { from, united: Box::new(united) }]
}
