//! The table `person`: direct identifiers, apart from everything else. It never logs what it writes.

use super::columns::{column, text_array, waves};
use super::error::StoreError;
use super::rows::PersonRow;
use super::statement::Statement;
use crate::domain::ids::LeadId;
use crate::domain::time::Moment;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const UPSERT: Statement = Statement::new(
    "person.upsert",
    "INSERT INTO person AS old (lead_id, stamp, email, first_name, last_name, phone, job_title, country, region,
         company_name, company_domain, employees, industry, crm, anonymous_id, submission_id, form_id, source)
     SELECT lead_id, stamp, email, first_name, last_name, phone, job_title, country, region, company_name,
         company_domain, employees, industry, crm::text[], anonymous_id, submission_id, form_id, source
     FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
         $9::text[], $10::text[], $11::text[], $12::integer[], $13::text[], $14::text[], $15::text[], $16::text[],
         $17::text[], $18::text[])
         AS new (lead_id, stamp, email, first_name, last_name, phone, job_title, country, region, company_name,
             company_domain, employees, industry, crm, anonymous_id, submission_id, form_id, source)
     ON CONFLICT (lead_id) DO UPDATE SET stamp = greatest(old.stamp, excluded.stamp),
         email = CASE WHEN excluded.stamp >= old.stamp AND (excluded.crm <> '{}' OR num_nonnulls(excluded.first_name,
                 excluded.last_name, excluded.phone, excluded.job_title, excluded.company_name) > 0)
             THEN coalesce(excluded.email, old.email) ELSE coalesce(old.email, excluded.email) END,
         first_name = CASE WHEN excluded.stamp >= old.stamp THEN coalesce(excluded.first_name, old.first_name) ELSE coalesce(old.first_name, excluded.first_name) END,
         last_name = CASE WHEN excluded.stamp >= old.stamp THEN coalesce(excluded.last_name, old.last_name) ELSE coalesce(old.last_name, excluded.last_name) END,
         phone = CASE WHEN excluded.stamp >= old.stamp THEN coalesce(excluded.phone, old.phone) ELSE coalesce(old.phone, excluded.phone) END,
         job_title = CASE WHEN excluded.stamp >= old.stamp THEN coalesce(excluded.job_title, old.job_title) ELSE coalesce(old.job_title, excluded.job_title) END,
         country = CASE WHEN excluded.stamp >= old.stamp THEN coalesce(excluded.country, old.country) ELSE coalesce(old.country, excluded.country) END,
         region = CASE WHEN excluded.stamp >= old.stamp THEN coalesce(excluded.region, old.region) ELSE coalesce(old.region, excluded.region) END,
         company_name = CASE WHEN excluded.stamp >= old.stamp THEN coalesce(excluded.company_name, old.company_name) ELSE coalesce(old.company_name, excluded.company_name) END,
         company_domain = CASE WHEN excluded.stamp >= old.stamp THEN coalesce(excluded.company_domain, old.company_domain) ELSE coalesce(old.company_domain, excluded.company_domain) END,
         employees = CASE WHEN excluded.stamp >= old.stamp THEN coalesce(excluded.employees, old.employees) ELSE coalesce(old.employees, excluded.employees) END,
         industry = CASE WHEN excluded.stamp >= old.stamp THEN coalesce(excluded.industry, old.industry) ELSE coalesce(old.industry, excluded.industry) END,
         crm = CASE WHEN excluded.crm <@ old.crm THEN old.crm
             ELSE old.crm || ARRAY(SELECT key FROM unnest(excluded.crm) AS key WHERE key <> ALL (old.crm)) END,
         anonymous_id = coalesce(excluded.anonymous_id, old.anonymous_id),
         submission_id = coalesce(excluded.submission_id, old.submission_id),
         form_id = coalesce(excluded.form_id, old.form_id), source = coalesce(excluded.source, old.source)",
);
const READ: Statement = Statement::new(
    "person.read",
    "SELECT asked.id AS lead_id, stamp, email, first_name, last_name, phone, job_title, country, region, company_name,
         company_domain, employees, industry, crm, anonymous_id, submission_id, form_id, source
     FROM unnest($1::uuid[]) AS asked (id) LEFT JOIN lead ON lead.id = asked.id
     JOIN person ON person.lead_id = coalesce(lead.merged_into, asked.id)",
);

pub(super) const STATEMENTS: &[Statement] = &[UPSERT, READ];

impl FromRow<'_, PgRow> for PersonRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            lead: LeadId(row.try_get("lead_id")?),
            stamp: Moment(row.try_get("stamp")?),
            email: row.try_get("email")?,
            first_name: row.try_get("first_name")?,
            last_name: row.try_get("last_name")?,
            phone: row.try_get("phone")?,
            job_title: row.try_get("job_title")?,
            country: row.try_get("country")?,
            region: row.try_get("region")?,
            company_name: row.try_get("company_name")?,
            company_domain: row.try_get("company_domain")?,
            employees: row.try_get("employees")?,
            industry: row.try_get("industry")?,
            crm: row.try_get("crm")?,
            anonymous_id: row.try_get("anonymous_id")?,
            submission_id: row.try_get("submission_id")?,
            form_id: row.try_get("form_id")?,
            source: row.try_get("source")?,
        })
    }
}

/// Writes what is new of people: a later record overwrites, an earlier one only fills what is empty. An address alone says
/// who is meant, by any address of theirs, and overwrites none either.
///
/// # Errors
/// The statement fails.
pub async fn upsert(conn: &mut PgConnection, rows: &[PersonRow]) -> Result<(), StoreError> {
    for wave in waves(rows, |row| row.lead) {
        UPSERT
            .query()
            .bind(column(&wave, |row| row.lead.0))
            .bind(column(&wave, |row| row.stamp.0))
            .bind(column(&wave, |row| row.email.as_deref()))
            .bind(column(&wave, |row| row.first_name.as_deref()))
            .bind(column(&wave, |row| row.last_name.as_deref()))
            .bind(column(&wave, |row| row.phone.as_deref()))
            .bind(column(&wave, |row| row.job_title.as_deref()))
            .bind(column(&wave, |row| row.country.as_deref()))
            .bind(column(&wave, |row| row.region.as_deref()))
            .bind(column(&wave, |row| row.company_name.as_deref()))
            .bind(column(&wave, |row| row.company_domain.as_deref()))
            .bind(column(&wave, |row| row.employees))
            .bind(column(&wave, |row| row.industry.as_deref()))
            .bind(column(&wave, |row| text_array(row.crm.iter().map(String::as_str))))
            .bind(column(&wave, |row| row.anonymous_id.as_deref()))
            .bind(column(&wave, |row| row.submission_id.as_deref()))
            .bind(column(&wave, |row| row.form_id.as_deref()))
            .bind(column(&wave, |row| row.source.as_deref()))
            .execute(&mut *conn)
            .await
            .map_err(|error| UPSERT.failed(error))?;
    }
    Ok(())
}

/// What is known of the people behind leads, of merged ones under the survivor; erased ones are absent.
///
/// # Errors
/// The statement fails.
pub async fn read(
    conn: &mut PgConnection,
    leads: &BTreeSet<LeadId>,
) -> Result<BTreeMap<LeadId, PersonRow>, StoreError> {
    let ids: Vec<Uuid> = leads.iter().map(|lead| lead.0).collect();
    let rows: Vec<PersonRow> =
        READ.rows().bind(ids).fetch_all(conn).await.map_err(|error| READ.failed(error))?;
    Ok(rows.into_iter().map(|row| (row.lead, row)).collect())
}
