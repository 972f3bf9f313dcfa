//! Digests, tested: who is told what of a week.

use super::*;
use crate::domain::custody::{Clock, Holder};
use crate::domain::ids::LeadId;
use crate::domain::lead::Stage;
use crate::domain::team::{CrmUser, Offices};
use crate::domain::time::{DAY, HOUR};
use crate::scoreboard::patterns::Pattern;

const NOW: Moment = Moment(1_780_000_000_000_000);

fn member(id: &str, roles: &[Role], manager: Option<&str>) -> Member {
    Member {
        id: MemberId(id.to_owned()),
        name: format!("Name of {id}"),
        crm: CrmUser { system: "crm".to_owned(), id: id.to_owned() },
        roles: roles.to_vec(),
        manager: manager.map(|id| MemberId(id.to_owned())),
        active: true,
        deputy: None,
        hours: std::sync::Arc::new(crate::domain::calendar::Calendar::office()),
        away: Vec::new(),
        caps: crate::domain::routing::Caps::default(),
    }
}

fn team() -> Team {
    let steward = || MemberId("paul".to_owned());
    let offices = Offices {
        segment_owners: [steward(), steward(), steward()],
        marketing_owner: steward(),
        operations: steward(),
        arbiter: steward(),
        queue_steward: steward(),
    };
    let members = vec![
        member("paul", &[Role::Sales, Role::Manager], None),
        member("dev", &[Role::Rep, Role::Sales], Some("paul")),
        member("other", &[Role::Rep], Some("somebody")),
        member("noah", &[Role::Marketing], None),
    ];
    Team::new([1; 32], members, Vec::new(), offices)
}

fn figures() -> Figures {
    let breach = |member: &str| FactRead {
        kind: "breached".to_owned(),
        member: Some(member.to_owned()),
        ..FactRead::default()
    };
    let load = |holder: &str| LoadRead {
        holder: holder.to_owned(),
        queued: 0,
        offered: 1,
        accepted: 2,
        qualified: 3,
        deals: 4,
        late: 5,
    };
    let pattern = |campaign: &str, answered: bool| PatternDuty {
        pattern: Pattern {
            code: "bad_data".to_owned(),
            campaign: campaign.to_owned(),
            begun_at: NOW.plus(-3 * DAY),
            leads: vec![uuid::Uuid::nil(); 5],
        },
        answer_by: NOW.plus(-HOUR),
        answered_at: answered.then_some(NOW),
        answered_by: None,
    };
    Figures {
        campaigns: vec![CampaignWeek {
            campaign: Some("c-1".to_owned()),
            name: Some("Spring".to_owned()),
            mql: 9,
            accepted: 5,
            rejected: 2,
            qualified: 3,
            sql_reversed: 1,
            ..CampaignWeek::default()
        }],
        patterns: vec![pattern("c-1", false), pattern("c-2", true)],
        facts: vec![breach("dev"), breach("dev"), breach("other")],
        queues: vec![QueueAges {
            pool: "emea".to_owned(),
            waiting: 7,
            held: 1,
            minutes: 2,
            hour: 2,
            day: 2,
            older: 1,
        }],
        load: vec![load("dev"), load("other")],
    }
}

fn lead(due_by: Moment) -> Lead {
    let clock = Clock::wall(ClockKind::ContactBy, due_by.plus(-HOUR), HOUR);
    let custody = Custody::new(Holder::Rep(MemberId("dev".to_owned())), clock);
    Lead { stage: Stage::SalesAccepted(custody), ..Lead::unseen(LeadId(uuid::Uuid::nil())) }
}

fn told(id: &str) -> (Vec<String>, Vec<String>) {
    let team = team();
    let held = Held { open: 120, leads: vec![lead(NOW.plus(HOUR)), lead(NOW.plus(-HOUR))] };
    let member = team.member(&MemberId(id.to_owned())).unwrap();
    lines(member, &figures(), &held, &team, NOW)
}

#[test]
fn marketing_hears_of_its_campaigns_and_of_the_patterns_that_it_has_not_answered() {
    let (lines, pages) = told("noah");
    assert_eq!(pages, ["campaigns"]);
    assert_eq!(
        lines,
        [
            "What became of your leads last week",
            "- Spring: MQL 9, accepted 5, returned 2, SQL 2, opportunities 0, won 0",
            "Patterns of returned leads that wait for your answer",
            "- bad data in c-1: 5 leads, late",
        ]
    );
}

#[test]
fn a_manager_hears_of_breaches_ages_and_load_of_their_own_people_only() {
    let (lines, pages) = told("paul");
    assert_eq!(pages, ["floor", "my"]);
    for line in [
        "Your team missed 2 deadlines last week",
        "- Name of dev: 2",
        "- emea: 7 waiting, 3 for more than an hour, 1 left to the steward",
        "- Name of dev: 1 to accept, 2 accepted, 3 qualified, 4 deals; 5 late",
    ] {
        assert!(lines.contains(&line.to_owned()), "{line} is not in {lines:?}");
    }
    assert!(!lines.iter().any(|line| line.contains("other")), "{lines:?}");
}

#[test]
fn a_rep_hears_of_what_they_owe_and_of_nobody_else() {
    let (lines, pages) = told("dev");
    assert_eq!(pages, ["my"]);
    assert_eq!(lines, ["You hold 120 leads", "- to call: 2, 1 late"]);
}

#[test]
fn whoever_does_nothing_with_leads_has_no_digest() {
    assert!(!is_for(&member("olga", &[Role::Operations], None)));
    assert!(!is_for(&Member { active: false, ..member("dev", &[Role::Rep], None) }));
    assert!(is_for(&member("dev", &[Role::Rep], None)));
}
