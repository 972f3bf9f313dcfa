//! A source that is known to be away, over the API and from the page of intake: its silence is no alarm until then. Nothing
//! that comes from it is left out.

use crate::contract::request::SourcePause;
use crate::domain::time::{DAY, Moment};
use crate::transaction::ask::AskReply;
use crate::transaction::ask_duty::PauseRequest;
use crate::transaction::batch::Outcome;
use crate::web::WebState;
use crate::web::asking;
use crate::web::auth::{Caller, Scope, check_header};
use crate::web::caller::ApiCaller;
use crate::web::problem::{FieldFault, Problem};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// Nobody knows of an absence longer than this; what is gone for good leaves the habit by itself within weeks.
const PAUSE_MAX: i64 = 366 * DAY;
/// Characters of a source's name at most, as intake bounds them.
const NAME_CHARS_MAX: usize = 200;

/// Which source, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseBody {
    /// `feed`, `source`, `form` or `type`, as `GET /api/v1/intake` lists it.
    pub family: String,
    pub name: String,
    /// RFC 3339, within a year; null ends a pause.
    pub until: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PauseOutcome {
    pub outcome: String,
    pub replayed: bool,
}

/// Says that a source is known to be away: its silence is no alarm until then. For marketing, operations and managers, and in the
/// audit.
#[utoipa::path(post, path = "/api/v1/intake/pause", tag = "asks", operation_id = "pause_source", request_body = PauseBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 ASCII characters; a repetition gets the first answer")),
    responses((status = 200, body = PauseOutcome), (status = 403, body = Problem, content_type = "application/problem+json"),
              (status = 422, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn pause(
    State(state): State<WebState>,
    caller: ApiCaller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<PauseOutcome>, Problem> {
    check_header(&caller, &headers).map_err(Problem::denied)?;
    let body: PauseBody = serde_json::from_slice(&body)
        .map_err(|_| fault("body", "not_json", "an object with family, name and until, and nothing else"))?;
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let reply = paused(&state, &caller, body, key).await?;
    Ok(Json(PauseOutcome { outcome: reply.outcome.code().to_owned(), replayed: reply.replayed }))
}

/// Makes the ask and waits for its outcome; the API's and the page's.
pub(in crate::web) async fn paused(
    state: &WebState,
    caller: &Caller,
    body: PauseBody,
    key: Option<String>,
) -> Result<AskReply, Problem> {
    if !caller.may(Scope::Ask) {
        return Err(Problem::scope(Scope::Ask.code()));
    }
    let member = caller.member.clone().ok_or_else(Problem::needs_member)?;
    let now = state.reader.now().await.map_err(|error| Problem::store(&error))?;
    let pause = read(&body, now)?;
    let mut digest = Sha256::new();
    digest.update(b"pause-source");
    digest.update(serde_json::to_vec(&body).unwrap_or_default());
    let asked = |idempotency| PauseRequest { pause, member: member.clone(), idempotency };
    let reply = asking::submit(state, &member, key, digest.finalize().into(), asked).await?;
    match &reply.outcome {
        Outcome::Refused(reason) if reason == "not_eligible" => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "role",
            "This is not for your role",
            "Marketing, operations and managers answer for sources.",
        )),
        Outcome::Refused(reason) => Err(Problem::refused(reason)),
        Outcome::Applied(_)
        | Outcome::Duplicate
        | Outcome::Filtered(_)
        | Outcome::Parked(_)
        | Outcome::Quarantined(_) => Ok(reply),
    }
}

fn read(body: &PauseBody, now: Moment) -> Result<SourcePause, Problem> {
    if !matches!(body.family.as_str(), "feed" | "source" | "form" | "type") {
        return Err(fault("family", "unknown", "feed, source, form or type"));
    }
    if body.name.is_empty() || body.name.chars().count() > NAME_CHARS_MAX || body.name.contains('\0') {
        return Err(fault("name", "format", "a source as the page of intake lists it"));
    }
    let until = match body.until.as_deref() {
        None => now,
        Some(text) => Moment::parse(text)
            .ok()
            .filter(|until| *until > now && until.since(now) <= PAUSE_MAX)
            .ok_or_else(|| {
                fault("until", "format", "a moment ahead, within a year, such as 2026-12-28T00:00:00Z")
            })?,
    };
    Ok(SourcePause { family: body.family.clone(), name: body.name.clone(), until })
}

fn fault(field: &str, code: &'static str, detail: &str) -> Problem {
    Problem::invalid(vec![FieldFault { field: field.to_owned(), code, detail: detail.to_owned() }])
}
