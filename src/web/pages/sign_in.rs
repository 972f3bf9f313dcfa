//! Signing in by a one-time link and out again. A GET never uses a link up: mail scanners open links before people do.

use super::{Card, PageFault, html};
use crate::domain::time::HOUR;
use crate::web::WebState;
use crate::web::auth::{self, Brought, COOKIE, SESSION_HOURS, check_form, guard, token};
use crate::web::caller::PageCaller;
use crate::web::problem::Problem;
use crate::web::view::Shell;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A link's token.
#[derive(Debug, Default, Deserialize)]
pub struct Link {
    #[serde(default)]
    token: String,
}

/// Shows a button; the link is not used up.
pub(in crate::web) async fn show(Query(link): Query<Link>) -> Result<Response, PageFault> {
    if token::hash(&link.token).is_err() {
        return Err(if link.token.is_empty() { PageFault::sign_in() } else { over() });
    }
    let shell = Shell { title: "Sign in".to_owned(), ..Shell::default() };
    let lines = vec!["Your link works once. Press the button to use it on this device.".to_owned()];
    html(&Card {
        shell,
        heading: "Welcome to the board".to_owned(),
        lines,
        token: link.token,
        command: String::new(),
    })
}

/// Uses the link up and opens a session.
pub(in crate::web) async fn consume(
    State(state): State<WebState>,
    headers: HeaderMap,
    Form(link): Form<Link>,
) -> Result<Response, PageFault> {
    guard::check_origin(&headers).map_err(Problem::denied)?;
    let hash = token::hash(&link.token).map_err(|_| over())?;
    let row = state.tokens.find(hash).await.map_err(|error| PageFault::store(&error))?;
    let used = state.tokens.use_link(hash).await.map_err(|error| PageFault::store(&error))?;
    let Some(row) = row.filter(|_| used) else { return Err(over()) };
    let lives = Some(SESSION_HOURS * HOUR);
    let session =
        auth::issue(&state.tokens, "session", &row.name, row.member.as_deref(), row.scopes.clone(), lives)
            .await;
    let session = session.map_err(|error| {
        tracing::error!(error.message = %error, "a session could not be opened");
        PageFault::broken()
    })?;
    tracing::info!(token.name = row.name, "somebody signed in by a link");
    let mut response = Redirect::to("/").into_response();
    response
        .headers_mut()
        .insert(header::SET_COOKIE, cookie(&session, SESSION_HOURS * 3_600, state.secure_cookies)?);
    Ok(response)
}

/// Ends the session.
pub(in crate::web) async fn sign_out(
    State(state): State<WebState>,
    caller: PageCaller,
    headers: HeaderMap,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Result<Response, PageFault> {
    check_form(&caller, &headers, fields.get("csrf").map(String::as_str)).map_err(Problem::denied)?;
    if let Some(Brought::Session(text)) = auth::brought(&headers)
        && let Ok(hash) = token::hash(&text)
    {
        state.tokens.revoke_one(hash).await.map_err(|error| PageFault::store(&error))?;
    }
    let mut response = Redirect::to("/").into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie("", 0, state.secure_cookies)?);
    Ok(response)
}

pub(super) fn cookie(value: &str, seconds: i64, secure: bool) -> Result<HeaderValue, PageFault> {
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!(
        "{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"
    ))
    .map_err(|_| PageFault::broken())
}

fn over() -> PageFault {
    PageFault::new(
        StatusCode::GONE,
        "This link is used up or over",
        &[
            "Every link works once and for a short time. Make another where Baton runs, or ask whoever runs it:",
        ],
        "baton token create --link --name you --member your-id --scopes read,ask",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_script_and_no_other_site_sees_the_cookie() {
        let text = cookie("x", 60, false).unwrap();
        let text = text.to_str().unwrap();
        assert!(text.contains("HttpOnly") && text.contains("SameSite=Strict") && text.contains("Path=/"));
        assert!(!text.contains("Secure"));
        assert!(cookie("x", 60, true).unwrap().to_str().unwrap().ends_with("; Secure"));
    }
}
