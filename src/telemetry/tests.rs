//! Telemetry: text of metrics, trace context, and an export to a collector that listens.

use super::{Format, Options, Telemetry, meters, metrics, metrics_text, start, trace, tracers};
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_sdk::Resource;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

#[test]
fn invalid_trace_parents_are_no_context() {
    let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert!(trace::parse(good).is_some_and(|context| context.is_sampled() && context.is_remote()));
    for bad in [
        "",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
    ] {
        assert!(trace::parse(bad).is_none(), "{bad}");
    }
}

/// Answers every request with 200 and tells its path.
fn collector() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0_u8; 4_096];
            let read = stream.read(&mut head).unwrap_or(0);
            let line = String::from_utf8_lossy(&head[..read]).lines().next().unwrap_or_default().to_owned();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    (address, told)
}

#[test]
fn spans_and_metrics_reach_a_collector_and_the_text_has_them_too() {
    let (endpoint, told) = collector();
    let telemetry = start(&Options {
        format: Format::Json,
        filter: "off".to_owned(),
        otlp_endpoint: endpoint,
        service_name: "baton-test".to_owned(),
        export_every: Duration::from_secs(60),
        traced_percent: 100,
    })
    .unwrap();
    metrics::records("marketing.form-fills.v1", "applied", 3);
    metrics::lag("marketing.form-fills.v1", 2, 17);
    let carried = {
        let span = super::semantic::batch_span(0, 3, "marketing.form-fills.v1");
        trace::follow(&span, ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"].into_iter());
        trace::of(&span)
    };
    let goes_on = carried.is_some_and(|text| text.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    assert!(goes_on, "one record's trace goes on in the batch's span");
    let text = metrics_text().unwrap();
    assert!(text.contains("baton_records_total{messaging_destination_name=\"marketing.form-fills.v1\",outcome=\"applied\"} 3"), "{text}");
    assert!(text.contains("baton_lag"), "{text}");
    telemetry.finish(Duration::from_secs(5));
    let paths: Vec<String> = told.try_iter().collect();
    assert!(paths.iter().any(|path| path.starts_with("POST /v1/traces")), "{paths:?}");
    assert!(paths.iter().any(|path| path.starts_with("POST /v1/metrics")), "{paths:?}");
}

#[test]
fn a_collector_that_never_answers_does_not_hold_the_stop() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = Options {
        format: Format::Json,
        filter: "off".to_owned(),
        otlp_endpoint: format!("http://{}", listener.local_addr().unwrap()),
        service_name: "baton-test".to_owned(),
        export_every: Duration::from_secs(60),
        traced_percent: 100,
    };
    let resource = Resource::builder().build();
    let telemetry = Telemetry {
        meters: meters(&options, &options.otlp_endpoint, resource.clone()).unwrap().0,
        tracers: Some(tracers(&options, &options.otlp_endpoint, resource).unwrap()),
    };
    drop(telemetry.tracers.as_ref().unwrap().tracer("test").start("one"));
    let before = crate::clock::instant();
    telemetry.finish(Duration::from_secs(1));
    assert!(before.elapsed() < Duration::from_secs(3));
}
