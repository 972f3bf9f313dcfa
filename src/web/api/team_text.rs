//! The team's text over the API: as it is in force, and another in its place. It decides nothing.

use super::asks::text;
use crate::contract::policy_text;
use crate::web::WebState;
use crate::web::auth::{Scope, check_header, token};
use crate::web::caller::ApiCaller;
use crate::web::problem::{FieldFault, Problem};
use crate::web::publishing;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whether to publish or only to check.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct PublishQuery {
    /// `1` or `true`: every check is made, and nothing is published.
    pub dry_run: Option<String>,
}

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublishOutcome {
    /// `published`, `in_force` where it was so already, `checked` after a dry run.
    pub outcome: &'static str,
    /// The text's version: SHA-256 of its bytes.
    pub hash: String,
    pub members: usize,
    pub pools: usize,
    /// Whoever is switched off by it: what they hold goes to others.
    pub hand_over: Vec<String>,
    /// Places of the policy in force that do not fit it, by the policy's lines. They do not stop it.
    pub findings: Vec<String>,
}

/// The team's text in force, as it was published. The ETag is its version.
#[utoipa::path(get, path = "/api/v1/team/text", tag = "team", operation_id = "team_text",
    responses((status = 200, body = String, content_type = "application/toml", description = "The ETag is the version; `X-Published-By` and `X-Published-At` say who and when"),
              (status = 401, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn team_text(State(state): State<WebState>, caller: ApiCaller) -> Result<Response, Problem> {
    caller.need(Scope::Read)?;
    let read = state.reader.team_text().await.map_err(|error| Problem::store(&error))?;
    let found = read.ok_or_else(Problem::not_found)?;
    let at = crate::domain::time::Moment(found.published_at).to_string();
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/toml".to_owned()),
        (header::ETAG.as_str(), format!("\"{}\"", token::hex(&found.hash))),
        ("x-published-by", found.publisher),
        ("x-published-at", at),
    ];
    Ok((headers, found.body).into_response())
}

/// Publishes a team's text: for managers and operations with the scope `ask`, and for the scope `admin`.
#[utoipa::path(post, path = "/api/v1/team", tag = "team", operation_id = "publish_team",
    params(PublishQuery,
           ("If-Match" = String, Header, description = "The version that the text was written from, as the ETag of `/api/v1/team/text`; `*` is any. Another in force is refused with 412")),
    request_body(content = String, content_type = "application/toml"),
    responses((status = 200, body = PublishOutcome), (status = 401, body = Problem, content_type = "application/problem+json"),
              (status = 403, body = Problem, content_type = "application/problem+json"), (status = 412, body = Problem, content_type = "application/problem+json"),
              (status = 422, body = Problem, content_type = "application/problem+json", description = "Every fault, by line"),
              (status = 428, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn publish_team(
    State(state): State<WebState>,
    caller: ApiCaller,
    query: Result<Query<PublishQuery>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<PublishOutcome>, Problem> {
    publishing::need(&caller, &state)?;
    check_header(&caller, &headers).map_err(Problem::denied)?;
    let dry_run = match query.ok().map(|Query(query)| query.dry_run).as_ref().map(Option::as_deref) {
        Some(None | Some("0" | "false")) => false,
        Some(Some("1" | "true" | "")) => true,
        Some(Some(_)) | None => return Err(fault("dry_run", "format", "1 or 0, and no other parameter")),
    };
    let over = over(&headers, dry_run)?;
    let body = String::from_utf8(body.to_vec())
        .map_err(|_| fault("body", "not_text", "a team is UTF-8 text, as `policy/team.toml` is"))?;
    let checked = publishing::check(&state, &body).map_err(|faults| publishing::faulty(&faults))?;
    let in_force = state.texts().team.hash;
    let hash = policy_text::hash(&body);
    let outcome = if !dry_run {
        let changed = publishing::publish(&state, &caller, body, over).await?;
        if changed { "published" } else { "in_force" }
    } else if over.is_some_and(|over| over != in_force && hash != in_force) {
        return Err(publishing::overtaken(&state).await);
    } else {
        "checked"
    };
    Ok(Json(PublishOutcome {
        outcome,
        hash: token::hex(&hash),
        members: checked.team.members().count(),
        pools: checked.team.pools().count(),
        hand_over: checked.leavers.into_iter().map(|id| id.0).collect(),
        findings: checked.findings.iter().map(|finding| format!("policy {finding}")).collect(),
    }))
}

fn fault(field: &str, code: &'static str, detail: &str) -> Problem {
    Problem::invalid(vec![FieldFault { field: field.to_owned(), code, detail: detail.to_owned() }])
}

/// The version that the text was written from; whoever publishes has to name one.
fn over(headers: &HeaderMap, dry_run: bool) -> Result<Option<[u8; 32]>, Problem> {
    let Some(given) = text(headers, header::IF_MATCH.as_str()) else {
        if dry_run {
            return Ok(None);
        }
        return Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "needs_version",
            "Name the version that the text was written from",
            "Send If-Match with the ETag of `/api/v1/team/text`, or `*` to publish over whatever is in force.",
        ));
    };
    if given == "*" {
        return Ok(None);
    }
    let hash = policy_text::read_hash(given.trim_start_matches("W/").trim_matches('"'));
    hash.map(Some).ok_or_else(|| fault("If-Match", "format", "64 hexadecimal digits, as the ETag gives them"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn whoever_publishes_names_the_version_that_they_began_from() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, HeaderValue::from_str(value).unwrap());
            headers
        };
        let hash = "ab".repeat(32);
        assert_eq!(over(&with(&format!("\"{hash}\"")), false).unwrap(), Some([0xab; 32]));
        assert_eq!(over(&with("*"), false).unwrap(), None);
        assert_eq!(over(&HeaderMap::new(), false).unwrap_err().status, 428);
        assert_eq!(over(&HeaderMap::new(), true).unwrap(), None);
        assert_eq!(over(&with("\"7\""), false).unwrap_err().status, 422);
    }
}
