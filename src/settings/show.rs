//! What is in force, for people. Never shows a secret.

use super::Settings;
use serde_json::Value;
use std::fmt::Write as _;

impl Settings {
    /// The settings as JSON, secrets as stars and addresses without user and password.
    #[must_use]
    pub fn redacted(&self) -> Value {
        let mut shown = serde_json::to_value(self).unwrap_or(Value::Null);
        // Values of the pass-through map may be passwords whatever they look like.
        if let Some(client) = shown.pointer_mut("/kafka/client").and_then(Value::as_object_mut) {
            for (_, value) in client.iter_mut() {
                *value = Value::from("***");
            }
        }
        shown
    }

    /// The settings as TOML, secrets as stars.
    #[must_use]
    pub fn redacted_text(&self) -> String {
        let mut text = String::new();
        let shown = self.redacted();
        for (section, keys) in shown.as_object().into_iter().flatten() {
            let _ = writeln!(text, "[{section}]");
            for (key, value) in keys.as_object().into_iter().flatten() {
                let _ = writeln!(text, "{key} = {}", inline(value));
            }
            text.push('\n');
        }
        text
    }
}

/// A value as TOML writes it within a line.
fn inline(value: &Value) -> String {
    match value {
        Value::Object(inner) => {
            let pairs: Vec<String> =
                inner.iter().map(|(key, value)| format!("\"{key}\" = {}", inline(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}
