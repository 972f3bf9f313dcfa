//! The two-sided SLA of a week over the API, and marketing's answer to a pattern. It computes nothing itself.

use crate::contract::request::{NoteText, PatternAnswer};
use crate::domain::policy::{Durations, RejectionCode};
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use crate::scoreboard::{Figure, PatternDuty, Sla, Span, Tally, Week, duties, patterns};
use crate::store::StoreError;
use crate::transaction::ask::AskReply;
use crate::transaction::ask_duty::PatternRequest;
use crate::transaction::batch::Outcome;
use crate::web::WebState;
use crate::web::ask_body::NOTE_CHARS_MAX;
use crate::web::asking;
use crate::web::auth::token::hex;
use crate::web::auth::{Scope, check_header};
use crate::web::caller::ApiCaller;
use crate::web::problem::{FieldFault, Problem};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which week.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SlaQuery {
    /// An ISO week, `2026-W46`; the present one when absent.
    pub week: Option<String>,
}

/// How often a duty was met and missed, with the leads behind both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TallyShape {
    pub met: usize,
    pub missed: usize,
    /// Share met in tenths of a percent, half up; null where nothing was due.
    pub per_mille: Option<u32>,
    pub met_leads: Vec<String>,
    pub missed_leads: Vec<String>,
}

/// One duty of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FigureShape {
    pub name: &'static str,
    /// `sales` or `marketing`.
    pub side: &'static str,
    pub definition: &'static str,
    pub all: TallyShape,
    pub by_pool: BTreeMap<String, TallyShape>,
    /// By the campaign's source.
    pub by_source: BTreeMap<String, TallyShape>,
}

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

/// How much of a team's month was returned as `other`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OtherShape {
    pub pool: String,
    pub rejected: usize,
    pub others: usize,
    /// Over the policy's share of the team's month.
    pub alarm: bool,
    pub leads: Vec<String>,
}

/// What both sides owed each other in a week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SlaShape {
    pub week: String,
    pub from: String,
    pub to: String,
    pub as_of: String,
    /// SHA-256 of the policy's text.
    pub policy: String,
    /// The week holds more rows than are read: the figures are of the first ones.
    pub truncated: bool,
    pub figures: Vec<FigureShape>,
    pub patterns: Vec<PatternShape>,
    pub others: Vec<OtherShape>,
    /// Leads that went the wrong way, by the pool that returned them: the router's, never the score's.
    pub misroutes: BTreeMap<String, Vec<String>>,
}

fn ids(leads: &[Uuid]) -> Vec<String> {
    leads.iter().map(Uuid::to_string).collect()
}

fn tally(tally: &Tally) -> TallyShape {
    TallyShape {
        met: tally.met.len(),
        missed: tally.missed.len(),
        per_mille: tally.per_mille(),
        met_leads: ids(&tally.met),
        missed_leads: ids(&tally.missed),
    }
}

fn groups(of: &BTreeMap<String, Tally>) -> BTreeMap<String, TallyShape> {
    of.iter().map(|(name, of)| (name.clone(), tally(of))).collect()
}

fn figure(figure: &Figure) -> FigureShape {
    FigureShape {
        name: figure.name,
        side: figure.side.code(),
        definition: figure.definition,
        all: tally(&figure.all),
        by_pool: groups(&figure.by_pool),
        by_source: groups(&figure.by_source),
    }
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

/// What both sides owed each other in a week, with the leads behind every number.
#[utoipa::path(get, path = "/api/v1/sla", tag = "figures", operation_id = "sla", params(SlaQuery),
    responses((status = 200, body = SlaShape), (status = 401, body = Problem, content_type = "application/problem+json"),
              (status = 422, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn sla(
    State(state): State<WebState>,
    caller: ApiCaller,
    query: Result<Query<SlaQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<SlaShape>, Problem> {
    caller.need(Scope::Read)?;
    let Query(query) = query.map_err(|_| no_week())?;
    let failed = |error| Problem::store(&error);
    let now = state.reader.now().await.map_err(failed)?;
    let week: Week = match &query.week {
        Some(text) => text.parse().map_err(|_| no_week())?,
        None => Week::of(now),
    };
    let texts = state.texts();
    let durations = texts.policy.durations();
    let marketing = texts.team.hours(texts.team.marketing_owner());
    let Span { from, to } = week.span();
    let wide = duties::facts_span(week, durations);
    let handoffs = state.reader.duties(from, to).await.map_err(failed)?;
    let facts = state.reader.handoff_facts(wide.from, wide.to).await.map_err(failed)?;
    let answers = state.reader.pattern_answers(wide.from, wide.to).await.map_err(failed)?;
    let limit = usize::try_from(crate::store::read::handshake::ROWS_MAX).unwrap_or(usize::MAX);
    let Sla { figures, patterns, others, misroutes } =
        duties::sla(week, &handoffs, &facts, &answers, durations, marketing, now);
    Ok(Json(SlaShape {
        week: week.to_string(),
        from: from.to_string(),
        to: to.to_string(),
        as_of: now.to_string(),
        policy: hex(&texts.policy.hash),
        truncated: handoffs.len() >= limit || facts.len() >= limit,
        figures: figures.iter().map(figure).collect(),
        patterns: patterns.into_iter().map(|duty| pattern(duty, now)).collect(),
        others: others
            .into_iter()
            .map(|share| OtherShape {
                pool: share.pool,
                rejected: share.rejected,
                others: share.others.len(),
                alarm: share.alarm,
                leads: ids(&share.others),
            })
            .collect(),
        misroutes: misroutes.iter().map(|(pool, leads)| (pool.clone(), ids(leads))).collect(),
    }))
}

fn no_week() -> Problem {
    let detail = "an ISO week, such as 2026-W46".to_owned();
    Problem::invalid(vec![FieldFault { field: "week".to_owned(), code: "format", detail }])
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
