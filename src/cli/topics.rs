//! `baton topics`: creates what is missing, checks what is there. It never changes or deletes a topic.

use super::output::{FAILED, FAULT, Failure, block_on, say, say_json};
use crate::broker::{client, counts, topics};
use crate::settings::Settings;
use clap::{Args, Subcommand};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::BaseConsumer;
use rdkafka::error::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::time::Duration;

/// A broker that does not answer so long is away.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Looks at the broker at most so often after topics were made, a fifth of a second apart: ten seconds.
const VISIBLE_TRIES_MAX: u32 = 50;
const VISIBLE_WAIT: Duration = Duration::from_millis(200);
/// Room for six lanes, and a number that many lane counts divide.
const PARTITIONS: i32 = 6;
/// The broker's default.
const REPLICAS: i32 = -1;

/// `topics create | check`
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Creates every topic of the contract that is missing.
    Create(Create),
    /// Says whether every topic is there and the inputs have equal partition counts.
    Check {
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Partitions of every topic; the inputs need equal counts.
    #[arg(long, default_value_t = PARTITIONS)]
    partitions: i32,
    /// Replicas of every partition; -1 is the broker's default.
    #[arg(long, default_value_t = REPLICAS, allow_negative_numbers = true)]
    replicas: i32,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments::Create(create) => block_on(make(settings, create)),
        Arguments::Check { json } => check(settings, *json),
    }
}

/// The partition counts of the topics that exist.
pub(super) fn counts(settings: &Settings) -> Result<BTreeMap<String, usize>, Failure> {
    let client: BaseConsumer<client::Silent> = client::asking(settings)
        .create_with_context(client::Silent)
        .map_err(|error| Failure::kafka(settings, &error))?;
    counts::ask(&client, TIMEOUT).map_err(|error| Failure::kafka(settings, &error))
}

/// What is wrong with the topics, in one line.
pub(super) fn fault(found: &BTreeMap<String, usize>) -> Option<String> {
    let missing = counts::missing(found);
    if !missing.is_empty() {
        return Some(format!("topics are missing: {}: run `baton topics create`", missing.join(", ")));
    }
    counts::unequal(found).map(|counts| {
        format!("input topics have unequal partition counts: {counts}: give all of them the same number")
    })
}

fn check(settings: &Settings, json: bool) -> Result<(), Failure> {
    let found = counts(settings)?;
    if json {
        say_json(&serde_json::json!({ "topics": found, "fault": fault(&found) }));
    } else {
        for (topic, partitions) in &found {
            say(format!("{topic:<28} {partitions} partitions"));
        }
    }
    fault(&found).map_or(Ok(()), |line| Err(Failure::new(FAULT, line)))
}

/// Creates what is missing with the usual numbers.
pub(super) fn create_missing(settings: &Settings) -> Result<(), Failure> {
    if counts::missing(&counts(settings)?).is_empty() {
        return Ok(());
    }
    block_on(make(settings, &Create { partitions: PARTITIONS, replicas: REPLICAS }))
}

async fn make(settings: &Settings, create: &Create) -> Result<(), Failure> {
    let found = counts(settings)?;
    let missing = counts::missing(&found);
    let admin: AdminClient<client::Quiet> = client::base(settings)
        .create_with_context(client::Quiet)
        .map_err(|error| Failure::kafka(settings, &error))?;
    let new: Vec<NewTopic<'_>> = missing
        .iter()
        .map(|topic| {
            let topic_new = NewTopic::new(topic, create.partitions, TopicReplication::Fixed(create.replicas));
            topics::options(topic).iter().fold(topic_new, |new, (key, value)| new.set(key, value))
        })
        .collect();
    let options = AdminOptions::new().operation_timeout(Some(TIMEOUT)).request_timeout(Some(TIMEOUT));
    if !new.is_empty() {
        let made =
            admin.create_topics(&new, &options).await.map_err(|error| Failure::kafka(settings, &error))?;
        for result in made {
            match result {
                Ok(topic) => say(format!("created {topic} with {} partitions", create.partitions)),
                // Somebody else was faster.
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => {
                    return Err(Failure::new(FAILED, format!("{topic} could not be created: {code}")));
                }
            }
        }
    }
    until_visible(settings)?;
    for topic in found.keys() {
        say(format!("kept    {topic} with {} partitions", found.get(topic).copied().unwrap_or_default()));
    }
    Ok(())
}

/// A broker answers for a new topic a moment after it was made; who starts the service next should find it.
fn until_visible(settings: &Settings) -> Result<(), Failure> {
    for _ in 0..VISIBLE_TRIES_MAX {
        if counts::missing(&counts(settings)?).is_empty() {
            return Ok(());
        }
        std::thread::sleep(VISIBLE_WAIT);
    }
    Err(Failure::new(
        FAILED,
        "the topics were made, but the broker does not show them yet: run `baton topics check`",
    ))
}
