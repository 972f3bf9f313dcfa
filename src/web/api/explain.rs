//! Where a made-up lead would go, over the API. It only reads.

use crate::contract::policy_text::{self, MadeUp};
use crate::replay::explain::{Explained, look_up};
use crate::web::WebState;
use crate::web::auth::Scope;
use crate::web::caller::ApiCaller;
use crate::web::problem::{FieldFault, Problem};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde_json::{Map, Value};

/// Where a made-up lead would go now and why: its company as the router finds it, every step, rule, pool and candidate, and
/// the times that would start. Nothing is changed, and nobody's turn is taken.
#[utoipa::path(post, path = "/api/v1/routing/explain", tag = "routing", operation_id = "explain",
    request_body(content = Object, content_type = "application/json", description = "The names of `baton route explain`'s flags, `_` for `-`: `grade` (A to D), `priority` (p1 to p4), `country`, `region`, `employees`, `segment`, `motion`, `product`, `origin`, `campaign`, `source`, `domain`, `company`, `crm` (`system:id`), `wanted`, `had_it` (a list), `opportunity_owner`, `cycle_holder`, `account_owner`, `at`"),
    responses((status = 200, body = Explained), (status = 401, body = Problem, content_type = "application/problem+json"),
              (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn explain(
    State(state): State<WebState>,
    caller: ApiCaller,
    body: Bytes,
) -> Result<Json<Explained>, Problem> {
    caller.need(Scope::Read)?;
    let lead = read(&body)?;
    let now = state.reader.now().await.map_err(|error| Problem::store(&error))?;
    let texts = state.texts();
    // Leads and named accounts know a domain by its HMAC only.
    let seal = |domain: &str| state.keys.company(domain);
    let explained = look_up(
        &state.reader,
        &lead,
        &texts.policy,
        &texts.team,
        &texts.reference,
        lead.at.unwrap_or(now),
        &seal,
    );
    explained.await.map(Json).map_err(|error| Problem::store(&error))
}

fn read(body: &Bytes) -> Result<MadeUp, Problem> {
    let fault = |field: String, code, detail| Problem::invalid(vec![FieldFault { field, code, detail }]);
    let fields: Map<String, Value> = serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}: {:?}", error.line(), error.column(), error.classify());
        fault("body".to_owned(), "not_json", place)
    })?;
    policy_text::made_up(&fields).map_err(|faults| {
        let told = faults.iter().map(|it| FieldFault {
            field: "body".to_owned(),
            code: "lead",
            detail: it
                .nearest
                .as_ref()
                .map_or_else(|| it.message.clone(), |near| format!("{}; did you mean `{near}`?", it.message)),
        });
        Problem::invalid(told.collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_lead_is_read_as_the_command_reads_it_and_every_fault_is_told() {
        let lead =
            read(&Bytes::from_static(b"{\"domain\":\"Vega.example\",\"employees\":500,\"grade\":\"B\"}"));
        let lead = lead.unwrap();
        assert_eq!((lead.domain.as_deref(), lead.employees), (Some("vega.example"), Some(500)));
        let problem = read(&Bytes::from_static(b"{\"domian\":\"x.example\",\"grade\":\"Z\"}")).unwrap_err();
        assert_eq!((problem.status, problem.errors.len()), (422, 2));
        assert!(problem.errors.iter().any(|fault| fault.detail.contains("did you mean `domain`?")));
        assert_eq!(read(&Bytes::from_static(b"[]")).unwrap_err().errors[0].code, "not_json");
    }
}
