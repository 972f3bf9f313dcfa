//! Commands: what somebody asks for or reports, imperative. They carry no direct identifier; nothing is decided here.

use super::contest::Ruling;
use super::custody::ClockKind;
use super::ids::{AccountId, HandoffId, LeadId, OpportunityId};
use super::lead::{Attempt, Consent, Lead, Motion, Origin, SuppressedFor};
use super::policy::{Guards, Policy, RejectionCode, SqlFacts};
use super::profile::{ProfilePatch, Stamp};
use super::routing::{Candidate, RouteReceipt, RouteTried};
use super::signal::Signal;
use super::team::{MemberId, PoolId, Team};
use super::time::Moment;
use serde::{Deserialize, Serialize};

/// Whether a command may be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nature {
    /// Somebody presses a button or calls the API: may be refused, with a code.
    Ask,
    /// The CRM or a mail system reports what has already happened: applied, or kept as a disagreement.
    Fact,
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Actor {
    /// Somebody of the team.
    Member(MemberId),
    /// Somebody whom the team does not know (a CRM user key; no name).
    Stranger,
    /// A feed: marketing automation, mail system, CRM integration.
    Feed,
    Router,
    Sweeper,
    /// Whoever runs the service, at its command line.
    Operator,
}

impl Actor {
    /// The member of the team, if it is one.
    #[must_use]
    pub fn member(&self) -> Option<&MemberId> {
        match self {
            Self::Member(member) => Some(member),
            Self::Stranger | Self::Feed | Self::Router | Self::Sweeper | Self::Operator => None,
        }
    }

    /// The text that audit rows name the actor by.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Member(member) => format!("member:{}", member.0),
            Self::Stranger => "stranger".to_owned(),
            Self::Feed => "feed".to_owned(),
            Self::Router => "router".to_owned(),
            Self::Sweeper => "sweeper".to_owned(),
            Self::Operator => "operator".to_owned(),
        }
    }
}

/// All that a decision may rest on besides lead and command.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The transaction's time, never before the lead's last decision.
    pub now: Moment,
    pub occurred_at: Moment,
    pub nature: Nature,
    pub actor: &'a Actor,
    pub policy: &'a Policy,
    pub team: &'a Team,
    /// What happened before this builds state and figures only.
    pub live_from: Moment,
    /// The owner of the lead's account, when one is known in the team.
    pub account_owner: Option<&'a MemberId>,
    /// The open deal of the person, else of the company, where a rejection says that there is one.
    pub open_deal: Option<&'a OpenDeal>,
}

/// A deal that is open already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDeal {
    pub id: OpportunityId,
    /// Who works it, if the team knows who that is.
    pub owner: Option<MemberId>,
}

/// What a record says about a person, features only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub patch: ProfilePatch,
    pub stamp: Stamp,
    pub consent: Consent,
    pub guards: Guards,
    pub campaign: Option<String>,
    /// Who is to be credited when this is a touch.
    pub origin: Option<Origin>,
    pub account: Option<AccountId>,
    /// The account is a customer's.
    pub customer: bool,
    /// The product that the person asks about; kept only where the policy lists it.
    pub product: Option<String>,
}

/// How far an opt-out goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OptOutScope {
    Marketing,
    All,
}

/// A rejection as sales gave it; text stays in the note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    pub code: RejectionCode,
    /// The reason was missing or unknown and stands as `other`.
    pub unmapped: bool,
    pub sub_reason: Option<String>,
    pub retry_on: Option<Moment>,
    /// The CRM's own count, used only where no attempt is known.
    pub attempts: Option<u32>,
    pub names_duplicate: bool,
    pub names_competitor: bool,
    pub proposed_owner: Option<MemberId>,
    pub proposed_pool: Option<PoolId>,
    pub fields: Vec<String>,
    pub scope: Option<OptOutScope>,
    pub note_chars: u32,
}

/// What happened to a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DealChange {
    Opened,
    Updated,
    Won,
    /// With the reason's code, as far as the policy knows it.
    Lost {
        reason: Option<String>,
    },
    /// Closed once, and open again.
    Reopened,
    /// Taken out of the CRM: it never was.
    Deleted,
}

/// A change of a deal, seen from one of its contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealReport {
    pub id: OpportunityId,
    pub change: DealChange,
    pub motion: Motion,
    /// A renewal never moves a lead.
    pub renewal: bool,
    /// The deal had been opened before this record (so a win of an unknown deal opens it first).
    pub opened_at: Moment,
    pub closed_at: Option<Moment>,
    /// The day on which it should close; days since 1970-01-01.
    pub close_date: Option<i32>,
    pub owner: Option<MemberId>,
    /// Told before in the same words: moves nobody who knows the deal.
    pub repeated: bool,
    /// A late opening of a deal that is closed already, or an older revision: times only, moves nobody.
    pub late: bool,
}

/// The router's choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub rep: MemberId,
    pub pool: PoolId,
    /// The rule that chose the pool.
    pub rule: String,
    pub candidates: Vec<Candidate>,
    pub receipt: Option<Box<RouteReceipt>>,
}

/// A clock that came due, as the sweeper read it; a change since then makes it stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueClock {
    pub kind: ClockKind,
    pub rung_at: Moment,
    pub cycle: u32,
    pub custody_version: u64,
}

/// What somebody asks for or reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    RecordSignal {
        signal: Signal,
        report: Report,
    },
    ReportProfile {
        report: Report,
    },
    LinkCrmRecord {
        by_person: bool,
        owner: Option<MemberId>,
        report: Report,
    },
    OfferLead(Offer),
    /// Nobody of the pool can take the lead: to the queue of the next.
    PassPool {
        to: PoolId,
    },
    /// Nor can anybody of the pools after it: the lead waits where it stands.
    NoteNobodyFree(Box<RouteTried>),
    ClaimLead,
    AcceptLead,
    DeclineLead,
    RecordAttempt(Attempt),
    RejectLead(Rejection),
    /// `next_owner`: the closer whom the record names.
    QualifyLead {
        facts: SqlFacts,
        next_owner: Option<MemberId>,
    },
    ReportDeal(DealReport),
    ReassignLead {
        to: MemberId,
    },
    PassDeadline(DueClock),
    OptOutEmail {
        signal: Signal,
    },
    TakeNote,
    /// What the CRM said otherwise is settled: the row of that version leaves the list.
    SettleDisagreement {
        version: u64,
    },
    /// No contact at all: the person, or a legal hold, asks for it.
    SuppressLead {
        reason: SuppressedFor,
    },
    /// The person's data goes; what stays cannot be led back to them.
    EraseLead,
    /// Somebody of the team opens a closed lead again; `consent`: the person has newly agreed to be contacted.
    ReopenLead {
        consent: bool,
    },
    /// The person agreed to be contacted; unknown channels say nothing.
    GiveConsent {
        consent: Consent,
    },
    /// Sales made a contact of the CRM's lead record.
    ConvertCrmRecord {
        owner: Option<MemberId>,
        report: Report,
    },
    /// The record is gone from the CRM.
    UnlinkCrmRecord,
    /// The lead's account has become a customer.
    NoteCustomer {
        owner: Option<MemberId>,
    },
    /// Another policy is active: score as it says.
    ScoreAgain,
    /// The CRM took the person off a deal.
    NoteContactLeft {
        opportunity: OpportunityId,
    },
    /// Whoever holds the lead has left, or was switched off.
    NoteHolderLeft {
        member: MemberId,
    },
    /// The campaign belongs to another side than it did: a lead whose origin it gave has that origin now.
    CreditCampaign {
        campaign: String,
        origin: Origin,
    },
    /// The survivor of a merge takes the other lead in, as it stands.
    AbsorbLead {
        other: Box<Lead>,
    },
    /// The other lead of a merge ends; `AbsorbLead` goes before it.
    MergeLead {
        into: LeadId,
    },
    /// A wrong merge is undone: signals since then go to a new lead.
    SplitLead {
        to: LeadId,
        since: Moment,
    },
    /// The new lead of a split begins.
    BeginSplit {
        from: LeadId,
        signals: Vec<Signal>,
        report: Report,
    },
    /// Marketing contests the rejection of a handoff.
    ContestRejection {
        handoff: HandoffId,
    },
    /// The arbiter decides a contest.
    SettleContest {
        handoff: HandoffId,
        ruling: Ruling,
    },
}

impl Command {
    /// What the record says about the person, where the command brings a report of its own.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::RecordSignal { report, .. }
            | Self::ReportProfile { report }
            | Self::LinkCrmRecord { report, .. }
            | Self::ConvertCrmRecord { report, .. }
            | Self::BeginSplit { report, .. } => Some(report),
            Self::OfferLead(_)
            | Self::PassPool { .. }
            | Self::NoteNobodyFree(_)
            | Self::ClaimLead
            | Self::AcceptLead
            | Self::DeclineLead
            | Self::RecordAttempt(_)
            | Self::RejectLead(_)
            | Self::QualifyLead { .. }
            | Self::ReportDeal(_)
            | Self::ReassignLead { .. }
            | Self::PassDeadline(_)
            | Self::OptOutEmail { .. }
            | Self::TakeNote
            | Self::SettleDisagreement { .. }
            | Self::SuppressLead { .. }
            | Self::EraseLead
            | Self::ReopenLead { .. }
            | Self::GiveConsent { .. }
            | Self::UnlinkCrmRecord
            | Self::NoteCustomer { .. }
            | Self::ScoreAgain
            | Self::NoteContactLeft { .. }
            | Self::NoteHolderLeft { .. }
            | Self::CreditCampaign { .. }
            | Self::AbsorbLead { .. }
            | Self::MergeLead { .. }
            | Self::SplitLead { .. }
            | Self::ContestRejection { .. }
            | Self::SettleContest { .. } => None,
        }
    }

    /// Whether sales says that the lead belongs to a deal that is open already.
    #[must_use]
    pub fn names_open_deal(&self) -> bool {
        matches!(self, Self::RejectLead(rejection) if rejection.code == RejectionCode::ExistingOpportunity)
    }

    /// The name in logs, spans and the table.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::RecordSignal { .. } => "record_signal",
            Self::ReportProfile { .. } => "report_profile",
            Self::LinkCrmRecord { .. } => "link_crm_record",
            Self::OfferLead(_) => "offer_lead",
            Self::PassPool { .. } => "pass_pool",
            Self::NoteNobodyFree(_) => "note_nobody_free",
            Self::ClaimLead => "claim_lead",
            Self::AcceptLead => "accept_lead",
            Self::DeclineLead => "decline_lead",
            Self::RecordAttempt(_) => "record_attempt",
            Self::RejectLead(_) => "reject_lead",
            Self::QualifyLead { .. } => "qualify_lead",
            Self::ReportDeal(_) => "report_deal",
            Self::ReassignLead { .. } => "reassign_lead",
            Self::PassDeadline(_) => "pass_deadline",
            Self::OptOutEmail { .. } => "opt_out_email",
            Self::TakeNote => "take_note",
            Self::SettleDisagreement { .. } => "settle_disagreement",
            Self::SuppressLead { .. } => "suppress_lead",
            Self::EraseLead => "erase_lead",
            Self::ReopenLead { .. } => "reopen_lead",
            Self::GiveConsent { .. } => "give_consent",
            Self::ConvertCrmRecord { .. } => "convert_crm_record",
            Self::UnlinkCrmRecord => "unlink_crm_record",
            Self::NoteCustomer { .. } => "note_customer",
            Self::ScoreAgain => "score_again",
            Self::NoteContactLeft { .. } => "note_contact_left",
            Self::NoteHolderLeft { .. } => "note_holder_left",
            Self::CreditCampaign { .. } => "credit_campaign",
            Self::AbsorbLead { .. } => "absorb_lead",
            Self::MergeLead { .. } => "merge_lead",
            Self::SplitLead { .. } => "split_lead",
            Self::BeginSplit { .. } => "begin_split",
            Self::ContestRejection { .. } => "contest_rejection",
            Self::SettleContest { .. } => "settle_contest",
        }
    }
}

/// What an ask saw when it was made; an older view is refused as stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub handoff: Option<HandoffId>,
    pub custody_version: Option<u64>,
}
