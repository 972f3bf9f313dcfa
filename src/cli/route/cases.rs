//! `baton route test`: a table of made-up leads held against policy and team. It touches nothing.

use super::super::output::{FAILED, Failure, block_on, say, say_json};
use super::{Files, from_file, lint, read};
use crate::contract::policy_text;
use crate::replay::route_cases::{CaseResult, because, run as run_cases};
use crate::settings::Settings;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Which table.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// A table of cases, such as `policy/route-tests.toml`.
    file: PathBuf,
    #[command(flatten)]
    files: Files,
    #[arg(long)]
    json: bool,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    let cases = read("table", Some(&arguments.file), policy_text::cases(&from_file(&arguments.file)?))?;
    let (policy, team) = block_on(arguments.files.read(settings))?;
    let broken = lint(&policy, &team);
    let results = run_cases(&cases, &policy, &team);
    let failed = results.iter().filter(|it| !it.differences.is_empty()).count();
    if arguments.json {
        say_json(&json!(results.iter().map(shown).collect::<Vec<_>>()));
    } else {
        for result in &results {
            tell(&arguments.file, result);
        }
        say(format!("{} cases, {failed} do not hold", results.len()));
    }
    if failed > 0 {
        return Err(Failure::new(FAILED, format!("{failed} of {} cases do not hold", results.len())));
    }
    if broken {
        return Err(Failure::new(FAILED, "the policy's routes and the team do not fit"));
    }
    Ok(())
}

fn shown(result: &CaseResult) -> serde_json::Value {
    json!({
        "name": result.name, "line": result.line, "holds": result.differences.is_empty(),
        "differences": result.differences,
        "rule": result.walked.rule,
        "pool": result.walked.pool.as_ref().map(|pool| &pool.0),
        "rep": result.walked.rep.as_ref().map(|rep| &rep.0),
    })
}

fn tell(file: &std::path::Path, result: &CaseResult) {
    if result.differences.is_empty() {
        say(format!("ok    {}", result.name));
        return;
    }
    say(format!("FAIL  {} ({}:{})", result.name, file.display(), result.line));
    for difference in &result.differences {
        say(format!("      {difference}"));
    }
    say(format!("      {}", because(&result.walked)));
}
