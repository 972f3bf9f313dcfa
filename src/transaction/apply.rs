//! Writes what was planned: one statement per table, sorted, positions last. It never decides and never commits.

use super::failpoint::Failpoint;
use crate::domain::time::Moment;
use crate::store::error::StoreError;
use crate::store::kept::Intake;
use crate::store::write_set::WriteSet;
use crate::store::{
    account, anonymous, assignment, audit, audit_head, availability, erasure, facts, fan_out, handoff,
    identity, kept, lead, ledger, merge, opportunity, outbox, parked_lead, passage, person, position,
    rotation, silence,
};
use sqlx::PgConnection;

/// Runs a statement only where there are rows for it.
macro_rules! write {
    ($step:expr, $rows:expr, $call:expr) => {
        if !$rows.is_empty() {
            $call.await?;
            $step.passed();
        }
    };
}

/// Writes every row of the set in the order of the locks; `now` is the transaction's time.
///
/// # Errors
/// A statement fails; the caller rolls back.
pub async fn apply(
    conn: &mut PgConnection,
    set: &WriteSet,
    now: Moment,
    step: &mut Failpoint,
) -> Result<(), StoreError> {
    write!(step, set.identities, identity::bind(conn, &set.identities, now));
    write!(step, set.accounts, account::upsert(conn, &set.accounts));
    write!(step, set.users, facts::upsert_users(conn, &set.users));
    write!(step, set.campaigns, facts::upsert_campaigns(conn, &set.campaigns));
    write!(step, set.spend, facts::upsert_spend(conn, &set.spend));
    write!(step, set.opportunities, opportunity::upsert(conn, &set.opportunities));
    write!(step, set.leads, lead::upsert(conn, &set.leads));
    write!(step, set.contacts, opportunity::upsert_contacts(conn, &set.contacts));
    write!(step, set.merges, merge::apply(conn, &set.merges));
    write!(step, set.contacts_gone, opportunity::drop_contacts(conn, &set.contacts_gone));
    write!(step, set.splits, merge::leave(conn, &set.splits));
    write!(step, set.persons, person::upsert(conn, &set.persons));
    write!(step, set.notes, passage::add_notes(conn, &set.notes));
    write!(step, set.touches, passage::add_touches(conn, &set.touches));
    write!(step, set.touches_credited, passage::credit_touches(conn, &set.touches_credited));
    write!(step, set.handoffs, handoff::upsert(conn, &set.handoffs));
    write!(step, set.handoff_facts, handoff::add_facts(conn, &set.handoff_facts));
    write!(step, set.pattern_answers, handoff::answer_patterns(conn, &set.pattern_answers));
    write!(step, set.source_pauses, silence::pause(conn, &set.source_pauses));
    write!(step, set.disagreements, passage::add_disagreements(conn, &set.disagreements));
    write!(step, set.settled, passage::settle_disagreements(conn, &set.settled));
    write!(step, set.anonymous, anonymous::add(conn, &set.anonymous));
    write!(step, set.anonymous_bound, anonymous::delete(conn, &set.anonymous_bound));
    write!(step, set.rotation_entries, rotation::add_entries(conn, &set.rotation_entries));
    write!(step, set.rotation, rotation::replace(conn, &set.rotation));
    write!(step, set.rotation_folded, rotation::drop_folded(conn, &set.rotation_folded));
    write!(step, set.assignments, assignment::add(conn, &set.assignments));
    write!(step, set.parked_resolved, kept::resolve_parked(conn, &set.parked_resolved, now));
    write!(
        step,
        set.quarantine_resolved,
        kept::resolve(conn, &set.quarantine_resolved, Intake::Quarantined, now)
    );
    write!(step, set.parked_anew, kept::take_back(conn, &set.parked_anew));
    write!(step, set.quarantine, kept::quarantine(conn, &set.quarantine, now));
    write!(step, set.parked, kept::park(conn, &set.parked, now));
    write!(step, set.parked_moved, parked_lead::follow(conn, &set.parked_moved));
    write!(step, set.causes, audit::add_causes(conn, &set.causes));
    write!(step, set.audit, audit::append(conn, &set.audit));
    write!(step, set.heads, audit_head::advance(conn, &set.heads));
    write!(step, set.outbox, outbox::append(conn, &set.outbox, now));
    write!(step, set.fan_outs, fan_out::add(conn, &set.fan_outs, now));
    write!(step, set.fan_out_steps, fan_out::step(conn, &set.fan_out_steps, now));
    write!(step, set.consents, erasure::say(conn, &set.consents));
    write!(step, set.erasures, erasure::erase(conn, &set.erasures, now));
    // The one row that every such batch moves: last, so that it is held for a moment only.
    write!(step, set.placements, availability::place(conn, &set.placements));
    write!(step, set.availability, availability::say(conn, &set.availability));
    write!(step, set.ledger, ledger::append(conn, &set.ledger, now));
    if let Some(answer) = &set.idempotency {
        ledger::answer(conn, answer, now).await?;
        step.passed();
    }
    write!(step, set.streams, audit::move_streams(conn, &set.streams));
    write!(step, set.positions, position::advance(conn, &set.positions, now));
    Ok(())
}
