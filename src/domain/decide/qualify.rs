//! Sales qualifies a lead: MQL becomes SQL with the facts that the definition demands. It never opens a deal.

use super::draft::Draft;
use super::{Refusal, closer};
use crate::domain::custody::{ClockKind, Holder};
use crate::domain::event::Event;
use crate::domain::lead::{Attempt, Origin, Stage};
use crate::domain::policy::SqlFacts;
use crate::domain::team::MemberId;
use crate::domain::time::DAY;

/// The row "qualify(facts)".
pub(super) fn qualify(
    draft: &mut Draft<'_>,
    facts: &SqlFacts,
    next_owner: Option<&MemberId>,
) -> Result<(), Refusal> {
    let fact = draft.is_fact();
    match draft.lead.stage.clone() {
        Stage::Merged { .. } => return Err(Refusal::NotFound),
        Stage::Unseen => {
            if !fact {
                return Err(Refusal::NotFound);
            }
            draft.capture(Origin::Sales)?;
            draft.take(true)?;
        }
        Stage::Captured(_) => {
            if !fact {
                return Err(Refusal::NotHandedOff);
            }
            draft.take(true)?;
        }
        Stage::Queued { pool, .. } => {
            if !fact && !draft.is_of_pool(&pool) {
                return Err(Refusal::NotEligible);
            }
            check(draft, facts)?;
            draft.take(true)?;
        }
        Stage::Offered { rep, .. } => {
            if !fact && draft.member() != Some(&rep) {
                return Err(Refusal::NotOfferee { holder: draft.holder_member() });
            }
            check(draft, facts)?;
            draft.take(true)?;
        }
        Stage::SalesAccepted(_) => {
            if !fact && !draft.is_holder() {
                return Err(Refusal::HeldByOther { holder: draft.holder_member() });
            }
            check(draft, facts)?;
        }
        Stage::SalesQualified(_) | Stage::Opportunity(_) => return add_facts(draft, facts),
        Stage::Won { .. } | Stage::WonUnderReview { .. } => return Err(Refusal::NothingChanges),
        Stage::Lost { .. } | Stage::Recycled { .. } => {
            if !fact {
                return Err(Refusal::CycleClosed);
            }
            draft.take_again(true)?;
        }
        Stage::Disqualified { .. } => {
            if !fact {
                return Err(Refusal::Closed);
            }
            draft.take_again(true)?;
            draft.diverge("qualified_while_disqualified")?;
        }
        Stage::Suppressed { .. } => {
            if !fact {
                return Err(Refusal::Suppressed);
            }
            return draft.diverge("qualified_while_suppressed");
        }
    }
    let implied = !draft.decided_nothing();
    to_sql(draft, facts, implied)?;
    draft.note_stranger()?;
    closer::hand_on(draft, draft.member(), next_owner)
}

/// The facts with what the attempts show: a conversation that took place is known, whoever reports it.
fn with_conversation(draft: &Draft<'_>, facts: &SqlFacts) -> SqlFacts {
    let spoke = draft.lead.cycle.attempts.iter().any(Attempt::is_two_way);
    SqlFacts { conversation: facts.conversation || spoke, ..*facts }
}

fn missing(draft: &Draft<'_>, facts: &SqlFacts) -> Vec<&'static str> {
    let today = i32::try_from(draft.inputs.occurred_at.0.div_euclid(DAY)).unwrap_or(i32::MAX);
    draft.inputs.policy.sql_missing(&with_conversation(draft, facts), draft.lead.account.is_some(), today)
}

/// An ask must meet the definition; a fact that does not is applied, and the facts are owed.
fn check(draft: &Draft<'_>, facts: &SqlFacts) -> Result<(), Refusal> {
    if draft.is_fact() {
        return Ok(());
    }
    let missing = missing(draft, facts);
    if missing.is_empty() { Ok(()) } else { Err(Refusal::SqlFactsMissing { missing }) }
}

fn to_sql(draft: &mut Draft<'_>, facts: &SqlFacts, implied: bool) -> Result<(), Refusal> {
    let facts_missing = !missing(draft, facts).is_empty();
    let facts = with_conversation(draft, facts);
    let (holder, by) = holder_after(draft);
    let custody = draft.qualified(holder, facts.next_step_on, facts_missing);
    draft.push(Event::LeadSalesQualified { facts, at: draft.inputs.occurred_at, by, implied, custody })
}

/// Who qualified keeps the lead; a feed without a person leaves it with its holder.
fn holder_after(draft: &Draft<'_>) -> (Holder, Option<MemberId>) {
    match (draft.member(), draft.lead.holder()) {
        (Some(member), _) => (Holder::Rep(member.clone()), Some(member.clone())),
        (None, Some(holder)) => (holder.clone(), None),
        (None, None) => (draft.segment_owner(), None),
    }
}

/// Brings a lead to SQL on the way to a deal that the CRM has already; the facts are owed.
pub(super) fn imply(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let facts = draft.lead.cycle.facts;
    to_sql(draft, &facts, true)
}

fn add_facts(draft: &mut Draft<'_>, facts: &SqlFacts) -> Result<(), Refusal> {
    let facts = with_conversation(draft, facts);
    if facts == draft.lead.cycle.facts {
        return Err(Refusal::NothingChanges);
    }
    let complete = missing(draft, &facts).is_empty();
    let custody = draft
        .lead
        .stage
        .custody()
        .filter(|custody| complete && custody.clock(ClockKind::FactsBy).is_some())
        .map(|custody| custody.clone().without(ClockKind::FactsBy));
    draft.push(Event::FactsAdded { facts, custody })
}
