//! `baton parked`: leads that a fault of ours has stopped with what queues behind them, and records that wait for somebody to
//! become known. It lists them without their content.

use super::kept;
use super::output::Failure;
use super::redrive::{self, Parked};
use crate::settings::Settings;
use crate::store::kept::Intake;
use clap::{Args, Subcommand};
use uuid::Uuid;

/// `parked list | show | redrive | discard`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// In the order in which they were parked, without their content: why, and for which lead.
    List {
        /// Only these: lead_parked or awaiting_identity.
        #[arg(long)]
        reason: Option<String>,
        #[arg(long, default_value_t = 50)]
        limit: i64,
        #[arg(long)]
        json: bool,
    },
    /// One record as received: it may hold personal data.
    Show { id: Uuid },
    /// Decides on records again, in order; a parked lead goes on when nothing is left behind it. Records whose person is
    /// still unknown keep waiting.
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

/// What is decided on again.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// Records; one that queues behind a parked lead takes its whole queue along.
    ids: Vec<Uuid>,
    /// One parked lead, with those that hang together with it.
    #[arg(long)]
    lead: Option<Uuid>,
    /// Everything.
    #[arg(long)]
    all: bool,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::List { reason, limit, json } => {
            kept::list(settings, Intake::Parked, reason.as_deref(), *limit, *json)
        }
        Arguments::Show { id } => kept::show(settings, Intake::Parked, *id),
        Arguments::Redrive { which, json } => {
            let which = match which.lead {
                Some(lead) => Parked::Lead(lead),
                None if which.all => Parked::All,
                None => Parked::Records(&which.ids),
            };
            redrive::parked(settings, &which, *json)
        }
        Arguments::Discard { id, reason, json } => {
            kept::discard(settings, Intake::Parked, *id, reason, *json)
        }
    }
}
