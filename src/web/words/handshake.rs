//! Lines of a lead's story about contests, verdicts and the closer's leg. It never shows what an event does not hold.

use super::events::{line, withdrawn};
use super::{EventWords, Tone, member_name, moment_words, pool_name, rejection_words};
use crate::domain::contest::Verdict;
use crate::domain::event::Event;
use crate::domain::team::Team;

/// The line of an event of the handshake; empty for any other.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "`event_words` matches every event and sends only these here"
)]
pub(super) fn handshake_words(event: &Event, team: &Team) -> EventWords {
    match event {
        Event::ContestAllowed { until, .. } => {
            line(Tone::Plain, "May be contested by marketing", format!("until {}", moment_words(*until)))
        }
        Event::OfferMissed { rep, accept_by, .. } => line(
            Tone::Plain,
            format!("{} missed it", member_name(team, rep)),
            accept_by.map_or_else(String::new, |by| format!("the answer was due {}", moment_words(by))),
        ),
        Event::RejectionContested { by, arbiter, clock, custody, .. } => line(
            Tone::Warn,
            format!("Contested by {}", member_name(team, by)),
            format!(
                "{} decides by {}{}",
                member_name(team, arbiter),
                moment_words(clock.due_by),
                if custody.is_some() { "" } else { "; the lead has moved on, so for the figures only" }
            ),
        ),
        Event::ContestResolved { verdict, moot, .. } => {
            let (tone, title) = match verdict {
                Verdict::Upheld => (Tone::Plain, "The rejection stands"),
                Verdict::Overturned => (Tone::Good, "The rejection is overturned"),
                Verdict::Lapsed => (Tone::Warn, "The rejection stands: no verdict came in time"),
            };
            line(tone, title, if *moot { "for the figures only; the lead has moved on" } else { "" })
        }
        Event::RejectionVoided { code, .. } => line(
            Tone::Good,
            format!("\u{201c}{}\u{201d} does not count any more", rejection_words(*code)),
            "the figures net it",
        ),
        Event::BreachVoided { rep, accept_by } => line(
            Tone::Good,
            format!("{} had answered in time", member_name(team, rep)),
            format!(
                "we heard of it late; the answer due {} does not count as missed",
                moment_words(*accept_by)
            ),
        ),
        Event::CloserWanted { wanted, pool, .. } => line(
            Tone::Accent,
            "On to a closer",
            wanted.as_ref().map_or_else(
                || format!("queue of {}", pool_name(team, pool)),
                |wanted| format!("{} is named", member_name(team, wanted)),
            ),
        ),
        Event::CloserOffered { rep, rule, custody, .. } => line(
            Tone::Accent,
            format!("Offered to {} as the closer", member_name(team, rep)),
            format!("rule \u{201c}{rule}\u{201d}; answer due {}", moment_words(custody.deadline())),
        ),
        Event::CloserWithdrawn { from, why, .. } => withdrawn(&member_name(team, from), *why),
        Event::CloserAccepted { by, implied, .. } => line(
            Tone::Good,
            format!("{} closes it from here on", member_name(team, by)),
            if *implied { "shown by what they did; nobody pressed the button" } else { "" },
        ),
        Event::ReturnedToFirst { to, custody } => line(
            Tone::Warn,
            format!("Back to {}", member_name(team, to)),
            format!("facts are missing; due {}", moment_words(custody.deadline())),
        ),
        _ => line(Tone::Plain, "", ""),
    }
}
