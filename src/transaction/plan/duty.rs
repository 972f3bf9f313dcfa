//! What a side does that is no lead's: marketing answers a pattern of rejections, somebody says that a source is known to be
//! away. It never judges the answer.

use super::Planner;
use super::lead::note_id;
use crate::contract::request::{PatternAnswer, Request, SourcePause};
use crate::domain::command::Actor;
use crate::domain::subject::SubjectEvent;
use crate::domain::team::{Member, Role};
use crate::store::StoreError;
use crate::store::rows::{PatternAnswerRow, SourcePauseRow};
use crate::transaction::batch::{Entry, Outcome};

impl Planner<'_> {
    /// Keeps an answer by somebody of marketing, in the campaign's audit too.
    pub(super) fn answer_pattern(
        &mut self,
        entry: &Entry,
        request: &Request,
        answer: &PatternAnswer,
    ) -> Result<Outcome, StoreError> {
        let Actor::Member(id) = self.actor(&request.cause.actor) else {
            return Ok(Outcome::Refused("unknown_actor".to_owned()));
        };
        let is_marketing = self
            .world
            .team
            .member(&id)
            .is_some_and(|member| member.active && member.roles.contains(&Role::Marketing));
        if !is_marketing {
            return Ok(Outcome::Refused("not_marketing".to_owned()));
        }
        let told =
            SubjectEvent::PatternAnswered { code: answer.code.code().to_owned(), begun_at: answer.begun_at };
        self.tell(entry, request, &told)?;
        self.write.pattern_answers.push(PatternAnswerRow {
            code: answer.code.code(),
            campaign: answer.campaign.clone(),
            begun_at: answer.begun_at,
            at: self.world.now,
            member: id,
            note: request.note.as_ref().map(|_| note_id(request, None)),
        });
        self.note(request, None);
        Ok(Outcome::Applied("pattern_answered"))
    }

    /// Keeps until when a source's silence is no news, by who answers for sources: marketing, operations, managers.
    pub(super) fn pause_source(
        &mut self,
        entry: &Entry,
        request: &Request,
        pause: &SourcePause,
    ) -> Result<Outcome, StoreError> {
        let Actor::Member(id) = self.actor(&request.cause.actor) else {
            return Ok(Outcome::Refused("unknown_actor".to_owned()));
        };
        let answers = [Role::Marketing, Role::Operations, Role::Manager];
        let may = |member: &Member| member.active && answers.iter().any(|role| member.roles.contains(role));
        if !self.world.team.member(&id).is_some_and(may) {
            return Ok(Outcome::Refused("not_eligible".to_owned()));
        }
        let SourcePause { family, name, until } = pause.clone();
        let told = SubjectEvent::SilencePaused { family: family.clone(), name: name.clone(), until };
        self.tell(entry, request, &told)?;
        self.write.source_pauses.push(SourcePauseRow { family, name, until, by: id, at: self.world.now });
        Ok(Outcome::Applied("silence_paused"))
    }
}
