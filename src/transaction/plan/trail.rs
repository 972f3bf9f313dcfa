//! The audit rows of a decision, each chained to its lead's last. It never decides, and changes no lead but its head hash.

use super::Planner;
use crate::audit::chain::{self, Columns};
use crate::contract::request::Request;
use crate::domain::command::Actor;
use crate::domain::event::Event;
use crate::domain::lead::Lead;
use crate::domain::time::Moment;
use crate::store::rows::{AuditRow, AuditSubject};
use crate::store::{StoreError, codec};
use crate::transaction::batch::Entry;

impl Planner<'_> {
    /// One row a decision, chained to the lead's last.
    pub(super) fn audit(
        &mut self,
        entry: &Entry,
        request: &Request,
        after: &Lead,
        event: &Event,
        actor: &Actor,
        occurred_at: Moment,
    ) -> Result<(), StoreError> {
        let stream = self.stream.clone();
        let stream_sequence = self.next_in_stream();
        let previous = self.leads.get(&after.id).map_or([0; 32], |work| work.row.head_hash);
        let mut row = AuditRow {
            stream,
            stream_sequence,
            subject: AuditSubject::Lead(after.id),
            version: i64::try_from(after.version).unwrap_or(i64::MAX),
            event: event.name(),
            payload: codec::event(event)?,
            occurred_at,
            decided_at: after.decided_at,
            actor: actor.code(),
            cause: request.cause.hmac,
            record: entry
                .record
                .as_ref()
                .map(|record| (record.topic.to_string(), record.partition, record.offset)),
            input: entry.content,
            policy: self.world.policy.hash,
            team: self.world.team.hash,
            reference: self.world.reference.hash,
            timeline: self.world.timeline,
            previous,
            hash: [0; 32],
        };
        row.hash = hash_of(&row);
        if let Some(work) = self.leads.get_mut(&after.id) {
            work.row.head_hash = row.hash;
        }
        self.write.audit.push(row);
        Ok(())
    }
}

fn hash_of(row: &AuditRow) -> [u8; 32] {
    let (subject_kind, subject) = row.subject.columns();
    chain::hash(&Columns {
        stream: &row.stream,
        stream_sequence: row.stream_sequence,
        subject_kind,
        subject: subject.as_bytes(),
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
    })
}
