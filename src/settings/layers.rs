//! The four layers, later over earlier. Never checks ranges; unknown keys end here.

use super::places::{self, CLIENT};
use super::{DEFAULTS, Settings, SettingsError};
use config::{Config, ConfigBuilder, File, FileFormat, builder::DefaultState};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Prefix of our variables.
const PREFIX: &str = "BATON__";

/// The file that a signing key is kept in.
const SIGNING_KEY_NAME: &str = "checkpoint.key";

/// What the command line says about settings.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config FILE`
    pub file: Option<PathBuf>,
    /// `--set section.key=value`, in order.
    pub values: Vec<String>,
}

/// Foreign variables that are honoured, ours stronger.
const FOREIGN: &[(&str, &str)] = &[
    ("DATABASE_URL", "database.url"),
    ("KAFKA_BROKERS", "kafka.brokers"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry.otlp_endpoint"),
    ("OTEL_SERVICE_NAME", "telemetry.service_name"),
    ("RUST_LOG", "telemetry.filter"),
];

/// One value from a variable or a flag.
struct Override {
    path: String,
    value: String,
}

pub(super) fn read(
    flags: &Flags,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Settings, SettingsError> {
    let variables: BTreeMap<String, String> = environment.collect();
    let defaults: toml::Table =
        DEFAULTS.parse().map_err(|error: toml::de::Error| syntax("deploy/baton.toml", &error))?;
    let known = places::known(&defaults);
    let mut builder = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    if let Some(path) = &flags.file {
        let shown = path.display().to_string();
        let text = read_file(&shown)?;
        check_file(&known, &shown, &text)?;
        builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
    }
    let mut client = BTreeMap::new();
    for layer in [from_environment(&known, &variables)?, from_flags(&known, &flags.values)?] {
        builder = apply(builder, layer, &mut client)?;
    }
    if !client.is_empty() {
        let map: config::Map<String, String> = client.into_iter().collect();
        builder = builder.set_override(CLIENT, map).map_err(shape)?;
    }
    let mut settings: Settings = builder.build().and_then(Config::try_deserialize).map_err(shape)?;
    if settings.audit.signing_key_file.is_empty() {
        settings.audit.signing_key_file = signing_key_file(&variables);
    }
    Ok(settings)
}

/// Where a signing key stands when no setting says: in the state folder that systemd gives, the user's, or the system's.
fn signing_key_file(variables: &BTreeMap<String, String>) -> String {
    let variable = |name: &str| variables.get(name).filter(|value| !value.is_empty());
    // systemd may name several, split by colons.
    let folder = if let Some(folder) = variable("STATE_DIRECTORY").and_then(|all| all.split(':').next()) {
        folder.to_owned()
    } else if let Some(folder) = variable("XDG_STATE_HOME") {
        format!("{folder}/baton")
    } else if let Some(folder) = variable("HOME") {
        format!("{folder}/.local/state/baton")
    } else {
        "/var/lib/baton".to_owned()
    };
    format!("{folder}/{SIGNING_KEY_NAME}")
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands the error over")]
fn shape(error: config::ConfigError) -> SettingsError {
    SettingsError::Shape { detail: error.to_string().lines().collect::<Vec<_>>().join(" ") }
}

fn syntax(path: &str, error: &toml::de::Error) -> SettingsError {
    SettingsError::Syntax { path: path.to_owned(), detail: error.message().to_owned() }
}

fn read_file(path: &str) -> Result<String, SettingsError> {
    std::fs::read_to_string(path)
        .map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })
}

fn check_file(known: &BTreeSet<String>, shown: &str, text: &str) -> Result<(), SettingsError> {
    let table: toml::Table = text.parse().map_err(|error| syntax(shown, &error))?;
    for path in places::paths(&table) {
        if !places::is_known(known, &path) {
            let place =
                places::line(text, &path).map_or_else(|| shown.to_owned(), |line| format!("{shown}:{line}"));
            return Err(SettingsError::Unknown { nearest: places::nearest(known, &path), key: path, place });
        }
    }
    Ok(())
}

fn from_environment(
    known: &BTreeSet<String>,
    variables: &BTreeMap<String, String>,
) -> Result<Vec<Override>, SettingsError> {
    let mut found = Vec::new();
    for (name, path) in FOREIGN {
        if let Some(value) = variables.get(*name).filter(|value| !value.is_empty()) {
            found.push(Override { path: (*path).to_owned(), value: value.clone() });
        } else if let Some(file) = variables.get(&format!("{name}_FILE")) {
            found.push(Override { path: (*path).to_owned(), value: read_file(file)?.trim_end().to_owned() });
        }
    }
    for (name, value) in variables {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let path = rest.to_lowercase().replace("__", ".");
        if let Some(key) = path.strip_prefix(&format!("{CLIENT}.")) {
            found.push(client_variable(key, value)?);
        } else if places::is_known(known, &path) {
            found.push(Override { path, value: value.clone() });
        } else if let Some(path) = path.strip_suffix("_file").filter(|path| places::is_known(known, path)) {
            found.push(Override { path: path.to_owned(), value: read_file(value)?.trim_end().to_owned() });
        } else {
            let place = format!("environment {name}");
            return Err(SettingsError::Unknown { nearest: places::nearest(known, &path), key: path, place });
        }
    }
    Ok(found)
}

/// librdkafka's keys have dots where variables can only have underscores.
fn client_variable(key: &str, value: &str) -> Result<Override, SettingsError> {
    let (key, value) = match key.strip_suffix("_file") {
        Some(key) => (key, read_file(value)?.trim_end().to_owned()),
        None => (key, value.to_owned()),
    };
    Ok(Override { path: format!("{CLIENT}.{}", key.replace('_', ".")), value })
}

fn from_flags(known: &BTreeSet<String>, values: &[String]) -> Result<Vec<Override>, SettingsError> {
    let mut found = Vec::new();
    for text in values {
        let (path, value) = text.split_once('=').ok_or_else(|| SettingsError::Flag { text: text.clone() })?;
        let path = path.trim().to_owned();
        if !places::is_known(known, &path) && !path.starts_with(&format!("{CLIENT}.")) {
            let nearest = places::nearest(known, &path);
            return Err(SettingsError::Unknown { nearest, key: path, place: "--set".to_owned() });
        }
        found.push(Override { path, value: value.to_owned() });
    }
    Ok(found)
}

fn apply(
    mut builder: ConfigBuilder<DefaultState>,
    layer: Vec<Override>,
    client: &mut BTreeMap<String, String>,
) -> Result<ConfigBuilder<DefaultState>, SettingsError> {
    for Override { path, value } in layer {
        match path.strip_prefix(&format!("{CLIENT}.")) {
            Some(key) => {
                client.insert(key.to_owned(), value);
            }
            None => builder = builder.set_override(path, value).map_err(shape)?,
        }
    }
    Ok(builder)
}
