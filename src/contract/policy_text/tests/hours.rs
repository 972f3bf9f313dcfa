//! Hours in the text of a team: shared calendars, a pool's, a person's, and the ladder in that of a policy; and what is refused.

use crate::contract::policy_text::{DEFAULT_POLICY, DEFAULT_TEAM, policy, team};
use crate::domain::ladder::Percents;
use crate::domain::routing::{chain, counted_since};
use crate::domain::team::{MemberId, PoolId, Team};
use crate::domain::time::Moment;

fn faults(from: &str, to: &str) -> Vec<String> {
    assert!(DEFAULT_TEAM.contains(from), "the shipped team has no `{from}`");
    let text = DEFAULT_TEAM.replacen(from, to, 1);
    team(&text).unwrap_err().iter().map(ToString::to_string).collect()
}

fn with(from: &str, to: &str) -> Team {
    assert!(DEFAULT_TEAM.contains(from), "the shipped team has no `{from}`");
    team(&DEFAULT_TEAM.replacen(from, to, 1)).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn opening(team: &Team, member: &str) -> String {
    let night = Moment::parse("2026-06-01T01:00:00Z").unwrap();
    team.hours(&MemberId(member.to_owned())).opening(night).to_string()
}

const BERLIN: &str = "[calendar.berlin]\ntime_zone = \"Europe/Berlin\"\nopens = \"08:00\"\ncloses = \"16:00\"\n\
    holidays = [\"2026-06-01\"]\n\n[calendar.default]";

#[test]
fn everybody_works_the_hours_of_their_own_else_of_their_pool_else_of_the_team() {
    let team = with("[calendar.default]", BERLIN);
    assert_eq!(opening(&team, "dev-patel"), "2026-06-01T09:00:00Z");
    assert_eq!(
        opening(&team, "maya-cohen"),
        "2026-06-01T09:00:00Z",
        "whoever is in no pool works the team's"
    );
    let pool = DEFAULT_TEAM
        .replacen("[calendar.default]", BERLIN, 1)
        .replacen("name = \"Mid-market\"\n", "name = \"Mid-market\"\ncalendar = \"berlin\"\n", 1)
        .replacen("name = \"Emma Larsen\"\n", "name = \"Emma Larsen\"\nopens = \"10:00\"\n", 1)
        .replacen("name = \"Felix Braun\"\n", "name = \"Felix Braun\"\nholidays = []\n", 1);
    let team = crate::contract::policy_text::team(&pool).unwrap();
    // The first of June is a holiday in Berlin; eight o'clock there is six in UTC.
    assert_eq!(opening(&team, "dev-patel"), "2026-06-02T06:00:00Z");
    assert_eq!(opening(&team, "emma-larsen"), "2026-06-02T08:00:00Z");
    assert_eq!(opening(&team, "felix-braun"), "2026-06-01T06:00:00Z");
    assert_eq!(team.pool_hours(&PoolId("mid-market".into())).zone(), "Europe/Berlin");
}

#[test]
fn hours_that_cannot_be_are_refused_with_their_line() {
    let unknown = faults("time_zone = \"UTC\"", "time_zone = \"Europe/Berlim\"");
    assert!(
        unknown[0].contains("unknown time zone `Europe/Berlim`; did you mean `Europe/Berlin`?"),
        "{unknown:?}"
    );
    assert!(unknown[0].starts_with("line "), "{unknown:?}");
    assert!(faults("closes = \"17:30\"", "closes = \"08:30\"")[0].contains("closes before it opens"));
    assert!(faults("[\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]", "[]")[0].contains("no working day"));
    assert!(faults("\"tue\", ", "\"tues\", ")[0].contains("did you mean `tue`?"));
    assert!(faults("holidays = []", "holidays = [\"2026-02-30\"]")[0].contains("no day of the calendar"));
    let named = faults("name = \"Emma Larsen\"\n", "name = \"Emma Larsen\"\ncalendar = \"defualt\"\n");
    assert!(named[0].contains("unknown calendar `defualt`; did you mean `default`?"), "{named:?}");
    assert!(faults("opens = \"09:00\"", "opens = \"9 o'clock\"")[0].contains("time of day"));
}

#[test]
fn a_rep_in_two_pools_that_work_at_other_times_needs_hours_of_their_own() {
    let two = DEFAULT_TEAM
        .replacen("name = \"Low touch\"\n", "name = \"Low touch\"\ntime_zone = \"America/New_York\"\n", 1)
        .replacen(
            "members = [{ id = \"kira-sato\" }",
            "members = [{ id = \"dev-patel\" }, { id = \"kira-sato\" }",
            1,
        );
    let faults: Vec<String> = team(&two).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("`dev-patel` is in pools that work at other times"), "{faults:?}");
    let own = two.replacen("name = \"Dev Patel\"\n", "name = \"Dev Patel\"\ncalendar = \"default\"\n", 1);
    assert_eq!(opening(&team(&own).unwrap(), "dev-patel"), "2026-06-01T09:00:00Z");
}

#[test]
fn a_pool_without_members_and_a_weight_of_zero_are_refused() {
    let members = "members = [{ id = \"kira-sato\" }, { id = \"liam-byrne\" }]";
    assert!(faults(members, "members = []")[0].contains("has no members"));
    assert!(
        faults(members, "members = [{ id = \"kira-sato\", weight = 0 }]")[0].contains("between 1 and 1000")
    );
}

#[test]
fn a_pool_names_its_closers_and_how_much_a_rep_takes_on_a_day() {
    let team = with(
        "name = \"Low touch\"\n",
        "name = \"Low touch\"\ncloser_pool = \"small\"\ndaily_leads_max = 7\n",
    );
    let pool = team.pool(&PoolId("low-touch".into())).unwrap();
    assert_eq!(pool.closer_pool, Some(PoolId("small".into())));
    assert_eq!(pool.daily_leads_max, Some(7));
    let faults = faults("name = \"Low touch\"\n", "name = \"Low touch\"\ncloser_pool = \"smal\"\n");
    assert!(faults[0].contains("unknown pool `smal`; did you mean `small`?"), "{faults:?}");
}

#[test]
fn a_day_of_a_rep_begins_at_midnight_of_their_own_pool_and_without_a_bound_nowhere() {
    let text = DEFAULT_TEAM.replace(
        "[pool.small]\n",
        "[pool.small]\ntime_zone = \"Asia/Tokyo\"\ndaily_leads_max = 5\nnext_pool = \"low-touch\"\n",
    );
    let text = text.replace("[pool.low-touch]\n", "[pool.low-touch]\ndaily_leads_max = 7\n");
    let team = team(&text).unwrap_or_else(|faults| panic!("{faults:?}"));
    let now = Moment::parse("2026-11-23T20:00:00Z").unwrap();
    let pools = chain(&team, &PoolId("small".into()));
    let since = counted_since(&team, &pools, now);
    let own = |name: &str| {
        let (rep, _) = team.pool(&PoolId(name.into())).unwrap().members[0].clone();
        since[&rep].map(|since| since.to_string())
    };
    assert_eq!(own("small").as_deref(), Some("2026-11-23T15:00:00Z"), "the 24th began in Tokyo");
    assert_eq!(own("low-touch").as_deref(), Some("2026-11-23T00:00:00Z"));
    let unbounded = with("[pool.small]\n", "[pool.small]\nnext_pool = \"low-touch\"\n");
    let free = counted_since(&unbounded, &chain(&unbounded, &PoolId("small".into())), now);
    assert!(free.len() >= 4 && free.values().all(Option::is_none), "{free:?}");
}

#[test]
fn a_team_from_before_calendars_keeps_its_pools_hours() {
    let hours = "time_zone = \"Asia/Tokyo\"\nopens = \"09:00\"\ncloses = \"17:30\"\n";
    let start = DEFAULT_TEAM.find("[calendar.default]").unwrap();
    let end = DEFAULT_TEAM.find("[pool.enterprise]").unwrap();
    let older = format!("{}{}", &DEFAULT_TEAM[..start], &DEFAULT_TEAM[end..])
        .replace("steward = \"maya-cohen\"\n", &format!("steward = \"maya-cohen\"\n{hours}"));
    let team = team(&older).unwrap_or_else(|faults| panic!("{faults:?}"));
    assert_eq!(opening(&team, "dev-patel"), "2026-06-01T01:00:00Z", "ten in the morning in Tokyo");
    assert_eq!(opening(&team, "maya-cohen"), "2026-06-01T09:00:00Z");
}

#[test]
fn a_ladder_has_at_most_two_reminders_before_the_deadline_and_the_manager_after_it() {
    let ladder = |reminders: &str, escalate: &str| {
        let text = DEFAULT_POLICY
            .replace("reminder_percents = [50, 80]", reminders)
            .replace("escalate_percent = 150", escalate);
        policy(&text).map(|policy| policy.durations().percents)
    };
    let percents = |half, late, escalate| Percents { half, late, escalate };
    for (reminders, escalate, read) in [
        ("reminder_percents = [25, 99]", "escalate_percent = 500", percents(25, 99, 500)),
        ("reminder_percents = [1]", "escalate_percent = 101", percents(1, Percents::NO_REMINDER, 101)),
        ("reminder_percents = []", "escalate_percent = 150", percents(100, 100, 150)),
    ] {
        assert_eq!(ladder(reminders, escalate), Ok(read), "{reminders}, {escalate}");
    }
    for (reminders, escalate, fault) in [
        ("reminder_percents = [80, 50]", "escalate_percent = 150", "the later one last"),
        ("reminder_percents = [50, 50]", "escalate_percent = 150", "the later one last"),
        ("reminder_percents = [0, 80]", "escalate_percent = 150", "from 1 to 99"),
        ("reminder_percents = [50, 100]", "escalate_percent = 150", "from 1 to 99"),
        ("reminder_percents = [20, 50, 80]", "escalate_percent = 150", "at most 2 percents"),
        ("", "escalate_percent = 150", "reminder_percents"),
        ("reminder_percents = [50, 80]", "escalate_percent = 100", "escalate_percent"),
        ("reminder_percents = [50, 80]", "escalate_percent = 501", "escalate_percent"),
    ] {
        let faults = ladder(reminders, escalate).unwrap_err();
        assert!(faults[0].message.contains(fault), "{reminders}, {escalate}: {faults:?}");
    }
}
