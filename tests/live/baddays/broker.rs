//! What operators and retention do to topics, and many records to one partition at once.

use crate::harness::{Event, Installation};
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Produces values as they are, in order, to one partition.
pub fn produce_to(
    installation: &Installation,
    topic: &str,
    partition: i32,
    records: &[(Event, Option<&[u8]>)],
) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &installation.brokers)
        .set("enable.idempotence", "true")
        .create()
        .unwrap();
    for (event, value) in records {
        let data = event.data.to_string();
        let headers = event.headers().iter().fold(OwnedHeaders::new(), |headers, (name, value)| {
            headers.insert(Header { key: name, value: Some(value) })
        });
        producer
            .send(
                BaseRecord::to(topic)
                    .partition(partition)
                    .key(&event.key)
                    .headers(headers)
                    .payload(value.unwrap_or(data.as_bytes())),
            )
            .map_err(|(error, _)| error)
            .unwrap();
        producer.poll(Duration::ZERO);
    }
    producer.flush(TIMEOUT).unwrap();
}

/// The same for whole events.
pub fn produce_events(installation: &Installation, topic: &str, partition: i32, events: Vec<Event>) {
    let records: Vec<(Event, Option<&[u8]>)> = events.into_iter().map(|event| (event, None)).collect();
    produce_to(installation, topic, partition, &records);
}

/// Records that nobody can read.
pub fn poison(installation: &Installation, topic: &str, partition: i32, count: usize) {
    let event = |number: usize| {
        let key = format!("poison-{number}");
        (Event::new("form.submitted.v1", "/forms", &key, serde_json::Value::Null), Some(&b"no JSON"[..]))
    };
    let records: Vec<_> = (0..count).map(event).collect();
    produce_to(installation, topic, partition, &records);
}

fn admin(installation: &Installation) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", &installation.brokers).create().unwrap()
}

fn wait<T>(answer: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(answer)
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(TIMEOUT)).request_timeout(Some(TIMEOUT))
}

/// Deletes a topic and creates it anew with so many partitions: offsets begin at 0 again.
pub fn recreate(installation: &Installation, topic: &str, partitions: i32) {
    let admin = admin(installation);
    for result in wait(admin.delete_topics(&[topic], &options())).unwrap() {
        result.unwrap();
    }
    crate::harness::until("the topic can be created anew", || {
        let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
        wait(admin.create_topics(&[new], &options())).unwrap().iter().all(Result::is_ok)
    });
}

/// Raises a topic's partitions to so many.
pub fn grow(installation: &Installation, topic: &str, partitions: usize) {
    let admin = admin(installation);
    for result in wait(admin.create_partitions(&[NewPartitions::new(topic, partitions)], &options())).unwrap()
    {
        result.unwrap();
    }
}

/// Does what retention does: everything before the offset is gone.
pub fn delete_before(installation: &Installation, topic: &str, partition: i32, offset: i64) {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Offset(offset)).unwrap();
    let done = wait(admin(installation).delete_records(&list, &options())).unwrap();
    for element in done.elements() {
        element.error().unwrap();
    }
}
