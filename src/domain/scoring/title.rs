//! Job titles read by the policy's word list. It never keeps the title.

use crate::domain::profile::{Function, Seniority};

/// Words that say one thing; a phrase of several words matches in this order without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words<T> {
    /// Each phrase as its lower-case words.
    pub phrases: Vec<Vec<String>>,
    pub says: T,
}

/// The word list of a policy; the first entry that matches wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TitleRules {
    pub seniority: Vec<Words<Seniority>>,
    pub function: Vec<Words<Function>>,
}

impl TitleRules {
    /// What a title says of seniority and function; `None` where no word of the list is in it.
    #[must_use]
    pub fn read(&self, title: &str) -> (Option<Seniority>, Option<Function>) {
        let words = Self::words(title);
        (first(&self.seniority, &words), first(&self.function, &words))
    }

    /// A text as its lower-case words: letters and digits; all else parts them.
    #[must_use]
    pub fn words(text: &str) -> Vec<String> {
        text.split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    }
}

fn first<T: Copy>(entries: &[Words<T>], words: &[String]) -> Option<T> {
    entries
        .iter()
        .find(|entry| entry.phrases.iter().any(|phrase| holds(words, phrase)))
        .map(|entry| entry.says)
}

fn holds(words: &[String], phrase: &[String]) -> bool {
    !phrase.is_empty() && words.windows(phrase.len()).any(|window| window == phrase)
}
