//! Routes are tried in order, and a pool's leads are shared by weight. They never make offers.

use crate::contract::policy_text::{DEFAULT_POLICY, DEFAULT_TEAM, policy, team};
use crate::domain::lead::{Motion, Origin};
use crate::domain::policy::{Grade, Priority, Segment};
use crate::domain::routing::*;
use crate::domain::team::{MemberId, PoolId, Team};
use crate::domain::time::Moment;
use proptest::prelude::*;

fn subject() -> RouteSubject {
    RouteSubject {
        grade: Grade::A,
        priority: Priority::P1,
        country: Some("DE".into()),
        region: None,
        segment: Segment::MidMarket,
        motion: Motion::NewBusiness,
        product: None,
        origin: Origin::Marketing,
        campaign: None,
        source: None,
        wanted: None,
        excluded: Vec::new(),
    }
}

fn rep(name: &str) -> MemberId {
    MemberId(name.into())
}

fn shipped() -> Team {
    team(DEFAULT_TEAM).unwrap()
}

/// The shipped team with weights for the mid-market pool, in its order.
fn weighted(weights: [u32; 4]) -> Team {
    let mut text = DEFAULT_TEAM.to_owned();
    for (name, weight) in ["dev-patel", "emma-larsen", "felix-braun", "grace-kim"].iter().zip(weights) {
        let (from, to) =
            (format!("{{ id = \"{name}\" }}"), format!("{{ id = \"{name}\", weight = {weight} }}"));
        text = text.replacen(&from, &to, 1);
    }
    team(&text).unwrap()
}

/// A day on which everybody is there.
const NOW: Moment = Moment(1_767_780_000_000_000);

struct Turn {
    rep: Option<MemberId>,
    candidates: Vec<Candidate>,
    rotation: Rotation,
}

fn choose(team: &Team, subject: &RouteSubject, rotation: &Rotation, open: &[(&str, u32)]) -> Turn {
    let pool = team.pool(&PoolId("mid-market".into())).unwrap();
    let open = open.iter().map(|(name, count)| (rep(name), *count)).collect();
    let mut seats = Seats::new(team, pool, rotation, &Load { open, ..Load::default() }, NOW);
    let choice = seats.choose(subject);
    Turn { rep: choice.rep, candidates: choice.candidates, rotation: seats.rotation() }
}

#[test]
fn the_first_route_that_matches_gives_the_pool_and_names_those_before_it() {
    let policy = policy(DEFAULT_POLICY).unwrap();
    let choice = destination(&policy, &subject(), &Knows::default());
    assert_eq!(choice.pool.unwrap().0, "mid-market");
    assert_eq!((choice.step, choice.rule.as_str()), (RouteStep::Rule, "mid_market"));
    let passed: Vec<_> = choice.passed_over.iter().map(|it| (it.rule.as_str(), it.field)).collect();
    assert_eq!(passed, [("low_touch", RouteField::Grade), ("enterprise", RouteField::Segment)]);
    let low = RouteSubject { grade: Grade::D, ..subject() };
    assert_eq!(choose_pool(&policy, &low).unwrap().0, "low-touch");
}

#[test]
fn a_route_by_country_takes_only_leads_whose_country_is_known_to_match() {
    let text = DEFAULT_POLICY.replacen(
        "id = \"low_touch\"\ngrades = [\"D\"]",
        "id = \"low_touch\"\ncountries = [\"DE\"]\npriorities = [\"p1\"]\nmotions = [\"new_business\"]",
        1,
    );
    let policy = policy(&text).unwrap();
    let pool = |subject: &RouteSubject| choose_pool(&policy, subject).unwrap().0.clone();
    assert_eq!(pool(&subject()), "low-touch");
    assert_eq!(pool(&RouteSubject { country: None, ..subject() }), "mid-market");
    assert_eq!(pool(&RouteSubject { priority: Priority::P2, ..subject() }), "mid-market");
    assert_eq!(pool(&RouteSubject { motion: Motion::Expansion, ..subject() }), "mid-market");
}

#[test]
fn a_lead_that_no_route_takes_has_no_pool() {
    let text = DEFAULT_POLICY.replacen("segments = [\"mid-market\"]", "segments = [\"enterprise\"]", 1);
    assert_eq!(choose_pool(&policy(&text).unwrap(), &subject()), None);
}

#[test]
fn those_who_cannot_take_the_lead_are_named_with_the_reason_and_gain_nothing() {
    let text = DEFAULT_TEAM
        .replacen("name = \"Dev Patel\"\n", "name = \"Dev Patel\"\nactive = false\n", 1)
        .replacen("name = \"Mid-market\"\n", "name = \"Mid-market\"\nopen_leads_max = 5\n", 1);
    let team = team(&text).unwrap();
    let excluded = RouteSubject { excluded: vec![rep("emma-larsen")], ..subject() };
    let choice = choose(&team, &excluded, &Rotation::default(), &[("felix-braun", 5), ("grace-kim", 4)]);
    assert_eq!(choice.rep, Some(rep("grace-kim")));
    let why: Vec<_> = choice.candidates.iter().map(|it| it.why_not).collect();
    assert_eq!(why, [Some(WhyNot::Inactive), Some(WhyNot::HadItBefore), Some(WhyNot::Full), None]);
    assert!(choice.rotation.counters.values().all(|credit| *credit == 0), "one alone takes every turn");
}

#[test]
fn a_chain_of_pools_names_each_once_and_a_ring_ends() {
    let text = DEFAULT_TEAM
        .replacen("name = \"Mid-market\"\n", "name = \"Mid-market\"\nnext_pool = \"small\"\n", 1)
        .replacen(
            "name = \"Small business\"\n",
            "name = \"Small business\"\nnext_pool = \"mid-market\"\n",
            1,
        );
    let team = team(&text).unwrap();
    let ids = |first: &str| {
        chain(&team, &PoolId(first.into())).iter().map(|it| it.id.0.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids("mid-market"), ["mid-market", "small"]);
    assert_eq!(ids("small"), ["small", "mid-market"]);
    assert_eq!(ids("enterprise"), ["enterprise"]);
    assert!(ids("nowhere").is_empty());
}

#[test]
fn who_comes_back_is_not_flooded() {
    let (team, mut rotation) = (shipped(), Rotation::default());
    let away = RouteSubject { excluded: vec![rep("dev-patel")], ..subject() };
    for _ in 0..90 {
        rotation = choose(&team, &away, &rotation, &[]).rotation;
    }
    let mut turns = 0;
    for _ in 0..8 {
        let choice = choose(&team, &subject(), &rotation, &[]);
        turns += usize::from(choice.rep == Some(rep("dev-patel")));
        rotation = choice.rotation;
    }
    assert!((1..=3).contains(&turns), "{turns} of 8 leads to one of four equal reps");
}

proptest! {
    #[test]
    fn shares_follow_the_weights_within_one_at_every_moment(
        weights in prop::array::uniform4(1..6_u32),
        turns in 1..80_usize,
    ) {
        let team = weighted(weights);
        let names = ["dev-patel", "emma-larsen", "felix-braun", "grace-kim"];
        let sum: i64 = weights.iter().map(|it| i64::from(*it)).sum();
        let mut rotation = Rotation::default();
        let mut counts = [0_i64; 4];
        for turn in 1..=turns {
            let choice = choose(&team, &subject(), &rotation, &[]);
            let place = names.iter().position(|name| choice.rep == Some(rep(name))).unwrap();
            counts[place] += 1;
            rotation = choice.rotation;
            prop_assert_eq!(rotation.counters.values().sum::<i64>(), 0);
            for (count, weight) in counts.iter().zip(weights) {
                let due = i64::from(weight) * i64::try_from(turn).unwrap();
                prop_assert!((count * sum - due).abs() <= sum, "{counts:?} of {turn} by {weights:?}");
            }
        }
    }
}
