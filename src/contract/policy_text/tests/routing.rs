//! Routes are tried in order, and a pool's leads are shared by weight. They never make offers.

use crate::contract::policy_text::{DEFAULT_POLICY, DEFAULT_TEAM, policy, team};
use crate::domain::lead::Motion;
use crate::domain::policy::{Grade, Priority, Segment};
use crate::domain::routing::*;
use crate::domain::team::{MemberId, PoolId, Team};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn subject() -> RouteSubject {
    RouteSubject {
        grade: Grade::A,
        priority: Priority::P1,
        country: Some("DE".into()),
        segment: Segment::MidMarket,
        motion: Motion::NewBusiness,
        wanted: None,
        excluded: Vec::new(),
        account_owner: None,
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

fn choose(team: &Team, subject: &RouteSubject, rotation: &Rotation, open: &[(&str, u32)]) -> RepChoice {
    let pool = team.pool(&PoolId("mid-market".into())).unwrap();
    let open = open.iter().map(|(name, count)| (rep(name), *count)).collect();
    choose_rep(team, pool, subject, rotation, &open)
}

#[test]
fn the_first_route_that_matches_gives_the_pool_and_names_those_before_it() {
    let policy = policy(DEFAULT_POLICY).unwrap();
    let choice = choose_pool(&policy, &subject()).unwrap();
    assert_eq!(choice.pool.0, "mid-market");
    assert_eq!(choice.rule, "mid_market");
    assert_eq!(choice.passed_over, ["low_touch: grade", "enterprise: segment"]);
    let low = RouteSubject { grade: Grade::D, ..subject() };
    assert_eq!(choose_pool(&policy, &low).unwrap().pool.0, "low-touch");
}

#[test]
fn a_route_by_country_takes_only_leads_whose_country_is_known_to_match() {
    let text = DEFAULT_POLICY.replacen(
        "id = \"low_touch\"\ngrades = [\"D\"]",
        "id = \"low_touch\"\ncountries = [\"DE\"]\npriorities = [\"p1\"]\nmotions = [\"new_business\"]",
        1,
    );
    let policy = policy(&text).unwrap();
    let pool = |subject: &RouteSubject| choose_pool(&policy, subject).unwrap().pool.0;
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
fn the_wanted_holder_comes_first_and_costs_no_turn() {
    let wanted = RouteSubject { wanted: Some(rep("ana-ruiz")), ..subject() };
    let before = Rotation::default();
    let choice = choose(&shipped(), &wanted, &before, &[]);
    assert_eq!(choice.rep, Some(rep("ana-ruiz")));
    assert_eq!(choice.rotation, before);
    let owner =
        RouteSubject { account_owner: Some(rep("ben-okafor")), wanted: Some(rep("nobody")), ..subject() };
    let choice = choose(&shipped(), &owner, &before, &[]);
    assert_eq!(choice.rep, Some(rep("ben-okafor")));
    assert_eq!(choice.candidates[0].why_not, Some(WhyNot::Unknown));
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
    assert!(choice.rotation.counters.keys().eq([&rep("grace-kim")]));
}

#[test]
fn a_pool_without_anybody_hands_on_to_its_next_pool() {
    let text =
        DEFAULT_TEAM.replacen("name = \"Mid-market\"\n", "name = \"Mid-market\"\nnext_pool = \"small\"\n", 1);
    let team = team(&text).unwrap();
    let mid = PoolId("mid-market".into());
    let all = ["dev-patel", "emma-larsen", "felix-braun", "grace-kim"].map(rep);
    let excluded = RouteSubject { excluded: all.to_vec(), ..subject() };
    let none = BTreeMap::new();
    let (pool, choice) = choose_rep_of_pools(&team, &mid, &excluded, &none, &BTreeMap::new()).unwrap();
    assert_eq!((pool.0.as_str(), choice.rep), ("small", Some(rep("hugo-silva"))));
    assert_eq!(choice.candidates.len(), 7);
    let (pool, choice) = choose_rep_of_pools(&shipped(), &mid, &excluded, &none, &BTreeMap::new()).unwrap();
    assert_eq!((pool, choice.rep), (mid, None));
}

#[test]
fn a_ring_of_pools_without_anybody_ends() {
    let text = DEFAULT_TEAM
        .replacen(
            "name = \"Mid-market\"\n",
            "name = \"Mid-market\"\nopen_leads_max = 0\nnext_pool = \"small\"\n",
            1,
        )
        .replacen(
            "name = \"Small business\"\n",
            "name = \"Small business\"\nopen_leads_max = 0\nnext_pool = \"mid-market\"\n",
            1,
        );
    let team = team(&text).unwrap();
    let found =
        choose_rep_of_pools(&team, &PoolId("small".into()), &subject(), &BTreeMap::new(), &BTreeMap::new());
    assert!(found.is_none_or(|(_, choice)| choice.rep.is_none()));
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
