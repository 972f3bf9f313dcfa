//! What is said of when people of the team are there and where they stand: who may say it, what holds, whose leads go on.
//! It never changes a lead; the sweeper tells each.

use super::Planner;
use crate::contract::request::{AvailabilityAsk, Request, UserPatch, Who};
use crate::domain::availability::{Availability, Change, Source};
use crate::domain::fan_out::FanOut;
use crate::domain::subject::SubjectEvent;
use crate::domain::team::{CrmUser, MemberId, Placement, Role};
use crate::store::StoreError;
use crate::store::rows::FanOutRow;
use crate::transaction::batch::{Entry, Outcome};

impl Planner<'_> {
    /// An ask of the person, of a manager, or of an operator.
    pub(super) fn availability(
        &mut self,
        entry: &Entry,
        request: &Request,
        ask: &AvailabilityAsk,
    ) -> Result<Outcome, StoreError> {
        let refused = |code: &str| Ok(Outcome::Refused(code.to_owned()));
        if self.world.team.member(&ask.member).is_none() {
            return refused("unknown_member");
        }
        let source = match &request.cause.actor {
            Who::Operator => Source::Manager,
            Who::Member(by) if self.world.team.member(by).is_none() => return refused("unknown_actor"),
            Who::Member(by) => match (*by == ask.member, self.manages(by), ask.change) {
                (_, true, Change::Active(_)) | (false, true, _) => Source::Manager,
                (true, _, Change::Away(_) | Change::Back | Change::Hours(_)) => Source::Person,
                (true | false, false, _) => return refused("not_eligible"),
            },
            Who::CrmUser { .. } | Who::Feed | Who::Router | Who::Sweeper => return refused("not_eligible"),
        };
        let now = self.world.now;
        let before = self.said_by(&ask.member, source);
        let held = self.is_away(&ask.member);
        let after = before
            .clone()
            .unwrap_or_else(|| Availability::present(ask.member.clone(), source, now))
            .changed(ask.change, now);
        let mut changed = self.say(entry, request, after)?;
        // Somebody who is back is back, whoever had said otherwise.
        if ask.change == Change::Back && held {
            for other in Source::ALL.iter().copied().filter(|other| *other != source) {
                if let Some(word) = self.said_by(&ask.member, other) {
                    changed |= self.say(entry, request, word.changed(Change::Back, now))?;
                }
            }
        }
        Ok(if changed { Outcome::Applied("availability") } else { Outcome::Filtered("no_change") })
    }

    /// A CRM user's record, where the user is somebody of the team. An unknown time zone says nothing.
    pub(super) fn crm_availability(
        &mut self,
        entry: &Entry,
        request: &Request,
        patch: &UserPatch,
    ) -> Result<(), StoreError> {
        let Some(member) = self.world.team.by_crm(&patch.system, &patch.id) else { return Ok(()) };
        let member = member.id.clone();
        let known = |name: &String| jiff::tz::TimeZone::get(name).is_ok();
        let word = Availability {
            time_zone: patch.time_zone.clone().filter(known),
            active: patch.active,
            away: patch.away.clone(),
            ..Availability::present(member, Source::Crm, request.cause.occurred_at)
        };
        self.say(entry, request, word).map(|_changed| ())
    }

    /// Where a CRM user stands, where the user is somebody of the team. What it means is the team's to say.
    pub(super) fn crm_placement(
        &mut self,
        entry: &Entry,
        request: &Request,
        patch: &UserPatch,
    ) -> Result<(), StoreError> {
        let Some(member) = self.world.team.by_crm(&patch.system, &patch.id) else { return Ok(()) };
        let manager = patch.manager.as_ref();
        let word = Placement {
            member: member.id.clone(),
            source: Source::Crm,
            manager: manager.map(|key| CrmUser { system: key.system.clone(), id: key.id.clone() }),
            teams: patch.teams.clone(),
            said_at: request.cause.occurred_at,
        };
        let before = self.placed.get(&word.member);
        let before = before.or_else(|| self.world.team.placement(&word.member, Source::Crm));
        let is_news = match before {
            Some(before) => before.said_at <= word.said_at && !word.repeats(before),
            None => !word.says_nothing(),
        };
        if !is_news {
            return Ok(());
        }
        self.tell(entry, request, &SubjectEvent::PlacementSaid(word.clone()))?;
        self.write.placements.push(word.clone());
        self.placed.insert(word.member.clone(), word);
        Ok(())
    }

    /// Keeps what is said from now on; whether it was anything new. Whoever is switched off by it hands over their leads.
    fn say(&mut self, entry: &Entry, request: &Request, word: Availability) -> Result<bool, StoreError> {
        let before = self.said_by(&word.member, word.source);
        let is_news = match &before {
            Some(before) => before.said_at <= word.said_at && !word.repeats(before),
            None => !word.says_nothing(),
        };
        if !is_news {
            return Ok(false);
        }
        let was_active = self.is_active(&word.member);
        let member = word.member.clone();
        self.tell(entry, request, &SubjectEvent::AvailabilitySaid(word.clone()))?;
        self.write.availability.push(word.clone());
        self.said.insert((member.clone(), word.source), word);
        if was_active && !self.is_active(&member) {
            let task = FanOut::MemberLeft { member, at: self.world.now };
            self.write.fan_outs.push(FanOutRow { task });
        }
        Ok(true)
    }

    /// What a source says of a person, this batch included.
    fn said_by(&self, member: &MemberId, source: Source) -> Option<Availability> {
        let here = self.said.get(&(member.clone(), source));
        here.or_else(|| self.world.team.said(member, source)).cloned()
    }

    fn is_away(&self, member: &MemberId) -> bool {
        let now = self.world.now;
        Source::ALL.iter().any(|source| {
            self.said_by(member, *source).is_some_and(|word| word.away.iter().any(|away| away.holds(now)))
        })
    }

    /// Whether the text and every source leave the person switched on.
    fn is_active(&self, member: &MemberId) -> bool {
        let in_text = self.world.team.is_active_in_text(member);
        let mut said = Source::ALL.iter().filter_map(|source| self.said_by(member, *source));
        in_text && said.all(|word| word.active)
    }

    /// Whether somebody may speak for others: managers and operations.
    fn manages(&self, member: &MemberId) -> bool {
        self.world.team.member(member).is_some_and(|member| {
            member.active
                && member.roles.iter().any(|role| match role {
                    Role::Manager | Role::Operations => true,
                    Role::Rep | Role::Sales | Role::Marketing | Role::Arbiter => false,
                })
        })
    }
}
