//! The audit: the service's own role cannot change a row, and a row changed by a superuser is named.

use crate::harness::{Installation, Reader, demo_request, produce};

#[test]
fn a_changed_payload_is_named_and_the_service_cannot_change_one() {
    let installation = Installation::new();
    let mut serving = installation.serve(&[]);
    produce(&installation, "marketing.form-fills.v1", &demo_request("tam@acme.example"));
    let mut leads = Reader::of(&installation, "handoff.leads.v1");
    let routed = leads.wait("the routed lead", |record| record.event_type == "lead.routed.v1");
    serving.stop();
    installation.check();
    for statement in ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"] {
        let refused = installation.execute(&installation.service_url, statement);
        assert!(refused.is_err(), "the service's role could: {statement}");
        let refused = installation.execute(&installation.owner_url, statement);
        assert!(refused.is_err(), "even a superuser needs more than: {statement}");
    }
    installation
        .execute(
            &installation.owner_url,
            "SET session_replication_role = replica; \
             UPDATE audit SET payload = payload || '\\x00'::bytea WHERE version = 3 AND event = 'signal_recorded'",
        )
        .expect("a superuser can switch triggers off");
    let output = installation.output(&["audit", "verify"]);
    assert!(!output.status.success());
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(text.contains(&routed.key), "the lead is named: {text}");
    assert!(text.contains("version 3"), "the row is named: {text}");
}
