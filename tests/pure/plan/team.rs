//! What is said of people of the team, planned: who may say it, what is written, and whose leads go to others.

use super::desk::Desk;
use crate::story::start;
use crate::words::member;
use baton::contract::keys::Keys;
use baton::domain::availability::{Away, Change, Source};
use baton::domain::fan_out::FanOut;
use baton::domain::time::HOUR;
use baton::transaction::availability::{self, TeamAsk};
use baton::transaction::batch::{Batch, Idempotency, Outcome};
use baton::transaction::plan::Planned;
use serde_json::json;

fn keys() -> Keys {
    Keys::new(b"a service key for tests", 1)
}

fn asked(desk: &mut Desk, by: &str, about: &str, change: Change) -> Planned {
    let idempotency = Idempotency { key: "k-1".into(), actor: by.to_owned(), body_hash: [0; 32] };
    let ask = TeamAsk { member: member(about), change, by: member(by), idempotency };
    let batch: Batch = availability::batch(&ask, &keys(), desk.now);
    desk.take(batch)
}

fn refused(planned: &Planned, code: &str) {
    assert_eq!(planned.outcomes, vec![Outcome::Refused(code.to_owned())]);
    assert!(planned.write.availability.is_empty() && planned.write.fan_outs.is_empty());
}

#[test]
fn only_oneself_and_whoever_manages_says_who_is_there() {
    let mut desk = Desk::new();
    let away = Change::Away(Away { from: start(), until: Some(start().plus(HOUR)) });
    let planned = asked(&mut desk, "dev", "dev", away);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("availability")]);
    let word = &planned.write.availability[0];
    assert_eq!((word.source, word.active, word.away.len()), (Source::Person, true, 1));
    let told: Vec<&str> = planned.write.audit.iter().map(|row| row.event).collect();
    assert_eq!(told, ["availability_said"], "it stands in the audit");
    refused(&asked(&mut desk, "dev", "emma", away), "not_eligible");
    refused(&asked(&mut desk, "dev", "dev", Change::Active(false)), "not_eligible");
    refused(&asked(&mut desk, "paul", "somebody", away), "unknown_member");
    let planned = asked(&mut desk, "paul", "emma", away);
    assert_eq!(planned.write.availability[0].source, Source::Manager);
    let planned = asked(&mut desk, "dev", "dev", Change::Back);
    assert_eq!(
        planned.outcomes,
        vec![Outcome::Filtered("no_change")],
        "dev was not away in the team in force"
    );
}

#[test]
fn whoever_is_switched_off_hands_over_in_one_wide_change() {
    let mut desk = Desk::new();
    let planned = asked(&mut desk, "paul", "dev", Change::Active(false));
    let now = desk.now;
    assert!(matches!(&planned.write.fan_outs[..], [row]
        if row.task == FanOut::MemberLeft { member: member("dev"), at: now }));
    let record = |active: bool| {
        json!({"specversion": "1.0", "id": format!("u-{active}"), "source": "/crm",
            "type": "io.baton.crm.user.updated.v1", "time": start().to_string(),
            "datacontenttype": "application/json",
            "data": {"user": {"system": "crm", "object": "user", "id": "u-emma-larsen"}, "active": active,
                "time_zone": "Mars/Olympus",
                "away": [{"from": "2026-06-02T00:00:00Z", "until": "2026-06-09T00:00:00Z"},
                    {"from": "2026-07-02T00:00:00Z", "until": "2026-07-01T00:00:00Z"}]}})
    };
    let entry = desk.entry("crm.lead-events.v1", &record(false));
    let planned = desk.run(vec![entry]);
    let word = &planned.write.availability[0];
    assert_eq!((word.source, word.active, word.away.len()), (Source::Crm, false, 1));
    assert_eq!(word.time_zone, None, "a place that does not exist says nothing");
    assert_eq!(planned.write.fan_outs.len(), 1);
    let told: Vec<&str> = planned.write.audit.iter().map(|row| row.event).collect();
    assert_eq!(told, ["user_reported", "availability_said"]);
    let same = desk.entry("crm.lead-events.v1", &record(true));
    assert!(desk.run(vec![same]).write.fan_outs.is_empty(), "whoever is there hands nothing over");
}

#[test]
fn where_the_crm_says_that_people_stand_is_written_once_and_stands_in_the_audit() {
    let mut desk = Desk::new();
    let record = |id: &str, more: serde_json::Value| {
        let mut data =
            json!({"user": {"system": "crm", "object": "user", "id": "u-emma-larsen"}, "active": true});
        for (key, value) in more.as_object().unwrap() {
            data[key] = value.clone();
        }
        json!({"specversion": "1.0", "id": id, "source": "/crm", "type": "io.baton.crm.user.updated.v1",
            "time": start().to_string(), "datacontenttype": "application/json", "data": data})
    };
    let stands = json!({"manager": {"system": "crm", "object": "user", "id": "u-quinn-adams"},
        "teams": ["emea-mm", "all", "emea-mm"]});
    let entries = vec![
        desk.entry("crm.lead-events.v1", &record("u-1", stands.clone())),
        desk.entry("crm.lead-events.v1", &record("u-2", stands)),
    ];
    let planned = desk.run(entries);
    let told: Vec<&str> = planned.write.audit.iter().map(|row| row.event).collect();
    assert_eq!(told, ["user_reported", "placement_said", "user_reported"], "said twice, it is one word");
    let [word] = &planned.write.placements[..] else { panic!("one word") };
    assert_eq!((word.member.0.as_str(), word.source), ("emma-larsen", Source::Crm));
    assert_eq!(word.manager.as_ref().unwrap().id, "u-quinn-adams");
    assert_eq!(word.teams.as_deref().unwrap(), ["all", "emea-mm"]);
    assert!(planned.write.availability.is_empty() && planned.write.fan_outs.is_empty());
    let silent = desk.entry("crm.lead-events.v1", &record("u-3", json!({})));
    assert!(desk.run(vec![silent]).write.placements.is_empty(), "nothing was said, nothing is taken back");
}
