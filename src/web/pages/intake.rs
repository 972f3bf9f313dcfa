//! Intake health: operations' page. It changes nothing; what mends is a command that the page names.

use super::{PageFault, html, need, shell};
use crate::store::read::board::LedgerTotals;
use crate::web::WebState;
use crate::web::caller::PageCaller;
use crate::web::sight::Page;
use crate::web::view::Shell;
use crate::web::view::intake::{IntakeView, intake_view};
use crate::web::view::watch::series;
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "intake.html", config = "src/web/askama.toml")]
struct IntakePage {
    shell: Shell,
    view: IntakeView,
}

/// The page.
pub(in crate::web) async fn intake(
    State(state): State<WebState>,
    caller: PageCaller,
) -> Result<Response, PageFault> {
    let texts = state.texts();
    need(&caller, &texts, Page::Intake)?;
    let failed = |error| PageFault::store(&error);
    let read = state.reader.intake().await.map_err(failed)?;
    let hours = state.reader.hours(read.now).await.map_err(failed)?;
    let topics = state.reader.ledger_by_topic().await.map_err(failed)?;
    let totals = topics.iter().fold(LedgerTotals::default(), |sum, (_, one)| sum.plus(one));
    let view = intake_view(&read, (&series(&hours, read.now), &hours), &totals, &texts.reference);
    let shell = shell(&state, &caller, "Intake health", "intake", read.now);
    html(&IntakePage { shell, view })
}
