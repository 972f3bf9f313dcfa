//! The command line: one file per subcommand. It speaks to people; it never decides about a lead.

mod audit;
mod completions;
mod config;
mod demo;
mod erase;
mod export;
mod healthcheck;
mod kept;
mod lane;
mod lead;
mod ledger;
mod migrate;
mod outbox;
mod output;
mod parked;
mod policy;
mod position;
mod quarantine;
mod redrive;
mod reference;
mod report;
mod route;
mod send;
mod serve;
mod simulate;
mod team;
mod token;
mod topics;
mod webhook;

use crate::settings::{Flags, Settings};
use clap::{Parser, Subcommand};
use output::Failure;
use std::path::PathBuf;
use std::process::ExitCode;

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  the operation failed
  2  the command line or a setting is wrong
  3  the database or Kafka cannot be reached or is not prepared
  4  a check found a fault";

/// Carries leads from marketing to sales: scored, routed, timed and audited.
#[derive(Debug, Parser)]
#[command(name = "baton", version, about, after_help = EXIT_CODES, disable_help_subcommand = true)]
struct Cli {
    /// File with settings; `baton config show` prints every key.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One setting, stronger than file and environment; may be repeated.
    #[arg(long, global = true, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows a simulated company on servers of its own: ninety days of history, then live; Ctrl-C ends it.
    #[command(after_help = EXIT_CODES)]
    Demo(demo::Arguments),
    /// Runs the service until SIGTERM or Ctrl-C.
    #[command(after_help = EXIT_CODES)]
    Serve(serve::Arguments),
    /// Brings the database to this program's schema and publishes the default policy, team and reference data.
    #[command(after_help = EXIT_CODES)]
    Migrate(migrate::Arguments),
    /// Creates or checks the topics.
    #[command(subcommand, after_help = EXIT_CODES)]
    Topics(topics::Arguments),
    /// Checks an event against its schema and sends it.
    #[command(after_help = EXIT_CODES)]
    Send(send::Arguments),
    /// Makes, lists and revokes tokens and one-time sign-in links.
    #[command(subcommand, after_help = EXIT_CODES)]
    Token(token::Arguments),
    /// Sends the events of a simulated company to Kafka and plays its CRM.
    #[command(after_help = EXIT_CODES)]
    Simulate(simulate::Arguments),
    /// Shows or checks settings.
    #[command(subcommand, after_help = EXIT_CODES)]
    Config(config::Arguments),
    /// Asks the running service whether it is ready.
    #[command(after_help = EXIT_CODES)]
    Healthcheck(healthcheck::Arguments),
    /// Shows a lead's audit, or checks every chain.
    #[command(subcommand, after_help = EXIT_CODES)]
    Audit(audit::Arguments),
    /// Checks that every record read has one outcome and every invariant holds.
    #[command(subcommand, after_help = EXIT_CODES)]
    Ledger(ledger::Arguments),
    /// Records that could not be read.
    #[command(subcommand, after_help = EXIT_CODES)]
    Quarantine(quarantine::Arguments),
    /// Leads that a fault has stopped, and records that wait.
    #[command(subcommand, after_help = EXIT_CODES)]
    Parked(parked::Arguments),
    /// Lanes: what is read where, what the breaker stopped, clocks that wait for a feed.
    #[command(subcommand, after_help = EXIT_CODES)]
    Lane(lane::Arguments),
    /// Where each partition is read next, and how to change it.
    #[command(subcommand, after_help = EXIT_CODES)]
    Position(position::Arguments),
    /// Records that can never be sent as they are.
    #[command(subcommand, after_help = EXIT_CODES)]
    Outbox(outbox::Arguments),
    /// Whom webhooks and notices go to, and what became of them.
    #[command(subcommand, after_help = EXIT_CODES)]
    Webhook(webhook::Arguments),
    /// Prints completions for a shell.
    #[command(after_help = EXIT_CODES)]
    Completions(completions::Arguments),
    /// Prints the audit or the leads as lines of JSON.
    #[command(subcommand, after_help = EXIT_CODES)]
    Export(export::Arguments),
    /// Shows a lead.
    #[command(subcommand, after_help = EXIT_CODES)]
    Lead(lead::Arguments),
    /// Erases a person: their data goes, their keys stand on the erased list, the audit still verifies.
    #[command(after_help = EXIT_CODES)]
    Erase(erase::Arguments),
    /// The team: who is there now, its text, people away, back or switched off.
    #[command(subcommand, after_help = EXIT_CODES)]
    Team(team::Arguments),
    /// Explains, tests and replays how leads are routed; changes nothing.
    #[command(subcommand, after_help = EXIT_CODES)]
    Route(route::Arguments),
    /// Checks a policy's text, and says in words how two of them differ; changes nothing.
    #[command(subcommand, after_help = EXIT_CODES)]
    Policy(policy::Arguments),
    /// Publishes or shows the reference data.
    #[command(subcommand, after_help = EXIT_CODES)]
    Reference(reference::Arguments),
    /// Figures: the weekly digest of what became of each campaign's leads.
    #[command(subcommand, after_help = EXIT_CODES)]
    Report(report::Arguments),
}

/// Parses, runs, prints one line when it failed.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no failures; clap knows where each is printed.
            let code = if error.use_stderr() { output::USAGE } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure);
            ExitCode::from(failure.code)
        }
    }
}

fn dispatch(cli: Cli) -> Result<(), Failure> {
    // A shell asks for them where no setting need be right.
    if let Command::Completions(arguments) = &cli.command {
        completions::run(arguments);
        return Ok(());
    }
    let settings = Settings::load(&Flags { file: cli.config, values: cli.set })?;
    match cli.command {
        Command::Demo(arguments) => demo::run(settings, &arguments),
        Command::Serve(arguments) => serve::run(settings, &arguments),
        Command::Migrate(arguments) => migrate::run(&settings, &arguments),
        Command::Topics(arguments) => topics::run(&settings, &arguments),
        Command::Send(arguments) => send::run(&settings, &arguments),
        Command::Token(arguments) => token::run(&settings, &arguments),
        Command::Simulate(arguments) => simulate::run(settings, &arguments),
        Command::Config(arguments) => {
            config::run(&settings, &arguments);
            Ok(())
        }
        Command::Healthcheck(arguments) => healthcheck::run(&settings, &arguments),
        Command::Audit(arguments) => audit::run(&settings, &arguments),
        Command::Ledger(arguments) => ledger::run(&settings, &arguments),
        Command::Quarantine(arguments) => quarantine::run(&settings, &arguments),
        Command::Parked(arguments) => parked::run(&settings, &arguments),
        Command::Lane(arguments) => lane::run(&settings, &arguments),
        Command::Position(arguments) => position::run(&settings, &arguments),
        Command::Outbox(arguments) => outbox::run(&settings, &arguments),
        Command::Webhook(arguments) => webhook::run(&settings, &arguments),
        Command::Completions(_) => Ok(()),
        Command::Export(arguments) => export::run(&settings, &arguments),
        Command::Lead(arguments) => lead::run(&settings, &arguments),
        Command::Erase(arguments) => erase::run(&settings, &arguments),
        Command::Team(arguments) => team::run(&settings, &arguments),
        Command::Policy(arguments) => policy::run(&settings, &arguments),
        Command::Reference(arguments) => reference::run(&settings, &arguments),
        Command::Report(arguments) => report::run(&settings, &arguments),
        Command::Route(arguments) => route::run(&settings, &arguments),
    }
}
