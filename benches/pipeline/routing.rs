//! Routing: what deciding one route costs, how long ten thousand leads that qualify at once take and how evenly they are
//! shared, and what routing every tenth record costs the reading of all. It prints figures and asserts none.

use super::installation::Installation;
use super::records::{self, Made};
use super::service::{self, producer, send, stop};
use baton::contract::policy_text::{self, DEFAULT_POLICY, DEFAULT_TEAM};
use baton::domain::lead::{Motion, Origin};
use baton::domain::policy::{Grade, Policy, Priority, Segment};
use baton::domain::routing::{Knows, Load, Rotation, RouteSubject, Seats, destination, knowing};
use baton::domain::team::{PoolId, Team};
use baton::domain::time::Moment;
use baton::store::connect::{Timeouts, connect};
use baton::store::text::TextKind;
use baton::transaction::operation;
use rdkafka::producer::Producer as _;
use sqlx::{Connection, PgConnection};
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Rules and reps of the decision that is timed.
const RULES: usize = 200;
const REPS: usize = 100;
/// Decisions of which the mean and the percentiles are taken.
const DECISIONS: usize = 50_000;
/// Leads of one transaction of the router: the pool is read once for so many.
const TURN: usize = 200;
/// Leads that qualify at once.
const BULK: usize = 10_000;
/// Longest that they may take.
const BULK_MAX: Duration = Duration::from_secs(600);
/// Pools of the shipped team.
const POOLS: [&str; 4] = ["enterprise", "low-touch", "mid-market", "small"];

/// Times, of one decision.
pub struct Decided {
    pub mean: Duration,
    pub p50: Duration,
    pub p99: Duration,
    /// Reading the pool anew for each decision, as the first lead of a transaction pays.
    pub first: Duration,
}

/// One route over 200 rules, of which the last takes the lead, and 100 reps: persons, named accounts, rules, turn.
pub fn decide() -> Decided {
    let (policy, team) = (policy(), team());
    let pool = team.pool(&PoolId("wide".to_owned())).expect("the pool is there");
    let now = Moment::from(jiff::Timestamp::now());
    let (subject, knows) = (subject(), Knows::default());
    let one = |seats: &mut Seats| {
        black_box(knowing(&policy, &subject, &knows));
        black_box(destination(&policy, &subject, &knows));
        let choice = seats.choose(&subject);
        if let Some(rep) = &choice.rep {
            seats.took(rep);
        }
        black_box(choice);
    };
    let (mut rotation, mut times, mut firsts) =
        (Rotation::default(), Vec::with_capacity(DECISIONS), Vec::new());
    while times.len() < DECISIONS {
        let started = Instant::now();
        let mut seats = Seats::new(&team, pool, &rotation, &Load::default(), now);
        one(&mut seats);
        firsts.push(started.elapsed());
        for _ in 1..TURN {
            let started = Instant::now();
            one(&mut seats);
            times.push(started.elapsed());
        }
        rotation = seats.rotation();
    }
    times.sort_unstable();
    firsts.sort_unstable();
    let sum: Duration = times.iter().sum();
    Decided {
        mean: sum / u32::try_from(times.len()).unwrap_or(u32::MAX),
        p50: times[times.len() / 2],
        p99: times[times.len() * 99 / 100],
        first: firsts[firsts.len() / 2],
    }
}

fn subject() -> RouteSubject {
    RouteSubject {
        grade: Grade::B,
        priority: Priority::P2,
        country: Some("DE".to_owned()),
        region: Some("bavaria".to_owned()),
        segment: Segment::MidMarket,
        motion: Motion::NewBusiness,
        product: None,
        origin: Origin::Marketing,
        campaign: Some("c1".to_owned()),
        source: Some("search".to_owned()),
        wanted: None,
        excluded: Vec::new(),
    }
}

/// The shipped policy with 199 routes that differ in the last field that is compared, and one that takes the lead.
fn policy() -> Policy {
    let (start, _) = DEFAULT_POLICY.split_once("[[route]]").expect("the shipped policy has routes");
    let (_, targets) = DEFAULT_POLICY.split_once("[targets]").expect("the shipped policy has targets");
    let mut text = start.to_owned();
    for number in 0..RULES {
        let source = if number + 1 == RULES { "search".to_owned() } else { format!("source-{number}") };
        let _ = write!(
            text,
            "[[route]]\nid = \"rule-{number}\"\ngrades = [\"A\", \"B\"]\ncountries = [\"FR\", \"DE\"]\n\
             segments = [\"mid-market\"]\nsources = [\"{source}\"]\npool = \"wide\"\n"
        );
    }
    policy_text::policy(&format!("{text}[targets]{targets}")).expect("the policy reads")
}

/// The shipped team with a pool of a hundred reps of differing weights.
fn team() -> Team {
    let mut members = String::new();
    let mut people = String::new();
    for number in 0..REPS {
        let _ = write!(members, "{{ id = \"rep-{number}\", weight = {} }}, ", 1 + number % 5);
        let _ = write!(
            people,
            "[member.rep-{number}]\nname = \"Rep {number}\"\ncrm = {{ system = \"crm\", id = \"w-{number}\" }}\n\
             roles = [\"rep\"]\n"
        );
    }
    // The other keys of a pool are those of the shipped one.
    let (_, small) = DEFAULT_TEAM.split_once("[pool.small]").expect("the shipped team has the pool");
    let keys: Vec<&str> = small
        .lines()
        .take_while(|line| !line.starts_with('['))
        .chain([""])
        .filter(|line| !line.starts_with("members") && !line.starts_with("name"))
        .collect();
    let text = format!(
        "{DEFAULT_TEAM}\n[pool.wide]\nname = \"Wide\"\nmembers = [{members}]\n{}\n{people}",
        keys.join("\n")
    );
    policy_text::team(&text).expect("the team reads")
}

/// What became of the leads that qualified at once.
pub struct Bulk {
    pub leads: i64,
    /// From the start of the instance to the last offer.
    pub seconds: f64,
    /// From the first offer to the last.
    pub offering_seconds: f64,
    /// The largest distance of anybody from the share of their pool by weight, in leads.
    pub off_ideal: f64,
    /// The weights that the pools were given, in the order of their reps.
    pub weights: String,
}

/// Weights that the reps of every pool are given in turn: shares that differ, and add up to no round number.
const WEIGHTS: [u32; 4] = [1, 2, 3, 5];

/// The shipped team with these weights.
fn weighted() -> String {
    let mut place = 0;
    let lines = DEFAULT_TEAM.lines().map(|line| {
        if !line.starts_with("members") {
            place = 0;
            return line.to_owned();
        }
        let parts: Vec<String> = line
            .split(" }")
            .map(|part| {
                if !part.contains("{ id = ") {
                    return part.to_owned();
                }
                place += 1;
                format!("{part}, weight = {} }}", WEIGHTS[(place - 1) % WEIGHTS.len()])
            })
            .collect();
        parts.concat()
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// Publishes a team, as `baton team publish` does.
fn publish(runtime: &tokio::runtime::Runtime, installation: &Installation, text: &str) {
    runtime.block_on(async {
        let mut conn =
            connect(&installation.url, "bench", Timeouts::default()).await.expect("Postgres answers");
        let hash = policy_text::hash(text);
        operation::publish_text(&mut conn, TextKind::Team, hash, text, "bench")
            .await
            .expect("the team is published");
    });
}

/// Publishes the weighted team, produces ten thousand demo requests of ten thousand people, then starts an instance.
pub fn bulk(runtime: &tokio::runtime::Runtime, installation: &Installation) -> Bulk {
    let text = weighted();
    publish(runtime, installation, &text);
    let team = policy_text::team(&text).expect("the weighted team reads");
    let producer = producer(&installation.brokers);
    for person in 0..BULK {
        send(&producer, &records::form(person, "demo", person));
    }
    producer.flush(Duration::from_secs(120)).expect("everything is produced");
    let mut watch = runtime.block_on(PgConnection::connect(&installation.url)).expect("Postgres answers");
    let started = Instant::now();
    let mut instance = installation.command().arg("serve").spawn().expect("the instance starts");
    let wanted = i64::try_from(BULK).unwrap_or(i64::MAX);
    while number(runtime, &mut watch, "SELECT count(DISTINCT lead_id) FROM assignment") < wanted {
        assert!(started.elapsed() < BULK_MAX, "not every lead was offered within {BULK_MAX:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    let seconds = started.elapsed().as_secs_f64();
    stop(&mut instance);
    let span = number(runtime, &mut watch, "SELECT max(at) - min(at) FROM assignment");
    Bulk {
        leads: number(runtime, &mut watch, "SELECT count(*) FROM assignment"),
        seconds,
        offering_seconds: span as f64 / 1e6,
        off_ideal: off_ideal(runtime, &mut watch, &team),
        weights: WEIGHTS.map(|weight| weight.to_string()).join(", "),
    }
}

/// First offers only, since later ones exclude who had the lead.
fn off_ideal(runtime: &tokio::runtime::Runtime, watch: &mut PgConnection, team: &Team) -> f64 {
    let mut worst: f64 = 0.0;
    for name in POOLS {
        let pool = team.pool(&PoolId(name.to_owned())).expect("a pool of the shipped team");
        let shares: Vec<(f64, f64)> = pool
            .members
            .iter()
            .map(|(member, weight)| {
                let query = sqlx::query_scalar(
                    "SELECT count(*) FROM (SELECT DISTINCT ON (lead_id) pool, member FROM assignment ORDER BY lead_id, version) AS first WHERE pool = $1 AND member = $2",
                );
                let query = query.bind(name).bind(&member.0).fetch_one(&mut *watch);
                let count: i64 = runtime.block_on(query).expect("counts are read");
                (count as f64, f64::from(*weight))
            })
            .collect();
        let leads: f64 = shares.iter().map(|(count, _)| count).sum();
        let weights: f64 = shares.iter().map(|(_, weight)| weight).sum();
        let off = |(count, weight): &(f64, f64)| (count - leads * weight / weights).abs();
        worst = shares.iter().map(off).fold(worst, f64::max);
    }
    worst
}

fn number(runtime: &tokio::runtime::Runtime, watch: &mut PgConnection, query: &'static str) -> i64 {
    let read = sqlx::query_scalar::<_, Option<i64>>(query);
    runtime.block_on(read.fetch_one(watch)).expect("the number is read").unwrap_or(0)
}

/// Rates of reading the same records, with and without routing.
pub struct Share {
    pub with: f64,
    pub without: f64,
    /// Leads that stood in a queue when the last record was read.
    pub left: i64,
}

/// Every tenth record is a demo request of somebody new to sales. Without routing, another holds every pool's lease.
pub fn share(runtime: &tokio::runtime::Runtime, people: usize, count: usize) -> Share {
    let made = every_tenth(people, count);
    let with = runtime.block_on(Installation::new("routed"));
    let routed = service::run(&with, &made);
    let mut watch = runtime.block_on(PgConnection::connect(&with.url)).expect("Postgres answers");
    let left = number(runtime, &mut watch, "SELECT count(*) FROM lead WHERE stage = 2 AND NOT held");
    let without = runtime.block_on(Installation::new("unrouted"));
    let mut watch = runtime.block_on(PgConnection::connect(&without.url)).expect("Postgres answers");
    for pool in POOLS {
        let held = sqlx::query(
            "INSERT INTO pool_lease (pool, owner, lease_epoch, lease_until) VALUES ($1, 'bench', 1, 9223372036854775807)",
        );
        runtime.block_on(held.bind(pool).execute(&mut watch)).expect("the lease is held");
    }
    let unrouted = service::run(&without, &made);
    Share { with: routed.rate(), without: unrouted.rate(), left }
}

/// Nine signals and clicks, then a demo request of a person who has made none yet.
fn every_tenth(people: usize, count: usize) -> Made {
    let plain = records::make(people, count);
    let mix = plain
        .mix
        .into_iter()
        .enumerate()
        .map(|(place, record)| {
            let id = people + place;
            match (place % 10, place % 50) {
                (9, _) => records::form(place / 10 % people.max(1), "demo", id),
                // The plain mix asks for demos here.
                (_, 0) => records::form(place % people.max(1), "content", id),
                _ => record,
            }
        })
        .collect();
    Made { forms: plain.forms, mix }
}
