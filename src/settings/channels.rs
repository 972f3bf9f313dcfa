//! `[webhooks]` and `[notify]`: who is told beside Kafka, where, and under which secrets. It sends nothing and looks no
//! address up.

use super::SettingsError;
use super::digest::DigestAt;
use super::secret::{Secret, SecretUrl};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Begins every secret, says Standard Webhooks.
pub const SECRET_PREFIX: &str = "whsec_";
/// Bytes of a secret, says Standard Webhooks.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Secrets of one endpoint: the one in force, the one before it, and one to spare.
const SECRETS_MAX: usize = 3;
/// Attempts that one delivery may have after the first.
const RETRIES_MAX: usize = 30;
/// All waits together: contents are kept for 30 days.
const RETRY_SECONDS_MAX: u64 = 20 * 86_400;
/// The longest that one attempt may take: Standard Webhooks recommends 15 to 30.
const TIMEOUT_SECONDS_MAX: u64 = 60;

/// `[webhooks]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Webhooks {
    pub allow_private: bool,
    pub timeout_seconds: u64,
    /// From a failed attempt to the next.
    #[serde(deserialize_with = "seconds")]
    pub retry_seconds: Vec<u64>,
    #[serde(default)]
    pub endpoint: BTreeMap<String, Endpoint>,
}

/// `[webhooks.endpoint.NAME]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Endpoint {
    pub url: SecretUrl,
    /// All of them sign; the first is the one in force.
    #[serde(default, deserialize_with = "secrets")]
    pub secrets: Vec<Secret>,
    /// `lead.routed.v1`, `lead.*`, ...; empty: all.
    #[serde(default, deserialize_with = "words")]
    pub types: Vec<String>,
    /// Only what concerns these members; empty: all.
    #[serde(default, deserialize_with = "words")]
    pub members: Vec<String>,
    /// Only what concerns somebody of these pools; empty: all.
    #[serde(default, deserialize_with = "words")]
    pub pools: Vec<String>,
}

/// `[notify]`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Notify {
    /// `smtp://user:password@host:587?tls=required`
    pub smtp_url: Secret,
    pub from: String,
    /// When people are told of the last week, as `mon 08:00`; empty: never.
    pub digest: String,
    #[serde(default)]
    pub member: BTreeMap<String, Places>,
    #[serde(default)]
    pub pool: BTreeMap<String, Places>,
}

/// Where somebody hears of offers.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Places {
    pub slack_url: SecretUrl,
    /// An address is personal data: never shown.
    pub email: Secret,
}

impl Webhooks {
    /// The longest that one attempt may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let (value, most) = (self.timeout_seconds, TIMEOUT_SECONDS_MAX);
        if !(1..=most).contains(&value) {
            return Err(SettingsError::Range { key: "webhooks.timeout_seconds", value, least: 1, most });
        }
        let key = "webhooks.retry_seconds";
        if self.retry_seconds.is_empty() || self.retry_seconds.len() > RETRIES_MAX {
            return Err(fault(key, "give 1 to 30 waits in seconds, such as [5, 300, 1800]"));
        }
        let in_all = self.retry_seconds.iter().fold(0_u64, |sum, seconds| sum.saturating_add(*seconds));
        if in_all > RETRY_SECONDS_MAX {
            return Err(fault(key, "the waits are 1,728,000 seconds (20 days) together at most"));
        }
        self.endpoint.iter().try_for_each(|(name, endpoint)| {
            let key = |field: &str| format!("webhooks.endpoint.{name}.{field}");
            check_name(&key("url"), name)?;
            self.check_url(key("url"), &endpoint.url)?;
            let named = |it: &String| it.starts_with("lead.") || it.starts_with("feedback.");
            if !endpoint.types.iter().all(named) {
                return Err(fault(
                    key("types"),
                    "a type is one such as lead.routed.v1, lead.* or feedback.*",
                ));
            }
            if endpoint.secrets.is_empty() || endpoint.secrets.len() > SECRETS_MAX {
                return Err(fault(key("secrets"), "give 1 to 3 secrets; all of them sign"));
            }
            if endpoint.secrets.iter().any(|secret| decoded(secret.expose()).is_none()) {
                return Err(fault(
                    key("secrets"),
                    "a secret is whsec_ and 24 to 64 bytes in base64: echo whsec_$(openssl rand -base64 32)",
                ));
            }
            Ok(())
        })
    }

    /// Private addresses are refused when a name has been looked up; what the text alone says is refused here.
    fn check_url(&self, key: String, url: &SecretUrl) -> Result<(), SettingsError> {
        let text = url.expose();
        if text.starts_with("https://") || (self.allow_private && text.starts_with("http://")) {
            return Ok(());
        }
        Err(fault(key, "give an https:// address (http:// only with webhooks.allow_private = true)"))
    }
}

impl Notify {
    /// Whether nobody is told of offers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.member.is_empty() && self.pool.is_empty()
    }

    /// Whether anybody is told by e-mail.
    #[must_use]
    pub fn has_mail(&self) -> bool {
        self.member.values().any(|places| !places.email.is_empty())
    }

    /// When people are told of the last week, in their own time; `None`: never.
    #[must_use]
    pub fn digest_at(&self) -> Option<DigestAt> {
        DigestAt::parse(&self.digest)
    }

    pub(super) fn check(&self, webhooks: &Webhooks) -> Result<(), SettingsError> {
        if !self.digest.is_empty() && self.digest_at().is_none() {
            return Err(fault("notify.digest", "write it as mon 08:00, or leave it empty for no digest"));
        }
        let members = self.member.iter().map(|(id, places)| (format!("notify.member.{id}"), id, places));
        let pools = self.pool.iter().map(|(id, places)| (format!("notify.pool.{id}"), id, places));
        for (key, id, places) in members.chain(pools) {
            check_name(&key, id)?;
            if !places.slack_url.is_empty() {
                webhooks.check_url(format!("{key}.slack_url"), &places.slack_url)?;
            }
            if places.email.is_empty() {
                continue;
            }
            if !places.email.expose().contains('@') {
                return Err(fault(format!("{key}.email"), "is no e-mail address"));
            }
            if self.smtp_url.is_empty() {
                return Err(SettingsError::Empty { key: "notify.smtp_url" });
            }
            if self.from.is_empty() {
                return Err(SettingsError::Empty { key: "notify.from" });
            }
        }
        Ok(())
    }
}

/// The key behind a secret's text.
#[must_use]
pub fn decoded(secret: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(secret.strip_prefix(SECRET_PREFIX)?).ok()?;
    SECRET_BYTES.contains(&bytes.len()).then_some(bytes)
}

fn fault(key: impl Into<String>, fault: &'static str) -> SettingsError {
    SettingsError::Channel { key: key.into(), fault }
}

/// Names stand in rows, lists and command lines.
fn check_name(key: &str, name: &str) -> Result<(), SettingsError> {
    let plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "-_.".contains(it);
    if name.len() <= 64 && name.chars().all(plain) {
        return Ok(());
    }
    Err(fault(key, "a name has at most 64 of a-z, 0-9, dash, underscore and dot"))
}

/// A list, or the same as one text with commas, which is how a variable says it.
struct List<T>(fn(&str) -> Option<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list, or a text with commas")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<T>, E> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts
            .map(|part| (self.0)(part).ok_or_else(|| E::custom("an item of the list cannot be read")))
            .collect()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(list)
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    deserializer.deserialize_any(List(|text| text.parse().ok()))
}

fn secrets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Secret>, D::Error> {
    deserializer.deserialize_any(List(|text| Some(Secret::new(text))))
}

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_any(List(|text| Some(text.to_owned())))
}
