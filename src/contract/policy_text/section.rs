//! Walks a TOML text table by table and keeps every fault with its line. It never knows what the values are for.

use super::error::nearest;
use super::source::Text;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One value and where it stands.
#[derive(Clone)]
pub(super) struct At<T> {
    pub value: T,
    pub span: Range<usize>,
}

/// Words that are listed where one of them must stand; the longest list, the signals, has 37.
const LISTED_MAX: usize = 40;

/// One table; when it is dropped, every key that nobody asked for is a fault, and every one that is missing, unless an
/// unknown one is most likely it.
pub(super) struct Section<'a, 't> {
    pub(super) text: &'a Text<'t>,
    table: Option<&'a DeTable<'t>>,
    /// How messages name it: `[sla.p1]`.
    name: String,
    span: Range<usize>,
    asked: RefCell<BTreeSet<String>>,
    /// What is missing, and what to write there.
    missing: RefCell<BTreeMap<String, String>>,
}

impl<'a, 't> Section<'a, 't> {
    pub(super) fn root(text: &'a Text<'t>, table: &'a Spanned<DeTable<'t>>) -> Self {
        Self::of(text, Some(table.get_ref()), String::new(), 0..0)
    }

    fn of(text: &'a Text<'t>, table: Option<&'a DeTable<'t>>, name: String, span: Range<usize>) -> Self {
        Self { text, table, name, span, asked: RefCell::default(), missing: RefCell::default() }
    }

    /// Where the table's header stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Whether the key is there; asking makes it known.
    pub(super) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Every key of the table with its place, known from now on.
    pub(super) fn keys(&self) -> Vec<At<String>> {
        let entries = self.table.into_iter().flat_map(DeTable::iter);
        entries
            .map(|(key, _)| {
                let word = key.get_ref().to_string();
                self.asked.borrow_mut().insert(word.clone());
                At { value: word, span: key.span() }
            })
            .collect()
    }

    /// The table under a key; a missing one is a fault, and reads as empty without further faults.
    pub(super) fn section(&self, key: &str) -> Section<'a, 't> {
        let name = self.name_of(key);
        match self.find(key) {
            Some((span, DeValue::Table(table))) => Self::of(self.text, Some(table), name, span),
            Some((span, other)) => {
                self.wrong(span.clone(), key, "a table", other);
                Self::of(self.text, None, name, span)
            }
            None => {
                self.lacks(key, format!("`{name}`"));
                Self::of(self.text, None, name, self.span())
            }
        }
    }

    /// The table under a key, if it is there.
    pub(super) fn optional_section(&self, key: &str) -> Option<Section<'a, 't>> {
        self.has(key).then(|| self.section(key))
    }

    /// The tables of `[[key]]`, in their order; none where the key is missing.
    pub(super) fn sections(&self, key: &str) -> Vec<Section<'a, 't>> {
        let Some((span, value)) = self.find(key) else {
            return Vec::new();
        };
        let DeValue::Array(array) = value else {
            self.wrong(span, key, "a list of tables", value);
            return Vec::new();
        };
        let name = self.name_of(key);
        let tables = array.iter().filter_map(|item| match item.get_ref() {
            DeValue::Table(table) => Some(Self::of(self.text, Some(table), name.clone(), item.span())),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => {
                self.wrong(item.span(), key, "a table", item.get_ref());
                None
            }
        });
        tables.collect()
    }

    /// The tables of `[[key]]`, of which there may be so many; of more none is read.
    pub(super) fn sections_at_most(&self, key: &str, most: usize) -> Vec<Section<'a, 't>> {
        if let Some((span, DeValue::Array(array))) = self.find(key)
            && array.len() > most
        {
            let message = format!("{} times `{key}`; a policy holds at most {most}", array.len());
            self.text.fault(span, message, None);
            return Vec::new();
        }
        self.sections(key)
    }

    /// A text that must be there.
    pub(super) fn word(&self, key: &str) -> At<String> {
        self.required(key, self.optional_word(key))
    }

    /// A text that may be missing.
    pub(super) fn optional_word(&self, key: &str) -> Option<At<String>> {
        let (span, value) = self.find(key)?;
        let DeValue::String(word) = value else {
            self.wrong(span, key, "a text", value);
            return None;
        };
        Some(At { value: word.to_string(), span })
    }

    /// A list of texts; empty where the key is missing.
    pub(super) fn words(&self, key: &str) -> Vec<At<String>> {
        self.list(key, "a list of texts", |value| match value {
            DeValue::String(word) => Some(word.to_string()),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        })
    }

    /// A list of whole numbers; empty where the key is missing.
    pub(super) fn numbers(&self, key: &str) -> Vec<u32> {
        let list = self.list(key, "a list of whole numbers", |value| {
            integer(value).and_then(|number| u32::try_from(number).ok())
        });
        list.into_iter().map(|at| at.value).collect()
    }

    /// A whole number in bounds that must be there; the lower bound stands in for a bad one.
    pub(super) fn number(&self, key: &str, bounds: Range<i64>) -> i64 {
        let start = bounds.start;
        if !self.has(key) {
            self.missing(key);
            return start;
        }
        self.optional_number(key, bounds).unwrap_or(start)
    }

    /// A whole number in bounds that may be missing.
    pub(super) fn optional_number(&self, key: &str, bounds: Range<i64>) -> Option<i64> {
        let (span, value) = self.find(key)?;
        let Some(number) = integer(value) else {
            self.wrong(span, key, "a whole number", value);
            return None;
        };
        if !bounds.contains(&number) {
            let (from, to) = (bounds.start, bounds.end - 1);
            let message = format!("`{key}` is {number}; it must lie between {from} and {to}");
            self.text.fault(span, message, None);
            return None;
        }
        Some(number)
    }

    /// A count, 0 to a million.
    pub(super) fn count(&self, key: &str) -> u32 {
        u32::try_from(self.number(key, 0..COUNT_END)).unwrap_or(0)
    }

    /// A count that may be missing.
    pub(super) fn optional_count(&self, key: &str) -> Option<u32> {
        self.optional_number(key, 0..COUNT_END).and_then(|number| u32::try_from(number).ok())
    }

    /// A count that is not 0: of days in which something may happen at all.
    pub(super) fn positive(&self, key: &str) -> u32 {
        u32::try_from(self.number(key, 1..COUNT_END)).unwrap_or(1)
    }

    /// The same where it may be missing.
    pub(super) fn optional_positive(&self, key: &str) -> Option<u32> {
        self.optional_number(key, 1..COUNT_END).and_then(|number| u32::try_from(number).ok())
    }

    /// A small number, 0 to 100: points of fit, percents.
    pub(super) fn percent(&self, key: &str) -> u8 {
        u8::try_from(self.number(key, 0..101)).unwrap_or(0)
    }

    /// Yes or no; a missing key is the default.
    pub(super) fn flag(&self, key: &str, default: bool) -> bool {
        match self.find(key) {
            Some((_, DeValue::Boolean(flag))) => *flag,
            Some((span, other)) => {
                self.wrong(span, key, "true or false", other);
                default
            }
            None => default,
        }
    }

    /// A word of a fixed list that must be there.
    pub(super) fn choice<T: Copy>(&self, key: &str, good: &[(&'static str, T)]) -> Option<T> {
        if !self.has(key) {
            self.missing(key);
            return None;
        }
        self.optional_word(key).and_then(|word| self.chosen(&word, good))
    }

    /// Words of a fixed list; empty where the key is missing.
    pub(super) fn choices<T: Copy>(&self, key: &str, good: &[(&'static str, T)]) -> Vec<T> {
        let words = self.words(key);
        words.iter().filter_map(|word| self.chosen(word, good)).collect()
    }

    /// What a word of a fixed list stands for; another word is a fault.
    pub(super) fn chosen<T: Copy>(&self, word: &At<String>, good: &[(&'static str, T)]) -> Option<T> {
        let found = good.iter().find(|(code, _)| *code == word.value);
        if found.is_none() {
            self.unknown("word", word, good.iter().map(|(code, _)| *code));
        }
        found.map(|(_, value)| *value)
    }

    /// Keeps that a word is none of the good ones.
    pub(super) fn unknown<'g>(&self, what: &str, word: &At<String>, good: impl Iterator<Item = &'g str>) {
        self.stranger(word.span.clone(), what, &word.value, &good.collect::<Vec<_>>());
    }

    /// Keeps a word that nobody knows, with the nearest that is known, which it gives, else with all of them.
    fn stranger(&self, span: Range<usize>, what: &str, word: &str, good: &[&str]) -> Option<String> {
        // Of faults that are only counted, nobody reads what is near.
        let is_read = !self.text.is_full();
        let near = is_read.then(|| nearest(word, good.iter().copied())).flatten();
        let instead = (is_read && near.is_none()).then(|| one_of(good)).flatten();
        self.text.fault_with(span, format!("unknown {what} `{word}`"), near.clone(), instead);
        near
    }

    /// Keeps that a key is missing.
    pub(super) fn missing(&self, key: &str) {
        self.lacks(key, format!("`{key} = ...`"));
    }

    /// Keeps that not one table `[[key]]` is there.
    pub(super) fn missing_tables(&self, key: &str) {
        self.lacks(key, format!("`[{}]`", self.name_of(key)));
    }

    fn lacks(&self, key: &str, instead: String) {
        // An empty stand-in has said so already.
        if self.table.is_some() {
            self.missing.borrow_mut().insert(key.to_owned(), instead);
        }
    }

    fn required(&self, key: &str, found: Option<At<String>>) -> At<String> {
        if found.is_none() && !self.has(key) {
            self.missing(key);
        }
        found.unwrap_or_else(|| At { value: String::new(), span: self.span() })
    }

    fn list<T>(&self, key: &str, what: &str, read: impl Fn(&DeValue<'_>) -> Option<T>) -> Vec<At<T>> {
        let Some((span, value)) = self.find(key) else {
            return Vec::new();
        };
        let DeValue::Array(array) = value else {
            self.wrong(span, key, what, value);
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in array {
            match read(item.get_ref()) {
                Some(value) => found.push(At { value, span: item.span() }),
                None => self.wrong(item.span(), key, what, item.get_ref()),
            }
        }
        found
    }

    fn find(&self, key: &str) -> Option<(Range<usize>, &'a DeValue<'t>)> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.table?.get(key).map(|value| (value.span(), value.get_ref()))
    }

    fn name_of(&self, key: &str) -> String {
        match self.name.strip_suffix(']') {
            Some(name) => format!("{name}.{key}]"),
            None => format!("[{key}]"),
        }
    }

    fn wrong(&self, span: Range<usize>, key: &str, wanted: &str, found: &DeValue<'_>) {
        let message = format!("`{key}` must be {wanted}, not {}", found.type_str());
        self.text.fault(span, message, None);
    }
}

impl Drop for Section<'_, '_> {
    fn drop(&mut self) {
        let asked = self.asked.borrow();
        let present: BTreeSet<&str> =
            self.table.into_iter().flat_map(DeTable::iter).map(|(key, _)| key.get_ref().as_ref()).collect();
        // What stands there already was hardly meant a second time.
        let absent: Vec<&str> =
            asked.iter().map(String::as_str).filter(|key| !present.contains(key)).collect();
        let mut missing = self.missing.borrow_mut();
        for (key, _) in self.table.into_iter().flat_map(DeTable::iter) {
            let word = key.get_ref().as_ref();
            if !asked.contains(word)
                && let Some(meant) = self.stranger(key.span(), "key", word, &absent)
            {
                missing.remove(&meant);
            }
        }
        for (key, instead) in missing.iter() {
            let message = if self.name.is_empty() {
                format!("`{key}` is missing")
            } else {
                format!("`{key}` is missing in {}", self.name)
            };
            self.text.fault_with(self.span(), message, None, Some(instead.clone()));
        }
    }
}

/// `one of a, b`; `None` where nothing may stand there.
fn one_of(good: &[&str]) -> Option<String> {
    let listed = good.iter().take(LISTED_MAX).copied().collect::<Vec<_>>().join(", ");
    let more = good.len().saturating_sub(LISTED_MAX);
    match (good.len(), more) {
        (0, _) => None,
        (1, _) => Some(listed),
        (_, 0) => Some(format!("one of {listed}")),
        (_, more) => Some(format!("one of {listed} and {more} more")),
    }
}

/// Counts end here: no number of days, leads or people is larger.
const COUNT_END: i64 = 1_000_001;

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}
