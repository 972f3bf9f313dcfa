//! The API: JSON in and out, described by OpenAPI. It shares reads and asks with the pages.

pub(super) mod asks;
pub(super) mod deliveries;
pub(super) mod explain;
mod figures;
pub(super) mod floor;
mod handshake;
pub(super) mod health;
pub(super) mod kept;
pub(super) mod leads;
pub(super) mod ledger;
pub(super) mod pattern;
pub(super) mod pause;
pub(super) mod routing;
mod shapes;
pub(super) mod sla;
pub(super) mod team;
pub(super) mod team_text;

use super::problem::{FieldFault, Problem};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "Baton", version = "1", description = "Leads from marketing to sales: read them, and ask for what may be asked."),
    paths(
        health::livez, health::readyz, health::metrics, leads::leads, leads::lead, leads::history, leads::score,
        deliveries::deliveries, asks::ask, sla::sla, pattern::answer_pattern, team::availability, team_text::team_text, team_text::publish_team,
        routing::fairness, explain::explain,
        ledger::ledger, kept::redrive, pause::pause, floor::my, floor::floor, floor::campaigns, floor::intake, floor::team, super::live::live
    ),
    components(schemas(Problem, FieldFault)),
    tags(
        (name = "leads", description = "Read leads; scope `read`"),
        (name = "asks", description = "Act on a lead in a member's name; scope `ask`"),
        (name = "figures", description = "What both sides owe each other; scope `read`"),
        (name = "team", description = "Say when somebody of the team is there, and publish the team's text; scope `ask`"),
        (name = "routing", description = "Where a lead would go, and how pools share their leads; scope `read`"),
        (name = "floor", description = "The figures of the pages; a person's own for that person and whoever manages them"),
        (name = "live", description = "Ticks"),
        (name = "ledger", description = "What became of every record"),
        (name = "health", description = "Open to everybody")
    )
)]
struct Description;

/// The OpenAPI description, the same bytes as `schemas/openapi.json`.
///
/// # Errors
/// Never for a description that compiled; the serialiser's signature says it may.
pub fn openapi() -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&Description::openapi()).map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::openapi;
    use std::path::Path;

    /// `UPDATE_OPENAPI=1 cargo test --lib openapi` writes the file anew.
    #[test]
    fn the_openapi_file_is_what_the_code_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/openapi.json");
        let text = openapi().unwrap();
        #[expect(clippy::disallowed_methods, reason = "the one switch of this test")]
        let update = std::env::var_os("UPDATE_OPENAPI").is_some();
        if update {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "schemas/openapi.json is old");
    }
}
