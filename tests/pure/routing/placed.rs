//! What the CRM says of managers and teams, over the published text: who joins a pool, who leaves it, who manages whom.

use baton::contract::policy_text::{DEFAULT_TEAM, team};
use baton::domain::availability::Source;
use baton::domain::lead::{Motion, Origin};
use baton::domain::policy::{Grade, Priority, Segment};
use baton::domain::routing::{Load, Rotation, RouteSubject, Seats};
use baton::domain::team::{CrmUser, Hint, MemberId, Placement, PoolId, Team};
use baton::domain::time::Moment;
use std::collections::BTreeMap;

/// A Wednesday at ten, UTC.
const NOW: Moment = Moment(1_767_780_000_000_000);

/// The shipped team, where the CRM's `emea-mm` fills the mid-market pool with a weight of two.
fn mapped() -> Team {
    let text = DEFAULT_TEAM.replacen(
        "name = \"Mid-market\"\n",
        "name = \"Mid-market\"\ncrm_teams = [\"emea-mm\", \"apac-mm\"]\ndefault_weight = 2\n",
        1,
    );
    team(&text).unwrap()
}

fn id(name: &str) -> MemberId {
    MemberId(name.to_owned())
}

fn word(name: &str, manager: Option<&str>, teams: Option<&[&str]>, said_at: i64) -> Placement {
    Placement {
        member: id(name),
        source: Source::Crm,
        manager: manager.map(|user| CrmUser { system: "crm".to_owned(), id: user.to_owned() }),
        teams: teams.map(|teams| teams.iter().map(|team| (*team).to_owned()).collect()),
        said_at: Moment(said_at),
    }
}

fn pool(team: &Team) -> Vec<(&str, u32)> {
    let pool = team.pool(&PoolId("mid-market".to_owned())).unwrap();
    pool.members.iter().map(|(member, weight)| (member.0.as_str(), *weight)).collect()
}

#[test]
fn only_teams_that_a_pool_names_change_who_is_in_it() {
    let published = mapped();
    let before = [("dev-patel", 2), ("emma-larsen", 2), ("felix-braun", 2), ("grace-kim", 2)];
    assert_eq!(pool(&published), before, "whoever names no weight has the pool's");
    let said = published.placed(vec![
        word("ana-ruiz", None, Some(&["apac-mm", "everybody"]), 1),
        word("dev-patel", None, Some(&["everybody"]), 2),
        word("emma-larsen", None, None, 3),
        word("felix-braun", None, Some(&["emea-mm"]), 4),
        word("olga-petrov", None, Some(&["emea-mm"]), 5),
        word("nobody-known", None, Some(&["emea-mm"]), 6),
    ]);
    let now = [("emma-larsen", 2), ("felix-braun", 2), ("grace-kim", 2), ("ana-ruiz", 2)];
    assert_eq!(pool(&said), now, "dev left, ana joined behind the others; olga is no rep");
    let enterprise = said.pool(&PoolId("enterprise".to_owned())).unwrap();
    assert_eq!(enterprise.members.len(), 3, "a pool that names no team is the text's");
    assert_eq!(said.hints(), [Hint::UnknownTeam { team: "everybody".to_owned(), people: 2 }]);
    assert!(
        team(DEFAULT_TEAM).unwrap().placed(vec![word("ana-ruiz", None, Some(&["x"]), 1)]).hints().is_empty()
    );
}

#[test]
fn a_pool_whose_people_all_left_is_told_of() {
    let everybody = ["dev-patel", "emma-larsen", "felix-braun", "grace-kim"];
    let words = everybody.map(|name| word(name, None, Some(&[]), 1));
    let said = mapped().placed(words.to_vec());
    assert!(pool(&said).is_empty());
    assert_eq!(said.hints(), [Hint::EmptyPool { pool: PoolId("mid-market".to_owned()) }]);
}

#[test]
fn the_later_word_names_the_manager_and_an_unknown_one_says_nothing() {
    let published = mapped();
    let manager = |team: &Team| team.manager_of(&id("ana-ruiz")).unwrap().0.clone();
    let said = published.placed(vec![word("ana-ruiz", Some("u-quinn-adams"), None, 1)]);
    assert_eq!(manager(&said), "quinn-adams");
    let unknown = published.placed(vec![word("ana-ruiz", Some("u-left"), None, 1)]);
    assert_eq!(manager(&unknown), "paul-dupont", "the published text stays");
    let key = CrmUser { system: "crm".to_owned(), id: "u-left".to_owned() };
    assert_eq!(unknown.hints(), [Hint::UnknownManager { member: id("ana-ruiz"), manager: key }]);
}

#[test]
fn nobody_becomes_their_own_managers_manager() {
    let published = mapped();
    // Paul manages Ana by the text; by the CRM Ana manages him.
    let ring = published.placed(vec![word("paul-dupont", Some("u-ana-ruiz"), None, 1)]);
    assert_eq!(ring.manager_of(&id("paul-dupont")), None);
    assert_eq!(ring.hints(), [Hint::ManagerRing { member: id("paul-dupont") }]);
    // The two change places, in whatever order it is said.
    let swapped = published.placed(vec![
        word("paul-dupont", Some("u-ana-ruiz"), None, 1),
        word("ana-ruiz", Some("u-quinn-adams"), None, 2),
    ]);
    assert_eq!(swapped.manager_of(&id("paul-dupont")).unwrap().0, "ana-ruiz");
    assert!(swapped.hints().is_empty());
    let own = published.placed(vec![word("ana-ruiz", Some("u-ana-ruiz"), None, 1)]);
    assert_eq!(own.manager_of(&id("ana-ruiz")).unwrap().0, "paul-dupont");
}

#[test]
fn who_joins_by_the_crm_gets_a_share_from_then_on_and_no_flood() {
    let published = mapped();
    let joined = published.placed(vec![word("ana-ruiz", None, Some(&["emea-mm"]), 1)]);
    let mut rotation = Rotation::default();
    let mut turns = |team: &Team, leads: u32| {
        let pool = team.pool(&PoolId("mid-market".to_owned())).unwrap();
        let mut seats = Seats::new(team, pool, &rotation, &Load::default(), NOW);
        let mut counts: BTreeMap<MemberId, u32> = BTreeMap::new();
        for _ in 0..leads {
            *counts.entry(seats.choose(&subject()).rep.unwrap()).or_insert(0) += 1;
        }
        rotation = seats.rotation();
        counts
    };
    turns(&published, 401);
    let first = turns(&joined, 50);
    assert!((9..=11).contains(&first[&id("ana-ruiz")]), "{first:?}");
    assert!(!turns(&published, 100).contains_key(&id("ana-ruiz")), "whoever left is offered nothing");
    let again = turns(&joined, 50);
    assert!((9..=11).contains(&again[&id("ana-ruiz")]), "nothing was owed meanwhile: {again:?}");
}

fn subject() -> RouteSubject {
    RouteSubject {
        grade: Grade::B,
        priority: Priority::P2,
        country: None,
        region: None,
        segment: Segment::MidMarket,
        motion: Motion::NewBusiness,
        product: None,
        origin: Origin::Marketing,
        campaign: None,
        source: None,
        wanted: None,
        excluded: Vec::new(),
    }
}
