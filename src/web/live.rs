//! Ticks for open pages: a count that moves when anything was decided, or anything about one person's or pool's leads. It
//! carries no data; pages re-read.

use super::WebState;
use super::auth::Scope;
use super::caller::ApiCaller;
use super::problem::{FieldFault, Problem};
use crate::store::Reader;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use utoipa::{IntoParams, ToSchema};

/// How often the database is asked whether anything moved; one question for all open pages.
const PULSE: Duration = Duration::from_secs(1);
/// A comment on a silent stream, so that proxies keep it open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What a tick says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tick {
    /// Moves whenever anything was decided or read, the same on every instance; an equal one needs no re-reading.
    pub count: u64,
    /// The fragments that may show something new.
    pub pages: Vec<String>,
}

/// Whose leads a stream is about; neither: everybody's.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LiveQuery {
    /// A member's id: ticks only when something changed in the leads that the member holds.
    pub holder: Option<String>,
    /// A pool's id: ticks only when something changed in the leads that wait or are offered there.
    pub pool: Option<String>,
}

/// The count of a pulse: how much was read and decided so far.
pub(super) fn count_of(pulse: i64) -> u64 {
    u64::try_from(pulse).unwrap_or(0)
}

/// Looks once a second whether anything moved, and tells the count; ends with the service.
///
/// A database that does not answer is no tick: pages keep what they show.
pub(super) async fn watch_pulse(reader: Reader, ticks: watch::Sender<u64>, cancel: CancellationToken) {
    while cancel.run_until_cancelled(tokio::time::sleep(PULSE)).await.is_some() {
        if ticks.is_closed() {
            continue;
        }
        if let Ok(pulse) = reader.pulse().await {
            let now = count_of(pulse);
            ticks.send_if_modified(|count| std::mem::replace(count, now) != now);
        }
    }
}

/// One open stream: what it waits for, and what it saw last.
struct Stream {
    ticks: watch::Receiver<u64>,
    reader: Reader,
    query: LiveQuery,
    seen: Option<(i64, i64)>,
    first: bool,
}

impl Stream {
    /// The count at once, then at each change of what the stream is about; `None` at the end of the service.
    async fn next(&mut self) -> Option<u64> {
        loop {
            if !self.first {
                self.ticks.changed().await.ok()?;
            }
            let count = *self.ticks.borrow_and_update();
            let told_before = !std::mem::take(&mut self.first);
            if self.query.holder.is_none() && self.query.pool.is_none() {
                return Some(count);
            }
            // A database that does not answer is no tick: the next one looks again.
            let Ok(pulse) =
                self.reader.pulse_of(self.query.holder.as_deref(), self.query.pool.as_deref()).await
            else {
                if told_before {
                    continue;
                }
                return Some(count);
            };
            if self.seen.replace(pulse) != Some(pulse) || !told_before {
                return Some(count);
            }
        }
    }
}

/// The stream of ticks: the present count at once, then each change; ends when the service stops.
#[utoipa::path(get, path = "/api/v1/live", tag = "live", operation_id = "live", params(LiveQuery),
    responses((status = 200, description = "Server-sent events named `tick`; re-read on a changed count", body = Tick, content_type = "text/event-stream"),
              (status = 401, description = "Sign in first", body = Problem, content_type = "application/problem+json"),
              (status = 422, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn live(
    State(state): State<WebState>,
    caller: ApiCaller,
    query: Result<Query<LiveQuery>, QueryRejection>,
) -> Response {
    if let Err(problem) = caller.need(Scope::Read) {
        return problem.into_response();
    }
    let Ok(Query(query)) = query else {
        let detail = "holder or pool, each an id".to_owned();
        let fault = FieldFault { field: "query".to_owned(), code: "format", detail };
        return Problem::invalid(vec![fault]).into_response();
    };
    let stream =
        Stream { ticks: state.ticks(), reader: state.reader.clone(), query, seen: None, first: true };
    let counts = futures_util::stream::unfold(stream, |mut stream| async move {
        let count = stream.next().await?;
        Some((count, stream))
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
