//! Asks over the API: one POST each, answered by an outcome or a problem. It decides nothing.

use super::leads::lead_id;
use crate::transaction::batch::Outcome;
use crate::web::WebState;
use crate::web::ask_body::AskBody;
use crate::web::asking;
use crate::web::auth::{Scope, check_header};
use crate::web::caller::ApiCaller;
use crate::web::problem::{FieldFault, Problem};
use crate::web::view::asks::AskKind;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// What became of an ask that was not refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AskOutcome {
    /// `applied`, or `filtered` where nothing had to change.
    pub outcome: String,
    pub reason: String,
    pub lead: String,
    /// This Idempotency-Key had been answered before; nothing was done again.
    pub replayed: bool,
}

/// What may stand at the end of the path: every ask, so that the description can't miss one.
fn asks_in_words() -> String {
    let names: Vec<String> = AskKind::ALL.iter().map(|kind| format!("`{}`", kind.path())).collect();
    match names.split_last() {
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Asks something of a lead, as the last part of the path says; `erase` needs the scope `admin`.
#[utoipa::path(post, path = "/api/v1/leads/{id}/{ask}", tag = "asks", operation_id = "ask",
    params(("id" = String, Path, description = "The lead's id"),
           ("ask" = String, Path, description = asks_in_words()),
           ("If-Match" = Option<String>, Header, description = "The custody version that the asker saw; an older one is refused with 412"),
           ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 ASCII characters; a repetition gets the first answer")),
    request_body(content = AskBody, description = "May be empty where the ask needs nothing"),
    responses((status = 200, body = AskOutcome), (status = 401, body = Problem, content_type = "application/problem+json"),
              (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
              (status = 409, body = Problem, content_type = "application/problem+json"), (status = 412, body = Problem, content_type = "application/problem+json"),
              (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn ask(
    State(state): State<WebState>,
    caller: ApiCaller,
    Path((id, ask)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let kind = AskKind::parse(&ask);
    caller.need(kind.map_or(Scope::Ask, asking::scope))?;
    check_header(&caller, &headers).map_err(Problem::denied)?;
    let kind = kind.ok_or_else(Problem::not_found)?;
    let lead = lead_id(&id)?;
    let mut body = read_body(&body)?;
    if let Some(version) = if_match(&headers)? {
        body.custody_version = Some(version);
    }
    let key = text(&headers, "idempotency-key");
    let reply = asking::ask(&state, lead, kind, caller.member()?, &body, key).await?;
    answer(&reply.outcome, &id, reply.replayed)
}

/// The answer to an outcome: a body, or the problem that a refusal is.
fn answer(outcome: &Outcome, lead: &str, replayed: bool) -> Result<Response, Problem> {
    match outcome {
        Outcome::Applied(_) | Outcome::Filtered(_) | Outcome::Duplicate => {
            let body = AskOutcome {
                outcome: outcome.code().to_owned(),
                reason: outcome.reason().to_owned(),
                lead: lead.to_owned(),
                replayed,
            };
            let mut response = Json(body).into_response();
            if replayed {
                response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
            }
            Ok(response)
        }
        Outcome::Refused(reason) => Err(Problem::refused(reason)),
        Outcome::Parked(_) | Outcome::Quarantined(_) => Err(Problem::refused("lead_parked")),
    }
}

fn read_body(body: &Bytes) -> Result<AskBody, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(AskBody::default());
    }
    serde_json::from_slice(body).map_err(|error| {
        // The place and the kind of fault, never a value.
        let detail = format!("line {}, column {}: {:?}", error.line(), error.column(), error.classify());
        Problem::invalid(vec![FieldFault { field: "body".to_owned(), code: "not_json", detail }])
    })
}

fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(given) = text(headers, header::IF_MATCH.as_str()) else { return Ok(None) };
    if given == "*" {
        return Ok(None);
    }
    given.trim_start_matches("W/").trim_matches('"').parse().map(Some).map_err(|_| {
        let detail = "the custody version as the lead's `custody_version` or ETag gives it".to_owned();
        Problem::invalid(vec![FieldFault { field: "If-Match".to_owned(), code: "format", detail }])
    })
}

pub(super) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(|value| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::command::Command;
    use crate::domain::lead::SuppressedFor;

    #[test]
    fn an_etag_and_a_bare_number_say_the_same() {
        let mut headers = HeaderMap::new();
        assert_eq!(if_match(&headers).unwrap(), None);
        for given in ["7", "\"7\"", "W/\"7\""] {
            headers.insert(header::IF_MATCH, HeaderValue::from_static(given));
            assert_eq!(if_match(&headers).unwrap(), Some(7), "{given}");
        }
        headers.insert(header::IF_MATCH, HeaderValue::from_static("seven"));
        assert_eq!(if_match(&headers).unwrap_err().status, 422);
    }

    #[test]
    fn the_description_names_every_ask_that_a_path_may_end_with() {
        let words = asks_in_words();
        let named: Vec<&str> = words.split('`').skip(1).step_by(2).collect();
        let parsed: Vec<&str> =
            named.iter().filter_map(|name| AskKind::parse(name)).map(AskKind::path).collect();
        assert_eq!(parsed, named);
        assert_eq!(named.len(), AskKind::ALL.len());
        assert!(words.contains("`merge`, `split`") && words.ends_with(" or `erase`"), "{words}");
        assert!(crate::web::openapi().unwrap().contains(&words), "the description is in the OpenAPI text");
    }

    #[test]
    fn a_body_with_a_field_of_nobody_is_refused_without_repeating_it() {
        let problem = read_body(&Bytes::from_static(b"{\"mail\":\"ada@example.com\"}")).unwrap_err();
        assert_eq!(problem.status, 422);
        assert!(!serde_json::to_string(&problem).unwrap().contains("ada@"));
        assert_eq!(read_body(&Bytes::new()).unwrap(), AskBody::default());
    }

    #[test]
    fn a_refusal_is_a_problem_and_no_change_is_none() {
        assert_eq!(answer(&Outcome::Refused("stale_view".to_owned()), "x", false).unwrap_err().status, 412);
        assert!(answer(&Outcome::Filtered("no_change"), "x", false).is_ok());
    }

    #[test]
    fn opening_again_needs_a_reason_and_no_contact_needs_none() {
        let member = crate::domain::team::MemberId("maya-cohen".to_owned());
        let now = crate::domain::time::Moment(0);
        let around = crate::web::ask_body::Around { now, member: &member, attempt: [0; 16] };
        let asked = |body: &str, kind| {
            read_body(&Bytes::copy_from_slice(body.as_bytes())).unwrap().asked(kind, &around)
        };
        let faults = asked("{\"consent\":true}", AskKind::Reopen).unwrap_err();
        assert_eq!((faults[0].field.as_str(), faults[0].code), ("note", "missing"));
        let reopened = asked("{\"note\":\"They called\",\"consent\":true}", AskKind::Reopen).unwrap();
        assert_eq!(reopened.command, Command::ReopenLead { consent: true });
        assert_eq!(reopened.note.unwrap().theme, "reopen");
        for (body, reason) in [
            ("", SuppressedFor::OptOut),
            ("{\"reason\":\"opt_out\"}", SuppressedFor::OptOut),
            ("{\"reason\":\"legal\"}", SuppressedFor::Legal),
        ] {
            let suppressed = asked(body, AskKind::Suppress).unwrap();
            assert_eq!(suppressed.command, Command::SuppressLead { reason });
        }
        assert_eq!(asked("{\"reason\":\"whim\"}", AskKind::Suppress).unwrap_err()[0].field, "reason");
        assert_eq!(AskKind::parse("reopen"), Some(AskKind::Reopen));
        assert_eq!(AskKind::parse("suppress"), Some(AskKind::Suppress));
    }
}
