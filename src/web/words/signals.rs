//! A signal as a line of a lead's story. It never shows what the signal does not hold.

use super::events::{EventWords, Tone, line};
use super::signal_words;

/// What was recorded, and who made it.
pub(super) fn signal_line(signal: &crate::domain::signal::Signal, tell: bool) -> EventWords {
    let words = signal_words(signal.kind);
    let mut title = String::with_capacity(words.len());
    let mut letters = words.chars();
    title.extend(letters.next().map(|first| first.to_ascii_uppercase()));
    title.extend(letters);
    let more = match (signal.automated, tell) {
        (true, _) => "made by a machine; counted, never scored",
        (false, true) => "the holder was told",
        (false, false) => "",
    };
    line(Tone::Plain, title, more)
}
