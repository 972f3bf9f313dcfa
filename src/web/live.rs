//! Ticks for open pages: a counter that moves when anything was decided. It carries no data; pages re-read.

use super::WebState;
use super::auth::Scope;
use super::caller::ApiCaller;
use super::problem::Problem;
use crate::store::Reader;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Serialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// How often the database is asked whether anything moved; one question for all open pages.
const PULSE: Duration = Duration::from_secs(1);
/// A comment on a silent stream, so that proxies keep it open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What a tick says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tick {
    /// Moves whenever anything was decided or read; an equal one needs no re-reading.
    pub count: u64,
    /// The fragments that may show something new.
    pub pages: Vec<String>,
}

/// Looks once a second whether anything moved, and moves the counter; ends with the service.
///
/// A database that does not answer is no tick: pages keep what they show.
pub(super) async fn watch_pulse(reader: Reader, ticks: watch::Sender<u64>, cancel: CancellationToken) {
    let mut last = None;
    while cancel.run_until_cancelled(tokio::time::sleep(PULSE)).await.is_some() {
        if ticks.is_closed() {
            continue;
        }
        if let Ok(pulse) = reader.pulse().await
            && last != Some(pulse)
        {
            last = Some(pulse);
            ticks.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

/// The stream of ticks: the present count at once, then each change; ends when the service stops.
#[utoipa::path(get, path = "/api/v1/live", tag = "live", operation_id = "live",
    responses((status = 200, description = "Server-sent events named `tick`; re-read on a changed count", body = Tick, content_type = "text/event-stream"),
              (status = 401, description = "Sign in first", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn live(State(state): State<WebState>, caller: ApiCaller) -> Response {
    if let Err(problem) = caller.need(Scope::Read) {
        return problem.into_response();
    }
    let counts = futures_util::stream::unfold((state.ticks(), true), |(mut ticks, first)| async move {
        if !first {
            ticks.changed().await.ok()?;
        }
        let count = *ticks.borrow_and_update();
        Some((count, (ticks, false)))
    });
    let stopped = state.stopping();
    let events = counts.map(|count| Ok::<_, Infallible>(event(count))).take_until(stopped);
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

fn event(count: u64) -> Event {
    let tick = Tick { count, pages: vec!["/fragments/board".to_owned(), "/fragments/leads/{id}".to_owned()] };
    let data = serde_json::to_string(&tick).unwrap_or_default();
    Event::default().event("tick").id(count.to_string()).retry(Duration::from_secs(2)).data(data)
}
