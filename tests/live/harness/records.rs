//! Producing with a foreign client (kcat), and reading what Baton published.

use super::{Event, Installation};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Produces one record in CloudEvents binary mode with kcat, a client that is none of ours.
pub fn produce(installation: &Installation, topic: &str, event: &Event) {
    raw(installation, topic, &event.key, &event.headers(), event.data.to_string().as_bytes());
}

/// Produces any bytes.
pub fn raw(installation: &Installation, topic: &str, key: &str, headers: &[(String, String)], value: &[u8]) {
    if value.is_empty() {
        return bare(installation, topic, Some(key), headers, Some(value));
    }
    let mut command = Command::new("kcat");
    command.args(["-P", "-b", &installation.brokers, "-t", topic, "-k", key, "-D", "\u{1}\u{2}\u{3}"]);
    command.args(["-X", "message.max.bytes=10000000"]);
    for (name, value) in headers {
        command.args(["-H", &format!("{name}={value}")]);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .expect("kcat is installed (scripts/install-packages.sh --test)");
    child.stdin.take().unwrap().write_all(value).unwrap();
    assert!(child.wait().unwrap().success(), "kcat could not produce to {topic}");
}

/// Produces what kcat cannot make: a record without a key, without a value (a tombstone), or with an empty one.
pub fn bare(
    installation: &Installation,
    topic: &str,
    key: Option<&str>,
    headers: &[(String, String)],
    value: Option<&[u8]>,
) {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", &installation.brokers).create().unwrap();
    let headers = headers.iter().fold(OwnedHeaders::new(), |headers, (name, value)| {
        headers.insert(Header { key: name, value: Some(value) })
    });
    let mut record: BaseRecord<'_, str, [u8]> = BaseRecord::to(topic).headers(headers);
    record.key = key;
    record.payload = value;
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(Duration::from_secs(10)).unwrap();
}

/// A record that Baton published.
#[derive(Clone, Debug)]
pub struct Received {
    pub event_type: String,
    pub id: String,
    pub key: String,
    /// Every header with its value.
    pub headers: Vec<(String, String)>,
    pub data: serde_json::Value,
}

impl Received {
    /// Everything that a reader gets, as one text: key, headers and data.
    pub fn whole(&self) -> String {
        let headers: Vec<String> =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        format!("key {}, headers {}, data {}", self.key, headers.join(", "), self.data)
    }
}

/// Reads one topic of an installation from its beginning.
pub struct Reader {
    consumer: BaseConsumer,
    pub seen: Vec<Received>,
}

impl Reader {
    pub fn of(installation: &Installation, topic: &str) -> Self {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &installation.brokers)
            .set("group.id", "reader")
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .create()
            .unwrap();
        let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(10)).unwrap();
        let mut list = TopicPartitionList::new();
        for partition in metadata.topics()[0].partitions() {
            list.add_partition_offset(topic, partition.id(), Offset::Beginning).unwrap();
        }
        consumer.assign(&list).unwrap();
        Self { consumer, seen: Vec::new() }
    }

    /// Takes in what has come so far.
    pub fn drain(&mut self) {
        let mut quiet = Instant::now();
        while quiet.elapsed() < Duration::from_millis(300) {
            let Some(Ok(message)) = self.consumer.poll(Duration::from_millis(50)) else { continue };
            quiet = Instant::now();
            let headers: Vec<(String, String)> = message
                .headers()
                .into_iter()
                .flat_map(Headers::iter)
                .map(|header| {
                    let value = header.value.unwrap_or_default();
                    (header.key.to_owned(), String::from_utf8_lossy(value).into_owned())
                })
                .collect();
            let header =
                |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
            self.seen.push(Received {
                event_type: header("ce_type").unwrap_or_default().trim_start_matches("io.baton.").to_owned(),
                id: header("ce_id").unwrap_or_default(),
                headers: headers.clone(),
                key: message.key().map(|key| String::from_utf8_lossy(key).into_owned()).unwrap_or_default(),
                data: message
                    .payload()
                    .and_then(|payload| serde_json::from_slice(payload).ok())
                    .unwrap_or(serde_json::Value::Null),
            });
        }
    }

    /// Every record of a type about one lead, once per id, in order.
    pub fn of_type(&self, event_type: &str, lead: Option<&str>) -> Vec<&Received> {
        let mut ids = std::collections::BTreeSet::new();
        self.seen
            .iter()
            .filter(|record| record.event_type == event_type)
            .filter(|record| lead.is_none_or(|lead| record.key == lead))
            .filter(|record| ids.insert(record.id.clone()))
            .collect()
    }

    /// Waits until a record satisfies the condition.
    pub fn wait(&mut self, what: &str, wanted: impl Fn(&Received) -> bool) -> Received {
        let started = Instant::now();
        loop {
            self.drain();
            if let Some(found) = self.seen.iter().find(|record| wanted(record)) {
                return found.clone();
            }
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "waited in vain for {what}; saw {:?}",
                self.types()
            );
        }
    }

    fn types(&self) -> Vec<&str> {
        self.seen.iter().map(|record| record.event_type.as_str()).collect()
    }
}
