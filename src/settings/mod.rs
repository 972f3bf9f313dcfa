//! Settings: the embedded file, a file, the environment, flags. The only place that reads the environment; it never opens a connection.

mod channels;
mod digest;
mod error;
mod layers;
mod places;
mod secret;
mod show;

pub use channels::{Endpoint, Notify, Places, SECRET_PREFIX, Webhooks, decoded};
pub use error::SettingsError;
pub use layers::Flags;
pub use secret::{Secret, SecretUrl};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// The commented default file: every key stands in it.
pub const DEFAULTS: &str = include_str!("../../deploy/baton.toml");

/// librdkafka keys that our promises rest on: they cannot be passed through.
pub const KEYS_HELD: &[&str] = &[
    "acks",
    "auto.offset.reset",
    "bootstrap.servers",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.protocol",
    "isolation.level",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "message.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "request.required.acks",
    "session.timeout.ms",
    "transactional.id",
];

/// Bytes that a service key needs at least: 256 bits, the block that HMAC-SHA-256 loses nothing under.
const SERVICE_KEY_BYTES_MIN: usize = 32;

/// Hexadecimal digits of an Ed25519 seed of 32 bytes (RFC 8032).
const SIGNING_KEY_DIGITS: usize = 64;

/// Everything that may be set, section by section; `deploy/baton.toml` says what each means.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Settings {
    pub database: Database,
    pub kafka: Kafka,
    pub http: Http,
    pub lanes: Lanes,
    pub relay: Relay,
    pub router: Router,
    pub sweeper: Sweeper,
    pub telemetry: Telemetry,
    pub limits: Limits,
    pub security: Security,
    pub audit: Audit,
    pub webhooks: Webhooks,
    pub notify: Notify,
}

/// `[database]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Database {
    pub url: Secret,
    pub owner_url: Secret,
    pub statement_timeout_milliseconds: u32,
    pub lock_timeout_milliseconds: u32,
    pub idle_in_transaction_timeout_milliseconds: u32,
    pub reader_connections: u32,
}

/// `[kafka]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Kafka {
    pub brokers: String,
    pub group: String,
    pub first_start: FirstStart,
    pub session_timeout_milliseconds: u32,
    /// librdkafka keys passed through; values may be secrets.
    #[serde(default)]
    pub client: BTreeMap<String, Secret>,
}

/// Where a partition starts that was never read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FirstStart {
    Earliest,
    Latest,
}

/// `[http]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Http {
    pub listen: SocketAddr,
    pub public_url: String,
}

/// `[lanes]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Lanes {
    pub workers: usize,
    pub batch_records: usize,
    pub batch_bytes: usize,
    pub batch_wait_milliseconds: u64,
    pub queue_records: usize,
    pub queue_bytes: usize,
    pub heartbeat_milliseconds: u64,
    pub stuck_seconds: u64,
}

/// `[relay]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Relay {
    pub rows: u32,
    pub sweep_milliseconds: u64,
    pub lease_seconds: u32,
    pub linger_milliseconds: u32,
    pub delivery_timeout_milliseconds: u32,
}

/// `[router]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Router {
    pub tick_milliseconds: u64,
    pub leads: u32,
    pub lease_seconds: u32,
}

/// `[sweeper]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Sweeper {
    pub tick_milliseconds: u64,
    pub leads: u32,
    pub leads_per_second: u32,
    pub rest_milliseconds: u64,
    pub maintenance_seconds: u64,
}

/// `[telemetry]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Telemetry {
    pub format: LogFormat,
    pub filter: String,
    pub otlp_endpoint: String,
    pub service_name: String,
    pub export_seconds: u64,
    pub traced_percent: u8,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Limits {
    pub shutdown_seconds: u64,
    pub fail_after_statement: u32,
}

/// `[security]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Security {
    pub service_key: Secret,
}

/// `[audit]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Audit {
    pub checkpoint_seconds: u64,
    /// An Ed25519 seed in hexadecimal; empty: the file's.
    pub signing_key: Secret,
    /// Never empty once read: see `deploy/baton.toml`.
    pub signing_key_file: String,
}

impl Settings {
    /// Reads all layers, from the embedded file to the flags.
    ///
    /// # Errors
    /// An unknown key, a value of another shape or out of its range, or a file that cannot be read; each names the
    /// setting and the mend.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn load(flags: &Flags) -> Result<Self, SettingsError> {
        Self::from_layers(flags, std::env::vars())
    }

    /// As [`Self::load`], with the environment given.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn from_layers(
        flags: &Flags,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let settings = layers::read(flags, environment)?;
        settings.check()?;
        Ok(settings)
    }

    /// Where the owner's role connects: `owner_url`, else `url`.
    #[must_use]
    pub fn owner_url(&self) -> &Secret {
        if self.database.owner_url.is_empty() { &self.database.url } else { &self.database.owner_url }
    }

    /// Whether somebody said which database; else commands that can do without one go on where none answers.
    #[must_use]
    pub fn names_database(&self) -> bool {
        let built_in = DEFAULTS.parse::<toml::Table>().ok();
        let address = built_in.as_ref().and_then(|defaults| defaults.get("database")?.get("url")?.as_str());
        address != Some(self.database.url.expose())
    }

    /// What people type into a browser.
    #[must_use]
    pub fn board_url(&self) -> String {
        if self.http.public_url.is_empty() {
            format!("http://{}", self.http.listen)
        } else {
            self.http.public_url.trim_end_matches('/').to_owned()
        }
    }

    /// Whether anybody is told of anything beside Kafka.
    #[must_use]
    pub fn has_channels(&self) -> bool {
        !self.webhooks.endpoint.is_empty() || !self.notify.is_empty()
    }

    /// The ordered stop's bound.
    #[must_use]
    pub fn shutdown_bound(&self) -> Duration {
        Duration::from_secs(self.limits.shutdown_seconds)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let range = |key: &'static str, value: u64, least: u64, most: u64| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(SettingsError::Range { key, value, least, most })
            }
        };
        range("lanes.workers", self.lanes.workers as u64, 1, 64)?;
        range("lanes.batch_records", self.lanes.batch_records as u64, 1, 1_000)?;
        range("lanes.batch_bytes", self.lanes.batch_bytes as u64, 1 << 16, 1 << 20)?;
        range("lanes.batch_wait_milliseconds", self.lanes.batch_wait_milliseconds, 0, 1_000)?;
        range("lanes.queue_records", self.lanes.queue_records as u64, 100, 100_000)?;
        range("lanes.queue_bytes", self.lanes.queue_bytes as u64, 1 << 20, 1 << 28)?;
        range("lanes.heartbeat_milliseconds", self.lanes.heartbeat_milliseconds, 100, 60_000)?;
        range("relay.rows", u64::from(self.relay.rows), 1, 1_000)?;
        range("relay.lease_seconds", u64::from(self.relay.lease_seconds), 2, 300)?;
        range("relay.sweep_milliseconds", self.relay.sweep_milliseconds, 50, 60_000)?;
        range("router.leads", u64::from(self.router.leads), 1, 200)?;
        range("router.lease_seconds", u64::from(self.router.lease_seconds), 2, 300)?;
        range("router.tick_milliseconds", self.router.tick_milliseconds, 50, 60_000)?;
        range("sweeper.leads", u64::from(self.sweeper.leads), 1, 1_000)?;
        range("sweeper.leads_per_second", u64::from(self.sweeper.leads_per_second), 1, 100_000)?;
        range("sweeper.tick_milliseconds", self.sweeper.tick_milliseconds, 50, 60_000)?;
        range("telemetry.export_seconds", self.telemetry.export_seconds, 1, 3_600)?;
        range("telemetry.traced_percent", u64::from(self.telemetry.traced_percent), 0, 100)?;
        range("audit.checkpoint_seconds", self.audit.checkpoint_seconds, 1, 3_600)?;
        range("limits.shutdown_seconds", self.limits.shutdown_seconds, 1, 60)?;
        range("database.reader_connections", u64::from(self.database.reader_connections), 1, 100)?;
        let session_timeout = u64::from(self.kafka.session_timeout_milliseconds);
        range("kafka.session_timeout_milliseconds", session_timeout, 6_000, 300_000)?;
        for (key, value) in [("kafka.brokers", &self.kafka.brokers), ("kafka.group", &self.kafka.group)] {
            if value.trim().is_empty() {
                return Err(SettingsError::Empty { key });
            }
        }
        if let Some(held) = self.kafka.client.keys().find(|key| KEYS_HELD.contains(&key.as_str())) {
            return Err(SettingsError::Held { key: held.clone() });
        }
        let key = self.security.service_key.expose();
        if !key.is_empty() && key.len() < SERVICE_KEY_BYTES_MIN {
            return Err(SettingsError::ShortServiceKey { least: SERVICE_KEY_BYTES_MIN });
        }
        let key = self.audit.signing_key.expose();
        let is_seed = key.len() == SIGNING_KEY_DIGITS && key.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !key.is_empty() && !is_seed {
            return Err(SettingsError::SigningKey { digits: SIGNING_KEY_DIGITS });
        }
        self.webhooks.check()?;
        self.notify.check(&self.webhooks)
    }
}

#[cfg(test)]
mod tests;
