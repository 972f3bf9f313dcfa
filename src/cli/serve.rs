//! `baton serve`: starts telemetry and the service, and gives its end an exit code. It never does the service's work.

use super::output::{FAILED, Failure, USAGE, WORLD};
use super::topics;
use crate::service::{self, ServiceError};
use crate::settings::{LogFormat, Settings};
use crate::telemetry;
use clap::Args;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What telemetry may take at the end, beside the service's own bound.
const FINISH: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Address to listen on, stronger than http.listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

pub(super) fn run(mut settings: Settings, arguments: &Arguments) -> Result<(), Failure> {
    if let Some(listen) = arguments.listen {
        settings.http.listen = listen;
    }
    let settings = Arc::new(settings);
    let telemetry = telemetry::start(&options(&settings)).map_err(|error| Failure::of(USAGE, &error))?;
    let ended = serve(&settings);
    telemetry.finish(FINISH);
    ended
}

fn serve(settings: &Arc<Settings>) -> Result<(), Failure> {
    let found = topics::counts(settings)?;
    if let Some(line) = topics::fault(&found) {
        return Err(Failure::new(WORLD, line));
    }
    let runtime = runtime()?;
    let ended = runtime.block_on(service::run(Arc::clone(settings)));
    // Blocking calls of clients may still wait for a broker that is gone.
    runtime.shutdown_timeout(FINISH);
    ended.map_err(|error| failure(settings, &error))
}

/// The runtime of everything that lasts.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    // Telemetry exports on threads of its own, so two workers are enough to keep polling while one plans.
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(2, |count| count.get().max(2)))
        .thread_name("baton")
        .enable_all()
        .build()
        .map_err(|error| Failure::new(FAILED, format!("no runtime: {error}")))
}

/// Cancels at the first SIGTERM or Ctrl-C.
pub(super) async fn signal(cancel: CancellationToken) -> std::io::Result<()> {
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminated.recv() => {}
        caught = tokio::signal::ctrl_c() => caught?,
    }
    cancel.cancel();
    Ok(())
}

pub(super) fn failure(settings: &Settings, error: &ServiceError) -> Failure {
    match error {
        ServiceError::Store(error) => Failure::store(settings, error),
        ServiceError::Prepare(_) | ServiceError::ClockSet(_) | ServiceError::NoTexts => {
            Failure::of(WORLD, error)
        }
        ServiceError::Listen { .. } | ServiceError::SigningKeyFile { .. } => Failure::of(WORLD, error),
        ServiceError::SigningKey { .. } | ServiceError::Channels(_) => Failure::of(USAGE, error),
        ServiceError::Signal(_)
        | ServiceError::Decoder(_)
        | ServiceError::Intake(_)
        | ServiceError::Web(_)
        | ServiceError::Thread(_)
        | ServiceError::Key
        | ServiceError::Ended(_) => Failure::of(FAILED, error),
    }
}

pub(super) fn options(settings: &Settings) -> telemetry::Options {
    telemetry::Options {
        format: match settings.telemetry.format {
            LogFormat::Auto => telemetry::Format::Auto,
            LogFormat::Text => telemetry::Format::Text,
            LogFormat::Json => telemetry::Format::Json,
        },
        filter: settings.telemetry.filter.clone(),
        otlp_endpoint: settings.telemetry.otlp_endpoint.clone(),
        service_name: settings.telemetry.service_name.clone(),
        export_every: Duration::from_secs(settings.telemetry.export_seconds),
        traced_percent: settings.telemetry.traced_percent,
    }
}
