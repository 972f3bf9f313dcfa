//! Every example of the contract decodes to what its type means, in both modes alike.

use super::{decode_bytes, inbound_examples, structured_header};
use crate::contract::inbound::{FAMILIES, topics};
use crate::contract::request::{Decoded, Subject};
use serde_json::Value;

/// What each type becomes: a command, a row, or the reason for which it is ignored.
const MEANINGS: &[(&str, &str)] = &[
    ("form.submitted.v1", "record_signal"),
    ("email.sent.v1", "record_signal"),
    ("email.delivered.v1", "record_signal"),
    ("email.opened.v1", "record_signal"),
    ("email.clicked.v1", "record_signal"),
    ("email.replied.v1", "record_signal"),
    ("email.bounced.v1", "record_signal"),
    ("email.unsubscribed.v1", "opt_out_email"),
    ("email.complained.v1", "opt_out_email"),
    ("signal.recorded.v1", "record_signal"),
    ("campaign.updated.v1", "row campaign"),
    ("spend.recorded.v1", "row spend"),
    ("crm.lead.created.v1", "link_crm_record"),
    ("crm.lead.updated.v1", "reassign_lead report_profile"),
    ("crm.lead.accepted.v1", "accept_lead"),
    ("crm.lead.declined.v1", "decline_lead"),
    ("crm.lead.qualified.v1", "qualify_lead"),
    ("crm.lead.contacted.v1", "record_attempt"),
    ("crm.lead.converted.v1", "convert_crm_record"),
    ("crm.lead.merged.v1", "row merge"),
    ("crm.lead.deleted.v1", "unlink_crm_record"),
    ("crm.opportunity.opened.v1", "report_deal"),
    ("crm.opportunity.updated.v1", "report_deal"),
    ("crm.opportunity.won.v1", "report_deal"),
    ("crm.opportunity.lost.v1", "report_deal"),
    ("crm.opportunity.reopened.v1", "report_deal"),
    ("crm.opportunity.deleted.v1", "report_deal"),
    ("crm.account.updated.v1", "row account"),
    ("crm.user.updated.v1", "row user"),
    ("sales.lead.rejected.v1", "reject_lead"),
    ("sales.feedback.noted.v1", "take_note"),
    ("person.erasure_requested.v1", "erase_lead"),
    ("consent.changed.v1", "opt_out_email give_consent"),
    ("contact.suppressed.v1", "suppress_lead"),
];

fn meaning(decoded: &Decoded) -> String {
    let request = match decoded {
        Decoded::Ignored(ignored) => return ignored.reason.to_owned(),
        Decoded::Request(request) => request,
    };
    if let Some(command) = &request.command {
        return command.name().to_owned();
    }
    let row = match request.subject {
        Subject::Lead => "lead",
        Subject::Account(_) => "account",
        Subject::User(_) => "user",
        Subject::Opportunity(_) => "opportunity",
        Subject::Campaign(_) => "campaign",
        Subject::Spend(_) => "spend",
        Subject::Merge => "merge",
        Subject::PatternAnswer(_) => "pattern answer",
        Subject::Availability(_) => "availability",
        Subject::SourcePause(_) => "source pause",
    };
    format!("row {row}")
}

#[test]
fn every_example_decodes_to_what_its_type_means() {
    let mut seen = 0;
    for (topic, event_type, examples) in inbound_examples() {
        let name = event_type.strip_prefix("io.baton.").unwrap();
        let expected =
            MEANINGS.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning).unwrap();
        for (path, text) in examples {
            let decoded = decode_bytes(&topic, &structured_header(), Some(text.as_bytes()));
            let decoded = decoded.decoded.unwrap_or_else(|unreadable| panic!("{path}: {unreadable}"));
            let meaning = meaning(&decoded);
            let list_only = path.contains("unsubscribed") || path.contains("complained");
            let fits = expected.split(' ').any(|word| word == meaning)
                || expected == meaning
                || (list_only && meaning == "left_one_list" && text.contains("\"list\""));
            assert!(fits, "{path} became {meaning}, not {expected}");
            seen += 1;
        }
    }
    assert!(seen >= MEANINGS.len());
}

#[test]
fn the_tables_hold_exactly_the_types_of_the_index() {
    let mut indexed: Vec<(String, String)> = inbound_examples()
        .into_iter()
        .map(|(topic, event_type, _)| (topic, event_type.strip_prefix("io.baton.").unwrap().to_owned()))
        .collect();
    let mut known: Vec<(String, String)> =
        FAMILIES.iter().copied().flatten().map(|it| (it.topic.to_owned(), it.name.to_owned())).collect();
    indexed.sort();
    known.sort();
    assert_eq!(known, indexed);
    assert_eq!(topics().len(), 8);
}

/// The same event as headers and bare data.
fn binary(event: &Value) -> (Vec<(String, Vec<u8>)>, Vec<u8>) {
    let attributes = event.as_object().unwrap().iter().filter(|(name, _)| *name != "data");
    let mut headers: Vec<(String, Vec<u8>)> = attributes
        .map(|(name, value)| (format!("ce_{name}"), value.as_str().unwrap().as_bytes().to_vec()))
        .collect();
    headers.push(("content-type".to_owned(), b"application/json".to_vec()));
    (headers, event["data"].to_string().into_bytes())
}

#[test]
fn both_modes_and_a_bare_document_give_the_same_record() {
    for (topic, _, examples) in inbound_examples() {
        for (path, text) in examples {
            let event: Value = serde_json::from_str(&text).unwrap();
            let (headers, data) = binary(&event);
            let structured = decode_bytes(&topic, &structured_header(), Some(text.as_bytes()));
            let binary = decode_bytes(&topic, &headers, Some(&data));
            let bare = decode_bytes(&topic, &[], Some(text.as_bytes()));
            assert_eq!(format!("{structured:?}"), format!("{binary:?}"), "{path}");
            assert_eq!(format!("{structured:?}"), format!("{bare:?}"), "{path}");
            assert!(structured.duplicate.is_some(), "{path}");
        }
    }
}

#[test]
fn content_does_not_depend_on_the_order_of_members_but_on_every_value() {
    let (topic, _, examples) = inbound_examples().remove(0);
    let event: Value = serde_json::from_str(&examples[0].1).unwrap();
    let pretty = serde_json::to_string_pretty(&event).unwrap();
    let first = decode_bytes(&topic, &structured_header(), Some(event.to_string().as_bytes()));
    assert_eq!(first.content, decode_bytes(&topic, &structured_header(), Some(pretty.as_bytes())).content);
    let mut other = event;
    other["data"]["person"]["email"] = "other@northwind-robotics.example".into();
    let changed = decode_bytes(&topic, &structured_header(), Some(other.to_string().as_bytes()));
    assert_ne!(first.content, changed.content);
    assert_eq!(first.duplicate, changed.duplicate);
}
