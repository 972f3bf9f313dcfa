//! One compiled JSON schema. It never fetches a reference, and never repeats a value in what it reports.

use crate::contract::request::Unreadable;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// Violations that are named at most; who mends three finds the rest.
const VIOLATIONS_MAX: usize = 3;
/// Objects whose member names the sender makes up; what lies below them is not named.
const FREE_NAMES: &[&str] = &["/fields", "/click_ids"];

/// What a choice at the root of our schemas says: every one of them lists the keys that may name whom it is about.
const NOBODY: &str = "names nobody; give lead_id, crm or person.email, or another key that this type takes";

/// A schema that data is held against.
pub(super) struct Schema(Validator);

impl Schema {
    /// Compiles a schema's text. Patterns run in linear time, so that no input can make them slow.
    pub(super) fn compile(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let schema: Value = serde_json::from_str(text)?;
        let options = jsonschema::draft202012::options()
            .with_pattern_options(PatternOptions::regex())
            .should_validate_formats(false);
        Ok(Self(options.build(&schema).map_err(|error| error.to_string())?))
    }

    /// Passes data, or says where it breaks which rule.
    pub(super) fn check(&self, data: &Value) -> Result<(), Unreadable> {
        if self.0.is_valid(data) {
            return Ok(());
        }
        let mut details = Vec::new();
        for error in self.0.iter_errors(data).take(VIOLATIONS_MAX) {
            let path = error.instance_path().as_str();
            let place = FREE_NAMES.iter().find(|free| path.starts_with(**free)).copied().unwrap_or(path);
            let rule = if let ValidationErrorKind::Required { property } = error.kind() {
                format!("{} is required", property.as_str().unwrap_or("a member"))
            } else if path.is_empty() && error.kind().keyword() == "anyOf" {
                NOBODY.to_owned()
            } else {
                rule(error.kind().keyword())
            };
            details.push(format!("{}: {rule}", if place.is_empty() { "/" } else { place }));
        }
        Err(Unreadable { reason: "schema", detail: details.join("; ") })
    }
}

/// A keyword of JSON Schema in words; one without words stands for itself.
fn rule(keyword: &str) -> String {
    let words = match keyword {
        "type" => "is of the wrong type",
        "enum" | "const" => "is none of the allowed words",
        "pattern" => "has the wrong form",
        "maxLength" => "is too long",
        "minLength" => "is empty",
        "maxItems" | "maxProperties" => "has too many members",
        "minItems" => "has too few members",
        "maximum" | "minimum" => "is out of range",
        "propertyNames" => "has a name that is too long",
        "anyOf" => "matches none of the allowed shapes",
        "dependentRequired" => "lacks the member that belongs to it",
        other => return format!("breaks the rule {other}"),
    };
    words.to_owned()
}
