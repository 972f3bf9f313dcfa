//! Our signatures before an implementation that is none of ours: PyPI's `standardwebhooks`.

use super::receiver::Receiver;
use super::{FORMS, SECRET, Settings, until_told};
use crate::harness::{Installation, demo_request, produce};
use baton::contract::webhook::signatures;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The secret before a rotation, which signs beside the new one for a while.
const FORMER: &str = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
/// One that signs no more.
const REVOKED: &str = "whsec_AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=";

/// The Python that scripts/install-packages.sh --test has made.
fn python() -> PathBuf {
    let cache = std::env::var("XDG_CACHE_HOME")
        .map_or_else(|_| Path::new(&std::env::var("HOME").unwrap()).join(".cache"), PathBuf::from);
    let python = cache.join("baton/standardwebhooks-1.1.0/bin/python");
    assert!(python.exists(), "{} is missing: scripts/install-packages.sh --test", python.display());
    python
}

fn verdicts(cases: &Value) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/channels/verify.py");
    let mut child = Command::new(python())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    child.stdin.take().unwrap().write_all(cases.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn another_implementation_accepts_ours_and_refuses_what_is_altered_old_or_revoked() {
    let installation = Installation::new();
    let receiver = Receiver::start();
    let url = receiver.url("/hook");
    let settings = Settings::of(&format!(
        "[webhooks]\nallow_private = true\n[webhooks.endpoint.crm]\nurl = \"{url}\"\n\
         secrets = [\"{SECRET}\", \"{FORMER}\"]\n"
    ));
    let _serving = settings.serve(&installation);
    produce(&installation, FORMS, &demo_request("sig@acme.example"));
    until_told(&installation);
    let request = receiver.received("/hook").remove(0);
    let body = String::from_utf8(request.body.clone()).unwrap();
    let headers = json!({
        "webhook-id": request.id(), "webhook-timestamp": request.headers["webhook-timestamp"],
        "webhook-signature": request.headers["webhook-signature"],
    });
    assert_eq!(request.headers["webhook-signature"].split(' ').count(), 2, "both secrets sign");
    // Signed by us and true in all but its age: eleven minutes.
    let timestamp: i64 = request.headers["webhook-timestamp"].parse().unwrap();
    let key = [1_u8; 32];
    let old = timestamp - 660;
    let mut aged = headers.clone();
    aged["webhook-timestamp"] = json!(old.to_string());
    aged["webhook-signature"] = json!(signatures([&key[..]], request.id(), old, &request.body));
    let mut renamed = headers.clone();
    renamed["webhook-id"] = json!("another");
    let altered = body.replacen("lead", "lead ", 1);
    let verdicts = verdicts(&json!([
        { "secret": SECRET, "headers": headers, "body": body },
        { "secret": FORMER, "headers": headers, "body": body },
        { "secret": REVOKED, "headers": headers, "body": body },
        { "secret": SECRET, "headers": headers, "body": altered },
        { "secret": SECRET, "headers": aged, "body": body },
        { "secret": SECRET, "headers": renamed, "body": body },
    ]));
    assert_eq!(verdicts[..2], ["accepted", "accepted"], "the new secret and the one before it: {verdicts:?}");
    for (verdict, what) in
        verdicts[2..].iter().zip(["a revoked secret", "an altered body", "an old timestamp", "another id"])
    {
        assert_ne!(verdict, "accepted", "{what}");
    }
    assert!(verdicts[4].contains("old"), "refused for its age: {verdicts:?}");
}
