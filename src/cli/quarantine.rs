//! `baton quarantine`: records that could not be read. It lists them without their content; `show` prints it.

use super::kept;
use super::output::Failure;
use super::redrive::{self, Quarantined};
use crate::settings::Settings;
use crate::store::kept::Intake;
use clap::{Args, Subcommand};
use uuid::Uuid;

/// `quarantine list | show | redrive | discard`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// In the order in which they were kept, without their content.
    List {
        /// Only these, such as schema, conflict or not_json.
        #[arg(long)]
        reason: Option<String>,
        #[arg(long, default_value_t = 50)]
        limit: i64,
        #[arg(long)]
        json: bool,
    },
    /// One record as received: it may hold personal data.
    Show { id: Uuid },
    /// Reads records again, in the order in which they were kept, after the producer's schema, the reference data or this
    /// program was mended.
    Redrive {
        #[command(flatten)]
        which: Which,
        #[arg(long)]
        json: bool,
    },
    /// Settles a record for good without deciding on it.
    Discard {
        id: Uuid,
        /// One word that stays in the ledger, such as test_data.
        #[arg(long)]
        reason: String,
        #[arg(long)]
        json: bool,
    },
}

/// What is read again.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// Records.
    ids: Vec<Uuid>,
    /// Every record that was kept for this reason.
    #[arg(long)]
    reason: Option<String>,
    /// Everything.
    #[arg(long)]
    all: bool,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::List { reason, limit, json } => {
            kept::list(settings, Intake::Quarantined, reason.as_deref(), *limit, *json)
        }
        Arguments::Show { id } => kept::show(settings, Intake::Quarantined, *id),
        Arguments::Redrive { which, json } => {
            let which = match &which.reason {
                Some(reason) => Quarantined::Reason(reason),
                None if which.all => Quarantined::All,
                None => Quarantined::Records(&which.ids),
            };
            redrive::quarantined(settings, &which, *json)
        }
        Arguments::Discard { id, reason, json } => {
            kept::discard(settings, Intake::Quarantined, *id, reason, *json)
        }
    }
}
