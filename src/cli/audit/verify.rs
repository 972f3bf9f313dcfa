//! `baton audit verify`: the audit against itself, its checkpoints, and what stands of them on Kafka. It only reads.

use crate::audit::anchors::Comparison;
use crate::audit::checkpoint::unhex;
use crate::audit::verify::{self, Fault, Report};
use crate::cli::output::{FAULT, Failure, USAGE, WORLD, block_on, chain, say, say_json};
use crate::contract::outbound::CHECKPOINT_TOPIC;
use crate::relay::checkpoints::{Found, Published, PublishedError};
use crate::settings::Settings;
use crate::store::Reader;
use clap::Args;
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Hexadecimal digits of a public key.
const KEY_DIGITS: usize = 64;

#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// Fail when the published checkpoints cannot be read, or are fewer than the table says were published.
    #[arg(long)]
    kafka: bool,
    /// A public key that may have signed checkpoints, 64 hexadecimal digits; may be given more than once. None: any key.
    #[arg(long = "key", value_name = "HEX")]
    keys: Vec<String>,
    #[arg(long)]
    json: bool,
}

/// What came of looking at Kafka.
enum Outside {
    Compared {
        comparison: Comparison,
        lacking: Option<(i64, i64)>,
    },
    /// Why not.
    Unread(String),
}

pub(super) fn run(settings: &Settings, asked: &Verify) -> Result<(), Failure> {
    let trusted = asked.keys.iter().map(|text| key(text)).collect::<Result<BTreeSet<_>, _>>()?;
    let (report, outside) = block_on(async {
        let store = |error| Failure::store(settings, &error);
        let reader = Reader::open(settings.database.url.expose(), 1).await.map_err(store)?;
        // Kafka first: what stands there by now, stands in the table when it is read after.
        let outside = outside(settings, &reader).await?;
        let report = verify::verify_by(&reader, &trusted, |_| {}).await.map_err(store)?;
        Ok((report, outside))
    })?;
    let fault = told(&report, &outside, asked.kafka);
    if asked.json {
        say_json(&shown(&report, &outside, fault.as_deref()));
    } else {
        lines(&report, &outside);
    }
    if let Some(fault) = fault {
        return Err(Failure::new(FAULT, format!("the audit does not hold: {fault}")));
    }
    if let (Outside::Unread(why), true) = (&outside, asked.kafka) {
        return Err(Failure::new(WORLD, format!("not checked against Kafka: {why}")));
    }
    if !asked.json {
        say("audit verified");
    }
    Ok(())
}

fn key(text: &str) -> Result<[u8; 32], Failure> {
    let wrong =
        || Failure::new(USAGE, format!("--key {text}: a public key is {KEY_DIGITS} hexadecimal digits"));
    unhex(text).ok_or_else(wrong)
}

/// Compares what stands on Kafka with the table, page by page.
async fn outside(settings: &Settings, reader: &Reader) -> Result<Outside, Failure> {
    let store = |error| Failure::store(settings, &error);
    // Read first: what is published after this may be missed on Kafka without being gone.
    let published_to = reader.last_published_number().await.map_err(store)?;
    let unread =
        |error: &PublishedError| Outside::Unread(format!("{} at {}", chain(error), settings.kafka.brokers));
    let mut comparison = Comparison::default();
    let mut published = match Published::open(settings) {
        Ok(published) => published,
        Err(error) => return Ok(unread(&error)),
    };
    loop {
        let page = match published.next_page() {
            Ok(page) => page,
            Err(error) => return Ok(unread(&error)),
        };
        if page.is_empty() {
            break;
        }
        let mut checkpoints = Vec::with_capacity(page.len());
        let mut stranger = None;
        for found in page {
            match found {
                Found::Checkpoint(checkpoint) => checkpoints.push(*checkpoint),
                Found::Unreadable { partition, offset, what } => {
                    stranger.get_or_insert(format!(
                        "the record {CHECKPOINT_TOPIC}/{partition}@{offset} is no checkpoint: {what}"
                    ));
                }
            }
        }
        comparison.add(reader, &checkpoints).await.map_err(store)?;
        if let Some(what) = stranger {
            comparison.fault.get_or_insert(Fault {
                subject_kind: 0,
                subject: Uuid::nil(),
                version: 0,
                stream: String::new(),
                stream_sequence: 0,
                what,
            });
        }
        if comparison.is_settled() {
            break;
        }
    }
    // After a fault reading ended early: what is lacking is not known.
    let lacking = if comparison.fault.is_some() { None } else { comparison.lacking(published_to) };
    Ok(Outside::Compared { comparison, lacking })
}

/// The first thing that does not hold, the database's own first: it names rows.
fn told(report: &Report, outside: &Outside, must_hold_all: bool) -> Option<String> {
    if let Some(fault) = &report.fault {
        return Some(sentence(fault));
    }
    match outside {
        Outside::Unread(_) => None,
        Outside::Compared { comparison, lacking } => match (&comparison.fault, lacking) {
            (Some(fault), _) => Some(sentence(fault)),
            (None, Some((first, count))) if must_hold_all => {
                Some(format!("Kafka lacks {count} published checkpoints, the first is {first}"))
            }
            (None, _) => None,
        },
    }
}

fn sentence(fault: &Fault) -> String {
    let mut text = fault.what.clone();
    if fault.version > 0 {
        text = format!(
            "{text} at version {} of subject {} (kind {})",
            fault.version, fault.subject, fault.subject_kind
        );
    }
    if !fault.stream.is_empty() {
        text = format!("{text}, stream {} number {}", fault.stream, fault.stream_sequence);
    }
    text
}

fn lines(report: &Report, outside: &Outside) {
    say(format!(
        "audit: {} rows of {} subjects in {} streams, {} leads folded",
        report.rows, report.subjects, report.streams, report.leads
    ));
    let keys: Vec<&str> = report.keys.iter().map(String::as_str).collect();
    let by = if keys.is_empty() { String::new() } else { format!(", signed by {}", keys.join(", ")) };
    say(format!("checkpoints: {}{by}; {} rows not covered yet", report.checkpoints, report.uncovered));
    match outside {
        Outside::Unread(why) => say(format!("not checked against Kafka: {why}")),
        Outside::Compared { comparison, lacking } => {
            say(format!("kafka: {} published checkpoints compared", comparison.count()));
            if let Some((first, count)) = lacking {
                say(format!("kafka: lacks {count} checkpoints that were published, the first is {first}"));
            }
        }
    }
}

fn shown(report: &Report, outside: &Outside, fault: Option<&str>) -> serde_json::Value {
    let kafka = match outside {
        Outside::Unread(why) => json!({ "checked": false, "why": why }),
        Outside::Compared { comparison, lacking } => json!({
            "checked": true, "compared": comparison.count(), "lacking": lacking.map_or(0, |(_, count)| count),
            "first_lacking": lacking.map(|(first, _)| first),
        }),
    };
    json!({
        "holds": fault.is_none(), "rows": report.rows, "subjects": report.subjects, "streams": report.streams,
        "leads": report.leads, "checkpoints": report.checkpoints, "keys": report.keys,
        "uncovered": report.uncovered, "kafka": kafka, "fault": fault,
    })
}
