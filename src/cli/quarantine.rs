//! `baton quarantine`: records that could not be read. It lists them without their content; `show` prints it.

use super::kept::{self, From};
use super::output::Failure;
use crate::settings::Settings;
use clap::Subcommand;
use uuid::Uuid;

/// `quarantine list | show | redrive`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// The oldest first, without their content.
    List {
        #[arg(long, default_value_t = 50)]
        limit: i64,
        #[arg(long)]
        json: bool,
    },
    /// One record as received: it may hold personal data.
    Show { id: Uuid },
    /// Reads records again, after the producer's schema, the reference data or this program was mended.
    Redrive {
        #[arg(required = true)]
        ids: Vec<Uuid>,
    },
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::List { limit, json } => kept::list(settings, From::Quarantine, *limit, *json),
        Arguments::Show { id } => kept::show(settings, From::Quarantine, *id),
        Arguments::Redrive { ids } => kept::redrive(settings, From::Quarantine, ids),
    }
}
