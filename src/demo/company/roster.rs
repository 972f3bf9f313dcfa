//! The people of sales and marketing who use the CRM, and how each of them works. It never decides who gets a lead.

use serde_json::{Value, json};

use super::hours::{DAY, Millis, timestamp};

/// How soon somebody turns to a new lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    Fast,
    Normal,
    Slow,
    /// Works normally, and is often not there.
    OftenAway,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Rep,
    Steward,
    Manager,
}

/// One user of the CRM; `id` is the id in the team, `u-<id>` the one in the CRM.
#[derive(Debug)]
pub(super) struct Colleague {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) pool: &'static str,
    pub(super) role: Role,
    pub(super) pace: Pace,
    pub(super) manager: Option<&'static str>,
}

const SALES_MANAGER: Option<&str> = Some("paul-dupont");
const MARKETING_MANAGER: Option<&str> = Some("quinn-adams");

const fn rep(id: &'static str, name: &'static str, pool: &'static str, pace: Pace) -> Colleague {
    Colleague { id, name, pool, role: Role::Rep, pace, manager: SALES_MANAGER }
}

const fn other(
    id: &'static str,
    name: &'static str,
    pool: &'static str,
    role: Role,
    manager: Option<&'static str>,
) -> Colleague {
    Colleague { id, name, pool, role, pace: Pace::Normal, manager }
}

/// Everybody works the hours of the default team, wherever they live (`hours.rs`).
const TIME_ZONE: &str = "UTC";

/// The default team's people (`policy/team.toml`).
pub(super) const COLLEAGUES: [Colleague; 17] = [
    rep("ana-ruiz", "Ana Ruiz", "enterprise", Pace::Fast),
    rep("ben-okafor", "Ben Okafor", "enterprise", Pace::Normal),
    rep("chloe-martin", "Chloe Martin", "enterprise", Pace::OftenAway),
    rep("dev-patel", "Dev Patel", "mid-market", Pace::Fast),
    rep("emma-larsen", "Emma Larsen", "mid-market", Pace::Fast),
    rep("felix-braun", "Felix Braun", "mid-market", Pace::Slow),
    rep("grace-kim", "Grace Kim", "mid-market", Pace::Normal),
    rep("hugo-silva", "Hugo Silva", "small", Pace::Normal),
    rep("iris-novak", "Iris Novak", "small", Pace::Fast),
    rep("jonas-weber", "Jonas Weber", "small", Pace::OftenAway),
    rep("kira-sato", "Kira Sato", "low-touch", Pace::Normal),
    rep("liam-byrne", "Liam Byrne", "low-touch", Pace::Slow),
    other("maya-cohen", "Maya Cohen", "sales-operations", Role::Steward, SALES_MANAGER),
    other("noah-fischer", "Noah Fischer", "marketing-operations", Role::Steward, MARKETING_MANAGER),
    other("olga-petrov", "Olga Petrov", "operations", Role::Steward, SALES_MANAGER),
    other("paul-dupont", "Paul Dupont", "sales", Role::Manager, None),
    other("quinn-adams", "Quinn Adams", "marketing", Role::Manager, None),
];

/// The pools of reps.
pub(super) const POOLS: [&str; 4] = ["enterprise", "mid-market", "small", "low-touch"];

/// The pool that serves a company of this size (unknown: small).
pub(super) fn pool_for(employees: Option<i64>) -> &'static str {
    match employees {
        Some(count) if count > 2_000 => "enterprise",
        Some(count) if count >= 200 => "mid-market",
        Some(_) | None => "small",
    }
}

/// The place in [`COLLEAGUES`] of a CRM user id, with or without its `u-`.
pub(super) fn find(user: &str) -> Option<usize> {
    let id = user.strip_prefix("u-").unwrap_or(user);
    COLLEAGUES.iter().position(|colleague| colleague.id == id)
}

/// The members of a pool.
pub(super) fn members(pool: &str) -> Vec<usize> {
    (0..COLLEAGUES.len())
        .filter(|place| COLLEAGUES[*place].role == Role::Rep && COLLEAGUES[*place].pool == pool)
        .collect()
}

/// A CRM key of the demo's one CRM.
pub(super) fn crm_key(object: &str, id: &str) -> Value {
    json!({"system": "crm", "object": object, "id": id})
}

/// The CRM key of a colleague.
pub(super) fn user_key(colleague: usize) -> Value {
    crm_key("user", &format!("u-{}", COLLEAGUES[colleague].id))
}

/// The data of `crm.user.updated.v1`; `away` as (from, until).
pub(super) fn user_data(colleague: usize, away: Option<(Millis, Millis)>) -> Value {
    let who = &COLLEAGUES[colleague];
    let mut data = json!({
        "user": user_key(colleague),
        "active": true,
        "name": who.name,
        "teams": [who.pool],
        "time_zone": TIME_ZONE,
    });
    if let Some(place) = who.manager.and_then(find) {
        data["manager"] = user_key(place);
    }
    if let Some((from, until)) = away {
        data["away"] = json!([{"from": timestamp(from).to_string(), "until": timestamp(until).to_string()}]);
    }
    data
}

/// How often, in 1,000 weeks, somebody announces a holiday, and for how long.
pub(super) fn holiday(pace: Pace) -> (i64, Millis) {
    match pace {
        Pace::OftenAway => (140, 6 * DAY),
        Pace::Fast | Pace::Normal | Pace::Slow => (35, 9 * DAY),
    }
}
