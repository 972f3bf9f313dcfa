//! Two leads that are one person, and one that was two: by the CRM's word, by one record's keys, by a person's ask. It
//! never writes to the tables itself.

use crate::harness::{Event, Installation, Reader, ask, demo_request, form, produce, token, until};
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

fn clicked(email: &str, message: &str) -> Event {
    let data = json!({"person": {"email": email}, "message_id": message});
    Event::new("email.clicked.v1", "/mail", message, data)
}

/// Every row of every trail, by lead and event.
const TRAIL: &str =
    "SELECT subject_id || ' ' || event FROM audit WHERE subject_kind = 1 ORDER BY subject_id, version";

#[test]
fn two_leads_merged_and_split_again_keep_both_histories() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let (greta, hanna) = ("greta@north.example", "hanna@south.example");
    produce(&installation, "marketing.form-fills.v1", &demo_request(greta));
    let first = captured(&mut leads, greta);
    produce(&installation, "marketing.form-fills.v1", &demo_request(hanna));
    let second = captured(&mut leads, hanna);
    for (email, record) in [(greta, "L-1"), (hanna, "L-2")] {
        produce(&installation, "crm.lead-events.v1", &created(email, record));
    }
    until("both records are linked", || {
        installation.number("SELECT count(*) FROM lead WHERE crm_linked") == 2
    });
    let before: Vec<String> = installation.texts(TRAIL);

    let maya = token(&installation, "maya-cohen");
    let one = json!({"other_lead": first});
    let (status, body) = ask(&serving, &maya, &format!("leads/{second}/merge"), Some(&one));
    assert_eq!(status, 200, "{body}");
    leads.wait("merged", |record| record.event_type == "lead.merged.v1" && record.key == second);
    assert_eq!(installation.texts("SELECT email FROM person"), [greta], "a survivor keeps its own address");
    let since = jiff::Timestamp::now().to_string();
    produce(&installation, "marketing.email-events.v1", &clicked(hanna, "m-1"));
    let clicks = "SELECT count(*) FROM touch WHERE kind = 'email.clicked'";
    until("the click reaches the survivor", || installation.number(clicks) == 1);
    assert_eq!(installation.number("SELECT count(DISTINCT lead_id) FROM touch"), 1);

    // Two people after all: what names the other leaves, and what was signalled since goes along.
    let apart = json!({"email": hanna, "crm": "crm:lead:L-2", "since": since});
    let path = format!("leads/{first}/split");
    let (status, body) = ask(&serving, &maya, &path, Some(&apart));
    assert_eq!(status, 200, "{body}");
    let (status, body) = ask(&serving, &maya, &path, Some(&apart));
    assert_eq!((status, &body["code"]), (409, &json!("key_not_of_lead")), "{body}");
    let people = "SELECT email || ' ' || array_to_string(crm, ' ') || ' ' || (SELECT count(*) FROM touch
        WHERE touch.lead_id = person.lead_id) FROM person ORDER BY email";
    assert_eq!(
        installation.texts(people),
        [format!("{greta} crm:lead:L-1 2"), format!("{hanna} crm:lead:L-2 1"),]
    );
    let after: Vec<String> = installation.texts(TRAIL);
    assert!(
        before.iter().all(|row| after.contains(row)),
        "a row of the trail is gone: {before:?}\n{after:?}"
    );
    let begun = "SELECT subject_id::text FROM audit WHERE event = 'split_begun'";
    let third = installation.texts(begun).pop().unwrap();
    assert!(![&first, &second].contains(&&third), "the new lead has an id of its own");
    let trail =
        |lead: &str, event: &str| after.iter().filter(|row| **row == format!("{lead} {event}")).count();
    assert_eq!([trail(&first, "lead_absorbed"), trail(&first, "lead_split")], [1, 1]);
    assert_eq!([trail(&second, "lead_marketing_qualified"), trail(&second, "lead_merged")], [1, 1]);
    assert_eq!([trail(&third, "lead_captured"), trail(&third, "signal_recorded")], [1, 1]);

    // From now on each hears only of itself.
    for (email, message) in [(greta, "m-2"), (hanna, "m-3")] {
        produce(&installation, "marketing.email-events.v1", &clicked(email, message));
    }
    until("both clicks are told", || installation.number(clicks) == 3);
    assert_eq!(
        installation.texts(people),
        [format!("{greta} crm:lead:L-1 3"), format!("{hanna} crm:lead:L-2 2"),]
    );
    let (_, shown) = ask(&serving, &maya, &format!("leads/{third}"), None);
    assert_eq!((&shown["stage"], &shown["cycle"]), (&json!("captured"), &json!(1)), "{shown}");
    let (_, shown) = ask(&serving, &maya, &format!("leads/{first}"), None);
    assert_eq!(shown["stage"], "mql", "the survivor stands where it stood: {shown}");
    installation.check();
}
