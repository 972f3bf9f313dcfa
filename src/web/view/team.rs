//! The team: people, pools, who is there, load, and how fairly offers were shared. It reads nothing itself and shows a
//! person's own figures only to whom it is told to.

use super::grouped;
use super::load::{absence_words, pools};
use crate::domain::calendar::Calendar;
use crate::domain::routing::{Load, Share, jain_permille};
use crate::domain::team::{Member, MemberId, Pool, PoolId, Role, Team};
use crate::store::read::fairness::FairnessRead;
use crate::web::words::member_name;
use std::collections::BTreeMap;

/// Offers of a pool from which on its fairness says something: each rep had a turn or two.
const OFFERS_MIN: i64 = 10;

/// One member of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolMember {
    pub id: String,
    pub name: String,
    pub weight: u32,
    /// Why they take no lead now; empty while they do.
    pub absence: String,
    /// Offers of 30 days; `None` for others than that person and their manager.
    pub offers: Option<i64>,
    /// Open leads and offers of today, each with its bound, as the router counts them; with `offers`.
    pub load: Option<MemberLoad>,
    /// What the weight would have given; with `offers`.
    pub ideal: Option<i64>,
}

/// What a member of a pool holds and got, against what they take; `None`: no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberLoad {
    pub open: u32,
    pub open_max: Option<u32>,
    pub today: u32,
    pub today_max: Option<u32>,
}

impl MemberLoad {
    /// Of a pool's rep.
    #[must_use]
    pub fn of(team: &Team, pool: &Pool, rep: &MemberId, load: Option<&Load>) -> Self {
        let caps = team.caps(pool, rep);
        let count = |of: fn(&Load) -> &BTreeMap<MemberId, u32>| {
            load.and_then(|load| of(load).get(rep)).copied().unwrap_or(0)
        };
        Self {
            open: count(|load| &load.open),
            open_max: caps.open_leads_max,
            today: count(|load| &load.today),
            today_max: caps.daily_leads_max,
        }
    }

    /// `3 of 20 open, 2 today`.
    #[must_use]
    pub fn words(&self) -> String {
        let of = |max: Option<u32>| max.map_or_else(String::new, |max| format!(" of {max}"));
        format!("{}{} open, {}{} today", self.open, of(self.open_max), self.today, of(self.today_max))
    }

    /// Whether a bound keeps leads away.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let reached = |count: u32, max: Option<u32>| max.is_some_and(|max| count >= max);
        reached(self.open, self.open_max) || reached(self.today, self.today_max)
    }
}

/// One pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolCard {
    pub id: String,
    pub name: String,
    pub steward: String,
    pub hours: String,
    pub offers: String,
    /// Jain's index of offers by weight, in thousandths; `None` while there are too few.
    pub fairness_milli: Option<u32>,
    pub fairness: String,
    pub members: Vec<PoolMember>,
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    pub id: String,
    pub name: String,
    pub roles: String,
    pub pools: String,
    pub manager: String,
    pub deputy: String,
    /// Empty while they are there.
    pub absence: String,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamView {
    pub now_ms: i64,
    pub pools: Vec<PoolCard>,
    pub people: Vec<PersonRow>,
    /// What the CRM says of the team and nobody can use.
    pub hints: Vec<String>,
}

/// The page from what was read; `shows` says whose figures whoever looks may see.
#[must_use]
pub fn team_view(
    read: &FairnessRead,
    loads: &BTreeMap<PoolId, Load>,
    team: &Team,
    shows: &dyn Fn(&MemberId) -> bool,
) -> TeamView {
    TeamView {
        now_ms: read.now.0.div_euclid(1_000),
        pools: team.pools().map(|pool| pool_card(pool, read, loads.get(&pool.id), team, shows)).collect(),
        people: team.members().map(|member| person(member, read, team)).collect(),
        hints: team.hints().iter().map(ToString::to_string).collect(),
    }
}

fn pool_card(
    pool: &Pool,
    read: &FairnessRead,
    load: Option<&Load>,
    team: &Team,
    shows: &dyn Fn(&MemberId) -> bool,
) -> PoolCard {
    let offers_of =
        |member: &MemberId| read.offers.get(&(pool.id.0.clone(), member.0.clone())).copied().unwrap_or(0);
    let total: i64 = pool.members.iter().map(|(id, _)| offers_of(id)).sum();
    let weights: i64 = pool.members.iter().map(|(_, weight)| i64::from(*weight)).sum();
    let share = |(id, weight): &(MemberId, u32)| Share {
        rep: id.clone(),
        weight: *weight,
        leads: u32::try_from(offers_of(id)).unwrap_or(u32::MAX),
    };
    let shares: Vec<Share> = pool.members.iter().map(share).collect();
    let fairness_milli = if total >= OFFERS_MIN { jain_permille(&shares) } else { None };
    PoolCard {
        id: pool.id.0.clone(),
        name: pool.name.clone(),
        steward: member_name(team, team.acting(&pool.steward, read.now)),
        hours: hours_words(&pool.hours),
        offers: grouped(total),
        fairness_milli,
        fairness: fairness_milli.map_or_else(
            || "too few offers to say".to_owned(),
            |milli| format!("{}.{:03}", milli / 1_000, milli % 1_000),
        ),
        members: pool
            .members
            .iter()
            .map(|(id, weight)| {
                let open_to = shows(id);
                PoolMember {
                    id: id.0.clone(),
                    name: member_name(team, id),
                    weight: *weight,
                    absence: absence_words(team.absence(id, read.now), read.now),
                    offers: open_to.then(|| offers_of(id)),
                    load: open_to.then(|| MemberLoad::of(team, pool, id, load)),
                    ideal: open_to.then(|| (total * i64::from(*weight)).checked_div(weights).unwrap_or(0)),
                }
            })
            .collect(),
    }
}

fn person(member: &Member, read: &FairnessRead, team: &Team) -> PersonRow {
    let named = |id: Option<&MemberId>| id.map_or_else(String::new, |id| member_name(team, id));
    PersonRow {
        id: member.id.0.clone(),
        name: member.name.clone(),
        roles: member.roles.iter().map(|role| role_words(*role)).collect::<Vec<_>>().join(", "),
        pools: pools(team, &member.id),
        manager: named(member.manager.as_ref()),
        deputy: named(member.deputy.as_ref()),
        absence: absence_words(team.absence(&member.id, read.now), read.now),
    }
}

fn role_words(role: Role) -> &'static str {
    match role {
        Role::Rep => "rep",
        Role::Sales => "sales",
        Role::Marketing => "marketing",
        Role::Operations => "operations",
        Role::Manager => "manager",
        Role::Arbiter => "arbiter",
    }
}

fn hours_words(hours: &Calendar) -> String {
    let (opens, closes) = hours.hours();
    format!("{}\u{2013}{} {}", clock_time(opens), clock_time(closes), hours.zone())
}

fn clock_time(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::view::shipped::shipped;

    #[test]
    fn a_rep_sees_own_figures_and_no_others() {
        let texts = shipped();
        let offers = [("ana-ruiz", 6), ("ben-okafor", 5), ("chloe-martin", 4)]
            .map(|(rep, count)| (("enterprise".to_owned(), rep.to_owned()), count));
        let read = FairnessRead { offers: offers.into_iter().collect(), ..FairnessRead::default() };
        let ana = |id: &MemberId| id.0 == "ana-ruiz";
        let load = Load {
            open: [(MemberId("ana-ruiz".to_owned()), 3)].into(),
            today: [(MemberId("ana-ruiz".to_owned()), 2)].into(),
        };
        let loads = [(PoolId("enterprise".to_owned()), load)].into();
        let view = team_view(&read, &loads, &texts.team, &ana);
        let pool = view.pools.iter().find(|pool| pool.name == "Enterprise").unwrap();
        assert_eq!(pool.offers, "15");
        assert_eq!(pool.fairness_milli, Some(974));
        let shown: Vec<Option<i64>> = pool.members.iter().map(|member| member.offers).collect();
        assert_eq!(shown, [Some(6), None, None]);
        assert_eq!(pool.members[0].ideal, Some(5));
        assert_eq!(pool.members[0].load.unwrap().words(), "3 open, 2 today");
        assert_eq!(pool.members[1].load, None);
        assert_eq!(view.people.len(), texts.team.members().count());
    }

    #[test]
    fn a_load_stands_beside_its_bound_and_a_bound_that_is_reached_is_full() {
        let load = MemberLoad { open: 3, open_max: Some(20), today: 5, today_max: Some(5) };
        assert_eq!(load.words(), "3 of 20 open, 5 of 5 today");
        assert!(load.is_full() && !MemberLoad { today: 4, ..load }.is_full());
    }
}
