//! Asks that are no lead's: marketing answers a pattern of rejections. It decides nothing.

use super::ask::{IdempotencyKey, asked_batch, cause, stream_of};
use super::batch::Batch;
use crate::contract::keys::Keys;
use crate::contract::request::{Creates, NoteText, PatternAnswer, Request, Subject};
use crate::domain::command::Nature;
use crate::domain::team::MemberId;
use crate::domain::time::Moment;

/// An answer to a pattern, in a member's name.
#[derive(Clone, Debug)]
pub struct PatternRequest {
    pub answer: PatternAnswer,
    pub member: MemberId,
    pub note: NoteText,
    pub idempotency: IdempotencyKey,
}

impl PatternRequest {
    /// The batch of this ask, decided as of `now`.
    #[must_use]
    pub fn batch(&self, keys: &Keys, now: Moment) -> Batch {
        let cause = cause(&self.idempotency, &self.member, "ask.answer_pattern".to_owned(), keys, now);
        let asked = Request {
            cause,
            nature: Nature::Ask,
            subject: Subject::PatternAnswer(self.answer.clone()),
            people: Vec::new(),
            creates: Creates::NeverFiltered,
            command: None,
            named: None,
            note: Some(self.note.clone()),
            touch: None,
            test: false,
            view: None,
            caused_by_us: false,
            others: Vec::new(),
            lead: None,
        };
        asked_batch(asked, &self.idempotency, stream_of(self.answer.campaign.as_bytes()), keys)
    }
}
