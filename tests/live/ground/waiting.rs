//! Facts that come before the person they are about: in an earlier batch, in the same one, and about two people at once.

use super::harness::{CRM, FORMS, Ground, Lane, demo_request};
use baton::audit::invariants;
use serde_json::{Value, json};

fn contacted(n: u32) -> Value {
    json!({
        "specversion": "1.0", "id": format!("c-{n}"), "source": "/crm/tests", "type": "io.baton.crm.lead.contacted.v1",
        "time": "2026-03-16T08:50:00Z",
        "data": { "actor": { "system": "crm-emea", "object": "user", "id": "nobody" }, "attempt_id": format!("a-{n}"),
            "channel": "phone", "direction": "outbound", "outcome": "conversation", "automated": false,
            "person": { "email": format!("person{n}@company{n}.example") } }
    })
}

async fn holds(ground: &Ground) {
    let checked = invariants::check(&ground.reader().await).await.unwrap();
    assert!(checked.holds(), "{checked:#?}");
}

const ATTEMPTS: &str = "SELECT count(*) FROM audit WHERE event = 'attempt_recorded'";

#[tokio::test]
async fn a_fact_and_its_person_in_one_batch_end_as_in_two() {
    let ground = Ground::new().await;
    let mut forms = Lane::claim(&ground, "forms", FORMS).await;
    let mut batch = forms.batch(&ground, &[demo_request(1)]);
    batch.entries.insert(0, ground.entry(CRM, 0, 0, &contacted(1)));
    forms.session.commit(&batch).await.unwrap();
    assert_eq!(ground.number("SELECT count(*) FROM parked").await, 0);
    assert_eq!(ground.number("SELECT count(*) FROM ledger_resolution").await, 1);
    assert_eq!(ground.number(ATTEMPTS).await, 1);
}

#[tokio::test]
async fn a_page_view_and_the_form_that_names_its_visitor_in_one_batch_are_both_kept() {
    let ground = Ground::new().await;
    let mut forms = Lane::claim(&ground, "forms", FORMS).await;
    let view = json!({"specversion": "1.0", "id": "v-1", "source": "/site/tests", "type": "io.baton.signal.recorded.v1",
        "time": "2026-03-16T08:40:00Z", "data": {"kind": "page_view", "page_kind": "pricing", "anonymous_id": "v-9"}});
    let mut form = demo_request(3);
    form["data"]["anonymous_id"] = json!("v-9");
    let mut batch = forms.batch(&ground, &[form]);
    batch.entries.insert(0, ground.entry("marketing.signals.v1", 0, 0, &view));
    forms.session.commit(&batch).await.unwrap();
    assert_eq!(ground.number("SELECT count(*) FROM anonymous_signal").await, 0);
    assert_eq!(ground.number("SELECT count(*) FROM audit WHERE event = 'signal_recorded'").await, 2);
}

#[tokio::test]
async fn a_deal_of_two_unknown_people_waits_for_both_and_is_resolved_once() {
    let ground = Ground::new().await;
    let key = |n: u32| json!({"crm": {"system": "crm-emea", "object": "lead", "id": format!("00Q{n}")}});
    let deal = json!({
        "specversion": "1.0", "id": "o-1", "source": "/crm/tests", "type": "io.baton.crm.opportunity.opened.v1",
        "time": "2026-03-16T08:50:00Z",
        "data": { "revision": 1, "contacts": [key(1), key(2)], "kind": "new_business",
            "opened_at": "2026-03-16T08:50:00Z", "opportunity": {"system": "crm-emea", "id": "006"} }
    });
    let mut crm = Lane::claim(&ground, "crm", CRM).await;
    let outcomes = crm.commit(&ground, &[deal]).await;
    assert_eq!(outcomes, ["parked/awaiting_identity"]);
    holds(&ground).await;
    let mut forms = Lane::claim(&ground, "forms", FORMS).await;
    forms.commit(&ground, &[demo_request(1)]).await;
    assert_eq!(ground.number("SELECT count(*) FROM parked").await, 1);
    holds(&ground).await;
    forms.commit(&ground, &[demo_request(2)]).await;
    assert_eq!(ground.number("SELECT count(*) FROM parked").await, 0);
    assert_eq!(ground.number("SELECT count(*) FROM opportunity_contact").await, 2);
    holds(&ground).await;
}
