//! Trouble of the world: database and broker go away and come back while the service runs. It waits, alive and not ready,
//! keeps its place in the group, and goes on by itself.

use super::broker::produce_events;
use super::proxy::Proxy;
use super::{FORMS, get, is_ready, serve_and_own, until_unready};
use crate::harness::{Installation, demo_request, until};
use std::net::SocketAddr;

/// The service's address of the database, through another port.
pub(super) fn through(url: &str, proxy: SocketAddr) -> String {
    let (head, rest) = url.rsplit_once('@').unwrap();
    let (_, database) = rest.split_once('/').unwrap();
    format!("{head}@{proxy}/{database}")
}

pub(super) fn server(url: &str) -> SocketAddr {
    use std::net::ToSocketAddrs as _;
    let (_, rest) = url.rsplit_once('@').unwrap();
    rest.split_once('/').unwrap().0.to_socket_addrs().unwrap().next().unwrap()
}

#[test]
fn database_and_broker_may_go_away_and_come_back() {
    let installation = Installation::new();
    let proxy = Proxy::to(server(&installation.service_url));
    let url = through(&installation.service_url, proxy.address);
    let mut serving = serve_and_own(&installation, &[("DATABASE_URL", &url)]);
    until("the instance is ready", || is_ready(&serving));
    let assigned = || serving.log().matches("partitions assigned").count();
    let before = assigned();

    proxy.cut();
    until_unready(&serving, "the database cannot be reached");
    assert_eq!(get(&serving, "/livez").0, 200);
    for number in 0..20 {
        produce_events(
            &installation,
            FORMS,
            number % 2,
            vec![demo_request(&format!("d{number}@acme.example"))],
        );
    }
    assert_eq!(installation.read(), 0);
    proxy.mend();
    until("what waited is read", || installation.read() == 20);
    until("the instance is ready again", || is_ready(&serving));
    assert_eq!(assigned(), before, "the group never missed it: it polled all the while");

    installation.broker("kill");
    until_unready(&serving, "no broker answers");
    assert_eq!(get(&serving, "/livez").0, 200);
    installation.broker("start");
    produce_events(&installation, FORMS, 0, vec![demo_request("after@acme.example")]);
    until("reading goes on", || installation.read() == 21);
    until("everything is published", || {
        installation.number("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0
            && installation.number("SELECT count(*) FROM outbox WHERE event_type = 'lead.routed.v1'") == 21
    });
    until("the instance is ready again", || is_ready(&serving));
    assert!(serving.child.try_wait().unwrap().is_none(), "it is the same process");
    installation.check();
}
