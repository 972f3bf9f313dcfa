//! The tables `opportunity` and `opportunity_contact`: deals and who stands on them. The writer merges, not this file.

use super::columns::{column, waves};
use super::error::StoreError;
use super::rows::{ContactRow, OpportunityRow};
use super::statement::Statement;
use crate::domain::ids::{AccountId, LeadId, OpportunityId};
use crate::domain::team::MemberId;
use crate::domain::time::Moment;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const LOCK: Statement = Statement::new(
    "opportunity.lock",
    "SELECT id, system, external_id, revision, state, kind, account_id, stage, probability, ten_thousandths,
         first_ten_thousandths, recurring_ten_thousandths, currency, term_months, opened_at, close_date, closed_on,
         owner, lead_source, reason, competitor
     FROM opportunity WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE",
);
/// A deal whose owner is known before one without, the person's own before the company's, the newest first.
const OPEN_OF: Statement = Statement::new(
    "opportunity.open_of_leads",
    "SELECT DISTINCT ON (mine.lead) mine.lead, deal.id, deal.system, deal.external_id, deal.revision, deal.state, deal.kind,
         deal.account_id, deal.stage, deal.probability, deal.ten_thousandths, deal.first_ten_thousandths,
         deal.recurring_ten_thousandths, deal.currency, deal.term_months, deal.opened_at, deal.close_date, deal.closed_on,
         deal.owner, deal.lead_source, deal.reason, deal.competitor
     FROM unnest($1::uuid[], $2::uuid[]) AS mine (lead, account) CROSS JOIN LATERAL (
         SELECT o.*, 1 AS place FROM opportunity_contact AS c JOIN opportunity AS o ON o.id = c.opportunity_id
         WHERE c.lead_id = mine.lead AND o.state = 'open'
         UNION ALL
         SELECT o.*, 2 FROM opportunity AS o WHERE o.account_id = mine.account AND o.state = 'open') AS deal
     ORDER BY mine.lead, deal.owner IS NULL, deal.place, deal.opened_at DESC, deal.id",
);
const CONTACTS: Statement = Statement::new(
    "opportunity_contact.read",
    "SELECT opportunity_id, lead_id FROM opportunity_contact WHERE opportunity_id = ANY($1::uuid[])",
);
const UPSERT: Statement = Statement::new(
    "opportunity.upsert",
    "INSERT INTO opportunity (id, system, external_id, revision, state, kind, account_id, stage, probability,
         ten_thousandths, first_ten_thousandths, recurring_ten_thousandths, currency, term_months, opened_at, close_date,
         closed_on, owner, lead_source, reason, competitor)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::uuid[],
         $8::text[], $9::smallint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::integer[],
         $15::bigint[], $16::integer[], $17::integer[], $18::text[], $19::text[], $20::text[], $21::text[])
     ON CONFLICT (id) DO UPDATE SET system = excluded.system, external_id = excluded.external_id,
         revision = excluded.revision, state = excluded.state, kind = excluded.kind, account_id = excluded.account_id,
         stage = excluded.stage, probability = excluded.probability, ten_thousandths = excluded.ten_thousandths,
         first_ten_thousandths = excluded.first_ten_thousandths,
         recurring_ten_thousandths = excluded.recurring_ten_thousandths, currency = excluded.currency,
         term_months = excluded.term_months, opened_at = excluded.opened_at, close_date = excluded.close_date,
         closed_on = excluded.closed_on, owner = excluded.owner, lead_source = excluded.lead_source,
         reason = excluded.reason, competitor = excluded.competitor",
);
const UPSERT_CONTACTS: Statement = Statement::new(
    "opportunity_contact.upsert",
    "INSERT INTO opportunity_contact (opportunity_id, lead_id, role, is_primary)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::boolean[])
     ON CONFLICT (opportunity_id, lead_id) DO UPDATE SET role = coalesce(excluded.role, opportunity_contact.role),
         is_primary = excluded.is_primary",
);

const DROP_CONTACTS: Statement = Statement::new(
    "opportunity_contact.delete",
    "DELETE FROM opportunity_contact USING unnest($1::uuid[], $2::uuid[]) AS gone (deal, person)
     WHERE opportunity_id = deal AND lead_id = person",
);

pub(super) const STATEMENTS: &[Statement] =
    &[LOCK, OPEN_OF, CONTACTS, UPSERT, UPSERT_CONTACTS, DROP_CONTACTS];

impl FromRow<'_, PgRow> for OpportunityRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: OpportunityId(row.try_get("id")?),
            system: row.try_get("system")?,
            external_id: row.try_get("external_id")?,
            revision: row.try_get("revision")?,
            state: row.try_get("state")?,
            kind: row.try_get("kind")?,
            account: row.try_get::<Option<Uuid>, _>("account_id")?.map(AccountId),
            stage: row.try_get("stage")?,
            probability: row.try_get("probability")?,
            ten_thousandths: row.try_get("ten_thousandths")?,
            first_ten_thousandths: row.try_get("first_ten_thousandths")?,
            recurring_ten_thousandths: row.try_get("recurring_ten_thousandths")?,
            currency: row.try_get("currency")?,
            term_months: row.try_get("term_months")?,
            opened_at: Moment(row.try_get("opened_at")?),
            close_date: row.try_get("close_date")?,
            closed_on: row.try_get("closed_on")?,
            owner: row.try_get::<Option<String>, _>("owner")?.map(MemberId),
            lead_source: row.try_get("lead_source")?,
            reason: row.try_get("reason")?,
            competitor: row.try_get("competitor")?,
        })
    }
}

/// Locks deals in the order of their ids and reads them; unknown ones are absent.
///
/// # Errors
/// The statement fails.
pub async fn lock(
    conn: &mut PgConnection,
    ids: &BTreeSet<OpportunityId>,
) -> Result<BTreeMap<OpportunityId, OpportunityRow>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<OpportunityRow> =
        LOCK.rows().bind(ids).fetch_all(conn).await.map_err(|error| LOCK.failed(error))?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// An open deal of each of these leads, or else of their companies, without a lock.
///
/// # Errors
/// The statement fails.
pub async fn open_of(
    conn: &mut PgConnection,
    leads: &BTreeMap<LeadId, Option<AccountId>>,
) -> Result<BTreeMap<LeadId, OpportunityRow>, StoreError> {
    let ids: Vec<Uuid> = leads.keys().map(|lead| lead.0).collect();
    let accounts: Vec<Option<Uuid>> = leads.values().map(|account| account.map(|id| id.0)).collect();
    let rows: Vec<PgRow> = OPEN_OF
        .query()
        .bind(ids)
        .bind(accounts)
        .fetch_all(conn)
        .await
        .map_err(|error| OPEN_OF.failed(error))?;
    let read = |row: &PgRow| Ok((LeadId(row.try_get("lead")?), OpportunityRow::from_row(row)?));
    rows.iter().map(read).collect::<Result<_, sqlx::Error>>().map_err(|error| OPEN_OF.failed(error))
}

/// Who stands on the deals.
///
/// # Errors
/// The statement fails.
pub async fn contacts(
    conn: &mut PgConnection,
    ids: &BTreeSet<OpportunityId>,
) -> Result<BTreeSet<(OpportunityId, LeadId)>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(Uuid, Uuid)> =
        CONTACTS.rows().bind(ids).fetch_all(conn).await.map_err(|error| CONTACTS.failed(error))?;
    Ok(rows.into_iter().map(|(deal, lead)| (OpportunityId(deal), LeadId(lead))).collect())
}

/// Writes deals whole.
///
/// # Errors
/// The statement fails.
pub async fn upsert(conn: &mut PgConnection, rows: &[OpportunityRow]) -> Result<(), StoreError> {
    for wave in waves(rows, |row| row.id) {
        UPSERT
            .query()
            .bind(column(&wave, |row| row.id.0))
            .bind(column(&wave, |row| row.system.as_str()))
            .bind(column(&wave, |row| row.external_id.as_str()))
            .bind(column(&wave, |row| row.revision))
            .bind(column(&wave, |row| row.state.as_str()))
            .bind(column(&wave, |row| row.kind.as_str()))
            .bind(column(&wave, |row| row.account.map(|account| account.0)))
            .bind(column(&wave, |row| row.stage.as_deref()))
            .bind(column(&wave, |row| row.probability))
            .bind(column(&wave, |row| row.ten_thousandths))
            .bind(column(&wave, |row| row.first_ten_thousandths))
            .bind(column(&wave, |row| row.recurring_ten_thousandths))
            .bind(column(&wave, |row| row.currency.as_deref()))
            .bind(column(&wave, |row| row.term_months))
            .bind(column(&wave, |row| row.opened_at.0))
            .bind(column(&wave, |row| row.close_date))
            .bind(column(&wave, |row| row.closed_on))
            .bind(column(&wave, |row| row.owner.as_ref().map(|owner| owner.0.as_str())))
            .bind(column(&wave, |row| row.lead_source.as_deref()))
            .bind(column(&wave, |row| row.reason.as_deref()))
            .bind(column(&wave, |row| row.competitor.as_deref()))
            .execute(&mut *conn)
            .await
            .map_err(|error| UPSERT.failed(error))?;
    }
    Ok(())
}

/// Writes who stands on which deal.
///
/// # Errors
/// The statement fails.
pub async fn upsert_contacts(conn: &mut PgConnection, rows: &[ContactRow]) -> Result<(), StoreError> {
    for wave in waves(rows, |row| (row.opportunity, row.lead)) {
        UPSERT_CONTACTS
            .query()
            .bind(column(&wave, |row| row.opportunity.0))
            .bind(column(&wave, |row| row.lead.0))
            .bind(column(&wave, |row| row.role.as_deref()))
            .bind(column(&wave, |row| row.primary))
            .execute(&mut *conn)
            .await
            .map_err(|error| UPSERT_CONTACTS.failed(error))?;
    }
    Ok(())
}

/// Takes people off deals.
///
/// # Errors
/// The statement fails.
pub async fn drop_contacts(
    conn: &mut PgConnection,
    rows: &[(OpportunityId, LeadId)],
) -> Result<(), StoreError> {
    DROP_CONTACTS
        .query()
        .bind(rows.iter().map(|(deal, _)| deal.0).collect::<Vec<Uuid>>())
        .bind(rows.iter().map(|(_, lead)| lead.0).collect::<Vec<Uuid>>())
        .execute(conn)
        .await
        .map_err(|error| DROP_CONTACTS.failed(error))?;
    Ok(())
}
