//! The team's text from the web to the transaction, the same for the page and the API: who may, what is checked, what came of
//! it. It decides nothing.

use super::WebState;
use super::auth::{Scope, token};
use super::caller::ApiCaller;
use super::problem::{FieldFault, Problem};
use super::sight::Sight;
use crate::contract::policy_text::{self, TeamCheck, TextError};
use crate::transaction::batch::Outcome;
use crate::transaction::operation::Publication;
use axum::http::StatusCode;

/// Bytes of a team's text at most: some thousand people.
pub(super) const TEAM_BYTES_MAX: usize = 1024 * 1024;
/// Faults that one answer names: nobody mends more at once.
const FAULTS_MAX: usize = 100;

/// Whether somebody may publish the team: managers and operations in their own name, and whoever has the scope `admin`.
pub(super) fn may_publish(caller: &super::auth::Caller, state: &WebState) -> bool {
    let speaks = Sight::of(caller, &state.texts().team).speaks_for_others();
    caller.may(Scope::Admin) || (caller.may(Scope::Ask) && speaks)
}

/// Lets pass who may publish the team.
pub(super) fn need(caller: &ApiCaller, state: &WebState) -> Result<(), Problem> {
    if may_publish(caller, state) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "not_eligible",
        "The team is not yours to publish",
        "Managers and operations publish it with the scope `ask`, operators with the scope `admin`.",
    ))
}

/// Checks a text as `baton team publish` does.
pub(super) fn check(state: &WebState, text: &str) -> Result<TeamCheck, Vec<TextError>> {
    let texts = state.texts();
    policy_text::check_team(text, Some(&texts.policy), Some(&texts.team))
}

/// Every fault by line, with the mend where there is one.
pub(super) fn faulty(faults: &[TextError]) -> Problem {
    let fault = |fault: &TextError| {
        let near = fault.nearest.as_ref().map(|near| format!("; did you mean `{near}`?"));
        FieldFault {
            field: format!("line {}", fault.line),
            code: "text",
            detail: format!("{}{}", fault.message, near.unwrap_or_default()),
        }
    };
    Problem::invalid(faults.iter().take(FAULTS_MAX).map(fault).collect())
}

/// Puts a checked text in force, unless another is in force than `over`; whether anything changed.
pub(super) async fn publish(
    state: &WebState,
    caller: &super::auth::Caller,
    text: String,
    over: Option<[u8; 32]>,
) -> Result<bool, Problem> {
    let publisher = caller.member.as_ref().map_or_else(|| caller.name.clone(), |member| member.0.clone());
    let publication = Publication::of_team(text, publisher, over);
    let reply = state.asks.submit(publication).await.map_err(|error| super::asking::problem_of(&error))?;
    match &reply.outcome {
        Outcome::Applied(_) => Ok(true),
        Outcome::Filtered(_) | Outcome::Duplicate => Ok(false),
        Outcome::Refused(_) | Outcome::Parked(_) | Outcome::Quarantined(_) => Err(overtaken(state).await),
    }
}

/// Another text is in force than its author began from.
pub(super) async fn overtaken(state: &WebState) -> Problem {
    match state.reader.team_text().await {
        Ok(Some(text)) => Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "overtaken",
            "Another team is in force by now",
            format!(
                "`{}` published {} meanwhile. Nothing was changed: bring the two together and name that version.",
                text.publisher,
                token::hex(&text.hash)
            ),
        ),
        Ok(None) => Problem::not_found(),
        Err(error) => Problem::store(&error),
    }
}
