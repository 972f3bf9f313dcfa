//! Live ticks of one person's or one pool's leads: they come for those, and for nobody else's.

use super::FORMS;
use super::notices::token;
use crate::harness::{Installation, demo_request, produce, until};
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Opens a stream, and counts its ticks.
fn ticks(address: &str, token: &str, query: &str) -> Arc<AtomicUsize> {
    let host = address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET /api/v1/live{query} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    .unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let shared = Arc::clone(&count);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { return };
            if line.starts_with("event: tick") {
                shared.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    count
}

#[test]
fn a_stream_of_one_person_or_pool_ticks_for_their_leads_only() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let token = token(&installation);
    let of = |query: &str| ticks(&serving.address, &token, query);
    let (all, pool) = (of(""), of("?pool=mid-market"));
    let others = [of("?pool=enterprise"), of("?holder=ana-ruiz"), of("?holder=nobody")];
    let seen = |count: &Arc<AtomicUsize>| count.load(Ordering::SeqCst);
    until("each begins with a tick", || {
        [&all, &pool].into_iter().chain(&others).all(|count| seen(count) >= 1)
    });
    let before = (seen(&all), seen(&pool));
    produce(&installation, FORMS, &demo_request("vera@vega.example"));
    until("the lead is offered", || installation.number("SELECT count(*) FROM lead WHERE stage = 3") == 1);
    until("everybody's stream and the pool's tick", || seen(&all) > before.0 && seen(&pool) > before.1);
    let rep = installation.texts("SELECT holder_id FROM lead").remove(0);
    let theirs = of(&format!("?holder={rep}"));
    until("the rep's stream begins", || seen(&theirs) >= 1);
    let begun = seen(&theirs);
    produce(&installation, FORMS, &demo_request("vera@vega.example"));
    until("the second request is read", || installation.read() == 2);
    until("the rep's stream ticks", || seen(&theirs) > begun);
    for count in &others {
        assert_eq!(seen(count), 1, "others hear nothing of it");
    }
}
