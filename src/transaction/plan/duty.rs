//! Duties of a side that are no lead's: marketing answers a pattern of rejections. It never judges the answer.

use super::Planner;
use super::lead::note_id;
use crate::contract::request::{PatternAnswer, Request};
use crate::domain::command::Actor;
use crate::domain::subject::SubjectEvent;
use crate::domain::team::Role;
use crate::store::StoreError;
use crate::store::rows::PatternAnswerRow;
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
}
