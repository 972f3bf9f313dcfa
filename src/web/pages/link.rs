//! One-time links of notices: a GET shows a button and changes nothing, since mail scanners open links before people do; a POST
//! acts, once. A link is for one member, one offer and one act, and ends with the offer.

use super::{PageFault, html, sign_in};
use crate::contract::links::{Link, LinkAction, link_hash};
use crate::domain::team::Member;
use crate::domain::time::{HOUR, Moment};
use crate::transaction::batch::Outcome;
use crate::web::WebState;
use crate::web::ask_body::AskBody;
use crate::web::asking;
use crate::web::auth::{self, SESSION_HOURS, Scope, guard, token};
use crate::web::problem::{Problem, refusal_status, split_reason};
use crate::web::view::Shell;
use crate::web::view::asks::AskKind;
use crate::web::words::{moment_words, refusal};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

/// A heading, some lines, perhaps a button.
#[derive(Template)]
#[template(path = "link.html", config = "src/web/askama.toml")]
struct LinkCard {
    shell: Shell,
    heading: String,
    lines: Vec<String>,
    /// Empty: no button.
    token: String,
    button: &'static str,
}

/// A link that may still act.
struct Live {
    link: Link,
    hash: [u8; 32],
    member: Member,
}

/// Shows the button; the link is not used up.
pub(in crate::web) async fn show(
    State(state): State<WebState>,
    Path(text): Path<String>,
) -> Result<Response, PageFault> {
    let live = live(&state, &text).await?;
    let (heading, button, hint) = match live.link.action {
        LinkAction::Accept => ("Accept this lead?", "Accept the lead", "It is yours from then on."),
        LinkAction::Pass => {
            ("Pass this lead on?", "Pass it on", "The next rep gets the offer; nobody holds it against you.")
        }
        LinkAction::Open => {
            ("Open this lead", "Sign in and open it", "You are signed in on this device for a working day.")
        }
    };
    let until = moment_words(live.link.expires_at);
    let lines = vec![
        format!("It is offered to {} until {until}.", live.member.name),
        format!("{hint} The button works once."),
    ];
    card(heading, lines, text, button)
}

/// Acts, and uses the link up.
pub(in crate::web) async fn act(
    State(state): State<WebState>,
    Path(text): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageFault> {
    guard::check_origin(&headers).map_err(Problem::denied)?;
    let live = live(&state, &text).await?;
    match live.link.action {
        LinkAction::Accept => ask(&state, &live, AskKind::Accept).await,
        LinkAction::Pass => ask(&state, &live, AskKind::Decline).await,
        LinkAction::Open => open(&state, &live).await,
    }
}

/// Reads a link and refuses one that is altered, over, used, or somebody's who has left.
async fn live(state: &WebState, text: &str) -> Result<Live, PageFault> {
    let link = state.keys.read_link(text).map_err(|_| {
        let lines =
            ["It was cut or altered on its way. Open it from the message once more, or look into the CRM."];
        PageFault::new(StatusCode::FORBIDDEN, "This link can't be used", &lines, "")
    })?;
    let hash = link_hash(text);
    let used = state.tokens.link_used(hash).await.map_err(|error| PageFault::store(&error))?;
    if let Some(at) = used {
        return Err(used_up(at));
    }
    let now = state.reader.now().await.map_err(|error| PageFault::store(&error))?;
    if now >= link.expires_at {
        let ended = format!("The offer ended on {}.", moment_words(link.expires_at));
        return Err(PageFault::new(StatusCode::GONE, "This link is over", &[ended.as_str()], ""));
    }
    let member = state.texts().team.member(&link.member).filter(|member| member.active).cloned();
    let Some(member) = member else {
        let lines = ["Whom it was for does not work leads any more."];
        return Err(PageFault::new(StatusCode::FORBIDDEN, "This link can't be used", &lines, ""));
    };
    Ok(Live { link, hash, member })
}

/// The ask that the link stands for. Its key is the link's: pressed twice at once, it is one ask with one answer.
async fn ask(state: &WebState, live: &Live, kind: AskKind) -> Result<Response, PageFault> {
    let body = AskBody {
        handoff_id: Some(live.link.handoff.to_string()),
        custody_version: Some(live.link.custody_version),
        ..AskBody::default()
    };
    let key = format!("link-{}", token::hex(&live.hash));
    let reply = asking::ask(state, live.link.lead, kind, &live.member.id, &body, Some(key)).await?;
    let reason = match &reply.outcome {
        Outcome::Applied(_) | Outcome::Filtered(_) | Outcome::Duplicate => {
            use_up(state, live).await?;
            return card(kind.done(), vec!["You can close this page.".to_owned()], String::new(), "");
        }
        Outcome::Refused(reason) => reason.as_str(),
        Outcome::Parked(_) | Outcome::Quarantined(_) => "lead_parked",
    };
    let (code, _) = split_reason(reason);
    let words = refusal(code);
    Err(PageFault::new(refusal_status(code), &words.what, &[words.next], ""))
}

/// Signs the member in and shows the lead: of two presses at once one opens a session.
async fn open(state: &WebState, live: &Live) -> Result<Response, PageFault> {
    if !use_up(state, live).await? {
        return Err(used_up(state.reader.now().await.map_err(|error| PageFault::store(&error))?));
    }
    let scopes = [Scope::Read, Scope::Ask].map(|scope| scope.code().to_owned()).to_vec();
    let (name, member) = (live.member.name.as_str(), Some(live.member.id.0.as_str()));
    let lives = Some(SESSION_HOURS * HOUR);
    let session = auth::issue(&state.tokens, "session", name, member, scopes, lives).await;
    let session = session.map_err(|error| {
        tracing::error!(error.message = %error, "a session could not be opened");
        PageFault::broken()
    })?;
    let mut response = Redirect::to(&format!("/leads/{}", live.link.lead)).into_response();
    let cookie = sign_in::cookie(&session, SESSION_HOURS * 3_600, state.secure_cookies)?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Writes the use down; `false` where it stood there already.
async fn use_up(state: &WebState, live: &Live) -> Result<bool, PageFault> {
    let (lead, member) = (live.link.lead, &live.member.id.0);
    let used = state.tokens.use_up_link(live.hash, lead, member, live.link.action.code()).await;
    used.map_err(|error| PageFault::store(&error))
}

fn used_up(at: Moment) -> PageFault {
    let line = format!("It was used on {}. What came of it stands on the lead's page.", moment_words(at));
    PageFault::new(StatusCode::GONE, "This link was used already", &[line.as_str()], "")
}

fn card(
    heading: &str,
    lines: Vec<String>,
    token: String,
    button: &'static str,
) -> Result<Response, PageFault> {
    let shell = Shell { title: heading.to_owned(), ..Shell::default() };
    html(&LinkCard { shell, heading: heading.to_owned(), lines, token, button })
}
