//! What `baton demo` and `baton simulate` run: servers of their own, a simulated company, and the service's parts. It
//! wires; it never takes part in a decision, and nobody but the command line imports it.

pub mod awake;
pub mod broker;
pub mod company;
pub mod handshake;
pub mod history;
pub mod live;
pub mod postgres;
pub mod progress;
pub mod reviews;
pub mod run;
pub mod simulate;
pub mod stepped;
pub mod town;
pub mod traffic;
pub mod verdict;

use crate::intake::IntakeError;
use crate::relay::RelayError;
use crate::service::ServiceError;
use crate::store::StoreError;
use crate::transaction::session::CommitError;
use crate::web::auth::IssueError;
use rdkafka::error::KafkaError;
use std::fmt::Display;

/// Why a demo or a simulation ended early.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Postgres(#[from] postgres::PostgresError),
    #[error("the in-process broker could not be started")]
    Broker(#[source] KafkaError),
    #[error("the database failed")]
    Store(#[source] StoreError),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("a transaction failed")]
    Session(#[from] CommitError),
    #[error("records could not be published")]
    Relay(#[from] RelayError),
    #[error(transparent)]
    Traffic(#[from] traffic::TrafficError),
    #[error(transparent)]
    Intake(IntakeError),
    #[error("a thread could not be started")]
    Thread(#[source] std::io::Error),
    #[error("{topic} was not read within {seconds} s: is another service of the same group running?")]
    NotRead { topic: String, seconds: u64 },
    #[error("intake ended by itself")]
    Ended,
    #[error(
        "the database holds {records} records already: the demo tells its history from the start, so give it an empty one"
    )]
    NotEmpty { records: i64 },
    #[error("no sign-in link could be made")]
    Link(#[from] IssueError),
    #[error("signals cannot be caught")]
    Signal(#[source] std::io::Error),
    #[error("no free port on the loopback address")]
    Port(#[source] std::io::Error),
}

/// One line to whoever started the demo.
#[expect(clippy::print_stdout, reason = "the demo speaks to the person who started it")]
fn say(line: impl Display) {
    println!("{line}");
}

/// One line that belongs to no result.
#[expect(clippy::print_stderr, reason = "progress belongs beside what is piped on")]
fn complain(line: impl Display) {
    eprintln!("{line}");
}
