//! Patterns of rejections over the API, and marketing's answer to one; the page's answers go the same way. It computes
//! nothing itself.

use super::sla::ids;
use crate::contract::request::{NoteText, PatternAnswer};
use crate::domain::policy::{Durations, RejectionCode};
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use crate::scoreboard::{PatternDuty, Week, duties, patterns};
use crate::store::StoreError;
use crate::transaction::ask::AskReply;
use crate::transaction::ask_duty::PatternRequest;
use crate::transaction::batch::Outcome;
use crate::web::WebState;
use crate::web::ask_body::NOTE_CHARS_MAX;
use crate::web::asking;
use crate::web::auth::{Scope, check_header};
use crate::web::caller::ApiCaller;
use crate::web::problem::{FieldFault, Problem};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// A reason that came back too often for one campaign, and marketing's duty to answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PatternShape {
    pub code: String,
    pub campaign: String,
    /// RFC 3339; names the pattern together with code and campaign.
    pub begun_at: String,
    pub answer_by: String,
    pub answered_at: Option<String>,
    pub answered_by: Option<String>,
    /// Whether the answer came in time; null while it still may.
    pub on_time: Option<bool>,
    pub leads: Vec<String>,
}

pub(super) fn pattern(duty: PatternDuty, now: Moment) -> PatternShape {
    PatternShape {
        on_time: duty.is_on_time(now),
        code: duty.pattern.code,
        campaign: duty.pattern.campaign,
        begun_at: duty.pattern.begun_at.to_string(),
        answer_by: duty.answer_by.to_string(),
        answered_at: duty.answered_at.map(|at| at.to_string()),
        answered_by: duty.answered_by,
        leads: ids(&duty.pattern.leads),
    }
}

/// Marketing's answer to a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatternAnswerBody {
    /// The reason's code.
    pub code: String,
    pub campaign: String,
    /// As the pattern says it.
    pub begun_at: String,
    /// What is done about it, at most 4,000 characters.
    pub note: String,
}

/// What became of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PatternAnswerOutcome {
    pub outcome: String,
    pub reason: String,
    pub replayed: bool,
}

/// Answers a pattern of rejections; for members of marketing. The first answer stays.
#[utoipa::path(post, path = "/api/v1/pattern-answer", tag = "asks", operation_id = "answer_pattern",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 ASCII characters; a repetition gets the first answer")),
    request_body = PatternAnswerBody,
    responses((status = 200, body = PatternAnswerOutcome), (status = 403, body = Problem, content_type = "application/problem+json"),
              (status = 404, body = Problem, content_type = "application/problem+json"),
              (status = 422, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn answer_pattern(
    State(state): State<WebState>,
    caller: ApiCaller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<PatternAnswerOutcome>, Problem> {
    caller.need(Scope::Ask)?;
    check_header(&caller, &headers).map_err(Problem::denied)?;
    let body: PatternAnswerBody = serde_json::from_slice(&body).map_err(|error| {
        // The place and the kind of fault, never a value.
        let detail = format!("line {}, column {}: {:?}", error.line(), error.column(), error.classify());
        Problem::invalid(vec![FieldFault { field: "body".to_owned(), code: "not_json", detail }])
    })?;
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let reply = answered(&state, caller.member()?, body, key).await?;
    match &reply.outcome {
        Outcome::Refused(reason) => Err(Problem::refused(reason)),
        outcome @ (Outcome::Applied(_)
        | Outcome::Duplicate
        | Outcome::Filtered(_)
        | Outcome::Parked(_)
        | Outcome::Quarantined(_)) => Ok(Json(PatternAnswerOutcome {
            outcome: outcome.code().to_owned(),
            reason: outcome.reason().to_owned(),
            replayed: reply.replayed,
        })),
    }
}

/// Makes the ask of an answer and waits for its outcome; the API's and the page's.
pub(in crate::web) async fn answered(
    state: &WebState,
    member: &MemberId,
    body: PatternAnswerBody,
    key: Option<String>,
) -> Result<AskReply, Problem> {
    let answer = read(&body)?;
    known(state, &answer).await?;
    let mut digest = Sha256::new();
    digest.update(b"pattern-answer");
    digest.update(serde_json::to_vec(&body).unwrap_or_default());
    let note =
        NoteText { theme: "pattern_answer".to_owned(), text: body.note, tags: Vec::new(), may_quote: false };
    let asked = |idempotency| PatternRequest { answer, member: member.clone(), note, idempotency };
    asking::submit(state, member, key, digest.finalize().into(), asked).await
}

/// The patterns that marketing sees now, with what it owes for each.
pub(in crate::web) async fn patterns_now(
    state: &WebState,
    now: Moment,
) -> Result<Vec<PatternDuty>, StoreError> {
    let texts = state.texts();
    let durations = texts.policy.durations();
    let span = duties::facts_span(Week::of(now), durations);
    let facts = state.reader.handoff_facts(span.from, span.to).await?;
    let answers = state.reader.pattern_answers(span.from, span.to).await?;
    let marketing = texts.team.hours(texts.team.marketing_owner());
    Ok(duties::patterns_now(&facts, &answers, durations, marketing, now))
}

fn read(body: &PatternAnswerBody) -> Result<PatternAnswer, Problem> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, code, detail: &str| {
        faults.push(FieldFault { field: field.to_owned(), code, detail: detail.to_owned() });
    };
    let code = RejectionCode::parse(&body.code);
    if code.is_none() {
        fault("code", "unknown", "no reason of the policy");
    }
    let begun_at = Moment::parse(&body.begun_at).ok();
    if begun_at.is_none() {
        fault("begun_at", "format", "the pattern's own begun_at");
    }
    if body.note.trim().is_empty() {
        fault("note", "missing", "write what is done about it");
    }
    if body.note.chars().count() > NOTE_CHARS_MAX {
        fault("note", "too_long", "at most 4,000 characters");
    }
    if body.note.contains('\0') || body.campaign.contains('\0') {
        fault("note", "forbidden_character", "U+0000 can't be stored");
    }
    match (code, begun_at) {
        (Some(code), Some(begun_at)) if faults.is_empty() => {
            Ok(PatternAnswer { code, campaign: body.campaign.clone(), begun_at })
        }
        (_, _) => Err(Problem::invalid(faults)),
    }
}

/// Only a pattern that is there can be answered.
async fn known(state: &WebState, answer: &PatternAnswer) -> Result<(), Problem> {
    let texts = state.texts();
    let durations: &Durations = texts.policy.durations();
    let span = duties::facts_span(Week::of(answer.begun_at), durations);
    let facts =
        state.reader.handoff_facts(span.from, span.to).await.map_err(|error| Problem::store(&error))?;
    let is_one = patterns::patterns(&facts, durations).iter().any(|pattern| {
        pattern.code == answer.code.code()
            && pattern.campaign == answer.campaign
            && pattern.begun_at == answer.begun_at
    });
    if is_one { Ok(()) } else { Err(Problem::refused("unknown_pattern")) }
}
