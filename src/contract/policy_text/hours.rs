//! Working hours in the text of a team: calendars that are shared by name, and what a pool or a person has otherwise. It
//! never guesses a time zone.

use super::minute_of_day;
use super::section::{At, Section};
use crate::domain::calendar::{Calendar, CalendarError};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Hours that several people work.
pub(super) type SharedHours = Arc<Calendar>;

/// The calendar of whoever names no other.
const DEFAULT: &str = "default";
/// The keys of hours, wherever they stand.
const KEYS: [&str; 6] = ["calendar", "time_zone", "opens", "closes", "days", "holidays"];
/// The words of weekdays, Monday first.
const DAYS: [(&str, usize); 7] =
    [("mon", 0), ("tue", 1), ("wed", 2), ("thu", 3), ("fri", 4), ("sat", 5), ("sun", 6)];
/// Stands between a zone's region and its city.
const REGION_SEPARATOR: char = '/';

/// Calendars by name.
pub(super) struct Calendars {
    named: BTreeMap<String, SharedHours>,
    pub(super) default: SharedHours,
}

impl Calendars {
    /// Reads `[calendar.*]`; a text without them works in office hours, UTC.
    pub(super) fn read(root: &Section<'_, '_>) -> Self {
        let office = SharedHours::new(Calendar::office());
        let mut calendars = Self { named: BTreeMap::new(), default: office };
        let Some(section) = root.optional_section("calendar") else { return calendars };
        let keys = section.keys();
        for key in &keys {
            let own = section.section(&key.value);
            for needed in ["time_zone", "opens", "closes"] {
                own.word(needed);
            }
            let hours = hours(&own, &Calendar::office());
            calendars.named.insert(key.value.clone(), SharedHours::new(hours));
        }
        if let Some(default) = calendars.named.get(DEFAULT) {
            calendars.default = SharedHours::clone(default);
        }
        calendars
    }

    /// Makes the keys of hours known to a section that is read again for them.
    pub(super) fn know(section: &Section<'_, '_>) {
        for key in KEYS {
            section.has(key);
        }
    }

    /// The hours that a section says: of the calendar that it names, else of `base`, with its own keys over them. `None`
    /// where it says nothing of hours.
    pub(super) fn own(&self, section: &Section<'_, '_>, base: &SharedHours) -> Option<SharedHours> {
        let named = section.optional_word("calendar");
        let found = named.as_ref().map(|word| {
            self.named.get(&word.value).cloned().unwrap_or_else(|| {
                section.unknown("calendar", word, self.named.keys().map(String::as_str));
                SharedHours::clone(base)
            })
        });
        let over = KEYS.iter().skip(1).any(|key| section.has(key));
        match (found, over) {
            (found, true) => {
                let base = found.as_ref().unwrap_or(base);
                Some(SharedHours::new(hours(section, base)))
            }
            (found, false) => found,
        }
    }
}

/// The hours of a section, with those of `base` where it says nothing.
fn hours(section: &Section<'_, '_>, base: &Calendar) -> Calendar {
    let minute = |key: &str, otherwise: u32| {
        if section.has(key) { minute_of_day(section, key) } else { otherwise }
    };
    let (opens, closes) = base.hours();
    let times = (minute("opens", opens), minute("closes", closes));
    let zone = zone(section).or_else(|| TimeZone::get(base.zone()).ok()).unwrap_or(TimeZone::UTC);
    let days = if section.has("days") { days(section) } else { base.days() };
    let holidays = if section.has("holidays") { holidays(section) } else { base.holidays().clone() };
    Calendar::new(zone, times, days, holidays).unwrap_or_else(|error| {
        let message = match error {
            CalendarError::Hours => {
                "it closes before it opens; a shift over midnight is two people or two pools".to_owned()
            }
            CalendarError::NoDay => "`days` names no working day".to_owned(),
        };
        section.text.fault(section.span(), message, None);
        Calendar::office()
    })
}

/// The time zone that a section names; an unknown one is a fault.
fn zone(section: &Section<'_, '_>) -> Option<TimeZone> {
    let word = section.optional_word("time_zone")?;
    let known = TimeZone::get(&word.value).ok();
    if known.is_none() {
        let near = likely(&word);
        section.text.fault(word.span, format!("unknown time zone `{}`", word.value), near);
    }
    known
}

/// The known zone that a slip of the pen most likely meant.
fn likely(word: &At<String>) -> Option<String> {
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
    super::error::nearest(&word.value, names.iter().map(String::as_str)).or_else(|| {
        let city = word.value.rsplit(REGION_SEPARATOR).next()?.to_lowercase();
        let same =
            |name: &&String| name.rsplit(REGION_SEPARATOR).next().is_some_and(|it| it.to_lowercase() == city);
        names.iter().find(same).cloned()
    })
}

fn days(section: &Section<'_, '_>) -> [bool; 7] {
    let mut days = [false; 7];
    for place in section.choices("days", &DAYS) {
        if let Some(day) = days.get_mut(place) {
            *day = true;
        }
    }
    days
}

fn holidays(section: &Section<'_, '_>) -> BTreeSet<Date> {
    let mut holidays = BTreeSet::new();
    for word in section.words("holidays") {
        if let Ok(date) = word.value.parse::<Date>() {
            holidays.insert(date);
        } else {
            let message = format!("`{}` is no day of the calendar, such as \"2026-12-25\"", word.value);
            section.text.fault(word.span, message, None);
        }
    }
    holidays
}
