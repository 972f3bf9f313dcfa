//! Who calls: a bearer token or a session cookie, and what they may do. It never stores or logs a secret.

pub mod guard;
pub mod token;

pub use guard::{Denied, check_form, check_header};

use crate::domain::team::MemberId;
use crate::store::StoreError;
use crate::store::token::{NewToken, TokenRow, Tokens};
use axum::http::{HeaderMap, header};
use std::collections::BTreeSet;

/// The session's cookie; the prefix makes browsers refuse it from another host or path where TLS is used.
pub const COOKIE: &str = "baton_session";
/// A session ends after a working day and a bit.
pub const SESSION_HOURS: i64 = 12;

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// See leads, their stories and the board.
    Read,
    /// Act on leads in the member's name.
    Ask,
    /// See metrics and what operations see, and erase people.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: &'static [Self] = &[Self::Read, Self::Ask, Self::Admin];

    /// The word that is stored and given.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Ask => "ask",
            Self::Admin => "admin",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.code() == code)
    }
}

/// How somebody showed who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    Bearer,
    /// With the value that forms of this session must bring.
    Session {
        csrf: String,
    },
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The token's name: what audit lines of access and messages call it.
    pub name: String,
    pub member: Option<MemberId>,
    pub scopes: BTreeSet<Scope>,
    pub proof: Proof,
}

impl Caller {
    /// Whether it may do this; `admin` may read, nothing stands for `ask`.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || (scope == Scope::Read && self.scopes.contains(&Scope::Admin))
    }

    /// The value for forms; empty for programs.
    #[must_use]
    pub fn csrf(&self) -> &str {
        match &self.proof {
            Proof::Bearer => "",
            Proof::Session { csrf } => csrf,
        }
    }
}

/// The secret that a request brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brought {
    Bearer(String),
    Session(String),
}

/// Finds the secret in the headers: a bearer token wins over a cookie.
#[must_use]
pub fn brought(headers: &HeaderMap) -> Option<Brought> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| Brought::Bearer(token.trim().to_owned()));
    bearer.or_else(|| {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == COOKIE)
            .map(|(_, value)| Brought::Session(value.to_owned()))
    })
}

/// Who a stored row makes the bringer of its secret; `None` where it is over, revoked, used or of another kind.
#[must_use]
pub fn admit(row: &TokenRow, hash: &[u8; 32], brought: &Brought) -> Option<Caller> {
    let (kind, proof) = match brought {
        Brought::Bearer(_) => ("bearer", Proof::Bearer),
        Brought::Session(text) => ("session", Proof::Session { csrf: token::csrf(text) }),
    };
    if row.kind != kind || !row.is_live() || !token::equal(&row.hash, hash) {
        return None;
    }
    Some(Caller {
        name: row.name.clone(),
        member: row.member.clone().map(MemberId),
        scopes: row.scopes.iter().filter_map(|code| Scope::parse(code)).collect(),
        proof,
    })
}

/// Who calls; `None` where nothing or nothing valid was brought.
///
/// # Errors
/// The database does not answer.
pub async fn identify(tokens: &Tokens, headers: &HeaderMap) -> Result<Option<Caller>, StoreError> {
    let Some(brought) = brought(headers) else { return Ok(None) };
    let text = match &brought {
        Brought::Bearer(text) | Brought::Session(text) => text,
    };
    let Ok(hash) = token::hash(text) else { return Ok(None) };
    Ok(tokens.find(hash).await?.and_then(|row| admit(&row, &hash, &brought)))
}

/// A failure to make a session or a token.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    #[error("the system gives no randomness")]
    Random { source: getrandom::Error },
    #[error("the token could not be stored")]
    Store { source: StoreError },
}

/// Makes and stores a token of a kind; the text is shown once and never again.
///
/// # Errors
/// No randomness, or the database does not answer.
pub async fn issue(
    tokens: &Tokens,
    kind: &'static str,
    name: &str,
    member: Option<&str>,
    scopes: Vec<String>,
    lives: Option<i64>,
) -> Result<String, IssueError> {
    let secret = token::draw().map_err(|source| IssueError::Random { source })?;
    let text = token::text(&secret);
    let hash = token::hash(&text).unwrap_or_default();
    let new = NewToken { hash, name, kind, member, scopes, lives };
    tokens.insert(&new).await.map_err(|source| IssueError::Store { source })?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const SECRET: [u8; token::SECRET_BYTES] = [5; token::SECRET_BYTES];

    fn row(kind: &str) -> (TokenRow, [u8; 32]) {
        let hash = token::hash(&token::text(&SECRET)).unwrap();
        let row = TokenRow {
            hash: hash.to_vec(),
            name: "desk".to_owned(),
            kind: kind.to_owned(),
            member: Some("ana".to_owned()),
            scopes: vec!["read".to_owned(), "nonsense".to_owned()],
            created_at: 0,
            expires_at: Some(100),
            revoked_at: None,
            used_at: None,
            now: 50,
        };
        (row, hash)
    }

    fn bearer() -> Brought {
        Brought::Bearer(token::text(&SECRET))
    }

    #[test]
    fn a_live_token_opens_what_its_scopes_say_and_no_more() {
        let (row, hash) = row("bearer");
        let caller = admit(&row, &hash, &bearer()).unwrap();
        assert!(caller.may(Scope::Read));
        assert!(!caller.may(Scope::Ask));
        assert!(!caller.may(Scope::Admin));
        assert_eq!(caller.scopes.len(), 1, "unknown words open nothing");
    }

    #[test]
    fn an_expired_or_revoked_token_opens_nothing() {
        let (live, hash) = row("bearer");
        let expired = TokenRow { now: 100, ..live.clone() };
        let revoked = TokenRow { revoked_at: Some(10), ..live.clone() };
        assert!(admit(&expired, &hash, &bearer()).is_none());
        assert!(admit(&revoked, &hash, &bearer()).is_none());
        assert!(admit(&live, &[0; 32], &bearer()).is_none());
    }

    #[test]
    fn a_link_is_neither_a_bearer_token_nor_a_session() {
        let (link, hash) = row("link");
        assert!(admit(&link, &hash, &bearer()).is_none());
        assert!(admit(&link, &hash, &Brought::Session(token::text(&SECRET))).is_none());
        assert!(!TokenRow { used_at: Some(1), ..link }.is_live());
    }

    #[test]
    fn a_bearer_token_put_into_a_cookie_signs_nobody_in() {
        let (bearer, hash) = row("bearer");
        assert!(admit(&bearer, &hash, &Brought::Session(token::text(&SECRET))).is_none());
    }

    #[test]
    fn the_cookie_is_found_among_others_and_a_bearer_token_wins() {
        let mut headers = HeaderMap::new();
        assert_eq!(brought(&headers), None);
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; baton_session=x; c=d"));
        assert_eq!(brought(&headers), Some(Brought::Session("x".to_owned())));
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("bearer y"));
        assert_eq!(brought(&headers), Some(Brought::Bearer("y".to_owned())));
    }
}
