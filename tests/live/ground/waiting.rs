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

/// Leads whose win was told more than once.
const WON_TWICE: &str =
    "SELECT count(*) FROM (SELECT lead_id FROM outbox WHERE event_type = 'feedback.won.v1'
    GROUP BY lead_id HAVING count(*) > 1) AS twice";

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

#[tokio::test]
async fn a_deal_won_with_a_contact_whom_nobody_knows_yet_counts_once_in_money() {
    let ground = Ground::new().await;
    let mut forms = Lane::claim(&ground, "forms", FORMS).await;
    forms.commit(&ground, &[demo_request(1)]).await;
    let key = |n: u32| json!({"crm": {"system": "crm-emea", "object": "lead", "id": format!("00Q{n}")}});
    let deal = json!({
        "specversion": "1.0", "id": "o-1", "source": "/crm/tests", "type": "io.baton.crm.opportunity.won.v1",
        "time": "2026-03-16T08:50:00Z",
        "data": { "revision": 2, "kind": "new_business", "opened_at": "2026-03-16T08:45:00Z",
            "opportunity": {"system": "crm-emea", "id": "006"}, "amount": "84000.00", "currency": "EUR",
            "closed_on": "2026-03-16",
            "contacts": [key(1), key(2)] }
    });
    let mut crm = Lane::claim(&ground, "crm", CRM).await;
    assert_eq!(crm.commit(&ground, &[deal]).await, ["parked/awaiting_identity"]);
    counts_once(&ground, 1).await;
    forms.commit(&ground, &[demo_request(2)]).await;
    assert_eq!(ground.number("SELECT count(*) FROM parked").await, 0);
    // Each contact's own passage is won, the money stands at the deal.
    counts_once(&ground, 2).await;
}

/// One deal, one sum of money, and one word of the win for each contact that is known.
async fn counts_once(ground: &Ground, known: i64) {
    let read = ground.reader().await.what_became(36_500, &[]).await.unwrap();
    let deals: Vec<_> =
        read.deals.iter().map(|row| (row.state.as_str(), row.deals, row.ten_thousandths)).collect();
    assert_eq!(deals, [("won", 1, 840_000_000)]);
    assert_eq!(ground.number("SELECT count(*) FROM opportunity").await, 1);
    assert_eq!(ground.number("SELECT count(*) FROM lead WHERE stage = 7").await, known);
    let told = "SELECT count(*) FROM outbox WHERE event_type = 'feedback.won.v1'";
    assert_eq!(ground.number(told).await, known);
    assert_eq!(ground.number(WON_TWICE).await, 0, "nobody's win is told twice");
    holds(ground).await;
}
