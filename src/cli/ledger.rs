//! `baton ledger`: the counts of everything read, and the promises that the database can prove. It only reads.

use super::output::{FAULT, Failure, block_on, say, say_json};
use crate::audit::invariants::{self, Checked};
use crate::settings::Settings;
use crate::store::Reader;
use clap::Subcommand;
use serde_json::json;

/// `ledger check`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Adds up every range and checks every promise; exit code 4 names what does not hold.
    Check {
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    let Arguments::Check { json } = arguments;
    let checked = block_on(async {
        let reader = Reader::open(settings.database.url.expose(), 1)
            .await
            .map_err(|error| Failure::store(settings, &error))?;
        invariants::check(&reader).await.map_err(|error| Failure::store(settings, &error))
    })?;
    if *json {
        say_json(&shown(&checked));
    } else {
        for line in lines(&checked) {
            say(line);
        }
    }
    if checked.holds() {
        return Ok(());
    }
    let broken: Vec<&str> = checked
        .promises
        .iter()
        .filter(|promise| !promise.offenders.is_empty())
        .map(|promise| promise.id)
        .collect();
    Err(Failure::new(FAULT, format!("promises that do not hold: {}", broken.join(", "))))
}

fn lines(checked: &Checked) -> Vec<String> {
    let (totals, kept, leads) = (&checked.totals, &checked.kept, &checked.leads);
    let mut lines = vec![
        format!(
            "read {} = applied {} + duplicate {} + filtered {} + refused {} + parked {} + quarantined {}",
            totals.read,
            totals.applied,
            totals.duplicate,
            totals.filtered,
            totals.refused,
            totals.parked,
            totals.quarantined
        ),
        format!("parked {} now, quarantined {} kept", kept.parked_now, kept.quarantined_kept),
        format!("leads {}, open {}, orphans {}", leads.leads, leads.open, leads.orphans),
    ];
    for promise in &checked.promises {
        let word = if promise.offenders.is_empty() { "holds" } else { "BROKEN" };
        lines.push(format!("{:<4} {word:<7} {}", promise.id, promise.says));
        lines.extend(promise.offenders.iter().map(|offender| format!("             {offender}")));
    }
    lines
}

fn shown(checked: &Checked) -> serde_json::Value {
    let (totals, kept, leads) = (&checked.totals, &checked.kept, &checked.leads);
    json!({
        "holds": checked.holds(),
        "read": totals.read, "applied": totals.applied, "duplicate": totals.duplicate, "filtered": totals.filtered,
        "refused": totals.refused, "parked": totals.parked, "quarantined": totals.quarantined,
        "parked_now": kept.parked_now, "quarantined_kept": kept.quarantined_kept,
        "leads": leads.leads, "open": leads.open, "orphans": leads.orphans,
        "promises": checked.promises.iter().map(|promise| json!({
            "id": promise.id, "says": promise.says, "offenders": promise.offenders,
        })).collect::<Vec<_>>(),
    })
}
