//! What each person holds and was offered today, against what they can. It reads nothing itself and shows a person's breaches
//! only to whom it is told to.

use super::{grouped, percent};
use crate::domain::routing::{Caps, day_start};
use crate::domain::team::{Absence, Member, MemberId, Pool, Team};
use crate::domain::time::Moment;
use crate::store::read::floor::{FloorRead, LoadRead};
use crate::web::words::countdown;
use std::collections::BTreeMap;

/// What one person holds, against what they can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadRow {
    pub member: String,
    pub name: String,
    pub pools: String,
    /// Why they take no lead now; empty while they do.
    pub absence: String,
    pub offered: i64,
    pub accepted: i64,
    pub qualified: i64,
    pub deals: i64,
    pub open: i64,
    /// Empty where the pool sets no bound.
    pub capacity: String,
    pub percent: i64,
    /// Offers of their present day, and how many it may be; empty where neither they nor their pool set a bound.
    pub today: i64,
    pub daily: String,
    pub daily_percent: i64,
    pub late: i64,
    /// Breaches of a week; `None` where whoever looks is neither that person nor their manager.
    pub breaches: Option<i64>,
}

/// One row for each seller, and for whoever else holds leads with sales.
#[must_use]
pub fn load_rows(read: &FloorRead, team: &Team, shows: &dyn Fn(&MemberId) -> bool) -> Vec<LoadRow> {
    let held: BTreeMap<&str, &LoadRead> = read.load.iter().map(|row| (row.holder.as_str(), row)).collect();
    let mut breached: BTreeMap<&str, i64> = BTreeMap::new();
    for row in &read.breached {
        if let Some(member) = &row.member {
            *breached.entry(member.as_str()).or_default() += row.count;
        }
    }
    let sellers = team.members().filter(|member| {
        held.contains_key(member.id.0.as_str()) || team.pool_of(&member.id).is_some() && member.active
    });
    sellers
        .map(|member| {
            let load = held.get(member.id.0.as_str()).copied();
            let count = |of: fn(&LoadRead) -> i64| load.map_or(0, of);
            let open = count(|row| row.offered + row.accepted + row.qualified + row.deals + row.queued);
            let (capacity, daily) = bounds(team, &member.id);
            let today = read.today.get(&member.id.0).copied().unwrap_or(0);
            LoadRow {
                member: member.id.0.clone(),
                name: member.name.clone(),
                pools: pools(team, &member.id),
                absence: absence_words(team.absence(&member.id, read.now), read.now),
                offered: count(|row| row.offered),
                accepted: count(|row| row.accepted),
                qualified: count(|row| row.qualified),
                deals: count(|row| row.deals),
                open,
                capacity: capacity.map_or_else(String::new, |most| grouped(i64::from(most))),
                percent: percent(open, capacity.map_or(0, i64::from)),
                today,
                daily: daily.map_or_else(String::new, |most| grouped(i64::from(most))),
                daily_percent: percent(today, daily.map_or(0, i64::from)),
                late: count(|row| row.late),
                breaches: shows(&member.id).then(|| breached.get(member.id.0.as_str()).copied().unwrap_or(0)),
            }
        })
        .collect()
}

/// What a person may hold open, and be offered in a day: the least of their own bounds, or else their pools'.
#[must_use]
pub fn bounds(team: &Team, member: &MemberId) -> (Option<u32>, Option<u32>) {
    let caps: Vec<Caps> = pools_of(team, member).map(|pool| team.caps(pool, member)).collect();
    let least = |of: fn(&Caps) -> Option<u32>| caps.iter().filter_map(of).min();
    (least(|caps| caps.open_leads_max), least(|caps| caps.daily_leads_max))
}

/// When the present day of each member of a pool began: where their pools begin it at different moments, the one of a pool
/// with a daily bound.
#[must_use]
pub fn day_starts(team: &Team, now: Moment) -> Vec<(String, Moment)> {
    let start = |member: &Member| {
        let bounded = |pool: &&Pool| team.caps(pool, &member.id).daily_leads_max.is_some();
        let mut pools = pools_of(team, &member.id);
        let first = pools_of(team, &member.id).find(bounded).or_else(|| pools.next())?;
        Some((member.id.0.clone(), day_start(first, now)))
    };
    team.members().filter_map(start).collect()
}

fn pools_of<'t>(team: &'t Team, member: &MemberId) -> impl Iterator<Item = &'t Pool> {
    let member = member.clone();
    team.pools().filter(move |pool| pool.members.iter().any(|(id, _)| *id == member))
}

/// The names of a person's pools.
#[must_use]
pub fn pools(team: &Team, member: &MemberId) -> String {
    let names: Vec<&str> = pools_of(team, member).map(|pool| pool.name.as_str()).collect();
    names.join(", ")
}

/// Why somebody takes no lead now, in words; empty while they do.
#[must_use]
pub fn absence_words(absence: Option<Absence>, now: Moment) -> String {
    match absence {
        None => String::new(),
        Some(Absence::Inactive) => "left or switched off".to_owned(),
        Some(Absence::Away { until: None }) => "away".to_owned(),
        Some(Absence::Away { until: Some(until) }) => format!("away, back {}", countdown(now, until).words),
        Some(Absence::OffShift { opens }) => format!("off shift, starts {}", countdown(now, opens).words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::policy_text;
    use crate::domain::time::HOUR;

    #[test]
    fn a_persons_own_bound_goes_before_the_pools_and_the_day_begins_at_the_pools_midnight() {
        let text = policy_text::DEFAULT_TEAM
            .replace("[pool.enterprise]", "[pool.enterprise]\nopen_leads_max = 30\ndaily_leads_max = 8")
            .replace("[member.ana-ruiz]", "[member.ana-ruiz]\ndaily_leads_max = 5");
        let team = policy_text::team(&text).unwrap();
        let of = |id: &str| bounds(&team, &MemberId(id.to_owned()));
        assert_eq!(of("ana-ruiz"), (Some(30), Some(5)));
        assert_eq!(of("ben-okafor"), (Some(30), Some(8)));
        assert_eq!(of("dev-patel"), (None, None));
        let noon = Moment::parse("2026-06-09T12:00:00Z").unwrap();
        let days = day_starts(&team, noon);
        let ana = days.iter().find(|(id, _)| id == "ana-ruiz").unwrap();
        assert_eq!(ana.1, noon.plus(-12 * HOUR));
        assert!(days.iter().all(|(id, _)| id != "noah-fischer"), "who is in no pool is offered nothing");
    }
}
