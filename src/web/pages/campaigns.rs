//! "What became of my leads": marketing's page. It changes nothing; a contest posts to the lead's page.

use super::{PageFault, html, need, shell};
use crate::web::WebState;
use crate::web::asking;
use crate::web::auth::Scope;
use crate::web::caller::PageCaller;
use crate::web::sight::Page;
use crate::web::view::asks::member_of;
use crate::web::view::campaigns::{CampaignsView, campaigns_view};
use crate::web::view::{Shell, grouped};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

/// Days that may be looked at: a month, a quarter, a year; a quarter when nobody says.
const DAYS: [i64; 3] = [30, 90, 365];

#[derive(Template)]
#[template(path = "campaigns.html", config = "src/web/askama.toml")]
struct CampaignsPage {
    shell: Shell,
    view: CampaignsView,
    days: i64,
    choices: [i64; 3],
    idempotency: String,
}

impl CampaignsPage {
    /// Whole units, with space between thousands; nothing for none.
    #[expect(
        clippy::unused_self,
        clippy::trivially_copy_pass_by_ref,
        reason = "templates call what belongs to the page, and pass references"
    )]
    fn money(&self, units: &i64) -> String {
        if *units == 0 { String::new() } else { grouped(*units) }
    }
}

/// How far back.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct CampaignsQuery {
    /// 30, 90 or 365.
    days: Option<i64>,
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
    let texts = state.texts();
    need(&caller, &texts, Page::Campaigns)?;
    let days = days_of(query.days);
    let read = state.reader.what_became(days).await.map_err(|error| PageFault::store(&error))?;
    let asker = caller.member.as_ref().filter(|_| caller.may(Scope::Ask));
    let view = campaigns_view(&read, member_of(&texts.team, asker), &texts);
    let shell = shell(&state, &caller, "What became of my leads", "campaigns", read.now);
    html(&CampaignsPage { shell, view, days, choices: DAYS, idempotency: asking::drawn()? })
}
