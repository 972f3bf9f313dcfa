//! Leads over the API: the list, one lead, its history, its score. It changes nothing.

use super::shapes::{self, HistoryPage, LeadPage, LeadShape, ScoreShape};
use crate::domain::ids::LeadId;
use crate::store::read::lead_list::{LeadFilter, PAGE_LEADS_MAX};
use crate::store::read::lead_page::{LeadRead, STORY_ROWS_MAX};
use crate::web::WebState;
use crate::web::auth::Scope;
use crate::web::caller::ApiCaller;
use crate::web::problem::{FieldFault, Problem};
use crate::web::view::list::{cursor, parse_cursor};
use crate::web::words::stages_of_slug;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

/// Leads of a page when nobody says how many.
const PAGE_LEADS: u32 = 50;

/// Which leads.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LeadsQuery {
    /// A stage's word on the wire, or `queued` and `offered` for the halves of `mql`.
    pub stage: Option<String>,
    /// A member's id.
    pub holder: Option<String>,
    /// A pool's id.
    pub pool: Option<String>,
    /// A campaign's id, first or last.
    pub campaign: Option<String>,
    /// Part of a name, an e-mail address or a company.
    pub q: Option<String>,
    /// `yes`: only leads past their deadline.
    pub overdue: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// 1 to 100; 50 when absent.
    pub limit: Option<u32>,
}

/// How far back in a history.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuery {
    /// Rows before this version.
    pub before: Option<i64>,
    /// 1 to 200; 200 when absent.
    pub limit: Option<u32>,
}

/// A lead's id from a path.
pub(in crate::web) fn lead_id(text: &str) -> Result<LeadId, Problem> {
    Uuid::try_parse(text).map(LeadId).map_err(|_| Problem::not_found())
}

/// The filter that a query asks for.
pub(in crate::web) fn filter(
    query: &LeadsQuery,
    now: crate::domain::time::Moment,
) -> Result<LeadFilter, Problem> {
    let given = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let fault = |field: &str, detail: &str| {
        Problem::invalid(vec![FieldFault {
            field: field.to_owned(),
            code: "unknown",
            detail: detail.to_owned(),
        }])
    };
    let stages = match given(&query.stage) {
        None => None,
        Some(slug) => {
            let stages = stages_of_slug(&slug);
            if stages.is_empty() {
                return Err(fault("stage", "a stage's word, such as captured, mql, sal, sql, won"));
            }
            Some(stages.iter().map(|kind| kind.number()).collect())
        }
    };
    let after = match given(&query.cursor) {
        None => None,
        Some(text) => {
            Some(parse_cursor(&text).ok_or_else(|| fault("cursor", "the `next` of a page before"))?)
        }
    };
    let clean = |text: Option<String>| text.filter(|text| !text.contains('\0'));
    Ok(LeadFilter {
        stages,
        holder: clean(given(&query.holder)),
        pool: clean(given(&query.pool)),
        campaign: clean(given(&query.campaign)),
        search: clean(given(&query.q)),
        overdue_at: given(&query.overdue).filter(|word| word == "yes").map(|_| now),
        after,
        limit: query.limit.unwrap_or(PAGE_LEADS).clamp(1, PAGE_LEADS_MAX),
    })
}

/// Leads, the latest decision first.
#[utoipa::path(get, path = "/api/v1/leads", tag = "leads", operation_id = "leads", params(LeadsQuery),
    responses((status = 200, body = LeadPage), (status = 401, body = Problem, content_type = "application/problem+json"),
              (status = 422, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn leads(
    State(state): State<WebState>,
    caller: ApiCaller,
    query: Result<Query<LeadsQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<LeadPage>, Problem> {
    caller.need(Scope::Read)?;
    let Query(query) = query.map_err(|_| bad_query())?;
    let now = state.reader.now().await.map_err(|error| Problem::store(&error))?;
    let (rows, more) =
        state.reader.leads(&filter(&query, now)?).await.map_err(|error| Problem::store(&error))?;
    let next = rows.last().filter(|_| more).map(cursor);
    Ok(Json(LeadPage { leads: rows.iter().map(shapes::summary).collect(), next }))
}

/// One lead with its holder, clocks, person and score.
#[utoipa::path(get, path = "/api/v1/leads/{id}", tag = "leads", operation_id = "lead",
    params(("id" = String, Path, description = "The lead's id")),
    responses((status = 200, body = LeadShape, description = "The ETag is the custody version"),
              (status = 401, body = Problem, content_type = "application/problem+json"),
              (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn lead(
    State(state): State<WebState>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    caller.need(Scope::Read)?;
    let read = read(&state, &id).await?;
    let tag = HeaderValue::from_str(&format!("\"{}\"", read.lead.custody_version));
    let held = state.reader.holding().await.map_err(|error| Problem::store(&error))?;
    let mut response = Json(shapes::lead(&read, held.as_ref(), &state.texts())).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Every audit row of a lead, the newest first.
#[utoipa::path(get, path = "/api/v1/leads/{id}/history", tag = "leads", operation_id = "lead_history",
    params(("id" = String, Path, description = "The lead's id"), HistoryQuery),
    responses((status = 200, body = HistoryPage), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn history(
    State(state): State<WebState>,
    caller: ApiCaller,
    Path(id): Path<String>,
    query: Result<Query<HistoryQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<HistoryPage>, Problem> {
    caller.need(Scope::Read)?;
    let Query(query) = query.map_err(|_| bad_query())?;
    let limit = query.limit.unwrap_or(STORY_ROWS_MAX).clamp(1, STORY_ROWS_MAX);
    let rows = state
        .reader
        .story(lead_id(&id)?, query.before, limit)
        .await
        .map_err(|error| Problem::store(&error))?;
    if rows.is_empty() && query.before.is_none() {
        return Err(Problem::not_found());
    }
    let texts = state.texts();
    let next =
        rows.last().filter(|row| rows.len() == limit as usize && row.version > 1).map(|row| row.version);
    Ok(Json(HistoryPage { history: rows.iter().map(|row| shapes::history_row(row, &texts)).collect(), next }))
}

/// Why a lead has its score: rule by rule, and it sums.
#[utoipa::path(get, path = "/api/v1/leads/{id}/score", tag = "leads", operation_id = "lead_score",
    params(("id" = String, Path, description = "The lead's id")),
    responses((status = 200, body = ScoreShape), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn score(
    State(state): State<WebState>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<Json<ScoreShape>, Problem> {
    caller.need(Scope::Read)?;
    let read = read(&state, &id).await?;
    Ok(Json(shapes::score(&read.lead, &state.texts(), read.now)))
}

async fn read(state: &WebState, id: &str) -> Result<LeadRead, Problem> {
    state
        .reader
        .lead_page(lead_id(id)?)
        .await
        .map_err(|error| Problem::store(&error))?
        .ok_or_else(Problem::not_found)
}

fn bad_query() -> Problem {
    let detail = "an unknown name, or a number that is none".to_owned();
    Problem::invalid(vec![FieldFault { field: "query".to_owned(), code: "format", detail }])
}
