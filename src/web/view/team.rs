//! The team: people, pools, who is there, load, and how fairly offers were shared. It reads nothing itself and shows a
//! person's own figures only to whom it is told to.

use super::grouped;
use super::load::{absence_words, bounds, pools};
use crate::domain::calendar::Calendar;
use crate::domain::routing::{Share, jain_permille};
use crate::domain::team::{Member, MemberId, Pool, Role, Team};
use crate::store::read::fairness::FairnessRead;
use crate::web::words::member_name;

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
    pub open: Option<i64>,
    /// Offers of their present day.
    pub today: Option<i64>,
    /// How many they may hold open, and be offered in a day: their own bound, or else their pools'.
    pub open_max: Option<u32>,
    pub daily_max: Option<u32>,
    /// What the weight would have given; with `offers`.
    pub ideal: Option<i64>,
}

/// One pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolCard {
    pub id: String,
    pub name: String,
    pub steward: String,
    pub hours: String,
    pub limit: String,
    /// Offers a day, for each; empty without a bound.
    pub daily: String,
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
}

/// The page from what was read; `shows` says whose figures whoever looks may see.
#[must_use]
pub fn team_view(read: &FairnessRead, team: &Team, shows: &dyn Fn(&MemberId) -> bool) -> TeamView {
    TeamView {
        now_ms: read.now.0.div_euclid(1_000),
        pools: team.pools().map(|pool| pool_card(pool, read, team, shows)).collect(),
        people: team.members().map(|member| person(member, read, team)).collect(),
    }
}

fn pool_card(pool: &Pool, read: &FairnessRead, team: &Team, shows: &dyn Fn(&MemberId) -> bool) -> PoolCard {
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
        limit: pool.open_leads_max.map_or_else(String::new, |most| grouped(i64::from(most))),
        daily: pool.daily_leads_max.map_or_else(String::new, |most| grouped(i64::from(most))),
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
                let (open_max, daily_max) = bounds(team, id);
                PoolMember {
                    id: id.0.clone(),
                    name: member_name(team, id),
                    weight: *weight,
                    absence: absence_words(team.absence(id, read.now), read.now),
                    offers: open_to.then(|| offers_of(id)),
                    open: open_to.then(|| read.open.get(&id.0).copied().unwrap_or(0)),
                    today: open_to.then(|| read.today.get(&id.0).copied().unwrap_or(0)),
                    open_max,
                    daily_max,
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
        let view = team_view(&read, &texts.team, &ana);
        let pool = view.pools.iter().find(|pool| pool.name == "Enterprise").unwrap();
        assert_eq!(pool.offers, "15");
        assert_eq!(pool.fairness_milli, Some(974));
        let shown: Vec<Option<i64>> = pool.members.iter().map(|member| member.offers).collect();
        assert_eq!(shown, [Some(6), None, None]);
        assert_eq!(pool.members[0].ideal, Some(5));
        assert_eq!(view.people.len(), texts.team.members().count());
    }
}
