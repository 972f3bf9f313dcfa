//! Fairness while things change: bounds of a day and of open leads, vacations, joiners, people who come back, leavers, and
//! pages of any length. Shares are worked out here, lead by lead, among those who could take it at that moment.

use super::rotation::{Place, Town, rep, subject};
use baton::domain::routing::{Caps, Load, Seats};
use baton::domain::team::MemberId;
use baton::domain::time::Moment;
use proptest::prelude::*;
use std::collections::BTreeMap;

const NOW: Moment = Moment(1_767_780_000_000_000);
/// Leads that one transaction of the router takes at most.
const PAGE_MAX: usize = 200;
/// Nobody is ever further from the sum of their shares than so many leads, whatever changes on the way: the furthest that was
/// drawn is 2.14. For a roster that never changes the bound is one lead (see `rotation.rs`).
const OFF_MAX: f64 = 3.0;
/// The same over one stretch in which the same people could take leads: what somebody was behind before it is made good,
/// and no joiner or returner gets more than this above the share.
const STRETCH_OFF_MAX: f64 = 3.0;

/// What happens before the next leads come.
#[derive(Clone, Debug)]
enum Change {
    /// These, by place, are away; everybody else is back.
    Vacation(Vec<bool>),
    Joiner(u32),
    Leaver(usize),
    /// What was got today counts no more.
    Midnight,
    /// So many thousandths of the open leads were closed.
    Closed(u32),
    Nothing,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        prop::collection::vec(any::<bool>(), 10).prop_map(Change::Vacation),
        (1..10_u32).prop_map(Change::Joiner),
        (0..10_usize).prop_map(Change::Leaver),
        Just(Change::Midnight),
        (0..=1_000_u32).prop_map(Change::Closed),
        Just(Change::Nothing),
    ]
}

fn places() -> impl Strategy<Value = Vec<Place>> {
    let bound = || prop_oneof![2 => Just(None), 1 => (1..30_u32).prop_map(Some)];
    let place = (1..10_u32, bound(), bound()).prop_map(|(weight, open, daily)| Place {
        number: 0,
        weight,
        caps: Caps { open_leads_max: open, daily_leads_max: daily },
        active: true,
    });
    prop::collection::vec(place, 3..8).prop_map(|places| {
        let numbered = places.into_iter().enumerate();
        numbered.map(|(number, place)| Place { number, ..place }).collect()
    })
}

/// A pool with what its reps hold, and how far each is from the share: positive is behind.
struct Floor {
    town: Town,
    places: Vec<Place>,
    load: Load,
    off: BTreeMap<MemberId, f64>,
    /// The same since the present people can take leads.
    stretch: BTreeMap<MemberId, f64>,
    could: Vec<MemberId>,
}

impl Floor {
    fn new(places: Vec<Place>) -> Self {
        let mut town = Town::new(&[(0, 1, None)]);
        town.seat(&places);
        Self {
            town,
            places,
            load: Load::default(),
            off: BTreeMap::new(),
            stretch: BTreeMap::new(),
            could: Vec::new(),
        }
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Vacation(away) => {
                for (place, away) in self.places.iter_mut().zip(away) {
                    place.active = !away;
                }
            }
            Change::Joiner(weight) => {
                let number = 1 + self.places.iter().map(|place| place.number).max().unwrap_or(0);
                self.places.push(Place { number, weight: *weight, caps: Caps::default(), active: true });
            }
            Change::Leaver(place) => {
                if self.places.len() > 2 {
                    self.places.remove(place % self.places.len());
                }
            }
            Change::Midnight => self.load.today.clear(),
            Change::Closed(thousandths) => {
                self.load.open.values_mut().for_each(|open| *open -= *open * thousandths / 1_000);
            }
            Change::Nothing => {}
        }
        self.town.seat(&self.places);
    }

    /// So many leads, in transactions of so many; each is held against the share of everybody who could take it.
    fn leads(&mut self, leads: usize, page: usize) {
        let mut left = leads;
        while left > 0 {
            let pool = self.town.team.pool(&self.town.pool).unwrap();
            let mut seats = Seats::new(&self.town.team, pool, &self.town.rotation, &self.load, NOW);
            for _ in 0..page.min(left) {
                let rep = seats.choose(&subject()).rep;
                if let Some(rep) = &rep {
                    seats.took(rep);
                }
                self.took(rep);
            }
            self.town.rotation = seats.rotation();
            left = left.saturating_sub(page);
        }
    }

    fn took(&mut self, taker: Option<MemberId>) {
        let below =
            |max: Option<u32>, has: Option<&u32>| max.is_none_or(|max| has.copied().unwrap_or(0) < max);
        let can = |place: &&Place| {
            let rep = rep(place.number);
            place.active
                && below(place.caps.open_leads_max, self.load.open.get(&rep))
                && below(place.caps.daily_leads_max, self.load.today.get(&rep))
        };
        let could: Vec<(MemberId, u32)> =
            self.places.iter().filter(can).map(|place| (rep(place.number), place.weight)).collect();
        let Some(taker) = taker else {
            assert!(could.is_empty(), "nobody was asked, and {could:?} could have taken it");
            return;
        };
        assert!(could.iter().any(|(rep, _)| *rep == taker), "{taker} took a lead and could not");
        let names: Vec<MemberId> = could.iter().map(|(rep, _)| rep.clone()).collect();
        if names != self.could {
            (self.could, self.stretch) = (names, BTreeMap::new());
        }
        let weights: f64 = could.iter().map(|(_, weight)| f64::from(*weight)).sum();
        for (rep, weight) in could {
            let gain = f64::from(weight) / weights - if rep == taker { 1.0 } else { 0.0 };
            for (sums, most) in [(&mut self.off, OFF_MAX), (&mut self.stretch, STRETCH_OFF_MAX)] {
                let off = sums.entry(rep.clone()).or_insert(0.0);
                *off += gain;
                assert!(off.abs() <= most, "{rep} is {off} leads from the share, and {most} at most");
            }
        }
        *self.load.open.entry(taker.clone()).or_insert(0) += 1;
        *self.load.today.entry(taker).or_insert(0) += 1;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn whatever_changes_nobody_is_three_leads_from_the_share_among_those_who_could_take_them(
        places in places(),
        phases in prop::collection::vec((change(), 1..300_usize, 1..=PAGE_MAX), 1..10),
    ) {
        let mut floor = Floor::new(places);
        for (change, leads, page) in phases {
            floor.change(&change);
            floor.leads(leads, page);
        }
    }
}

/// One lead costs the same whoever can take it: where three of weight nine are full or away, the two of weight one who are
/// left take turns, wherever in the round it happens.
#[test]
fn where_the_great_are_full_the_small_take_turns() {
    for before in 0..58 {
        let mut places: Vec<Place> = [9, 9, 9, 1, 1]
            .into_iter()
            .enumerate()
            .map(|(number, weight)| Place { number, weight, caps: Caps::default(), active: true })
            .collect();
        let mut floor = Floor::new(places.clone());
        floor.leads(before, PAGE_MAX);
        places.iter_mut().take(3).for_each(|place| place.active = false);
        (floor.places, floor.stretch) = (places, BTreeMap::new());
        floor.town.seat(&floor.places);
        floor.leads(40, 7);
        for (rep, off) in &floor.stretch {
            assert!(off.abs() <= 1.0, "{rep} is {off} leads from half of 40, after {before}");
        }
    }
}

/// A joiner and somebody who was away for a thousand leads are served like everybody else from their first day on.
#[test]
fn a_joiner_and_a_returner_are_not_flooded() {
    let place = |number, weight| Place { number, weight, caps: Caps::default(), active: true };
    let mut floor =
        Floor::new((0..4).map(|number| place(number, 1 + u32::try_from(number).unwrap())).collect());
    floor.places[0].active = false;
    floor.town.seat(&floor.places);
    floor.leads(1_000, PAGE_MAX);
    floor.places[0].active = true;
    floor.places.push(place(9, 5));
    floor.town.seat(&floor.places);
    let before = floor.load.today.clone();
    floor.leads(30, 10);
    let got = |number| floor.load.today[&rep(number)] - before.get(&rep(number)).copied().unwrap_or(0);
    // Of 30 leads by weights 1, 2, 3, 4 and 5: 2, 4, 6, 8 and 10.
    for (number, share) in [(0, 2), (1, 4), (2, 6), (3, 8), (9, 10)] {
        assert!(got(number).abs_diff(share) <= 1, "{number} got {} of 30, and {share} are due", got(number));
    }
}
