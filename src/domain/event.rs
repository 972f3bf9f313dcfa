//! Events: what was decided, past tense; the audit keeps each one's bytes. Variants are stored: append only.

use super::custody::{Clock, ClockKind, Custody, Rung};
pub use super::event_names::Withdrawal;
use super::ids::{AccountId, HandoffId, LeadId, OpportunityId};
use super::lead::{Attempt, Consent, DealState, Lead, Motion, Origin, RestReason, SuppressedFor, Terms};
use super::policy::{DisqualifiedFor, Grade, Guards, Priority, RejectionCode, SqlFacts};
use super::profile::{ProfilePatch, Stamp};
use super::routing::{Candidate, RouteReceipt, RouteTried};
use super::signal::{Signal, SignalId};
use super::team::{MemberId, PoolId};
use super::{contest::Verdict, time::Moment};
use serde::{Deserialize, Serialize};

/// What was decided about one lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The first event of every lead.
    LeadCaptured {
        first_seen_at: Moment,
        started_at: Moment,
        origin: Origin,
        custody: Custody,
    },
    ProfileReported {
        patch: ProfilePatch,
        stamp: Stamp,
        consent: Consent,
        guards: Guards,
        account: Option<AccountId>,
        customer: bool,
    },
    /// `tell`: the holder is working the lead and hears of it.
    SignalRecorded {
        signal: Signal,
        tell: bool,
    },
    /// A touch that counts for origin and campaign; an earlier one changes the origin, a later one the last campaign.
    TouchRecorded {
        at: Moment,
        origin: Option<Origin>,
        campaign: Option<String>,
    },
    /// A new passage begins; the lead stands captured.
    CycleStarted {
        number: u32,
        started_at: Moment,
        motion: Motion,
        hand_raised: bool,
        custody: Custody,
    },
    LeadMarketingQualified {
        terms: Terms,
        motion: Motion,
        pool: PoolId,
        custody: Custody,
    },
    PriorityRaised {
        priority: Priority,
        contact_by: Moment,
        custody: Custody,
    },
    LeadOffered {
        rep: MemberId,
        pool: PoolId,
        rule: String,
        candidates: Vec<Candidate>,
        offer_no: u32,
        custody: Custody,
        /// Since format 3, and last: bytes of older formats end before it.
        receipt: Option<Box<RouteReceipt>>,
    },
    OfferWithdrawn {
        from: MemberId,
        why: Withdrawal,
        wanted: Option<MemberId>,
        pool: PoolId,
        held: bool,
        custody: Custody,
    },
    /// Stands in a steward's queue again (after a third offer, a second misroute, or a code that asks for it).
    LeadQueued {
        wanted: Option<MemberId>,
        pool: PoolId,
        held: bool,
        misrouted: bool,
        custody: Custody,
    },
    /// `early`: sales took a lead before it was MQL, under these terms.
    LeadAccepted {
        by: MemberId,
        at: Moment,
        implied: bool,
        early: Option<Terms>,
        custody: Custody,
    },
    /// `custody` where the attempt met or started a duty.
    AttemptRecorded {
        attempt: Attempt,
        tell: bool,
        custody: Option<Custody>,
    },
    /// Sales returned the lead; its consequence follows in the same decision.
    LeadRejected {
        code: RejectionCode,
        sub_reason: Option<String>,
        unmapped: bool,
        flagged: bool,
        counts: bool,
        by: Option<MemberId>,
    },
    SqlReversed,
    LeadRecycled {
        reason: RestReason,
        custody: Custody,
    },
    LeadDisqualified {
        reason: DisqualifiedFor,
        custody: Option<Custody>,
    },
    /// Back to marketing to mend its data, in the same cycle.
    DataFixAsked {
        fields: Vec<String>,
        custody: Custody,
    },
    /// The data was mended; the lead stands in the queue again, `mql_at` unchanged.
    DataFixed {
        pool: PoolId,
        custody: Custody,
    },
    LeadSuppressed {
        reason: SuppressedFor,
        custody: Option<Custody>,
    },
    LeadSalesQualified {
        facts: SqlFacts,
        at: Moment,
        by: Option<MemberId>,
        implied: bool,
        custody: Custody,
    },
    FactsAdded {
        facts: SqlFacts,
        custody: Option<Custody>,
    },
    /// The first open deal of the cycle; moves the lead.
    OpportunityOpened {
        opportunity: OpportunityId,
        at: Moment,
        implied: bool,
        custody: Custody,
    },
    /// A deal's state as this contact sees it, without a move.
    DealRecorded {
        opportunity: OpportunityId,
        state: DealState,
        win: bool,
        custody: Option<Custody>,
    },
    LeadWon {
        opportunity: OpportunityId,
        at: Moment,
        implied: bool,
    },
    LeadLost {
        opportunity: OpportunityId,
        at: Moment,
        reason: Option<String>,
        unmapped: bool,
        implied: bool,
        custody: Option<Custody>,
    },
    /// A win was taken back in the CRM; figures net it.
    WinReversed {
        opportunity: OpportunityId,
    },
    /// The last open deal was lost, but the cycle holds a win: the lead closes as won.
    LeadClosedAsWon {
        opportunity: OpportunityId,
        at: Moment,
    },
    LeadReassigned {
        from: Option<MemberId>,
        custody: Custody,
    },
    /// Somebody named a person for a lead that is not with sales.
    PreferenceNoted(MemberId),
    CrmLinked {
        by_person: bool,
        conflict: bool,
    },
    EmailOptedOut {
        tell: bool,
    },
    NoteTaken,
    /// A hand-raise on a lead that somebody works: a duty of its own.
    ReplyOwed(Custody),
    ClockReminded {
        kind: ClockKind,
        rung: Rung,
        custody: Custody,
    },
    /// A deadline was missed; the duty stands.
    ClockBreached {
        kind: ClockKind,
        due_by: Moment,
        custody: Custody,
    },
    /// The manager (of marketing: the deputy) is told.
    ClockEscalated {
        kind: ClockKind,
        rung: Rung,
        custody: Custody,
    },
    /// A fact could not be applied; kept and shown on the disagreement list.
    FactDiverged {
        code: String,
    },
    AskRefused {
        code: String,
    },
    /// Marketing keeps the lead, and a person looks within a business day: a hand-raise that a blocker stopped.
    ReviewAsked {
        reason: String,
        custody: Custody,
    },
    /// The person agreed to be contacted on the channels that are given.
    ConsentGiven {
        consent: Consent,
        at: Moment,
    },
    /// The CRM has no record of this lead any more; `tell`: the handoff is published again, so that one is made.
    CrmUnlinked {
        tell: bool,
        custody: Option<Custody>,
    },
    /// No contact at all, while a deal is open or won: the stage stands, nobody may call.
    ContactForbidden {
        custody: Option<Custody>,
    },
    /// The person's data is gone; figures keep stage, cycle and deals.
    LeadErased,
    /// Somebody of the team opened the lead again and it stands in a queue.
    LeadReopened {
        terms: Terms,
        motion: Motion,
        pool: PoolId,
        custody: Custody,
    },
    /// The last open deal never was: back to qualified.
    ReturnedToSql {
        opportunity: OpportunityId,
        custody: Custody,
    },
    CustomerNoted {
        owner: Option<MemberId>,
        tell: bool,
    },
    /// Another lead of the same person was taken in; `united` is this lead from now on.
    LeadAbsorbed {
        from: LeadId,
        united: Box<Lead>,
    },
    /// The person is tracked as another lead.
    LeadMerged {
        into: LeadId,
    },
    /// A wrong merge was undone: these signals are the other lead's.
    LeadSplit {
        to: LeadId,
        signals: Vec<SignalId>,
    },
    /// This lead began as a part of another.
    SplitBegun {
        from: LeadId,
    },
    /// A fault of ours: what comes for this lead waits until it is mended.
    LeadParked {
        reason: String,
        custody: Custody,
    },
    LeadUnparked,
    /// What the person asked for became known only after sales had the lead: the passage was an MQL since then.
    MqlDated {
        at: Moment,
        grade: Grade,
        points: u16,
    },
    /// The CRM took the person off a deal; `tell`: whoever holds the lead hears of it.
    ContactLeft {
        opportunity: OpportunityId,
        tell: bool,
    },
    /// The campaign that gave the lead its origin belongs to another side.
    OriginCredited(Origin),
    /// Marketing may contest the rejection of that version until then; the policy at that time fixes it.
    ContestAllowed {
        until: Moment,
        code: RejectionCode,
        by: Option<MemberId>,
        version: u64,
    },
    /// Marketing contests a rejection; `custody` where the lead still rests under it, else figures only.
    RejectionContested {
        handoff: HandoffId,
        by: MemberId,
        arbiter: MemberId,
        clock: Clock,
        custody: Option<Custody>,
    },
    /// The contest has its verdict. `moot`: the lead has moved on, figures only; `custody`: who holds what rests on.
    ContestResolved {
        handoff: HandoffId,
        verdict: Verdict,
        moot: bool,
        by: Option<MemberId>,
        custody: Option<Custody>,
    },
    /// The rejection does not count any more; `version` is that of its event.
    RejectionVoided {
        handoff: HandoffId,
        code: RejectionCode,
        version: u64,
    },
    /// The rep had accepted in time, and we heard of it late: the missed acceptance does not count.
    BreachVoided {
        rep: MemberId,
        accept_by: Moment,
    },
    /// Qualified, and a closer is to take it over: in the queue of the closers' pool, for the router.
    CloserWanted {
        first: MemberId,
        wanted: Option<MemberId>,
        pool: PoolId,
        held: bool,
        custody: Custody,
    },
    CloserOffered {
        rep: MemberId,
        pool: PoolId,
        rule: String,
        candidates: Vec<Candidate>,
        custody: Custody,
        receipt: Option<Box<RouteReceipt>>,
    },
    /// The closer does not take it: the queue again, for the next.
    CloserWithdrawn {
        from: MemberId,
        why: Withdrawal,
        pool: PoolId,
        held: bool,
        custody: Custody,
    },
    CloserAccepted {
        by: MemberId,
        at: Moment,
        implied: bool,
        custody: Custody,
    },
    /// A rep lost the lead for want of an answer or a call; what is heard late of it is held against these times.
    OfferMissed {
        rep: MemberId,
        accept_by: Option<Moment>,
        why: Withdrawal,
    },
    /// The closer gave it back: the first rep mends what is missing.
    ReturnedToFirst {
        to: MemberId,
        custody: Custody,
    },
    /// A clock came due while its holder does not work: nobody is told, and nothing is missed, before `until`.
    ClockPutOff {
        kind: ClockKind,
        until: Moment,
        custody: Custody,
    },
    /// A clock came due as the lead stood a moment before; as it stands now, nothing does.
    ClockStale {
        kind: ClockKind,
        rung_at: Moment,
    },
    /// Somebody stands in for a holder who left.
    HolderReplaced {
        from: MemberId,
        custody: Custody,
    },
    /// The person asked about a product that the policy lists.
    ProductRequested {
        product: String,
        stamp: Stamp,
    },
    /// A steward or manager settled what the CRM had said otherwise, as the row of that version told it.
    DisagreementSettled {
        version: u64,
    },
    /// The router found nobody who may take the lead now; it waits with the steward. Once for each stay in a queue.
    NobodyFree(Box<RouteTried>),
    /// Sales says that the lead belongs to a deal that is open already; it goes to whoever works that one.
    OpportunityAttached(OpportunityId),
}
