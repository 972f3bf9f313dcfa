//! Somebody else of a company is looked for once sales met nobody who may decide, until one is known.

use super::harness::{FORMS, Ground, Lane, MONDAY, demo_request};
use baton::domain::team::PoolId;
use baton::domain::time::HOUR;
use baton::transaction::batch::{Batch, Stream};
use baton::transaction::turn;
use serde_json::{Value, json};

/// The rep who has the lead returns it.
fn returned(rep: &str) -> Value {
    json!({
        "specversion": "1.0", "id": "r-1", "source": "/crm/tests", "type": "io.baton.sales.lead.rejected.v1",
        "time": "2026-03-16T09:00:00Z",
        "data": { "person": { "email": "person1@company1.example" }, "reason": "no_authority",
            "actor": { "system": "crm", "object": "user", "id": format!("u-{rep}") } }
    })
}

#[tokio::test]
async fn a_company_without_anybody_who_may_decide_is_listed_until_another_person_of_it_is_known() {
    let ground = Ground::new().await;
    let mut forms = Lane::claim(&ground, "forms", FORMS).await;
    forms.commit(&ground, &[demo_request(1), demo_request(2)]).await;
    let pool = PoolId("mid-market".to_owned());
    let mut session = ground.session("router").await;
    let leads = session.queued(&pool, 10, &[]).await.unwrap();
    let entries = leads.iter().map(|lead| turn::route(session.keys(), *lead, MONDAY, None)).collect();
    let (stream, routing) = (Some(Stream::Route(0)), Some(pool));
    let _committed = session.commit(&Batch { stream, routing, entries, ..Batch::default() }).await.unwrap();
    let rep: String = sqlx::query_scalar(
        "SELECT holder_id FROM lead JOIN person ON lead_id = id WHERE email = 'person1@company1.example'",
    )
    .fetch_one(&mut ground.connection().await)
    .await
    .unwrap();
    let mut sales = Lane::claim(&ground, "sales", "sales.feedback.v1").await;
    assert_eq!(sales.commit(&ground, &[returned(&rep)]).await, ["applied/reject_lead"]);
    let reader = ground.reader().await;
    let wanted = reader.what_became(90, &["no_authority"]).await.unwrap().wanted;
    assert_eq!(wanted.len(), 1);
    assert_eq!(wanted[0].company.as_deref(), Some("Company"));
    assert!(reader.what_became(90, &["no_need"]).await.unwrap().wanted.is_empty());
    // A colleague asks for a demo: whoever may decide is perhaps found.
    session.set_clock(Some(MONDAY.plus(2 * HOUR))).await.unwrap();
    let mut colleague = demo_request(51);
    colleague["time"] = json!("2026-03-16T10:00:00Z");
    assert_eq!(forms.commit(&ground, &[colleague]).await, ["applied/record_signal"]);
    assert!(reader.what_became(90, &["no_authority"]).await.unwrap().wanted.is_empty());
}
