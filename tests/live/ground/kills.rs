//! A process that dies between any two statements of a batch leaves all of it or nothing, and the next one goes on.

use super::harness::{CRM, FORMS, Ground, Lane, MONDAY, demo_request};
use baton::audit::{invariants, verify};
use baton::contract::policy_text;
use baton::transaction::TextCache;
use baton::transaction::session::Session;
use std::process::Command;

/// More statements than the batch below takes; the loop ends at the first child that lives.
const STATEMENTS_MAX: u32 = 80;

/// Run by the test below in a process of its own: one batch, with the failpoint set.
#[tokio::test]
async fn child() {
    let (Ok(url), Ok(statement)) =
        (std::env::var("GROUND_CHILD_URL"), std::env::var("GROUND_CHILD_STATEMENT"))
    else {
        return;
    };
    let ground = Ground {
        url,
        decoder: super::harness::decoder(),
        reference: policy_text::reference(include_str!("../../../policy/reference.toml")).unwrap(),
        texts: TextCache::default(),
    };
    let mut lane = Lane::claim(&ground, "child", FORMS).await;
    let mut settings = ground.settings("child");
    settings.fail_after_statement = Some(statement.parse().unwrap());
    lane.session = Session::open(settings).await.unwrap();
    let first = u32::try_from(lane.next).unwrap();
    lane.commit(&ground, &[demo_request(first), demo_request(first + 1), demo_request(first)]).await;
}

#[tokio::test]
async fn a_kill_between_any_two_statements_loses_and_doubles_nothing() {
    let ground = Ground::new().await;
    let mut crm = Lane::claim(&ground, "crm", CRM).await;
    let waiting = |n: u32| {
        serde_json::json!({
            "specversion": "1.0", "id": format!("c-{n}"), "source": "/crm/tests", "type": "io.baton.crm.lead.contacted.v1",
            "time": "2026-03-16T08:50:00Z",
            "data": { "actor": { "system": "crm-emea", "object": "user", "id": "nobody" }, "attempt_id": format!("a-{n}"),
                "channel": "phone", "direction": "outbound", "outcome": "conversation", "automated": false,
                "crm": { "system": "crm-emea", "object": "lead", "id": format!("00Q{n}") } }
        })
    };
    crm.commit(&ground, &(0..8).map(waiting).collect::<Vec<_>>()).await;
    let mut kills = 0;
    for statement in 1..STATEMENTS_MAX {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "ground::kills::child", "--nocapture"])
            .env("GROUND_CHILD_URL", &ground.url)
            .env("GROUND_CHILD_STATEMENT", statement.to_string())
            .output()
            .unwrap();
        let next = ground
            .number("SELECT next_offset FROM input_position WHERE topic = 'marketing.form-fills.v1'")
            .await;
        let leads = ground.number("SELECT count(*) FROM lead").await;
        assert_eq!(next % 3, 0, "after statement {statement}");
        let reader = ground.reader().await;
        let report = verify::verify(&reader, |_| {}).await.unwrap();
        assert!(report.holds(), "after statement {statement}: {report:?}");
        let checked = invariants::check(&reader).await.unwrap();
        assert!(checked.holds(), "after statement {statement}: {checked:#?}");
        assert!(leads <= next, "after statement {statement}");
        if child.status.success() {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 20, "only {kills} kills: {MONDAY}");
    assert!(ground.number("SELECT count(*) FROM lead").await >= 2);
}
