//! One trace from a form fill to the routed lead: the record's `traceparent` goes on in the spans that a collector gets and
//! in the header of what is published.

use super::broker::produce_to;
use super::{FORMS, serve_and_own};
use crate::harness::{Installation, demo_request, until};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACE_BYTES: [u8; 16] =
    [0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36];

/// A collector that keeps the bodies of `POST /v1/traces`.
struct Collector {
    endpoint: String,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let bodies: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let kept = Arc::clone(&bodies);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || while answer(&stream, &kept).is_some() {});
            }
        });
        Self { endpoint, bodies }
    }

    /// Whether a span of this name carries the trace as its own: name and trace id stand in one span's bytes.
    fn has_span(&self, name: &str) -> bool {
        self.bodies
            .lock()
            .unwrap()
            .iter()
            .any(|body| spans(body).iter().any(|span| span.trace == TRACE_BYTES && span.name == name))
    }
}

/// Reads one request and answers it; `None` when the client has gone.
fn answer(mut stream: &TcpStream, kept: &Mutex<Vec<Vec<u8>>>) -> Option<()> {
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    if head.starts_with("post /v1/traces") {
        kept.lock().unwrap().push(body);
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
        .ok()
}

struct Span {
    trace: Vec<u8>,
    name: String,
}

/// The length-delimited fields of a protobuf message: (number, bytes); others are passed over.
fn fields(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    fn varint(bytes: &mut &[u8]) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (first, rest) = bytes.split_first()?;
            *bytes = rest;
            value |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
    let mut found = Vec::new();
    while let Some(tag) = varint(&mut bytes) {
        let length = match tag & 7 {
            0 => {
                varint(&mut bytes);
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes).unwrap()).unwrap(),
            _ => 4,
        };
        let (field, rest) = bytes.split_at(length);
        if tag & 7 == 2 {
            found.push((tag >> 3, field));
        }
        bytes = rest;
    }
    found
}

/// The spans of an `ExportTraceServiceRequest`: resource spans (1), scope spans (2), spans (2), trace id (1), name (5).
fn spans(body: &[u8]) -> Vec<Span> {
    let inner =
        |bytes, number| fields(bytes).into_iter().filter(move |field| field.0 == number).map(|field| field.1);
    let mut found = Vec::new();
    for resource in inner(body, 1) {
        for scope in inner(resource, 2) {
            for span in inner(scope, 2) {
                let text = inner(span, 5).next().unwrap_or_default();
                found.push(Span {
                    trace: inner(span, 1).next().unwrap_or_default().to_vec(),
                    name: String::from_utf8_lossy(text).into_owned(),
                });
            }
        }
    }
    found
}

/// The `traceparent` header of the first record of a type.
fn published_trace(installation: &Installation, event_type: &str) -> Option<String> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &installation.brokers)
        .set("group.id", "traces")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    for partition in 0..2 {
        list.add_partition_offset("handoff.leads.v1", partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let mut found = None;
    until("the record is published", || {
        let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) else { return false };
        let headers: Vec<(&str, String)> = message
            .headers()
            .map(|headers| {
                let text =
                    |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
                headers.iter().map(|header| (header.key, text(header.value))).collect()
            })
            .unwrap_or_default();
        let value =
            |name: &str| headers.iter().find(|header| header.0 == name).map(|header| header.1.clone());
        if value("ce_type").is_some_and(|found| found.ends_with(event_type)) {
            found = Some(value("traceparent"));
        }
        found.is_some()
    });
    found.flatten()
}

#[test]
fn a_form_fills_trace_goes_on_to_the_routed_lead_and_to_the_collector() {
    let collector = Collector::start();
    let installation = Installation::new();
    let mut serving =
        serve_and_own(&installation, &[("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.as_str())]);
    let mut event = demo_request("traced@acme.example");
    event.traceparent = Some(format!("00-{TRACE}-00f067aa0ba902b7-01"));
    produce_to(&installation, FORMS, 0, &[(event, None)]);
    let published =
        published_trace(&installation, "lead.routed.v1").expect("the routed lead names its trace");
    assert!(published.starts_with(&format!("00-{TRACE}-")), "{published}");
    // What is not yet exported is sent at the stop.
    serving.stop();
    for name in ["process marketing.form-fills.v1", "route", "send handoff"] {
        until(&format!("the collector has the span {name:?} in the trace"), || collector.has_span(name));
    }
}
