//! The topics of the contract and what each needs on the broker. It never creates one: `baton topics` does.

/// Every topic that is read.
pub const INPUT: [&str; 8] = [
    "crm.lead-events.v1",
    "marketing.campaigns.v1",
    "marketing.email-events.v1",
    "marketing.form-fills.v1",
    "marketing.signals.v1",
    "marketing.spend.v1",
    "privacy.requests.v1",
    "sales.feedback.v1",
];

/// Every topic that is written.
pub const OUTPUT: [&str; 4] =
    ["baton.audit-checkpoints.v1", "handoff.feedback.v1", "handoff.lead-state.v1", "handoff.leads.v1"];

/// What a topic is created with, beside partitions and replicas.
#[must_use]
pub fn options(topic: &str) -> &'static [(&'static str, &'static str)] {
    match topic {
        // The present state of every lead; a tombstone must outlive a reader that is away for a week.
        "handoff.lead-state.v1" => &[("cleanup.policy", "compact"), ("delete.retention.ms", "604800000")],
        // The anchors of the audit: what is gone from here no longer holds anything.
        "baton.audit-checkpoints.v1" => &[("retention.ms", "-1")],
        // Personal data is kept for 14 days at most, and a position that stood still for so long can still go on.
        _ => &[("retention.ms", "1209600000")],
    }
}
