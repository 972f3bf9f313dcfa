//! `baton config`: what is in force. It never shows a secret.

use super::output::{say, say_json};
use crate::settings::Settings;
use clap::Subcommand;

/// `config check | show`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Reads all layers and says whether they fit; a fault is one line and exit code 2.
    Check,
    /// Prints what is in force, secrets as stars.
    Show {
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) {
    match arguments {
        Arguments::Check => say("settings are good"),
        Arguments::Show { json: true } => say_json(&settings.redacted()),
        Arguments::Show { json: false } => say(settings.redacted_text().trim_end()),
    }
}
