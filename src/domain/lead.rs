//! A lead: its facts, its cycle and its stage. Data only; `decide` says what may change and `evolve` changes it.

pub use super::stage::{RestReason, Stage, StageKind, SuppressedFor};

use super::contest::Returned;
use super::custody::{Custody, Holder};
use super::ids::{AccountId, HandoffId, LeadId, OpportunityId};
use super::leg::{Leg, LegStep, PastOffer};
use super::policy::{Grade, Guards, Priority, SqlFacts};
use super::profile::{Profile, Stamped};
use super::signal::SignalWindow;
use super::team::{MemberId, PoolId};
use super::time::Moment;
use serde::{Deserialize, Serialize};

/// Attempts of one cycle that are kept; five on three days and two channels is all a rule ever asks for.
pub const ATTEMPTS_MAX: usize = 32;
/// Deals that one lead keeps the state of; rows of their own hold the rest.
pub const DEALS_MAX: usize = 64;
/// Closed cycles that a lead remembers: more than the cycle limit of any policy counts.
pub const PAST_CYCLES_MAX: usize = 12;

/// Who brought the lead first: from the earliest eligible touch, never from who made the CRM record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Origin {
    Marketing,
    Sales,
    Partner,
    #[default]
    Unknown,
}

impl Origin {
    /// Every origin.
    pub const ALL: &'static [Self] = &[Self::Marketing, Self::Sales, Self::Partner, Self::Unknown];

    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Sales => "sales",
            Self::Partner => "partner",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }
}

/// What a cycle is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Motion {
    #[default]
    NewBusiness,
    Expansion,
}

impl Motion {
    /// Every motion.
    pub const ALL: &'static [Self] = &[Self::NewBusiness, Self::Expansion];

    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NewBusiness => "new_business",
            Self::Expansion => "expansion",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }
}

/// What a person said about one channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Permission {
    #[default]
    Unknown,
    Given,
    Withdrawn,
}

impl Permission {
    /// The word on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Given => "given",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What a person said about being contacted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    pub email: Permission,
    pub phone: Permission,
}

/// When the person last said something about each channel; an older record says nothing new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentTimes {
    pub email: Moment,
    pub phone: Moment,
}

impl Consent {
    /// What a person said last about each channel, and when; silence changes nothing. Of two things said at one moment the
    /// stricter holds.
    #[must_use]
    pub fn heard(self, at: ConsentTimes, said: Self, said_at: ConsentTimes) -> (Self, ConsentTimes) {
        let last = |known: (Moment, Permission), said: (Moment, Permission)| {
            let is_silent = said.1 == Permission::Unknown;
            let is_older = known.1 != Permission::Unknown && said < known;
            if is_silent || is_older { known } else { said }
        };
        let email = last((at.email, self.email), (said_at.email, said.email));
        let phone = last((at.phone, self.phone), (said_at.phone, said.phone));
        (Self { email: email.1, phone: phone.1 }, ConsentTimes { email: email.0, phone: phone.0 })
    }
}

/// A fault of ours stopped this lead: what comes for it waits in order until somebody has mended the fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// Stable code: `impossible_event`, `panicked`.
    pub reason: String,
    /// The steward of operations, until `redrive_by`; the stage's own clocks are held.
    pub custody: Custody,
}

/// By which way a rep tried to reach a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Channel {
    Phone,
    Email,
    Social,
    Meeting,
    Message,
    Other,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AttemptOutcome {
    Attempted,
    Voicemail,
    Conversation,
    MeetingBooked,
    MeetingHeld,
    NoShow,
}

/// One attempt to reach the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// 128 bits of SHA-256 over the CRM's attempt id.
    pub id: [u8; 16],
    pub at: Moment,
    pub channel: Channel,
    pub outcome: AttemptOutcome,
    /// The person called us.
    pub inbound: bool,
    /// Sent by a sequence, not by a person; does not fulfil the duty to contact.
    pub automated: bool,
    pub by: Option<MemberId>,
    pub meeting_at: Option<Moment>,
}

impl Attempt {
    /// Whether a rep reached out or was reached in person.
    #[must_use]
    pub fn is_human(&self) -> bool {
        !self.automated
    }

    /// Whether two people spoke: what the SQL definition asks for.
    #[must_use]
    pub fn is_two_way(&self) -> bool {
        match self.outcome {
            AttemptOutcome::Conversation | AttemptOutcome::MeetingHeld => true,
            AttemptOutcome::Attempted
            | AttemptOutcome::Voicemail
            | AttemptOutcome::MeetingBooked
            | AttemptOutcome::NoShow => false,
        }
    }
}

/// What a cycle was given when it became MQL (or was taken early); frozen for the cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub handoff: HandoffId,
    /// `None` when sales took the lead before it was MQL.
    pub mql_at: Option<Moment>,
    pub priority: Priority,
    pub grade: Grade,
    pub points: u16,
    /// From where contact time counts: the form's time of a hand-raise, else when it was decided.
    pub contact_from: Moment,
    pub contact_by: Moment,
}

/// One passage of a lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycle {
    /// From 1; 0 before the lead is captured.
    pub number: u32,
    /// Signals before this do not count for the cycle.
    pub started_at: Moment,
    pub motion: Motion,
    /// Opened by a hand-raise, which the cycle limit does not count.
    pub hand_raised: bool,
    pub terms: Option<Terms>,
    pub offers: u32,
    pub misroutes: u32,
    /// Who was offered this cycle's lead already, in order.
    pub offered_to: Vec<MemberId>,
    pub accepted_at: Option<Moment>,
    pub sql_at: Option<Moment>,
    pub facts: SqlFacts,
    pub attempts: Vec<Attempt>,
    pub first_attempt_at: Option<Moment>,
    pub wins: u32,
    /// Whom the next offer should go to, when somebody named a person.
    pub wanted: Option<MemberId>,
}

/// A cycle that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastCycle {
    pub number: u32,
    pub started_at: Moment,
    pub ended_at: Moment,
    pub hand_raised: bool,
}

/// What a deal stands at, as far as a lead's stage needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DealState {
    Open,
    Won,
    Lost,
    Void,
}

/// A deal that the lead is a contact of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deal {
    pub id: OpportunityId,
    pub state: DealState,
    /// The cycle in which the lead was moved by it.
    pub cycle: u32,
}

/// A person that we track through the handoff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    pub id: LeadId,
    /// Number of events applied; gapless.
    pub version: u64,
    /// Raised by changes of stage, holder or offer only.
    pub custody_version: u64,
    /// Earliest `occurred_at` of what made the lead.
    pub first_seen_at: Moment,
    /// When the last event was decided; a lead's time never runs back.
    pub decided_at: Moment,
    pub profile: Profile,
    pub signals: SignalWindow,
    pub guards: Guards,
    pub consent: Consent,
    pub origin: Origin,
    /// `occurred_at` of the touch that set the origin.
    pub origin_at: Moment,
    pub first_campaign: Option<String>,
    pub first_campaign_at: Moment,
    pub last_campaign: Option<String>,
    pub last_campaign_at: Moment,
    /// A CRM record is known for this person.
    pub crm_linked: bool,
    pub account: Option<AccountId>,
    pub customer: bool,
    pub cycle: Cycle,
    pub past: Vec<PastCycle>,
    pub deals: Vec<Deal>,
    pub stage: Stage,
    // Fields since format 2 stand last: bytes of format 1 end before them.
    pub consent_at: ConsentTimes,
    /// The person asked for no contact at all while a deal was open or won: nobody may be told to call.
    pub no_contact: bool,
    pub parked: Option<Parked>,
    // Fields since format 3.
    /// The last rejection of each handoff that may be contested, the latest last.
    pub returned: Vec<Returned>,
    /// Offers of the running cycle that were missed, in order.
    pub past_offers: Vec<PastOffer>,
    /// The closer's leg of a qualified lead.
    pub leg: Option<Leg>,
    /// The product that the person asked about last, as the policy lists it.
    pub product: Option<Stamped<String>>,
    /// The `custody_version` at which it was said that nobody was free; 0 for never.
    pub nobody_free_at: u64,
}

impl Lead {
    /// A lead that nothing has happened to yet.
    #[must_use]
    pub fn unseen(id: LeadId) -> Self {
        Self {
            id,
            version: 0,
            custody_version: 0,
            first_seen_at: Moment::EVER,
            decided_at: Moment::EVER,
            profile: Profile::default(),
            signals: SignalWindow::default(),
            guards: Guards::default(),
            consent: Consent::default(),
            origin: Origin::Unknown,
            origin_at: Moment::EVER,
            first_campaign: None,
            first_campaign_at: Moment::EVER,
            last_campaign: None,
            last_campaign_at: Moment::EVER,
            crm_linked: false,
            account: None,
            customer: false,
            cycle: Cycle::default(),
            past: Vec::new(),
            deals: Vec::new(),
            stage: Stage::Unseen,
            consent_at: ConsentTimes::default(),
            no_contact: false,
            parked: None,
            returned: Vec::new(),
            past_offers: Vec::new(),
            leg: None,
            product: None,
            nobody_free_at: 0,
        }
    }

    /// Who must act now and by when: of a parked lead the steward of operations, whatever its stage.
    #[must_use]
    pub fn custody(&self) -> Option<&Custody> {
        self.parked.as_ref().map(|parked| &parked.custody).or_else(|| self.stage.custody())
    }

    /// The present holder of an open lead.
    #[must_use]
    pub fn holder(&self) -> Option<&Holder> {
        self.custody().map(|custody| &custody.holder)
    }

    /// The handoff of the running cycle, once there is one.
    #[must_use]
    pub fn handoff(&self) -> Option<HandoffId> {
        self.cycle.terms.as_ref().map(|terms| terms.handoff)
    }

    /// The pool whose router should offer the lead, and whether its steward holds it back: of a lead in a queue, or
    /// one that waits for a closer.
    #[must_use]
    pub fn queue(&self) -> Option<(&PoolId, bool)> {
        if let Stage::Queued { pool, held, .. } = &self.stage {
            return Some((pool, *held));
        }
        self.leg.as_ref().and_then(|leg| match leg.step {
            LegStep::Waiting { held } => Some((&leg.pool, held)),
            LegStep::Offered(_) | LegStep::Working(_) => None,
        })
    }

    /// The state of a deal, as far as this lead knows it.
    #[must_use]
    pub fn deal(&self, id: OpportunityId) -> Option<DealState> {
        self.deals.iter().find(|deal| deal.id == id).map(|deal| deal.state)
    }
}
