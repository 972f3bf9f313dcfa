//! RFC 9457 problems with stable types. It never shows a value that came in, nor what a database said.

use crate::store::StoreError;
use crate::web::auth::Denied;
use crate::web::words::{plain, refusal};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Root of every problem's type; the rest is the stable code.
const TYPE_ROOT: &str = "urn:baton:problem:";

/// One fault of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldFault {
    /// Name of the field in the body.
    pub field: String,
    /// Stable code.
    pub code: &'static str,
    pub detail: String,
}

/// A problem, as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:baton:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: Box<str>,
    pub title: String,
    pub status: u16,
    /// What to do about it.
    pub detail: String,
    /// Stable code: the last part of the type.
    #[schema(value_type = String)]
    pub code: Box<str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldFault>,
}

impl Problem {
    /// A problem of a code.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("{TYPE_ROOT}{code}").into_boxed_str(),
            title: title.into(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.into(),
            errors: Vec::new(),
        }
    }

    /// With faults of fields.
    #[must_use]
    pub fn with(mut self, errors: Vec<FieldFault>) -> Self {
        self.errors = errors;
        self
    }

    /// Nobody, or nobody valid, asks.
    #[must_use]
    pub fn sign_in() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "sign_in",
            "Sign in first",
            "Bring a bearer token (`baton token create --name .. --scopes read,ask --member ..`) or sign in by a link.",
        )
    }

    /// The token may not do this.
    #[must_use]
    pub fn scope(scope: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "scope",
            "The token may not do this",
            format!("It lacks the scope `{scope}`; make one with `baton token create --scopes ..`."),
        )
    }

    /// Asks are made in somebody's name.
    #[must_use]
    pub fn needs_member() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "needs_member",
            "The token stands for nobody of the team",
            "Make one with `baton token create --member ..`; every ask is made in somebody's name.",
        )
    }

    /// Title, detail and every field's fault, for a message on a page.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        let faults = self.errors.iter().map(|fault| format!(" {}: {}.", plain(&fault.field), fault.detail));
        let detail = if self.errors.is_empty() { format!(" {}", self.detail) } else { String::new() };
        format!("{}.{detail}{}", self.title.trim_end_matches('.'), faults.collect::<String>())
    }

    /// A write that did not come from our own page.
    #[must_use]
    pub fn denied(denied: Denied) -> Self {
        let code = match denied {
            Denied::Origin => "origin",
            Denied::Csrf => "csrf",
        };
        Self::new(
            StatusCode::FORBIDDEN,
            code,
            "The write was not let through",
            format!("{denied}; reload the page and try again."),
        )
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is no such thing",
            "Look it up in /api/v1/leads.",
        )
    }

    /// The body or query can't be used.
    #[must_use]
    pub fn invalid(errors: Vec<FieldFault>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "Some fields can't be used",
            "Mend the fields named in `errors`.",
        )
        .with(errors)
    }

    /// A rule does not allow the ask; `reason` is the refusal's code, perhaps with what is missing after a colon.
    #[must_use]
    pub fn refused(reason: &str) -> Self {
        let (code, missing) = split_reason(reason);
        let words = refusal(code);
        let errors = missing
            .iter()
            .map(|field| FieldFault {
                field: (*field).to_owned(),
                code: "missing",
                detail: missing_words(code, field),
            })
            .collect();
        Self::new(refusal_status(code), code, words.what, words.next).with(errors)
    }

    /// The database does not answer, or a row can't be read; logged once, here.
    #[must_use]
    pub fn store(error: &StoreError) -> Self {
        tracing::error!(error.message = %error, error.sqlstate = error.sqlstate(), "a read for a page failed");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The database does not answer just now",
            "Nothing was changed. Try again in a moment.",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"baton\""));
        }
        response
    }
}

/// The code of a refusal and what it says is missing.
#[must_use]
pub fn split_reason(reason: &str) -> (&str, Vec<&str>) {
    reason.split_once(':').map_or((reason, Vec::new()), |(code, rest)| {
        (code.trim(), rest.split(',').map(str::trim).filter(|it| !it.is_empty()).collect())
    })
}

/// What one missing field is, in words.
#[must_use]
pub fn missing_words(code: &str, field: &str) -> String {
    use crate::web::words::{missing_demand_words, missing_fact_words};
    if code == "sql_facts_missing" {
        missing_fact_words(field).to_owned()
    } else {
        missing_demand_words(field).to_owned()
    }
}

/// The status of a refusal.
#[must_use]
pub fn refusal_status(code: &str) -> StatusCode {
    match code {
        "stale_view" => StatusCode::PRECONDITION_FAILED,
        "not_found" | "unknown_pattern" => StatusCode::NOT_FOUND,
        "unknown_actor" | "not_eligible" | "not_offeree" | "not_marketing" | "not_arbiter" => {
            StatusCode::FORBIDDEN
        }
        "demands_missing" | "sql_facts_missing" | "retry_on_out_of_range" => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_type_its_status_and_what_is_missing() {
        let problem = Problem::refused("sql_facts_missing: need, next_step_on");
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["type"], "urn:baton:problem:sql_facts_missing");
        assert_eq!(json["status"], 422);
        assert_eq!(json["errors"][1]["field"], "next_step_on");
        assert_eq!(json["errors"][1]["detail"], "a next step within fourteen days");
    }

    #[test]
    fn an_old_view_is_a_failed_precondition() {
        assert_eq!(Problem::refused("stale_view").status, 412);
        assert_eq!(Problem::refused("held").status, 409);
        assert_eq!(Problem::refused("not_found").status, 404);
    }

    #[test]
    fn a_problem_is_sent_as_one() {
        let response = Problem::sign_in().into_response();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert!(response.headers().contains_key(header::WWW_AUTHENTICATE));
        let json = serde_json::to_value(Problem::not_found()).unwrap();
        assert!(json.get("errors").is_none(), "an empty list is left out");
    }
}
