//! Single fields of an ask's body: words, days, moments, and what is wrong with them. It never repeats a value.

use super::problem::FieldFault;
use crate::domain::time::{DAY, Moment};

pub(super) const DAY_HINT: &str = "a day such as 2026-12-24";

pub(super) fn fault<T>(
    faults: &mut Vec<FieldFault>,
    field: &str,
    code: &'static str,
    detail: &str,
) -> Option<T> {
    faults.push(FieldFault { field: field.to_owned(), code, detail: detail.to_owned() });
    None
}

pub(super) fn word<T: Default>(
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
    faults: &mut Vec<FieldFault>,
    field: &str,
    allowed: &str,
) -> Option<T> {
    match text {
        None => Some(T::default()),
        Some(text) => parse(text).or_else(|| fault(faults, field, "unknown", allowed)),
    }
}

/// Days since 1970-01-01 of a day.
pub(super) fn day(text: &str) -> Option<i32> {
    let at = moment(text)?;
    i32::try_from(at.0.div_euclid(DAY)).ok()
}

/// The start of a day in UTC, or an RFC 3339 time.
pub(super) fn moment(text: &str) -> Option<Moment> {
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        return date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|it| Moment::from(it.timestamp()));
    }
    Moment::parse(text).ok()
}
