//! The ledger's sums: read = applied + duplicate + filtered + refused + parked + quarantined, topic by topic.

use crate::store::read::board::LedgerTotals;
use crate::web::WebState;
use crate::web::auth::Scope;
use crate::web::caller::ApiCaller;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// Sums of one topic, or of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sums {
    pub read: i64,
    pub applied: i64,
    pub duplicate: i64,
    pub filtered: i64,
    pub refused: i64,
    pub parked: i64,
    pub quarantined: i64,
    /// Every record that was read has an outcome.
    pub adds_up: bool,
}

/// Sums of one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TopicSums {
    pub topic: String,
    pub sums: Sums,
}

/// The ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LedgerReply {
    pub total: Sums,
    pub topics: Vec<TopicSums>,
}

fn sums(totals: &LedgerTotals) -> Sums {
    Sums {
        read: totals.read,
        applied: totals.applied,
        duplicate: totals.duplicate,
        filtered: totals.filtered,
        refused: totals.refused,
        parked: totals.parked,
        quarantined: totals.quarantined,
        adds_up: totals.read == totals.accounted(),
    }
}

fn total(topics: &[(String, LedgerTotals)]) -> LedgerTotals {
    topics.iter().fold(LedgerTotals::default(), |all, (_, one)| all.plus(one))
}

/// What became of every record that was read.
#[utoipa::path(get, path = "/api/v1/ledger", tag = "ledger", operation_id = "ledger",
    responses((status = 200, body = LedgerReply), (status = 401, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn ledger(
    State(state): State<WebState>,
    caller: ApiCaller,
) -> Result<Json<LedgerReply>, Problem> {
    caller.need(Scope::Read)?;
    let topics = state.reader.ledger_by_topic().await.map_err(|error| Problem::store(&error))?;
    Ok(Json(LedgerReply {
        total: sums(&total(&topics)),
        topics: topics
            .iter()
            .map(|(topic, totals)| TopicSums { topic: topic.clone(), sums: sums(totals) })
            .collect(),
    }))
}
