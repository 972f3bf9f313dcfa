//! The audit rows of a decision, each chained to its lead's last. It never decides, and changes no lead but its head hash.

use super::Planner;
use crate::audit::chain::{self, Columns};
use crate::contract::request::Request;
use crate::domain::command::Actor;
use crate::domain::event::Event;
use crate::domain::lead::Lead;
use crate::domain::subject::SubjectEvent;
use crate::domain::time::Moment;
use crate::store::rows::{AuditRow, AuditSubject};
use crate::store::{StoreError, codec};
use crate::transaction::batch::Entry;

/// What a row says, besides what the batch says.
struct Said<'d> {
    subject: AuditSubject,
    version: i64,
    event: &'static str,
    payload: Vec<u8>,
    occurred_at: Moment,
    decided_at: Moment,
    actor: &'d Actor,
    previous: [u8; 32],
}

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
        let previous = self.leads.get(&after.id).map_or([0; 32], |work| work.row.head_hash);
        let decided = Said {
            subject: AuditSubject::Lead(after.id),
            version: i64::try_from(after.version).unwrap_or(i64::MAX),
            event: event.name(),
            payload: codec::event(event)?,
            occurred_at,
            decided_at: after.decided_at,
            actor,
            previous,
        };
        let hash = self.append(entry, request, decided);
        if let Some(work) = self.leads.get_mut(&after.id) {
            work.row.head_hash = hash;
        }
        Ok(())
    }

    /// One row about a subject that is no lead, chained to its last.
    pub(super) fn audit_subject(
        &mut self,
        entry: &Entry,
        request: &Request,
        subject: AuditSubject,
        event: &SubjectEvent,
    ) -> Result<(), StoreError> {
        let loaded = || self.loaded.heads.get(&subject).copied();
        let (version, previous) = self.heads.get(&subject).copied().or_else(loaded).unwrap_or_default();
        let actor = self.actor(&request.cause.actor);
        let decided = Said {
            subject,
            version: version + 1,
            event: event.name(),
            payload: codec::subject_event(event)?,
            occurred_at: request.cause.occurred_at,
            decided_at: self.world.now,
            actor: &actor,
            previous,
        };
        let hash = self.append(entry, request, decided);
        self.heads.insert(subject, (version + 1, hash));
        Ok(())
    }

    fn append(&mut self, entry: &Entry, request: &Request, decided: Said<'_>) -> [u8; 32] {
        let stream = self.stream.clone();
        let stream_sequence = self.next_in_stream();
        let mut row = AuditRow {
            stream,
            stream_sequence,
            subject: decided.subject,
            version: decided.version,
            event: decided.event,
            payload: decided.payload,
            occurred_at: decided.occurred_at,
            decided_at: decided.decided_at,
            actor: decided.actor.code(),
            cause: request.cause.hmac,
            record: entry
                .record
                .as_ref()
                .map(|record| (record.topic.to_string(), record.partition, record.offset)),
            input: entry.content,
            policy: self.world.policy.hash,
            team: self.world.team.hash,
            reference: entry.reference.unwrap_or(self.world.reference.hash),
            timeline: self.world.timeline,
            previous: decided.previous,
            hash: [0; 32],
        };
        row.hash = hash_of(&row);
        let hash = row.hash;
        self.write.audit.push(row);
        hash
    }
}

pub(in crate::transaction) fn hash_of(row: &AuditRow) -> [u8; 32] {
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
