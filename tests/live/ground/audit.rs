//! The check of the audit finds what somebody with the owner's rights has changed, and names the row.

use super::harness::{CRM, FORMS, Ground, Lane, demo_request};
use baton::audit::verify;
use sqlx::Executor;

async fn fault_after(change: &'static str) -> verify::Fault {
    let ground = Ground::new().await;
    let mut lane = Lane::claim(&ground, "one", FORMS).await;
    lane.commit(&ground, &[demo_request(1), demo_request(2)]).await;
    let mut conn = ground.connection().await;
    conn.execute("SET session_replication_role = replica").await.unwrap();
    let done = conn.execute(change).await.unwrap();
    assert!(done.rows_affected() > 0);
    verify::verify(&ground.reader().await, |_| {}).await.unwrap().fault.expect("the change was not noticed")
}

#[tokio::test]
async fn a_changed_byte_is_named() {
    let fault = fault_after("UPDATE audit SET actor = 'somebody' WHERE version = 2").await;
    assert_eq!((fault.version, fault.what.as_str()), (2, "its bytes do not give its hash"));
}

#[tokio::test]
async fn a_row_that_was_taken_out_is_named() {
    let fault = fault_after("DELETE FROM audit WHERE version = 1").await;
    assert_eq!((fault.version, fault.what.as_str()), (2, "version 2 follows on 0"));
}

#[tokio::test]
async fn a_cut_tail_is_named() {
    let fault = fault_after("DELETE FROM audit WHERE (subject_id, version) IN (SELECT subject_id, max(version) FROM audit GROUP BY 1 LIMIT 1)").await;
    assert!(fault.what.contains("the audit ends here"), "{fault:?}");
}

#[tokio::test]
async fn a_whole_lead_taken_out_shows_in_the_stream() {
    let fault = fault_after("WITH gone AS (SELECT min(subject_id::text)::uuid AS id FROM audit), rows AS (DELETE FROM audit USING gone WHERE subject_id = gone.id RETURNING 1) DELETE FROM lead USING gone WHERE lead.id = gone.id").await;
    assert!(!fault.stream.is_empty(), "{fault:?}");
}

#[tokio::test]
async fn a_state_that_was_edited_is_named() {
    let fault = fault_after("UPDATE lead SET head_hash = sha256('x')").await;
    assert_eq!(fault.what, "the lead's row names another last hash");
}

#[tokio::test]
async fn the_end_of_a_chain_that_is_no_leads_is_held_against_its_head() {
    let text = include_str!("../../../schemas/crm.lead-events.v1/crm.user.updated.v1.example.json");
    for (change, what) in [
        (
            "UPDATE audit_head SET version = version + 1",
            "the subject's head stands at version 2, the audit ends here",
        ),
        ("UPDATE audit_head SET hash = sha256('x')", "the subject's head names another last hash"),
        ("DELETE FROM audit_head", "the audit knows a subject that has no row"),
    ] {
        let ground = Ground::new().await;
        let mut lane = Lane::claim(&ground, "one", CRM).await;
        lane.commit(&ground, &[serde_json::from_str(text).unwrap()]).await;
        let reader = ground.reader().await;
        assert_eq!(verify::verify(&reader, |_| {}).await.unwrap().fault, None);
        assert!(ground.connection().await.execute(change).await.unwrap().rows_affected() > 0);
        let fault = verify::verify(&reader, |_| {}).await.unwrap().fault.expect("the change was not noticed");
        assert_eq!((fault.what.as_str(), fault.version), (what, 1));
        assert!(fault.subject_kind > 1);
    }
}
