//! Every row that one transaction writes, counts and moves included. It only holds; `apply` executes.

use super::rows::{
    AccountRow, AnonymousRow, AssignmentRow, AuditRow, CampaignRow, CauseTextRow, ConsentRow, ContactRow,
    DisagreementRow, ErasureRow, FanOutRow, FanOutStep, HandoffFactRow, HandoffRow, HeadRow, IdempotencyRow,
    IdentityRow, KeptRow, LeadRow, LedgerRow, MergeRow, NoteRow, OpportunityRow, OutboxRow, ParkedRow,
    PatternAnswerRow, PersonRow, PositionRow, RotationEntryRow, RotationRow, SourcePauseRow, SpendRow,
    SplitRow, TouchRow, UserRow,
};
use crate::domain::availability::Availability;
use crate::domain::ids::{IdentityKey, LeadId, OpportunityId};
use crate::domain::lead::Origin;
use crate::domain::team::Placement;
use crate::domain::time::Moment;
use uuid::Uuid;

/// What `plan` returns and `apply` writes, one statement per table, each sorted by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteSet {
    pub identities: Vec<IdentityRow>,
    pub accounts: Vec<AccountRow>,
    pub users: Vec<UserRow>,
    /// What is said from now on of when people of the team are there.
    pub availability: Vec<Availability>,
    /// What is said from now on of where they stand.
    pub placements: Vec<Placement>,
    pub campaigns: Vec<CampaignRow>,
    pub spend: Vec<SpendRow>,
    pub opportunities: Vec<OpportunityRow>,
    pub contacts: Vec<ContactRow>,
    /// People whom the CRM took off a deal.
    pub contacts_gone: Vec<(OpportunityId, LeadId)>,
    /// One upsert per lead, whatever happened to it in the batch.
    pub leads: Vec<LeadRow>,
    /// Leads that go on as others; what stands beside them moves before new rows are written.
    pub merges: Vec<MergeRow>,
    pub splits: Vec<SplitRow>,
    pub persons: Vec<PersonRow>,
    pub notes: Vec<NoteRow>,
    pub touches: Vec<TouchRow>,
    /// Touches of a campaign that belongs to another side than was thought: of these leads, all of them.
    pub touches_credited: Vec<(LeadId, String, Origin)>,
    pub handoffs: Vec<HandoffRow>,
    pub handoff_facts: Vec<HandoffFactRow>,
    pub pattern_answers: Vec<PatternAnswerRow>,
    pub source_pauses: Vec<SourcePauseRow>,
    pub disagreements: Vec<DisagreementRow>,
    /// Disagreements that somebody settled: lead, version, when.
    pub settled: Vec<(LeadId, i64, Moment)>,
    pub anonymous: Vec<AnonymousRow>,
    /// Anonymous keys that now name a lead: their stored signals were attached and go.
    pub anonymous_bound: Vec<IdentityKey>,
    pub rotation_entries: Vec<RotationEntryRow>,
    /// The router's: counters of its one pool, whole; entries folded into them go.
    pub rotation: Vec<RotationRow>,
    pub rotation_folded: Vec<i64>,
    /// Offers that were made.
    pub assignments: Vec<AssignmentRow>,
    pub quarantine: Vec<KeptRow>,
    pub parked: Vec<ParkedRow>,
    /// Parked rows that were replayed, with what became of them.
    pub parked_resolved: Vec<(Uuid, String)>,
    /// Parked rows that are parked anew, under other keys and behind what queues there.
    pub parked_anew: Vec<Uuid>,
    /// A parked lead went on as another one: what queues behind the first queues behind the second too.
    pub parked_moved: Vec<(LeadId, LeadId)>,
    /// Quarantined rows that were decided after all, with what became of them.
    pub quarantine_resolved: Vec<(Uuid, String)>,
    pub causes: Vec<CauseTextRow>,
    pub audit: Vec<AuditRow>,
    /// Chains of subjects that are no leads, one row each.
    pub heads: Vec<HeadRow>,
    pub outbox: Vec<OutboxRow>,
    pub fan_outs: Vec<FanOutRow>,
    pub fan_out_steps: Vec<FanOutStep>,
    /// What people who are not known said of being contacted.
    pub consents: Vec<ConsentRow>,
    /// People who go, after everything else about them is written.
    pub erasures: Vec<ErasureRow>,
    pub ledger: Vec<LedgerRow>,
    pub idempotency: Option<IdempotencyRow>,
    /// Counters of the audit streams that are no records: name and last number.
    pub streams: Vec<(String, i64)>,
    pub positions: Vec<PositionRow>,
}
