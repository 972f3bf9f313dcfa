//! How many partitions each topic has, asked of the broker. It never changes a topic.

use super::topics;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::KafkaError;
use std::collections::BTreeMap;
use std::time::Duration;

/// Partitions of each topic that exists, among those of the contract.
///
/// # Errors
/// No broker answers in time.
pub fn ask<C: ConsumerContext>(
    client: &BaseConsumer<C>,
    timeout: Duration,
) -> Result<BTreeMap<String, usize>, KafkaError> {
    let metadata = client.fetch_metadata(None, timeout)?;
    let known = |name: &str| topics::INPUT.contains(&name) || topics::OUTPUT.contains(&name);
    Ok(metadata
        .topics()
        .iter()
        .filter(|topic| known(topic.name()) && topic.error().is_none() && !topic.partitions().is_empty())
        .map(|topic| (topic.name().to_owned(), topic.partitions().len()))
        .collect())
}

/// Topics of the contract that are not there.
#[must_use]
pub fn missing(counts: &BTreeMap<String, usize>) -> Vec<&'static str> {
    let mut missing: Vec<&str> = topics::INPUT
        .iter()
        .chain(&topics::OUTPUT)
        .copied()
        .filter(|topic| !counts.contains_key(*topic))
        .collect();
    missing.sort_unstable();
    missing
}

/// The counts of the input topics in words, when they are not all the same.
#[must_use]
pub fn unequal(counts: &BTreeMap<String, usize>) -> Option<String> {
    let input: Vec<(&String, &usize)> =
        counts.iter().filter(|(topic, _)| topics::INPUT.contains(&topic.as_str())).collect();
    let first = input.first().map(|(_, count)| **count)?;
    if input.iter().all(|(_, count)| **count == first) {
        return None;
    }
    Some(input.iter().map(|(topic, count)| format!("{topic} {count}")).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, missing, topics, unequal};

    #[test]
    fn unequal_counts_are_named_and_outputs_do_not_count() {
        let mut counts: BTreeMap<String, usize> =
            topics::INPUT.iter().chain(&topics::OUTPUT).map(|topic| ((*topic).to_owned(), 6)).collect();
        counts.insert("handoff.leads.v1".to_owned(), 3);
        assert_eq!(unequal(&counts), None);
        assert!(missing(&counts).is_empty());
        counts.insert("sales.feedback.v1".to_owned(), 3);
        assert!(unequal(&counts).is_some_and(|text| text.contains("sales.feedback.v1 3")));
        counts.remove("sales.feedback.v1");
        assert_eq!(missing(&counts), ["sales.feedback.v1"]);
    }
}
