//! A signal as a line of a lead's story. It never shows what the signal does not hold.

use super::events::{EventWords, Tone, line};
use super::{capital, signal_words};

/// What was recorded, and who made it.
pub(super) fn signal_line(signal: &crate::domain::signal::Signal, tell: bool) -> EventWords {
    let more = match (signal.automated, tell) {
        (true, _) => "made by a machine; counted, never scored",
        (false, true) => "the holder was told",
        (false, false) => "",
    };
    line(Tone::Plain, capital(signal_words(signal.kind)), more)
}
