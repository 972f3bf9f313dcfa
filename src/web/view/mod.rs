//! What pages show, as plain values: pure functions from what was read to what is written out. No database, no clock.

pub mod asks;
pub mod board;
pub mod campaigns;
pub mod contests;
pub mod duties;
pub mod duty_words;
pub mod fairness;
pub mod floor;
pub mod floor_lists;
pub mod intake;
pub mod lead;
pub mod list;
pub mod load;
pub mod money;
pub mod my;
pub mod receipt;
pub mod returned;
pub mod route;
#[cfg(test)]
pub(in crate::web) mod shipped;
pub mod team;
#[cfg(test)]
mod tests_of_many;
pub mod thin;
pub mod told;
pub mod waiting;
pub mod watch;

use crate::domain::policy::Grade;
use std::fmt::Write as _;

/// A moment that lies ahead or behind, for a `<time>` that counts down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Countdown {
    /// RFC 3339.
    pub at: String,
    pub title: String,
    pub words: String,
    /// `late`, `soon` or nothing.
    pub class: &'static str,
}

/// A page in the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavLink {
    pub href: &'static str,
    pub label: &'static str,
    pub current: bool,
}

/// What every page carries around its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shell {
    pub title: String,
    /// The pages that whoever is signed in may open.
    pub nav: Vec<NavLink>,
    /// Who is signed in.
    pub name: Option<String>,
    pub csrf: String,
    /// The count of ticks from before the page was read; nothing on a page that nothing moves.
    pub seen: Option<u64>,
    /// Milliseconds since 1970-01-01 by the database's clock; 0 where the page shows no countdown.
    pub now_ms: i64,
}

/// A name for a person: the full name, else the company, else that nothing is known.
#[must_use]
pub fn person_name(first: Option<&str>, last: Option<&str>, company: Option<&str>) -> String {
    let parts: Vec<&str> =
        [first, last].into_iter().flatten().filter(|part| !part.trim().is_empty()).collect();
    if !parts.is_empty() {
        return parts.join(" ");
    }
    company.map_or_else(|| "Name not known".to_owned(), |company| format!("Somebody at {company}"))
}

/// Percent of a whole for a bar: at least 1 where there is anything, 0 to 100.
#[must_use]
pub fn percent(part: i64, whole: i64) -> i64 {
    if part <= 0 || whole <= 0 { 0 } else { (part.saturating_mul(100) / whole).clamp(1, 100) }
}

/// A number with a thin space between thousands.
#[must_use]
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + 4);
    if number < 0 {
        text.push('\u{2212}');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Percent-encoded for a query.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing into a String can't fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// A grade from a stored letter; D where the letter is none of ours, so that nothing looks better than it is.
#[must_use]
pub fn grade_of(letter: &str) -> Grade {
    Grade::parse(letter).unwrap_or(Grade::D)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(grouped(-1_000), "\u{2212}1\u{202f}000");
    }

    #[test]
    fn a_bar_shows_the_smallest_share_and_never_more_than_the_whole() {
        assert_eq!(percent(1, 100_000), 1);
        assert_eq!(percent(0, 10), 0);
        assert_eq!(percent(7, 0), 0);
        assert_eq!(percent(30, 20), 100);
    }

    #[test]
    fn nobody_is_shown_without_a_name() {
        assert_eq!(person_name(Some("Ada"), Some("Byron"), None), "Ada Byron");
        assert_eq!(person_name(Some(" "), None, Some("Acme")), "Somebody at Acme");
        assert_eq!(person_name(None, None, None), "Name not known");
    }
}
