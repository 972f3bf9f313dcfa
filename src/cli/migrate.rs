//! `baton migrate`: brings the database to this program's schema, as its owner. It never runs while serving.

use super::output::{Failure, block_on, say};
use crate::contract::policy_text;
use crate::settings::Settings;
use crate::store::connect::Timeouts;
use crate::store::text::{self, TextKind};
use crate::store::{StoreError, connect, migrate};
use crate::transaction::operation;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Arguments {}

pub(super) fn run(settings: &Settings, _arguments: &Arguments) -> Result<(), Failure> {
    block_on(async {
        for kind in prepare(settings).await? {
            say(format!("published the default {}", kind.code()));
        }
        say(format!(
            "the database {} stands at migration {}",
            settings.owner_url().shown(),
            migrate::needed()
        ));
        Ok(())
    })
}

/// Brings the database to the schema and publishes what it lacks; says what.
pub(super) async fn prepare(settings: &Settings) -> Result<Vec<TextKind>, Failure> {
    let owner = settings.owner_url();
    let role =
        connect::user(settings.database.url.expose()).map_err(|error| Failure::store(settings, &error))?;
    migrate::run(owner.expose(), Some(&role)).await.map_err(|error| {
        let mut failure = Failure::store(settings, &error);
        failure.line = failure.line.replace(
            &format!("no connection to {}: check database.url (DATABASE_URL)", settings.database.url.shown()),
            &format!("no connection to {}: check database.owner_url", owner.shown()),
        );
        failure
    })?;
    publish_defaults(owner.expose()).await.map_err(|error| Failure::store(settings, &error))
}

/// Publishes the shipped texts where none is active yet; says which.
///
/// # Errors
/// The database does not answer.
pub(crate) async fn publish_defaults(owner_url: &str) -> Result<Vec<TextKind>, StoreError> {
    let mut conn = connect::connect(owner_url, "baton migrate", Timeouts::default()).await?;
    let mut published = Vec::new();
    for kind in TextKind::ALL {
        if text::active(&mut conn, *kind).await?.is_some() {
            continue;
        }
        let body = match kind {
            TextKind::Policy => policy_text::DEFAULT_POLICY,
            TextKind::Team => policy_text::DEFAULT_TEAM,
            TextKind::Reference => policy_text::DEFAULT_REFERENCE,
        };
        operation::publish_text(&mut conn, *kind, policy_text::hash(body), body, "baton migrate").await?;
        published.push(*kind);
    }
    Ok(published)
}
