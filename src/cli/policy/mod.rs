//! `baton policy`: a policy's text before anybody signs it: its faults, and how it differs from another. It changes nothing.

mod check;
mod diff;
mod texts;

use super::output::Failure;
use crate::settings::Settings;
use clap::Subcommand;

/// `policy check | diff`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Tells every fault of a policy's text with its line and the nearest valid word, and warns of what can never happen;
    /// exit code 4 names a fault.
    Check(check::Arguments),
    /// Says in words how two policies differ, and which leads that are open now would be MQL under one and not under the
    /// other.
    Diff(diff::Arguments),
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::Check(arguments) => check::run(settings, arguments),
        Arguments::Diff(arguments) => diff::run(settings, arguments),
    }
}
