//! The text of a team to its people, pools and offices. It never lets an office stand without a person and a deputy.

use super::error::TextError;
use super::policy::pairs;
use super::section::{At, Section, Text};
use super::{hash, minute_of_day};
use crate::domain::policy::Segment;
use crate::domain::team::{CrmUser, Member, MemberId, Offices, Pool, PoolId, Role, Team};
use std::collections::{BTreeMap, BTreeSet};

/// A weight is at most so many shares.
const WEIGHT_END: i64 = 1_001;

/// Reads a team.
///
/// # Errors
/// Every fault of the text, by line: syntax, unknown keys, people and pools, offices without a deputy.
pub fn team(text: &str) -> Result<Team, Vec<TextError>> {
    let reader = Text::new(text);
    let table = reader.parse();
    let (members, pools, offices) = {
        let root = Section::root(&reader, &table);
        let people = People::read(&root);
        let pools = pools(&root, &people);
        let offices = offices(&root.section("offices"), &people);
        (people.members, pools, offices)
    };
    let faults = reader.into_faults();
    if faults.is_empty() { Ok(Team::new(hash(text), members, pools, offices)) } else { Err(faults) }
}

/// Everybody, and who of them has a deputy.
struct People {
    members: Vec<Member>,
    deputies: BTreeMap<String, bool>,
}

impl People {
    fn read(root: &Section<'_, '_>) -> Self {
        let section = root.section("member");
        let keys = section.keys();
        let deputies = keys.iter().map(|key| (key.value.clone(), false)).collect();
        let mut people = Self { members: Vec::new(), deputies };
        let mut users = BTreeSet::new();
        for key in &keys {
            let member = people.member(&section.section(&key.value), key);
            if !users.insert(member.crm.clone()) {
                let message = format!("the CRM user of `{}` is another person's too", key.value);
                root.text.fault(key.span.clone(), message, None);
            }
            if member.deputy.is_some() {
                people.deputies.insert(key.value.clone(), true);
            }
            people.members.push(member);
        }
        people
    }

    fn member(&self, section: &Section<'_, '_>, id: &At<String>) -> Member {
        let crm = section.section("crm");
        let deputy = section.optional_word("deputy");
        if let Some(deputy) = deputy.as_ref().filter(|it| it.value == id.value) {
            let message = format!("`{}` can't be their own deputy", id.value);
            section.text.fault(deputy.span.clone(), message, None);
        }
        let manager = section.optional_word("manager");
        Member {
            id: MemberId(id.value.clone()),
            name: section.word("name").value,
            crm: CrmUser { system: crm.word("system").value, id: crm.word("id").value },
            roles: section.choices("roles", &pairs(Role::ALL, Role::code)),
            manager: manager.map(|word| self.person(section, &word)),
            active: section.flag("active", true),
            deputy: deputy.map(|word| self.person(section, &word)),
        }
    }

    /// A person of the team; an unknown one is a fault.
    fn person(&self, section: &Section<'_, '_>, word: &At<String>) -> MemberId {
        if !self.deputies.contains_key(&word.value) {
            section.unknown("person", word, self.deputies.keys().map(String::as_str));
        }
        MemberId(word.value.clone())
    }

    /// The holder of an office: a person with a deputy.
    fn office(&self, section: &Section<'_, '_>, key: &str) -> MemberId {
        let word = section.word(key);
        if word.value.is_empty() {
            return MemberId(String::new());
        }
        let person = self.person(section, &word);
        if self.deputies.get(&word.value) == Some(&false) {
            let message = format!("`{key}` is `{}`, who has no deputy", word.value);
            section.text.fault(word.span, message, None);
        }
        person
    }
}

fn pools(root: &Section<'_, '_>, people: &People) -> Vec<Pool> {
    let section = root.section("pool");
    let keys = section.keys();
    keys.iter().map(|key| pool(&section.section(&key.value), key, &keys, people)).collect()
}

fn pool(section: &Section<'_, '_>, id: &At<String>, pools: &[At<String>], people: &People) -> Pool {
    let next_pool = other_pool(section, "next_pool", pools);
    let closer_pool = other_pool(section, "closer_pool", pools);
    if let Some(closers) = closer_pool.as_ref().filter(|closers| closers.value == id.value) {
        let message = format!("the pool `{}` can't be its own closers", id.value);
        section.text.fault(closers.span.clone(), message, None);
    }
    let mut members: Vec<(MemberId, u32)> = Vec::new();
    for entry in section.sections("members") {
        let word = entry.word("id");
        let weight = entry.optional_number("weight", 1..WEIGHT_END);
        let member = people.person(&entry, &word);
        if members.iter().any(|(other, _)| *other == member) {
            let message = format!("`{}` is in the pool twice", word.value);
            entry.text.fault(word.span, message, None);
        }
        let weight = weight.and_then(|it| u32::try_from(it).ok()).unwrap_or(1);
        members.push((member, weight));
    }
    let opens_minute = minute_of_day(section, "opens");
    let closes_minute = minute_of_day(section, "closes");
    if closes_minute <= opens_minute {
        let message = format!("the pool `{}` closes before it opens", id.value);
        section.text.fault(section.span(), message, None);
    }
    Pool {
        id: PoolId(id.value.clone()),
        name: section.word("name").value,
        members,
        steward: people.office(section, "steward"),
        next_pool: next_pool.map(|word| PoolId(word.value)),
        closer_pool: closer_pool.map(|word| PoolId(word.value)),
        open_leads_max: section.optional_count("open_leads_max"),
        time_zone: time_zone(section),
        opens_minute,
        closes_minute,
    }
}

/// Another pool that a key names; an unknown one is a fault.
fn other_pool(section: &Section<'_, '_>, key: &str, pools: &[At<String>]) -> Option<At<String>> {
    let word = section.optional_word(key)?;
    if !pools.iter().any(|pool| pool.value == word.value) {
        section.unknown("pool", &word, pools.iter().map(|pool| pool.value.as_str()));
    }
    Some(word)
}

fn time_zone(section: &Section<'_, '_>) -> String {
    let word = section.word("time_zone");
    if !word.value.is_empty() && jiff::tz::TimeZone::get(&word.value).is_err() {
        let message = format!("unknown time zone `{}`", word.value);
        section.text.fault(word.span, message, None);
    }
    word.value
}

fn offices(section: &Section<'_, '_>, people: &People) -> Offices {
    let owners = section.section("segment_owners");
    let owner = |segment: Segment| people.office(&owners, segment.code());
    Offices {
        segment_owners: [owner(Segment::Enterprise), owner(Segment::MidMarket), owner(Segment::Small)],
        marketing_owner: people.office(section, "marketing_owner"),
        operations: people.office(section, "operations"),
        arbiter: people.office(section, "arbiter"),
        queue_steward: people.office(section, "queue_steward"),
    }
}
