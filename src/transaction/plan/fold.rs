//! One row per key: what a batch said twice about the same thing, folded, and every list sorted by its key. It adds nothing.

use crate::store::rows::{AccountRow, PersonRow};
use crate::store::write_set::WriteSet;
use std::collections::{BTreeMap, BTreeSet};

/// Folds and sorts: an upsert may name a row once, and all writers lock rows in the same order.
pub(super) fn fold(write: &mut WriteSet) {
    persons(&mut write.persons);
    accounts(&mut write.accounts);
    write.users =
        last(std::mem::take(&mut write.users), |row| (row.system.clone(), row.id.clone()), |row| row.at);
    write.campaigns = last(std::mem::take(&mut write.campaigns), |row| row.id.clone(), |row| row.at);
    write.spend = last(std::mem::take(&mut write.spend), |row| row.id.clone(), |row| row.revision);
    write.contacts = last(std::mem::take(&mut write.contacts), |row| (row.opportunity, row.lead), |_| ());
    write.touches = last(std::mem::take(&mut write.touches), |row| (row.lead, row.signal), |_| ());
    write.causes = last(std::mem::take(&mut write.causes), |row| (row.cause, row.lead), |_| ());
    write.notes = last(std::mem::take(&mut write.notes), |row| row.id, |_| ());
    write.anonymous = last(std::mem::take(&mut write.anonymous), |row| (row.key, row.signal.id), |_| ());
    write.quarantine = last(std::mem::take(&mut write.quarantine), |row| row.id, |_| ());
    once(&mut write.parked, |row| row.kept.id);
    once(&mut write.parked_anew, |id| *id);
    write.identities.sort();
    write.anonymous_bound.sort_unstable();
    write.anonymous_bound.dedup();
}

/// The last row of each key by `rank`, of equal ranks the later in the list; sorted by key.
fn last<T, K: Ord, R: Ord>(rows: Vec<T>, key: impl Fn(&T) -> K, rank: impl Fn(&T) -> R) -> Vec<T> {
    let mut kept: BTreeMap<K, T> = BTreeMap::new();
    for row in rows {
        let key = key(&row);
        let wins = kept.get(&key).is_none_or(|present| rank(&row) >= rank(present));
        if wins {
            kept.insert(key, row);
        }
    }
    kept.into_values().collect()
}

/// The first row of each key, in the order in which they came: what is parked queues in it.
fn once<T, K: Ord>(rows: &mut Vec<T>, key: impl Fn(&T) -> K) {
    let mut seen = BTreeSet::new();
    rows.retain(|row| seen.insert(key(row)));
}

/// The later record's fields win, an earlier one's fill what is empty.
fn persons(rows: &mut Vec<PersonRow>) {
    let mut sorted = std::mem::take(rows);
    sorted.sort_by_key(|row| (row.lead, row.stamp));
    for row in sorted {
        match rows.last_mut() {
            Some(present) if present.lead == row.lead => over(present, row),
            Some(_) | None => rows.push(row),
        }
    }
}

fn over(present: &mut PersonRow, later: PersonRow) {
    let crm: BTreeSet<String> = present.crm.drain(..).chain(later.crm).collect();
    *present = PersonRow {
        lead: later.lead,
        stamp: later.stamp,
        email: later.email.or_else(|| present.email.take()),
        first_name: later.first_name.or_else(|| present.first_name.take()),
        last_name: later.last_name.or_else(|| present.last_name.take()),
        phone: later.phone.or_else(|| present.phone.take()),
        job_title: later.job_title.or_else(|| present.job_title.take()),
        country: later.country.or_else(|| present.country.take()),
        region: later.region.or_else(|| present.region.take()),
        company_name: later.company_name.or_else(|| present.company_name.take()),
        company_domain: later.company_domain.or_else(|| present.company_domain.take()),
        employees: later.employees.or(present.employees),
        industry: later.industry.or_else(|| present.industry.take()),
        crm: crm.into_iter().collect(),
        anonymous_id: later.anonymous_id.or_else(|| present.anonymous_id.take()),
        submission_id: later.submission_id.or_else(|| present.submission_id.take()),
        form_id: later.form_id.or_else(|| present.form_id.take()),
        source: later.source.or_else(|| present.source.take()),
    };
}

fn accounts(rows: &mut Vec<AccountRow>) {
    let mut folded: BTreeMap<crate::domain::ids::AccountId, AccountRow> = BTreeMap::new();
    for row in std::mem::take(rows) {
        let Some(present) = folded.get_mut(&row.id) else {
            folded.insert(row.id, row);
            continue;
        };
        let keys: BTreeSet<String> = present.keys.drain(..).chain(row.keys).collect();
        *present = AccountRow {
            id: row.id,
            keys: keys.into_iter().collect(),
            name: row.name.or_else(|| present.name.take()),
            kind: row.kind.or_else(|| present.kind.take()),
            owner: row.owner.or_else(|| present.owner.take()),
            segment: row.segment.or_else(|| present.segment.take()),
            region: row.region.or_else(|| present.region.take()),
            customer_since: row.customer_since.or(present.customer_since),
        };
    }
    *rows = folded.into_values().collect();
}
