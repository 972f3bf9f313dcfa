//! What programs and people were told of a lead beside Kafka, over the API. It tells nobody anything.

use super::leads::lead_id;
use crate::domain::time::Moment;
use crate::store::read::deliveries::DeliveryLine;
use crate::web::WebState;
use crate::web::auth::Scope;
use crate::web::caller::ApiCaller;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

/// One telling of one event to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryShape {
    /// The event's id: `webhook-id`, and `ce_id` on Kafka.
    pub event_id: String,
    /// Without the `io.baton.` prefix.
    pub event_type: String,
    /// `webhook`, `slack`, `email`.
    pub channel: String,
    /// What a notice tells: `offer`, `reminder`, `breach`, `escalation`, `taken_back`, `given`, `reply`,
    /// `contest`; none for webhooks.
    pub notice: Option<String>,
    /// As the settings name it, such as `webhook:automation` or `email:member:maya-cohen`.
    pub endpoint: String,
    /// `waiting`, `done`, `failed` (tried to the end) or `dropped` (not worth telling any more).
    pub state: String,
    pub attempts: i32,
    /// A code such as `http_200`, `http_503`, `timeout`, `address_private`, `expired`, `superseded`, `too_many` (told in
    /// one summary of the hour).
    pub last_status: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    pub last_try_at: Option<String>,
    /// While it waits.
    pub next_try_at: Option<String>,
}

/// The newest first, at most 100.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryPage {
    pub deliveries: Vec<DeliveryShape>,
}

/// Webhooks and notices about a lead, and what became of each; a failed one never stops a clock.
#[utoipa::path(get, path = "/api/v1/leads/{id}/deliveries", tag = "leads", operation_id = "lead_deliveries",
    params(("id" = String, Path, description = "The lead's id")),
    responses((status = 200, body = DeliveryPage), (status = 401, body = Problem, content_type = "application/problem+json"),
              (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn deliveries(
    State(state): State<WebState>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<Json<DeliveryPage>, Problem> {
    caller.need(Scope::Read)?;
    let rows = state.reader.deliveries_of(lead_id(&id)?).await.map_err(|error| Problem::store(&error))?;
    Ok(Json(DeliveryPage { deliveries: rows.iter().map(shape).collect() }))
}

fn shape(row: &DeliveryLine) -> DeliveryShape {
    let time = |micros: i64| Moment(micros).to_string();
    DeliveryShape {
        event_id: row.event_id.to_string(),
        event_type: row.event_type.clone(),
        channel: row.channel.clone(),
        notice: row.notice.clone(),
        endpoint: row.endpoint.clone(),
        state: row.state.clone(),
        attempts: row.attempts,
        last_status: row.last_status.clone(),
        created_at: time(row.created_at),
        last_try_at: row.last_try_at.map(time),
        next_try_at: row.ended_at.is_none().then(|| time(row.next_try_at)),
    }
}
