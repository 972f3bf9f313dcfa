//! The team's text on the team page: what is in force, who published it and when; and the form by which managers and
//! operations check and publish another. It decides nothing.

use super::PageFault;
use super::team::{Said, page};
use crate::contract::policy_text;
use crate::domain::time::Moment;
use crate::web::WebState;
use crate::web::auth::{Caller, check_form, token};
use crate::web::caller::PageCaller;
use crate::web::problem::{FieldFault, Problem};
use crate::web::publishing;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

/// The text, and the form for those who may publish another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TextPanel {
    /// In force.
    pub body: String,
    pub hash: String,
    pub publisher: String,
    pub published_at: String,
    pub may_publish: bool,
    pub draft: Option<Draft>,
}

/// A text that somebody is writing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub text: String,
    /// The version that it was written from.
    pub over: String,
    /// What is wrong with it, by line.
    pub faults: Vec<FieldFault>,
    /// What publishing it means beside what it says.
    pub notes: Vec<String>,
}

/// The panel of the page.
pub(super) async fn panel(
    state: &WebState,
    caller: &Caller,
    draft: Option<Draft>,
) -> Result<TextPanel, PageFault> {
    let read = state.reader.team_text().await.map_err(|error| PageFault::store(&error))?;
    let Some(found) = read else { return Ok(TextPanel::default()) };
    Ok(TextPanel {
        hash: token::hex(&found.hash),
        body: found.body,
        publisher: found.publisher,
        published_at: Moment(found.published_at).to_string(),
        may_publish: publishing::may_publish(caller, state),
        draft,
    })
}

/// The form of the text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TextForm {
    csrf: String,
    text: String,
    over: String,
    /// The button: `check` or `publish`.
    press: String,
}

/// Checks or publishes; a fault is told above the text that was written, and nothing is lost of it.
pub(in crate::web) async fn publish(
    State(state): State<WebState>,
    caller: PageCaller,
    headers: HeaderMap,
    Form(form): Form<TextForm>,
) -> Result<Response, PageFault> {
    check_form(&caller, &headers, Some(form.csrf.as_str())).map_err(Problem::denied)?;
    if !publishing::may_publish(&caller, &state) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "not_eligible",
            "The team is not yours to publish",
            "Managers and operations publish it.",
        )
        .into());
    }
    // A form sends line ends of its own; the text in force has none of them.
    let text = form.text.replace("\r\n", "\n");
    let mut draft = Draft { text: text.clone(), over: form.over.clone(), ..Draft::default() };
    let said = match act(&state, &caller, &form, text, &mut draft).await {
        Ok(Acted::Published) => {
            return page(
                &state,
                &caller,
                told("The team is in force: every offer from now on goes by it."),
                None,
            )
            .await;
        }
        Ok(Acted::InForce) => told("This team is in force already: nothing had to change."),
        Ok(Acted::Checked) => told("The text is sound. Nothing was published yet."),
        Err(problem) => Said { message: problem.in_one_line(), refused: true },
    };
    page(&state, &caller, said, Some(draft)).await
}

enum Acted {
    Published,
    InForce,
    Checked,
}

fn told(message: &str) -> Said {
    Said { message: message.to_owned(), refused: false }
}

async fn act(
    state: &WebState,
    caller: &Caller,
    form: &TextForm,
    text: String,
    draft: &mut Draft,
) -> Result<Acted, Problem> {
    let checked = publishing::check(state, &text).map_err(|faults| {
        draft.faults = publishing::faulty(&faults).errors;
        let count = faults.len();
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "The text can't be published",
            format!("{count} places to mend; they are listed above it."),
        )
    })?;
    let leavers = checked.leavers.iter().map(|id| format!("{id} hands over everything that they hold."));
    let findings = checked.findings.iter().map(|finding| format!("Policy, {finding}."));
    draft.notes = leavers.chain(findings).collect();
    match form.press.as_str() {
        "publish" => {
            let over = policy_text::read_hash(&form.over);
            let over = over.ok_or_else(|| {
                Problem::new(StatusCode::BAD_REQUEST, "format", "The form is old", "Reload the page.")
            })?;
            let changed = publishing::publish(state, caller, text, Some(over)).await?;
            Ok(if changed { Acted::Published } else { Acted::InForce })
        }
        _ => Ok(Acted::Checked),
    }
}
