//! The tables `audit`, `audit_stream` and `cause_text`. It appends; nothing here changes or removes a row of the audit.

use super::columns::{column, sorted};
use super::error::StoreError;
use super::rows::{AuditRow, CauseTextRow};
use super::statement::Statement;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};

const APPEND: Statement = Statement::new(
    "audit.append",
    "INSERT INTO audit (stream, stream_sequence, subject_kind, subject_id, version, event, payload, occurred_at,
         decided_at, actor, cause, record_topic, record_partition, record_offset, input, policy, team, reference,
         timeline, previous, hash)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::smallint[], $4::uuid[], $5::bigint[], $6::text[], $7::bytea[],
         $8::bigint[], $9::bigint[], $10::text[], $11::bytea[], $12::text[], $13::integer[], $14::bigint[],
         $15::bytea[], $16::bytea[], $17::bytea[], $18::bytea[], $19::integer[], $20::bytea[], $21::bytea[])",
);
const MAKE_STREAMS: Statement = Statement::new(
    "audit_stream.insert",
    "INSERT INTO audit_stream (name, last) SELECT name, 0 FROM unnest($1::text[]) AS name ON CONFLICT DO NOTHING",
);
const LOCK_STREAMS: Statement = Statement::new(
    "audit_stream.lock",
    "SELECT name, last FROM audit_stream WHERE name = ANY($1::text[]) ORDER BY name FOR UPDATE",
);
const MOVE_STREAMS: Statement = Statement::new(
    "audit_stream.move",
    "UPDATE audit_stream SET last = new.last FROM unnest($1::text[], $2::bigint[]) AS new (name, last)
     WHERE audit_stream.name = new.name",
);
const CAUSES: Statement = Statement::new(
    "cause_text.insert",
    "INSERT INTO cause_text (cause, lead_id, source, id, event_type)
     SELECT * FROM unnest($1::bytea[], $2::uuid[], $3::text[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING",
);
const READ_CAUSES: Statement = Statement::new(
    "cause_text.read",
    "SELECT cause, source, id, event_type FROM cause_text WHERE cause = ANY($1::bytea[])",
);
const TOLD: Statement = Statement::new(
    "audit.told",
    "SELECT c.cause, told.input FROM cause_text AS c,
         LATERAL (SELECT c.lead_id AS id UNION ALL SELECT id FROM lead WHERE merged_into = c.lead_id) AS mine,
         LATERAL (SELECT DISTINCT input FROM audit WHERE subject_kind = 1 AND subject_id = mine.id AND cause = c.cause
             AND event <> 'lead_parked') AS told
     WHERE c.cause = ANY($1::bytea[])",
);

pub(super) const STATEMENTS: &[Statement] =
    &[APPEND, MAKE_STREAMS, LOCK_STREAMS, MOVE_STREAMS, CAUSES, READ_CAUSES, TOLD];

/// A record as the audit knows it: the HMAC of its source and id, and that of its type and data. Its time is in neither.
pub type Told = ([u8; 32], [u8; 16]);

/// The raw pair behind a cause, and the record's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CauseText {
    pub source: String,
    pub id: String,
    pub event_type: String,
}

/// Appends rows in the order of their streams.
///
/// # Errors
/// The statement fails; a version or a number that is taken is refused by the table.
pub async fn append(conn: &mut PgConnection, rows: &[AuditRow]) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| (row.stream.clone(), row.stream_sequence));
    APPEND
        .query()
        .bind(column(&rows, |row| row.stream.as_str()))
        .bind(column(&rows, |row| row.stream_sequence))
        .bind(column(&rows, |row| row.subject.columns().0))
        .bind(column(&rows, |row| row.subject.columns().1))
        .bind(column(&rows, |row| row.version))
        .bind(column(&rows, |row| row.event))
        .bind(column(&rows, |row| row.payload.as_slice()))
        .bind(column(&rows, |row| row.occurred_at.0))
        .bind(column(&rows, |row| row.decided_at.0))
        .bind(column(&rows, |row| row.actor.as_str()))
        .bind(column(&rows, |row| row.cause.to_vec()))
        .bind(column(&rows, |row| row.record.as_ref().map(|record| record.0.clone())))
        .bind(column(&rows, |row| row.record.as_ref().map(|record| record.1)))
        .bind(column(&rows, |row| row.record.as_ref().map(|record| record.2)))
        .bind(column(&rows, |row| row.input.to_vec()))
        .bind(column(&rows, |row| row.policy.to_vec()))
        .bind(column(&rows, |row| row.team.to_vec()))
        .bind(column(&rows, |row| row.reference.to_vec()))
        .bind(column(&rows, |row| row.timeline))
        .bind(column(&rows, |row| row.previous.to_vec()))
        .bind(column(&rows, |row| row.hash.to_vec()))
        .execute(conn)
        .await
        .map_err(|error| APPEND.failed(error))?;
    Ok(())
}

/// Locks the counters of streams that are no records, making those that are new, and reads them.
///
/// # Errors
/// A statement fails.
pub async fn lock_streams(
    conn: &mut PgConnection,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, i64>, StoreError> {
    let names: Vec<&String> = names.iter().collect();
    let made = MAKE_STREAMS.query().bind(names.clone()).execute(&mut *conn).await;
    made.map_err(|error| MAKE_STREAMS.failed(error))?;
    let rows: Vec<(String, i64)> =
        LOCK_STREAMS.rows().bind(names).fetch_all(conn).await.map_err(|error| LOCK_STREAMS.failed(error))?;
    Ok(rows.into_iter().collect())
}

/// Moves the counters of streams.
///
/// # Errors
/// The statement fails.
pub async fn move_streams(conn: &mut PgConnection, streams: &[(String, i64)]) -> Result<(), StoreError> {
    let rows = sorted(streams, |row| row.0.clone());
    MOVE_STREAMS
        .query()
        .bind(column(&rows, |row| row.0.as_str()))
        .bind(column(&rows, |row| row.1))
        .execute(conn)
        .await
        .map_err(|error| MOVE_STREAMS.failed(error))?;
    Ok(())
}

/// Keeps the raw pairs behind causes, deletable.
///
/// # Errors
/// The statement fails.
pub async fn add_causes(conn: &mut PgConnection, rows: &[CauseTextRow]) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| row.cause);
    CAUSES
        .query()
        .bind(column(&rows, |row| row.cause.to_vec()))
        .bind(column(&rows, |row| row.lead.0))
        .bind(column(&rows, |row| row.source.as_str()))
        .bind(column(&rows, |row| row.id.as_str()))
        .bind(column(&rows, |row| row.event_type.as_str()))
        .execute(conn)
        .await
        .map_err(|error| CAUSES.failed(error))?;
    Ok(())
}

/// The raw pairs behind causes; erased ones are absent.
///
/// # Errors
/// The statement fails.
pub async fn causes(
    conn: &mut PgConnection,
    causes: &BTreeSet<[u8; 32]>,
) -> Result<BTreeMap<[u8; 32], CauseText>, StoreError> {
    let bytes: Vec<Vec<u8>> = causes.iter().map(|cause| cause.to_vec()).collect();
    let rows: Vec<(Vec<u8>, String, String, String)> =
        READ_CAUSES.rows().bind(bytes).fetch_all(conn).await.map_err(|error| READ_CAUSES.failed(error))?;
    Ok(rows
        .into_iter()
        .filter_map(|(cause, source, id, event_type)| {
            Some((cause.try_into().ok()?, CauseText { source, id, event_type }))
        })
        .collect())
}

/// Which of these causes stand in a lead's audit, with the content that their records had. A row that only says that the
/// record parked its lead is no decision on it; of erased people nothing is known.
///
/// # Errors
/// The statement fails.
pub async fn told(
    conn: &mut PgConnection,
    causes: &BTreeSet<[u8; 32]>,
) -> Result<BTreeSet<Told>, StoreError> {
    let bytes: Vec<Vec<u8>> = causes.iter().map(|cause| cause.to_vec()).collect();
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        TOLD.rows().bind(bytes).fetch_all(conn).await.map_err(|error| TOLD.failed(error))?;
    Ok(rows
        .into_iter()
        .filter_map(|(cause, input)| Some((cause.try_into().ok()?, input.try_into().ok()?)))
        .collect())
}
