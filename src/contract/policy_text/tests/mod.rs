//! Scores hold to the shipped policy, rule by rule, in any order of signals. They never test what follows from a score.

mod engagement;
mod fit;
mod hours;
mod mql;
mod routes;
mod routing;
mod texts;

use super::{DEFAULT_POLICY, policy as read};
use crate::domain::policy::{Guards, Policy};
use crate::domain::profile::{Function, MailKind, Profile, ProfilePatch, Seniority, Stamp};
use crate::domain::scoring::{Missing, Standing};
use crate::domain::signal::{Signal, SignalId, SignalKind, SignalWindow};
use crate::domain::time::{DAY, Moment};
use std::sync::LazyLock;

static POLICY: LazyLock<Policy> = LazyLock::new(|| read(DEFAULT_POLICY).unwrap());

/// Day 1,000 is now; ages are counted back from it.
const NOW: Moment = Moment(1_000 * DAY);

/// Signals of kinds with ages in days; each about a message of its own.
fn window(signals: &[(SignalKind, i64)]) -> SignalWindow {
    let mut window = SignalWindow::default();
    for (place, (kind, age)) in signals.iter().enumerate() {
        let number = u8::try_from(place).unwrap();
        window.insert(signal(number, *kind, NOW.plus(-age * DAY), u32::from(number) + 1));
    }
    window
}

fn signal(number: u8, kind: SignalKind, at: Moment, about: u32) -> Signal {
    Signal { id: SignalId([number; 16]), kind, at, about, automated: false }
}

/// A vice president of engineering at a software company of 500 people in Germany: 100 points of fit.
fn perfect() -> ProfilePatch {
    let mut patch = ProfilePatch {
        employees: Some(500),
        industry: Some("software".into()),
        country: Some("DE".into()),
        seniority: Some(Seniority::VicePresident),
        function: Some(Function::Buying),
        mail: Some(MailKind::Company),
        company_domain: Some("example.com".into()),
        ..ProfilePatch::default()
    };
    patch.known.email = true;
    patch
}

fn profile(patch: &ProfilePatch) -> Profile {
    Profile::default().patched(patch, Stamp::default())
}

fn standing<'a>(profile: &'a Profile, signals: &'a SignalWindow) -> Standing<'a> {
    Standing {
        profile,
        signals,
        cycle_started_at: Moment::EVER,
        as_of: NOW,
        guards: Guards::default(),
        customer: false,
        other_open_handoff: false,
    }
}

/// Points of these signals; the receipt must sum to the same.
fn points(signals: &[(SignalKind, i64)]) -> u16 {
    points_of(&window(signals))
}

fn points_of(window: &SignalWindow) -> u16 {
    let profile = Profile::default();
    let standing = standing(&profile, window);
    let score = POLICY.score(&standing);
    let receipt = POLICY.receipt(&standing);
    let sum: i32 = receipt.lines.iter().map(|line| line.points).sum();
    assert_eq!(sum, i32::from(score.points), "{:?}", receipt.lines);
    assert_eq!(receipt.score, score);
    score.points
}
