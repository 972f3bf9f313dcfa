//! Logs, traces and metrics. Never holds personal data, and no label names a lead.

pub mod health;
pub mod metrics;
pub mod semantic;
pub mod trace;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{MetricExporter, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use prometheus::Encoder as _;
use std::io::IsTerminal as _;
use std::sync::{OnceLock, mpsc};
use std::time::Duration;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// What `/metrics` reads; a second start in one process (tests) keeps the first.
static REGISTRY: OnceLock<prometheus::Registry> = OnceLock::new();

/// One export may take so long; the collector is near or gone.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(3);

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text on a terminal, else JSON.
    Auto,
    Text,
    Json,
}

/// What telemetry needs to know.
#[derive(Clone, Debug)]
pub struct Options {
    pub format: Format,
    /// Directives of `EnvFilter`.
    pub filter: String,
    /// Base address of an OTLP/HTTP collector; empty: nothing is exported.
    pub otlp_endpoint: String,
    pub service_name: String,
    pub export_every: Duration,
    /// Of a hundred batches so many are traced when the caller did not decide.
    pub traced_percent: u8,
}

/// Why telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("telemetry.filter cannot be read: write it as `info` or `baton=debug,info`")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    #[error(
        "telemetry.otlp_endpoint = {endpoint}: only http:// is built in; send to a collector beside the service"
    )]
    Endpoint { endpoint: String },
    #[error("the OTLP exporter cannot be built")]
    Exporter(#[source] opentelemetry_otlp::ExporterBuildError),
    #[error("the Prometheus registry cannot be built")]
    Registry(#[source] opentelemetry_sdk::error::OTelSdkError),
    #[error("metrics cannot be written as text")]
    Text(#[source] prometheus::Error),
}

/// What runs beside the service until [`Telemetry::finish`].
#[derive(Debug)]
pub struct Telemetry {
    meters: SdkMeterProvider,
    tracers: Option<SdkTracerProvider>,
}

/// Starts logs, metrics and, with an endpoint, the export of both traces and metrics on threads of their own (the
/// runtime's workers must not carry them: a blocking client there would deadlock). Call it outside a runtime, once.
///
/// # Errors
/// A filter or an endpoint that cannot be used.
pub fn start(options: &Options) -> Result<Telemetry, TelemetryError> {
    let endpoint = options.otlp_endpoint.trim_end_matches('/');
    if !endpoint.is_empty() && !endpoint.starts_with("http://") {
        return Err(TelemetryError::Endpoint { endpoint: endpoint.to_owned() });
    }
    let filter = EnvFilter::try_new(&options.filter).map_err(TelemetryError::Filter)?;
    let resource = Resource::builder().with_service_name(options.service_name.clone()).build();
    let (meters, registry) = meters(options, endpoint, resource.clone())?;
    let _ = REGISTRY.set(registry);
    opentelemetry::global::set_meter_provider(meters.clone());
    let tracers = if endpoint.is_empty() { None } else { Some(tracers(options, endpoint, resource)?) };
    let spans = tracers.as_ref().map(|tracers| {
        tracing_opentelemetry::layer()
            .with_tracer(tracers.tracer(semantic::SCOPE))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
    });
    let subscriber = Registry::default()
        .with(spans.with_filter(spans_filter()))
        .with(lines(options.format).with_filter(filter));
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        tracing::debug!("logs are being written already");
    }
    Ok(Telemetry { meters, tracers })
}

/// Spans of ours alone are exported; libraries' own would drown them.
fn spans_filter() -> EnvFilter {
    EnvFilter::new("baton=info")
}

fn lines(format: Format) -> Box<dyn Layer<LineBase> + Send + Sync> {
    let text = match format {
        Format::Auto => std::io::stderr().is_terminal(),
        Format::Text => true,
        Format::Json => false,
    };
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    if text {
        layer.with_target(false).with_ansi(std::io::stderr().is_terminal()).boxed()
    } else {
        layer.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    }
}

/// What the log layer stands on: the registry with the exporting layer.
type SpanLayer = tracing_subscriber::filter::Filtered<
    Option<tracing_opentelemetry::OpenTelemetryLayer<Registry, opentelemetry_sdk::trace::SdkTracer>>,
    EnvFilter,
    Registry,
>;
type LineBase = tracing_subscriber::layer::Layered<SpanLayer, Registry>;

/// The HTTP client asks for a provider even where it never speaks TLS; whoever chose before is as good.
fn cryptography() {
    let _chosen = rustls::crypto::ring::default_provider().install_default();
}

fn tracers(
    options: &Options,
    endpoint: &str,
    resource: Resource,
) -> Result<SdkTracerProvider, TelemetryError> {
    cryptography();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .with_timeout(EXPORT_TIMEOUT)
        .build()
        .map_err(TelemetryError::Exporter)?;
    let ratio = f64::from(options.traced_percent) / 100.0;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio))))
        .with_max_links_per_span(trace::LINKS_MAX)
        .with_resource(resource)
        .build())
}

fn meters(
    options: &Options,
    endpoint: &str,
    resource: Resource,
) -> Result<(SdkMeterProvider, prometheus::Registry), TelemetryError> {
    let registry = prometheus::Registry::new();
    let text = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .build()
        .map_err(TelemetryError::Registry)?;
    let mut builder = SdkMeterProvider::builder().with_reader(text).with_resource(resource);
    if !endpoint.is_empty() {
        cryptography();
        let exporter = MetricExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{endpoint}/v1/metrics"))
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .map_err(TelemetryError::Exporter)?;
        builder = builder
            .with_reader(PeriodicReader::builder(exporter).with_interval(options.export_every).build());
    }
    Ok((builder.build(), registry))
}

/// All metrics as Prometheus text; empty before [`start`].
///
/// # Errors
/// A metric that has no text form.
pub fn metrics_text() -> Result<String, TelemetryError> {
    let Some(registry) = REGISTRY.get() else { return Ok(String::new()) };
    let mut bytes = Vec::new();
    prometheus::TextEncoder::new().encode(&registry.gather(), &mut bytes).map_err(TelemetryError::Text)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl Telemetry {
    /// Sends what is left, but never takes longer than `bound`. Call it outside the runtime.
    pub fn finish(self, bound: Duration) {
        let (done, wait) = mpsc::channel();
        let flush = std::thread::Builder::new().name("telemetry-finish".to_owned()).spawn(move || {
            if let Some(tracers) = &self.tracers
                && let Err(error) = tracers.shutdown_with_timeout(bound)
            {
                tracing::warn!(error = %error, "spans were not all exported");
            }
            if let Err(error) = self.meters.shutdown_with_timeout(bound) {
                tracing::debug!(error = %error, "metrics were not all exported");
            }
            let _ = done.send(());
        });
        if flush.is_ok() && wait.recv_timeout(bound).is_err() {
            tracing::warn!(bound_seconds = bound.as_secs(), "telemetry was not flushed within its bound");
        }
    }
}

/// An error and what lies behind it, in one line.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

#[cfg(test)]
mod tests;
