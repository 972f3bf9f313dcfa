//! One command for one lead: decide, evolve, and the rows that follow. The only place that changes a lead.

use super::command::Unready;
use super::parked::{self, Place};
use super::people::is_weak;
use super::publish::Step;
use super::{Planner, Work};
use crate::contract::request::{Decoded, PersonRef, Request};
use crate::domain::command::{Actor, Command, Inputs, Nature, OpenDeal, View};
use crate::domain::decide::{Refusal, decide};
use crate::domain::event::Event;
use crate::domain::evolve::evolve;
use crate::domain::fan_out::FanOut;
use crate::domain::ids::LeadId;
use crate::domain::lead::{Lead, StageKind};
use crate::domain::policy::RejectionCode;
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use crate::store::StoreError;
use crate::store::rows::{CauseTextRow, DisagreementRow, FanOutRow, NoteRow, TouchRow};
use crate::transaction::batch::{Entry, Outcome};
use crate::transaction::loaded::Waiting;
use uuid::Uuid;

impl Planner<'_> {
    /// Puts a record's command to the lead, with everything that the record says beside it.
    pub(super) fn command(
        &mut self,
        entry: &Entry,
        request: &Request,
        person: &PersonRef,
        lead: LeadId,
    ) -> Result<Outcome, StoreError> {
        if let Some(outcome) = self.stale_view(request, lead) {
            return Ok(outcome);
        }
        if let Some(beside) = self.beside(request, person) {
            let _learned = self.decided(entry, request, lead, &beside, request.cause.occurred_at)?;
        }
        let command = match self.ready(request, person) {
            Ok(Some(command)) => command,
            Ok(None) => return Ok(Outcome::Applied("recorded")),
            Err(Unready::UnknownActor) => return Ok(Outcome::Refused("unknown_actor".to_owned())),
            Err(Unready::UnknownMember) => {
                return self.refused(entry, request, lead, &Refusal::UnknownMember);
            }
        };
        if let Command::CreditCampaign { campaign, origin } = &command {
            self.write.touches_credited.push((lead, campaign.clone(), *origin));
        }
        match self.decided(entry, request, lead, &command, request.cause.occurred_at)? {
            Ok(()) => {
                self.note(request, Some(lead));
                self.touch(request, lead, &command);
                self.tell_colleagues(lead, &command);
                if matches!(&command, Command::RejectLead(rejection) if rejection.code == RejectionCode::Duplicate)
                {
                    self.unite_duplicate(entry, request, lead)?;
                }
                Ok(Outcome::Applied(command.name()))
            }
            Err(Refusal::NothingChanges) => {
                if command == Command::ScoreAgain {
                    // Lists show the points of the policy in force, also of whoever it moves nowhere.
                    self.score(lead);
                }
                Ok(Outcome::Filtered("no_change"))
            }
            Err(Refusal::Stale) => {
                self.note_stale(entry, request, lead, &command)?;
                Ok(Outcome::Filtered("stale"))
            }
            Err(Refusal::Filtered(reason)) => Ok(Outcome::Filtered(reason)),
            // The plan is made once more, and then the lead is parked.
            Err(Refusal::Impossible(_)) => Ok(Outcome::Parked(parked::IMPOSSIBLE)),
            Err(refusal) => self.refused(entry, request, lead, &refusal),
        }
    }

    /// A record that waited, now that its keys name somebody.
    pub(super) fn replay(&mut self, waiting: &Waiting) -> Result<Outcome, StoreError> {
        let outer = std::mem::replace(&mut self.place, Place::Waiting(waiting.id));
        let outcome = self.replay_entry(&waiting.entry);
        self.place = outer;
        outcome
    }

    fn replay_entry(&mut self, entry: &Entry) -> Result<Outcome, StoreError> {
        match &entry.decoded {
            Ok(Decoded::Request(request)) => self.request(entry, request),
            Ok(Decoded::Ignored(ignored)) => Ok(Outcome::Filtered(ignored.reason)),
            Err(unreadable) => {
                self.quarantine(entry, unreadable.reason, unreadable.detail.clone());
                Ok(Outcome::Quarantined(unreadable.reason))
            }
        }
    }

    /// An ask made on an older view of the lead; changes of stage, holder or offer make a view old, nothing else.
    pub(super) fn stale_view(&self, request: &Request, lead: LeadId) -> Option<Outcome> {
        let View { handoff, custody_version } = request.view?;
        let present = self.leads.get(&lead).map(|work| &work.row.lead);
        let present = present.or_else(|| self.loaded.leads.get(&lead).map(|row| &row.lead))?;
        let is_ask = request.nature == Nature::Ask;
        let other_handoff = handoff.is_some() && present.handoff().is_some() && handoff != present.handoff();
        let older = custody_version.is_some_and(|seen| seen != present.custody_version);
        (is_ask && (other_handoff || older)).then(|| Outcome::Refused("stale_view".to_owned()))
    }

    /// Decides and applies; the lead, its audit, what is published and the rows for figures follow from the events.
    pub(super) fn decided(
        &mut self,
        entry: &Entry,
        request: &Request,
        lead: LeadId,
        command: &Command,
        occurred_at: Moment,
    ) -> Result<Result<(), Refusal>, StoreError> {
        let actor = self.actor(&request.cause.actor);
        let world = *self.world;
        let Some(work) = self.work(lead) else { return Ok(Err(Refusal::NotFound)) };
        let before = work.row.lead.clone();
        let now = world.now.max(before.decided_at);
        let account_owner = self.account_owner(&before, command);
        let open_deal = self.loaded.open_deals.get(&lead).filter(|_| command.names_open_deal());
        let open_deal = open_deal.map(|row| OpenDeal { id: row.id, owner: row.owner.clone() });
        let inputs = Inputs {
            now,
            occurred_at,
            nature: request.nature,
            actor: &actor,
            policy: world.policy,
            team: world.team,
            live_from: world.live_from,
            account_owner: account_owner.as_ref(),
            open_deal: open_deal.as_ref(),
        };
        let decided = match decide(&before, command, &inputs) {
            Ok(events) => self.apply(entry, request, lead, &events, &actor, occurred_at, now)?,
            Err(refusal) => Err(refusal),
        };
        if let Err(Refusal::Impossible(impossible)) = &decided {
            self.fault(lead, impossible);
        }
        Ok(decided)
    }

    /// Segment, points and grade of the lead's row, as of now.
    fn score(&mut self, lead: LeadId) {
        let world = *self.world;
        let Some(work) = self.work(lead) else { return };
        let state = &work.row.lead;
        let standing = crate::domain::scoring::Standing {
            profile: &state.profile,
            signals: &state.signals,
            cycle_started_at: state.cycle.started_at,
            as_of: world.now.max(state.decided_at),
            guards: state.guards,
            customer: state.customer,
            other_open_handoff: false,
        };
        let score = world.policy.score(&standing);
        work.row.segment = world.policy.segment(&state.profile).code();
        work.row.points = i32::from(score.points);
        work.row.grade = score.grade.code();
        work.changed = true;
    }

    /// The owner of the lead's account, or of the one that the command brings.
    fn account_owner(&self, lead: &Lead, command: &Command) -> Option<MemberId> {
        let account = command.report().and_then(|report| report.account).or(lead.account);
        self.account_state(account?).owner
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call site family; a struct would only rename the arguments"
    )]
    pub(super) fn apply(
        &mut self,
        entry: &Entry,
        request: &Request,
        lead: LeadId,
        events: &[Event],
        actor: &Actor,
        occurred_at: Moment,
        now: Moment,
    ) -> Result<Result<(), Refusal>, StoreError> {
        let Some(mut state) = self.work(lead).map(|work| work.row.lead.clone()) else {
            return Ok(Err(Refusal::NotFound));
        };
        let mut steps = Vec::with_capacity(events.len());
        for event in events {
            let before = state.clone();
            state.decided_at = now;
            state = match evolve(state, event) {
                Ok(after) => after,
                Err(impossible) => return Ok(Err(Refusal::Impossible(impossible))),
            };
            steps.push((before, event, state.clone()));
        }
        let published = self.is_published(request, occurred_at, events);
        let rejected = events
            .iter()
            .find_map(|event| if let Event::LeadRejected { code, .. } = event { Some(*code) } else { None });
        for (before, event, after) in &steps {
            self.audit(entry, request, after, event, actor, occurred_at)?;
            self.follow(before, after, event, occurred_at);
            self.assigned(after, event);
            if matches!(event, Event::LeadErased) {
                self.forget(before, occurred_at);
            }
            if published {
                self.publish(request, &Step { before, after, settled: &state, event, rejected, occurred_at });
            }
        }
        self.queued |= state.stage.kind() == StageKind::Queued;
        if let Some(work) = self.work(lead) {
            work.row.lead = state;
        }
        self.score(lead);
        self.cause_text(request, lead);
        Ok(Ok(()))
    }

    /// A refusal is an outcome, and stands in the lead's own audit; a fact's also on the disagreement list.
    pub(super) fn refused(
        &mut self,
        entry: &Entry,
        request: &Request,
        lead: LeadId,
        refusal: &Refusal,
    ) -> Result<Outcome, StoreError> {
        let code = refusal.code().to_owned();
        let seen = self.work(lead).is_some_and(|work| work.row.lead.version > 0);
        if seen {
            let refused = match request.nature {
                Nature::Ask => Event::AskRefused { code: code.clone() },
                Nature::Fact => Event::FactDiverged { code: code.clone() },
            };
            let events: Vec<Event> = refusal.besides().into_iter().chain([refused]).collect();
            let actor = self.actor(&request.cause.actor);
            let world_now = self.world.now;
            let now = self.work(lead).map_or(world_now, |work| work.row.lead.decided_at.max(world_now));
            let _recorded =
                self.apply(entry, request, lead, &events, &actor, request.cause.occurred_at, now)?;
        }
        // Whoever asks is told what is missing; the code alone stands in the audit.
        if let (Nature::Ask, Refusal::SqlFactsMissing { missing } | Refusal::DemandsMissing { missing }) =
            (request.nature, refusal)
        {
            return Ok(Outcome::Refused(format!("{code}: {}", missing.join(", "))));
        }
        Ok(Outcome::Refused(code))
    }

    /// A fact and our state disagree: for the list that a steward works.
    pub(super) fn disagreement(&mut self, request: &Request, after: &Lead, code: &str) {
        self.write.disagreements.push(DisagreementRow {
            lead: after.id,
            version: i64::try_from(after.version).unwrap_or(i64::MAX),
            at: after.decided_at,
            code: code.to_owned(),
            ours: after.stage.kind().wire().to_owned(),
            theirs: request.cause.event_type.clone(),
        });
    }

    /// The raw pair behind a cause, where a person may want to see it; weak signals keep the HMAC only.
    fn cause_text(&mut self, request: &Request, lead: LeadId) {
        let last =
            self.write.causes.last().is_some_and(|row| row.cause == request.cause.hmac && row.lead == lead);
        if last || request.command.as_ref().is_some_and(is_weak) || self.is_erased(lead) {
            return;
        }
        self.write.causes.push(CauseTextRow {
            cause: request.cause.hmac,
            lead,
            source: request.cause.source.clone(),
            id: request.cause.id.clone(),
            event_type: request.cause.event_type.clone(),
        });
    }

    /// Free text goes to the note, and nowhere else.
    pub(super) fn note(&mut self, request: &Request, lead: Option<LeadId>) {
        let Some(note) = &request.note else { return };
        if lead.is_some_and(|lead| self.is_erased(lead)) {
            return;
        }
        self.write.notes.push(NoteRow {
            id: note_id(request, lead),
            lead,
            at: request.cause.occurred_at,
            author: self.actor(&request.cause.actor).code(),
            theme: note.theme.clone(),
            text: note.text.clone(),
            tags: note.tags.clone(),
            may_quote: note.may_quote,
        });
    }

    fn touch(&mut self, request: &Request, lead: LeadId, command: &Command) {
        let Command::RecordSignal { signal, report } = command else { return };
        if signal.automated || !signal.kind.is_touch() {
            return;
        }
        let detail = request.touch.clone().unwrap_or_default();
        self.write.touches.push(TouchRow {
            lead,
            signal: signal.id.0,
            at: signal.at,
            kind: signal.kind.code(),
            origin: report.origin.unwrap_or_default().code(),
            campaign: report.campaign.clone().or(detail.campaign),
            source: detail.source,
            medium: detail.medium,
            form_id: detail.form_id,
        });
    }

    /// Others of the company hear of what a person did; a machine's doing is nobody's.
    fn tell_colleagues(&mut self, lead: LeadId, command: &Command) {
        let Command::RecordSignal { signal, .. } = command else { return };
        let account = self.leads.get(&lead).and_then(|work| work.row.lead.account);
        if let Some(account) = account.filter(|_| signal.kind.shows_activity() && !signal.automated) {
            let task = FanOut::ColleagueActive { account, lead, at: signal.at };
            self.write.fan_outs.push(FanOutRow { task });
        }
    }

    /// What happened before the service went live is not published, unless it hands a lead to sales.
    fn is_published(&self, request: &Request, occurred_at: Moment, events: &[Event]) -> bool {
        let historic = occurred_at < self.world.live_from;
        let from_outside = request.cause.actor != crate::contract::request::Who::Router
            && request.cause.actor != crate::contract::request::Who::Sweeper
            && request.cause.actor != crate::contract::request::Who::Operator;
        !(historic && from_outside)
            || events
                .iter()
                .any(|event| matches!(event, Event::LeadMarketingQualified { .. } | Event::LeadErased))
    }
}

impl Work {
    /// Marks that something public happened, so that the state topic follows.
    pub(super) fn announce(&mut self) {
        self.public = true;
    }
}

/// Names the note of a request about a lead, or about none.
pub(super) fn note_id(request: &Request, lead: Option<LeadId>) -> Uuid {
    let name = format!(
        "{}\u{0}{}\u{0}{}",
        request.cause.source,
        request.cause.id,
        lead.map_or_else(String::new, |lead| lead.to_string())
    );
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}
