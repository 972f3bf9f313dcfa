//! Policy, team and reference texts to values, with every fault at its line. It never publishes or signs.

mod cases;
mod check;
mod consistency;
mod error;
mod hours;
mod lint;
mod policy;
mod reference;
mod rejections;
mod routes;
mod scoring;
mod section;
mod source;
mod team;
mod team_check;

#[cfg(test)]
mod tests;

pub use cases::{Expected, MadeUp, RouteCase, cases, made_up};
pub use check::{PolicyCheck, check_policy};
pub use error::{TextError, nearest};
pub use lint::{Finding, lint};
pub use policy::{POLICY_BYTES_MAX, policy, too_long};
pub use reference::reference;
pub use team::team;
pub use team_check::{TeamCheck, check_team};

use section::{At, Section};
use sha2::{Digest, Sha256};

/// The default policy, as shipped.
pub const DEFAULT_POLICY: &str = include_str!("../../../policy/default.toml");
/// Cases of routing that hold for the default policy and team, as shipped.
pub const DEFAULT_ROUTE_CASES: &str = include_str!("../../../policy/route-tests.toml");
/// The default team, as shipped.
pub const DEFAULT_TEAM: &str = include_str!("../../../policy/team.toml");
/// The default reference data, as shipped.
pub const DEFAULT_REFERENCE: &str = include_str!("../../../policy/reference.toml");

/// The version of a text: SHA-256 of its bytes.
#[must_use]
pub fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Reads a version as it is shown: 64 hexadecimal digits.
#[must_use]
pub fn read_hash(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut hash = [0; 32];
    for (place, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(hash)
}

/// Minutes after midnight of `09:00`; a bad one is a fault.
fn minute_of_day(section: &Section<'_, '_>, key: &str) -> u32 {
    let at: At<String> = section.word(key);
    let minute = time_of_day(&at.value);
    if minute.is_none() && !at.value.is_empty() {
        let message = format!("`{key}` must be a time of day such as \"09:00\"");
        section.text.fault(at.span, message, None);
    }
    minute.unwrap_or(0)
}

/// Minutes after midnight of `09:00`; `24:00` is the end of a day.
#[must_use]
pub fn time_of_day(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let whole_day = hours == 24 && minutes == 0;
    (whole_day || (hours < 24 && minutes < 60)).then_some(hours * 60 + minutes)
}

/// ISO 3166-1 alpha-2 codes by form: two capital letters.
fn countries(section: &Section<'_, '_>, key: &str) -> Vec<String> {
    let words = section.words(key);
    for word in &words {
        let is_code = word.value.len() == 2 && word.value.bytes().all(|it| it.is_ascii_uppercase());
        if !is_code {
            let message = format!("`{}` is no country code of two capital letters", word.value);
            section.text.fault(word.span.clone(), message, None);
        }
    }
    words.into_iter().map(|word| word.value).collect()
}

/// The plain texts of a list.
fn plain(words: Vec<At<String>>) -> Vec<String> {
    words.into_iter().map(|word| word.value).collect()
}
