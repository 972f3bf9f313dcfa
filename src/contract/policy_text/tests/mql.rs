//! The MQL definition: every ground, every blocker, what is missing. They never move a lead.

use super::*;
use crate::domain::policy::{Blocker, Grade, MqlGround, MqlVerdict, Priority, RequiredField};
use crate::domain::signal::FormKind as F;
use crate::domain::signal::PageKind as P;
use crate::domain::time::HOUR;
use SignalKind as S;

/// 60 points from two kinds.
const SIXTY: &[(S, i64)] = &[(S::ProductActivated, 0), (S::EventAttended, 0), (S::ColleagueActive, 0)];
/// 100 points.
const HUNDRED: &[(S, i64)] = &[
    (S::ProductActivated, 0),
    (S::EventAttended, 0),
    (S::EventAttended, 0),
    (S::ColleagueActive, 0),
    (S::ColleagueActive, 0),
    (S::Intent, 0),
    (S::Intent, 0),
];

/// Ground, priority and lateness of a lead that qualifies.
fn ground(
    patch: &ProfilePatch,
    signals: &[(S, i64)],
    raised: Option<Moment>,
) -> Option<(MqlGround, Priority, bool)> {
    let (profile, window) = (profile(patch), window(signals));
    match POLICY.mql(&standing(&profile, &window), raised) {
        MqlVerdict::Qualifies { ground, priority, late, .. } => Some((ground, priority, late)),
        MqlVerdict::NotYet { .. } => None,
        MqlVerdict::Blocked { by, .. } => panic!("blocked by {by:?}"),
    }
}

fn of_grade(grade: Grade) -> ProfilePatch {
    let mut patch = perfect();
    match grade {
        Grade::A => {}
        Grade::B => (patch.employees, patch.country) = (Some(10), Some("BR".into())),
        Grade::C => (patch.employees, patch.industry, patch.seniority) = (None, None, None),
        Grade::D => patch.seniority = Some(Seniority::Student),
    }
    patch
}

fn blocked(
    change: impl FnOnce(&mut Standing<'_>),
    patch: &ProfilePatch,
    raised: Option<Moment>,
) -> Option<Blocker> {
    let (profile, window) = (profile(patch), window(SIXTY));
    let mut standing = standing(&profile, &window);
    change(&mut standing);
    match POLICY.mql(&standing, raised) {
        MqlVerdict::Blocked { by, hand_raise } => {
            assert_eq!(hand_raise, raised.is_some());
            Some(by)
        }
        MqlVerdict::Qualifies { .. } | MqlVerdict::NotYet { .. } => None,
    }
}

#[test]
fn a_hand_raise_of_grade_a_to_c_qualifies_at_priority_1_and_of_d_at_4() {
    for grade in [Grade::A, Grade::B, Grade::C] {
        let found = ground(&of_grade(grade), &[], Some(NOW));
        assert_eq!(found, Some((MqlGround::HandRaise, Priority::P1, false)), "{grade:?}");
    }
    let low = ground(&of_grade(Grade::D), &[], Some(NOW));
    assert_eq!(low, Some((MqlGround::HandRaiseLow, Priority::P4, false)));
}

#[test]
fn a_hand_raise_older_than_72_hours_is_late_intake_at_priority_4() {
    let at = |micros: i64| ground(&perfect(), &[], Some(NOW.plus(-micros)));
    assert_eq!(at(72 * HOUR), Some((MqlGround::HandRaise, Priority::P1, false)));
    assert_eq!(at(72 * HOUR + 1), Some((MqlGround::HandRaise, Priority::P4, true)));
}

#[test]
fn grades_a_and_b_qualify_from_60_points_on() {
    for grade in [Grade::A, Grade::B] {
        let found = ground(&of_grade(grade), SIXTY, None);
        assert_eq!(found, Some((MqlGround::FitAndEngagement, Priority::P2, false)), "{grade:?}");
        assert_eq!(ground(&of_grade(grade), &SIXTY[..2], None), None);
    }
    assert_eq!(ground(&of_grade(Grade::C), SIXTY, None), None);
    assert_eq!(ground(&of_grade(Grade::D), HUNDRED, None), None);
}

#[test]
fn sixty_points_need_two_kinds_of_human_signal_and_one_within_14_days() {
    let one_kind =
        [(S::EventAttended, 0), (S::EventAttended, 0), (S::ColleagueActive, 0), (S::ColleagueActive, 0)];
    assert_eq!(points(&one_kind), 60);
    assert_eq!(ground(&perfect(), &one_kind, None), None);
    let pages = [
        (S::Session(P::Pricing), 0),
        (S::PageView(P::Product), 0),
        (S::Session(P::Pricing), 0),
        (S::Session(P::Product), 0),
        (S::ColleagueActive, 0),
        (S::ColleagueActive, 0),
        (S::Intent, 0),
        (S::Intent, 0),
    ];
    assert_eq!(points(&pages), 60);
    assert_eq!(ground(&perfect(), &pages, None), None, "one visit's pages are one kind");
    let aged = |age| [(S::Form(F::Demo), age), (S::ProductActivated, age), (S::EventAttended, age)];
    assert!(ground(&perfect(), &aged(14), None).is_some());
    assert!(points(&aged(15)) >= 60);
    assert_eq!(ground(&perfect(), &aged(15), None), None);
}

#[test]
fn grade_c_qualifies_from_100_points_on_at_priority_3() {
    assert_eq!(points(HUNDRED), 100);
    let found = ground(&of_grade(Grade::C), HUNDRED, None);
    assert_eq!(found, Some((MqlGround::EngagementOnly, Priority::P3, false)));
    assert_eq!(ground(&of_grade(Grade::C), &HUNDRED[1..], None), None);
}

#[test]
fn a_reply_lifts_priority_to_2() {
    let mut signals = HUNDRED.to_vec();
    signals.push((S::EmailReplied, 0));
    let found = ground(&of_grade(Grade::C), &signals, None);
    assert_eq!(found, Some((MqlGround::EngagementOnly, Priority::P2, false)));
}

#[test]
fn every_blocker_keeps_a_lead_from_sales_even_with_a_hand_raise() {
    type Change = fn(&mut Standing<'_>);
    let changes: [(Change, Blocker); 8] = [
        (|it| it.guards.hard_bounce = true, Blocker::HardBounce),
        (|it| it.guards.own = true, Blocker::Own),
        (|it| it.guards.test = true, Blocker::Test),
        (|it| it.guards.competitor = true, Blocker::Competitor),
        (|it| it.guards.junk = true, Blocker::Junk),
        (|it| it.guards.disposable = true, Blocker::Disposable),
        (|it| it.guards.bot = true, Blocker::Bot),
        (|it| it.other_open_handoff = true, Blocker::OpenHandoff),
    ];
    for (change, by) in changes {
        assert_eq!(blocked(change, &perfect(), None), Some(by));
        assert_eq!(blocked(change, &perfect(), Some(NOW)), Some(by));
    }
    assert_eq!(blocked(|_| {}, &perfect(), None), None);
    let disposable = ProfilePatch { mail: Some(MailKind::Disposable), ..perfect() };
    assert_eq!(blocked(|_| {}, &disposable, None), Some(Blocker::Disposable));
    let mut nameless = perfect();
    nameless.known.email = false;
    assert_eq!(blocked(|_| {}, &nameless, Some(NOW)), Some(Blocker::NoContact));
    nameless.known.phone = true;
    assert_eq!(blocked(|_| {}, &nameless, None), None);
    assert!(!POLICY.is_bot(79) && POLICY.is_bot(80));
}

#[test]
fn weak_signals_of_a_customer_or_of_an_opted_out_person_never_qualify_but_a_request_does() {
    let customer = |it: &mut Standing<'_>| it.customer = true;
    assert_eq!(blocked(customer, &perfect(), None), Some(Blocker::Customer));
    assert_eq!(blocked(customer, &perfect(), Some(NOW)), None);
    let opted_out = |it: &mut Standing<'_>| it.guards.email_opt_out = true;
    assert_eq!(blocked(opted_out, &perfect(), None), Some(Blocker::NoLawfulBasis));
    assert_eq!(blocked(opted_out, &perfect(), Some(NOW)), None);
    let mut phone = perfect();
    phone.known.phone = true;
    assert_eq!(blocked(opted_out, &phone, None), None);
}

#[test]
fn a_receipt_tells_what_is_missing_for_the_next_threshold() {
    let missing = |grade, signals: &[(S, i64)]| {
        let (profile, window) = (profile(&of_grade(grade)), window(signals));
        POLICY.receipt(&standing(&profile, &window)).missing
    };
    assert!(missing(Grade::A, SIXTY).is_empty());
    let two = [Missing::Points { have: 30, need: 60 }, Missing::HumanKinds { have: 1, need: 2 }];
    assert_eq!(missing(Grade::A, &SIXTY[..1]), two);
    assert_eq!(missing(Grade::C, SIXTY), [Missing::Points { have: 60, need: 100 }]);
    assert_eq!(missing(Grade::D, HUNDRED), [Missing::HandRaise { priority: Priority::P4 }]);
    assert!(missing(Grade::A, &[]).contains(&Missing::RecentHuman { within_days: 14 }));
}

#[test]
fn required_fields_are_those_of_the_policy_page() {
    use RequiredField::{Company, Country, Email, JobTitle, Name};
    assert_eq!(POLICY.required_fields(), [Email, Name, Company, Country, JobTitle]);
    assert_eq!(POLICY.missing_fields(&profile(&perfect())), [Name, JobTitle]);
}
