//! Phrases of the job-title lists that never decide: an entry before them takes every title that holds them. It reads no
//! title.

use super::Warnings;
use crate::domain::scoring::{TitleRules, Words};
use std::collections::BTreeMap;

/// Longer phrases are left unchecked: the work grows with the square of their words, and no title has as many.
const PHRASE_WORDS_MAX: usize = 16;

pub(super) fn check(titles: &TitleRules, warnings: &Warnings<'_>) {
    entries("seniority", &titles.seniority, warnings);
    entries("function", &titles.function, warnings);
}

fn entries<T: Copy + PartialEq>(list: &str, entries: &[Words<T>], warnings: &Warnings<'_>) {
    let mut before: BTreeMap<&[String], T> = BTreeMap::new();
    for (place, entry) in entries.iter().enumerate() {
        for (number, phrase) in entry.phrases.iter().enumerate() {
            let path = format!("title.{list}.{place}.words.{number}");
            let shown = phrase.join(" ");
            if phrase.is_empty() {
                warnings.warn(&path, "this phrase never matches: it has no letter or digit".to_owned());
            } else if let Some(part) = taken(phrase, entry.says, &before) {
                let message =
                    format!("`{shown}` never decides: an entry before it takes every title with `{part}`");
                warnings.warn(&path, message);
            }
        }
        for phrase in &entry.phrases {
            before.entry(phrase).or_insert(entry.says);
        }
    }
}

/// The part of a phrase that an entry before it has, where that one says something else.
fn taken<T: Copy + PartialEq>(phrase: &[String], says: T, before: &BTreeMap<&[String], T>) -> Option<String> {
    if phrase.len() > PHRASE_WORDS_MAX {
        return None;
    }
    let parts = (1..=phrase.len()).flat_map(|words| phrase.windows(words));
    let mut taken = parts.filter(|part| before.get(part).is_some_and(|other| *other != says));
    taken.next().map(|part| part.join(" "))
}
