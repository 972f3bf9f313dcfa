//! The last words of a demo: what was sent against what was read, the promises, the audit. It only reads.

use super::company::Counts;
use super::{DemoError, reviews, say};
use crate::audit::invariants;
use crate::audit::verify;
use crate::contract::policy_text;
use crate::domain::time::{DAY, HOUR, Moment};
use crate::scoreboard::{self, Contested, Span};
use crate::store::Reader;

/// Reads everything and prints it; true when all of it holds.
///
/// `sent`: what the company counts; `read_before`: records that the ledger held before the demo.
///
/// # Errors
/// The database cannot be read.
pub async fn print(reader: &Reader, sent: &Counts, read_before: i64) -> Result<bool, DemoError> {
    let checked = invariants::check(reader).await.map_err(DemoError::Store)?;
    let totals = &checked.totals;
    let read = totals.read - read_before;
    say(format!(
        "ledger: sent {} = read {read}; read {} = applied {} + duplicate {} + filtered {} + refused {} + parked {} + quarantined {}",
        sent.records,
        totals.read,
        totals.applied,
        totals.duplicate,
        totals.filtered,
        totals.refused,
        totals.parked,
        totals.quarantined,
    ));
    let mut holds = u64::try_from(read).is_ok_and(|read| read == sent.records);
    if !holds {
        say(format!("FAULT: the company sent {} records, the ledger read {read}", sent.records));
    }
    say(format!(
        "leads {}, open {}, orphans {}",
        checked.leads.leads, checked.leads.open, checked.leads.orphans
    ));
    holds &= checked.leads.orphans == 0;
    say(contests(reader).await?);
    say(reviewed(reader).await?);
    for promise in checked.promises.iter().filter(|promise| !promise.offenders.is_empty()) {
        holds = false;
        say(format!("FAULT: {} {}: {}", promise.id, promise.says, promise.offenders.join("; ")));
    }
    let report = verify::verify(reader, |_| {}).await.map_err(DemoError::Store)?;
    match &report.fault {
        None => say(format!(
            "audit verified: {} rows of {} subjects in {} streams, {} leads folded",
            report.rows, report.subjects, report.streams, report.leads
        )),
        Some(fault) => {
            holds = false;
            say(format!(
                "FAULT: the audit does not hold: {} at version {} of subject {}, stream {} number {}",
                fault.what, fault.version, fault.subject, fault.stream, fault.stream_sequence
            ));
        }
    }
    Ok(holds)
}

/// What still waits for a steward's review, and for how long.
async fn reviewed(reader: &Reader) -> Result<String, DemoError> {
    let text = reader.team_text().await.map_err(DemoError::Store)?;
    let team = text.and_then(|text| policy_text::team(&text.body).ok());
    let Some(team) = team else { return Ok("reviews: no team is in force".to_owned()) };
    let (waiting, oldest) = reviews::waiting(reader, &team).await?;
    let now = reader.now().await.map_err(DemoError::Store)?;
    let hours = oldest.map_or(0, |oldest| now.since(oldest) / HOUR);
    Ok(format!("reviews: {waiting} wait, the oldest for {hours} h"))
}

/// What was contested, and how it ended; asks of people are no records, so they stand in no sum of the ledger's line.
async fn contests(reader: &Reader) -> Result<String, DemoError> {
    let now = reader.now().await.map_err(DemoError::Store)?;
    let span = Span { from: Moment(0), to: now.plus(DAY) };
    let read = reader.contests(span.from, span.to).await.map_err(DemoError::Store)?;
    let found = scoreboard::contests::contests(&read, span).all;
    let counts = Contested::ALL.map(|step| format!("{} {}", step.code(), found.of(step).len()));
    Ok(format!("contests: {}", counts.join(", ")))
}
