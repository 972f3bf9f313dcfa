//! One ask from the web to the transaction, the same for pages and the API. It decides nothing.

use super::WebState;
use super::ask_body::{Around, AskBody};
use super::auth::{Scope, token};
use super::problem::Problem;
use super::view::asks::AskKind;
use crate::domain::availability::Change;
use crate::domain::ids::LeadId;
use crate::domain::team::MemberId;
use crate::transaction::ask::{AskError, AskReply, AskRequest, Asked, IdempotencyKey, replayed};
use crate::transaction::availability::TeamAsk;
use axum::http::StatusCode;
use sha2::{Digest, Sha256};

/// Characters of an `Idempotency-Key` at most.
pub const KEY_CHARS_MAX: usize = 128;

/// What a caller must be allowed for an ask: erasing somebody is for operations, everything else for whoever may ask.
pub(super) fn scope(kind: AskKind) -> Scope {
    match kind {
        AskKind::Erase => Scope::Admin,
        AskKind::Accept
        | AskKind::Claim
        | AskKind::Decline
        | AskKind::Contact
        | AskKind::Qualify
        | AskKind::Reject
        | AskKind::Reassign
        | AskKind::Note
        | AskKind::Settle
        | AskKind::Reopen
        | AskKind::Suppress
        | AskKind::Merge
        | AskKind::Split
        | AskKind::Contest
        | AskKind::Verdict => Scope::Ask,
    }
}

/// Makes the ask and waits for its outcome.
pub(super) async fn ask(
    state: &WebState,
    lead: LeadId,
    kind: AskKind,
    member: &MemberId,
    body: &AskBody,
    key: Option<String>,
) -> Result<AskReply, Problem> {
    let now = state.reader.now().await.map_err(|error| Problem::store(&error))?;
    let asked = |idempotency: IdempotencyKey| {
        let attempt = attempt_id(member, &idempotency.key);
        let asked = body.asked(kind, &Around { now, member, attempt }).map_err(Problem::invalid)?;
        Ok(AskRequest {
            lead,
            command: asked.command,
            member: member.clone(),
            view: asked.view,
            note: asked.note,
            other: asked.other,
            idempotency,
        })
    };
    submit_checked(state, member, key, body_hash(lead, kind, body), asked).await
}

/// Makes an ask that is sound already, once for each key.
pub(super) async fn submit<A: Into<Asked>>(
    state: &WebState,
    member: &MemberId,
    key: Option<String>,
    body_hash: [u8; 32],
    asked: impl FnOnce(IdempotencyKey) -> A,
) -> Result<AskReply, Problem> {
    submit_checked(state, member, key, body_hash, |idempotency| Ok(asked(idempotency))).await
}

async fn submit_checked<A: Into<Asked>>(
    state: &WebState,
    member: &MemberId,
    key: Option<String>,
    body_hash: [u8; 32],
    asked: impl FnOnce(IdempotencyKey) -> Result<A, Problem>,
) -> Result<AskReply, Problem> {
    let given = key.is_some();
    let key = checked(key)?;
    let idempotency = IdempotencyKey { key, actor: member.0.clone(), body_hash };
    if given
        && let Some(reply) =
            replayed(&state.reader, &idempotency).await.map_err(|error| problem_of(&error))?
    {
        return Ok(reply);
    }
    let request = asked(idempotency.clone())?;
    match state.asks.submit(request).await {
        Ok(reply) => Ok(reply),
        // The same ask may have been sent twice at once: then the other one was decided, and its answer is this one's.
        Err(error) => match replayed(&state.reader, &idempotency).await {
            Ok(Some(reply)) => Ok(reply),
            Ok(None) | Err(_) => Err(problem_of(&error)),
        },
    }
}

/// The key that an ask brought, if it can be used; a key of its own for one that brought none.
pub(super) fn checked(key: Option<String>) -> Result<String, Problem> {
    match key {
        Some(key) if key.is_empty() || key.chars().count() > KEY_CHARS_MAX || !key.is_ascii() => {
            Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "idempotency_key",
                "The Idempotency-Key can't be used",
                "1 to 128 ASCII characters.",
            ))
        }
        Some(key) => Ok(key),
        None => drawn(),
    }
}

/// Makes an ask about somebody of the team and waits for its outcome.
pub(super) async fn ask_of_team(
    state: &WebState,
    member: MemberId,
    change: Change,
    by: &MemberId,
    key: Option<String>,
) -> Result<AskReply, Problem> {
    let key = checked(key)?;
    let digest: [u8; 32] = Sha256::digest(format!("{member}\u{0}{change:?}").as_bytes()).into();
    let idempotency = IdempotencyKey { key, actor: by.0.clone(), body_hash: digest };
    let before = replayed(&state.reader, &idempotency).await.map_err(|error| problem_of(&error))?;
    if let Some(reply) = before {
        return Ok(reply);
    }
    let ask = TeamAsk { member, change, by: by.clone(), idempotency };
    state.asks.submit(ask).await.map_err(|error| problem_of(&error))
}

pub(super) fn problem_of(error: &AskError) -> Problem {
    match error {
        AskError::KeyReused => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "This Idempotency-Key was used for another ask",
            "Use a new key for a new ask.",
        ),
        AskError::Closed | AskError::Busy => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Asks are not taken just now",
            "Try again in a moment; with the same Idempotency-Key nothing happens twice.",
        ),
        AskError::Transaction(_) => {
            tracing::error!(error.message = %error, "an ask was not decided");
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The ask could not be decided just now",
                "Try again in a moment; with the same Idempotency-Key nothing happens twice.",
            )
        }
    }
}

/// A key for an ask that brought none.
pub(super) fn drawn() -> Result<String, Problem> {
    token::draw().map(|secret| token::hex(&secret)).map_err(|_| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The system gives no randomness",
            "Try again in a moment.",
        )
    })
}

/// Names an attempt by who logged it under which key: the same for a retry.
fn attempt_id(member: &MemberId, key: &str) -> [u8; 16] {
    let mut digest = Sha256::new();
    for part in [b"attempt".as_slice(), member.0.as_bytes(), key.as_bytes()] {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part);
    }
    let bytes: [u8; 32] = digest.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(&bytes[..16]);
    id
}

fn body_hash(lead: LeadId, kind: AskKind, body: &AskBody) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(lead.0.as_bytes());
    digest.update(kind.path().as_bytes());
    digest.update(serde_json::to_vec(body).unwrap_or_default());
    digest.finalize().into()
}
