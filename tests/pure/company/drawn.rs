//! A company drawn from a seed: who is there and in which hours, who shares which leads, where the rules send them. All of
//! it as texts that the real readers read; it lives through nothing.

use crate::plan::desk::Desk;
use crate::simulation::prng::Prng;
use baton::contract::policy_text::{self, DEFAULT_POLICY};
use baton::domain::availability::{Availability, Away, Source};
use baton::domain::policy::Policy;
use baton::domain::team::{MemberId, Team};
use baton::domain::time::{DAY, HOUR, Moment};
use std::fmt::Write as _;

const ZONES: [&str; 8] = [
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "America/Sao_Paulo",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Africa/Casablanca",
];
const HOURS: [(&str, &str); 5] =
    [("09:00", "17:30"), ("00:00", "24:00"), ("06:00", "10:00"), ("13:00", "22:00"), ("22:00", "24:00")];
/// The same as a word over the team says them, in minutes after midnight.
const SAID_HOURS: [(u32, u32); 3] = [(9 * 60, 17 * 60 + 30), (0, 24 * 60), (6 * 60, 10 * 60)];
const DAYS: [&str; 4] = [
    "\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"",
    "\"sun\", \"mon\", \"tue\", \"wed\", \"thu\"",
    "\"tue\", \"thu\"",
    "\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"",
];
/// Days of June and July 2026, when histories begin.
const HOLIDAYS: [&str; 4] = ["2026-06-01", "2026-06-05", "2026-06-08", "2026-07-03"];
pub const COUNTRIES: [&str; 4] = ["DE", "US", "JP", "BR"];
pub const REGIONS: [&str; 3] = ["bavaria", "ohio", "kansai"];
pub const PRODUCTS: [&str; 2] = ["line planner", "floor view"];
pub const SOURCES: [&str; 3] = ["search", "events", "partner"];
pub const KINDS: [&str; 3] = ["demo", "pricing", "content"];
const GRADES: [&str; 4] = ["A", "B", "C", "D"];
const SEGMENTS: [&str; 3] = ["enterprise", "mid-market", "small"];
/// Companies whose people raise their hands.
pub const HOUSES: usize = 5;

/// A company as it is published.
pub struct Drawn {
    pub team: Team,
    pub policy: Policy,
    pub reps: Vec<MemberId>,
    /// Who holds leads by office: each has a deputy.
    pub offices: Vec<MemberId>,
}

/// So many people of a kind: `rep-0`, `rep-1`, ..
fn people(kind: &str, count: usize) -> Vec<MemberId> {
    (0..count).map(|number| MemberId(format!("{kind}-{number}"))).collect()
}

/// Draws a company; every text that is drawn is one that could be published.
pub fn draw(prng: &mut Prng) -> Drawn {
    let (reps, offices) = (people("rep", 3 + prng.below(9)), people("office", 2 + prng.below(4)));
    let pools: Vec<String> =
        (0..=prng.below(reps.len().min(4))).map(|number| format!("pool-{number}")).collect();
    let text = team_text(prng, &reps, &offices, &pools);
    let team = policy_text::team(&text).unwrap_or_else(|faults| panic!("{faults:?}"));
    let text = policy_text_of(prng, &reps, &pools);
    let policy = policy_text::policy(&text).unwrap_or_else(|faults| panic!("{faults:?}"));
    let policy = policy.sealed(|domain| Desk::keys().company(domain));
    Drawn { team, policy, reps, offices }
}

fn team_text(prng: &mut Prng, reps: &[MemberId], offices: &[MemberId], pools: &[String]) -> String {
    let mut text = String::from("[offices]\n");
    for office in ["marketing_owner", "operations", "arbiter", "queue_steward"] {
        let _ = writeln!(text, "{office} = \"{}\"", prng.pick(offices));
    }
    text.push_str("[offices.segment_owners]\n");
    for segment in SEGMENTS {
        let _ = writeln!(text, "{segment} = \"{}\"", prng.pick(offices));
    }
    let calendars = 1 + prng.below(4);
    for number in 0..calendars {
        let name = if number == 0 { "default".to_owned() } else { format!("c{number}") };
        let _ = write!(text, "[calendar.{name}]\n{}", hours(prng));
    }
    // Whoever is in two pools says their own hours.
    let mut twice = Vec::new();
    for (place, pool) in pools.iter().enumerate() {
        let mut members: Vec<&MemberId> = reps.iter().skip(place).step_by(pools.len()).collect();
        if prng.one_in(3) {
            let other = prng.pick(reps);
            if !members.contains(&other) {
                members.push(other);
                twice.push(other.clone());
            }
        }
        text.push_str(&pool_text(prng, (pool, pools), &members, offices, calendars));
    }
    let bosses = people("boss", 1 + prng.below(4));
    for (place, boss) in bosses.iter().enumerate() {
        // Each reports to one before: a tree.
        let above = if place == 0 { None } else { Some(prng.pick(&bosses[..place]).clone()) };
        let deputy = prng.one_in(2).then(|| prng.pick(offices).clone());
        text.push_str(&member_text(boss, "\"sales\", \"manager\"", above.as_ref(), deputy.as_ref()));
    }
    for (place, office) in offices.iter().enumerate() {
        let deputy = &offices[(place + 1 + prng.below(offices.len() - 1)) % offices.len()];
        let boss = prng.one_in(2).then(|| prng.pick(&bosses).clone());
        let roles = "\"sales\", \"marketing\", \"operations\", \"arbiter\"";
        text.push_str(&member_text(office, roles, boss.as_ref(), Some(deputy)));
    }
    for rep in reps {
        let deputy = Some(prng.pick(reps).clone()).filter(|deputy| deputy != rep && prng.one_in(3));
        let boss = (!prng.one_in(5)).then(|| prng.pick(&bosses).clone());
        text.push_str(&member_text(rep, "\"rep\"", boss.as_ref(), deputy.as_ref()));
        text.push_str(&caps(prng));
        if twice.contains(rep) || prng.one_in(2) {
            text.push_str(&hours(prng));
        }
    }
    text
}

fn pool_text(
    prng: &mut Prng,
    (pool, pools): (&String, &[String]),
    members: &[&MemberId],
    offices: &[MemberId],
    calendars: usize,
) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|member| format!("{{ id = \"{member}\", weight = {} }}", 1 + prng.below(9)))
        .collect();
    let mut text = format!(
        "[pool.{pool}]\nname = \"{pool}\"\nmembers = [{}]\nsteward = \"{}\"\n{}",
        members.join(", "),
        prng.pick(offices),
        caps(prng)
    );
    for (key, times) in [("next_pool", 2), ("closer_pool", 2)] {
        let other = prng.pick(pools);
        if prng.one_in(times) && other != pool {
            let _ = writeln!(text, "{key} = \"{other}\"");
        }
    }
    if calendars > 1 && prng.one_in(2) {
        let _ = writeln!(text, "calendar = \"c{}\"", 1 + prng.below(calendars - 1));
    }
    text
}

fn member_text(id: &MemberId, roles: &str, manager: Option<&MemberId>, deputy: Option<&MemberId>) -> String {
    let mut text = format!(
        "[member.{id}]\nname = \"{id}\"\ncrm = {{ system = \"crm\", id = \"u-{id}\" }}\nroles = [{roles}]\n"
    );
    for (key, person) in [("manager", manager), ("deputy", deputy)] {
        if let Some(person) = person {
            let _ = writeln!(text, "{key} = \"{person}\"");
        }
    }
    text
}

fn caps(prng: &mut Prng) -> String {
    let mut text = String::new();
    for key in ["open_leads_max", "daily_leads_max"] {
        if prng.one_in(5) {
            let _ = writeln!(text, "{key} = {}", 1 + prng.below(4));
        }
    }
    text
}

fn hours(prng: &mut Prng) -> String {
    let (opens, closes) = prng.pick(&HOURS);
    let (zone, days) = (prng.pick(&ZONES), prng.pick(&DAYS));
    let holidays: Vec<String> =
        HOLIDAYS.iter().filter(|_| prng.one_in(3)).map(|day| format!("\"{day}\"")).collect();
    format!(
        "time_zone = \"{zone}\"\nopens = \"{opens}\"\ncloses = \"{closes}\"\ndays = [{days}]\nholidays = [{}]\n",
        holidays.join(", ")
    )
}

/// The shipped policy with drawn routes and named accounts.
fn policy_text_of(prng: &mut Prng, reps: &[MemberId], pools: &[String]) -> String {
    let (start, rest) = DEFAULT_POLICY.split_once("[[route]]").unwrap();
    let (_, targets) = rest.split_once("[targets]").unwrap();
    let products: Vec<String> = PRODUCTS.iter().map(|product| format!("\"{product}\"")).collect();
    let mut text = format!("{start}[routing]\nproducts = [{}]\n", products.join(", "));
    for number in 0..prng.below(3) {
        let by = if prng.one_in(2) {
            format!("domain = \"house{number}.example\"")
        } else {
            format!("name = \"House {number}\"")
        };
        let to = if prng.one_in(2) {
            format!("rep = \"{}\"", prng.pick(reps))
        } else {
            format!("pool = \"{}\"", prng.pick(pools))
        };
        let _ = write!(text, "[[named_account]]\nid = \"named-{number}\"\n{by}\n{to}\n");
    }
    for number in 0..=prng.below(8) {
        let _ = write!(text, "[[route]]\nid = \"rule-{number}\"\npool = \"{}\"\n", prng.pick(pools));
        for (key, words) in [
            ("grades", &GRADES[..]),
            ("countries", &COUNTRIES[..]),
            ("regions", &REGIONS[..]),
            ("segments", &SEGMENTS[..]),
            ("products", &PRODUCTS[..]),
            ("sources", &SOURCES[..]),
        ] {
            if prng.one_in(4) {
                let some: Vec<String> =
                    words.iter().filter(|_| prng.one_in(2)).map(|word| format!("\"{word}\"")).collect();
                if !some.is_empty() {
                    let _ = writeln!(text, "{key} = [{}]", some.join(", "));
                }
            }
        }
    }
    if prng.one_in(2) {
        let _ = write!(text, "[[route]]\nid = \"the-rest\"\npool = \"{}\"\n", prng.pick(pools));
    }
    format!("{text}[targets]{targets}")
}

impl Drawn {
    /// What is said of people from now on. Whoever answers for an office keeps somebody in the team along the deputies, as
    /// both sides sign: a company in which nobody is left can hold no lead.
    pub fn said(&self, prng: &mut Prng, now: Moment) -> Vec<Availability> {
        let hours = |prng: &mut Prng, count: usize| i64::try_from(prng.below(count)).unwrap() * HOUR;
        let mut said = Vec::new();
        for member in self.team.members() {
            if !prng.one_in(2) {
                continue;
            }
            let from = now.plus(hours(prng, 60) - 30 * HOUR);
            let until = (!prng.one_in(4)).then(|| from.plus(HOUR + hours(prng, 200)));
            said.push(Availability {
                active: !prng.one_in(4),
                time_zone: prng.one_in(4).then(|| (*prng.pick(&ZONES)).to_owned()),
                hours: prng.one_in(5).then(|| *prng.pick(&SAID_HOURS)),
                away: if prng.one_in(4) { vec![Away { from, until }] } else { Vec::new() },
                ..Availability::present(member.id.clone(), Source::Manager, now)
            });
        }
        for office in &self.offices {
            self.keep_one(office, &mut said);
        }
        said
    }

    fn keep_one(&self, office: &MemberId, said: &mut [Availability]) {
        let is_off = |member: &MemberId| said.iter().any(|word| word.member == *member && !word.active);
        let mut next = Some(office);
        for _ in 0..=self.offices.len() {
            let Some(member) = next else { break };
            if !is_off(member) {
                return;
            }
            next = self.team.member(member).and_then(|member| member.deputy.as_ref());
        }
        if let Some(word) = said.iter_mut().find(|word| word.member == *office) {
            word.active = true;
        }
    }
}

/// A few days at most, often minutes: how far time goes on at once.
pub fn some_time(prng: &mut Prng) -> i64 {
    let minutes = *prng.pick(&[1, 4, 20, 90, 400, 1_500, 5_000, 15_000]);
    minutes * (DAY / (24 * 60)) + i64::try_from(prng.below(60)).unwrap() * 1_000_000
}
