//! Any order and any repetition of a lead's signals gives the same window, profile, origin and score.

use crate::people::report;
use crate::story::{POLICY, Story, start};
use baton::domain::command::{Actor, Command, Nature, Report};
use baton::domain::lead::Origin;
use baton::domain::policy::Guards;
use baton::domain::profile::Profile;
use baton::domain::scoring::Standing;
use baton::domain::signal::{Signal, SignalId, SignalKind, SignalWindow, WINDOW_SIGNALS_MAX};
use baton::domain::time::{HOUR, Moment};
use proptest::collection::vec;
use proptest::prelude::*;

fn signal(number: usize, kind: usize, hours: u16) -> Signal {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    Signal {
        id: SignalId(id),
        kind: SignalKind::ALL[kind % SignalKind::ALL.len()],
        at: start().plus(-i64::from(hours) * HOUR),
        about: u32::from(hours / 7),
        automated: false,
    }
}

fn window(signals: &[Signal]) -> SignalWindow {
    let mut window = SignalWindow::default();
    for signal in signals {
        window.insert(*signal);
    }
    window
}

/// Signals with a second order of the same, some of them twice.
fn two_orders(most: usize) -> impl Strategy<Value = (Vec<Signal>, Vec<Signal>)> {
    vec((0_usize..64, 0_u16..3_000), 1..most).prop_flat_map(|drawn| {
        let signals: Vec<Signal> =
            drawn.iter().enumerate().map(|(number, (kind, hours))| signal(number, *kind, *hours)).collect();
        let repeated: Vec<Signal> = signals.iter().chain(signals.iter().step_by(3)).copied().collect();
        (Just(signals), Just(repeated).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_window_and_the_score_do_not_hang_on_the_order((first, second) in two_orders(400)) {
        let (first, second) = (window(&first), window(&second));
        prop_assert_eq!(&first, &second);
        prop_assert!(first.signals().len() <= WINDOW_SIGNALS_MAX);
        let profile = Profile::default();
        let standing = |signals| Standing {
            profile: &profile,
            signals,
            cycle_started_at: Moment::EVER,
            as_of: start(),
            guards: Guards::default(),
            customer: false,
            other_open_handoff: false,
        };
        prop_assert_eq!(POLICY.score(&standing(&first)), POLICY.score(&standing(&second)));
    }

    #[test]
    fn a_lead_told_in_any_order_knows_the_same((first, second) in two_orders(60)) {
        let told = |signals: &[Signal]| {
            let mut story = Story::new();
            // Somebody we know: mail events of strangers make nobody a lead.
            let known = Command::ReportProfile { report: report("nobody", start(), 0) };
            story.act(&Actor::Feed, Nature::Fact, start(), &known).unwrap();
            for signal in signals {
                let person = ["vp", "small", "plain", "student"][usize::from(signal.id.0[1] % 4)];
                let report = Report {
                    origin: signal.kind.is_touch().then_some(Origin::Marketing),
                    ..report(person, signal.at, u32::from(signal.id.0[0]))
                };
                let command = Command::RecordSignal { signal: *signal, report };
                let decided = story.act(&Actor::Feed, Nature::Fact, signal.at, &command);
                assert!(decided.is_ok() || story.lead.signals.holds(signal.id) || story.lead.version > 0);
            }
            story.lead
        };
        let (first, second) = (told(&first), told(&second));
        prop_assert_eq!(first.signals, second.signals);
        prop_assert_eq!(values(&first.profile), values(&second.profile));
        prop_assert_eq!(first.first_seen_at, second.first_seen_at);
        prop_assert_eq!(first.guards, second.guards);
        prop_assert_eq!(first.account, second.account);
    }
}

/// What rules read of a profile.
fn values(profile: &Profile) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        profile.employees.as_ref().map(|it| it.value),
        profile.industry.as_ref().map(|it| it.value.clone()),
        profile.country.as_ref().map(|it| it.value.clone()),
        profile.seniority.as_ref().map(|it| it.value),
        profile.function.as_ref().map(|it| it.value),
        profile.mail.as_ref().map(|it| it.value),
        profile.known,
    )
}
