//! Asks of people: one at a time through one session, each answered once whatever its sender repeats. It decides nothing.

use super::ask_duty::{PatternRequest, PauseRequest};
use super::availability::{self, TeamAsk};
use super::batch::{Batch, Entry, Idempotency, Outcome, Raw, Stream};
use super::operation::Publication;
use super::redrive::{Again, Tally};
use crate::contract::keys::{Keys, normal_email};
use crate::contract::request::{
    Cause, Creates, CrmKey, Decoded, NoteText, PersonPatch, PersonRef, Request, Subject, Who,
};
use crate::domain::command::{Command, Nature, View};
use crate::domain::ids::LeadId;
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use crate::store::{Reader, StoreError};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Asks that wait at most: people press buttons a few times a second, a queue of this length is trouble elsewhere.
const WAITING_MAX: usize = 256;
/// Somebody who waits longer is told to try again; the key makes that safe.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// CloudEvents source of what people ask here.
const SOURCE: &str = "baton/web";
/// Streams that asks are spread over.
const STREAMS: u8 = 8;

/// What makes a repetition the same ask.
pub type IdempotencyKey = Idempotency;

/// Another person that an ask names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Other {
    /// Whom a duplicate doubles.
    Lead(LeadId),
    /// Keys that a split takes away.
    Leaving { email: Option<String>, crm: Option<CrmKey> },
}

impl Other {
    fn person(&self, keys: &Keys) -> PersonRef {
        match self {
            Self::Lead(lead) => PersonRef { keys: vec![keys.lead(*lead)], ..PersonRef::default() },
            Self::Leaving { email, crm } => {
                let email = email.as_deref().map(normal_email);
                let named = crm.iter().map(|key| keys.crm(key));
                PersonRef {
                    keys: named.chain(email.as_deref().map(|address| keys.email(address))).collect(),
                    patch: PersonPatch {
                        email,
                        crm: crm.iter().cloned().collect(),
                        ..PersonPatch::default()
                    },
                    role_mailbox: false,
                }
            }
        }
    }
}

/// One ask.
#[derive(Clone, Debug)]
pub struct AskRequest {
    pub lead: LeadId,
    pub command: Command,
    /// In whose name.
    pub member: MemberId,
    pub view: View,
    pub note: Option<NoteText>,
    /// Another person that the ask names: whom a duplicate doubles, the keys that a split takes away.
    pub other: Option<Other>,
    pub idempotency: IdempotencyKey,
}

/// What somebody asks: something of a lead, a duty of their side, or when somebody is there.
#[derive(Clone, Debug)]
pub enum Asked {
    OfLead(Box<AskRequest>),
    Pattern(Box<PatternRequest>),
    /// A source is known to be away.
    Pause(Box<PauseRequest>),
    /// About somebody of the team.
    Team(TeamAsk),
    /// Another text in force.
    Publish(Box<Publication>),
    /// Kept records, decided again.
    Redrive(Again),
}

/// What an ask does.
#[derive(Debug)]
pub enum Act<'a> {
    /// A decision, made with everything that it needs.
    Decide(Box<Batch>),
    /// A text is put in force.
    Publish(&'a Publication),
    /// What is kept is decided again.
    Redrive(&'a Again),
}

impl Asked {
    /// What this ask does, as of `now`.
    #[must_use]
    pub fn act(&self, keys: &Keys, now: Moment) -> Act<'_> {
        match self {
            Self::OfLead(request) => Act::Decide(Box::new(batch(request, keys, now))),
            Self::Pattern(request) => Act::Decide(Box::new(request.batch(keys, now))),
            Self::Pause(request) => Act::Decide(Box::new(request.batch(keys, now))),
            Self::Team(ask) => Act::Decide(Box::new(availability::batch(ask, keys, now))),
            Self::Publish(publication) => Act::Publish(publication),
            Self::Redrive(again) => Act::Redrive(again),
        }
    }
}

impl From<Publication> for Asked {
    fn from(publication: Publication) -> Self {
        Self::Publish(Box::new(publication))
    }
}

impl From<Again> for Asked {
    fn from(again: Again) -> Self {
        Self::Redrive(again)
    }
}

impl From<AskRequest> for Asked {
    fn from(request: AskRequest) -> Self {
        Self::OfLead(Box::new(request))
    }
}

impl From<PatternRequest> for Asked {
    fn from(request: PatternRequest) -> Self {
        Self::Pattern(Box::new(request))
    }
}

impl From<PauseRequest> for Asked {
    fn from(request: PauseRequest) -> Self {
        Self::Pause(Box::new(request))
    }
}

impl From<TeamAsk> for Asked {
    fn from(ask: TeamAsk) -> Self {
        Self::Team(ask)
    }
}

/// What became of an ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskReply {
    pub outcome: Outcome,
    /// The key had been answered before; nothing was done again.
    pub replayed: bool,
    /// What became of kept records; nothing of any other ask.
    pub tally: Tally,
}

/// Why an ask has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("the key was used for another ask")]
    KeyReused,
    #[error("too many asks wait, or the answer took too long")]
    Busy,
    #[error("the service is stopping")]
    Closed,
    #[error("the ask could not be decided")]
    Transaction(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// An ask on its way, with where its answer goes.
#[derive(Debug)]
pub struct Waiting {
    pub request: Asked,
    answer: oneshot::Sender<Result<AskReply, AskError>>,
}

impl Waiting {
    /// Sends the answer; nobody waiting any more is fine, the key gives it again.
    pub fn answer(self, answer: Result<AskReply, AskError>) {
        let _gone = self.answer.send(answer);
    }
}

/// The door for asks; clones share one queue.
#[derive(Clone, Debug)]
pub struct Asks {
    queue: mpsc::Sender<Waiting>,
}

/// The queue behind the door, for the worker that owns the session.
#[derive(Debug)]
pub struct AskQueue {
    waiting: mpsc::Receiver<Waiting>,
}

/// A door and its queue.
#[must_use]
pub fn door() -> (Asks, AskQueue) {
    let (queue, waiting) = mpsc::channel(WAITING_MAX);
    (Asks { queue }, AskQueue { waiting })
}

impl AskQueue {
    /// The next ask; `None` once every door is gone.
    pub async fn next(&mut self) -> Option<Waiting> {
        self.waiting.recv().await
    }
}

impl Asks {
    /// Asks, and waits for the outcome.
    ///
    /// # Errors
    /// The queue is full or gone, the key was used for another ask, or the transaction failed.
    pub async fn submit(&self, request: impl Into<Asked>) -> Result<AskReply, AskError> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Waiting { request: request.into(), answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => AskError::Busy,
            mpsc::error::TrySendError::Closed(_) => AskError::Closed,
        })?;
        match tokio::time::timeout(ANSWER_TIMEOUT, answered).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) => Err(AskError::Closed),
            Err(_) => Err(AskError::Busy),
        }
    }
}

/// The batch of one ask, decided as of `now`.
#[must_use]
pub fn batch(request: &AskRequest, keys: &Keys, now: Moment) -> Batch {
    let event_type = format!("ask.{}", request.command.name());
    let cause = cause(&request.idempotency, &request.member, event_type, keys, now);
    let asked = Request {
        cause,
        nature: Nature::Ask,
        subject: Subject::Lead,
        people: vec![PersonRef { keys: vec![keys.lead(request.lead)], ..PersonRef::default() }],
        creates: Creates::NeverFiltered,
        command: Some(request.command.clone()),
        named: None,
        note: request.note.clone(),
        touch: None,
        test: false,
        view: Some(request.view),
        caused_by_us: false,
        others: request.other.iter().map(|other| other.person(keys)).collect(),
        lead: Some(request.lead),
    };
    asked_batch(asked, &request.idempotency, stream_of(request.lead.0.as_bytes()), keys)
}

/// Who asked, under which key.
pub(super) fn cause(
    idempotency: &IdempotencyKey,
    member: &MemberId,
    event_type: String,
    keys: &Keys,
    now: Moment,
) -> Cause {
    // Two people may use the same key; together with who asks it names one cause.
    let id = format!("{}/{}", idempotency.actor, idempotency.key);
    Cause {
        source: SOURCE.to_owned(),
        hmac: keys.cause(SOURCE, &id),
        id,
        event_type,
        occurred_at: now,
        time_flagged: false,
        actor: Who::Member(member.clone()),
        traceparent: None,
    }
}

/// One request as a batch of its own, on one of the streams of asks.
pub(super) fn asked_batch(asked: Request, idempotency: &IdempotencyKey, stream: u8, keys: &Keys) -> Batch {
    let entry = Entry {
        record: None,
        raw: Raw::default(),
        duplicate: None,
        content: keys.raw_content(&idempotency.body_hash),
        decoded: Ok(Decoded::Request(Box::new(asked))),
        reference: None,
    };
    Batch {
        stream: Some(Stream::Web(stream)),
        idempotency: Some(idempotency.clone()),
        entries: vec![entry],
        ..Batch::default()
    }
}

/// The stream of what an ask is about: always the same one.
pub(super) fn stream_of(about: &[u8]) -> u8 {
    let digest: [u8; 32] = Sha256::digest(about).into();
    digest[0] % STREAMS
}

/// The answer that a key got before, if it did.
///
/// # Errors
/// The database does not answer, or the key was used for another ask.
pub async fn replayed(reader: &Reader, asked: &IdempotencyKey) -> Result<Option<AskReply>, AskError> {
    let found = reader
        .answered(&asked.key, &asked.actor)
        .await
        .map_err(|error: StoreError| AskError::Transaction(Box::new(error)))?;
    match found {
        None => Ok(None),
        Some(answer) if answer.body_hash == asked.body_hash => Ok(Some(AskReply {
            outcome: stored_outcome(&answer.reply),
            replayed: true,
            tally: Tally::default(),
        })),
        Some(_) => Err(AskError::KeyReused),
    }
}

/// The outcome as the reply of an idempotency row says it.
fn stored_outcome(reply: &[u8]) -> Outcome {
    let value: serde_json::Value = serde_json::from_slice(reply).unwrap_or_default();
    let text =
        |name: &str| value.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    match text("outcome").as_str() {
        "refused" => Outcome::Refused(text("reason")),
        "filtered" => Outcome::Filtered("no_change"),
        "duplicate" => Outcome::Duplicate,
        "parked" => Outcome::Parked("lead_parked"),
        "quarantined" => Outcome::Quarantined("impossible_event"),
        _ => Outcome::Applied("replayed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(key: &str) -> AskRequest {
        AskRequest {
            lead: LeadId::derived("test", "1", 0),
            command: Command::AcceptLead,
            member: MemberId("ana".to_owned()),
            view: View { handoff: None, custody_version: Some(3) },
            note: None,
            other: None,
            idempotency: Idempotency { key: key.to_owned(), actor: "ana".to_owned(), body_hash: [1; 32] },
        }
    }

    #[test]
    fn an_ask_is_an_ask_of_its_member_and_brings_its_key_and_view() {
        let keys = Keys::new(b"secret of a test", 1);
        let batch = batch(&request("k"), &keys, Moment(5));
        let Ok(Decoded::Request(asked)) = &batch.entries[0].decoded else { panic!("an ask is a request") };
        assert_eq!(asked.nature, Nature::Ask);
        assert_eq!(asked.cause.actor, Who::Member(MemberId("ana".to_owned())));
        assert_eq!(asked.view.unwrap().custody_version, Some(3));
        assert_eq!(batch.idempotency, Some(request("k").idempotency));
        assert!(batch.moves.is_empty());
    }

    #[test]
    fn a_stored_refusal_is_given_again_as_the_same_refusal() {
        let reply = br#"{"outcome":"refused","reason":"stale_view"}"#;
        assert_eq!(stored_outcome(reply), Outcome::Refused("stale_view".to_owned()));
        assert_eq!(
            stored_outcome(br#"{"outcome":"applied","reason":"accept_lead"}"#),
            Outcome::Applied("replayed")
        );
    }
}
