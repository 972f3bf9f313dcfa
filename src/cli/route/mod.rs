//! `baton route`: how a made-up lead would be routed, a table of such leads, and the past under other rules. It changes
//! nothing.

mod cases;
mod explain;
mod simulate;

use super::output::{FAILED, Failure, USAGE, complain};
use crate::contract::policy_text::{self, TextError};
use crate::domain::policy::{Policy, Reference};
use crate::domain::team::Team;
use crate::settings::Settings;
use crate::store::availability;
use crate::store::connect::{self, Timeouts};
use crate::store::text::{self, TextKind};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// `route explain | test | simulate`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Says where a made-up lead would go and why: its company as the router finds it, steps, rules, candidates, times. It
    /// only reads; where policy and team are files, no database is asked: nobody holds anything, no company is known.
    Explain(Box<explain::Arguments>),
    /// Runs a table of cases (lead in, pool or rep out); exit code 1 where one does not hold.
    Test(cases::Arguments),
    /// Plays past leads through other rules: load per rep and pool, leads that would have waited, and the breaches to be
    /// expected. Absences and bounds are played as of then; a lead counts as it stands now, and stays open with whoever
    /// gets it as long as it really did.
    Simulate(simulate::Arguments),
}

/// Which texts are asked.
#[derive(Debug, Args)]
struct Files {
    /// A policy's file; the published one when absent.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A team's file; the published one when absent.
    #[arg(long, value_name = "FILE")]
    team: Option<PathBuf>,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::Explain(arguments) => explain::run(settings, arguments),
        Arguments::Test(arguments) => cases::run(settings, arguments),
        Arguments::Simulate(arguments) => simulate::run(settings, arguments),
    }
}

impl Files {
    /// Policy and team, from files or as published.
    async fn read(&self, settings: &Settings) -> Result<(Policy, Team), Failure> {
        let policy = body(settings, TextKind::Policy, self.policy.as_deref()).await?;
        let team = body(settings, TextKind::Team, self.team.as_deref()).await?;
        let policy = read("policy", self.policy.as_deref(), policy_text::policy(&policy))?;
        let team = read("team", self.team.as_deref(), policy_text::team(&team))?;
        Ok((policy, team))
    }

    /// Whether no published text is asked for.
    fn are_both_given(&self) -> bool {
        self.policy.is_some() && self.team.is_some()
    }

    /// The published reference data.
    async fn reference(&self, settings: &Settings) -> Result<Reference, Failure> {
        let text = body(settings, TextKind::Reference, None).await?;
        read("reference", None, policy_text::reference(&text))
    }

    /// The same with who is away, left or works other hours, as it is said now; a file's team is taken as it stands.
    async fn read_as_said(&self, settings: &Settings) -> Result<(Policy, Team), Failure> {
        let (policy, team) = self.read(settings).await?;
        if self.team.is_some() {
            return Ok((policy, team));
        }
        let mut conn = open(settings).await?;
        let said = availability::read(&mut conn).await.map_err(|error| Failure::store(settings, &error))?;
        Ok((policy, said.over(&team)))
    }
}

async fn open(settings: &Settings) -> Result<connect::Connection, Failure> {
    let opened = connect::connect(settings.database.url.expose(), "baton route", Timeouts::default()).await;
    opened.map_err(|error| Failure::store(settings, &error))
}

async fn body(settings: &Settings, kind: TextKind, file: Option<&Path>) -> Result<String, Failure> {
    if let Some(file) = file {
        return from_file(file);
    }
    let mut conn = open(settings).await?;
    let active = text::active(&mut conn, kind).await.map_err(|error| Failure::store(settings, &error))?;
    let line = format!("no {} is published: run `baton migrate`, or name a file", kind.code());
    active.map(|active| active.body).ok_or_else(|| Failure::new(FAILED, line))
}

fn from_file(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::new(USAGE, format!("{}: cannot be read: {error}", file.display())))
}

/// What was read, or every fault with its file and line.
fn read<T>(what: &str, file: Option<&Path>, read: Result<T, Vec<TextError>>) -> Result<T, Failure> {
    read.map_err(|faults| {
        let place = file.map_or_else(|| format!("the published {what}"), |file| file.display().to_string());
        let lines: Vec<String> = faults.iter().map(|fault| format!("{place}: {fault}")).collect();
        Failure::new(USAGE, lines.join("; "))
    })
}

/// Says what rules and team do not fit in; whether an error is among it.
fn lint(policy: &Policy, team: &Team) -> bool {
    let findings = policy_text::lint(policy, team, None);
    for finding in &findings {
        complain(&Failure::new(FAILED, format!("policy {finding}")));
    }
    findings.iter().any(|finding| finding.error)
}
