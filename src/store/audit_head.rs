//! The table `audit_head`: where the chain of each subject stands that is no lead. It never computes a hash.

use super::columns::column;
use super::error::StoreError;
use super::rows::{AuditSubject, HeadRow};
use super::statement::Statement;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const MAKE: Statement = Statement::new(
    "audit_head.insert",
    "INSERT INTO audit_head (subject_kind, subject_id, version, hash)
     SELECT kind, id, 0, decode(repeat('00', 32), 'hex') FROM unnest($1::smallint[], $2::uuid[]) AS new (kind, id)
     ON CONFLICT DO NOTHING",
);
const LOCK: Statement = Statement::new(
    "audit_head.lock",
    "SELECT head.subject_kind, head.subject_id, head.version, head.hash FROM audit_head AS head
     JOIN unnest($1::smallint[], $2::uuid[]) AS mine (kind, id)
         ON head.subject_kind = mine.kind AND head.subject_id = mine.id
     ORDER BY head.subject_kind, head.subject_id FOR UPDATE OF head",
);
const MOVE: Statement = Statement::new(
    "audit_head.move",
    "UPDATE audit_head AS head SET version = new.version, hash = new.hash
     FROM unnest($1::smallint[], $2::uuid[], $3::bigint[], $4::bytea[]) AS new (kind, id, version, hash)
     WHERE head.subject_kind = new.kind AND head.subject_id = new.id",
);

pub(super) const STATEMENTS: &[Statement] = &[MAKE, LOCK, MOVE];

/// Where chains stand: version and hash of the last row, zero before the first.
pub type Heads = BTreeMap<AuditSubject, (i64, [u8; 32])>;

/// Locks the chains of subjects, making those that are new, and reads them.
///
/// # Errors
/// A statement fails, or a stored hash has another length.
pub async fn lock(conn: &mut PgConnection, subjects: &BTreeSet<AuditSubject>) -> Result<Heads, StoreError> {
    let by_columns: BTreeMap<(i16, Uuid), AuditSubject> =
        subjects.iter().map(|subject| (subject.columns(), *subject)).collect();
    let kinds: Vec<i16> = by_columns.keys().map(|(kind, _)| *kind).collect();
    let ids: Vec<Uuid> = by_columns.keys().map(|(_, id)| *id).collect();
    let made = MAKE.query().bind(&kinds).bind(&ids).execute(&mut *conn).await;
    made.map_err(|error| MAKE.failed(error))?;
    let rows: Vec<(i16, Uuid, i64, Vec<u8>)> =
        LOCK.rows().bind(kinds).bind(ids).fetch_all(conn).await.map_err(|error| LOCK.failed(error))?;
    rows.into_iter()
        .filter_map(|(kind, id, version, hash)| {
            let subject = *by_columns.get(&(kind, id))?;
            Some(hash.try_into().map(|hash| (subject, (version, hash))).map_err(|_| StoreError::Damaged {
                what: "audit head",
                id: id.to_string(),
                detail: "the hash has another length".to_owned(),
            }))
        })
        .collect()
}

/// Moves chains on; the caller holds their locks.
///
/// # Errors
/// The statement fails.
pub async fn advance(conn: &mut PgConnection, rows: &[HeadRow]) -> Result<(), StoreError> {
    let rows: Vec<&HeadRow> = rows.iter().collect();
    MOVE.query()
        .bind(column(&rows, |row| row.subject.columns().0))
        .bind(column(&rows, |row| row.subject.columns().1))
        .bind(column(&rows, |row| row.version))
        .bind(column(&rows, |row| row.hash.to_vec()))
        .execute(conn)
        .await
        .map_err(|error| MOVE.failed(error))?;
    Ok(())
}
