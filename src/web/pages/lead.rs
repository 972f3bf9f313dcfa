//! One lead's page and the asks made on it: a form, an answer, a redirect. It decides nothing.

use super::my::way_back;
use super::past::{self, AsOf};
use super::{PageFault, html, shell};
use crate::audit::past::UpTo;
use crate::domain::ids::LeadId;
use crate::domain::policy::RejectionCode;
use crate::store::read::lead_page::{LeadRead, STORY_ROWS_MAX, StoryRow};
use crate::transaction::batch::Outcome;
use crate::web::WebState;
use crate::web::api::leads::lead_id;
use crate::web::ask_body::AskBody;
use crate::web::asking;
use crate::web::auth::{Scope, check_form};
use crate::web::caller::PageCaller;
use crate::web::problem::{Problem, missing_words, refusal_status, split_reason};
use crate::web::view::Shell;
use crate::web::view::asks::{AskKind, AskPanel, member_of, panel};
use crate::web::view::lead::{LeadView, lead_view};
use crate::web::view::told::{ToldLine, delivery_lines, told_lines};
use crate::web::words::refusal;
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What became of an ask, above the page.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    tone: &'static str,
    what: String,
    next: Vec<String>,
}

#[derive(Template)]
#[template(path = "lead.html", config = "src/web/askama.toml")]
struct LeadPage {
    shell: Shell,
    view: LeadView,
    panel: AskPanel,
    idempotency: String,
    message: Option<Message>,
    /// The ask that was not done, and what its form said; nothing typed is lost.
    refused: &'static str,
    fields: BTreeMap<String, String>,
    /// The moment that the page shows; `None` for the lead as it stands.
    as_of: Option<AsOf>,
    /// Rows of the audit, as far as the slider goes.
    versions: u64,
    told_others: Vec<ToldLine>,
    deliveries: Vec<ToldLine>,
    /// For which feed clocks wait; empty while they run, and for the past.
    paused: String,
}

impl LeadPage {
    /// What a field of a form said before it was refused.
    fn kept(&self, ask: &str, field: &str) -> &str {
        if ask == self.refused { self.fields.get(field).map_or("", String::as_str) } else { "" }
    }
}

/// What stands above a page and in its forms.
#[derive(Default)]
struct Told {
    message: Option<Message>,
    refused: &'static str,
    fields: BTreeMap<String, String>,
    /// The lead as it stood then.
    up_to: Option<UpTo>,
}

#[derive(Template)]
#[template(path = "lead_fragment.html", config = "src/web/askama.toml")]
struct LeadFragment {
    view: LeadView,
    paused: String,
}

/// What a link to the page may say.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct LeadQuery {
    /// An ask that was done.
    done: Option<String>,
    /// An ask that changed nothing.
    same: Option<String>,
    /// Story lines before this version.
    before: Option<i64>,
    /// The lead as it stood at a moment: RFC 3339, a minute (UTC) or a day.
    as_of: Option<String>,
    /// The lead as it stood after a row of its audit.
    version: Option<i64>,
    /// `chain`: check the lead's chain.
    check: Option<String>,
}

/// The page.
pub(in crate::web) async fn lead(
    State(state): State<WebState>,
    caller: PageCaller,
    Path(id): Path<String>,
    Query(query): Query<LeadQuery>,
) -> Result<Response, PageFault> {
    let done = query.done.as_deref().and_then(AskKind::parse).map(|kind| Message {
        tone: "good",
        what: kind.done().to_owned(),
        next: Vec::new(),
    });
    let same = query.same.as_deref().and_then(AskKind::parse).map(|_| Message {
        tone: "warn",
        what: "Nothing had to change: the lead stands like this already.".to_owned(),
        next: Vec::new(),
    });
    let lead = lead_id(&id)?;
    let checked = match query.check.as_deref() {
        Some("chain") => Some(checked(&state, lead).await?),
        Some(_) | None => None,
    };
    let up_to = past::asked(query.as_of.as_deref(), query.version);
    let told = Told { message: done.or(same).or(checked), up_to, ..Told::default() };
    page(&state, &caller, lead, query.before, told).await
}

async fn checked(state: &WebState, lead: LeadId) -> Result<Message, PageFault> {
    let check =
        crate::audit::past::check(&state.reader, lead).await.map_err(|error| PageFault::store(&error))?;
    let (tone, what, next) = past::chain_words(&check);
    Ok(Message { tone, what, next })
}

/// The part of the page that moves.
pub(in crate::web) async fn fragment(
    State(state): State<WebState>,
    _caller: PageCaller,
    Path(id): Path<String>,
) -> Result<Response, PageFault> {
    let (read, story) = read(&state, lead_id(&id)?, None).await?;
    let full = story.len() == STORY_ROWS_MAX as usize;
    let paused = super::paused(&state).await?;
    html(&LeadFragment { view: lead_view(&read, &story, full, &state.texts()), paused })
}

async fn read(
    state: &WebState,
    id: LeadId,
    before: Option<i64>,
) -> Result<(LeadRead, Vec<StoryRow>), PageFault> {
    let found = state.reader.lead_page(id).await.map_err(|error| PageFault::store(&error))?;
    let read = found.ok_or_else(PageFault::not_found)?;
    let story =
        state.reader.story(id, before, STORY_ROWS_MAX).await.map_err(|error| PageFault::store(&error))?;
    Ok((read, story))
}

async fn page(
    state: &WebState,
    caller: &PageCaller,
    id: LeadId,
    before: Option<i64>,
    told: Told,
) -> Result<Response, PageFault> {
    let seen = super::position(state).await;
    let (read, story) = read(state, id, before).await?;
    let versions = read.lead.version;
    let now = read.now;
    let told_others = state.reader.told(id).await.map_err(|error| PageFault::store(&error))?;
    let deliveries = state.reader.deliveries_of(id).await.map_err(|error| PageFault::store(&error))?;
    let (read, story, texts, as_of) = match told.up_to {
        None => (read, story, state.texts(), None),
        Some(up_to) => {
            let (read, story, texts, as_of) = past::turned_back(state, id, up_to, read).await?;
            (read, story, texts, Some(as_of))
        }
    };
    let full = story.len() == STORY_ROWS_MAX as usize;
    let view = lead_view(&read, &story, full, &texts);
    // What stood once cannot be acted on.
    let asker = caller.member.as_ref().filter(|_| caller.may(Scope::Ask) && as_of.is_none());
    let sub_reasons = &texts.policy.rejection(RejectionCode::NoFit).demands.sub_reason;
    let panel = panel(&read.lead, member_of(&texts.team, asker), &texts.team, sub_reasons);
    let Told { message, refused, fields, .. } = told;
    let paused = if as_of.is_some() { String::new() } else { super::paused(state).await? };
    html(&LeadPage {
        shell: Shell { seen, ..shell(state, caller, &view.name, "leads", now) },
        view,
        panel,
        idempotency: asking::drawn()?,
        message,
        refused,
        fields,
        as_of,
        versions,
        told_others: told_lines(&told_others, now),
        deliveries: delivery_lines(&deliveries, now),
        paused,
    })
}

/// An ask from a form: done and redirected, or the page again with what stands against it.
pub(in crate::web) async fn ask(
    State(state): State<WebState>,
    caller: PageCaller,
    Path((id, ask)): Path<(String, String)>,
    headers: HeaderMap,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Result<Response, PageFault> {
    check_form(&caller, &headers, fields.get("csrf").map(String::as_str)).map_err(Problem::denied)?;
    let kind = AskKind::parse(&ask).ok_or_else(PageFault::not_found)?;
    let lead = lead_id(&id)?;
    let scope = asking::scope(kind);
    if !caller.may(scope) {
        return Err(Problem::scope(scope.code()).into());
    }
    let member = caller.member.clone().ok_or_else(Problem::needs_member)?;
    let key = fields.get("idempotency").cloned().filter(|key| !key.is_empty());
    let answer = asking::ask(&state, lead, kind, &member, &AskBody::from_fields(&fields), key).await;
    let (status, message) = match answer {
        Ok(reply) => match told(&reply.outcome) {
            None => {
                let word = if matches!(reply.outcome, Outcome::Filtered(_)) { "same" } else { "done" };
                let here = || format!("/leads/{lead}?{word}={}", kind.path());
                let to = way_back(fields.get("back"), word, kind).unwrap_or_else(here);
                return Ok(Redirect::to(&to).into_response());
            }
            Some((code, message)) => (refusal_status(&code), message),
        },
        Err(problem) => (
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT),
            Message {
                tone: "bad",
                what: problem.title,
                next: if problem.errors.is_empty() {
                    vec![problem.detail]
                } else {
                    problem
                        .errors
                        .iter()
                        .map(|error| format!("{}: {}", crate::web::words::plain(&error.field), error.detail))
                        .collect()
                },
            },
        ),
    };
    let told = Told { message: Some(message), refused: kind.path(), fields, up_to: None };
    let mut response = page(&state, &caller, lead, None, told).await?;
    *response.status_mut() = status;
    Ok(response)
}

/// The refusal's code and what stands against the ask; `None` where it was done.
fn told(outcome: &Outcome) -> Option<(String, Message)> {
    let reason = match outcome {
        Outcome::Applied(_) | Outcome::Duplicate | Outcome::Filtered(_) => return None,
        Outcome::Refused(reason) => reason.as_str(),
        Outcome::Parked(_) | Outcome::Quarantined(_) => "lead_parked",
    };
    let (code, missing) = split_reason(reason);
    let words = refusal(code);
    let list = missing.iter().map(|field| format!("Missing: {}", missing_words(code, field)));
    let next = std::iter::once(words.next.to_owned()).chain(list).collect();
    Some((code.to_owned(), Message { tone: "bad", what: words.what, next }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_is_missing_and_what_to_do() {
        let (code, message) = told(&Outcome::Refused("demands_missing: retry_on".to_owned())).unwrap();
        assert_eq!(code, "demands_missing");
        assert_eq!(message.tone, "bad");
        assert_eq!(message.next[1], "Missing: the date to try again");
        assert_eq!(told(&Outcome::Applied("")), None);
    }
}
