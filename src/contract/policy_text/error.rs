//! What is wrong in a text, with its line. It never stops at the first fault.

use std::fmt;

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
    good.map(|word| (strsim::damerau_levenshtein(found, word), word))
        .filter(|(distance, word)| *distance * 3 <= word.chars().count().max(3))
        .min()
        .map(|(_, word)| word.to_owned())
}

/// Line and column, both from 1, of a byte in a text.
pub(super) fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}
