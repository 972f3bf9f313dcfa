//! The floor check, and giving many leads to somebody at once: each lead is an ask of its own with its own key. It decides
//! nothing.

use super::{PageFault, html, need, shell};
use crate::domain::ids::LeadId;
use crate::domain::team::MemberId;
use crate::transaction::batch::Outcome;
use crate::web::WebState;
use crate::web::ask_body::AskBody;
use crate::web::asking;
use crate::web::auth::{Scope, check_form};
use crate::web::caller::PageCaller;
use crate::web::problem::{Problem, split_reason};
use crate::web::sight::Page;
use crate::web::view::Shell;
use crate::web::view::asks::AskKind;
use crate::web::view::escaped;
use crate::web::view::floor::{FloorView, MOVABLE_SHOWN, floor_view};
use crate::web::view::floor_lists::{FloorAsk, FloorList};
use crate::web::view::load::day_starts;
use crate::web::view::watch::{is_attended, orphans};
use crate::web::words::{member_name, refusal};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

/// What became of one lead of a bulk.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Moved {
    href: String,
    name: String,
    done: bool,
    what: String,
}

#[derive(Template)]
#[template(path = "floor.html", config = "src/web/askama.toml")]
struct FloorPage {
    shell: Shell,
    view: FloorView,
    /// Where the leads before and after these stand; empty where there are none.
    back: String,
    next: String,
    /// Whoever looks may ask, so boxes and buttons are there.
    may_ask: bool,
    /// May settle what the CRM says otherwise.
    may_settle: bool,
    holder: String,
    idempotency: String,
    /// To whom, and what became of each lead; nobody before a bulk.
    moved_to: String,
    moved: Vec<Moved>,
    message: String,
}

/// Whose leads are listed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct FloorQuery {
    /// A member's id; without it, what is late, held or with nobody.
    holder: Option<String>,
    /// How many leads stand on the pages before.
    from: Option<usize>,
    /// The list that is shown in full.
    all: Option<String>,
    /// An ask that was done.
    done: Option<String>,
}

/// The page.
pub(in crate::web) async fn floor(
    State(state): State<WebState>,
    caller: PageCaller,
    Query(query): Query<FloorQuery>,
) -> Result<Response, PageFault> {
    let message = query
        .done
        .as_deref()
        .and_then(AskKind::parse)
        .map_or_else(String::new, |kind| kind.done().to_owned());
    page(&state, &caller, query, (String::new(), Vec::new()), message).await
}

async fn page(
    state: &WebState,
    caller: &PageCaller,
    query: FloorQuery,
    (moved_to, moved): (String, Vec<Moved>),
    message: String,
) -> Result<Response, PageFault> {
    let texts = state.texts();
    let sight = need(caller, &texts, Page::Floor)?;
    let holder = query.holder.filter(|id| !id.is_empty() && !id.contains('\0'));
    let failed = |error| PageFault::store(&error);
    let watch = state.reader.watch().await.map_err(failed)?;
    let unattended: Vec<String> = watch
        .holders
        .iter()
        .map(|(id, _)| id.clone())
        .filter(|id| !is_attended(id, &texts.team, watch.now))
        .collect();
    let days = day_starts(&texts.team, watch.now);
    let read = state.reader.floor(holder.as_deref(), &unattended, &days).await.map_err(failed)?;
    let shows = |member: &MemberId| sight.figures_of(member);
    let ask = FloorAsk {
        of: holder.as_deref(),
        from: query.from.unwrap_or(0),
        all: query.all.as_deref().and_then(FloorList::parse),
    };
    let view = floor_view(&read, orphans(&watch, &texts.team), watch.fires_until, &ask, &texts, &shows);
    let at = |from: usize| format!("/floor?holder={}&from={from}#move", escaped(ask.of.unwrap_or_default()));
    let (back, next) = (view.movable_from > 0, view.movable_more);
    let may_ask = caller.may(Scope::Ask) && caller.member.is_some();
    html(&FloorPage {
        shell: shell(state, caller, "Floor check", "floor", read.now),
        back: if back { at(view.movable_from.saturating_sub(MOVABLE_SHOWN)) } else { String::new() },
        next: if next { at(view.movable_from + MOVABLE_SHOWN) } else { String::new() },
        view,
        may_ask,
        may_settle: may_ask && sight.settles(),
        holder: holder.unwrap_or_default(),
        idempotency: asking::drawn()?,
        moved_to,
        moved,
        message,
    })
}

/// A lead as a box of the form names it: id, version of custody, handoff.
fn ticked(value: &str) -> Option<(LeadId, AskBody)> {
    let mut parts = value.splitn(3, '/');
    let lead = LeadId(Uuid::try_parse(parts.next()?).ok()?);
    let custody_version = parts.next()?.parse().ok()?;
    let handoff_id = parts.next().filter(|text| !text.is_empty()).map(str::to_owned);
    Some((lead, AskBody { custody_version: Some(custody_version), handoff_id, ..AskBody::default() }))
}

/// Gives the ticked leads to somebody, one ask after the other; what was refused is listed with its reason.
pub(in crate::web) async fn reassign(
    State(state): State<WebState>,
    caller: PageCaller,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, PageFault> {
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    check_form(&caller, &headers, field("csrf")).map_err(Problem::denied)?;
    need(&caller, &state.texts(), Page::Floor)?;
    if !caller.may(Scope::Ask) {
        return Err(Problem::scope(Scope::Ask.code()).into());
    }
    let member = caller.member.clone().ok_or_else(Problem::needs_member)?;
    let to = field("to").unwrap_or_default().to_owned();
    let key = field("idempotency").unwrap_or_default().to_owned();
    let boxes = fields.iter().filter(|(name, _)| name == "lead").filter_map(|(_, value)| ticked(value));
    let mut moved = Vec::new();
    for (lead, body) in boxes.take(MOVABLE_SHOWN) {
        let body = AskBody { to: Some(to.clone()), ..body };
        let key = (!key.is_empty()).then(|| format!("{key}-{lead}"));
        let answer = asking::ask(&state, lead, AskKind::Reassign, &member, &body, key).await;
        let (done, what) = match answer {
            Ok(reply) => told(&reply.outcome),
            Err(problem) => (false, format!("{} {}", problem.title, problem.detail)),
        };
        moved.push(Moved { href: format!("/leads/{lead}"), name: lead.to_string(), done, what });
    }
    let message =
        if moved.is_empty() { "No lead was ticked: nothing was changed.".to_owned() } else { String::new() };
    let name = member_name(&state.texts().team, &MemberId(to));
    let holder = field("holder").map(str::to_owned);
    let query = FloorQuery { holder, ..FloorQuery::default() };
    page(&state, &caller, query, (name, moved), message).await
}

fn told(outcome: &Outcome) -> (bool, String) {
    match outcome {
        Outcome::Applied(_) | Outcome::Duplicate => (true, "given over".to_owned()),
        Outcome::Filtered(_) => (true, "was theirs already".to_owned()),
        Outcome::Refused(reason) => {
            let words = refusal(split_reason(reason).0);
            (false, format!("{} {}", words.what, words.next))
        }
        Outcome::Parked(_) | Outcome::Quarantined(_) => (false, refusal("lead_parked").what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_brings_what_was_seen_and_anything_else_is_no_box() {
        let id = Uuid::from_u128(7);
        let (lead, body) = ticked(&format!("{id}/12/{}", Uuid::from_u128(9))).unwrap();
        assert_eq!((lead, body.custody_version), (LeadId(id), Some(12)));
        assert_eq!(body.handoff_id, Some(Uuid::from_u128(9).to_string()));
        assert_eq!(ticked(&format!("{id}/12/")).unwrap().1.handoff_id, None);
        assert!(ticked("x/1/").is_none());
        assert!(ticked(&id.to_string()).is_none());
    }

    #[test]
    fn a_refusal_says_why_and_what_to_do() {
        let (done, what) = told(&Outcome::Refused("stale_view".to_owned()));
        assert!(!done && what.starts_with("The lead changed"));
        assert!(told(&Outcome::Filtered("no_change")).0);
    }
}
