//! The text of a team to its people, pools and offices. It never lets an office stand without a person and a deputy.

use super::error::TextError;
use super::hash;
use super::hours::{Calendars, SharedHours};
use super::policy::pairs;
use super::section::{At, Section};
use super::source::Text;
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

/// Everybody, who of them has a deputy, and where their managers stand in the text.
struct People {
    members: Vec<Member>,
    deputies: BTreeMap<String, bool>,
    managers: BTreeMap<MemberId, At<MemberId>>,
}

impl People {
    fn read(root: &Section<'_, '_>) -> Self {
        let section = root.section("member");
        let keys = section.keys();
        let deputies = keys.iter().map(|key| (key.value.clone(), false)).collect();
        let mut people = Self { members: Vec::new(), deputies, managers: BTreeMap::new() };
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
        people.no_ring_of_managers(root);
        people
    }

    /// Nobody manages themselves, over however many others: what goes up would go round.
    fn no_ring_of_managers(&self, root: &Section<'_, '_>) {
        let mut told: BTreeSet<&MemberId> = BTreeSet::new();
        for start in self.managers.keys() {
            let mut way: Vec<&MemberId> = vec![start];
            while let Some(next) = way.last().and_then(|at| self.managers.get(*at)) {
                if next.value == *start && !told.contains(start) {
                    let names: Vec<String> = way.iter().chain([&start]).map(|id| format!("`{id}`")).collect();
                    let message = format!(
                        "a ring of managers, {}: whoever is at its top has no `manager`",
                        names.join(" under ")
                    );
                    root.text.fault(next.span.clone(), message, None);
                    told.extend(way.iter().copied());
                }
                if way.contains(&&next.value) {
                    break;
                }
                way.push(&next.value);
            }
        }
    }

    /// Whether the person, or somebody who stands in for them, is switched on.
    fn has_somebody(&self, id: &str) -> bool {
        let find = |id: &str| self.members.iter().find(|member| member.id.0 == id);
        let mut at = find(id);
        for _ in 0..self.members.len() {
            match at {
                Some(member) if member.active => return true,
                Some(member) => at = member.deputy.as_ref().and_then(|deputy| find(&deputy.0)),
                None => return false,
            }
        }
        false
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

    fn member(&mut self, section: &Section<'_, '_>, id: &At<String>) -> Member {
        let crm = section.section("crm");
        let deputy = section.optional_word("deputy");
        if let Some(deputy) = deputy.as_ref().filter(|it| it.value == id.value) {
            let message = format!("`{}` can't be their own deputy", id.value);
            section.text.fault(deputy.span.clone(), message, None);
        }
        let manager = section.optional_word("manager").map(|word| {
            let value = self.person(section, &word);
            self.managers.insert(MemberId(id.value.clone()), At { value: value.clone(), span: word.span });
            value
        });
        Calendars::know(section);
        Member {
            id: MemberId(id.value.clone()),
            name: section.word("name").value,
            crm: CrmUser { system: crm.word("system").value, id: crm.word("id").value },
            roles: section.choices("roles", &pairs(Role::ALL, Role::code)),
            manager,
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
        } else if self.deputies.contains_key(&word.value) && !self.has_somebody(&word.value) {
            let message = format!(
                "`{key}` is `{}`, who is switched off, as is everybody who stands in for them",
                word.value
            );
            section.text.fault(word.span, message, None);
        }
        person
    }
}

/// A pool, and where each of its members stands in the text.
struct ReadPool {
    pool: Pool,
    places: Vec<Range<usize>>,
    /// Where its teams of the CRM stand.
    teams: Vec<Range<usize>>,
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
    let pools: Vec<ReadPool> =
        keys.iter().map(|key| pool(&section.section(&key.value), key, &keys, people, calendars)).collect();
    let mut first: BTreeMap<&str, &Pool> = BTreeMap::new();
    for read in &pools {
        for (team, span) in read.pool.crm_teams.iter().zip(&read.teams) {
            let other = first.entry(team).or_insert(&read.pool);
            if other.hours != read.pool.hours {
                let message = format!(
                    "the CRM's team `{team}` fills `{}` too, which works at other times: name it in one of them",
                    other.id
                );
                root.text.fault(span.clone(), message, None);
            }
        }
    }
    pools
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
    let share = |section: &Section<'_, '_>, key: &str| {
        section.optional_number(key, 1..WEIGHT_END).and_then(|it| u32::try_from(it).ok())
    };
    let default_weight = share(section, "default_weight").unwrap_or(1);
    let mut members: Vec<(MemberId, u32)> = Vec::new();
    let mut places = Vec::new();
    for entry in section.sections("members") {
        let word = entry.word("id");
        let weight = share(&entry, "weight");
        let member = people.person(&entry, &word);
        if members.iter().any(|(other, _)| *other == member) {
            let message = format!("`{}` is in the pool twice", word.value);
            entry.text.fault(word.span.clone(), message, None);
        }
        members.push((member, weight.unwrap_or(default_weight)));
        places.push(word.span);
    }
    let crm_teams = section.words("crm_teams");
    if members.is_empty() && crm_teams.is_empty() {
        let message = format!(
            "the pool `{}` has no members: leads would wait there for nobody; name some, or `crm_teams`",
            id.value
        );
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
        crm_teams: crm_teams.iter().map(|word| word.value.trim().to_owned()).collect(),
        default_weight,
    };
    ReadPool { pool, places, teams: crm_teams.into_iter().map(|word| word.span).collect() }
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
