//! What an event publishes, as outbox rows: identifiers are not in them. The contract writes the payloads.

use super::Planner;
use super::privacy::was_erased;
use crate::contract::outbound::{AccountShown, DealShown, Handed, OutRecord, Topic, records, state};
use crate::contract::request::{Money, Request};
use crate::domain::event::Event;
use crate::domain::ids::{LeadId, OpportunityId};
use crate::domain::lead::{Lead, StageKind};
use crate::domain::policy::{Reference, RejectionCode};
use crate::domain::profile::Profile;
use crate::domain::scoring::{Receipt, Standing};
use crate::domain::time::Moment;
use crate::store::rows::{OpportunityRow, OutTopic, OutboxRow};

/// One decided event, on its way out.
pub(super) struct Step<'s> {
    pub before: &'s Lead,
    pub after: &'s Lead,
    /// The lead after the last event of the decision.
    pub settled: &'s Lead,
    pub event: &'s Event,
    /// The reason that the decision returned the lead for, if it did.
    pub rejected: Option<RejectionCode>,
    pub occurred_at: Moment,
}

impl Planner<'_> {
    /// The outbox rows of one event, in the lead's own order.
    pub(super) fn publish(&mut self, request: &Request, step: &Step<'_>) {
        if let Event::FactDiverged { code } = step.event {
            self.disagreement(request, step.after, code);
        }
        if !may_publish(step.event) || !is_told_of(step.after) {
            return;
        }
        let receipt = self.receipt(step.after);
        let account = self.account_shown(step.after);
        let deal = deal_of(step.event).and_then(|id| self.deal_shown(id));
        let world = *self.world;
        let Some(work) = self.leads.get_mut(&step.after.id) else { return };
        let handed = Handed {
            before: step.before,
            after: step.after,
            settled: step.settled,
            event: step.event,
            rejected: step.rejected,
            task: step.rejected.and_then(|code| world.policy.rejection(code).task),
            policy_hash: world.policy.hash,
            team: world.team,
            decided_at: step.after.decided_at,
            occurred_at: step.occurred_at,
            timeline: world.timeline,
            handoff_sequence: work.row.handoff_sequence,
            feedback_sequence: work.row.feedback_sequence,
            historic: false,
            receipt: Some(&receipt),
            account: account.as_ref(),
            deal: deal.as_ref(),
            note_theme: request.note.as_ref().map(|note| note.theme.as_str()),
            board_url: world.board_url,
        };
        for record in records(&handed) {
            match record.topic {
                Topic::Handoff => work.row.handoff_sequence = record.topic_sequence,
                Topic::Feedback => work.row.feedback_sequence = record.topic_sequence,
                Topic::State => {}
            }
            work.announce();
            let mut row = row(&record, step.after, step.occurred_at, request);
            if matches!(step.event, Event::LeadErased) {
                row.sealed = self.sealed.get(&step.after.id).cloned();
            }
            self.write.outbox.push(row);
        }
    }

    /// The state of every lead of which something public happened, or whose grade or consent changed: once a batch.
    pub(super) fn announce_states(&mut self) {
        let ids: Vec<LeadId> = self
            .leads
            .iter()
            .filter(|(_, work)| work.changed && (work.public || differs(work)) && is_told_of(&work.row.lead))
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            let Some(work) = self.leads.get(&id) else { continue };
            let (lead, was_gone) = (work.row.lead.clone(), was_erased(&work.before));
            let gone = was_erased(&lead);
            // An erased person has a tombstone on the compacted topic, once, and never a state again.
            if gone && was_gone {
                continue;
            }
            let receipt = self.receipt(&lead);
            let record = state(&lead, self.world.team, Some(&receipt), self.world.timeline, lead.decided_at);
            self.write.outbox.push(OutboxRow {
                id: record.id,
                lead: id,
                lead_version: version(&lead),
                topic: OutTopic::State,
                event_type: record.event_type.to_owned(),
                topic_sequence: 0,
                payload: (!gone).then(|| record.bytes()),
                occurred_at: lead.decided_at,
                traceparent: None,
                cause: [0; 32],
                sealed: None,
            });
        }
    }

    fn receipt(&self, lead: &Lead) -> Receipt {
        self.world.policy.receipt(&Standing {
            profile: &lead.profile,
            signals: &lead.signals,
            cycle_started_at: lead.cycle.started_at,
            as_of: lead.decided_at,
            guards: lead.guards,
            customer: lead.customer,
            other_open_handoff: false,
        })
    }

    fn account_shown(&self, lead: &Lead) -> Option<AccountShown> {
        let id = lead.account?;
        let state = self.account_state(id);
        Some(AccountShown {
            id,
            crm: None,
            domain: Profile::value(lead.profile.company_domain.as_ref()).cloned(),
            name: None,
            kind: state.kind,
        })
    }

    fn deal_shown(&self, id: OpportunityId) -> Option<DealShown> {
        let named = || self.loaded.open_deals.values().find(|row| row.id == id);
        let row =
            self.opportunities.get(&id).or_else(|| self.loaded.opportunities.get(&id)).or_else(named)?;
        Some(shown(row, self.world.reference))
    }
}

fn shown(row: &OpportunityRow, reference: &Reference) -> DealShown {
    let money = |value: Option<i64>| {
        value.zip(row.currency.clone()).map(|(ten_thousandths, currency)| Money { ten_thousandths, currency })
    };
    DealShown {
        system: row.system.clone(),
        external_id: row.external_id.clone(),
        // A deal that only a conversion has told of stands below every revision of its own.
        revision: row.revision.max(0),
        kind: Some(row.kind.clone()),
        opened_at: Some(row.opened_at),
        stage: row.stage.clone(),
        amount: money(row.ten_thousandths),
        recurring: money(row.recurring_ten_thousandths),
        term_months: row.term_months,
        close_date: row.close_date,
        closed_on: row.closed_on,
        reason: row.reason.clone(),
        competitor: row.competitor.clone(),
        reporting_ten_thousandths: row
            .ten_thousandths
            .zip(row.currency.as_deref())
            .and_then(|(amount, currency)| reference.in_reporting(amount, currency, row.closed_on)),
    }
}

fn row(record: &OutRecord, after: &Lead, occurred_at: Moment, request: &Request) -> OutboxRow {
    OutboxRow {
        id: record.id,
        lead: after.id,
        lead_version: version(after),
        topic: match record.topic {
            Topic::Handoff => OutTopic::Handoff,
            Topic::Feedback => OutTopic::Feedback,
            Topic::State => OutTopic::State,
        },
        event_type: record.event_type.to_owned(),
        topic_sequence: record.topic_sequence,
        payload: Some(record.bytes()),
        occurred_at,
        traceparent: request.cause.traceparent.clone(),
        cause: request.cause.hmac,
        sealed: None,
    }
}

fn version(lead: &Lead) -> i64 {
    i64::try_from(lead.version).unwrap_or(i64::MAX)
}

fn differs(work: &super::Work) -> bool {
    work.before.version > 0 && work.before.consent != work.row.lead.consent
}

/// Events that no topic ever carries; the contract decides on the rest.
#[expect(clippy::too_many_lines, reason = "one arm for each event, and nothing else")]
fn may_publish(event: &Event) -> bool {
    match event {
        Event::SignalRecorded { tell, .. }
        | Event::EmailOptedOut { tell }
        | Event::AttemptRecorded { tell, .. }
        | Event::CrmUnlinked { tell, .. }
        | Event::CustomerNoted { tell, .. }
        | Event::ContactLeft { tell, .. } => *tell,
        Event::LeadCaptured { .. }
        | Event::TouchRecorded { .. }
        | Event::PreferenceNoted { .. }
        | Event::CrmLinked { .. }
        | Event::AskRefused { .. }
        | Event::ClockPutOff { .. }
        | Event::ClockStale { .. }
        | Event::ConsentGiven { .. }
        | Event::SplitBegun { .. }
        | Event::ContestAllowed { .. }
        | Event::OfferMissed { .. }
        | Event::ProductRequested { .. }
        | Event::MqlDated { .. } => false,
        Event::ProfileReported { .. }
        | Event::ReviewAsked { .. }
        | Event::NobodyFree(_)
        | Event::CycleStarted { .. }
        | Event::LeadMarketingQualified { .. }
        | Event::PriorityRaised { .. }
        | Event::LeadOffered { .. }
        | Event::OfferWithdrawn { .. }
        | Event::LeadQueued { .. }
        | Event::LeadAccepted { .. }
        | Event::LeadRejected { .. }
        | Event::SqlReversed
        | Event::WinReversed { .. }
        | Event::LeadClosedAsWon { .. }
        | Event::LeadRecycled { .. }
        | Event::LeadDisqualified { .. }
        | Event::DataFixAsked { .. }
        | Event::DataFixed { .. }
        | Event::LeadSuppressed { .. }
        | Event::LeadSalesQualified { .. }
        | Event::FactsAdded { .. }
        | Event::OpportunityOpened { .. }
        | Event::DealRecorded { .. }
        | Event::LeadWon { .. }
        | Event::LeadLost { .. }
        | Event::LeadReassigned { .. }
        | Event::NoteTaken
        | Event::DisagreementSettled { .. }
        | Event::ReplyOwed { .. }
        | Event::HolderReplaced { .. }
        | Event::ClockReminded { .. }
        | Event::ClockBreached { .. }
        | Event::ClockEscalated { .. }
        | Event::FactDiverged { .. }
        | Event::ContactForbidden { .. }
        | Event::LeadErased
        | Event::LeadReopened { .. }
        | Event::ReturnedToSql { .. }
        | Event::LeadAbsorbed { .. }
        | Event::LeadMerged { .. }
        | Event::LeadSplit { .. }
        | Event::LeadParked { .. }
        | Event::LeadUnparked
        | Event::OriginCredited { .. }
        | Event::RejectionContested { .. }
        | Event::ContestResolved { .. }
        | Event::RejectionVoided { .. }
        | Event::BreachVoided { .. }
        | Event::CloserWanted { .. }
        | Event::CloserOffered { .. }
        | Event::CloserWithdrawn { .. }
        | Event::CloserAccepted { .. }
        | Event::ReturnedToFirst { .. }
        | Event::OpportunityAttached(_) => true,
    }
}

fn deal_of(event: &Event) -> Option<OpportunityId> {
    if let Event::OpportunityOpened { opportunity, .. }
    | Event::DealRecorded { opportunity, .. }
    | Event::LeadWon { opportunity, .. }
    | Event::LeadLost { opportunity, .. }
    | Event::WinReversed { opportunity }
    | Event::OpportunityAttached(opportunity)
    | Event::LeadClosedAsWon { opportunity, .. } = event
    {
        return Some(*opportunity);
    }
    None
}

/// A lead that stands nowhere is damaged, and parked: the contract has no word for it until it is mended.
fn is_told_of(lead: &Lead) -> bool {
    lead.stage.kind() != StageKind::Unseen
}
