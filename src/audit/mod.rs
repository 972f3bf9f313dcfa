//! The audit's chain and its check. It reads through the store and never writes.

pub mod chain;

use crate::store::rows::AuditRow;
use chain::Columns;

impl<'a> From<&'a AuditRow> for Columns<'a> {
    fn from(row: &'a AuditRow) -> Self {
        let (subject_kind, subject) = row.subject.columns();
        Self {
            stream: &row.stream,
            stream_sequence: row.stream_sequence,
            subject_kind,
            subject: subject.into_bytes(),
            version: row.version,
            event: row.event,
            payload: &row.payload,
            occurred_at: row.occurred_at.0,
            decided_at: row.decided_at.0,
            actor: &row.actor,
            cause: &row.cause,
            record: row.record.as_ref().map(|(topic, partition, offset)| (topic.as_str(), *partition, *offset)),
            input: &row.input,
            policy: &row.policy,
            team: &row.team,
            reference: &row.reference,
            timeline: row.timeline,
            previous: &row.previous,
        }
    }
}
