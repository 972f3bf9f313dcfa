//! The pages' own style, script and icon, served from the binary. Nothing is ever fetched from elsewhere.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("assets/baton.css");
const SCRIPT: &str = include_str!("assets/baton.js");
const ICON: &str = include_str!("assets/baton.svg");

/// One of the files; a browser that has it already gets no body.
pub(super) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let (body, kind) = match name.as_str() {
        "baton.css" => (STYLE, "text/css; charset=utf-8"),
        "baton.js" => (SCRIPT, "text/javascript; charset=utf-8"),
        "baton.svg" => (ICON, "image/svg+xml"),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let digest: [u8; 32] = Sha256::digest(body.as_bytes()).into();
    let tag = format!("\"{}\"", super::auth::token::hex(&digest[..8]));
    let known =
        headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) == Some(tag.as_str());
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { body.into_response() };
    let set = response.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // Checked each time by the tag, so that a new release is never shown with an old style.
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        set.insert(header::ETAG, tag);
    }
    response
}
