//! Extractors: who calls a page or the API. It answers those who may not with the right kind of words.

use super::WebState;
use super::auth::{self, Caller, Scope};
use super::pages::PageFault;
use super::problem::Problem;
use crate::domain::team::MemberId;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::ops::Deref;

/// Somebody who calls the API.
#[derive(Clone, Debug)]
pub struct ApiCaller(pub Caller);

/// Somebody who looks at pages.
#[derive(Clone, Debug)]
pub struct PageCaller(pub Caller);

impl ApiCaller {
    /// Lets pass who has the scope.
    pub(super) fn need(&self, scope: Scope) -> Result<(), Problem> {
        if self.0.may(scope) { Ok(()) } else { Err(Problem::scope(scope.code())) }
    }

    /// In whose name an ask is made.
    pub(super) fn member(&self) -> Result<&MemberId, Problem> {
        self.0.member.as_ref().ok_or_else(Problem::needs_member)
    }
}

impl Deref for ApiCaller {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl Deref for PageCaller {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl FromRequestParts<WebState> for ApiCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, Problem> {
        match auth::identify(&state.tokens, &parts.headers).await {
            Ok(Some(caller)) => Ok(Self(caller)),
            Ok(None) => Err(Problem::sign_in()),
            Err(error) => Err(Problem::store(&error)),
        }
    }
}

impl FromRequestParts<WebState> for PageCaller {
    type Rejection = PageFault;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, PageFault> {
        match auth::identify(&state.tokens, &parts.headers).await {
            Ok(Some(caller)) if caller.may(Scope::Read) => Ok(Self(caller)),
            Ok(Some(_)) => Err(PageFault::scope()),
            Ok(None) => Err(PageFault::sign_in()),
            Err(error) => Err(PageFault::store(&error)),
        }
    }
}
