//! Two leads that are one person, and one that was two: by the CRM's word, by one record's keys, by a person's ask.

use crate::harness::{Event, Installation, Reader, demo_request, form, produce, until};
use serde_json::json;

fn created(email: &str, record: &str) -> Event {
    let data = json!({"person": {"email": email}, "crm": {"system": "crm", "object": "lead", "id": record},
        "record_origin": "integration"});
    Event::new("crm.lead.created.v1", "/crm", record, data)
}

fn captured(leads: &mut Reader, email: &str) -> String {
    leads.wait(email, |record| record.data["person"]["email"] == email).key
}

#[test]
fn leads_that_the_crm_unites_go_on_as_one_and_can_be_taken_apart() {
    let installation = Installation::new();
    let _serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, "marketing.form-fills.v1", &demo_request("lena@north.example"));
    let first = captured(&mut leads, "lena@north.example");
    produce(&installation, "marketing.form-fills.v1", &demo_request("lena.private@south.example"));
    let second = captured(&mut leads, "lena.private@south.example");
    for (email, record) in [("lena@north.example", "L-1"), ("lena.private@south.example", "L-2")] {
        produce(&installation, "crm.lead-events.v1", &created(email, record));
    }
    until("both records are linked", || {
        installation.number("SELECT count(*) FROM lead WHERE crm_linked") == 2
    });

    // Two records of one kind are two people to a record that names both: a steward is asked.
    let both = json!({"person": {"email": "lena.private@south.example"},
        "crm": {"system": "crm", "object": "lead", "id": "L-1"}, "changed_fields": ["phone"]});
    produce(&installation, "crm.lead-events.v1", &Event::new("crm.lead.updated.v1", "/crm", "L-1", both));
    until("the steward is asked", || {
        installation.number("SELECT count(*) FROM disagreement WHERE code = 'merge_proposed'") == 1
    });
    let word = json!({"person": {"email": "lena@north.example"},
        "winner": {"system": "crm", "object": "lead", "id": "L-1"}, "losers": [{"system": "crm", "object": "lead", "id": "L-2"}]});
    produce(&installation, "crm.lead-events.v1", &Event::new("crm.lead.merged.v1", "/crm", "L-1", word));
    let merged = leads.wait("merged", |record| record.event_type == "lead.merged.v1");
    assert_eq!(merged.data["survivor_id"], first.as_str(), "the older lead's id survives");
    assert_eq!(merged.key, second);

    // Whatever names the other from now on is about the survivor, its own id as well.
    let click = json!({"person": {"email": "lena.private@south.example"}, "message_id": "m-1"});
    produce(
        &installation,
        "marketing.email-events.v1",
        &Event::new("email.clicked.v1", "/mail", "m-1", click),
    );
    let noted = json!({"lead_id": second, "actor": {"system": "crm", "object": "user", "id": "u-dev-patel"},
        "theme": "question", "note": "asks for a price"});
    produce(
        &installation,
        "sales.feedback.v1",
        &Event::new("sales.feedback.noted.v1", "/crm", &second, noted),
    );
    let late = "SELECT count(*) FROM audit JOIN lead ON lead.id = subject_id
        WHERE merged_into IS NULL AND event IN ('note_taken', 'signal_recorded')";
    until("both reach the survivor", || installation.number(late) >= 3);
    assert_eq!(installation.number("SELECT count(*) FROM lead WHERE merged_into IS NOT NULL"), 1);
    assert_eq!(installation.number("SELECT count(DISTINCT lead_id) FROM touch"), 1);
    installation.check();
}

#[test]
fn one_record_with_the_keys_of_two_leads_unites_them() {
    let installation = Installation::new();
    let _serving = installation.serve(&[]);
    produce(&installation, "marketing.form-fills.v1", &form("content", "olga@west.example", "manager"));
    let alone = json!({"crm": {"system": "crm", "object": "lead", "id": "L-7"}, "record_origin": "import"});
    produce(&installation, "crm.lead-events.v1", &Event::new("crm.lead.created.v1", "/crm", "L-7", alone));
    until("two leads", || installation.number("SELECT count(*) FROM lead") == 2);
    produce(&installation, "crm.lead-events.v1", &created("olga@west.example", "L-7"));
    until("one of them goes on", || {
        installation.number("SELECT count(*) FROM lead WHERE merged_into IS NOT NULL") == 1
    });
    assert_eq!(installation.number("SELECT count(*) FROM person"), 1, "one person, known by both keys");
    installation.check();
}
