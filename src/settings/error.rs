//! What can be wrong with settings, each in one line that names the setting and the mend. Never holds a secret's value.

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{place}: unknown setting {key}{}", hint(.nearest.as_deref()))]
    Unknown { key: String, place: String, nearest: Option<String> },
    #[error("{path}: cannot be read: check the path of --config or of the ..._FILE variable")]
    Unreadable {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{path}: is no valid TOML: {detail}")]
    Syntax { path: String, detail: String },
    #[error("settings cannot be read: {detail}")]
    Shape { detail: String },
    #[error("{key} = {value} is out of range: give a number from {least} to {most}")]
    Range { key: &'static str, value: u64, least: u64, most: u64 },
    #[error("{key} is empty: set it in the file, as BATON__{}, or with --set", .key.to_uppercase().replace('.', "__"))]
    Empty { key: &'static str },
    #[error("kafka.client.\"{key}\" cannot be set: what Baton promises rests on its own value; remove it")]
    Held { key: String },
    #[error("security.service_key is shorter than {least} bytes: make one with `openssl rand -hex 32`")]
    ShortServiceKey { least: usize },
    #[error("audit.signing_key is not {digits} hexadecimal digits: make one with `openssl rand -hex 32`")]
    SigningKey { digits: usize },
    #[error("{key}: {fault}")]
    Channel { key: String, fault: &'static str },
    #[error("--set {text}: write it as section.key=value")]
    Flag { text: String },
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"))
}
