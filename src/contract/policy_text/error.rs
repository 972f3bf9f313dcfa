//! What is wrong in a text, with its line. It never stops at the first fault.

use std::fmt;

/// Words longer than this are near to none: the work grows with the product of both lengths, and no key is half as long.
const NEAR_CHARS_MAX: usize = 64;

/// One fault of a policy, team or reference text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters; `None` where the whole line is meant.
    pub column: Option<usize>,
    /// What stands there.
    pub found: String,
    /// What is wrong with it, as a whole sentence fragment.
    pub message: String,
    /// The nearest good word.
    pub nearest: Option<String>,
    /// What to write instead, where neither the message nor the nearest word says it.
    pub instead: Option<String>,
}

impl TextError {
    /// The fault as compilers tell theirs, with what stands there and what to write instead:
    /// ``mine.toml:8:1: error: unknown key `totl_max`; write `total_max` ``. `kind`: `error` or `warning`.
    #[must_use]
    pub fn told(&self, file: &str, kind: &str) -> String {
        let column = self.column.map(|column| format!(":{column}")).unwrap_or_default();
        let mut told = format!("{file}:{}{column}: {kind}: {}", self.line, self.message);
        // Most messages name it already.
        let found = self.found.trim_end_matches(',');
        if !found.is_empty() && !self.message.contains(found.trim_matches('"')) {
            told = format!("{told} (at `{found}`)");
        }
        match (&self.nearest, &self.instead) {
            (Some(word), _) => format!("{told}; write `{word}`"),
            (None, Some(words)) => format!("{told}; write {words}"),
            (None, None) => told,
        }
    }
}

impl fmt::Display for TextError {
    /// ``line 12: unknown key `treshold`; did you mean `threshold`?``
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.message)?;
        match &self.nearest {
            Some(nearest) => write!(formatter, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TextError {}

/// The good word nearest to a bad one, if one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(found: &str, good: impl Iterator<Item = &'a str>) -> Option<String> {
    if found.chars().nth(NEAR_CHARS_MAX).is_some() {
        return None;
    }
    good.map(|word| (strsim::damerau_levenshtein(found, word), word))
        .filter(|(distance, word)| *distance * 3 <= word.chars().count().max(3))
        .min()
        .map(|(_, word)| word.to_owned())
}
