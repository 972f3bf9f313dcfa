//! An unknown COMMIT: the connection goes while it is under way, and the stored positions tell what became of it. Whether
//! the database heard of it or not, its batch is there once, and the service goes on. Nothing here repairs anything.

use super::outages::{server, through};
use super::{FORMS, is_ready, serve_and_own};
use crate::faults::proxy::{Cut, Proxy};
use crate::harness::{Installation, demo_request, produce, until};

/// What a session says once it knows what became of a COMMIT.
const LOST: &str = "the reply to COMMIT was lost";

/// Cuts one COMMIT of a batch, and looks at what is there afterwards.
fn cut_once(cut: Cut, settled: &str) {
    let installation = Installation::new();
    let proxy = Proxy::before(server(&installation.service_url));
    let url = through(&installation.service_url, proxy.address);
    let mut serving = serve_and_own(&installation, &[("DATABASE_URL", &url)]);
    until("the instance is ready", || is_ready(&serving));
    produce(&installation, FORMS, &demo_request("before@acme.example"));
    until("the first record is read", || installation.read() == 1);

    proxy.arm(cut);
    produce(&installation, FORMS, &demo_request("during@acme.example"));
    until("a COMMIT is cut", || proxy.done(cut) == 1);
    until("the positions tell what became of it", || {
        let log = serving.log();
        log.lines().any(|line| line.contains(LOST) && line.contains(&format!("\"{settled}\"")))
    });
    until("the record is read", || installation.read() == 2);
    produce(&installation, FORMS, &demo_request("after@acme.example"));
    until("the service goes on", || installation.read() == 3);
    until("the instance is ready again", || is_ready(&serving));
    assert!(serving.child.try_wait().unwrap().is_none(), "it is the same process");

    assert_eq!(proxy.done(cut), 1);
    for (what, query) in [
        ("records behind the positions", "SELECT sum(next_offset)::bigint FROM input_position"),
        ("ledger", "SELECT sum(applied)::bigint FROM ledger"),
        ("leads", "SELECT count(*) FROM lead"),
        ("trails", "SELECT count(*) FROM audit WHERE event = 'lead_marketing_qualified'"),
        ("touches", "SELECT count(*) FROM touch"),
        ("told", "SELECT count(*) FROM outbox WHERE event_type = 'lead.marketing_qualified.v1'"),
    ] {
        assert_eq!(installation.number(query), 3, "{what}: each record is there exactly once");
    }
    installation.check();
}

#[test]
fn a_commit_whose_reply_was_lost_is_there_once_and_the_service_goes_on() {
    cut_once(Cut::Reply, "Done");
}

#[test]
fn a_commit_that_never_arrived_is_done_again_once_and_the_service_goes_on() {
    cut_once(Cut::Request, "Redo");
}
