//! The text of reference data to values. It never guesses a rate or a meaning.

use super::error::TextError;
use super::hash;
use super::policy::pairs;
use super::section::{At, Section};
use super::source::Text;
use crate::domain::policy::reference::{RATE_UNIT, StatusMeaning};
use crate::domain::policy::{Reference, RejectionCode};
use crate::domain::signal::FormKind;
use std::collections::{BTreeMap, BTreeSet};

/// Decimal places of a rate; [`RATE_UNIT`] is ten to this power.
const RATE_PLACES: usize = 6;

const FORMS: [(&str, FormKind); 9] = [
    ("demo", FormKind::Demo),
    ("contact", FormKind::Contact),
    ("pricing", FormKind::Pricing),
    ("trial", FormKind::Trial),
    ("content", FormKind::Content),
    ("newsletter", FormKind::Newsletter),
    ("webinar", FormKind::Webinar),
    ("event", FormKind::Event),
    ("other", FormKind::Other),
];

/// Reads reference data.
///
/// # Errors
/// Every fault of the text, by line: syntax, unknown keys and words, rates that are no decimals.
pub fn reference(text: &str) -> Result<Reference, Vec<TextError>> {
    let reader = Text::new(text);
    let table = reader.parse();
    let read = {
        let root = Section::root(&reader, &table);
        let forms = root.section("forms");
        let domains = root.section("domains");
        let currency = root.section("currency");
        Reference {
            hash: hash(text),
            campaigns: campaigns(&root),
            forms_by_id: form_kinds(&forms, "id"),
            forms_by_name: form_kinds(&forms, "name"),
            statuses: statuses(&root),
            own_domains: domain_set(&domains, "own"),
            competitor_domains: domain_set(&domains, "competitor"),
            free_mail_domains: domain_set(&domains, "free_mail"),
            disposable_domains: domain_set(&domains, "disposable"),
            reporting_currency: currency.word("reporting").value,
            exchange_rates: exchange_rates(&currency),
            plan_rates: currency.optional_section("plan").map(|plan| rates(&plan)).unwrap_or_default(),
            margins: margins(&root),
        }
    };
    let faults = reader.into_faults();
    if faults.is_empty() { Ok(read) } else { Err(faults) }
}

fn campaigns(root: &Section<'_, '_>) -> BTreeMap<String, String> {
    let Some(section) = root.optional_section("campaigns") else {
        return BTreeMap::new();
    };
    let keys = section.keys();
    keys.into_iter()
        .map(|key| {
            let ours = section.word(&key.value).value;
            (key.value, ours)
        })
        .collect()
}

fn form_kinds(forms: &Section<'_, '_>, key: &str) -> BTreeMap<String, FormKind> {
    let Some(section) = forms.optional_section(key) else {
        return BTreeMap::new();
    };
    let keys = section.keys();
    keys.into_iter()
        .filter_map(|key| {
            let kind = section.choice(&key.value, &FORMS)?;
            Some((key.value.to_lowercase(), kind))
        })
        .collect()
}

#[derive(Clone, Copy)]
enum Means {
    Accepted,
    Rejected,
    Qualified,
}

const MEANS: [(&str, Means); 3] =
    [("accepted", Means::Accepted), ("rejected", Means::Rejected), ("qualified", Means::Qualified)];

fn statuses(root: &Section<'_, '_>) -> BTreeMap<(String, Option<String>), StatusMeaning> {
    let mut found = BTreeMap::new();
    for section in root.sections("status") {
        let status = section.word("status").value.to_lowercase();
        let reason = section.optional_word("reason");
        let reason = reason.map(|word| word.value.to_lowercase());
        let meaning = match section.choice("means", &MEANS) {
            Some(Means::Accepted) => Some(StatusMeaning::Accepted),
            Some(Means::Qualified) => Some(StatusMeaning::Qualified),
            Some(Means::Rejected) => section
                .choice("code", &pairs(RejectionCode::ALL, RejectionCode::code))
                .map(StatusMeaning::Rejected),
            None => {
                // Whether a code belongs here is unknown: only the word itself is the fault.
                let _ = section.has("code");
                None
            }
        };
        let Some(meaning) = meaning else { continue };
        if found.insert((status.clone(), reason), meaning).is_some() {
            let message = format!("the status `{status}` stands here a second time");
            section.text.fault(section.span(), message, None);
        }
    }
    found
}

fn domain_set(section: &Section<'_, '_>, key: &str) -> BTreeSet<String> {
    let words = section.words(key);
    for word in &words {
        let plain = !word.value.contains(['@', '/', ' ']);
        if !plain || !word.value.contains('.') || word.value != word.value.to_lowercase() {
            let message = format!("`{}` is no lower-case domain", word.value);
            section.text.fault(word.span.clone(), message, None);
        }
    }
    words.into_iter().map(|word| word.value).collect()
}

fn exchange_rates(currency: &Section<'_, '_>) -> BTreeMap<(String, String), i64> {
    let mut found = BTreeMap::new();
    let Some(months) = currency.optional_section("month") else {
        return found;
    };
    for month in months.keys() {
        if !is_month(&month.value) {
            let message = format!("`{}` is no month such as \"2026-01\"", month.value);
            months.text.fault(month.span.clone(), message, None);
        }
        for (code, rate) in rates(&months.section(&month.value)) {
            found.insert((month.value.clone(), code), rate);
        }
    }
    found
}

fn is_month(word: &str) -> bool {
    word.split_once('-').is_some_and(|(year, month)| {
        year.len() == 4
            && year.bytes().all(|it| it.is_ascii_digit())
            && month.len() == 2
            && month.parse().is_ok_and(|month: u8| (1..=12).contains(&month))
    })
}

fn rates(section: &Section<'_, '_>) -> BTreeMap<String, i64> {
    let keys = section.keys();
    keys.into_iter()
        .map(|key| {
            let word = section.word(&key.value);
            let rate = millionths(&word.value);
            if rate.is_none() && !word.value.is_empty() {
                fault_of_rate(section, &word);
            }
            (key.value, rate.unwrap_or(RATE_UNIT))
        })
        .collect()
}

fn fault_of_rate(section: &Section<'_, '_>, word: &At<String>) {
    let message =
        format!("`{}` is no rate: a positive decimal with at most {RATE_PLACES} places", word.value);
    section.text.fault(word.span.clone(), message, None);
}

/// Millionths of a positive decimal text.
fn millionths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > RATE_PLACES {
        return None;
    }
    let part: i64 = format!("{part:0<RATE_PLACES$}").parse().ok()?;
    let rate = whole.parse::<i64>().ok()?.checked_mul(RATE_UNIT)?.checked_add(part)?;
    (rate > 0).then_some(rate)
}

fn margins(root: &Section<'_, '_>) -> BTreeMap<String, u32> {
    let Some(section) = root.optional_section("margins") else {
        return BTreeMap::new();
    };
    let keys = section.keys();
    keys.into_iter()
        .map(|key| {
            let percent = u32::from(section.percent(&key.value));
            (key.value, percent)
        })
        .collect()
}
