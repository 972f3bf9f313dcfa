//! Whether a write that a cookie vouches for came from our own page. It never looks at what is asked.

use super::{Caller, Proof, token};
use axum::http::{HeaderMap, header};

/// Header by which scripts of our own pages bring the form value.
pub const HEADER: &str = "x-csrf-token";

/// Why a write was not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("the request came from another site")]
    Origin,
    #[error("the form's security value is missing or old")]
    Csrf,
}

/// Lets a form's write through: always for bearer tokens, for sessions only from our own page.
///
/// # Errors
/// It came from elsewhere, or without this session's value.
pub fn check_form(caller: &Caller, headers: &HeaderMap, given: Option<&str>) -> Result<(), Denied> {
    match &caller.proof {
        Proof::Bearer => Ok(()),
        Proof::Session { csrf } => {
            check_origin(headers)?;
            let given = given.unwrap_or_default();
            if token::equal(given.as_bytes(), csrf.as_bytes()) { Ok(()) } else { Err(Denied::Csrf) }
        }
    }
}

/// The same where a script brings the value in a header.
///
/// # Errors
/// It came from elsewhere, or without this session's value.
pub fn check_header(caller: &Caller, headers: &HeaderMap) -> Result<(), Denied> {
    check_form(caller, headers, headers.get(HEADER).and_then(|value| value.to_str().ok()))
}

/// Browsers send `Origin` with every write; one that is there must be ours.
///
/// # Errors
/// It names another site, or the browser says that the request crossed sites.
pub fn check_origin(headers: &HeaderMap) -> Result<(), Denied> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(Denied::Origin);
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return Ok(()) };
    let host = text(header::HOST.as_str()).unwrap_or_default();
    let named = origin.split_once("://").map_or("", |(_, rest)| rest);
    if !host.is_empty() && named.eq_ignore_ascii_case(host) { Ok(()) } else { Err(Denied::Origin) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use std::collections::BTreeSet;

    fn caller(proof: Proof) -> Caller {
        Caller { name: "desk".to_owned(), member: None, scopes: BTreeSet::new(), proof }
    }

    fn session() -> Caller {
        caller(Proof::Session { csrf: token::csrf("s") })
    }

    fn from(origin: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("board.example:8080"));
        headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        headers
    }

    #[test]
    fn a_session_without_the_forms_value_is_denied() {
        let ours = from("http://board.example:8080");
        assert_eq!(check_form(&session(), &ours, None), Err(Denied::Csrf));
        assert_eq!(check_form(&session(), &ours, Some("")), Err(Denied::Csrf));
        assert_eq!(check_form(&session(), &ours, Some(&token::csrf("other"))), Err(Denied::Csrf));
        assert_eq!(check_form(&session(), &ours, Some(&token::csrf("s"))), Ok(()));
        assert_eq!(check_header(&session(), &ours), Err(Denied::Csrf));
    }

    #[test]
    fn another_site_is_denied_even_with_the_value() {
        let value = token::csrf("s");
        for origin in [
            "http://evil.example",
            "null",
            "http://board.example:8081",
            "http://board.example:8080.evil.example",
        ] {
            assert_eq!(check_form(&session(), &from(origin), Some(&value)), Err(Denied::Origin), "{origin}");
        }
        let mut crossing = from("http://board.example:8080");
        crossing.insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
        assert_eq!(check_form(&session(), &crossing, Some(&value)), Err(Denied::Origin));
    }

    #[test]
    fn a_program_with_a_bearer_token_needs_no_form_value() {
        assert_eq!(check_form(&caller(Proof::Bearer), &HeaderMap::new(), None), Ok(()));
    }
}
