//! Records that undo, lift or forbid: what they write, whom they move, and that money of a deal that never was is void.

use super::desk::Desk;
use baton::contract::keys::Keys;
use baton::domain::fan_out::FanOut;
use baton::domain::lead::{Origin, Permission, StageKind, SuppressedFor};
use baton::transaction::batch::{Batch, Entry, Outcome, Stream};
use baton::transaction::turn;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PRIYA: &str = "priya@northwind-robotics.example";
const DANIEL: &str = "daniel@northwind-robotics.example";

/// A deal's record, with its contacts by e-mail.
fn deal(desk: &mut Desk, change: &str, revision: u32, contacts: &[&str], more: &Value) -> Entry {
    let contacts: Vec<Value> = contacts.iter().map(|email| json!({ "email": email })).collect();
    let mut data = json!({
        "revision": revision, "kind": "new_business", "opened_at": desk.minutes_ago(1),
        "opportunity": { "system": "crm", "id": "006" }, "amount": "84000.00", "currency": "EUR",
        "owner": { "system": "crm", "object": "user", "id": "u-dev-patel" }, "contacts": contacts,
    });
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let event =
        desk.event(&format!("crm.opportunity.{change}.v1"), &format!("deal-{change}-{revision}"), data);
    desk.entry("crm.lead-events.v1", &event)
}

fn privacy(desk: &mut Desk, event_type: &str, id: &str, more: &Value) -> Entry {
    let mut data = json!({ "person": { "email": PRIYA }, "requested_at": desk.minutes_ago(0) });
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut event = desk.event(event_type, id, data);
    event["time"] = json!(desk.minutes_ago(0));
    desk.entry("privacy.requests.v1", &event)
}

fn with_form() -> Desk {
    let mut desk = Desk::new();
    let form = desk.form("form-1", PRIYA, "VP Engineering");
    let _planned = desk.run(vec![form]);
    desk
}

#[test]
fn a_deal_that_is_won_opened_again_and_deleted_counts_for_nothing_in_the_end() {
    let mut desk = with_form();
    let closed = json!({ "closed_on": "2026-06-01", "reason": "price" });
    for (change, revision, more, state, stage) in [
        ("opened", 1, json!({}), "open", StageKind::Opportunity),
        ("won", 2, closed, "won", StageKind::Won),
        ("reopened", 3, json!({}), "open", StageKind::Opportunity),
        ("deleted", 4, json!({}), "void", StageKind::SalesQualified),
    ] {
        let record = deal(&mut desk, change, revision, &[PRIYA], &more);
        let planned = desk.run(vec![record]);
        assert_eq!(planned.outcomes, vec![Outcome::Applied("report_deal")], "{change}");
        let row = &planned.write.opportunities[0];
        assert_eq!((row.state.as_str(), desk.lead(PRIYA).stage.kind()), (state, stage), "{change}");
        if change == "reopened" {
            assert_eq!((row.closed_on, row.reason.as_deref()), (None, None), "what closed it is over");
        }
    }
    let types = desk.types();
    let of = |name: &str| types.iter().filter(|it| **it == name).count();
    assert_eq!((of("feedback.won.v1"), of("feedback.win_reversed.v1")), (1, 1), "figures net it: {types:?}");
    assert_eq!(types.last(), Some(&"lead.updated.v1"));
    // An update of what was taken out moves nobody.
    let late = deal(&mut desk, "updated", 5, &[PRIYA], &json!({ "stage": "Negotiation" }));
    let planned = desk.run(vec![late]);
    assert_eq!(planned.write.opportunities[0].state, "void");
    assert_eq!(desk.lead(PRIYA).stage.kind(), StageKind::SalesQualified);
}

#[test]
fn a_deleted_deal_of_strangers_is_a_void_row_and_nobody() {
    let mut desk = Desk::new();
    let record = deal(&mut desk, "deleted", 1, &[PRIYA], &json!({}));
    let planned = desk.run(vec![record]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("report_deal")]);
    assert_eq!(planned.write.opportunities[0].state, "void");
    assert!(planned.write.leads.is_empty() && planned.write.parked.is_empty());
}

#[test]
fn a_contact_newly_listed_on_a_known_open_deal_is_treated_as_opened() {
    let mut desk = with_form();
    let form = desk.form("form-2", DANIEL, "Director of Sales");
    let opened = deal(&mut desk, "opened", 1, &[PRIYA], &json!({}));
    let _planned = desk.run(vec![form, opened]);
    assert_eq!(desk.lead(DANIEL).stage.kind(), StageKind::Queued);
    let updated = deal(&mut desk, "updated", 2, &[PRIYA, DANIEL], &json!({}));
    let planned = desk.run(vec![updated]);
    assert_eq!(desk.lead(DANIEL).stage.kind(), StageKind::Opportunity);
    assert_eq!(planned.write.contacts.len(), 2);
    assert_eq!(planned.write.opportunities.len(), 1, "money counts once, at the deal");
}

fn converted(desk: &mut Desk, id: &str, with_deal: bool) -> Entry {
    let mut into = json!({ "contact": { "system": "crm", "object": "contact", "id": "003" } });
    if with_deal {
        into["opportunity"] = json!({ "system": "crm", "id": "006" });
    }
    let data = json!({ "crm": { "system": "crm", "object": "lead", "id": "00Q" }, "person": { "email": PRIYA },
        "converted": into, "change": { "by": "human", "actor_id": "u-dev-patel" } });
    let mut event = desk.event("crm.lead.converted.v1", id, data);
    event["time"] = json!(desk.minutes_ago(0));
    desk.entry("crm.lead-events.v1", &event)
}

#[test]
fn a_conversion_takes_the_lead_and_with_a_deal_opens_it_until_the_deal_speaks_for_itself() {
    let mut desk = with_form();
    let record = converted(&mut desk, "conv-1", false);
    let planned = desk.run(vec![record]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("convert_crm_record")]);
    let lead = desk.lead(PRIYA);
    assert_eq!(lead.stage.kind(), StageKind::SalesAccepted);
    assert_eq!((lead.holder().unwrap().member().0.as_str(), lead.crm_linked), ("dev-patel", true));
    assert_eq!(planned.write.identities.len(), 2, "the lead record and the contact name the person");
    let record = converted(&mut desk, "conv-2", true);
    let planned = desk.run(vec![record]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("report_deal")], "linked before; the deal is new");
    assert_eq!(planned.write.opportunities[0].revision, -1);
    assert_eq!(desk.lead(PRIYA).stage.kind(), StageKind::Opportunity);
    let opened = deal(&mut desk, "opened", 0, &[PRIYA], &json!({}));
    let planned = desk.run(vec![opened]);
    let row = &planned.write.opportunities[0];
    assert_eq!((row.revision, row.ten_thousandths), (0, Some(840_000_000)));
    assert_eq!(desk.lead(PRIYA).deals.len(), 1);
    // The conversion told after the deal was closed moves nobody.
    let won = deal(&mut desk, "won", 1, &[PRIYA], &json!({ "closed_on": "2026-06-01" }));
    let again = converted(&mut desk, "conv-3", true);
    let _planned = desk.run(vec![won, again]);
    assert_eq!(desk.lead(PRIYA).stage.kind(), StageKind::Won);
}

#[test]
fn a_stranger_who_is_converted_with_a_deal_is_a_lead_of_sales_in_an_opportunity() {
    let mut desk = Desk::new();
    let record = converted(&mut desk, "conv-1", true);
    let planned = desk.run(vec![record]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("convert_crm_record")]);
    let lead = desk.lead(PRIYA);
    assert_eq!((lead.stage.kind(), lead.origin.code()), (StageKind::Opportunity, "sales"));
    assert_eq!(planned.write.contacts.len(), 1);
}

#[test]
fn no_contact_is_lifted_only_by_what_the_person_says_later() {
    let mut desk = with_form();
    let none = privacy(&mut desk, "contact.suppressed.v1", "s-1", &json!({ "scope": "all" }));
    let planned = desk.run(vec![none]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("suppress_lead")]);
    assert_eq!(desk.lead(PRIYA).stage.kind(), StageKind::Suppressed);
    assert!(desk.types().contains(&"lead.suppressed.v1"));
    let given = json!({ "consent": { "email": "given" } });
    let mut earlier = given.clone();
    earlier["requested_at"] = json!(desk.minutes_ago(60));
    let late = privacy(&mut desk, "consent.changed.v1", "c-0", &earlier);
    let planned = desk.run(vec![late]);
    assert_eq!(planned.outcomes, vec![Outcome::Filtered("no_change")], "said before it, told after it");
    let given = privacy(&mut desk, "consent.changed.v1", "c-1", &given);
    let planned = desk.run(vec![given]);
    assert_eq!(planned.outcomes, vec![Outcome::Applied("give_consent")]);
    let lead = desk.lead(PRIYA);
    assert_eq!((lead.stage.kind(), lead.cycle.number), (StageKind::Captured, 2));
    assert_eq!(lead.consent.email, Permission::Given);
}

#[test]
fn a_legal_hold_and_strangers_are_told_apart() {
    let mut desk = with_form();
    let legal = json!({ "scope": "all", "reason": "legal_hold" });
    let held = privacy(&mut desk, "contact.suppressed.v1", "s-1", &legal);
    let given = privacy(&mut desk, "consent.changed.v1", "c-1", &json!({ "consent": { "phone": "given" } }));
    let _planned = desk.run(vec![held, given]);
    let legal = |stage: &baton::domain::lead::Stage| {
        matches!(stage, baton::domain::lead::Stage::Suppressed { reason: SuppressedFor::Legal, .. })
    };
    assert!(legal(&desk.lead(PRIYA).stage));
    let mut desk = Desk::new();
    for (name, more) in [
        ("contact.suppressed.v1", json!({ "scope": "all" })),
        ("contact.suppressed.v1", json!({ "scope": "marketing" })),
        ("consent.changed.v1", json!({ "consent": { "email": "given" } })),
    ] {
        let id = format!("{name}-{}", more["scope"]);
        let record = privacy(&mut desk, name, &id, &more);
        let planned = desk.run(vec![record]);
        assert_eq!(planned.outcomes, vec![Outcome::Applied("consent_list")], "{name} {more}");
    }
}

#[test]
fn a_record_that_is_deleted_while_a_rep_works_it_goes_to_the_steward() {
    let mut desk = with_form();
    let accepted = desk.crm("crm.lead.accepted.v1", "a-1", PRIYA, "u-dev-patel", json!({}));
    let deleted = desk.crm("crm.lead.deleted.v1", "d-1", PRIYA, "u-dev-patel", json!({}));
    let planned = desk.run(vec![accepted, deleted]);
    assert_eq!(planned.outcomes[1], Outcome::Applied("unlink_crm_record"));
    let lead = desk.lead(PRIYA);
    assert_eq!(
        (lead.stage.kind(), lead.holder().unwrap().member().0.as_str()),
        (StageKind::Queued, "maya-cohen")
    );
    let types = desk.types();
    assert_eq!(types[types.len() - 2..], ["lead.updated.v1", "lead.queued.v1"]);
}

#[test]
fn whoever_the_crm_takes_off_a_deal_is_told_of_and_stands_on_it_no_more() {
    let mut desk = with_form();
    let form = desk.form("form-2", DANIEL, "Director of Operations");
    let both = deal(&mut desk, "opened", 1, &[PRIYA, DANIEL], &json!({}));
    let _planned = desk.run(vec![form, both]);
    assert_eq!(desk.loaded.contacts.len(), 2);
    let alone = deal(&mut desk, "updated", 2, &[PRIYA], &json!({}));
    let planned = desk.run(vec![alone]);
    let left = desk.lead(DANIEL);
    let (left, deal_id) = (left.id, left.deals[0].id);
    assert_eq!(planned.write.contacts_gone, vec![(deal_id, left)]);
    let tasks: Vec<FanOut> = planned.write.fan_outs.iter().map(|row| row.task.clone()).collect();
    assert_eq!(tasks, vec![FanOut::ContactsLeft { opportunity: deal_id, revision: 2, leads: vec![left] }]);
    let commands = tasks[0].commands(&[desk.lead(DANIEL).clone()], desk.now);
    let told = commands.into_iter().map(|(lead, at, command)| {
        turn::tell(&Keys::new(b"a service key for tests", 1), &tasks[0].key(), lead, at, command)
    });
    let before = desk.lead(DANIEL).stage.kind();
    let planned =
        desk.take(Batch { stream: Some(Stream::Sweep(0)), entries: told.collect(), ..Batch::default() });
    assert_eq!(planned.outcomes, vec![Outcome::Applied("note_contact_left")]);
    assert_eq!((desk.lead(DANIEL).stage.kind(), before), (StageKind::Opportunity, StageKind::Opportunity));
    assert_eq!(desk.types().last(), Some(&"lead.updated.v1"), "the holder hears of it");
    // An older record that still names both changes nothing, a newer one brings the person back.
    let late = deal(&mut desk, "updated", 1, &[PRIYA, DANIEL], &json!({}));
    let planned = desk.run(vec![late]);
    assert!(planned.write.fan_outs.is_empty());
    let again = deal(&mut desk, "updated", 3, &[PRIYA, DANIEL], &json!({}));
    let _planned = desk.run(vec![again]);
    assert_eq!(desk.loaded.contacts.len(), 2);
}

#[test]
fn a_campaign_that_changes_sides_takes_the_credit_of_whom_it_brought_along() {
    let mut desk = Desk::new();
    let campaign = |desk: &mut Desk, id: &str, origin: &str| {
        let data = json!({
            "campaign_id": "c-9", "name": "Resellers", "channel": "partners", "source": "resale", "origin": origin,
        });
        let mut event = desk.event("campaign.updated.v1", id, data);
        event["time"] = json!(desk.minutes_ago(0));
        desk.entry("marketing.campaigns.v1", &event)
    };
    let first = campaign(&mut desk, "campaign-1", "partner");
    let planned = desk.run(vec![first]);
    assert_eq!(planned.write.fan_outs.len(), 1, "who came before the campaign was known is looked for");
    let data = json!({
        "form_id": "form-demo-en", "form_kind": "demo", "campaign_id": "c-9",
        "person": { "email": PRIYA, "job_title": "VP Engineering", "country": "DE" },
    });
    let event = desk.event("form.submitted.v1", "form-1", data);
    let form = desk.entry("marketing.form-fills.v1", &event);
    let planned = desk.run(vec![form]);
    assert_eq!((desk.lead(PRIYA).origin, planned.write.touches[0].origin), (Origin::Partner, "partner"));

    let second = campaign(&mut desk, "campaign-2", "sales");
    let planned = desk.run(vec![second]);
    let task = planned.write.fan_outs[0].task.clone();
    let lead = desk.lead(PRIYA).id;
    let tell = |desk: &mut Desk, key: &str| {
        let told = task.commands(&[desk.lead(PRIYA).clone()], desk.now).into_iter();
        let told = told.map(|(lead, at, command)| {
            turn::tell(&Keys::new(b"a service key for tests", 1), key, lead, at, command)
        });
        let entries = told.collect();
        desk.take(Batch { stream: Some(Stream::Sweep(0)), entries, ..Batch::default() })
    };
    let planned = tell(&mut desk, &task.key());
    assert_eq!(planned.outcomes, vec![Outcome::Applied("credit_campaign")]);
    assert_eq!(planned.write.touches_credited, vec![(lead, "c-9".to_owned(), Origin::Sales)]);
    assert_eq!(desk.lead(PRIYA).origin, Origin::Sales);
    assert_eq!(tell(&mut desk, "again").outcomes, vec![Outcome::Filtered("no_change")]);
}

#[test]
fn a_win_that_two_contacts_tell_names_its_deal_and_counts_once_in_money() {
    let mut desk = with_form();
    for (change, revision, more) in [
        ("opened", 1, json!({})),
        ("won", 2, json!({ "closed_on": "2026-06-01" })),
        ("reopened", 3, json!({})),
        ("won", 4, json!({ "closed_on": "2026-06-08", "amount": "90000.00" })),
    ] {
        let record = deal(&mut desk, change, revision, &[PRIYA, DANIEL], &more);
        let form = desk.form("form-2", DANIEL, "VP Sales");
        let _planned = desk.run(if change == "opened" { vec![form, record] } else { vec![record] });
    }
    // What a reader of the topic does who adds wins up: the latest word of each deal.
    let mut revenue = BTreeMap::new();
    let mut wins = 0;
    for row in desk.published.iter().filter(|row| row.event_type.starts_with("feedback.")) {
        let payload: Value = serde_json::from_slice(row.payload.as_ref().unwrap()).unwrap();
        let key = payload["opportunity"].to_string();
        match row.event_type.as_str() {
            "feedback.won.v1" => {
                wins += 1;
                revenue.insert(key, payload["amount"].as_str().unwrap().to_owned());
            }
            "feedback.win_reversed.v1" => {
                revenue.remove(&key);
            }
            _other => {}
        }
    }
    assert_eq!(wins, 4, "each contact is told of each win");
    let once = [(r#"{"id":"006","system":"crm"}"#.to_owned(), "90000.00".to_owned())];
    assert_eq!(revenue, BTreeMap::from(once));
}
