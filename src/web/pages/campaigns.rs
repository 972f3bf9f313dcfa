//! "What became of my leads": marketing's page, and its answers to patterns of rejections. It decides nothing; a contest posts
//! to the lead's page.

use super::{PageFault, html, need, shell};
use crate::domain::team::Role;
use crate::store::read::rejections::RejectionPlace;
use crate::transaction::batch::Outcome;
use crate::web::WebState;
use crate::web::api::pattern::{PatternAnswerBody, answered, patterns_now};
use crate::web::asking;
use crate::web::auth::{Scope, check_form};
use crate::web::caller::PageCaller;
use crate::web::problem::Problem;
use crate::web::sight::Page;
use crate::web::view::Shell;
use crate::web::view::asks::{AskKind, member_of};
use crate::web::view::campaigns::{CampaignsView, campaigns_view, wanting};
use crate::web::view::returned::parse_place;
use crate::web::view::thin::{ThinList, thin_list};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

/// Days that may be looked at: a month, a quarter, a year; a quarter when nobody says.
const DAYS: [i64; 3] = [30, 90, 365];

#[derive(Template)]
#[template(path = "campaigns.html", config = "src/web/askama.toml")]
struct CampaignsPage {
    shell: Shell,
    view: CampaignsView,
    /// Leads of a thin fit.
    thin: ThinList,
    /// The rejections are not the latest ones.
    paged: bool,
    days: i64,
    choices: [i64; 3],
    idempotency: String,
    /// Whoever looks answers for marketing.
    may_answer: bool,
    message: String,
    /// The message says what was wrong.
    refused: bool,
}

/// How far back.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct CampaignsQuery {
    /// 30, 90 or 365.
    days: Option<i64>,
    /// Where a page of rejections begins.
    returned: Option<String>,
    /// An ask that was done, or that had been done before.
    done: Option<String>,
    same: Option<String>,
}

/// So many days back, as one of the choices.
pub(in crate::web) fn days_of(asked: Option<i64>) -> i64 {
    asked.filter(|days| DAYS.contains(days)).unwrap_or(DAYS[1])
}

/// The page.
pub(in crate::web) async fn campaigns(
    State(state): State<WebState>,
    caller: PageCaller,
    Query(query): Query<CampaignsQuery>,
) -> Result<Response, PageFault> {
    let kind = query.done.as_deref().or(query.same.as_deref()).and_then(AskKind::parse);
    let said = kind.map_or_else(String::new, |kind| kind.done().to_owned());
    let after = match query.returned.as_deref().filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(parse_place(text).ok_or_else(PageFault::not_found)?),
    };
    page(&state, &caller, days_of(query.days), after, (said, false)).await
}

async fn page(
    state: &WebState,
    caller: &PageCaller,
    days: i64,
    after: Option<RejectionPlace>,
    (message, refused): (String, bool),
) -> Result<Response, PageFault> {
    let texts = state.texts();
    need(caller, &texts, Page::Campaigns)?;
    let failed = |error| PageFault::store(&error);
    let read = state.reader.what_became(days, &wanting(&texts)).await.map_err(failed)?;
    let low_graded = state.reader.low_graded().await.map_err(failed)?;
    let (rejections, more) = state.reader.rejections(after).await.map_err(failed)?;
    let duties = patterns_now(state, read.now).await.map_err(failed)?;
    let asker = caller.member.as_ref().filter(|_| caller.may(Scope::Ask));
    let looker = member_of(&texts.team, asker);
    html(&CampaignsPage {
        shell: shell(state, caller, "What became of my leads", "campaigns", read.now),
        view: campaigns_view(&read, (&rejections, more), &duties, looker, &texts),
        thin: thin_list(&low_graded, &texts.policy),
        paged: after.is_some(),
        days,
        choices: DAYS,
        idempotency: asking::drawn()?,
        may_answer: looker.is_some_and(|member| member.roles.contains(&Role::Marketing)),
        message,
        refused,
    })
}

/// Marketing's answer to a pattern, from the page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AnswerForm {
    csrf: String,
    idempotency: String,
    code: String,
    campaign: String,
    begun_at: String,
    note: String,
}

/// Answers a pattern; what is wrong with it is told on the page, and nothing is changed.
pub(in crate::web) async fn answer(
    State(state): State<WebState>,
    caller: PageCaller,
    headers: HeaderMap,
    Form(form): Form<AnswerForm>,
) -> Result<Response, PageFault> {
    check_form(&caller, &headers, Some(form.csrf.as_str())).map_err(Problem::denied)?;
    if !caller.may(Scope::Ask) {
        return Err(Problem::scope(Scope::Ask.code()).into());
    }
    let member = caller.member.clone().ok_or_else(Problem::needs_member)?;
    let key = (!form.idempotency.is_empty()).then(|| form.idempotency.clone());
    let AnswerForm { code, campaign, begun_at, note, .. } = form;
    let body = PatternAnswerBody { code, campaign, begun_at, note };
    let problem = match answered(&state, &member, body, key).await {
        Ok(reply) => match reply.outcome {
            Outcome::Refused(reason) => Some(Problem::refused(&reason)),
            Outcome::Applied(_)
            | Outcome::Duplicate
            | Outcome::Filtered(_)
            | Outcome::Parked(_)
            | Outcome::Quarantined(_) => None,
        },
        Err(problem) => Some(problem),
    };
    let said = match problem {
        None => ("The pattern is answered; sales sees what you do about it.".to_owned(), false),
        Some(problem) => (problem.in_one_line(), true),
    };
    page(&state, &caller, days_of(None), None, said).await
}
