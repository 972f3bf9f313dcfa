//! Rotation is fair: within one lead of ideal at every moment, with any weights, caps, a vacation and a joiner in mid-run.

use baton::contract::policy_text::{DEFAULT_TEAM, team};
use baton::domain::lead::{Motion, Origin};
use baton::domain::policy::{Grade, Priority, Segment};
use baton::domain::routing::{
    CREDIT_TURNS_MAX, Caps, LEAD_PARTS, Load, Rotation, RouteSubject, Seats, Share, WhyNot,
    deviation_hundredths, jain_permille,
};
use baton::domain::team::{CrmUser, Member, MemberId, Pool, PoolId, Role, Team};
use baton::domain::time::Moment;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A Wednesday at ten, UTC.
const NOW: Moment = Moment(1_767_780_000_000_000);
/// Leads that one transaction of the router takes.
const TURN: usize = 200;

pub fn rep(number: usize) -> MemberId {
    MemberId(format!("rep-{number:03}"))
}

pub fn subject() -> RouteSubject {
    RouteSubject {
        grade: Grade::B,
        priority: Priority::P2,
        country: None,
        region: None,
        segment: Segment::Small,
        motion: Motion::NewBusiness,
        product: None,
        origin: Origin::Marketing,
        campaign: None,
        source: None,
        wanted: None,
        excluded: Vec::new(),
    }
}

/// One rep of the pool: number, weight, the most that they take, and whether they are there.
#[derive(Clone, Debug)]
pub struct Place {
    pub number: usize,
    pub weight: u32,
    pub caps: Caps,
    pub active: bool,
}

/// One pool of reps.
pub struct Town {
    pub team: Team,
    pub pool: PoolId,
    pub rotation: Rotation,
    counts: BTreeMap<MemberId, u32>,
}

impl Town {
    pub fn new(reps: &[(usize, u32, Option<u32>)]) -> Self {
        let mut town = Self {
            team: team(DEFAULT_TEAM).unwrap(),
            pool: PoolId("p".into()),
            rotation: Rotation::default(),
            counts: BTreeMap::new(),
        };
        town.set(reps, &[]);
        town
    }

    /// Another roster from now on, by (number, weight, daily bound); those in `off` are switched off.
    fn set(&mut self, reps: &[(usize, u32, Option<u32>)], off: &[usize]) {
        let places: Vec<Place> = reps
            .iter()
            .map(|(number, weight, daily)| Place {
                number: *number,
                weight: *weight,
                caps: Caps { daily_leads_max: *daily, open_leads_max: None },
                active: !off.contains(number),
            })
            .collect();
        self.seat(&places);
    }

    /// Another roster from now on: credits stay, as they do in the store.
    pub fn seat(&mut self, places: &[Place]) {
        let shipped = team(DEFAULT_TEAM).unwrap();
        let like = shipped.members().next().unwrap().clone();
        let members: Vec<Member> = places
            .iter()
            .map(|place| Member {
                id: rep(place.number),
                crm: CrmUser { system: "crm".into(), id: rep(place.number).0 },
                roles: vec![Role::Rep],
                active: place.active,
                manager: None,
                caps: place.caps,
                ..like.clone()
            })
            .collect();
        let pool = Pool {
            id: self.pool.clone(),
            members: places.iter().map(|place| (rep(place.number), place.weight)).collect(),
            next_pool: None,
            ..shipped.pools().next().unwrap().clone()
        };
        let maya = shipped.queue_steward().clone();
        let offices = baton::domain::team::Offices {
            segment_owners: [maya.clone(), maya.clone(), maya.clone()],
            marketing_owner: maya.clone(),
            operations: maya.clone(),
            arbiter: maya.clone(),
            queue_steward: maya,
        };
        self.team = Team::new([0; 32], members, vec![pool], offices);
    }

    /// One transaction of the router; says how many leads nobody could take.
    fn turn(&mut self, leads: usize, today: &BTreeMap<MemberId, u32>) -> usize {
        let pool = self.team.pool(&self.pool).unwrap();
        let load = Load { today: today.clone(), ..Load::default() };
        let mut seats = Seats::new(&self.team, pool, &self.rotation, &load, NOW);
        let mut nobody = 0;
        for _ in 0..leads {
            match seats.choose(&subject()).rep {
                Some(rep) => {
                    seats.took(&rep);
                    *self.counts.entry(rep).or_insert(0) += 1;
                }
                None => nobody += 1,
            }
        }
        self.rotation = seats.rotation();
        nobody
    }

    fn count(&self, number: usize) -> u32 {
        self.counts.get(&rep(number)).copied().unwrap_or(0)
    }
}

/// Leads, weight and all weights: the distance from the ideal share, times all weights.
fn off_ideal(count: u32, weight: u32, leads: u32, weights: u32) -> i64 {
    (i64::from(count) * i64::from(weights) - i64::from(leads) * i64::from(weight)).abs()
}

fn fair(town: &Town, reps: &[(usize, u32, Option<u32>)], since: &BTreeMap<MemberId, u32>, leads: u32) {
    let weights: u32 = reps.iter().map(|(_, weight, _)| weight).sum();
    for (number, weight, _) in reps {
        let got = town.count(*number) - since.get(&rep(*number)).copied().unwrap_or(0);
        let off = off_ideal(got, *weight, leads, weights);
        assert!(off <= i64::from(weights), "{number} of weight {weight}/{weights} got {got} of {leads}");
    }
}

#[test]
fn ten_thousand_leads_at_once_are_shared_within_one_lead_of_ideal() {
    let reps: Vec<_> =
        (0..100).map(|number| (number, 1 + u32::try_from(number * 7 % 13).unwrap(), None)).collect();
    let mut town = Town::new(&reps);
    for _ in 0..10_000 / TURN {
        assert_eq!(town.turn(TURN, &BTreeMap::new()), 0);
    }
    fair(&town, &reps, &BTreeMap::new(), 10_000);
    let shares: Vec<Share> = reps
        .iter()
        .map(|(number, weight, _)| Share { rep: rep(*number), weight: *weight, leads: town.count(*number) })
        .collect();
    assert!(deviation_hundredths(&shares) <= 100);
    assert!(jain_permille(&shares).unwrap() >= 998);
}

#[test]
fn the_index_says_one_for_equal_shares_and_a_part_where_one_has_all() {
    let share = |number, leads| Share { rep: rep(number), weight: 1, leads };
    assert_eq!(jain_permille(&[share(0, 5), share(1, 5)]), Some(1_000));
    assert_eq!(jain_permille(&[share(0, 8), share(1, 0), share(2, 0), share(3, 0)]), Some(250));
    assert_eq!(jain_permille(&[share(0, 0)]), None);
    assert_eq!(deviation_hundredths(&[share(0, 3), share(1, 0)]), 150);
}

#[test]
fn whoever_took_leads_past_the_router_pays_back_a_bounded_number() {
    let reps: Vec<_> = (0..4).map(|number| (number, 1, None)).collect();
    let mut town = Town::new(&reps);
    let counters = [(rep(0), -100), (rep(1), 33), (rep(2), 33), (rep(3), 34)];
    let counters = counters.into_iter().map(|(rep, leads)| (rep, leads * LEAD_PARTS)).collect();
    town.rotation = Rotation { counters };
    town.turn(1_000, &BTreeMap::new());
    let behind = 250 - i64::from(town.count(0));
    assert!((1..=2 * CREDIT_TURNS_MAX).contains(&behind), "{behind} fewer than a quarter of 1,000");
}

#[test]
fn a_lead_of_the_first_candidates_names_the_chosen_one_too() {
    let reps: Vec<_> = (0..60).map(|number| (number, 1, None)).collect();
    let mut town = Town::new(&reps);
    town.turn(40, &BTreeMap::new());
    let pool = town.team.pool(&town.pool).unwrap();
    let mut seats = Seats::new(&town.team, pool, &town.rotation, &Load::default(), NOW);
    let choice = seats.choose(&subject());
    assert_eq!((choice.candidates.len(), choice.more), (20, 40));
    let chosen: Vec<_> =
        choice.candidates.iter().filter(|it| it.why_not.is_none()).map(|it| &it.rep).collect();
    assert_eq!(chosen, [choice.rep.as_ref().unwrap()]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn shares_stay_within_one_lead_of_ideal_at_every_moment(
        weights in prop::collection::vec(1..40_u32, 1..12),
        turns in 1..30_usize,
        page in 1..40_usize,
    ) {
        let reps: Vec<_> = weights.iter().enumerate().map(|(number, weight)| (number, *weight, None)).collect();
        let mut town = Town::new(&reps);
        for turn in 1..=turns {
            prop_assert_eq!(town.turn(page, &BTreeMap::new()), 0);
            fair(&town, &reps, &BTreeMap::new(), u32::try_from(turn * page).unwrap());
        }
    }

    #[test]
    fn daily_bounds_hold_and_what_is_left_is_shared_by_the_others(
        weights in prop::collection::vec(1..10_u32, 3..8),
        bound in 1..30_u32,
        leads in 50..400_usize,
    ) {
        let reps: Vec<_> = weights
            .iter()
            .enumerate()
            .map(|(number, weight)| (number, *weight, (number == 0).then_some(bound)))
            .collect();
        let mut town = Town::new(&reps);
        let nobody = town.turn(leads, &BTreeMap::new());
        prop_assert_eq!(nobody, 0);
        prop_assert!(town.count(0) <= bound, "{} over {}", town.count(0), bound);
        // The next morning nobody is owed what the bound kept from them: shares are as by weight again.
        let before = town.counts.clone();
        let free: Vec<_> = reps.iter().map(|(number, weight, _)| (*number, *weight, None)).collect();
        town.set(&free, &[]);
        town.turn(leads, &BTreeMap::new());
        let weights: u32 = weights.iter().sum();
        for (number, weight, _) in &free {
            let got = town.count(*number) - before.get(&rep(*number)).copied().unwrap_or(0);
            let off = off_ideal(got, *weight, u32::try_from(leads).unwrap(), weights);
            prop_assert!(off <= 2 * i64::from(weights), "{number} got {got} of {leads}");
        }
    }

    #[test]
    fn a_vacation_and_a_joiner_in_mid_run_neither_flood_nor_starve(
        weights in prop::collection::vec(1..10_u32, 3..8),
        away in 20..300_usize,
        after in 20..300_usize,
    ) {
        let mut reps: Vec<_> = weights.iter().enumerate().map(|(number, weight)| (number, *weight, None)).collect();
        let mut town = Town::new(&reps);
        town.turn(57, &BTreeMap::new());
        town.set(&reps, &[0]);
        let before = town.count(0);
        town.turn(away, &BTreeMap::new());
        prop_assert_eq!(town.count(0), before, "nobody is offered anything on vacation");
        // Back, and somebody has joined.
        reps.push((99, 5, None));
        town.set(&reps, &[]);
        let since = town.counts.clone();
        town.turn(after, &BTreeMap::new());
        let weights: u32 = reps.iter().map(|(_, weight, _)| weight).sum();
        for (number, weight, _) in &reps {
            let got = town.count(*number) - since.get(&rep(*number)).copied().unwrap_or(0);
            let off = off_ideal(got, *weight, u32::try_from(after).unwrap(), weights);
            // What was owed on the day before the vacation is at most one lead, and so is what is owed now.
            prop_assert!(off <= 2 * i64::from(weights), "{number} of weight {weight}/{weights} got {got} of {after}");
        }
    }
}

#[test]
fn nobody_takes_leads_where_everybody_is_away_or_full() {
    let reps: Vec<_> = (0..3).map(|number| (number, 1, Some(2))).collect();
    let mut town = Town::new(&reps);
    assert_eq!(town.turn(10, &BTreeMap::new()), 4, "three times two, and then nobody");
    let full: BTreeMap<_, _> = (0..3).map(|number| (rep(number), 2)).collect();
    assert_eq!(town.turn(5, &full), 5);
    town.set(&reps, &[0, 1, 2]);
    let pool = town.team.pool(&town.pool).unwrap();
    let mut seats = Seats::new(&town.team, pool, &town.rotation, &Load::default(), NOW);
    let choice = seats.choose(&subject());
    assert_eq!(choice.rep, None);
    assert!(choice.candidates.iter().all(|it| it.why_not == Some(WhyNot::Inactive)));
}
