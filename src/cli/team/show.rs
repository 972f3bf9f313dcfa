//! `baton team show`: people, pools, hours and absences as they hold now. It only reads.

use super::super::output::{FAILED, Failure, block_on, say, say_json};
use super::super::reference::hex;
use super::session;
use crate::domain::calendar::Calendar;
use crate::domain::routing::FAIRNESS_DEFINITION;
use crate::domain::team::{Absence, Member, Pool, Team};
use crate::domain::time::{DAY, Moment};
use crate::settings::Settings;
use crate::store::Reader;
use crate::web::view::fairness::{FairPool, fair_pools};
use crate::web::view::team::MemberLoad;
use serde_json::{Value, json};

/// Days over which fairness is counted, as on the team page.
const FAIRNESS_DAYS: i64 = 30;
/// The words of weekdays, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

pub(super) fn run(settings: &Settings, as_json: bool) -> Result<(), Failure> {
    let (team, now, loads, got) = block_on(async {
        let mut session = session(settings).await?;
        let now = session.now().await.map_err(|error| Failure::of(FAILED, &error))?;
        let team = session.texts().team.clone();
        let failed = |error: &crate::store::StoreError| Failure::store(settings, error);
        let reader = Reader::open(settings.database.url.expose(), 1).await.map_err(|error| failed(&error))?;
        let loads = reader.loads(&team, now).await.map_err(|error| failed(&error))?;
        let got = reader.got_since(now.plus(-FAIRNESS_DAYS * DAY)).await.map_err(|error| failed(&error))?;
        Ok((team, now, loads, got))
    })?;
    let fair = fair_pools(&got, &team);
    let figures = |pool: &Pool| Figures {
        loads: pool
            .members
            .iter()
            .map(|(rep, _)| MemberLoad::of(&team, pool, rep, loads.get(&pool.id)))
            .collect(),
        fair: fair.iter().find(|fair| fair.pool == pool.id.0),
    };
    if as_json {
        say_json(&json!({
            "hash": hex(&team.hash), "now": now.to_string(), "on_shift": on_shift(&team, now),
            "pools": team.pools().map(|pool| pool_json(pool, &team, now, &figures(pool))).collect::<Vec<_>>(),
            "fairness_days": FAIRNESS_DAYS, "fairness_definition": FAIRNESS_DEFINITION,
            "members": team.members().map(|member| member_json(member, &team, now)).collect::<Vec<_>>(),
            "hints": team.hints().iter().map(ToString::to_string).collect::<Vec<_>>(),
        }));
        return Ok(());
    }
    say(format!("# team {} at {now}", hex(&team.hash)));
    for pool in team.pools() {
        pool_lines(pool, &team, now, &figures(pool));
    }
    say(format!("fairness of {FAIRNESS_DAYS} days: {FAIRNESS_DEFINITION}"));
    say("");
    for member in team.members() {
        say(format!(
            "{:<16} {:<24} {:<28} {}",
            member.id.0,
            shown(&member.hours),
            standing(&team, member, now),
            member.roles.iter().map(|role| role.code()).collect::<Vec<_>>().join(",")
        ));
    }
    say("");
    let there = on_shift(&team, now);
    say(if there.is_empty() {
        "on shift now: nobody".to_owned()
    } else {
        format!("on shift now: {}", there.join(", "))
    });
    for hint in team.hints() {
        say(format!("hint: {hint}"));
    }
    Ok(())
}

fn on_shift(team: &Team, now: Moment) -> Vec<&str> {
    let there = team.members().filter(|member| team.absence(&member.id, now).is_none());
    there.map(|member| member.id.0.as_str()).collect()
}

/// What stands beside a pool's people.
struct Figures<'f> {
    /// In the order of the pool's members.
    loads: Vec<MemberLoad>,
    fair: Option<&'f FairPool>,
}

impl Figures<'_> {
    /// In thousandths; `None` before the first lead.
    fn jain_permille(&self) -> Option<u32> {
        self.fair.and_then(|fair| fair.jain_permille)
    }
}

fn pool_lines(pool: &Pool, team: &Team, now: Moment, figures: &Figures<'_>) {
    let open = if pool.hours.is_open(now) { "open" } else { "closed" };
    say(format!("pool {:<14} {:<24} {open}, steward {}", pool.id.0, shown(&pool.hours), pool.steward));
    for ((member, weight), load) in pool.members.iter().zip(&figures.loads) {
        let there = if team.absence(member, now).is_none() { "" } else { ", not now" };
        let full = if load.is_full() { ", full" } else { "" };
        say(format!("  {:<16} weight {weight}, {}{full}{there}", member.0, load.words()));
    }
    if let Some(permille) = figures.jain_permille() {
        say(format!("  fairness {}.{:03}", permille / 1_000, permille % 1_000));
    }
    for (what, to) in [("next pool", &pool.next_pool), ("closers", &pool.closer_pool)] {
        if let Some(to) = to {
            say(format!("  {what}: {to}"));
        }
    }
}

/// Where somebody is now.
fn standing(team: &Team, member: &Member, now: Moment) -> String {
    match team.absence(&member.id, now) {
        None => "on shift".to_owned(),
        Some(Absence::Inactive) => "inactive".to_owned(),
        Some(Absence::Away { until: Some(until) }) => format!("away until {until}"),
        Some(Absence::Away { until: None }) => "away".to_owned(),
        Some(Absence::OffShift { opens }) => format!("back on shift {opens}"),
    }
}

/// `09:00` of minutes after midnight.
pub(super) fn clock(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn shown(hours: &Calendar) -> String {
    let (opens, closes) = hours.hours();
    format!("{}-{} {}", clock(opens), clock(closes), hours.zone())
}

fn hours_json(hours: &Calendar) -> Value {
    let (opens, closes) = hours.hours();
    let days: Vec<&str> =
        DAYS.iter().zip(hours.days()).filter(|(_, works)| *works).map(|(day, _)| *day).collect();
    json!({ "time_zone": hours.zone(), "opens": clock(opens), "closes": clock(closes), "days": days,
        "holidays": hours.holidays().iter().map(ToString::to_string).collect::<Vec<_>>() })
}

fn pool_json(pool: &Pool, team: &Team, now: Moment, figures: &Figures<'_>) -> Value {
    let members: Vec<Value> = pool
        .members
        .iter()
        .zip(&figures.loads)
        .map(|((member, weight), load)| {
            json!({ "id": member.0, "weight": weight, "on_shift": team.absence(member, now).is_none(),
                "open": load.open, "open_max": load.open_max, "today": load.today, "today_max": load.today_max })
        })
        .collect();
    json!({
        "id": pool.id.0, "name": pool.name, "members": members, "steward": pool.steward.0,
        "next_pool": pool.next_pool.as_ref().map(|pool| &pool.0),
        "closer_pool": pool.closer_pool.as_ref().map(|pool| &pool.0),
        "open_leads_max": pool.open_leads_max, "daily_leads_max": pool.daily_leads_max,
        "hours": hours_json(&pool.hours), "open": pool.hours.is_open(now), "crm_teams": pool.crm_teams,
        "fairness_permille": figures.jain_permille(),
    })
}

fn member_json(member: &Member, team: &Team, now: Moment) -> Value {
    let away: Vec<Value> = member
        .away
        .iter()
        .map(|away| json!({ "from": away.from.to_string(), "until": away.until.map(|until| until.to_string()) }))
        .collect();
    json!({
        "id": member.id.0, "name": member.name, "active": member.active, "standing": standing(team, member, now),
        "roles": member.roles.iter().map(|role| role.code()).collect::<Vec<_>>(),
        "manager": member.manager.as_ref().map(|manager| &manager.0),
        "deputy": member.deputy.as_ref().map(|deputy| &deputy.0),
        "hours": hours_json(&member.hours), "away": away,
    })
}
