//! Whom raw bytes name: keys of every e-mail address, CRM record, visitor's id and lead id that can be read in a record
//! which nobody could decode. It keeps no text, and guesses nothing about who they are.

use super::keys::{self, Keys};
use super::request::CrmKey;
use crate::domain::ids::{IdentityKey, LeadId};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Keys of one record at most; a list of addresses sent by accident names a thousand people, not a million.
const KEYS_MAX: usize = 1_000;
/// Letters of an e-mail address at most (RFC 5321).
const ADDRESS_CHARS_MAX: usize = 254;
/// The shortest base64 that can hold an address: `a@b.c` in letters.
const ENCODED_CHARS_MIN: usize = 7;
/// Encodings inside each other that are looked into: base64 of JSON in a header, and once more.
const DEPTH_MAX: u8 = 2;

/// The keys that a record's parts (key, headers, value) name, sorted; at most a thousand.
#[must_use]
pub fn keys_in<'a>(keys: &Keys, parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<IdentityKey> {
    let mut found = Found { keys, names: BTreeSet::new() };
    for part in parts {
        found.bytes(part, DEPTH_MAX);
    }
    found.names.into_iter().collect()
}

struct Found<'k> {
    keys: &'k Keys,
    names: BTreeSet<IdentityKey>,
}

impl Found<'_> {
    fn bytes(&mut self, bytes: &[u8], depth: u8) {
        let text = String::from_utf8_lossy(bytes);
        self.text(&text, depth);
        if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
            self.value(&value, depth);
        } else if text.contains("\\u") || text.contains("\\n") || text.contains("\\t") || text.contains("\\/")
        {
            // Broken JSON still writes its texts with escapes.
            self.text(&unescaped(&text), depth);
        }
    }

    fn text(&mut self, text: &str, depth: u8) {
        self.addresses(text);
        if depth == 0 {
            return;
        }
        if text.contains('%') {
            self.addresses(&unquoted(text));
        }
        let letter = |it: char| it.is_ascii_alphanumeric() || matches!(it, '+' | '/' | '-' | '_');
        for run in text.split(|it| !letter(it)).filter(|run| run.len() >= ENCODED_CHARS_MIN) {
            let decoded = STANDARD_NO_PAD.decode(run).or_else(|_| URL_SAFE_NO_PAD.decode(run));
            if let Some(decoded) = decoded.ok().filter(|decoded| decoded.contains(&b'@')) {
                self.bytes(&decoded, depth - 1);
            }
        }
    }

    /// Members that name a person in any of the contract's shapes.
    fn value(&mut self, value: &Value, depth: u8) {
        match value {
            Value::String(text) => self.text(text, depth),
            Value::Array(items) => items.iter().for_each(|item| self.value(item, depth)),
            Value::Object(members) => {
                let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::trim);
                if let (Some(system), Some(object), Some(id)) = (text("system"), text("object"), text("id")) {
                    let key =
                        CrmKey { system: system.to_owned(), object: object.to_owned(), id: id.to_owned() };
                    // Colleagues and companies are named beside the person: they are not whom the record is about.
                    if matches!(object, "lead" | "contact") {
                        self.add(self.keys.crm(&key));
                    }
                }
                if let Some(id) = text("anonymous_id") {
                    self.add(self.keys.anonymous(id));
                }
                if let Some(id) = text("lead_id").and_then(|id| Uuid::try_parse(id).ok()) {
                    self.add(IdentityKey::lead(LeadId(id)));
                }
                members.values().for_each(|member| self.value(member, depth));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Every e-mail-shaped stretch of a text.
    fn addresses(&mut self, text: &str) {
        for (at, _) in text.match_indices('@') {
            let local = text[..at].rsplit(ends_address).next().unwrap_or_default();
            let domain = text[at + 1..].split(ends_address).next().unwrap_or_default();
            let domain = domain.trim_end_matches(['.', '-', '\'', '!']);
            let is_address = !local.is_empty() && domain.contains('.') && !domain.starts_with('.');
            if !is_address || local.len() + domain.len() > ADDRESS_CHARS_MAX {
                continue;
            }
            // A quote or a dash before the address may be its own or stand beside it: both are remembered.
            for local in [local, local.trim_start_matches(['\'', '-', '.', '*', '_', '!', '#'])] {
                if !local.is_empty() {
                    self.add(self.keys.email(&keys::normal_email(&format!("{local}@{domain}"))));
                }
            }
        }
    }

    fn add(&mut self, key: IdentityKey) {
        if self.names.len() < KEYS_MAX {
            self.names.insert(key);
        }
    }
}

/// Letters that stand beside an address and not in it.
fn ends_address(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || letter == char::REPLACEMENT_CHARACTER
        || matches!(
            letter,
            '"' | '<'
                | '>'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | ','
                | ';'
                | ':'
                | '\\'
                | '/'
                | '='
                | '&'
                | '?'
                | '|'
                | '@'
                | '%'
                | '`'
        )
}

/// Percent-encoding read back, as far as it is one; a plus is a plus.
fn unquoted(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let encoded = hex.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(encoded.unwrap_or(*first));
        rest = if encoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// JSON's escapes read back, in a text that is no JSON.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let mut letters = after.chars();
        rest = match letters.next() {
            Some('u') => {
                let code = after.get(1..5).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                plain.push(code.and_then(char::from_u32).unwrap_or(' '));
                if code.is_some() { after.get(5..).unwrap_or_default() } else { letters.as_str() }
            }
            Some('/') => {
                plain.push('/');
                letters.as_str()
            }
            Some(_) => {
                plain.push(' ');
                letters.as_str()
            }
            None => "",
        };
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::KeyKind;
    use serde_json::json;

    fn keys() -> Keys {
        Keys::new(b"a secret", 1)
    }

    fn names(text: &[u8]) -> Vec<IdentityKey> {
        keys_in(&keys(), [text])
    }

    #[test]
    fn an_address_is_found_however_it_is_written() {
        let address = keys().email("ada.quist+x@acme.example");
        let plain = "ada.quist+x@acme.example";
        let encoded = STANDARD_NO_PAD.encode(format!("to {plain}!"));
        let twice = STANDARD_NO_PAD.encode(json!({ "inner": encoded }).to_string() + "@");
        for text in [
            plain.to_owned(),
            "ADA.Quist+x@ACME.example".to_owned(),
            format!("<{plain}>, and more"),
            format!("mailto:{plain}?subject=x"),
            format!("it ends with {plain}."),
            format!("{{\"broken\": \"\\n{plain}\\t"),
            "{\"broken\": \"ada.quist+x\\u0040acme.example".to_owned(),
            "{\"whole\": \"ada.quist+x\\u0040acme.example\"}".to_owned(),
            "https://a.example/?e=ada.quist%2Bx%40acme.example&x=1".to_owned(),
            format!("'{plain}'"),
            encoded,
            URL_SAFE_NO_PAD.encode(plain),
            twice,
        ] {
            assert!(names(text.as_bytes()).contains(&address), "{text}");
        }
        assert!(names(b"\xff\xfeada.quist+x@acme.example\xff").contains(&address));
    }

    #[test]
    fn what_is_no_address_gives_no_key() {
        for text in ["@", "a@", "@b.c", "a@b", "a@.c", "nobody at acme.example", "%4", "%zz", "\\u00", "\\"] {
            assert!(names(text.as_bytes()).is_empty(), "{text}");
        }
    }

    #[test]
    fn crm_records_visitors_and_leads_are_found_where_the_record_is_json() {
        let lead = "734d4a2b-15a2-5367-b213-95d499ec2e23";
        let found = names(
            json!({ "lead_id": lead, "person": { "crm": [{ "system": "crm", "object": "lead", "id": "00Q1" }] },
                "actor": { "system": "crm", "object": "user", "id": "u-1" }, "anonymous_id": "v-1" })
            .to_string()
            .as_bytes(),
        );
        let kinds: Vec<KeyKind> = found.iter().map(|key| key.kind).collect();
        assert_eq!(kinds, [KeyKind::Crm, KeyKind::Lead, KeyKind::Anonymous]);
        assert!(found.contains(&keys().crm(&CrmKey {
            system: "crm".to_owned(),
            object: "lead".to_owned(),
            id: "00Q1".to_owned()
        })));
    }

    #[test]
    fn a_record_of_addresses_alone_has_a_bound() {
        let many: Vec<String> = (0..5_000).map(|number| format!("a{number}@acme.example")).collect();
        assert_eq!(names(many.join(" ").as_bytes()).len(), KEYS_MAX);
    }
}
