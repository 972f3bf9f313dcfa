//! `baton policy check`: every fault of a policy's text, and what of a good one can never happen. It publishes nothing.

use super::super::output::{FAULT, Failure, block_on, say, say_json};
use super::super::reference::hex;
use super::texts::{self, Text};
use crate::contract::inbound::carried_facts;
use crate::contract::policy_text::{PolicyCheck, TextError, check_policy};
use crate::settings::Settings;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Which text.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// A policy's file; what is in force when absent, or without a database the policy that is built in.
    file: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    let (name, checked) = if let Some(file) = &arguments.file {
        let text = texts::from_file(file)?.map_err(|fault| vec![fault]);
        (file.display().to_string(), text.and_then(|text| check(&text)))
    } else {
        let text = block_on(texts::running_or_built_in(settings))?;
        (text.name.clone(), check(&text))
    };
    if arguments.json {
        say_json(&shown(&name, &checked));
    } else {
        tell(&name, &checked);
    }
    match checked {
        Ok(_) => Ok(()),
        Err(faults) => Err(Failure::new(FAULT, format!("{name}: {}", counted(faults.len(), "error")))),
    }
}

fn check(text: &Text) -> Result<PolicyCheck, Vec<TextError>> {
    check_policy(&text.body, &carried_facts())
}

fn tell(name: &str, checked: &Result<PolicyCheck, Vec<TextError>>) {
    match checked {
        Err(faults) => faults.iter().for_each(|fault| say(fault.told(name, "error"))),
        Ok(good) => {
            good.warnings.iter().for_each(|warning| say(warning.told(name, "warning")));
            let (policy, warnings) = (&good.policy, counted(good.warnings.len(), "warning"));
            say(format!(
                "{name}: no errors, {warnings}; `{}`, hash {}",
                policy.terms().name,
                hex(&policy.hash)
            ));
        }
    }
}

/// `1 error`, `2 errors`
fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

fn shown(name: &str, checked: &Result<PolicyCheck, Vec<TextError>>) -> Value {
    let (policy, errors, warnings) = match checked {
        Ok(good) => (Some(&good.policy), &[][..], &good.warnings[..]),
        Err(faults) => (None, &faults[..], &[][..]),
    };
    json!({
        "text": name,
        "name": policy.map(|policy| &policy.terms().name),
        "hash": policy.map(|policy| hex(&policy.hash)),
        "errors": errors.iter().map(fault).collect::<Vec<_>>(),
        "warnings": warnings.iter().map(fault).collect::<Vec<_>>(),
    })
}

fn fault(fault: &TextError) -> Value {
    json!({
        "line": fault.line, "column": fault.column, "found": fault.found, "message": fault.message,
        "nearest": fault.nearest, "instead": fault.instead,
    })
}
