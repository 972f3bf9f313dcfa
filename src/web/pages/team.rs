//! The team page: people, pools, who is there, how fairly offers were shared. It changes nothing.

use super::{PageFault, html, need, shell};
use crate::domain::team::MemberId;
use crate::web::WebState;
use crate::web::caller::PageCaller;
use crate::web::sight::Page;
use crate::web::view::Shell;
use crate::web::view::team::{TeamView, team_view};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "team.html", config = "src/web/askama.toml")]
struct TeamPage {
    shell: Shell,
    view: TeamView,
}

/// The page.
pub(in crate::web) async fn team(
    State(state): State<WebState>,
    caller: PageCaller,
) -> Result<Response, PageFault> {
    let texts = state.texts();
    let sight = need(&caller, &texts, Page::Team)?;
    let read = state.reader.fairness().await.map_err(|error| PageFault::store(&error))?;
    let shows = |member: &MemberId| sight.figures_of(member);
    let view = team_view(&read, &texts.team, &shows);
    let shell = shell(&state, &caller, "Team", "team", read.now);
    html(&TeamPage { shell, view })
}
