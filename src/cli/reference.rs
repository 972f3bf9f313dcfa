//! `baton reference`: publishes or shows the reference data. A published text is never edited; a new one replaces it.

use super::output::{FAILED, Failure, USAGE, block_on, moment, say, say_json};
use crate::contract::policy_text;
use crate::settings::Settings;
use crate::store::connect::{self, Timeouts};
use crate::store::text::{self, TextKind};
use crate::transaction::operation;
use clap::Subcommand;
use std::fmt::Write as _;

/// `reference publish | show`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Checks a file and makes it the reference data from now on.
    Publish {
        file: std::path::PathBuf,
        /// Who publishes it.
        #[arg(long)]
        by: String,
    },
    /// Prints what is in force.
    Show {
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::Publish { file, by } => publish(settings, file, by),
        Arguments::Show { json } => show(settings, *json),
    }
}

fn publish(settings: &Settings, file: &std::path::Path, by: &str) -> Result<(), Failure> {
    let shown = file.display();
    let body = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(USAGE, format!("{shown}: cannot be read: {error}")))?;
    if let Err(faults) = policy_text::reference(&body) {
        let lines: Vec<String> = faults.iter().map(|fault| format!("{shown}: {fault}")).collect();
        return Err(Failure::new(USAGE, lines.join("; ")));
    }
    let hash = policy_text::hash(&body);
    block_on(async {
        let mut conn =
            connect::connect(settings.owner_url().expose(), "baton reference", Timeouts::default())
                .await
                .map_err(|error| Failure::store(settings, &error))?;
        let changed = operation::publish_text(&mut conn, TextKind::Reference, hash, &body, by)
            .await
            .map_err(|error| Failure::store(settings, &error))?;
        let word = if changed { "published" } else { "already in force:" };
        say(format!("{word} reference data {}", hex(&hash)));
        Ok(())
    })
}

fn show(settings: &Settings, json: bool) -> Result<(), Failure> {
    let active = block_on(async {
        let mut conn =
            connect::connect(settings.database.url.expose(), "baton reference", Timeouts::default())
                .await
                .map_err(|error| Failure::store(settings, &error))?;
        text::active(&mut conn, TextKind::Reference).await.map_err(|error| Failure::store(settings, &error))
    })?;
    let Some(active) = active else {
        return Err(Failure::new(FAILED, "no reference data is published: run `baton migrate`"));
    };
    if json {
        say_json(&serde_json::json!({
            "hash": hex(&active.hash), "publisher": active.publisher,
            "published_at": moment(active.published_at), "body": active.body,
        }));
    } else {
        say(format!("# {} by {} at {}", hex(&active.hash), active.publisher, moment(active.published_at)));
        say(active.body.trim_end());
    }
    Ok(())
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
