//! "My leads": the page that a rep needs and no other. It asks nothing itself; its buttons post to the lead's page.

use super::{PageFault, html, need, shell};
use crate::domain::team::{MemberId, Role, Team};
use crate::web::WebState;
use crate::web::asking;
use crate::web::auth::Scope;
use crate::web::caller::PageCaller;
use crate::web::problem::Problem;
use crate::web::sight::{Page, Sight};
use crate::web::view::Shell;
use crate::web::view::asks::{AskKind, member_of};
use crate::web::view::my::{MyView, my_view};
use crate::web::view::waiting::{WaitingView, waiting_view};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "my.html", config = "src/web/askama.toml")]
struct MyPage {
    shell: Shell,
    view: MyView,
    waiting: WaitingView,
    /// Id and name of those whose leads whoever looks may see beside their own.
    reps: Vec<(String, String)>,
    /// The one of them that is shown; empty for one's own.
    rep: String,
    /// Whose leads these are.
    holder: String,
    /// Where an ask returns to.
    back: String,
    idempotency: String,
    message: String,
    /// For which feed clocks wait; empty while they run.
    paused: String,
}

/// The part of the page that moves.
#[derive(Template)]
#[template(path = "my_fragment.html", config = "src/web/askama.toml")]
struct MyFragment {
    shell: Shell,
    view: MyView,
    waiting: WaitingView,
    holder: String,
    back: String,
    idempotency: String,
    paused: String,
}

/// Whose leads, and what a link back says.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct MyQuery {
    /// A member's id; for their manager.
    rep: Option<String>,
    /// An ask that was done.
    done: Option<String>,
    /// An ask that changed nothing.
    same: Option<String>,
}

/// The page.
pub(in crate::web) async fn my(
    State(state): State<WebState>,
    caller: PageCaller,
    Query(query): Query<MyQuery>,
) -> Result<Response, PageFault> {
    html(&page(&state, &caller, query).await?)
}

/// The part of it that moves.
pub(in crate::web) async fn fragment(
    State(state): State<WebState>,
    caller: PageCaller,
    Query(query): Query<MyQuery>,
) -> Result<Response, PageFault> {
    let MyPage { shell, view, waiting, holder, back, idempotency, paused, .. } =
        page(&state, &caller, query).await?;
    html(&MyFragment { shell, view, waiting, holder, back, idempotency, paused })
}

async fn page(state: &WebState, caller: &PageCaller, query: MyQuery) -> Result<MyPage, PageFault> {
    let texts = state.texts();
    let sight = need(caller, &texts, Page::My)?;
    let own = caller.member.clone().ok_or_else(Problem::needs_member)?;
    let named = query.rep.filter(|rep| !rep.is_empty() && *rep != own.0).map(MemberId);
    if named.as_ref().is_some_and(|rep| !sight.figures_of(rep)) {
        return Err(PageFault::others());
    }
    let holder = named.clone().unwrap_or_else(|| own.clone());
    let seen = super::position(state).await;
    let read = state.reader.my(&holder.0).await.map_err(|error| PageFault::store(&error))?;
    let waits = state.reader.waiting(&holder.0).await.map_err(|error| PageFault::store(&error))?;
    let asker = caller.member.as_ref().filter(|_| caller.may(Scope::Ask));
    let view = my_view(&read, member_of(&texts.team, asker), named.as_ref(), &texts);
    let done = query.done.as_deref().and_then(AskKind::parse).map(|kind| kind.done().to_owned());
    let same = query
        .same
        .as_deref()
        .and_then(AskKind::parse)
        .map(|_| "Nothing had to change: the lead stands like this already.".to_owned());
    Ok(MyPage {
        shell: Shell { seen, ..shell(state, caller, "My leads", "my", read.now) },
        view,
        waiting: waiting_view(&waits, texts.team.member(&holder), &texts.team),
        reps: reps(sight, &texts.team, &own),
        back: named.as_ref().map_or_else(|| "my".to_owned(), |rep| format!("my:{}", rep.0)),
        rep: named.map_or_else(String::new, |rep| rep.0),
        holder: holder.0,
        idempotency: asking::drawn()?,
        message: done.or(same).unwrap_or_default(),
        paused: super::paused(state).await?,
    })
}

/// Those with leads whom whoever looks manages; nobody's own page needs a choice.
fn reps(sight: Sight<'_>, team: &Team, own: &MemberId) -> Vec<(String, String)> {
    team.members()
        .filter(|member| member.id != *own && sight.figures_of(&member.id))
        .filter(|member| member.roles.iter().any(|role| matches!(role, Role::Rep | Role::Sales)))
        .map(|member| (member.id.0.clone(), member.name.clone()))
        .collect()
}

/// Where an ask's form says that it came from; only pages of ours are led back to.
pub(super) fn way_back(back: Option<&String>, word: &str, kind: AskKind) -> Option<String> {
    let back = back?;
    let (page, rep) = back.split_once(':').unwrap_or((back, ""));
    if matches!(page, "floor" | "campaigns") {
        return Some(format!("/{page}?{word}={}", kind.path()));
    }
    if page != "my"
        || !rep.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
    {
        return None;
    }
    let whose = if rep.is_empty() { String::new() } else { format!("&rep={rep}") };
    Some(format!("/my?{word}={}{whose}", kind.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ask_leads_back_to_where_it_was_made_and_nowhere_else() {
        let back = |text: &str| way_back(Some(&text.to_owned()), "done", AskKind::Accept);
        assert_eq!(back("my").as_deref(), Some("/my?done=accept"));
        assert_eq!(back("my:ana-ruiz").as_deref(), Some("/my?done=accept&rep=ana-ruiz"));
        assert_eq!(back("https://elsewhere.example"), None);
        assert_eq!(back("my:a&x=1"), None);
        assert_eq!(way_back(None, "done", AskKind::Accept), None);
    }
}
