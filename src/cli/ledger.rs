//! `baton ledger`: the counts of everything read, and every promise checked against tables and topics. It only reads.

use super::output::{FAULT, Failure, block_on, chain, say, say_json};
use crate::audit::invariants::{
    self, Checked, Lag, Place, Promise, Published, PublishedRecord, Ranges, Received,
};
use crate::audit::verify;
use crate::broker::reading::{Arrived, Reading, ReadingError, Span};
use crate::broker::topics;
use crate::settings::Settings;
use crate::store::rows::OutTopic;
use crate::store::{Reader, StoreError};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;
use uuid::Uuid;

/// How often the line of progress is drawn.
const DRAWN: Duration = Duration::from_millis(200);
/// The topics out whose records stand in the outbox.
const OUT: [OutTopic; 3] = [OutTopic::Handoff, OutTopic::Feedback, OutTopic::State];

/// `ledger check`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Adds up every range and checks every promise, I1 to I9, from tables and topics; exit code 4 names what is broken.
    Check(Check),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Says what of the promises only Kafka could tell, and leaves it out.
    #[arg(long)]
    no_kafka: bool,
    /// Everything should be worked off by now: records, rows or clocks that still wait are a fault.
    #[arg(long)]
    settled: bool,
    #[arg(long)]
    json: bool,
}

/// What was checked, and what not.
struct Findings {
    checked: Checked,
    audit: verify::Report,
    lags: Vec<Lag>,
    /// Records counted on the topics in, and those before the first start.
    counted: Option<(i64, u64)>,
    published: Option<u64>,
    /// Promise and why it was not checked.
    unchecked: Vec<(&'static str, String)>,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    let Arguments::Check(check) = arguments;
    let findings = block_on(async {
        let reader = Reader::open(settings.database.url.expose(), 1)
            .await
            .map_err(|error| Failure::store(settings, &error))?;
        examine(settings, &reader, check).await.map_err(|error| Failure::store(settings, &error))
    })?;
    if check.json {
        say_json(&shown(&findings));
    } else {
        for line in lines(&findings) {
            say(line);
        }
    }
    let mut broken: Vec<&str> = findings
        .checked
        .promises
        .iter()
        .filter(|promise| !promise.offenders.is_empty())
        .map(|promise| promise.id)
        .collect();
    broken.dedup();
    if broken.is_empty() {
        return Ok(());
    }
    Err(Failure::new(FAULT, format!("promises that do not hold: {}", broken.join(", "))))
}

/// Opens Kafka and reads the ends of its topics; `Err` says why that can't be.
fn open(settings: &Settings, check: &Check) -> Result<(Reading, Vec<Span>), String> {
    if check.no_kafka {
        return Err("--no-kafka was given".to_owned());
    }
    let away = |error: ReadingError| format!("Kafka at {}: {}", settings.kafka.brokers, chain(&error));
    let reading = Reading::new(settings).map_err(away)?;
    let spans = reading.spans(&topics::INPUT).map_err(away)?;
    Ok((reading, spans))
}

async fn examine(settings: &Settings, reader: &Reader, check: &Check) -> Result<Findings, StoreError> {
    let bar = bar();
    let opened = open(settings, check);
    // What stands before the broker's first offset can't be counted, so the ledger is cut there.
    let starts = opened.as_ref().map(|(_, spans)| starts(spans)).unwrap_or_default();
    bar.set_message("ledger and leads");
    let ranges = Ranges::read(reader, &starts).await?;
    let checked = invariants::check_with(reader, &ranges).await?;
    let mut findings = Findings {
        checked,
        audit: verify::Report::default(),
        lags: Vec::new(),
        counted: None,
        published: None,
        unchecked: Vec::new(),
    };
    let published = match opened {
        Err(why) => {
            findings.unchecked.push(("I1", format!("records on Kafka were not counted: {why}")));
            findings.unchecked.push(("I5", format!("what is published was not read: {why}")));
            findings.unchecked.push(("I8", format!("how far reading is behind is not known: {why}")));
            Published::default()
        }
        Ok((mut reading, _)) => {
            if let Err(error) = count(&mut reading, &ranges, &mut findings, &bar) {
                let why = chain(&error);
                findings.unchecked.push(("I1", format!("records on Kafka were not counted: {why}")));
                findings.unchecked.push(("I8", format!("how far reading is behind is not known: {why}")));
            }
            // Before the ends are asked for: what was marked as sent by now stands before them.
            let mut published = Published::new(reader.wall().await?);
            match collect(&mut reading, &mut published, &bar) {
                Ok(()) => {
                    findings.published = Some(published.records());
                    published
                }
                Err(error) => {
                    let why = format!("what is published was not read: {}", chain(&error));
                    findings.unchecked.push(("I5", why));
                    Published::default()
                }
            }
        }
    };
    bar.set_message("outbox");
    findings.checked.promises.extend(published.compare(reader).await?);
    if check.settled {
        let resting = invariants::resting(reader, &findings.lags).await?;
        findings.checked.promises.push(resting);
    }
    findings.audit = verify::verify(reader, |rows| bar.set_message(format!("audit, {rows} rows"))).await?;
    findings.checked.promises.push(invariants::of_audit(&findings.audit));
    findings.checked.promises.sort_by_key(|promise| promise.id);
    bar.finish_and_clear();
    Ok(findings)
}

fn starts(spans: &[Span]) -> BTreeMap<Place, i64> {
    spans.iter().map(|span| ((span.topic.clone(), span.partition), span.start)).collect()
}

/// Counts the records of every topic in.
fn count(
    reading: &mut Reading,
    ranges: &Ranges,
    findings: &mut Findings,
    bar: &ProgressBar,
) -> Result<(), ReadingError> {
    // The ends are asked for again: batches have moved the positions since, and retention may have cut more.
    let spans = reading.spans(&topics::INPUT)?;
    let mut received = Received::new(ranges, &starts(&spans));
    let mut records: u64 = 0;
    for topic in topics::INPUT {
        let mut place = (topic.to_owned(), 0);
        reading.read(topic, &spans, |record| {
            place.1 = record.partition;
            received.observe(&place, record.offset);
            records += 1;
            if records.is_multiple_of(1_000) {
                bar.set_message(format!("{topic}, {records} records"));
            }
        })?;
    }
    findings.checked.promises.push(received.promise());
    findings.counted = Some((received.counted(), received.skipped()));
    findings.lags = received.lags();
    Ok(())
}

/// The part of a published record that is compared.
#[derive(Deserialize)]
struct Numbered {
    topic_sequence: i64,
}

/// Reads every topic out whose rows stand in the outbox.
fn collect(reading: &mut Reading, published: &mut Published, bar: &ProgressBar) -> Result<(), ReadingError> {
    let names: Vec<&str> = OUT.iter().map(|topic| topic.name()).collect();
    let spans = reading.spans(&names)?;
    for topic in OUT {
        let mine = || spans.iter().filter(|span| span.topic == topic.name());
        if mine().next().is_none() {
            continue;
        }
        published.topic(topic.number(), mine().any(|span| span.start > 0));
        reading.read(topic.name(), &spans, |record| {
            match parsed(topic, &record) {
                Some(record) => published.observe(record),
                None => published.strange(topic.name(), record.partition, record.offset),
            }
            if published.records().is_multiple_of(1_000) {
                bar.set_message(format!("{}, {} records", topic.name(), published.records()));
            }
        })?;
    }
    Ok(())
}

fn parsed(topic: OutTopic, record: &Arrived<'_>) -> Option<PublishedRecord> {
    let uuid = |bytes: Option<&[u8]>| bytes.and_then(|bytes| Uuid::try_parse_ascii(bytes).ok());
    let sequence = match topic {
        OutTopic::State => None,
        OutTopic::Handoff | OutTopic::Feedback => {
            let numbered: Numbered = serde_json::from_slice(record.value?).ok()?;
            Some(numbered.topic_sequence)
        }
    };
    Some(PublishedRecord { topic: topic.number(), lead: uuid(record.key)?, id: uuid(record.id)?, sequence })
}

/// A moving line where a terminal is there, nothing elsewhere.
fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {spinner} {msg}, {elapsed}");
    let bar =
        ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(DRAWN);
    bar
}

fn lines(findings: &Findings) -> Vec<String> {
    let Checked { totals, kept, leads, promises } = &findings.checked;
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
        format!(
            "audit {} rows of {} subjects in {} streams",
            findings.audit.rows, findings.audit.subjects, findings.audit.streams
        ),
    ];
    if let Some((counted, skipped)) = findings.counted {
        lines.push(format!("counted {counted} records on Kafka, {skipped} before the first start"));
        let waiting: u64 = findings.lags.iter().map(|lag| lag.records).sum();
        lines.push(format!("not read yet {waiting}"));
        lines.extend(findings.lags.iter().filter(|lag| lag.records > 0).map(|lag| {
            format!("             {}/{}: {} from {}", lag.topic, lag.partition, lag.records, next(lag))
        }));
    }
    if let Some(published) = findings.published {
        lines.push(format!("compared {published} published records"));
    }
    for Promise { id, says, offenders } in promises {
        let word = if offenders.is_empty() { "holds" } else { "BROKEN" };
        lines.push(format!("{id:<6} {word:<7} {says}"));
        lines.extend(offenders.iter().map(|offender| format!("               {offender}")));
    }
    lines.extend(findings.unchecked.iter().map(|(id, why)| format!("{id:<6} UNKNOWN {why}")));
    lines
}

fn next(lag: &Lag) -> i64 {
    lag.next_offset.unwrap_or_default()
}

fn shown(findings: &Findings) -> serde_json::Value {
    let Checked { totals, kept, leads, promises } = &findings.checked;
    json!({
        "holds": findings.checked.holds(),
        "read": totals.read, "applied": totals.applied, "duplicate": totals.duplicate, "filtered": totals.filtered,
        "refused": totals.refused, "parked": totals.parked, "quarantined": totals.quarantined,
        "parked_now": kept.parked_now, "quarantined_kept": kept.quarantined_kept,
        "leads": leads.leads, "open": leads.open, "orphans": leads.orphans,
        "audit_rows": findings.audit.rows, "audit_streams": findings.audit.streams,
        "counted_on_kafka": findings.counted.map(|it| it.0), "before_first_start": findings.counted.map(|it| it.1),
        "published": findings.published,
        "lag": findings.lags.iter().map(|lag| json!({
            "topic": lag.topic, "partition": lag.partition, "next_offset": lag.next_offset, "records": lag.records,
            "caught_up_to": lag.caught_up_to.map(super::output::moment),
        })).collect::<Vec<_>>(),
        "promises": promises.iter().map(|promise| json!({
            "id": promise.id, "says": promise.says, "offenders": promise.offenders,
        })).collect::<Vec<_>>(),
        "unchecked": findings.unchecked.iter().map(|(id, why)| json!({ "id": id, "why": why })).collect::<Vec<_>>(),
    })
}
