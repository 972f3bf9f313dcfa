//! Erasure and retention on a real Postgres: what goes with a person, what stays because it is others' too, and what goes
//! by its age.

use super::harness::{FORMS, Ground, Lane, MONDAY, demo_request};
use baton::audit::{invariants, verify};
use baton::domain::time::DAY;
use serde_json::{Value, json};

const PRIVACY: &str = "privacy.requests.v1";

async fn holds(ground: &Ground) {
    let reader = ground.reader().await;
    let report = verify::verify(&reader, |_| {}).await.unwrap();
    assert!(report.holds(), "{report:?}");
    let checked = invariants::check(&reader).await.unwrap();
    assert!(checked.holds(), "{checked:#?}");
}

fn erasure(n: u32) -> Value {
    json!({
        "specversion": "1.0", "id": format!("erase-{n}"), "source": "/privacy/tests",
        "type": "io.baton.person.erasure_requested.v1", "time": "2026-03-16T08:50:00Z",
        "data": { "requested_at": "2026-03-16T08:50:00Z", "person": { "email": format!("person{n}@company{}.example", n % 50) } }
    })
}

#[tokio::test]
async fn a_company_of_one_person_goes_with_them_and_a_shared_one_stays() {
    let ground = Ground::new().await;
    let mut forms = Lane::claim(&ground, "forms", FORMS).await;
    forms.commit(&ground, &[demo_request(1), demo_request(51), demo_request(2)]).await;
    let mut privacy = Lane::claim(&ground, "privacy", PRIVACY).await;
    let outcomes = privacy.commit(&ground, &[erasure(1), erasure(2), erasure(3)]).await;
    assert_eq!(outcomes, ["applied/erase_lead", "applied/erase_lead", "applied/erased_list"]);
    let keys = "SELECT count(*) FROM account_key WHERE key = 'domain:company1.example'";
    assert_eq!(ground.number(keys).await, 1, "somebody else works there");
    assert_eq!(ground.number("SELECT count(*) FROM account_key").await, 1);
    assert_eq!(ground.number("SELECT count(*) FROM account WHERE name IS NULL").await, 1);
    assert_eq!(ground.number("SELECT count(*) FROM person").await, 1);
    assert_eq!(ground.number("SELECT count(*) FROM identity_key WHERE lead_id IS NOT NULL").await, 2);
    assert_eq!(ground.number("SELECT count(*) FROM erased_key WHERE lead_id IS NOT NULL").await, 4);
    assert_eq!(ground.number("SELECT count(*) FROM cause_text").await, 1);
    let tombstones = "SELECT count(*) FROM outbox WHERE payload IS NULL AND topic = 3";
    assert_eq!(ground.number(tombstones).await, 2);
    assert_eq!(ground.number("SELECT count(*) FROM outbox WHERE sealed IS NOT NULL").await, 2);
    holds(&ground).await;
    // Told again, nothing is left to take; told again by a new request, the key stands on the list already.
    let again = privacy.commit(&ground, &[erasure(1)]).await;
    assert_eq!(again, ["duplicate/"]);
    holds(&ground).await;
}

#[tokio::test]
async fn raw_bytes_go_after_thirty_days_each_with_its_line() {
    let ground = Ground::new().await;
    let mut lane = Lane::claim(&ground, "forms", FORMS).await;
    let mut broken = demo_request(1);
    broken["data"]["person"]["job_title"] = json!(7);
    let outcomes = lane.commit(&ground, &[broken, demo_request(2)]).await;
    assert_eq!(outcomes[0], "quarantined/schema");
    assert_eq!(ground.number("SELECT count(*) FROM kept_key").await, 2, "its address and its CRM record");
    let mut upkeep = ground.session("upkeep").await;
    for (days, left) in [(28, 1), (30, 0)] {
        upkeep.set_clock(Some(MONDAY.plus(days * DAY))).await.unwrap();
        upkeep.maintain().await.unwrap();
        assert_eq!(ground.number("SELECT count(*) FROM quarantine").await, left, "after {days} days");
    }
    let lines = "SELECT count(*) FROM ledger_resolution WHERE outcome = 'discarded/too_old' AND intake = 'quarantined'";
    assert_eq!(ground.number(lines).await, 1);
    assert_eq!(ground.number("SELECT count(*) FROM kept_key").await, 0);
    let reader = ground.reader().await;
    assert!(invariants::check(&reader).await.unwrap().holds());
}
