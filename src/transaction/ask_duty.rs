//! Asks that are no lead's: marketing answers a pattern of rejections, somebody says that a source is away. It decides nothing.

use super::ask::{IdempotencyKey, asked_batch, cause, stream_of};
use super::batch::Batch;
use crate::contract::keys::Keys;
use crate::contract::request::{Cause, Creates, NoteText, PatternAnswer, Request, SourcePause, Subject};
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
            note: Some(self.note.clone()),
            ..request(cause, Subject::PatternAnswer(self.answer.clone()))
        };
        asked_batch(asked, &self.idempotency, stream_of(self.answer.campaign.as_bytes()), keys)
    }
}

/// A word that a source is known to be away, in a member's name.
#[derive(Clone, Debug)]
pub struct PauseRequest {
    pub pause: SourcePause,
    pub member: MemberId,
    pub idempotency: IdempotencyKey,
}

impl PauseRequest {
    /// The batch of this ask, decided as of `now`.
    #[must_use]
    pub fn batch(&self, keys: &Keys, now: Moment) -> Batch {
        let cause = cause(&self.idempotency, &self.member, "ask.pause_source".to_owned(), keys, now);
        let asked = request(cause, Subject::SourcePause(self.pause.clone()));
        asked_batch(asked, &self.idempotency, stream_of(self.pause.name.as_bytes()), keys)
    }
}

/// An ask about something that is no lead.
fn request(cause: Cause, subject: Subject) -> Request {
    Request {
        cause,
        nature: Nature::Ask,
        subject,
        people: Vec::new(),
        creates: Creates::NeverFiltered,
        command: None,
        named: None,
        note: None,
        touch: None,
        test: false,
        view: None,
        caused_by_us: false,
        others: Vec::new(),
        lead: None,
    }
}
