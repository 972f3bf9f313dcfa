//! Tests against real Kafka and real Postgres: the real binary, records from a foreign client, faults on purpose.
//! `make test` brings the servers up and names them in the environment.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "tests read their servers' addresses and the wall clock")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on may panic")]
#![allow(clippy::print_stderr, reason = "what a failed test saw is told on standard error")]

mod baddays;
mod browser;
mod channels;
mod faults;
mod ground;
mod harness;
mod it;
