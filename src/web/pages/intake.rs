//! Intake health: operations' page. It lets kept records be decided again, and a source's alarm be paused; for the rest it names a
//! command.

use super::{PageFault, html, need, shell};
use crate::store::read::board::LedgerTotals;
use crate::web::WebState;
use crate::web::api::kept::{RedriveBody, RedriveShape, decided_again, may_redrive};
use crate::web::api::pause::{PauseBody, paused};
use crate::web::asking;
use crate::web::auth::{Scope, check_form};
use crate::web::caller::PageCaller;
use crate::web::problem::Problem;
use crate::web::sight::Page;
use crate::web::view::Shell;
use crate::web::view::intake::{IntakeView, intake_view};
use crate::web::view::watch::series;
use askama::Template;
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "intake.html", config = "src/web/askama.toml")]
struct IntakePage {
    shell: Shell,
    view: IntakeView,
    may_redrive: bool,
    /// Who answers for sources says that one is known to be away.
    may_pause: bool,
    idempotency: String,
    message: String,
    /// The message says why something was not done.
    refused: bool,
}

/// The page.
pub(in crate::web) async fn intake(
    State(state): State<WebState>,
    caller: PageCaller,
) -> Result<Response, PageFault> {
    page(&state, &caller, (String::new(), false)).await
}

async fn page(
    state: &WebState,
    caller: &PageCaller,
    (message, refused): (String, bool),
) -> Result<Response, PageFault> {
    let texts = state.texts();
    let sight = need(caller, &texts, Page::Intake)?;
    let failed = |error| PageFault::store(&error);
    let read = state.reader.intake().await.map_err(failed)?;
    let hours = state.reader.hours(read.now).await.map_err(failed)?;
    let topics = state.reader.ledger_by_topic().await.map_err(failed)?;
    let totals = topics.iter().fold(LedgerTotals::default(), |sum, (_, one)| sum.plus(one));
    let view = intake_view(&read, (&series(&hours, read.now), &hours), &totals, &texts);
    let shell = shell(state, caller, "Intake health", "intake", read.now);
    html(&IntakePage {
        shell,
        view,
        may_redrive: may_redrive(caller, sight),
        may_pause: caller.may(Scope::Ask) && caller.member.is_some(),
        idempotency: asking::drawn()?,
        message,
        refused,
    })
}

/// The button beside what is kept.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RedriveForm {
    csrf: String,
    from: String,
    reason: String,
}

/// Decides on kept records again; what came of it stands above the page.
pub(in crate::web) async fn redrive(
    State(state): State<WebState>,
    caller: PageCaller,
    headers: HeaderMap,
    Form(form): Form<RedriveForm>,
) -> Result<Response, PageFault> {
    check_form(&caller, &headers, Some(form.csrf.as_str())).map_err(Problem::denied)?;
    let RedriveForm { from, reason, .. } = form;
    let said = match decided_again(&state, &caller, &RedriveBody { from, reason }).await {
        Ok(done) => (told(&done), done.kept > 0),
        Err(problem) if problem.status == 403 => return Err(problem.into()),
        Err(problem) => (problem.in_one_line(), true),
    };
    page(&state, &caller, said).await
}

/// The form beside a source that is silent, or paused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PauseForm {
    csrf: String,
    idempotency: String,
    family: String,
    name: String,
    /// The first day on which its silence is an alarm again (UTC); empty ends the pause.
    until: String,
}

/// Says until when a source is known to be away.
pub(in crate::web) async fn pause(
    State(state): State<WebState>,
    caller: PageCaller,
    headers: HeaderMap,
    Form(form): Form<PauseForm>,
) -> Result<Response, PageFault> {
    check_form(&caller, &headers, Some(form.csrf.as_str())).map_err(Problem::denied)?;
    need(&caller, &state.texts(), Page::Intake)?;
    let PauseForm { idempotency, family, name, until, .. } = form;
    let until = (!until.trim().is_empty()).then(|| format!("{}T00:00:00Z", until.trim()));
    let what = if until.is_some() { "silence is no alarm until then" } else { "silence is an alarm again" };
    let done = format!("Noted of {name}: its {what}. Who said so stands in the audit.");
    let key = (!idempotency.is_empty()).then_some(idempotency);
    let said = match paused(&state, &caller, PauseBody { family, name, until }, key).await {
        Ok(_) => (done, false),
        Err(problem) if problem.status == 403 => return Err(problem.into()),
        Err(problem) => (problem.in_one_line(), true),
    };
    page(&state, &caller, said).await
}

/// What a press came to, in a sentence or two.
fn told(done: &RedriveShape) -> String {
    let records = |count: usize| if count == 1 { "1 record".to_owned() } else { format!("{count} records") };
    let mut said = match (done.settled, done.kept) {
        (0, 0) => "Nothing was left to decide.".to_owned(),
        (settled, 0) => format!("{} decided again, none stays.", records(settled)),
        (settled, kept) => {
            let of = records(settled + kept);
            format!(
                "{of} looked at again: {settled} decided, {kept} stay. Mend what keeps them, then press again."
            )
        }
    };
    if done.released > 0 {
        said =
            format!("{said} {} lead{} on.", done.released, if done.released == 1 { " goes" } else { "s go" });
    }
    if done.more {
        said.push_str(" More wait: press again, or let the command work through all of them.");
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_says_how_many_were_decided_stay_and_wait() {
        let done = |settled, kept, released, more| told(&RedriveShape { settled, kept, released, more });
        assert_eq!(done(1, 0, 0, false), "1 record decided again, none stays.");
        assert!(done(96, 4, 0, true).starts_with("100 records looked at again: 96 decided, 4 stay."));
        assert!(done(96, 4, 0, true).ends_with("let the command work through all of them."));
        assert!(done(3, 0, 1, false).ends_with("1 lead goes on."));
        assert_eq!(done(0, 0, 0, false), "Nothing was left to decide.");
    }
}
