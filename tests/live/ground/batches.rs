//! The batch transaction: what goes in comes out once, whatever is repeated, and people are found again by their keys.

use super::harness::{CRM, FORMS, Ground, Lane, demo_request, page_view};
use baton::audit::{invariants, verify};
use serde_json::json;

async fn holds(ground: &Ground) -> (verify::Report, invariants::Checked) {
    let reader = ground.reader().await;
    let report = verify::verify(&reader, |_| {}).await.unwrap();
    assert!(report.holds(), "{report:?}");
    let checked = invariants::check(&reader).await.unwrap();
    assert!(checked.holds(), "{checked:#?}");
    (report, checked)
}

#[tokio::test]
async fn a_batch_is_stored_whole_and_every_promise_holds() {
    let ground = Ground::new().await;
    let mut lane = Lane::claim(&ground, "one", FORMS).await;
    let documents: Vec<_> = (0..120).map(demo_request).collect();
    let outcomes = lane.commit(&ground, &documents).await;
    assert!(outcomes.iter().all(|outcome| outcome.starts_with("applied/")), "{outcomes:?}");
    let (report, checked) = holds(&ground).await;
    assert_eq!(report.leads, 120);
    assert_eq!(checked.totals.read, 120);
    assert_eq!(checked.totals.applied, 120);
    assert_eq!(checked.leads.orphans, 0);
    assert_eq!(ground.number("SELECT count(*) FROM handoff").await, 120);
    assert_eq!(ground.number("SELECT count(*) FROM person WHERE last_name = '\"Ng\\'").await, 120);
    assert_eq!(ground.number("SELECT count(*) FROM account").await, 50);
    assert!(ground.number("SELECT count(*) FROM outbox").await >= 120);
}

#[tokio::test]
async fn a_record_that_comes_again_changes_nothing_and_a_changed_one_is_a_conflict() {
    let ground = Ground::new().await;
    let mut lane = Lane::claim(&ground, "one", FORMS).await;
    let mut changed = demo_request(2);
    changed["data"]["form_id"] = json!("form-other");
    let first = lane.commit(&ground, &[demo_request(1), demo_request(2), demo_request(1)]).await;
    assert_eq!(first[2], "duplicate/");
    let again = lane.commit(&ground, &[demo_request(1), demo_request(2), changed]).await;
    assert_eq!(again, ["duplicate/", "duplicate/", "quarantined/conflict"]);
    let (report, checked) = holds(&ground).await;
    assert_eq!((report.leads, checked.totals.duplicate, checked.totals.quarantined), (2, 3, 1));
}

#[tokio::test]
async fn a_later_record_finds_the_person_and_the_chain_goes_on() {
    let ground = Ground::new().await;
    let mut lane = Lane::claim(&ground, "one", FORMS).await;
    let mut signals = Lane::claim(&ground, "two", "marketing.signals.v1").await;
    lane.commit(&ground, &[demo_request(1), demo_request(2)]).await;
    let views: Vec<_> = (0..10).map(|n| page_view(n, 1 + n % 2)).collect();
    let outcomes = signals.commit(&ground, &views).await;
    assert!(outcomes.iter().all(|outcome| outcome.starts_with("applied/")), "{outcomes:?}");
    let (report, _) = holds(&ground).await;
    assert_eq!((report.leads, report.streams), (2, 2));
}

#[tokio::test]
async fn what_waits_for_a_person_is_replayed_by_the_record_that_names_them() {
    let ground = Ground::new().await;
    let mut crm = Lane::claim(&ground, "crm", CRM).await;
    let mut forms = Lane::claim(&ground, "forms", FORMS).await;
    let contacted = |n: u32| {
        json!({
        "specversion": "1.0", "id": format!("c-{n}"), "source": "/crm/tests", "type": "io.baton.crm.lead.contacted.v1",
        "time": "2026-03-16T08:50:00Z",
        "data": { "actor": { "system": "crm-emea", "object": "user", "id": "nobody" }, "attempt_id": format!("a-{n}"),
            "channel": "phone", "direction": "outbound", "outcome": "conversation", "automated": false,
            "crm": { "system": "crm-emea", "object": "lead", "id": "00Q5" } }
        })
    };
    assert_eq!(crm.commit(&ground, &[contacted(1)]).await, ["parked/awaiting_identity"]);
    assert_eq!(ground.number("SELECT count(*) FROM parked").await, 1);
    forms.commit(&ground, &[demo_request(5)]).await;
    assert_eq!(ground.number("SELECT count(*) FROM parked").await, 0);
    assert_eq!(ground.number("SELECT count(*) FROM ledger_resolution").await, 1);
    holds(&ground).await;
    let later = crm.commit(&ground, &[contacted(2), contacted(3)]).await;
    assert!(
        later.iter().all(|outcome| outcome.starts_with("applied/") || outcome.starts_with("filtered/")),
        "{later:?}"
    );
    holds(&ground).await;
}

#[tokio::test]
async fn unreadable_bytes_are_kept_and_counted() {
    let ground = Ground::new().await;
    let mut lane = Lane::claim(&ground, "one", FORMS).await;
    let outcomes = lane.commit(&ground, &[json!("no event"), demo_request(1)]).await;
    assert!(outcomes[0].starts_with("quarantined/"), "{outcomes:?}");
    assert_eq!(ground.number("SELECT count(*) FROM quarantine").await, 1);
    holds(&ground).await;
}

#[tokio::test]
async fn a_fact_that_is_told_again_at_another_time_counts_once_also_when_its_lead_goes_on_as_another() {
    let ground = Ground::new().await;
    let mut forms = Lane::claim(&ground, "forms", FORMS).await;
    let mut crm = Lane::claim(&ground, "crm", CRM).await;
    let mut sales = Lane::claim(&ground, "sales", "sales.feedback.v1").await;
    forms.commit(&ground, &[demo_request(1), demo_request(2)]).await;
    let said = |kind: &str, of: u32, time: &str, more: &serde_json::Value| {
        let mut data = json!({ "actor": { "system": "crm-emea", "object": "user", "id": "nobody" },
            "person": { "email": format!("person{of}@company{of}.example") } });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "specversion": "1.0", "id": format!("{kind}-{of}"), "source": "/crm/tests",
            "type": format!("io.baton.{kind}"), "time": format!("2026-03-16T{time}:00Z"), "data": data })
    };
    let note = json!({ "theme": "content_gap", "note": "Asked for a comparison." });
    let reason = json!({ "reason": "no_need" });
    let told_at = |time: &str| {
        [1, 2].map(|of| said("sales.feedback.noted.v1", of, time, &note)).into_iter().chain([said(
            "sales.lead.rejected.v1",
            1,
            time,
            &reason,
        )])
    };
    let first: Vec<_> = told_at("08:50").collect();
    let outcomes = sales.commit(&ground, &first).await;
    assert!(outcomes[..2].iter().all(|outcome| outcome.starts_with("applied/")), "{outcomes:?}");
    assert_eq!(outcomes[2], "refused/not_offeree", "nobody whom the team knows rejects what is not theirs");
    let nothing = ["filtered/no_change"; 3];
    let again: Vec<_> = told_at("08:53").collect();
    assert_eq!(sales.commit(&ground, &again).await, nothing);
    let record = |n: u32| json!({ "system": "crm-emea", "object": "lead", "id": format!("00Q{n}") });
    let merged = json!({ "winner": record(2), "losers": [record(1)], "crm": record(2) });
    let united = crm.commit(&ground, &[said("crm.lead.merged.v1", 2, "08:54", &merged)]).await;
    assert!(united[0].starts_with("applied/"), "{united:?}");
    assert_eq!(ground.number("SELECT count(*) FROM lead WHERE merged_into IS NOT NULL").await, 1);
    let later: Vec<_> = told_at("08:57").collect();
    assert_eq!(sales.commit(&ground, &later).await, nothing);
    assert_eq!(ground.number("SELECT count(*) FROM audit WHERE event = 'note_taken'").await, 2);
    assert_eq!(ground.number("SELECT count(*) FROM note").await, 2);
    let refused = "SELECT count(*) FROM disagreement WHERE code = 'not_offeree'";
    assert_eq!(ground.number(refused).await, 1);
    holds(&ground).await;
}
