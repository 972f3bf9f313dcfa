//! `baton demo`: a simulated company on servers of its own. It only parses, starts and gives the end an exit code.

use super::output::{FAILED, FAULT, Failure, USAGE, WORLD};
use super::{migrate, serve, topics};
use crate::demo::DemoError;
use crate::demo::postgres::PostgresError;
use crate::demo::run::{self, Options};
use crate::settings::{Flags, Settings};
use crate::telemetry;
use clap::Args;
use std::net::SocketAddr;
use std::time::Duration;

/// Blocking calls of clients may still wait for a broker that is gone.
const FINISH: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Days of history before now.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=400))]
    days: u32,
    /// The same seed makes the same people.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// New people on an average day of the history.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=200))]
    leads_per_day: u32,
    /// Tell the history, print the verdict and end.
    #[arg(long)]
    no_live: bool,
    /// Address of the board, stronger than http.listen.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

pub(super) fn run(mut settings: Settings, arguments: &Arguments) -> Result<(), Failure> {
    if let Some(listen) = arguments.listen {
        settings.http.listen = listen;
    }
    quiet(&mut settings);
    let options = Options {
        days: arguments.days,
        seed: arguments.seed,
        leads_per_day: arguments.leads_per_day,
        live: !arguments.no_live,
    };
    let own_kafka = Settings::from_layers(&Flags::default(), std::iter::empty())
        .is_ok_and(|defaults| defaults.kafka.brokers != settings.kafka.brokers);
    if own_kafka {
        topics::create_missing(&settings)?;
    }
    let telemetry =
        telemetry::start(&serve::options(&settings)).map_err(|error| Failure::of(USAGE, &error))?;
    let runtime = serve::runtime()?;
    let ended = runtime.block_on(async {
        let ground = run::ground(settings.clone()).await.map_err(|error| failure(&settings, &error))?;
        migrate::prepare(&ground.settings).await?;
        run::run(&ground, &options).await.map_err(|error| failure(&ground.settings, &error))
    });
    runtime.shutdown_timeout(FINISH);
    telemetry.finish(FINISH);
    match ended {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::new(FAULT, "the demo's promises do not hold: see above")),
        Err(failure) => Err(failure),
    }
}

/// The demo's own lines are what matters; warnings still show.
pub(super) fn quiet(settings: &mut Settings) {
    let usual = Settings::from_layers(&Flags::default(), std::iter::empty());
    if usual.is_ok_and(|usual| usual.telemetry.filter == settings.telemetry.filter) {
        "warn".clone_into(&mut settings.telemetry.filter);
    }
}

pub(super) fn failure(settings: &Settings, error: &DemoError) -> Failure {
    match error {
        DemoError::Store(error) | DemoError::Postgres(PostgresError::Prepare(error)) => {
            Failure::store(settings, error)
        }
        DemoError::Service(error) => serve::failure(settings, error),
        DemoError::Postgres(_)
        | DemoError::Broker(_)
        | DemoError::Traffic(_)
        | DemoError::NotRead { .. }
        | DemoError::NotEmpty { .. }
        | DemoError::Port(_) => Failure::of(WORLD, error),
        DemoError::Session(_)
        | DemoError::Relay(_)
        | DemoError::Intake(_)
        | DemoError::Thread(_)
        | DemoError::Ended
        | DemoError::Link(_)
        | DemoError::Signal(_) => Failure::of(FAILED, error),
    }
}
