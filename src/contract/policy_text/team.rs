//! The text of a team to its people, pools and offices. It never lets an office stand without a person and a deputy.

use super::error::TextError;
use super::hash;
use super::hours::{Calendars, SharedHours};
use super::policy::pairs;
use super::section::{At, Section, Text};
use crate::domain::calendar::Calendar;
use crate::domain::policy::Segment;
use crate::domain::routing::Caps;
use crate::domain::team::{CrmUser, Member, MemberId, Offices, Pool, PoolId, Role, Team};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A weight is at most so many shares.
const WEIGHT_END: i64 = 1_001;

/// Reads a team.
///
/// # Errors
/// Every fault of the text, by line: syntax, unknown keys, people and pools, offices without a deputy.
pub fn team(text: &str) -> Result<Team, Vec<TextError>> {
    let reader = Text::new(text);
    let table = reader.parse();
    let (members, pools, offices, hours) = {
        let root = Section::root(&reader, &table);
        let calendars = Calendars::read(&root);
        let mut people = People::read(&root);
        let pools = pools(&root, &people, &calendars);
        people.work(&root, &pools, &calendars);
        let offices = offices(&root.section("offices"), &people);
        (people.members, pools, offices, calendars.default)
    };
    let faults = reader.into_faults();
    if !faults.is_empty() {
        return Err(faults);
    }
    let pools = pools.into_iter().map(|read| read.pool).collect();
    Ok(Team::new(hash(text), members, pools, offices).with_hours(hours))
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

    /// Gives everybody their hours: those of their own, else their pool's, else those of the team.
    fn work(&mut self, root: &Section<'_, '_>, pools: &[ReadPool], calendars: &Calendars) {
        let section = root.section("member");
        section.keys();
        for member in &mut self.members {
            let own = section.section(&member.id.0);
            // Read a second time, and for its hours only.
            own.keys();
            let places: Vec<(&Pool, Range<usize>)> =
                pools.iter().filter_map(|read| Some((&read.pool, read.place(&member.id)?))).collect();
            let base = places.first().map_or(&calendars.default, |(pool, _)| &pool.hours);
            if let Some(hours) = calendars.own(&own, base) {
                member.hours = hours;
                continue;
            }
            for (other, span) in places.iter().filter(|(pool, _)| pool.hours != *base) {
                let message = format!(
                    "`{}` is in pools that work at other times than `{}`, and has no hours of their own",
                    member.id, other.id
                );
                root.text.fault(span.clone(), message, None);
            }
            member.hours = SharedHours::clone(base);
        }
    }

    fn member(&self, section: &Section<'_, '_>, id: &At<String>) -> Member {
        let crm = section.section("crm");
        let deputy = section.optional_word("deputy");
        if let Some(deputy) = deputy.as_ref().filter(|it| it.value == id.value) {
            let message = format!("`{}` can't be their own deputy", id.value);
            section.text.fault(deputy.span.clone(), message, None);
        }
        let manager = section.optional_word("manager");
        Calendars::know(section);
        Member {
            id: MemberId(id.value.clone()),
            name: section.word("name").value,
            crm: CrmUser { system: crm.word("system").value, id: crm.word("id").value },
            roles: section.choices("roles", &pairs(Role::ALL, Role::code)),
            manager: manager.map(|word| self.person(section, &word)),
            active: section.flag("active", true),
            deputy: deputy.map(|word| self.person(section, &word)),
            hours: SharedHours::new(Calendar::office()),
            away: Vec::new(),
            caps: caps(section),
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

/// A pool, and where each of its members stands in the text.
struct ReadPool {
    pool: Pool,
    places: Vec<Range<usize>>,
}

impl ReadPool {
    fn place(&self, member: &MemberId) -> Option<Range<usize>> {
        let place = self.pool.members.iter().position(|(id, _)| id == member)?;
        self.places.get(place).cloned()
    }
}

fn pools(root: &Section<'_, '_>, people: &People, calendars: &Calendars) -> Vec<ReadPool> {
    let section = root.section("pool");
    let keys = section.keys();
    keys.iter().map(|key| pool(&section.section(&key.value), key, &keys, people, calendars)).collect()
}

fn pool(
    section: &Section<'_, '_>,
    id: &At<String>,
    pools: &[At<String>],
    people: &People,
    calendars: &Calendars,
) -> ReadPool {
    let other = |key: &str| {
        let word = section.optional_word(key)?;
        if !pools.iter().any(|pool| pool.value == word.value) {
            section.unknown("pool", &word, pools.iter().map(|pool| pool.value.as_str()));
        }
        Some(PoolId(word.value))
    };
    if let Some(closers) = section.optional_word("closer_pool").filter(|closers| closers.value == id.value) {
        let message = format!("the pool `{}` can't be its own closers", id.value);
        section.text.fault(closers.span, message, None);
    }
    let mut members: Vec<(MemberId, u32)> = Vec::new();
    let mut places = Vec::new();
    for entry in section.sections("members") {
        let word = entry.word("id");
        let weight = entry.optional_number("weight", 1..WEIGHT_END);
        let member = people.person(&entry, &word);
        if members.iter().any(|(other, _)| *other == member) {
            let message = format!("`{}` is in the pool twice", word.value);
            entry.text.fault(word.span.clone(), message, None);
        }
        let weight = weight.and_then(|it| u32::try_from(it).ok()).unwrap_or(1);
        members.push((member, weight));
        places.push(word.span);
    }
    if members.is_empty() {
        let message = format!("the pool `{}` has no members: leads would wait there for nobody", id.value);
        section.text.fault(section.span(), message, None);
    }
    let caps = caps(section);
    let pool = Pool {
        id: PoolId(id.value.clone()),
        name: section.word("name").value,
        members,
        steward: people.office(section, "steward"),
        next_pool: other("next_pool"),
        open_leads_max: caps.open_leads_max,
        daily_leads_max: caps.daily_leads_max,
        closer_pool: other("closer_pool"),
        hours: calendars
            .own(section, &calendars.default)
            .unwrap_or_else(|| SharedHours::clone(&calendars.default)),
    };
    ReadPool { pool, places }
}

/// How many leads at most, held and a day.
fn caps(section: &Section<'_, '_>) -> Caps {
    Caps {
        open_leads_max: section.optional_count("open_leads_max"),
        daily_leads_max: section.optional_count("daily_leads_max"),
    }
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
