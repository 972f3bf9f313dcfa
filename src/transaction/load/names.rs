//! Whom keys name, what lists say of them, and where the audit of other subjects stands. It locks, and decides nothing.

use super::Interrupted;
use crate::domain::ids::{AccountId, IdentityKey};
use crate::store::connect::Connection;
use crate::store::identity::Resolved;
use crate::store::rows::{AuditSubject, ErasedKey};
use crate::store::{audit_head, erasure, identity};
use crate::transaction::collect::Named;
use crate::transaction::failpoint::Failpoint;
use crate::transaction::loaded::Loaded;
use std::collections::BTreeSet;

/// What the lists hold under keys that name nobody; the leads that were erased under them are locked with the others.
/// Known people cost nothing: what is older than a key's new owner stands beside the key.
pub(super) async fn lists(
    conn: &mut Connection,
    step: &mut Failpoint,
    named: &mut Named,
    resolved: &Resolved,
    loaded: &mut Loaded,
) -> Result<(), Interrupted> {
    if !resolved.unbound.is_empty() {
        loaded.listed = erasure::listed(conn, &resolved.unbound).await?;
        step.passed();
        named.leads.extend(loaded.listed.erased.values().filter_map(|erased| erased.lead));
    }
    let anew = resolved.not_before.iter().map(|(key, at)| (*key, ErasedKey { at: *at, lead: None }));
    loaded.listed.erased.extend(anew);
    Ok(())
}

/// Locks the audit of the companies, deals and other subjects that records tell of.
pub(super) async fn heads(
    conn: &mut Connection,
    step: &mut Failpoint,
    named: &Named,
    loaded: &mut Loaded,
) -> Result<(), Interrupted> {
    let by_key = named.written_account_keys.iter().filter_map(|key| loaded.accounts_by_key.get(key));
    // A company that a person of this batch brings gets its id from its key.
    let derived: Vec<AccountId> =
        named.written_account_keys.iter().map(|key| AccountId::derived(key)).collect();
    let companies = named.accounts.iter().chain(by_key).chain(&derived).map(|id| AuditSubject::Account(*id));
    let deals = named.opportunities.iter().map(|id| AuditSubject::Opportunity(*id));
    let subjects: BTreeSet<AuditSubject> =
        companies.chain(deals).chain(named.subjects.iter().copied()).collect();
    if !subjects.is_empty() {
        loaded.heads = audit_head::lock(conn, &subjects).await?;
        step.passed();
    }
    Ok(())
}

/// Gives every key a row, locks those that name nobody, reads all; a key that vanished meanwhile begins again.
pub(super) async fn resolve(
    conn: &mut Connection,
    step: &mut Failpoint,
    keys: &BTreeSet<IdentityKey>,
) -> Result<Resolved, Interrupted> {
    if keys.is_empty() {
        return Ok(Resolved::default());
    }
    let known = identity::read(conn, keys).await?;
    step.passed();
    if known.leads.len() == keys.len() {
        return Ok(known);
    }
    let unnamed: BTreeSet<IdentityKey> =
        keys.iter().filter(|key| !known.leads.contains_key(key)).copied().collect();
    identity::insert_missing(conn, &unnamed).await?;
    step.passed();
    identity::lock_unbound(conn, &unnamed).await?;
    step.passed();
    let resolved = identity::read(conn, keys).await?;
    step.passed();
    if resolved.leads.len() + resolved.unbound.len() != keys.len() {
        return Err(Interrupted::Moved);
    }
    Ok(resolved)
}
