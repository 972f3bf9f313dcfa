//! Kept records decided again, over the API; the page of intake presses the same way. It shows no record's content.

use crate::contract::request::Who;
use crate::transaction::batch::Intake;
use crate::transaction::redrive::{Again, ONE_PRESS_MAX, Wanted};
use crate::web::WebState;
use crate::web::asking::problem_of;
use crate::web::auth::{Caller, Scope, check_header};
use crate::web::caller::ApiCaller;
use crate::web::problem::{FieldFault, Problem};
use crate::web::sight::Sight;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why records are parked behind a lead that a fault of ours has stopped.
const LEAD_PARKED: &str = "lead_parked";

/// What is to be decided again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedriveBody {
    /// Where it is kept: `parked` or `quarantined`.
    pub from: String,
    /// Why it is kept, as a code; of parked records `lead_parked` takes whole leads.
    pub reason: String,
}

/// What became of it; at most some hundred records at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RedriveShape {
    /// Records that are kept no longer.
    pub settled: usize,
    /// Records that were looked at and are kept all the same.
    pub kept: usize,
    /// Leads that go on.
    pub released: usize,
    /// More is kept for this reason, which nobody has looked at yet.
    pub more: bool,
}

/// Decides on kept records again, in the order in which they were kept, as `baton quarantine redrive` and `baton parked redrive`
/// do; for operations, managers and the scope `admin`.
#[utoipa::path(post, path = "/api/v1/intake/redrive", tag = "ledger", operation_id = "redrive", request_body = RedriveBody,
    responses((status = 200, body = RedriveShape), (status = 403, body = Problem, content_type = "application/problem+json"),
              (status = 404, description = "Nothing is kept for this reason", body = Problem, content_type = "application/problem+json"),
              (status = 422, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn redrive(
    State(state): State<WebState>,
    caller: ApiCaller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<RedriveShape>, Problem> {
    check_header(&caller, &headers).map_err(Problem::denied)?;
    let body: RedriveBody = serde_json::from_slice(&body).map_err(|_| {
        fault("body", "not_json", "an object with the texts `from` and `reason`, and nothing else")
    })?;
    decided_again(&state, &caller, &body).await.map(Json)
}

/// Whether somebody lets kept records be decided again: operations and managers, in their own name, and whoever is admin.
pub(in crate::web) fn may_redrive(caller: &Caller, sight: Sight<'_>) -> bool {
    caller.may(Scope::Admin) || (caller.may(Scope::Ask) && sight.speaks_for_others())
}

/// One press: the first of what is kept for a reason; the API's and the page's.
pub(in crate::web) async fn decided_again(
    state: &WebState,
    caller: &Caller,
    body: &RedriveBody,
) -> Result<RedriveShape, Problem> {
    let texts = state.texts();
    if !may_redrive(caller, Sight::of(caller, &texts.team)) {
        let detail = "It takes somebody of operations, a manager, or the scope `admin`.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "role", "This is not for your role", detail));
    }
    let from = match body.from.as_str() {
        "parked" => Intake::Parked,
        "quarantined" => Intake::Quarantined,
        _ => return Err(fault("from", "unknown", "parked or quarantined")),
    };
    let (wanted, mut more) = wanted(state, from, &body.reason).await?;
    let by = caller.member.clone().map_or(Who::Operator, Who::Member);
    let reply = state.asks.submit(Again { wanted, by }).await.map_err(|error| problem_of(&error))?;
    let tally = reply.tally;
    if body.reason == LEAD_PARKED {
        let left = state.reader.parked_count(Some(LEAD_PARKED)).await;
        let left = left.map_err(|error| Problem::store(&error))?;
        more = usize::try_from(left).unwrap_or(usize::MAX) > tally.kept;
    }
    Ok(RedriveShape { settled: tally.settled, kept: tally.kept, released: tally.released, more })
}

/// What a press takes, and whether more is kept for the reason than that.
async fn wanted(state: &WebState, from: Intake, reason: &str) -> Result<(Wanted, bool), Problem> {
    if (from, reason) == (Intake::Parked, LEAD_PARKED) {
        return Ok((Wanted::ParkedLeads, false));
    }
    let most = i64::try_from(ONE_PRESS_MAX + 1).unwrap_or(i64::MAX);
    let lines = match from {
        Intake::Parked => state.reader.parked(Some(reason), i64::MIN, most).await,
        Intake::Quarantined => state.reader.quarantined(Some(reason), None, None, most).await,
    };
    let ids: Vec<_> =
        lines.map_err(|error| Problem::store(&error))?.into_iter().map(|line| line.id).collect();
    if ids.is_empty() {
        let detail = "It may have been decided on since the page was shown.";
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "nothing_kept",
            "Nothing is kept for this reason",
            detail,
        ));
    }
    let more = ids.len() > ONE_PRESS_MAX;
    Ok((Wanted::Records(from, ids), more))
}

fn fault(field: &str, code: &'static str, detail: &str) -> Problem {
    Problem::invalid(vec![FieldFault { field: field.to_owned(), code, detail: detail.to_owned() }])
}
