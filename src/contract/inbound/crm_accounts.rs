//! `crm.lead-events.v1`, companies and users: rows of their own. They never touch a lead.

use super::fields::Fields;
use super::people;
use super::reading::{Reading, row_only};
use super::{InType, in_types};
use crate::contract::request::{AccountPatch, Creates, Decoded, Subject, Unreadable, UserPatch};
use crate::domain::availability::{AWAY_MAX, Away};
use crate::domain::ids::AccountId;
use crate::domain::profile::MailKind;
use crate::domain::team::TEAMS_MAX;
use std::collections::BTreeSet;

pub(super) const TYPES: &[InType] = in_types!("crm.lead-events.v1":
    "crm.account.updated.v1" => account_updated,
    "crm.user.updated.v1" => user_updated,
);

/// An account's id comes without its system: the owner's system names it, and the event's source names it as well, so
/// that a record without an owner still meets the same row.
fn account_updated(reading: &Reading<'_>) -> Result<Decoded, Unreadable> {
    let data = reading.data;
    let account = data.text("account_id").ok_or_else(|| data.bad("account_id", "is empty"))?;
    let owner = data.crm("owner");
    let systems = owner.iter().map(|owner| owner.system.as_str()).chain([reading.cause.source.as_str()]);
    let mut keys: Vec<String> = systems.map(|system| account_key(system, account)).collect();
    let company = |domain: &String| reading.reference.mail_kind(domain) == MailKind::Company;
    for domain in data.texts("domains").filter_map(people::domain).filter(company) {
        let key = format!("domain:{domain}");
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let patch = AccountPatch {
        id: AccountId::derived(keys.first().map_or("", String::as_str)),
        keys,
        name: data.owned("name"),
        kind: data.owned("kind"),
        owner,
        segment: data.owned("segment"),
        region: data.owned("region"),
        customer_since: data.date("customer_since")?,
    };
    Ok(row_only(reading.about(Subject::Account(patch), Creates::NeverFiltered)))
}

fn account_key(system: &str, account: &str) -> String {
    format!("crm:{system}:{account}")
}

fn user_updated(reading: &Reading<'_>) -> Result<Decoded, Unreadable> {
    let data = reading.data;
    let user = data.crm("user").ok_or_else(|| data.bad("user", "is empty"))?;
    let patch = UserPatch {
        system: user.system,
        id: user.id,
        active: data.flag("active"),
        name: data.owned("name"),
        time_zone: data.owned("time_zone"),
        away: absences(&data)?,
        manager: data.crm("manager"),
        teams: data.has("teams").then(|| teams(&data)),
    };
    Ok(row_only(reading.about(Subject::User(patch), Creates::NeverFiltered)))
}

/// The CRM's teams, sorted, each once.
fn teams(data: &Fields<'_>) -> Vec<String> {
    let named: BTreeSet<&str> = data.texts("teams").take(TEAMS_MAX).collect();
    named.into_iter().map(str::to_owned).collect()
}

/// Absences that the CRM knows of, sorted; one that ends before it begins is none.
fn absences(data: &Fields<'_>) -> Result<Vec<Away>, Unreadable> {
    let mut absences = Vec::new();
    for away in data.objects("away").take(AWAY_MAX) {
        if let (Some(from), Some(until)) = (away.moment("from")?, away.moment("until")?)
            && from < until
        {
            absences.push(Away { from, until: Some(until) });
        }
    }
    absences.sort_unstable();
    absences.dedup();
    Ok(absences)
}
