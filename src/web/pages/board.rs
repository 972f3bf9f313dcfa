//! The live board. It reads once and shows; the script re-reads its fragment on ticks.

use super::{PageFault, html, shell};
use crate::web::WebState;
use crate::web::caller::PageCaller;
use crate::web::view::Shell;
use crate::web::view::board::{BoardView, board as view_of};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "board.html", config = "src/web/askama.toml")]
struct BoardPage {
    shell: Shell,
    view: BoardView,
}

#[derive(Template)]
#[template(path = "board_fragment.html", config = "src/web/askama.toml")]
struct BoardFragment {
    view: BoardView,
}

/// The board as a page.
pub(in crate::web) async fn board(
    State(state): State<WebState>,
    caller: PageCaller,
) -> Result<Response, PageFault> {
    let seen = super::position(&state).await;
    let read = state.reader.board().await.map_err(|error| PageFault::store(&error))?;
    let shell = Shell { seen, ..shell(&state, &caller, "Board", "board", read.now) };
    html(&BoardPage { shell, view: view_of(&read, &state.texts()) })
}

/// The part of the board that moves.
pub(in crate::web) async fn fragment(
    State(state): State<WebState>,
    _caller: PageCaller,
) -> Result<Response, PageFault> {
    let read = state.reader.board().await.map_err(|error| PageFault::store(&error))?;
    html(&BoardFragment { view: view_of(&read, &state.texts()) })
}
