//! `baton completions`: what a shell needs to complete this command line. It reads no setting and reaches nothing.

use clap::{CommandFactory as _, ValueEnum};
use clap_complete::Shell;

/// Shells that are offered.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Target {
    Bash,
    Zsh,
    Fish,
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The shell; its own documentation says where the text belongs.
    #[arg(value_enum)]
    shell: Target,
}

/// Writes the completions to standard output.
pub(super) fn run(arguments: &Arguments) {
    let shell = match arguments.shell {
        Target::Bash => Shell::Bash,
        Target::Zsh => Shell::Zsh,
        Target::Fish => Shell::Fish,
    };
    let mut command = super::Cli::command();
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "baton", &mut text);
    super::output::say(String::from_utf8_lossy(&text).trim_end());
}
