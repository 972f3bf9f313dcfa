//! Engagement: every rule, every cap, every edge of decay. They never look at fit.

use super::*;
use crate::domain::signal::FormKind as F;
use crate::domain::signal::PageKind as P;
use SignalKind as S;
use proptest::prelude::*;

/// Rule, points of one signal, cap.
const SINGLE: &[(S, u16, u16)] = &[
    (S::Form(F::Demo), 60, 60),
    (S::Form(F::Contact), 60, 60),
    (S::Form(F::Pricing), 60, 60),
    (S::Form(F::Trial), 60, 60),
    (S::Form(F::Content), 12, 24),
    (S::Form(F::Newsletter), 3, 3),
    (S::WebinarRegistered, 8, 16),
    (S::WebinarAttended, 20, 40),
    (S::EventAttended, 20, 40),
    (S::EmailClicked, 6, 18),
    (S::EmailOpened, 1, 3),
    (S::EmailReplied, 25, 25),
    (S::ColleagueActive, 10, 20),
    (S::ProductActivated, 30, 30),
    (S::Chat, 25, 25),
    (S::InboundCall, 25, 25),
    (S::Intent, 5, 10),
    (S::RecycleDateReached, 15, 15),
];

#[test]
fn every_rule_gives_its_points_and_stops_at_its_cap() {
    for (kind, one, cap) in SINGLE {
        assert_eq!(points(&[(*kind, 0)]), *one, "{kind:?}");
        assert_eq!(points(&[(*kind, 0); 20]), *cap, "{kind:?}");
    }
}

#[test]
fn kinds_that_no_rule_names_give_nothing() {
    let none = [S::Form(F::Other), S::PageView(P::Pricing), S::EmailSent, S::AdClick, S::HardBounce];
    for kind in none {
        assert_eq!(points(&[(kind, 0)]), 0, "{kind:?}");
    }
}

#[test]
fn sessions_give_their_points_apart_from_each_other() {
    // So far apart that no three of them fall within 7 days.
    assert_eq!(points(&[(S::Session(P::Pricing), 0)]), 10);
    assert_eq!(points(&[(S::Session(P::Product), 0)]), 3);
    assert_eq!(points(&[(S::Session(P::Case), 0)]), 3);
    assert_eq!(points(&[(S::Session(P::Pricing), 0), (S::Session(P::Pricing), 0)]), 20);
    assert_eq!(points(&[(S::Session(P::Other), 0)]), 0);
}

#[test]
fn three_sessions_count_once_and_only_within_seven_days() {
    let other = S::Session(P::Other);
    assert_eq!(points(&[(other, 0), (other, 3), (other, 7)]), 10);
    assert_eq!(points(&[(other, 0), (other, 3), (other, 8)]), 0);
    assert_eq!(points(&[(other, 0); 9]), 10);
    // The newest of the three gives the age: 8 days, 70 %.
    assert_eq!(points(&[(other, 8), (other, 9), (other, 10)]), 7);
    // A lone later visit does not break the three before it.
    assert_eq!(points(&[(other, 0), (other, 20), (other, 21), (other, 22)]), 7);
}

#[test]
fn clicks_count_once_a_message() {
    let mut window = SignalWindow::default();
    for number in 0..5 {
        window.insert(signal(number, S::EmailClicked, NOW, 7));
    }
    assert_eq!(points_of(&window), 6);
    window.insert(signal(9, S::EmailClicked, NOW, 8));
    assert_eq!(points_of(&window), 12);
}

#[test]
fn groups_stop_at_their_caps() {
    let web = [
        (S::Session(P::Pricing), 0),
        (S::Session(P::Pricing), 0),
        (S::Session(P::Product), 0),
        (S::Session(P::Product), 0),
    ];
    assert_eq!(points(&web), 30);
    let email = [(S::EmailReplied, 0), (S::EmailClicked, 0), (S::EmailClicked, 0), (S::EmailClicked, 0)];
    assert_eq!(points(&email), 40);
    let content =
        [(S::EventAttended, 0), (S::EventAttended, 0), (S::Form(F::Content), 0), (S::Form(F::Content), 0)];
    assert_eq!(points(&content), 60);
}

#[test]
fn the_total_is_held_between_0_and_150() {
    let much = [
        (S::Form(F::Demo), 0),
        (S::EmailReplied, 0),
        (S::EventAttended, 0),
        (S::EventAttended, 0),
        (S::ProductActivated, 0),
    ];
    assert_eq!(points(&much), 150);
    assert_eq!(points(&[(S::EmailOptOut, 0)]), 0);
}

#[test]
fn positive_points_decay_by_whole_days_and_are_truncated() {
    for (age, given) in [(0, 12), (7, 12), (8, 8), (30, 8), (31, 4), (60, 4), (61, 2), (90, 2), (91, 0)] {
        assert_eq!(points(&[(S::Form(F::Content), age)]), given, "{age} days");
    }
    let mut window = SignalWindow::default();
    window.insert(signal(1, S::Form(F::Content), NOW.plus(1 - 8 * DAY), 0));
    assert_eq!(points_of(&window), 12, "a microsecond short of 8 days is 7 days");
    assert_eq!(points(&[(S::Form(F::Content), -1)]), 12, "a clock ahead makes no negative age");
}

#[test]
fn a_cap_keeps_the_newest_signals() {
    assert_eq!(points(&[(S::Form(F::Content), 80), (S::Form(F::Content), 0), (S::Form(F::Content), 1)]), 24);
    let profile = Profile::default();
    let window = window(&[(S::Form(F::Content), 80), (S::Form(F::Content), 0), (S::Form(F::Content), 1)]);
    let receipt = POLICY.receipt(&standing(&profile, &window));
    assert_eq!(receipt.lines[0].signals, [SignalId([1; 16]), SignalId([2; 16])]);
}

#[test]
fn negative_points_do_not_decay_and_end_after_180_days() {
    let with = |kind, age| points(&[(S::Form(F::Demo), 0), (kind, age)]);
    for kind in [S::EmailOptOut, S::PageView(P::Careers), S::Session(P::Careers)] {
        assert_eq!([with(kind, 0), with(kind, 180), with(kind, 181)], [40, 40, 60], "{kind:?}");
    }
    assert_eq!(points(&[(S::Form(F::Demo), 0), (S::EmailOptOut, 1), (S::EmailOptOut, 2)]), 40);
    let bounce = (S::SoftBounce, 9);
    assert_eq!(points(&[(S::Form(F::Demo), 0), bounce, bounce]), 60);
    assert_eq!(points(&[(S::Form(F::Demo), 0), bounce, bounce, bounce]), 45);
    assert_eq!(points(&[(S::Form(F::Demo), 0), bounce, bounce, (S::SoftBounce, 181)]), 60);
}

#[test]
fn signals_before_the_cycle_do_not_count() {
    let profile = Profile::default();
    let window = window(&[(S::Form(F::Demo), 10), (S::Form(F::Content), 9)]);
    let cycle = Standing { cycle_started_at: NOW.plus(-9 * DAY), ..standing(&profile, &window) };
    assert_eq!(POLICY.score(&cycle).points, 8);
}

#[test]
fn forms_chats_and_calls_of_the_policy_page_are_hand_raises() {
    let raised: Vec<_> = S::ALL.iter().copied().filter(|kind| POLICY.is_hand_raise(*kind)).collect();
    let page = [
        S::Form(F::Demo),
        S::Form(F::Contact),
        S::Form(F::Pricing),
        S::Form(F::Trial),
        S::Chat,
        S::InboundCall,
    ];
    assert_eq!(raised, page);
}

fn any_signal() -> impl Strategy<Value = Signal> {
    (any::<u8>(), 0..S::ALL.len(), 0..250 * DAY, 0..4_u32)
        .prop_map(|(number, kind, age, about)| signal(number, S::ALL[kind], NOW.plus(-age), about))
}

proptest! {
    #[test]
    fn receipts_sum_to_the_score(signals in prop::collection::vec(any_signal(), 0..160)) {
        let mut window = SignalWindow::default();
        for signal in signals {
            window.insert(signal);
        }
        points_of(&window);
    }

    #[test]
    fn any_order_and_repetition_of_signals_gives_the_same_score(
        (signals, shuffled) in prop::collection::vec(any_signal(), 0..60).prop_flat_map(|signals| {
            let mut distinct: Vec<Signal> = Vec::new();
            for signal in signals {
                if distinct.iter().all(|it| it.id != signal.id) {
                    distinct.push(signal);
                }
            }
            let twice: Vec<_> = distinct.iter().chain(distinct.iter().rev()).copied().collect();
            (Just(distinct), Just(twice).prop_shuffle())
        })
    ) {
        let fill = |signals: &[Signal]| {
            let mut window = SignalWindow::default();
            for signal in signals {
                window.insert(*signal);
            }
            window
        };
        let (once, twice) = (fill(&signals), fill(&shuffled));
        prop_assume!(signals.len() <= 60 && once.signals().len() == signals.len());
        prop_assert_eq!(points_of(&once), points_of(&twice));
        let profile = Profile::default();
        prop_assert_eq!(POLICY.receipt(&standing(&profile, &once)), POLICY.receipt(&standing(&profile, &twice)));
    }
}
