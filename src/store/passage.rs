//! The tables `touch`, `note` and `disagreement`: what belongs to a lead's way. It never changes a lead.

use super::columns::{column, sorted, text_array};
use super::error::StoreError;
use super::rows::{DisagreementRow, NoteRow, TouchRow};
use super::statement::Statement;
use crate::domain::ids::LeadId;
use crate::domain::lead::Origin;
use crate::domain::time::Moment;
use sqlx::PgConnection;
use uuid::Uuid;

const TOUCHES: Statement = Statement::new(
    "touch.insert",
    "INSERT INTO touch (lead_id, signal, at, kind, origin, campaign, source, medium, form_id)
     SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
         $8::text[], $9::text[])
     ON CONFLICT DO NOTHING",
);
const CREDIT_TOUCHES: Statement = Statement::new(
    "touch.credit",
    "UPDATE touch SET origin = credited.origin
     FROM unnest($1::uuid[], $2::text[], $3::text[]) AS credited (lead, campaign, origin)
     WHERE lead_id = credited.lead AND touch.campaign = credited.campaign",
);
const NOTES: Statement = Statement::new(
    "note.insert",
    "INSERT INTO note (id, lead_id, at, author, theme, body, tags, may_quote)
     SELECT id, lead_id, at, author, theme, body, tags::text[], may_quote
     FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[])
         AS new (id, lead_id, at, author, theme, body, tags, may_quote)
     ON CONFLICT DO NOTHING",
);
const DISAGREEMENTS: Statement = Statement::new(
    "disagreement.insert",
    "INSERT INTO disagreement (lead_id, version, at, code, ours, theirs)
     SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[])
     ON CONFLICT DO NOTHING",
);

const SETTLE: Statement = Statement::new(
    "disagreement.settle",
    "UPDATE disagreement SET settled_at = settled.at FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS settled (lead, version, at)
     WHERE lead_id = settled.lead AND disagreement.version = settled.version AND settled_at IS NULL",
);

pub(super) const STATEMENTS: &[Statement] = &[TOUCHES, CREDIT_TOUCHES, NOTES, DISAGREEMENTS, SETTLE];

/// Keeps touches; one that is there stays as it is.
///
/// # Errors
/// The statement fails.
pub async fn add_touches(conn: &mut PgConnection, rows: &[TouchRow]) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| (row.lead, row.signal));
    TOUCHES
        .query()
        .bind(column(&rows, |row| row.lead.0))
        .bind(column(&rows, |row| row.signal.to_vec()))
        .bind(column(&rows, |row| row.at.0))
        .bind(column(&rows, |row| row.kind))
        .bind(column(&rows, |row| row.origin))
        .bind(column(&rows, |row| row.campaign.as_deref()))
        .bind(column(&rows, |row| row.source.as_deref()))
        .bind(column(&rows, |row| row.medium.as_deref()))
        .bind(column(&rows, |row| row.form_id.as_deref()))
        .execute(conn)
        .await
        .map_err(|error| TOUCHES.failed(error))?;
    Ok(())
}

/// Keeps notes.
///
/// # Errors
/// The statement fails.
pub async fn add_notes(conn: &mut PgConnection, rows: &[NoteRow]) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| row.id);
    NOTES
        .query()
        .bind(column(&rows, |row| row.id))
        .bind(column(&rows, |row| row.lead.map(|lead| lead.0)))
        .bind(column(&rows, |row| row.at.0))
        .bind(column(&rows, |row| row.author.as_str()))
        .bind(column(&rows, |row| row.theme.as_str()))
        .bind(column(&rows, |row| row.text.as_str()))
        .bind(column(&rows, |row| text_array(row.tags.iter().map(String::as_str))))
        .bind(column(&rows, |row| row.may_quote))
        .execute(conn)
        .await
        .map_err(|error| NOTES.failed(error))?;
    Ok(())
}

/// Lists facts that could not be applied.
///
/// # Errors
/// The statement fails.
pub async fn add_disagreements(conn: &mut PgConnection, rows: &[DisagreementRow]) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| (row.lead, row.version));
    DISAGREEMENTS
        .query()
        .bind(column(&rows, |row| row.lead.0))
        .bind(column(&rows, |row| row.version))
        .bind(column(&rows, |row| row.at.0))
        .bind(column(&rows, |row| row.code.as_str()))
        .bind(column(&rows, |row| row.ours.as_str()))
        .bind(column(&rows, |row| row.theirs.as_str()))
        .execute(conn)
        .await
        .map_err(|error| DISAGREEMENTS.failed(error))?;
    Ok(())
}

/// Takes disagreements off the list; one that is settled already stays as it is.
///
/// # Errors
/// The statement fails.
pub async fn settle_disagreements(
    conn: &mut PgConnection,
    rows: &[(LeadId, i64, Moment)],
) -> Result<(), StoreError> {
    let rows = sorted(rows, |row| (row.0, row.1));
    SETTLE
        .query()
        .bind(column(&rows, |row| row.0.0))
        .bind(column(&rows, |row| row.1))
        .bind(column(&rows, |row| row.2.0))
        .execute(conn)
        .await
        .map_err(|error| SETTLE.failed(error))?;
    Ok(())
}

/// Says to whose credit the touches of a campaign are.
///
/// # Errors
/// The statement fails.
pub async fn credit_touches(
    conn: &mut PgConnection,
    rows: &[(LeadId, String, Origin)],
) -> Result<(), StoreError> {
    CREDIT_TOUCHES
        .query()
        .bind(rows.iter().map(|(lead, ..)| lead.0).collect::<Vec<Uuid>>())
        .bind(rows.iter().map(|(_, campaign, _)| campaign.as_str()).collect::<Vec<&str>>())
        .bind(rows.iter().map(|(.., origin)| origin.code()).collect::<Vec<&str>>())
        .execute(conn)
        .await
        .map_err(|error| CREDIT_TOUCHES.failed(error))?;
    Ok(())
}
