//! Lines of a lead's story about its clocks and who stands in. It never shows what the event does not hold.

use super::events::{EventWords, Tone, line};
use super::{clock_words, member_name, moment_words};
use crate::domain::custody::Rung;
use crate::domain::event::Event;
use crate::domain::team::Team;

/// The line of an event about a clock, or about a holder who left.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "`event_words` matches every event and sends only these here"
)]
pub(super) fn line_of(event: &Event, team: &Team) -> EventWords {
    match event {
        Event::ClockPutOff { kind, until, custody } => {
            let holder = member_name(team, custody.holder.member());
            let what = format!("{}: {holder} works again {}", clock_words(*kind).0, moment_words(*until));
            line(Tone::Plain, "Waits for working hours", what)
        }
        Event::ClockStale { kind, .. } => {
            let what = format!("{}: the lead had moved on, nothing was done", clock_words(*kind).0);
            line(Tone::Plain, "A clock came too late", what)
        }
        Event::HolderReplaced { from, custody } => {
            let holder = member_name(team, custody.holder.member());
            let what = format!("{} left, {holder} stands in", member_name(team, from));
            line(Tone::Accent, "Somebody else holds it now", what)
        }
        _ => line(Tone::Plain, event.name(), ""),
    }
}

pub(super) fn rung_words(rung: Rung) -> &'static str {
    match rung {
        Rung::RemindHalf => "the first; part of the time is over",
        Rung::RemindLate => "the second; most of the time is over",
        Rung::Due => "due now",
        Rung::TakeBack => "the lead is about to be taken back",
        Rung::Escalate => "long overdue",
        Rung::Daily => "still open",
    }
}
