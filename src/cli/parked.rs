//! `baton parked`: records that wait for somebody to become known. It lists them without their content.

use super::kept::{self, From};
use super::output::Failure;
use crate::settings::Settings;
use clap::Subcommand;
use uuid::Uuid;

/// `parked list | redrive`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// The oldest first, without their content.
    List {
        #[arg(long, default_value_t = 50)]
        limit: i64,
        #[arg(long)]
        json: bool,
    },
    /// Tries records again; those whose person is still unknown keep waiting.
    Redrive {
        #[arg(required = true)]
        ids: Vec<Uuid>,
    },
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::List { limit, json } => kept::list(settings, From::Parked, *limit, *json),
        Arguments::Redrive { ids } => kept::redrive(settings, From::Parked, ids),
    }
}
