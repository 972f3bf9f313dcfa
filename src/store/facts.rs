//! The tables `crm_user`, `campaign` and `spend`: facts that belong to no lead. The later record wins, whatever the order.

use super::columns::{column, waves};
use super::error::StoreError;
use super::rows::{CampaignRow, SpendRow, UserRow};
use super::statement::Statement;
use crate::domain::lead::Origin;
use crate::domain::time::Moment;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};

const USERS: Statement = Statement::new(
    "crm_user.upsert",
    "INSERT INTO crm_user AS old (system, id, active, name, time_zone, at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::text[], $6::bigint[])
     ON CONFLICT (system, id) DO UPDATE SET active = excluded.active, name = coalesce(excluded.name, old.name),
         time_zone = coalesce(excluded.time_zone, old.time_zone), at = excluded.at
     WHERE excluded.at >= old.at",
);
const CAMPAIGNS: Statement = Statement::new(
    "campaign.upsert",
    "INSERT INTO campaign AS old (id, name, channel, source, origin, starts_on, ends_on, at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::integer[],
         $8::bigint[])
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, channel = excluded.channel, source = excluded.source,
         origin = excluded.origin, starts_on = excluded.starts_on, ends_on = excluded.ends_on, at = excluded.at
     WHERE excluded.at >= old.at",
);
const ORIGINS: Statement =
    Statement::new("campaign.origins", "SELECT id, origin, at FROM campaign WHERE id = ANY($1::text[])");
const SPEND: Statement = Statement::new(
    "spend.upsert",
    "INSERT INTO spend AS old (id, revision, period_start, period_end, ten_thousandths, currency, department, kind,
         campaign, source, channel)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::integer[], $5::bigint[], $6::text[], $7::text[],
         $8::text[], $9::text[], $10::text[], $11::text[])
     ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, period_start = excluded.period_start,
         period_end = excluded.period_end, ten_thousandths = excluded.ten_thousandths, currency = excluded.currency,
         department = excluded.department, kind = excluded.kind, campaign = excluded.campaign, source = excluded.source,
         channel = excluded.channel
     WHERE excluded.revision >= old.revision",
);

pub(super) const STATEMENTS: &[Statement] = &[USERS, CAMPAIGNS, ORIGINS, SPEND];

/// Writes CRM users.
///
/// # Errors
/// The statement fails.
pub async fn upsert_users(conn: &mut PgConnection, rows: &[UserRow]) -> Result<(), StoreError> {
    for wave in waves(rows, |row| (row.system.clone(), row.id.clone())) {
        USERS
            .query()
            .bind(column(&wave, |row| row.system.as_str()))
            .bind(column(&wave, |row| row.id.as_str()))
            .bind(column(&wave, |row| row.active))
            .bind(column(&wave, |row| row.name.as_deref()))
            .bind(column(&wave, |row| row.time_zone.as_deref()))
            .bind(column(&wave, |row| row.at.0))
            .execute(&mut *conn)
            .await
            .map_err(|error| USERS.failed(error))?;
    }
    Ok(())
}

/// To whose credit campaigns are, and since when; unknown ones are absent.
///
/// # Errors
/// The statement fails, or the table holds an origin that this version does not know.
pub async fn campaign_origins(
    conn: &mut PgConnection,
    ids: &BTreeSet<String>,
) -> Result<BTreeMap<String, (Origin, Moment)>, StoreError> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let rows: Vec<(String, String, i64)> =
        ORIGINS.rows().bind(ids).fetch_all(conn).await.map_err(|error| ORIGINS.failed(error))?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, origin, at)| Some((id, (Origin::parse(&origin)?, Moment(at)))))
        .collect())
}

/// Writes campaigns.
///
/// # Errors
/// The statement fails.
pub async fn upsert_campaigns(conn: &mut PgConnection, rows: &[CampaignRow]) -> Result<(), StoreError> {
    for wave in waves(rows, |row| row.id.clone()) {
        CAMPAIGNS
            .query()
            .bind(column(&wave, |row| row.id.as_str()))
            .bind(column(&wave, |row| row.name.as_str()))
            .bind(column(&wave, |row| row.channel.as_str()))
            .bind(column(&wave, |row| row.source.as_str()))
            .bind(column(&wave, |row| row.origin))
            .bind(column(&wave, |row| row.starts_on))
            .bind(column(&wave, |row| row.ends_on))
            .bind(column(&wave, |row| row.at.0))
            .execute(&mut *conn)
            .await
            .map_err(|error| CAMPAIGNS.failed(error))?;
    }
    Ok(())
}

/// Writes money spent; the highest revision stays.
///
/// # Errors
/// The statement fails.
pub async fn upsert_spend(conn: &mut PgConnection, rows: &[SpendRow]) -> Result<(), StoreError> {
    for wave in waves(rows, |row| row.id.clone()) {
        SPEND
            .query()
            .bind(column(&wave, |row| row.id.as_str()))
            .bind(column(&wave, |row| row.revision))
            .bind(column(&wave, |row| row.period_start))
            .bind(column(&wave, |row| row.period_end))
            .bind(column(&wave, |row| row.ten_thousandths))
            .bind(column(&wave, |row| row.currency.as_str()))
            .bind(column(&wave, |row| row.department.as_str()))
            .bind(column(&wave, |row| row.kind.as_str()))
            .bind(column(&wave, |row| row.campaign.as_deref()))
            .bind(column(&wave, |row| row.source.as_deref()))
            .bind(column(&wave, |row| row.channel.as_deref()))
            .execute(&mut *conn)
            .await
            .map_err(|error| SPEND.failed(error))?;
    }
    Ok(())
}
