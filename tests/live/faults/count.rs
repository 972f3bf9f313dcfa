//! The test's own count, with a client and queries that share nothing with the service: what was produced, what is read,
//! what is published.

use super::ground::Ground;
use super::traffic::Told;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Longest silence of a topic that has records left.
const SILENCE: Duration = Duration::from_secs(30);

/// Reads a topic from its beginning to its end, committed records only; how many there were.
fn read(brokers: &str, topic: &str, mut each: impl FnMut(&str, &str, &[u8])) -> u64 {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "the-count")
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .set("enable.partition.eof", "true")
        .create()
        .unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), SILENCE).unwrap();
    let mut list = TopicPartitionList::new();
    let mut open = BTreeSet::new();
    for partition in metadata.topics()[0].partitions() {
        list.add_partition_offset(topic, partition.id(), Offset::Beginning).unwrap();
        open.insert(partition.id());
    }
    consumer.assign(&list).unwrap();
    let (mut records, mut heard) = (0, Instant::now());
    while !open.is_empty() {
        assert!(heard.elapsed() < SILENCE, "{topic} fell silent");
        match consumer.poll(Duration::from_millis(100)) {
            None => continue,
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                open.remove(&partition);
            }
            Some(Err(error)) => panic!("{topic}: {error}"),
            Some(Ok(message)) => {
                records += 1;
                let text =
                    |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
                let headers = message.headers().unwrap();
                let id = headers.iter().find(|header| header.key == "ce_id").and_then(|header| header.value);
                each(&text(message.key()), &text(id), message.payload().unwrap_or_default());
            }
        }
        heard = Instant::now();
    }
    records
}

/// What was produced is what stands on Kafka, is what the ledger read, is what became of it.
pub fn inputs_agree(ground: &Ground, told: &Told) {
    let number = |query: &str| u64::try_from(ground.number(query).unwrap()).unwrap();
    for (topic, produced) in &told.by_topic {
        let stored = read(&ground.installation.brokers, topic, |_, _, _| {});
        assert_eq!(stored, *produced, "{topic}: records on Kafka against records produced");
        let ledger =
            number(&format!("SELECT coalesce(sum(read), 0)::bigint FROM ledger WHERE topic = '{topic}'"));
        assert_eq!(ledger, *produced, "{topic}: records in the ledger against records produced");
    }
    assert_eq!(number("SELECT coalesce(sum(read), 0)::bigint FROM ledger"), told.records);
    let outcomes = "SELECT coalesce(sum(applied + duplicate + filtered + refused + parked + quarantined), 0)::bigint FROM ledger";
    assert_eq!(number(outcomes), told.records, "an outcome for each record");
    assert_eq!(
        number("SELECT sum(duplicate)::bigint FROM ledger"),
        told.twice,
        "records that were sent twice"
    );
    assert_eq!(
        number("SELECT sum(quarantined)::bigint FROM ledger"),
        told.broken,
        "records that were broken"
    );
    assert_eq!(number("SELECT count(*) FROM lead"), told.people, "a lead for each person who filled a form");
}

/// A lead is handed over once: no two ids name the same offer, no id names two.
pub fn handovers_are_unique(ground: &Ground) -> usize {
    let mut offers: BTreeMap<(String, String, String), String> = BTreeMap::new();
    let mut versions: BTreeMap<String, (String, Value)> = BTreeMap::new();
    let mut routed = 0;
    read(&ground.installation.brokers, "handoff.leads.v1", |lead, id, bytes| {
        let data: Value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(data["lead_id"], lead, "keyed by lead");
        let version = (lead.to_owned(), data["lead_version"].clone());
        let first = versions.entry(id.to_owned()).or_insert_with(|| version.clone());
        assert_eq!(*first, version, "{id} names two things");
        if data["receipt"]["route"].is_object() {
            let offer = (lead.to_owned(), data["cycle"].to_string(), data["offer_no"].to_string());
            let other = offers.entry(offer).or_insert_with(|| id.to_owned());
            assert_eq!(other, id, "lead {lead} was offered twice under one number");
            routed += 1;
        }
    });
    // A clock may have come due while the last instance stopped: its rows are sent by the next one.
    let sent = ground.number("SELECT count(*) FROM outbox WHERE topic = 1 AND sent_at IS NOT NULL").unwrap();
    let left = ground.number("SELECT count(*) FROM outbox WHERE topic = 1 AND sent_at IS NULL").unwrap();
    assert_eq!(i64::try_from(versions.len()).unwrap(), sent, "published against sent; {left} are left");
    assert!(routed > 0, "nobody was handed over");
    offers.len()
}
