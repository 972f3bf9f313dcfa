//! `baton migrate`: brings the database to this program's schema, as its owner. It never runs while serving.

use super::output::{Failure, block_on, say};
use crate::settings::Settings;
use crate::store::{connect, migrate};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Arguments {}

pub(super) fn run(settings: &Settings, _arguments: &Arguments) -> Result<(), Failure> {
    block_on(async {
        let owner = settings.owner_url();
        let role = connect::user(settings.database.url.expose()).map_err(|error| Failure::store(settings, &error))?;
        migrate::run(owner.expose(), Some(&role)).await.map_err(|error| {
            let mut failure = Failure::store(settings, &error);
            failure.line = failure.line.replace(
                &format!("no connection to {}: check database.url (DATABASE_URL)", settings.database.url.shown()),
                &format!("no connection to {}: check database.owner_url", owner.shown()),
            );
            failure
        })?;
        say(format!("the database {} stands at migration {}", owner.shown(), migrate::needed()));
        Ok(())
    })
}
