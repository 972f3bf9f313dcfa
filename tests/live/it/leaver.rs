//! Somebody leaves: what they hold goes to others in one recorded sweep, and a backlog of clocks is worked off at a pace, each
//! time with the service killed in the middle.

use crate::harness::{Event, Installation, form, produce, until};
use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt as _;

/// More than two steps of a wide change.
const LEADS: i64 = 450;
const HELD: &str = "SELECT count(*) FROM lead WHERE holder_id = 'noah-fischer'";
const REPLACED: &str = "SELECT count(*) FROM audit WHERE event = 'holder_replaced'";
const RECYCLED: &str = "SELECT count(*) FROM audit WHERE event = 'lead_recycled'";
/// The failpoint aborts the process: nothing is flushed, nothing is closed.
const ABORTED: i32 = 6;

fn captured(installation: &Installation) {
    let _serving = installation.serve(&[]);
    for number in 0..LEADS {
        let email = format!("p{number}@house{number}.example");
        produce(installation, "marketing.form-fills.v1", &form("content", &email, "student"));
    }
    until("everybody is captured", || installation.number(HELD) == LEADS);
}

#[test]
fn a_leaver_and_a_backlog_of_clocks_survive_kills_in_the_middle() {
    let installation = Installation::new();
    captured(&installation);
    let said = installation.run(&["team", "deactivate", "noah-fischer", "--by", "tests"]);
    assert!(said.contains("switched off"), "{said}");
    let again = installation.run(&["team", "deactivate", "noah-fischer", "--by", "tests"]);
    assert!(again.starts_with("nothing to change"), "{again}");
    let near = installation.output(&["team", "deactivate", "noah-fisher", "--by", "tests"]);
    assert!(String::from_utf8_lossy(&near.stderr).contains("did you mean `noah-fischer`?"));
    let mut kills = 0;
    for statement in ["4", "9", "14", "19"] {
        let mut serving = installation.serve(&[("BATON__LIMITS__FAIL_AFTER_STATEMENT", statement)]);
        until("the instance is killed, or all is handed over", || {
            let ended = serving.child.try_wait().unwrap();
            if let Some(status) = ended {
                assert_eq!(status.signal(), Some(ABORTED), "{}", serving.log());
                kills += 1;
            }
            ended.is_some() || installation.number(HELD) == 0
        });
    }
    assert!(kills > 0, "the failpoint killed nothing");
    let mut serving = installation.serve(&[]);
    until("all is handed over", || {
        installation.number(HELD) == 0
            && installation.number("SELECT count(*) FROM fan_out WHERE kind = 6 AND done_at IS NOT NULL") == 1
    });
    assert_eq!(installation.number(REPLACED), LEADS, "each lead once");
    let deputy = "SELECT count(*) FROM lead WHERE holder_id = 'quinn-adams' AND next_due_at IS NOT NULL";
    assert_eq!(installation.number(deputy), LEADS);
    produce(&installation, "marketing.form-fills.v1", &form("content", "new@later.example", "student"));
    until("a new lead goes to the deputy", || installation.number(deputy) == LEADS + 1);
    serving.stop();
    installation.check();
    backlog(&installation);
    installation.check();
}

/// Half a year later every lead's review is due at once. No instance starts while the clock is set, so it is set under each.
fn backlog(installation: &Installation) {
    let set = "INSERT INTO clock (now)
        VALUES ((extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 15811200000000)";
    let paced = [("BATON__SWEEPER__LEADS", "20"), ("BATON__SWEEPER__LEADS_PER_SECOND", "100")];
    let mut serving = installation.serve(&paced);
    installation.execute(&installation.owner_url, set).unwrap();
    until("some of the backlog is worked off", || installation.number(RECYCLED) >= 40);
    serving.kill();
    let fired = installation.number(RECYCLED);
    assert!(fired < LEADS, "a backlog is worked off at a pace, and all of it is done: {fired}");
    installation.execute(&installation.owner_url, "DELETE FROM clock").unwrap();
    let mut serving = installation.serve(&[]);
    installation.execute(&installation.owner_url, set).unwrap();
    until("all of it is worked off", || installation.number(RECYCLED) == LEADS + 1);
    assert_eq!(
        installation.number("SELECT count(*) FROM lead WHERE stage = 9"),
        LEADS + 1,
        "none fires twice"
    );
    serving.stop();
    installation.execute(&installation.owner_url, "DELETE FROM clock").unwrap();
}

#[test]
fn what_the_crm_and_an_operator_say_of_people_is_the_team_in_force() {
    let installation = Installation::new();
    let _serving = installation.serve(&[]);
    let shown = || serde_json::from_str::<Value>(&installation.run(&["team", "show", "--json"])).unwrap();
    let standing = |member: &str| {
        let team = shown();
        let found = team["members"].as_array().unwrap().iter().find(|it| it["id"] == member).cloned();
        found.unwrap()
    };
    assert_eq!(standing("dev-patel")["active"], true);
    let user = json!({"user": {"system": "crm", "object": "user", "id": "u-dev-patel"}, "active": false,
        "time_zone": "America/New_York", "away": [{"from": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}]});
    produce(
        &installation,
        "crm.lead-events.v1",
        &Event::new("crm.user.updated.v1", "/crm", "u-dev-patel", user),
    );
    until("the CRM's word is in force", || standing("dev-patel")["active"] == false);
    assert_eq!(standing("dev-patel")["hours"]["time_zone"], "America/New_York");
    installation.run(&["team", "away", "emma-larsen", "--until", "2099-01-01T09:00:00Z", "--by", "paul"]);
    assert_eq!(standing("emma-larsen")["standing"], "away until 2099-01-01T09:00:00Z");
    let refused = installation.output(&[
        "team",
        "away",
        "emma-larsen",
        "--until",
        "2001-01-01T09:00:00Z",
        "--by",
        "paul",
    ]);
    assert_eq!(refused.status.code(), Some(2), "a date in the past");
    installation.run(&["team", "back", "emma-larsen", "--by", "paul"]);
    assert_eq!(standing("emma-larsen")["away"], json!([]));
    until("each word stands in the audit", || {
        installation.number("SELECT count(*) FROM audit WHERE event = 'availability_said'") == 3
    });
    installation.check();
}
