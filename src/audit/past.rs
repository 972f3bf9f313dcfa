//! One lead's chain: whether it holds, and how the lead stood after any of its rows. It reads through the store, folds and
//! never writes.

use super::verify::{Chain, end_of, link};
use crate::domain::ids::LeadId;
use crate::domain::lead::Lead;
use crate::domain::time::Moment;
use crate::store::error::StoreError;
use crate::store::read::Reader;
use crate::store::read::trail::TrailRow;
use crate::store::rows::AuditSubject;

/// Rows of one page, as `verify` reads them.
const PAGE_ROWS: i64 = 1_000;
/// Rows of one lead that are folded for a page at most; a busy lead has a few hundred.
const ROWS_MAX: u64 = 20_000;

/// Up to where a lead is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpTo {
    /// What was decided at or before a moment.
    Moment(Moment),
    /// The row of a version.
    Version(i64),
}

/// A lead as it stood.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    pub lead: Lead,
    /// When the last row that counts was decided.
    pub decided_at: Moment,
    /// Hash of the policy that it was decided under.
    pub policy: Vec<u8>,
}

/// What the check of one chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainCheck {
    pub rows: u64,
    /// Hash of the last row.
    pub head: Vec<u8>,
    /// The first row that does not hold, and why.
    pub fault: Option<(i64, String)>,
}

/// How a lead stood; `None` where it was not known yet, or never.
///
/// # Errors
/// The database can't be read, or a row was written by a newer version.
pub async fn as_of(reader: &Reader, id: LeadId, up_to: UpTo) -> Result<Option<Past>, StoreError> {
    let mut chain = Chain::of_lead(id);
    let mut past = None;
    walk(reader, id, |row| {
        let counts = match up_to {
            UpTo::Moment(moment) => row.decided_at <= moment,
            UpTo::Version(version) => row.version <= version,
        };
        if !counts || link(&mut chain, row)?.is_some() {
            return Ok(false);
        }
        past = chain.lead().map(|lead| Past {
            lead: lead.clone(),
            decided_at: row.decided_at,
            policy: row.policy.clone(),
        });
        Ok(true)
    })
    .await?;
    Ok(past)
}

/// Checks a lead's rows, one after the other, and that its own row is what they fold to.
///
/// # Errors
/// The database can't be read, or a row was written by a newer version.
pub async fn check(reader: &Reader, id: LeadId) -> Result<ChainCheck, StoreError> {
    let mut chain = Chain::of_lead(id);
    let mut rows = 0;
    let mut fault = None;
    walk(reader, id, |row| {
        if let Some(what) = link(&mut chain, row)? {
            fault = Some((row.version, what));
            return Ok(false);
        }
        rows += 1;
        Ok(true)
    })
    .await?;
    let head = chain.head().to_vec();
    if fault.is_none() {
        fault = end_of(reader, chain).await?.map(|found| (found.version, found.what));
    }
    Ok(ChainCheck { rows, head, fault })
}

/// Reads a lead's rows in order until `each` says that it is enough.
async fn walk(
    reader: &Reader,
    id: LeadId,
    mut each: impl FnMut(&TrailRow) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let mut after = 0;
    let mut read = 0;
    while read < ROWS_MAX {
        let rows = reader.trail_by_subject((AuditSubject::LEAD, id.0, after), PAGE_ROWS).await?;
        let mut mine = 0;
        for row in rows.iter().filter(|row| (row.subject_kind, row.subject) == (AuditSubject::LEAD, id.0)) {
            after = row.version;
            mine += 1;
            if !each(row)? {
                return Ok(());
            }
        }
        read += mine;
        if mine < PAGE_ROWS.unsigned_abs() {
            return Ok(());
        }
    }
    Ok(())
}
