//! The people's door: pages, the API and live ticks over HTTP. It decides nothing and writes no SQL.

mod api;
mod ask_body;
mod ask_contest;
mod ask_fields;
mod ask_people;
mod asking;
mod assets;
pub mod auth;
mod caller;
mod live;
mod pages;
mod problem;
mod publishing;
mod sight;
pub mod view;
pub mod words;

pub use api::openapi;

use crate::contract::keys::Keys;
use crate::store::Reader;
use crate::store::token::Tokens;
use crate::transaction::ask::Asks;
use crate::transaction::loaded::Texts;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower_http::timeout::TimeoutLayer;

/// Bytes of a body at most: a note of 4,000 characters and its fields, with room.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// A page that takes longer is trouble; the statements of reads end sooner by themselves.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// Open requests get so long to end once the service stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);

/// Nothing but our own files, no frames, no plug-ins, forms only to ourselves.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What is unwell, part by part; empty is ready.
pub type Readiness = Arc<dyn Fn() -> BTreeMap<String, String> + Send + Sync>;
/// The metrics in Prometheus' text form.
pub type MetricsText = Arc<dyn Fn() -> Result<String, String> + Send + Sync>;

/// What the handlers stand on.
#[derive(Clone)]
pub struct WebState {
    pub reader: Reader,
    pub tokens: Tokens,
    pub asks: Asks,
    /// Read one-time links.
    pub keys: Keys,
    /// The active policy, team and reference data.
    pub texts: watch::Receiver<Texts>,
    pub readiness: Readiness,
    /// What people have to look at, though the instance is ready.
    pub notes: Readiness,
    pub metrics: MetricsText,
    /// The board is served over TLS by a proxy: cookies are then sent over TLS only.
    pub secure_cookies: bool,
    ticks: watch::Sender<u64>,
    cancel: CancellationToken,
}

impl fmt::Debug for WebState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WebState")
            .field("secure_cookies", &self.secure_cookies)
            .finish_non_exhaustive()
    }
}

impl WebState {
    /// A state over these parts; cookies go over plain HTTP until `secure_cookies` is set.
    #[must_use]
    pub fn new(
        reader: Reader,
        tokens: Tokens,
        asks: Asks,
        keys: Keys,
        texts: watch::Receiver<Texts>,
        readiness: Readiness,
        metrics: MetricsText,
    ) -> Self {
        let (ticks, _) = watch::channel(0);
        Self {
            reader,
            tokens,
            asks,
            keys,
            texts,
            readiness,
            notes: Arc::new(BTreeMap::new),
            metrics,
            secure_cookies: false,
            ticks,
            cancel: CancellationToken::new(),
        }
    }

    fn texts(&self) -> Texts {
        self.texts.borrow().clone()
    }

    fn ticks(&self) -> watch::Receiver<u64> {
        self.ticks.subscribe()
    }

    fn stopping(&self) -> impl Future<Output = ()> + use<> {
        self.cancel.clone().cancelled_owned()
    }
}

/// The server failed.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    #[error("the HTTP server stopped")]
    Serve { source: std::io::Error },
}

/// Serves until `cancel`; live streams end at once, other requests within three seconds.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: tokio::net::TcpListener,
    mut parts: WebState,
    cancel: CancellationToken,
) -> Result<(), WebError> {
    parts.cancel = cancel.child_token();
    let pulse = live::watch_pulse(parts.reader.clone(), parts.ticks.clone(), parts.cancel.clone());
    let graceful = parts.stopping();
    let overdue = parts.stopping();
    let listening = axum::serve(listener, router(parts)).with_graceful_shutdown(graceful);
    let bounded = async {
        tokio::select! {
            outcome = listening => outcome.map_err(|source| WebError::Serve { source }),
            () = async { overdue.await; tokio::time::sleep(SHUTDOWN_GRACE).await; } => Ok(()),
        }
    };
    let stop = async {
        let outcome = bounded.await;
        cancel.cancel();
        outcome
    };
    let (outcome, ()) = tokio::join!(stop, pulse);
    outcome
}

/// Every route.
pub fn router(state: WebState) -> Router {
    let timed = Router::new()
        .route("/livez", get(api::health::livez))
        .route("/readyz", get(api::health::readyz))
        .route("/metrics", get(api::health::metrics))
        .route("/openapi.json", get(api::health::openapi_json))
        .route("/assets/{name}", get(assets::asset))
        .route("/api/v1/leads", get(api::leads::leads))
        .route("/api/v1/leads/{id}", get(api::leads::lead))
        .route("/api/v1/leads/{id}/history", get(api::leads::history))
        .route("/api/v1/leads/{id}/score", get(api::leads::score))
        .route("/api/v1/leads/{id}/deliveries", get(api::deliveries::deliveries))
        .route("/api/v1/leads/{id}/{ask}", post(api::asks::ask))
        .route("/api/v1/sla", get(api::sla::sla))
        .route("/api/v1/pattern-answer", post(api::pattern::answer_pattern))
        .route("/api/v1/team/{member}/availability", post(api::team::availability))
        .route("/api/v1/routing/fairness", get(api::routing::fairness))
        .route("/api/v1/routing/explain", post(api::explain::explain))
        .route("/api/v1/ledger", get(api::ledger::ledger))
        .route("/api/v1/my", get(api::floor::my))
        .route("/api/v1/floor", get(api::floor::floor))
        .route("/api/v1/campaigns", get(api::floor::campaigns))
        .route("/api/v1/intake", get(api::floor::intake))
        .route("/api/v1/intake/redrive", post(api::kept::redrive))
        .route("/api/v1/intake/pause", post(api::pause::pause))
        .route("/api/v1/team", get(api::floor::team).merge(sized(post(api::team_text::publish_team))))
        .route("/api/v1/team/text", get(api::team_text::team_text))
        .route("/", get(pages::board::board))
        .route("/fragments/board", get(pages::board::fragment))
        .route("/fragments/my", get(pages::my::fragment))
        .route("/fragments/leads/{id}", get(pages::lead::fragment))
        .route("/my", get(pages::my::my))
        .route("/floor", get(pages::floor::floor))
        .route("/floor/reassign", post(pages::floor::reassign))
        .route("/campaigns", get(pages::campaigns::campaigns).post(pages::campaigns::answer))
        .route("/duties", get(pages::duties::duties))
        .route("/duties/leads", get(pages::duties::leads))
        .route("/intake", get(pages::intake::intake))
        .route("/intake/redrive", post(pages::intake::redrive))
        .route("/intake/pause", post(pages::intake::pause))
        .route("/team", get(pages::team::team).post(pages::team::availability))
        .route("/team/text", sized(post(pages::team_text::publish)))
        .route("/leads", get(pages::leads::leads))
        .route("/leads/{id}", get(pages::lead::lead))
        .route("/leads/{id}/{ask}", post(pages::lead::ask))
        .route("/links/{token}", get(pages::link::show).post(pages::link::act))
        .route("/sign-in", get(pages::sign_in::show).post(pages::sign_in::consume))
        .route("/sign-out", post(pages::sign_in::sign_out))
        .fallback(pages::not_found)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT));
    Router::new()
        .route("/api/v1/live", get(live::live))
        .merge(timed)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn(with_headers))
        .with_state(state)
}

/// A route that takes a team's text.
fn sized(route: MethodRouter<WebState>) -> MethodRouter<WebState> {
    route.layer(DefaultBodyLimit::max(publishing::TEAM_BYTES_MAX))
}

/// Headers that every answer carries; personal data is never kept by browsers or proxies.
async fn with_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 6] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
