//! Erasure: what goes with a person, in the transaction that decided it; the lists of keys that stay; and the age at
//! which raw records go anyway. It never touches the audit, whose rows hold no identifier.

use super::codec;
use super::columns::{column, key_bytes, waves};
use super::error::StoreError;
use super::identity::parse;
use super::rows::{ConsentRow, ErasedKey, ErasureRow, KeptRow, Said};
use super::statement::Statement;
use crate::domain::event::Event;
use crate::domain::ids::{IdentityKey, KeyKind, LeadId};
use crate::domain::time::Moment;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Leads that one person was merged from at most; a chain longer than this is damage, not a person.
const ABSORBED_MAX: usize = 1_000;

const LISTED: Statement = Statement::new(
    "erasure.listed",
    "SELECT key, NULL::text AS what, at, lead_id FROM erased_key WHERE key = ANY($1::bytea[])
     UNION ALL SELECT key, what, at, NULL::uuid FROM consent_list WHERE key = ANY($1::bytea[])",
);
const KEYS_OF: Statement = Statement::new(
    "erasure.keys",
    "SELECT lead_id, key FROM identity_key WHERE lead_id = ANY($1::uuid[]) ORDER BY key",
);
const CRM_OF: Statement =
    Statement::new("erasure.crm", "SELECT crm FROM person WHERE lead_id = ANY($1::uuid[]) ORDER BY lead_id");
const ABSORBED: Statement = Statement::new(
    "erasure.absorbed",
    "SELECT payload FROM audit WHERE subject_kind = 1 AND subject_id = ANY($1::uuid[]) AND event = 'lead_absorbed'
     ORDER BY subject_id, version",
);
const NAME: Statement = Statement::new(
    "kept_key.insert",
    "INSERT INTO kept_key (key, kept_id) SELECT * FROM unnest($1::bytea[], $2::uuid[]) ON CONFLICT DO NOTHING",
);
const SAY: Statement = Statement::new(
    "consent_list.upsert",
    "INSERT INTO consent_list AS old (key, what, at) SELECT * FROM unnest($1::bytea[], $2::text[], $3::bigint[])
     ON CONFLICT (key, what) DO UPDATE SET at = greatest(old.at, excluded.at)",
);
const LIST: Statement = Statement::new(
    "erased_key.upsert",
    "INSERT INTO erased_key AS old (key, lead_id, at) SELECT key, $2::uuid, $3::bigint FROM unnest($1::bytea[]) AS key
     ON CONFLICT (key) DO UPDATE SET lead_id = coalesce(excluded.lead_id, old.lead_id), at = greatest(old.at, excluded.at)",
);
const UNSAY: Statement =
    Statement::new("consent_list.delete", "DELETE FROM consent_list WHERE key = ANY($1::bytea[])");
const UNNAME: Statement =
    Statement::new("erasure.identities", "DELETE FROM identity_key WHERE lead_id = ANY($1::uuid[])");
const PERSONS: Statement =
    Statement::new("erasure.persons", "DELETE FROM person WHERE lead_id = ANY($1::uuid[])");
const NOTES: Statement = Statement::new("erasure.notes", "DELETE FROM note WHERE lead_id = ANY($1::uuid[])");
/// Kind, time, origin and campaign are what figures count; the rest is whatever a producer wrote.
const TOUCHES: Statement = Statement::new(
    "erasure.touches",
    "UPDATE touch SET source = NULL, medium = NULL, form_id = NULL WHERE lead_id = ANY($1::uuid[])",
);
/// An ask's cause names its idempotency key, which whoever asked chose freely.
const ANSWERS: Statement = Statement::new(
    "erasure.answers",
    "DELETE FROM idempotency USING cause_text
     WHERE cause_text.lead_id = ANY($1::uuid[]) AND cause_text.event_type LIKE 'ask.%'
         AND cause_text.id = idempotency.actor || '/' || idempotency.key",
);
const CAUSES: Statement =
    Statement::new("erasure.causes", "DELETE FROM cause_text WHERE lead_id = ANY($1::uuid[])");
const ANONYMOUS: Statement =
    Statement::new("erasure.anonymous", "DELETE FROM anonymous_signal WHERE key = ANY($1::bytea[])");
/// Sent rows are kept for a week, unsent ones still go out: both without the company, which may be the person's own.
const OUTBOX: Statement = Statement::new(
    "erasure.outbox",
    "UPDATE outbox SET payload = convert_to(jsonb_set(convert_from(payload, 'UTF8')::jsonb, '{account}', 'null')::text, 'UTF8')
     WHERE lead_id = ANY($1::uuid[]) AND payload IS NOT NULL
         AND jsonb_typeof(convert_from(payload, 'UTF8')::jsonb -> 'account') = 'object'",
);
const KEPT: Statement = Statement::new(
    "erasure.kept",
    "WITH found AS (
         SELECT kept_id AS id FROM kept_key WHERE key = ANY($1::bytea[])
         UNION SELECT parked_id FROM parked_key WHERE key = ANY($1::bytea[])
     ), waiting AS MATERIALIZED (
         SELECT id FROM parked WHERE id IN (SELECT id FROM found) ORDER BY id FOR UPDATE
     ), parked_gone AS (
         DELETE FROM parked WHERE id IN (SELECT id FROM waiting) RETURNING id
     ), quarantine_gone AS (
         DELETE FROM quarantine WHERE id IN (SELECT id FROM found) RETURNING id
     ), names_gone AS (
         DELETE FROM kept_key WHERE kept_id IN (SELECT id FROM found)
     )
     INSERT INTO ledger_resolution (kept_id, intake, outcome, at)
     SELECT id, 'parked', 'discarded/erased', $2::bigint FROM parked_gone
     UNION ALL SELECT id, 'quarantined', 'discarded/erased', $2::bigint FROM quarantine_gone
     ON CONFLICT DO NOTHING",
);
/// A company that the CRM itself knows, or of which somebody else is known, is nobody's own.
const DOMAIN: Statement = Statement::new(
    "erasure.domain",
    "WITH own AS (
         SELECT id FROM account WHERE id = $1
             AND NOT EXISTS (SELECT FROM lead WHERE lead.account_id = account.id AND lead.id <> ALL($2::uuid[]))
             AND NOT EXISTS (SELECT FROM account_key WHERE account_key.account_id = account.id AND key NOT LIKE 'domain:%')
     ), keys AS (
         DELETE FROM account_key WHERE account_id IN (SELECT id FROM own)
     )
     UPDATE account SET name = NULL, name_key = NULL WHERE id IN (SELECT id FROM own)",
);
const TOO_OLD: Statement = Statement::new(
    "kept.too_old",
    "WITH parked_gone AS (
         DELETE FROM parked WHERE id IN (SELECT id FROM parked WHERE parked_at < $1 ORDER BY id LIMIT $3
             FOR UPDATE SKIP LOCKED) RETURNING id
     ), quarantine_gone AS (
         DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine WHERE quarantined_at < $2 ORDER BY id LIMIT $3
             FOR UPDATE SKIP LOCKED) RETURNING id
     ), resolved AS (
         INSERT INTO ledger_resolution (kept_id, intake, outcome, at)
         SELECT id, 'parked', 'discarded/too_old', $4::bigint FROM parked_gone
         UNION ALL SELECT id, 'quarantined', 'discarded/too_old', $4::bigint FROM quarantine_gone
         ON CONFLICT DO NOTHING
     )
     SELECT (SELECT count(*) FROM parked_gone) + (SELECT count(*) FROM quarantine_gone)",
);
const NAMELESS: Statement = Statement::new(
    "kept_key.drop_old",
    "DELETE FROM kept_key WHERE (key, kept_id) IN (
         SELECT key, kept_id FROM kept_key WHERE NOT EXISTS (SELECT FROM parked WHERE parked.id = kept_id)
             AND NOT EXISTS (SELECT FROM quarantine WHERE quarantine.id = kept_id) LIMIT $1)",
);
const EXTENT: Statement = Statement::new(
    "erasure.extent",
    "SELECT (SELECT count(*) FROM person WHERE lead_id = ANY($1::uuid[])),
         (SELECT count(*) FROM note WHERE lead_id = ANY($1::uuid[])),
         (SELECT count(*) FROM touch WHERE lead_id = ANY($1::uuid[])),
         (SELECT count(*) FROM cause_text WHERE lead_id = ANY($1::uuid[])),
         (SELECT count(DISTINCT kept_id) FROM kept_key WHERE key = ANY($2::bytea[])),
         (SELECT count(*) FROM anonymous_signal WHERE key = ANY($2::bytea[]))",
);

pub(super) const STATEMENTS: &[Statement] = &[
    LISTED, KEYS_OF, CRM_OF, ABSORBED, NAME, SAY, LIST, UNSAY, UNNAME, PERSONS, NOTES, TOUCHES, ANSWERS,
    CAUSES, ANONYMOUS, OUTBOX, KEPT, DOMAIN, TOO_OLD, NAMELESS, EXTENT,
];

/// What the lists hold under some keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub erased: BTreeMap<IdentityKey, ErasedKey>,
    pub said: Vec<ConsentRow>,
}

/// What belongs to a person who is about to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belongings {
    pub keys: BTreeSet<IdentityKey>,
    /// `system:object:id` of every CRM record.
    pub crm: Vec<String>,
    /// Leads that were merged into this one.
    pub absorbed: BTreeSet<LeadId>,
}

/// How much goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    pub persons: i64,
    pub notes: i64,
    pub touches: i64,
    pub causes: i64,
    /// Parked and quarantined records.
    pub kept: i64,
    pub anonymous_signals: i64,
}

/// What the erased list and the consent list hold under the keys.
///
/// # Errors
/// The statement fails, or a row is damaged.
pub async fn listed(conn: &mut PgConnection, keys: &BTreeSet<IdentityKey>) -> Result<Listed, StoreError> {
    type Row = (Vec<u8>, Option<String>, i64, Option<Uuid>);
    let rows: Vec<Row> =
        LISTED.rows().bind(key_bytes(keys)).fetch_all(conn).await.map_err(|error| LISTED.failed(error))?;
    let mut listed = Listed::default();
    for (key, what, at, lead) in rows {
        let (key, at) = (parse(&key)?, Moment(at));
        match what {
            None => {
                listed.erased.insert(key, ErasedKey { at, lead: lead.map(LeadId) });
            }
            Some(code) => {
                let what = Said::parse(&code).ok_or_else(|| StoreError::Damaged {
                    what: "consent list",
                    id: String::new(),
                    detail: code,
                })?;
                listed.said.push(ConsentRow { key, what, at });
            }
        }
    }
    listed.said.sort_unstable();
    Ok(listed)
}

/// What belongs to a lead that is locked and about to be erased.
///
/// # Errors
/// A statement fails, or a stored event can't be read.
pub async fn belongings(conn: &mut PgConnection, lead: LeadId) -> Result<Belongings, StoreError> {
    let mut all = BTreeSet::from([lead]);
    let mut fresh = all.clone();
    while !fresh.is_empty() && all.len() < ABSORBED_MAX {
        let payloads: Vec<(Vec<u8>,)> = ABSORBED
            .rows()
            .bind(ids(&fresh))
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| ABSORBED.failed(error))?;
        let mut found = BTreeSet::new();
        for (payload,) in payloads {
            if let Event::LeadAbsorbed { from, .. } = codec::read_event(&payload)? {
                found.insert(from);
            }
        }
        fresh = found.difference(&all).copied().collect();
        all.extend(&fresh);
    }
    let keys: Vec<(Uuid, Vec<u8>)> =
        KEYS_OF.rows().bind(ids(&all)).fetch_all(&mut *conn).await.map_err(|error| KEYS_OF.failed(error))?;
    let crm: Vec<(Vec<String>,)> =
        CRM_OF.rows().bind(ids(&all)).fetch_all(conn).await.map_err(|error| CRM_OF.failed(error))?;
    all.remove(&lead);
    Ok(Belongings {
        keys: keys.iter().map(|(_, key)| parse(key)).collect::<Result<_, _>>()?,
        crm: crm.into_iter().flat_map(|(keys,)| keys).collect(),
        absorbed: all,
    })
}

/// Remembers whom kept records name.
///
/// # Errors
/// The statement fails.
pub(super) async fn remember_names<'a>(
    conn: &mut PgConnection,
    rows: impl Iterator<Item = &'a KeptRow>,
) -> Result<(), StoreError> {
    let named: BTreeSet<(Vec<u8>, Uuid)> =
        rows.flat_map(|row| row.names.iter().map(|key| (key.bytes(), row.id))).collect();
    if named.is_empty() {
        return Ok(());
    }
    let (keys, ids): (Vec<Vec<u8>>, Vec<Uuid>) = named.into_iter().unzip();
    NAME.query().bind(keys).bind(ids).execute(conn).await.map_err(|error| NAME.failed(error))?;
    Ok(())
}

/// Keeps what people said who are not known yet.
///
/// # Errors
/// The statement fails.
pub async fn say(conn: &mut PgConnection, rows: &[ConsentRow]) -> Result<(), StoreError> {
    for wave in waves(rows, |row| (row.key, row.what)) {
        SAY.query()
            .bind(column(&wave, |row| row.key.bytes()))
            .bind(column(&wave, |row| row.what.code()))
            .bind(column(&wave, |row| row.at.0))
            .execute(&mut *conn)
            .await
            .map_err(|error| SAY.failed(error))?;
    }
    Ok(())
}

/// Takes people away: after this nothing names them but the keys on the erased list.
///
/// # Errors
/// A statement fails.
pub async fn erase(conn: &mut PgConnection, rows: &[ErasureRow], now: Moment) -> Result<(), StoreError> {
    for row in rows {
        let leads: Vec<Uuid> = row.leads.iter().map(|lead| lead.0).collect();
        let personal: Vec<Vec<u8>> = key_bytes(row.keys.iter().filter(|key| key.kind != KeyKind::Lead));
        let lead_keys: Vec<IdentityKey> = row.leads.iter().map(|lead| IdentityKey::lead(*lead)).collect();
        let named: Vec<Vec<u8>> = key_bytes(row.keys.iter().chain(&lead_keys));
        LIST.query()
            .bind(&personal)
            .bind(row.lead.map(|lead| lead.0))
            .bind(row.at.0)
            .execute(&mut *conn)
            .await
            .map_err(|error| LIST.failed(error))?;
        for statement in [UNSAY, ANONYMOUS] {
            let done = statement.query().bind(&personal).execute(&mut *conn).await;
            done.map_err(|error| statement.failed(error))?;
        }
        // Answers are found by the causes, which go after them.
        let of_leads: &[Statement] =
            if leads.is_empty() { &[] } else { &[UNNAME, PERSONS, NOTES, TOUCHES, ANSWERS, CAUSES, OUTBOX] };
        for statement in of_leads {
            let done = statement.query().bind(&leads).execute(&mut *conn).await;
            done.map_err(|error| statement.failed(error))?;
        }
        let kept = KEPT.query().bind(&named).bind(now.0).execute(&mut *conn).await;
        kept.map_err(|error| KEPT.failed(error))?;
        if let Some(account) = row.account {
            let done = DOMAIN.query().bind(account.0).bind(&leads).execute(&mut *conn).await;
            done.map_err(|error| DOMAIN.failed(error))?;
        }
    }
    Ok(())
}

/// Drops raw bytes of records that were parked before `parked_before` or quarantined before `quarantined_before`, each
/// with its line unless it has one, and names of records that are gone; says how many records.
///
/// # Errors
/// A statement fails.
pub async fn drop_old(
    conn: &mut PgConnection,
    parked_before: Moment,
    quarantined_before: Moment,
    now: Moment,
    limit: i64,
) -> Result<u64, StoreError> {
    let (gone,): (i64,) = TOO_OLD
        .rows()
        .bind(parked_before.0)
        .bind(quarantined_before.0)
        .bind(limit)
        .bind(now.0)
        .fetch_one(&mut *conn)
        .await
        .map_err(|error| TOO_OLD.failed(error))?;
    NAMELESS.query().bind(limit).execute(conn).await.map_err(|error| NAMELESS.failed(error))?;
    Ok(gone.unsigned_abs())
}

/// How much an erasure of these leads and keys takes, before it is asked for.
///
/// # Errors
/// The statement fails.
pub async fn extent(
    conn: &mut PgConnection,
    leads: &BTreeSet<LeadId>,
    keys: &BTreeSet<IdentityKey>,
) -> Result<Extent, StoreError> {
    let row: (i64, i64, i64, i64, i64, i64) = EXTENT
        .rows()
        .bind(ids(leads))
        .bind(key_bytes(keys))
        .fetch_one(conn)
        .await
        .map_err(|error| EXTENT.failed(error))?;
    let (persons, notes, touches, causes, kept, anonymous_signals) = row;
    Ok(Extent { persons, notes, touches, causes, kept, anonymous_signals })
}

fn ids(leads: &BTreeSet<LeadId>) -> Vec<Uuid> {
    leads.iter().map(|lead| lead.0).collect()
}
