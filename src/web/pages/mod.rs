//! Pages: server-rendered, complete without a script. They read through views and ask through the transaction.

pub(super) mod board;
pub(super) mod campaigns;
pub(super) mod duties;
pub(super) mod floor;
pub(super) mod intake;
pub(super) mod lead;
pub(super) mod leads;
pub(super) mod link;
pub(super) mod my;
mod past;
pub(super) mod sign_in;
pub(super) mod team;
pub(super) mod team_text;

use super::WebState;
use super::auth::Caller;
use super::live::count_of;
use super::problem::Problem;
use super::sight::{Page, Sight};
use super::view::Shell;
use super::words::{member_name, paused_words};
use crate::domain::time::Moment;
use crate::store::StoreError;
use crate::transaction::loaded::Texts;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// A page with a heading, some lines, perhaps a button to sign in or a command to type.
#[derive(Template)]
#[template(path = "sign_in.html", config = "src/web/askama.toml")]
struct Card {
    shell: Shell,
    heading: String,
    lines: Vec<String>,
    token: String,
    command: String,
}

/// A page that could not be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFault {
    status: StatusCode,
    heading: String,
    lines: Vec<String>,
    command: String,
}

impl PageFault {
    fn new(status: StatusCode, heading: &str, lines: &[&str], command: &str) -> Self {
        Self {
            status,
            heading: heading.to_owned(),
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            command: command.to_owned(),
        }
    }

    /// Nobody is signed in.
    pub(super) fn sign_in() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "Sign in",
            &[
                "This board shows people's names, so it asks who you are. There are no passwords: you get a link that works once.",
                "Ask whoever runs Baton for a link, or make one where Baton runs:",
            ],
            "baton token create --link --name you --member your-id --scopes read,ask",
        )
    }

    /// Signed in, without the right to read.
    pub(super) fn scope() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Your link does not open this page",
            &["It lacks the scope to read. Ask for another link."],
            "",
        )
    }

    /// A page for other roles.
    fn role(page: Page) -> Self {
        let lines = format!("It is for {}. Whoever runs Baton keeps the team file.", page.readers());
        Self::new(StatusCode::FORBIDDEN, "This page is not for your role", &[lines.as_str()], "")
    }

    /// A lead before it was known.
    fn not_yet() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "The lead was not known yet",
            &["Nothing had been decided about it at that moment. Choose a later one."],
            "",
        )
    }

    /// Somebody else's figures.
    fn others() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "These are somebody else's figures",
            &["A person's own figures are for that person and whoever manages them."],
            "",
        )
    }

    fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "There is no such page",
            &["Perhaps the address was cut. The board has everything."],
            "",
        )
    }

    fn broken() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "This page could not be shown",
            &["Nothing was changed. Try again in a moment."],
            "",
        )
    }

    /// The database does not answer.
    pub(super) fn store(error: &StoreError) -> Self {
        Self::from(Problem::store(error))
    }
}

impl From<Problem> for PageFault {
    fn from(problem: Problem) -> Self {
        Self {
            status: StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            heading: problem.title,
            lines: vec![problem.detail],
            command: String::new(),
        }
    }
}

impl IntoResponse for PageFault {
    fn into_response(self) -> Response {
        let shell = Shell { title: self.heading.clone(), ..Shell::default() };
        let card = Card {
            shell,
            heading: self.heading,
            lines: self.lines,
            token: String::new(),
            command: self.command,
        };
        let body = card.render().unwrap_or_else(|_| "This page could not be shown.".to_owned());
        (self.status, Html(body)).into_response()
    }
}

/// What stands around a page for whoever is signed in.
fn shell(state: &WebState, caller: &Caller, title: &str, place: &'static str, now: Moment) -> Shell {
    let name =
        caller.member.as_ref().map_or_else(|| caller.name.clone(), |id| member_name(&state.texts().team, id));
    Shell {
        title: title.to_owned(),
        nav: Sight::of(caller, &state.texts().team).nav(place),
        name: Some(name),
        csrf: caller.csrf().to_owned(),
        seen: None,
        now_ms: now.0.div_euclid(1_000),
    }
}

/// Where the ticks of live pages stand, read before anything else of a page: what was decided since shows at its first tick.
/// Without an answer of the database the page waits for the second one.
async fn position(state: &WebState) -> Option<u64> {
    state.reader.pulse().await.ok().map(count_of)
}

/// Lets pass whom a page is for.
fn need<'a>(caller: &Caller, texts: &'a Texts, page: Page) -> Result<Sight<'a>, PageFault> {
    let sight = Sight::of(caller, &texts.team);
    if sight.opens(page) { Ok(sight) } else { Err(PageFault::role(page)) }
}

/// For which feed clocks wait, in words; empty while they run.
async fn paused(state: &WebState) -> Result<String, PageFault> {
    let holding = state.reader.holding().await.map_err(|error| PageFault::store(&error))?;
    Ok(holding.as_ref().map_or_else(String::new, paused_words))
}

fn html(template: &impl Template) -> Result<Response, PageFault> {
    match template.render() {
        Ok(body) => Ok(Html(body).into_response()),
        Err(error) => {
            tracing::error!(error.message = %error, "a page could not be rendered");
            Err(PageFault::broken())
        }
    }
}

/// Any other address.
pub(super) async fn not_found() -> PageFault {
    PageFault::not_found()
}
