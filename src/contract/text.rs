//! Checks and canonical bytes of JSON documents. It never knows what a document means.

use super::request::Unreadable;
use serde_json::Value;

/// Levels of objects and arrays that a document may have: twice what any schema of ours needs.
pub(super) const NESTING_MAX: usize = 64;

/// What `serde_json` says of a document nested deeper than its own limit of 128, which keeps the stack bounded.
const PARSER_TOO_DEEP: &str = "recursion limit exceeded";

/// Parses a document and refuses what no field may hold: U+0000 in a string or a name, and deep nesting.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|error| Unreadable {
        reason: "not_utf8",
        detail: format!("byte {} is not UTF-8", error.valid_up_to()),
    })?;
    let document: Value = serde_json::from_str(text).map_err(|error| {
        if error.to_string().starts_with(PARSER_TOO_DEEP) {
            too_deep()
        } else {
            // The parser's own words may repeat what it read; the place alone is enough to mend it.
            Unreadable {
                reason: "not_json",
                detail: format!("line {}, column {}", error.line(), error.column()),
            }
        }
    })?;
    check(&document, 0)?;
    Ok(document)
}

fn too_deep() -> Unreadable {
    Unreadable { reason: "too_deep", detail: format!("more than {NESTING_MAX} levels of nesting") }
}

fn check(value: &Value, depth: usize) -> Result<(), Unreadable> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::String(text) => check_text(text, "a string"),
        Value::Array(items) => {
            if depth >= NESTING_MAX {
                return Err(too_deep());
            }
            items.iter().try_for_each(|item| check(item, depth + 1))
        }
        Value::Object(members) => {
            if depth >= NESTING_MAX {
                return Err(too_deep());
            }
            members.iter().try_for_each(|(name, member)| {
                check_text(name, "a name")?;
                check(member, depth + 1)
            })
        }
    }
}

/// Refuses U+0000, which the database cannot store as text.
pub(super) fn check_text(text: &str, place: &str) -> Result<(), Unreadable> {
    if text.as_bytes().contains(&0) {
        return Err(Unreadable { reason: "forbidden_character", detail: format!("U+0000 in {place}") });
    }
    Ok(())
}

/// The canonical bytes of a value: no spaces, names sorted, whatever order they came in.
pub(super) fn canonical(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => written(value, bytes),
        Value::String(text) => quoted(text, bytes),
        Value::Array(items) => {
            bytes.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    bytes.push(b',');
                }
                canonical(item, bytes);
            }
            bytes.push(b']');
        }
        Value::Object(object) if object.keys().is_sorted() => members(object.iter(), bytes),
        Value::Object(object) => {
            let mut sorted: Vec<(&String, &Value)> = object.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            members(sorted.into_iter(), bytes);
        }
    }
}

fn members<'a>(sorted: impl Iterator<Item = (&'a String, &'a Value)>, bytes: &mut Vec<u8>) {
    bytes.push(b'{');
    for (place, (name, member)) in sorted.enumerate() {
        if place > 0 {
            bytes.push(b',');
        }
        quoted(name, bytes);
        bytes.push(b':');
        canonical(member, bytes);
    }
    bytes.push(b'}');
}

/// A text in quotes; most need no escape, and copying them whole is most of the speed here.
fn quoted(text: &str, bytes: &mut Vec<u8>) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        bytes.push(b'"');
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(b'"');
    } else {
        written(text, bytes);
    }
}

fn written<T: serde::Serialize + ?Sized>(value: &T, bytes: &mut Vec<u8>) {
    // Writing to a vector cannot fail; a failure would only shorten what is hashed.
    let _ = serde_json::to_writer(bytes, value);
}
