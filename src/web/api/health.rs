//! Whether the service lives and is ready, its metrics and its description: open to everybody, without personal data.

use crate::web::WebState;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The process answers.
#[utoipa::path(get, path = "/livez", tag = "health", operation_id = "livez",
    responses((status = 200, description = "The process answers", content_type = "text/plain")))]
pub(crate) async fn livez() -> &'static str {
    "ok\n"
}

/// Everything that the service needs is there.
#[utoipa::path(get, path = "/readyz", tag = "health", operation_id = "readyz",
    responses((status = 200, description = "Ready; `notes` name what people have to look at all the same"), (status = 503, description = "Not ready, with each part that is unwell")))]
pub(crate) async fn readyz(State(state): State<WebState>) -> Response {
    let mut unwell = (state.readiness)();
    if let Err(error) = state.reader.now().await {
        unwell.insert("database".to_owned(), error.to_string());
    }
    let status = if unwell.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "ready": unwell.is_empty(), "unwell": unwell, "notes": (state.notes)() });
    (status, Json(body)).into_response()
}

/// Metrics for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health", operation_id = "metrics",
    responses((status = 200, description = "Prometheus text format", content_type = "text/plain")))]
pub(crate) async fn metrics(State(state): State<WebState>) -> Response {
    match (state.metrics)() {
        Ok(text) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(why) => (StatusCode::INTERNAL_SERVER_ERROR, why).into_response(),
    }
}

/// The description of this API.
pub(crate) async fn openapi_json() -> Response {
    match super::openapi() {
        Ok(text) => {
            let mut response = text.into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(_) => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "description",
            "The description can't be written",
            "Report this.",
        )
        .into_response(),
    }
}
