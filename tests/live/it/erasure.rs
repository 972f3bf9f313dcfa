//! Erasure: after it neither the database nor any later record names the person, in any spelling; the audit still holds.

use crate::harness::{Event, Installation, Reader, Received, crm, demo_request, produce, raw, until};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::json;
use std::process::Command;

const EMAIL: &str = "wilhelmina.oakenfoot@tamarisk-mill.example";
const FIRST: &str = "Wilhelmina";
const LAST: &str = "Oakenfoot";
const PHONE: &str = "+44 7700 900417";
const CRM_ID: &str = "00Q9ZZTAMARISK77";
const VISITOR: &str = "visitor-5b1d77aa90";
const SUBMISSION: &str = "submission-tamarisk-4471";

/// Everything that names the person; the domain is of nobody else.
const NAMES: [&str; 8] = [EMAIL, FIRST, LAST, PHONE, CRM_ID, VISITOR, SUBMISSION, "tamarisk-mill.example"];

fn filled_form() -> Event {
    let mut form = demo_request(EMAIL);
    form.id = format!("web-{SUBMISSION}");
    form.data["person"]["first_name"] = json!(FIRST);
    form.data["person"]["last_name"] = json!(LAST);
    form.data["person"]["phone"] = json!(PHONE);
    form.data["person"]["company"]["name"] = json!(format!("{LAST} and Daughters"));
    form.data["submission_id"] = json!(SUBMISSION);
    form.data["anonymous_id"] = json!(VISITOR);
    form.data["utm"] = json!({ "source": format!("mail-to-{EMAIL}"), "medium": "email" });
    form
}

fn crm_record(changed: &str) -> Event {
    let data = json!({
        "crm": {"system": "crm", "object": "lead", "id": CRM_ID},
        "person": {"email": EMAIL, "first_name": FIRST, "last_name": changed, "phone": PHONE},
        "record_origin": "integration",
    });
    Event::new("crm.lead.created.v1", "/crm", EMAIL, data)
}

fn page_view() -> Event {
    let data = json!({"anonymous_id": VISITOR, "kind": "page_view", "page_kind": "pricing"});
    Event::new("signal.recorded.v1", "/web", VISITOR, data)
}

/// A record that says who it is about and cannot be read: broken JSON, the address in key, header and value.
fn broken(installation: &Installation) {
    let mut headers = filled_form().headers();
    headers.push(("x-from".to_owned(), STANDARD_NO_PAD.encode(format!("reply to {EMAIL} please"))));
    let value =
        format!("{{\"person\": {{\"email\": \"{EMAIL}\", \"phone\": \"{PHONE}\", \"crm\": \"{CRM_ID}\"");
    raw(installation, "marketing.form-fills.v1", EMAIL, &headers, value.as_bytes());
    let escaped = format!("{{\"person\": {{\"email\": \"{}\", oops", EMAIL.replace('@', "\\u0040"));
    let headers = demo_request("x@other.example").headers();
    raw(installation, "marketing.form-fills.v1", "k", &headers, escaped.as_bytes());
}

/// Spellings in which a name must not be found.
fn spellings(name: &str) -> Vec<String> {
    let mut spelled = Vec::new();
    for plain in [name.to_owned(), name.to_uppercase(), name.to_lowercase()] {
        // Base64 of a text inside a longer one has three forms, by where it begins; the inner letters are the same.
        for offset in 0..3 {
            let padded = format!("{}{plain}", "x".repeat(offset));
            for encoded in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
                let from = (offset * 8).div_ceil(6);
                let to = padded.len() * 8 / 6;
                spelled.push(encoded[from..to].to_owned());
            }
        }
        let percent: String = plain
            .bytes()
            .map(|byte| {
                let kept = byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
                if kept { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            })
            .collect();
        spelled.extend([percent.replace("%20", "+"), percent.to_lowercase(), percent, plain]);
    }
    spelled.sort();
    spelled.dedup();
    spelled
}

fn assert_nobody(what: &str, text: &str) {
    for name in NAMES {
        for spelled in spellings(name) {
            if let Some(at) = text.find(&spelled) {
                let start = (at.saturating_sub(300)..=at).find(|it| text.is_char_boundary(*it)).unwrap();
                panic!("{what} holds {spelled}: ...{}", &text[start..at + spelled.len()]);
            }
        }
    }
}

/// The whole database as text, binary columns read back from their hex.
fn dump(installation: &Installation) -> String {
    let server = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| {
            let mut found: Vec<_> = versions
                .flatten()
                .map(|version| version.path().join("bin/pg_dump"))
                .filter(|path| path.exists())
                .collect();
            found.sort();
            found
        })
        .unwrap_or_default();
    let program = server.last().cloned().unwrap_or_else(|| "pg_dump".into());
    let output = Command::new(program).args(["--dbname", &installation.owner_url]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("\\\\x") {
        decoded.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_hexdigit).count();
        let bytes: Vec<u8> = (0..digits / 2)
            .map(|place| u8::from_str_radix(&after[place * 2..place * 2 + 2], 16).unwrap())
            .collect();
        decoded.push_str(&String::from_utf8_lossy(&bytes));
        rest = &after[digits / 2 * 2..];
    }
    decoded.push_str(rest);
    decoded
}

fn drained(installation: &Installation) {
    until("the outbox is empty", || {
        installation.number("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0
    });
}

/// The three topics that Baton writes.
struct Written {
    leads: Reader,
    feedback: Reader,
    states: Reader,
}

impl Written {
    fn of(installation: &Installation) -> Self {
        Self {
            leads: Reader::of(installation, "handoff.leads.v1"),
            feedback: Reader::of(installation, "handoff.feedback.v1"),
            states: Reader::of(installation, "handoff.lead-state.v1"),
        }
    }

    /// How many records each holds by now.
    fn counts(&mut self) -> [usize; 3] {
        [&mut self.leads, &mut self.feedback, &mut self.states].map(|reader| {
            reader.drain();
            reader.seen.len()
        })
    }
}

/// A whole passage, with everything that a person leaves behind; the lead.
fn lived(installation: &Installation, written: &mut Written) -> String {
    produce(installation, "marketing.signals.v1", &page_view());
    produce(installation, "marketing.form-fills.v1", &filled_form());
    let routed = written.leads.wait("the routed lead", |record| {
        record.event_type == "lead.routed.v1" && record.data["person"]["email"] == EMAIL
    });
    let rep = routed.data["holder"]["crm"]["id"].as_str().unwrap().to_owned();
    assert_eq!(routed.data["account"]["domain"], "tamarisk-mill.example", "filled in as it is sent");
    let lead = routed.key;
    produce(installation, "crm.lead-events.v1", &crm_record(LAST));
    produce(installation, "crm.lead-events.v1", &crm("crm.lead.accepted.v1", &lead, &rep, json!({})));
    let noted = json!({
        "attempt_id": "a-1", "channel": "phone", "direction": "outbound", "outcome": "conversation",
        "automated": false, "note": format!("{FIRST} {LAST} asked to be called back on {PHONE}"),
    });
    produce(installation, "crm.lead-events.v1", &crm("crm.lead.contacted.v1", &lead, &rep, noted));
    written.feedback.wait("the acceptance", |record| record.event_type == "feedback.accepted.v1");
    broken(installation);
    produce(installation, "marketing.form-fills.v1", &demo_request("somebody@else.example"));
    written.leads.wait("somebody else", |record| record.data["person"]["email"] == "somebody@else.example");
    until("the broken records are kept", || installation.number("SELECT count(*) FROM quarantine") == 2);
    until("the note is kept", || installation.number("SELECT count(*) FROM note") == 1);
    until("the CRM's record is linked", || {
        installation.number("SELECT count(*) FROM person WHERE cardinality(crm) > 0") == 1
    });
    drained(installation);
    let before = dump(installation);
    for name in NAMES {
        assert!(before.contains(name), "{name} is nowhere, so its absence would show nothing");
    }
    lead
}

/// The CRM, the site and the mail system tell of the person again.
fn comes_again(installation: &Installation, written: &mut Written, lead: &str) {
    produce(installation, "crm.lead-events.v1", &crm_record("Oakenfoot-Reed"));
    written.leads.wait("the disagreement", |record| {
        record.event_type == "lead.diverged.v1" && record.key == lead && record.data["code"] == "erased"
    });
    let read = installation.read();
    produce(installation, "marketing.signals.v1", &page_view());
    let clicked = json!({"person": {"email": EMAIL}, "campaign_id": "c-autumn"});
    let click = Event::new("email.clicked.v1", "/mail", EMAIL, clicked);
    produce(installation, "marketing.email-events.v1", &click);
    until("what came again is read", || installation.read() == read + 2);
    drained(installation);
    let listed = installation.number("SELECT count(*) FROM disagreement WHERE code = 'erased'");
    assert_eq!(listed, 2, "the CRM and the mail system are listed");
}

/// The relay has told of the erasure of this lead, and has taken its state out of the compacted topic.
fn told(written: &mut Written, lead: &str) -> Received {
    let erased = written.leads.wait("lead.erased", |record| record.event_type == "lead.erased.v1");
    assert_eq!(erased.key, lead);
    assert_eq!(erased.data["crm"], json!([{"system": "crm", "object": "lead", "id": CRM_ID}]));
    let tombstone =
        written.states.wait("the tombstone", |record| record.key == lead && record.data.is_null());
    assert_eq!(tombstone.event_type, "lead.state.v1");
    erased
}

/// Neither the database nor any record after `before` (as [`Written::counts`]) names the person, who came again; keys and
/// headers included.
fn names_nobody(installation: &Installation, written: &mut Written, before: [usize; 3], erased: &Received) {
    assert_eq!(installation.number("SELECT count(*) FROM person"), 1, "only somebody else is there");
    let discarded = "SELECT count(*) FROM ledger_resolution WHERE outcome = 'discarded/erased'";
    assert_eq!(installation.number(discarded), 2);
    assert_nobody("the database", &dump(installation));
    written.counts();
    let [leads, feedback, states] = before;
    for record in written.leads.seen[leads..].iter().filter(|record| record.event_type != "lead.erased.v1") {
        assert_nobody(&record.event_type, &record.whole());
    }
    let mut erasure = erased.clone();
    erasure.data["crm"] = json!([]);
    assert_nobody("lead.erased, but for its CRM record,", &erasure.whole());
    for record in written.feedback.seen[feedback..].iter().chain(&written.states.seen[states..]) {
        assert_nobody(&record.event_type, &record.whole());
    }
    let last = written.states.seen.iter().rfind(|record| record.key == erased.key);
    assert!(last.unwrap().data.is_null(), "the tombstone is the last word");
    installation.check();
}

fn request() -> Event {
    let request = json!({"person": {"email": EMAIL}, "requested_at": jiff::Timestamp::now().to_string()});
    Event::new("person.erasure_requested.v1", "/privacy", EMAIL, request)
}

#[test]
fn after_an_erasure_nothing_names_the_person_and_the_audit_still_verifies() {
    let installation = Installation::new();
    let mut serving = installation.serve(&[]);
    let mut written = Written::of(&installation);
    let lead = lived(&installation, &mut written);
    let before = written.counts();
    let said = installation.run(&["erase", "--email", &EMAIL.to_uppercase(), "--yes"]);
    assert!(said.contains(&lead) && said.contains("audit verify"), "{said}");
    assert_nobody("what the command says", &said);
    let erased = told(&mut written, &lead);
    comes_again(&installation, &mut written, &lead);
    serving.stop();
    names_nobody(&installation, &mut written, before, &erased);
    let again = installation.run(&["erase", "--lead", &lead, "--yes"]);
    assert!(again.contains("erased before"), "{again}");
}

#[test]
fn a_request_on_kafka_erases_who_is_known_and_nothing_names_the_person_afterwards() {
    let installation = Installation::new();
    let mut serving = installation.serve(&[]);
    let mut written = Written::of(&installation);
    let lead = lived(&installation, &mut written);
    let before = written.counts();
    produce(&installation, "privacy.requests.v1", &request());
    let erased = told(&mut written, &lead);
    let by_the_record =
        "SELECT count(*) FROM audit WHERE event = 'lead_erased' AND record_topic = 'privacy.requests.v1'";
    assert_eq!(installation.number(by_the_record), 1);
    comes_again(&installation, &mut written, &lead);
    serving.stop();
    names_nobody(&installation, &mut written, before, &erased);
}

#[test]
fn rows_that_were_not_sent_yet_name_nobody_and_a_request_after_the_erasure_is_noted() {
    let installation = Installation::new();
    let mut serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, "marketing.form-fills.v1", &filled_form());
    leads.wait("the routed lead", |record| record.event_type == "lead.routed.v1");
    drained(&installation);
    serving.stop();
    // As if the relay had been away since the form.
    let unsent = "UPDATE outbox SET sent_at = NULL";
    installation.execute(&installation.owner_url, unsent).unwrap();
    leads.drain();
    let told = leads.seen.len();
    installation.run(&["erase", "--email", EMAIL, "--yes"]);
    let _serving = installation.serve(&[]);
    produce(&installation, "privacy.requests.v1", &request());
    leads.wait("lead.erased", |record| record.event_type == "lead.erased.v1");
    drained(&installation);
    until("the request is read", || installation.read() == 2);
    leads.drain();
    for record in &leads.seen[told..] {
        assert_nobody(&record.event_type, &record.whole());
    }
    assert_eq!(
        installation.texts("SELECT DISTINCT reasons[1] FROM ledger WHERE topic = 'privacy.requests.v1'"),
        ["applied/erased_list"]
    );
    installation.check();
}

#[test]
fn operations_erase_over_the_api_and_nobody_else_does() {
    let installation = Installation::new();
    let serving = installation.serve(&[]);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    produce(&installation, "marketing.form-fills.v1", &filled_form());
    let lead = leads.wait("the routed lead", |record| record.event_type == "lead.routed.v1").key;
    let token = |scopes: &str| {
        let made = installation.run(&[
            "token",
            "create",
            "--name",
            scopes,
            "--member",
            "maya-cohen",
            "--scopes",
            scopes,
        ]);
        made.trim().to_owned()
    };
    let erase = |token: &str| {
        let output = Command::new("curl")
            .args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST"])
            .args(["-H", &format!("Authorization: Bearer {token}")])
            .arg(format!("{}/api/v1/leads/{lead}/erase", serving.address))
            .output()
            .expect("curl is installed");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(erase(&token("read,ask")), "403");
    assert_eq!(installation.number("SELECT count(*) FROM person"), 1);
    assert_eq!(erase(&token("ask,admin")), "200");
    assert_eq!(installation.number("SELECT count(*) FROM person"), 0);
    drained(&installation);
    assert_nobody("the database", &dump(&installation));
    installation.check();
}
