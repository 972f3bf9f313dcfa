//! Checkpoints: made, signed, published in order, and what only they catch: a tail cut off with its counters, and a chain
//! rewritten so that every table agrees.

use super::forgery;
use crate::harness::{Installation, Reader, Serving, demo_request, produce, until};
use std::os::unix::fs::PermissionsExt as _;

const TOPIC: &str = "baton.audit-checkpoints.v1";
/// Nothing listens there.
const NOWHERE: &str = "127.0.0.1:9";
const OFTEN: &[(&str, &str)] = &[("BATON__AUDIT__CHECKPOINT_SECONDS", "1")];

/// Rows that no published checkpoint covers.
fn uncovered(installation: &Installation) -> i64 {
    installation.number(
        "SELECT (SELECT count(*) FROM audit) - (SELECT coalesce(sum(to_sequence - from_sequence + 1), 0)
             FROM checkpoint_range JOIN checkpoint USING (number) WHERE published_at IS NOT NULL)::bigint",
    )
}

fn last(installation: &Installation) -> i64 {
    installation.number("SELECT coalesce(max(number), 0) FROM checkpoint")
}

/// Two leads, each routed and under checkpoints of its own: their ids, and the last checkpoint of the first.
struct Told {
    installation: Installation,
    first: String,
    second: String,
    first_until: i64,
}

fn told() -> Told {
    let installation = Installation::new();
    let mut serving = installation.serve(OFTEN);
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let mut routed = |email: &str| {
        produce(&installation, "marketing.form-fills.v1", &demo_request(email));
        let record = leads.wait(email, |record| {
            record.event_type == "lead.routed.v1" && record.data["person"]["email"] == email
        });
        until("checkpoints cover everything", || uncovered(&installation) == 0);
        record.key
    };
    let first = routed("ada@first.example");
    let first_until = last(&installation);
    let second = routed("bea@second.example");
    serving.stop();
    assert!(first_until > 0 && last(&installation) > first_until);
    Told { installation, first, second, first_until }
}

/// Exit code and everything that was said.
fn verify(installation: &Installation, arguments: &[&str], brokers: &str) -> (Option<i32>, String) {
    let mut command = installation.command();
    command.args(["audit", "verify"]).args(arguments).env("KAFKA_BROKERS", brokers);
    let output = command.output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code(), text)
}

#[test]
fn checkpoints_are_signed_by_one_kept_key_and_published_once_in_order() {
    let Told { installation, .. } = told();
    let mut published = Reader::of(&installation, TOPIC);
    let newest = last(&installation);
    published.wait("the newest", |record| record.data["checkpoint_no"] == newest);
    let numbers: Vec<i64> =
        published.seen.iter().map(|record| record.data["checkpoint_no"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=newest).collect::<Vec<_>>(), "each once, in order");
    let key = published.seen[0].data["public_key"].as_str().unwrap().to_owned();

    // One that was sent and not marked is sent again under the same id; a second life signs with the same key.
    let done = installation.execute(
        &installation.owner_url,
        "SET session_replication_role = replica; UPDATE checkpoint SET published_at = NULL WHERE number = 1",
    );
    done.unwrap();
    let mut serving = installation.serve(OFTEN);
    produce(&installation, "marketing.form-fills.v1", &demo_request("cy@third.example"));
    until("the next checkpoint", || last(&installation) > newest && uncovered(&installation) == 0);
    serving.stop();
    let newest = last(&installation);
    published.wait("the newest", |record| record.data["checkpoint_no"] == newest);
    let again: Vec<&str> = published
        .seen
        .iter()
        .filter(|record| record.data["checkpoint_no"] == 1)
        .map(|record| record.id.as_str())
        .collect();
    assert_eq!(again.len(), 2);
    assert_eq!(again[0], again[1]);
    assert!(published.seen.iter().all(|record| record.data["public_key"] == key.as_str()));

    let (code, text) = verify(&installation, &["--kafka", "--key", &key, "--json"], &installation.brokers);
    assert_eq!(code, Some(0), "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["checkpoints"], newest);
    assert_eq!(report["kafka"]["compared"], newest);
    assert_eq!(report["uncovered"], 0);
    let (code, text) = verify(&installation, &["--key", &"0".repeat(64)], &installation.brokers);
    assert_eq!(code, Some(4), "{text}");
    let (code, text) = verify(&installation, &[], NOWHERE);
    assert!(code == Some(0) && text.contains("not checked against Kafka: "), "{text}");
    let (code, text) = verify(&installation, &["--kafka"], NOWHERE);
    assert!(code == Some(3) && text.contains("not checked against Kafka: "), "{text}");
}

#[test]
fn nobody_changes_a_checkpoint_and_the_key_is_its_owners_alone() {
    let Told { installation, .. } = told();
    for statement in [
        "UPDATE checkpoint SET root = previous",
        "UPDATE checkpoint SET published_at = 1",
        "UPDATE checkpoint_range SET root = sha256('x')",
        "DELETE FROM checkpoint",
        "DELETE FROM checkpoint_range",
        "TRUNCATE checkpoint CASCADE",
    ] {
        for url in [&installation.service_url, &installation.owner_url] {
            assert!(installation.execute(url, statement).is_err(), "{statement}");
        }
    }
    let key = installation.signing_key_file();
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let secret = std::fs::read_to_string(&key).unwrap().trim().to_owned();
    let mut serving: Serving = installation.serve(OFTEN);
    serving.stop();
    let log = serving.log();
    assert!(log.contains("checkpoints are signed with this key") && !log.contains(&secret));
}

#[test]
fn a_tail_cut_off_with_its_counters_is_named_by_the_checkpoints() {
    let Told { installation, second, first_until, .. } = told();
    assert_eq!(verify(&installation, &["--kafka"], &installation.brokers).0, Some(0));
    forgery::cut_tail(&installation, &second);
    let (code, text) = verify(&installation, &[], NOWHERE);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("of the stream, its rows end here, stream "), "{text}");

    // With the checkpoints gone too nothing inside the database contradicts any more.
    forgery::cut_checkpoints(&installation, first_until);
    let (code, text) = verify(&installation, &[], NOWHERE);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = verify(&installation, &[], &installation.brokers);
    assert_eq!(code, Some(4), "{text}");
    let named = format!("checkpoint {} on Kafka", first_until + 1);
    assert!(text.contains(&named) && text.contains("the row is missing, stream "), "{text}");
}

#[test]
fn a_chain_rewritten_everywhere_is_caught_by_the_checkpoint_on_kafka_alone() {
    let Told { installation, first, .. } = told();
    let mut published = Reader::of(&installation, TOPIC);
    let ours = published.wait("the first", |record| record.data["checkpoint_no"] == 1);
    forgery::rewrite_chain(&installation, &first, 2);
    let (code, text) = verify(&installation, &[], NOWHERE);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("do not give the root that checkpoint ") && text.contains(&first), "{text}");

    forgery::resign_checkpoints(&installation);
    let (code, text) = verify(&installation, &[], NOWHERE);
    assert_eq!(code, Some(0), "every table agrees: {text}");
    let (code, text) = verify(&installation, &[], &installation.brokers);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains(" on Kafka holds another root for numbers "), "{text}");
    assert!(text.contains(&first) && text.contains("stream marketing.form-fills.v1/"), "{text}");
    // Who knows the key does not even need Kafka.
    let key = ours.data["public_key"].as_str().unwrap();
    let (code, text) = verify(&installation, &["--key", key], NOWHERE);
    assert!(code == Some(4) && text.contains("its key is none of those"), "{text}");
}
