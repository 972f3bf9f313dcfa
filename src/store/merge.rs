//! What stands beside a lead moves with it when it is merged, and leaves it when a wrong merge is undone. It never decides
//! who is whom.

use super::columns::{column, text_array};
use super::error::StoreError;
use super::rows::{MergeRow, SplitRow};
use super::statement::Statement;
use crate::domain::ids::{IdentityKey, LeadId};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const KEYS: Statement = Statement::new(
    "merge.keys",
    "SELECT lead_id, key FROM identity_key WHERE lead_id = ANY($1::uuid[]) ORDER BY lead_id, key",
);
const PROPOSED: Statement = Statement::new(
    "merge.proposed",
    "SELECT lead_id FROM disagreement
     WHERE lead_id = ANY($1::uuid[]) AND code = 'merge_proposed' AND settled_at IS NULL",
);
const TOUCHES: Statement = Statement::new(
    "merge.touches",
    "WITH moved AS (
         DELETE FROM touch USING unnest($1::uuid[], $2::uuid[]) AS merge (old, survivor) WHERE lead_id = old
         RETURNING survivor, signal, at, kind, origin, campaign, source, medium, form_id
     )
     INSERT INTO touch (lead_id, signal, at, kind, origin, campaign, source, medium, form_id)
     SELECT * FROM moved ON CONFLICT DO NOTHING",
);
const CONTACTS: Statement = Statement::new(
    "merge.contacts",
    "WITH moved AS (
         DELETE FROM opportunity_contact USING unnest($1::uuid[], $2::uuid[]) AS merge (old, survivor)
         WHERE lead_id = old
         RETURNING opportunity_id, survivor, role, is_primary
     )
     INSERT INTO opportunity_contact (opportunity_id, lead_id, role, is_primary)
     SELECT * FROM moved ON CONFLICT DO NOTHING",
);
const NOTES: Statement = Statement::new(
    "merge.notes",
    "UPDATE note SET lead_id = survivor FROM unnest($1::uuid[], $2::uuid[]) AS merge (old, survivor) WHERE lead_id = old",
);
const CAUSES: Statement = Statement::new(
    "merge.causes",
    "UPDATE cause_text SET lead_id = survivor FROM unnest($1::uuid[], $2::uuid[]) AS merge (old, survivor)
     WHERE lead_id = old",
);
const EARLIER: Statement = Statement::new(
    "merge.earlier",
    "UPDATE lead SET merged_into = survivor FROM unnest($1::uuid[], $2::uuid[]) AS merge (old, survivor)
     WHERE merged_into = old",
);
const PERSONS: Statement =
    Statement::new("merge.persons", "DELETE FROM person WHERE lead_id = ANY($1::uuid[])");
const SUPERSEDE: Statement =
    Statement::new("merge.supersede", "UPDATE handoff SET superseded = true WHERE id = ANY($1::uuid[])");
const LEAVE: Statement = Statement::new(
    "merge.leave",
    "UPDATE person SET email = CASE WHEN email = leaving.address THEN NULL ELSE email END,
         crm = ARRAY(SELECT key FROM unnest(crm) AS key WHERE key <> ALL (leaving.keys::text[]))
     FROM unnest($1::uuid[], $2::text[], $3::text[]) AS leaving (lead, address, keys)
     WHERE lead_id = leaving.lead",
);
const GO_ALONG: Statement = Statement::new(
    "merge.go_along",
    "UPDATE touch SET lead_id = leaving.new
     FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS leaving (old, new, id)
     WHERE lead_id = leaving.old AND signal = leaving.id",
);

pub(super) const STATEMENTS: &[Statement] =
    &[KEYS, PROPOSED, TOUCHES, CONTACTS, NOTES, CAUSES, EARLIER, PERSONS, SUPERSEDE, LEAVE, GO_ALONG];

/// Every key that names one of the leads.
///
/// # Errors
/// The statement fails, or a stored key is none.
pub async fn keys(
    conn: &mut PgConnection,
    leads: &BTreeSet<LeadId>,
) -> Result<BTreeMap<LeadId, Vec<IdentityKey>>, StoreError> {
    let ids: Vec<Uuid> = leads.iter().map(|lead| lead.0).collect();
    let rows: Vec<(Uuid, Vec<u8>)> =
        KEYS.rows().bind(ids).fetch_all(conn).await.map_err(|error| KEYS.failed(error))?;
    let mut keys: BTreeMap<LeadId, Vec<IdentityKey>> = leads.iter().map(|lead| (*lead, Vec::new())).collect();
    for (lead, key) in rows {
        keys.entry(LeadId(lead)).or_default().push(super::identity::parse(&key)?);
    }
    Ok(keys)
}

/// Leads of which a steward has been asked whether they are somebody else, and has not said yet.
///
/// # Errors
/// The statement fails.
pub async fn proposed(
    conn: &mut PgConnection,
    leads: &BTreeSet<LeadId>,
) -> Result<BTreeSet<LeadId>, StoreError> {
    let ids: Vec<Uuid> = leads.iter().map(|lead| lead.0).collect();
    let rows: Vec<(Uuid,)> =
        PROPOSED.rows().bind(ids).fetch_all(conn).await.map_err(|error| PROPOSED.failed(error))?;
    Ok(rows.into_iter().map(|(lead,)| LeadId(lead)).collect())
}

/// Moves what stands beside merged leads to their survivors; keys are moved by whoever binds them, persons are written
/// with the survivor's.
///
/// # Errors
/// A statement fails.
pub async fn apply(conn: &mut PgConnection, rows: &[MergeRow]) -> Result<(), StoreError> {
    let rows: Vec<&MergeRow> = rows.iter().collect();
    let old = column(&rows, |row| row.from.0);
    let survivors = column(&rows, |row| row.into.0);
    for statement in [TOUCHES, CONTACTS, NOTES, CAUSES, EARLIER] {
        let done = statement.query().bind(&old).bind(&survivors).execute(&mut *conn).await;
        done.map_err(|error| statement.failed(error))?;
    }
    PERSONS.query().bind(old).execute(&mut *conn).await.map_err(|error| PERSONS.failed(error))?;
    let superseded: Vec<Uuid> = rows.iter().filter_map(|row| row.superseded).map(|id| id.0).collect();
    SUPERSEDE.query().bind(superseded).execute(conn).await.map_err(|error| SUPERSEDE.failed(error))?;
    Ok(())
}

/// Takes identifiers from people that the new lead of a split has now, and gives it the touches of its signals.
///
/// # Errors
/// A statement fails.
pub async fn leave(conn: &mut PgConnection, rows: &[SplitRow]) -> Result<(), StoreError> {
    let rows: Vec<&SplitRow> = rows.iter().collect();
    LEAVE
        .query()
        .bind(column(&rows, |row| row.from.0))
        .bind(column(&rows, |row| row.email.as_deref()))
        .bind(column(&rows, |row| text_array(row.crm.iter().map(String::as_str))))
        .execute(&mut *conn)
        .await
        .map_err(|error| LEAVE.failed(error))?;
    let touches: Vec<_> = rows
        .iter()
        .flat_map(|row| row.signals.iter().map(|id| (row.from.0, row.to.0, id.0.to_vec())))
        .collect();
    if touches.is_empty() {
        return Ok(());
    }
    GO_ALONG
        .query()
        .bind(touches.iter().map(|row| row.0).collect::<Vec<_>>())
        .bind(touches.iter().map(|row| row.1).collect::<Vec<_>>())
        .bind(touches.iter().map(|row| row.2.clone()).collect::<Vec<_>>())
        .execute(conn)
        .await
        .map_err(|error| GO_ALONG.failed(error))?;
    Ok(())
}
